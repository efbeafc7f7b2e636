//! The screens of §1: what each shows, from the cache while that is fresh, else from an answer, with the old data shown
//! meanwhile and marked as old.

use super::App;
use super::cache::{Cached, Key};
use super::client::Waits;
use super::defects::AppDefect;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::names::TaskStatus;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::extras::RagQuery;
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Screen, Source};
use fieldday_kernel::time::{Date, Span};
use futures_lite::future;
use std::sync::Arc;

impl App {
    /// §1.2: today's appointments and the open tasks, both at once.
    pub async fn open_dashboard(&self) -> Option<Arc<Response>> {
        let (today, _) = future::zip(self.todays_appointments(), self.open_tasks()).await;
        today
    }
    /// Shows today's appointments on the dashboard.
    pub async fn todays_appointments(&self) -> Option<Arc<Response>> {
        let date = self.phone.station.zone().date(self.now());
        let query = AppointmentQuery { date: Some(date), ..Default::default() };
        self.show(Screen::Dashboard, Key::Today(date), Call::ListAppointments(query)).await
    }
    /// Shows the first page of the open tasks on the dashboard.
    pub async fn open_tasks(&self) -> Option<Arc<Response>> {
        let query = self.task_query(TaskStatus::Open, 0);
        self.show(Screen::Dashboard, Key::OpenTasks, Call::ListTasks(query)).await
    }
    /// Reads the first page of the overdue tasks, which the cache never holds.
    pub async fn overdue_tasks(&self) -> Option<Arc<Response>> {
        let query = self.task_query(TaskStatus::Overdue, 0);
        let reply = self.call(Arc::new(Call::ListTasks(query)), Cause::Screen(Screen::Dashboard), Waits::Person).await;
        reply.success().cloned()
    }
    /// The done tasks; `scrolls` further pages if there are any.
    pub async fn open_completed_tasks(&self, scrolls: u32) -> Option<Arc<Response>> {
        let first = Call::ListTasks(self.task_query(TaskStatus::Completed, 0));
        let shown = self.show(Screen::CompletedTasks, Key::CompletedTasks, first).await;
        let total = match shown.as_deref().map(|r| &r.answer) {
            Some(Answer::Tasks(list)) => list.total,
            _ => 0,
        };
        let page = self.page();
        for scroll in 1..=scrolls {
            if scroll * page >= total {
                break;
            }
            let next = Call::ListTasks(self.task_query(TaskStatus::Completed, scroll * page));
            self.call(Arc::new(next), Cause::Screen(Screen::CompletedTasks), Waits::Person).await;
        }
        shown
    }
    /// Opens the details of an appointment.
    pub async fn open_appointment(&self, appointment_id: &SmolStr) -> Option<Arc<Response>> {
        let request = Call::GetAppointment { appointment_id: appointment_id.clone() };
        self.show(Screen::Appointment, Key::Appointment(appointment_id.clone()), request).await
    }
    /// Opens a thread (§1.5) and loads older messages with each of `scrolls`.
    pub async fn open_thread(&self, contact_card_id: &SmolStr, scrolls: u32) -> Option<Arc<Response>> {
        let page = |offset| Page { limit: Some(self.page()), offset };
        let request = |offset| Call::GetThread { contact_card_id: contact_card_id.clone(), page: page(offset) };
        let shown = self.show(Screen::Messages, Key::Thread(contact_card_id.clone()), request(None)).await;
        let total = match shown.as_deref().map(|r| &r.answer) {
            Some(Answer::Thread(thread)) => thread.total,
            _ => 0,
        };
        for scroll in 1..=scrolls {
            let offset = scroll * self.page();
            if offset >= total {
                break;
            }
            self.call(Arc::new(request(Some(offset))), Cause::Screen(Screen::Messages), Waits::Person).await;
        }
        shown
    }
    /// Opens the appointments of an earlier date (§1.6).
    pub async fn open_past_appointments(&self, date: Date) -> Option<Arc<Response>> {
        let query = AppointmentQuery { date: Some(date), ..Default::default() };
        self.show(Screen::PastAppointments, Key::Past(date), Call::ListAppointments(query)).await
    }
    /// Opens the shift of today.
    pub async fn open_shift(&self) -> Option<Arc<Response>> {
        let request = Call::ShiftToday { rep_id: self.phone.owner.rep_id.clone() };
        self.show(Screen::Shift, Key::Shift, request).await
    }
    /// §1.4: the wins feed, where there is one.
    pub async fn open_feeds(&self) -> Option<Arc<Response>> {
        if !self.phone.settings.optional_endpoints {
            return None;
        }
        let page = Page { limit: Some(self.phone.settings.page), offset: None };
        self.show(Screen::Feeds, Key::Wins, Call::ListWins(page)).await
    }
    /// §1.1: a question to Otto, where it is answered.
    pub async fn ask_otto(&self) {
        if self.phone.settings.optional_endpoints {
            let question = RagQuery { query: "How do my appointments look today?".into() };
            self.call(Arc::new(Call::RagQuery(question)), Cause::Screen(Screen::Home), Waits::Person).await;
        }
    }

    /// How many entries a list loads at once.
    fn page(&self) -> u32 {
        if self.has(AppDefect::LoadsEverything) { PAGE_MAX } else { self.phone.settings.page }
    }
    fn task_query(&self, status: TaskStatus, offset: u32) -> TaskQuery {
        let offset = (offset > 0).then_some(offset);
        TaskQuery { status: Some(status), limit: Some(self.page()), offset, ..Default::default() }
    }

    /// Shows a screen: what is fresh at once, else what is old until the answer comes, else what comes.
    async fn show(&self, screen: Screen, key: Key, request: Call) -> Option<Arc<Response>> {
        let cached = self.phone.storage.borrow().cache.get(&key).cloned();
        let of = key.subject();
        if let Some(Cached { response, at, call, .. }) = &cached {
            let age = self.defects().clock().since(*at).max(Span::ZERO);
            let is_fresh =
                age < key.lifetime().sped_up(self.phone.settings.pace.cache) && !self.has(AppDefect::CacheIgnored);
            let from = if is_fresh { Source::Fresh } else { Source::Stale };
            self.record(EventKind::Shown { screen, of: of.clone(), call: Some(*call), from, age });
            if is_fresh {
                return Some(response.clone());
            }
        }
        let asked_at = self.now();
        let call = self.phone.next_call();
        let reply = self.call_as(call, Arc::new(request), Cause::Screen(screen), Waits::Person).await;
        let during = self.now().since(asked_at);
        if cached.is_some() {
            self.record(EventKind::StaleShown { screen, during });
        }
        match reply.success() {
            Some(response) => {
                self.phone.storage.borrow_mut().cache.put(key, response.clone(), call, self.defects().clock());
                self.record(EventKind::Shown { screen, of, call: Some(call), from: Source::Network, age: Span::ZERO });
                Some(response.clone())
            }
            None => {
                if cached.is_none() {
                    self.record(EventKind::Shown { screen, of, call: None, from: Source::Nothing, age: Span::ZERO });
                }
                // What a 404 was about is gone from the cache, and from the screen.
                let still_cached = self.phone.storage.borrow().cache.get(&key).is_some();
                cached.filter(|_| still_cached).map(|cached| cached.response)
            }
        }
    }
}
