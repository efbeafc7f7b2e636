//! `app.cache.ttl` (§0.4): a screen whose data is fresh is served without a call, and what is older is not taken for fresh.
//! `app.stale-shown` (§0.4): while it refreshes, the app shows what it has, marked as old, and of that the newest.
//!
//! What a phone has in its cache is known from the answers that its screens got. Ages are counted on the events' clock,
//! whatever the phone's own says.

use crate::exchanges::{ClientEvent, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::defaults::fresh_for;
use fieldday_api::endpoint::Op;
use fieldday_api::names::TaskStatus;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind, Screen, Source};
use fieldday_kernel::time::Span;

use Rule::{AppCacheTtl as TTL, AppStaleShown as STALE};

const CACHED: Ops =
    Ops::of(&[Op::ListAppointments, Op::GetAppointment, Op::ListTasks, Op::ShiftToday, Op::GetThread, Op::ListWins]);
/// The app's cache holds so many; who has been shown nearly as many may have lost the first.
const CAPACITY: usize = 60;

#[derive(Default)]
pub(crate) struct Cache {
    phones: PerClient<Vec<Kept>>,
}

/// Data that an answer brought to a screen.
struct Kept {
    screen: Screen,
    of: Option<SmolStr>,
    call: u32,
    at: Span,
    /// It was shown since the screen last called.
    shown: bool,
}

/// Of what a screen's call is, if that is kept: further pages and overdue tasks are not.
fn subject(call: &Call) -> Option<Option<SmolStr>> {
    Some(match call {
        Call::ListAppointments(query) => query.date.map(|date| date.to_string().into()),
        Call::GetAppointment { appointment_id } => Some(appointment_id.clone()),
        Call::ListTasks(query) if query.offset.is_none() && query.status == Some(TaskStatus::Open) => {
            Some(SmolStr::new_static("open tasks"))
        }
        Call::ListTasks(query) if query.offset.is_none() && query.status == Some(TaskStatus::Completed) => None,
        Call::GetThread { contact_card_id, page } if page.offset.is_none() => Some(contact_card_id.clone()),
        Call::ListWins(page) if page.offset.is_none() => None,
        Call::ShiftToday { .. } => None,
        _ => return None,
    })
}

/// For how long it is fresh (§0.4); what the spec does not name is read every time.
fn lifetime(screen: Screen, of: Option<&SmolStr>) -> Span {
    match screen {
        Screen::Dashboard if of.is_some_and(|of| of != "open tasks") => fresh_for::TODAY,
        Screen::CompletedTasks => fresh_for::COMPLETED_TASKS,
        Screen::PastAppointments => fresh_for::PAST,
        Screen::Shift => fresh_for::SHIFT,
        Screen::Messages => fresh_for::THREAD,
        _ => Span::ZERO,
    }
}

fn find<'a>(kept: &'a mut [Kept], screen: Screen, of: Option<&SmolStr>) -> Option<&'a mut Kept> {
    kept.iter_mut().find(|kept| kept.screen == screen && kept.of.as_ref() == of)
}

impl Judge for Cache {
    const RULES: &'static [Rule] = &[TTL, STALE];
    const SENT: Ops = CACHED;
    const ENDED: Ops = CACHED;

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        match t.what {
            EventKind::Shown { screen, of, call: Some(call), from: from @ (Source::Fresh | Source::Stale), .. } => {
                let Some(kept) = find(self.phones.of(t.client.index), *screen, of.as_ref()) else { return };
                kept.shown = true;
                let (newest, age) = (kept.call, t.at - kept.at);
                notes.judge(STALE, t, newest == *call, || {
                    format!("expected the answer to call {newest} to be shown, it was the older one to call {call}")
                });
                if *from == Source::Fresh && newest == *call {
                    let lifetime = lifetime(*screen, of.as_ref()).sped_up(notes.settings.pace.cache);
                    notes.judge(TTL, t, age < lifetime, || {
                        format!("expected data older than {lifetime} to be asked for again, {age} passed for fresh")
                    });
                }
            }
            EventKind::Evicted { id } => self.phones.of(t.client.index).retain(|kept| kept.of.as_ref() != Some(id)),
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let (Cause::Screen(screen), true, 0) = (s.attempt.cause, s.client.is_phone(), s.attempt.attempt) else {
            return;
        };
        let Some(of) = subject(&s.attempt.call) else { return };
        let phone = self.phones.of(s.client.index);
        if phone.len() >= CAPACITY {
            return;
        }
        let Some(kept) = find(phone, screen, of.as_ref()) else { return };
        let age = s.attempt.sent_at - kept.at;
        if age < lifetime(screen, of.as_ref()).sped_up(notes.settings.pace.cache) {
            notes.broken(TTL, s, || format!("expected a screen that is fresh to be shown without a call, after {age}"));
        } else if std::mem::take(&mut kept.shown) {
            notes.held(STALE);
        } else {
            notes.broken(STALE, s, || {
                format!("expected the answer to call {} to be shown while it is refreshed, nothing was", kept.call)
            });
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let (Cause::Screen(screen), true, Some(_)) = (x.cause, x.client.is_phone(), x.success()) else { return };
        let Some(of) = subject(x.call) else { return };
        let phone = self.phones.of(x.client.index);
        let (call, at) = (x.number, x.ended_at);
        if let Some(kept) = find(phone, screen, of.as_ref()) {
            (kept.call, kept.at, kept.shown) = (call, at, false);
        } else if phone.len() < CAPACITY {
            phone.push(Kept { screen, of, call, at, shown: false });
        }
    }
}
