//! The person: a rep and their working day.
//!
//! [`day`] reads like one. What the person decides comes from their [habits] alone; where they go and what
//! they find there comes from the plan; what they know comes from the app.

pub mod day;
pub mod habits;
mod visit;

use crate::app::App;
use crate::phone::Phone;
use crate::process::Died;
use day::Next;
use fieldday_api::SmolStr;
use fieldday_history::EventKind;
use fieldday_history::event::UserAction;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{Found, FoundAppointment, Places, RepPlan, VisitPlan};
use fieldday_radio::place::Point;
use fieldday_radio::track::{Leg, Roads, drive_time};
use fieldday_scenario::persona::Persona;
use futures_lite::future;
use habits::Habit;
use indexmap::IndexMap;
use std::borrow::Cow;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// The facts about the place where a tenant's reps work, the same for all of them.
pub struct Town {
    /// The true course of each planned visit, by appointment id.
    pub visits: IndexMap<SmolStr, VisitPlan>,
    /// The places of addresses, by token.
    pub places: Places,
    /// The treatment of appointments that are not in the plan.
    pub found: Arc<Found>,
    /// The speeds at which one drives in the territory.
    pub roads: Roads,
}

impl Town {
    /// The visit behind an appointment: the plan's, or what is found at one that the plan does not know. None if nobody
    /// knows where it is.
    fn visit(&self, next: &Next, persona: &Persona) -> Option<Cow<'_, VisitPlan>> {
        if let Some(planned) = self.visits.get(&next.appointment_id) {
            return Some(Cow::Borrowed(planned));
        }
        let appointment = FoundAppointment {
            appointment_id: &next.appointment_id,
            address: &next.address,
            start: next.start,
            end: next.end,
        };
        self.found.visit(&self.places, persona, appointment).map(Cow::Owned)
    }
}

/// A rep with a phone, who lives the day of a plan.
pub struct Person {
    phone: Rc<Phone>,
    plan: RepPlan,
    town: Rc<Town>,
    /// Visits that are done with, one way or another.
    settled: Vec<SmolStr>,
    lunched: bool,
}

/// After the app died under the finger, it takes a moment to see that and tap again.
const TAPS_AGAIN_AFTER: Span = Span::seconds(3);

impl Person {
    /// A rep who has not left home yet.
    pub fn new(phone: Rc<Phone>, plan: RepPlan, town: Rc<Town>) -> Person {
        Person { phone, plan, town, settled: Vec::new(), lunched: false }
    }

    /// Does something with the app; again if it dies meanwhile.
    async fn tap<T, F: Future<Output = T>>(&self, act: impl Fn(App) -> F) -> T {
        loop {
            if let Ok(done) = self.phone.using(&act).await {
                return done;
            }
            self.wait(TAPS_AGAIN_AFTER).await;
        }
    }
    /// Does something with the app until it is done, now and then with two taps at once.
    async fn tap_nervously<T, F: Future<Output = T>>(&self, occasion: u64, act: impl Fn(App) -> F) -> T {
        self.nervously(occasion, || self.tap(&act)).await
    }
    /// Does something with the app, now and then twice at once, and not again if it dies meanwhile.
    async fn try_nervously<T, F: Future<Output = T>>(&self, occasion: u64, act: impl Fn(App) -> F) -> Result<T, Died> {
        self.nervously(occasion, || self.phone.using(&act)).await
    }
    async fn nervously<T, F: Future<Output = T>>(&self, occasion: u64, act: impl Fn() -> F) -> T {
        if !self.does(Habit::DOUBLE_TAPS, occasion, self.plan.persona.double_taps_ppm) {
            return act().await;
        }
        self.note(UserAction::DoubleTaps);
        let second = async {
            self.wait(Span::millis(180)).await;
            act().await
        };
        let (first, _) = future::zip(act(), second).await;
        first
    }
    /// Looks at the screen for a moment before the next tap.
    async fn looks(&self, occasion: u64, time: u64) {
        let moment = self.draws(Habit::LOOKS, occasion.wrapping_add(time)).range(2_000..12_000);
        self.wait(Span::millis(moment)).await;
    }
    /// Drives to a place, at the speed that the roads allow.
    async fn drive(&self, to: Point, occasion: u64) -> Leg {
        let from = self.phone.station.here();
        let takes = drive_time(from, to, &mut self.draws(Habit::DRIVES, occasion), &self.town.roads);
        let depart = self.now();
        let leg = Leg { from, to, depart, arrive: depart + takes };
        self.phone.station.follow(leg);
        leg
    }
    /// Stays at the present place from now on.
    fn stay(&self) {
        self.phone.station.follow(Leg::stay(self.phone.station.here(), self.now()));
    }
    fn now(&self) -> Time {
        self.phone.station.day_now()
    }
    async fn wait(&self, span: Span) {
        self.wait_until(self.now() + span).await;
    }
    async fn wait_until(&self, until: Time) {
        self.phone.station.sleep_until_in_day(until).await;
        self.phone.station.was_due(until);
    }
    fn note(&self, deed: UserAction) {
        self.phone.station.record(EventKind::Person(deed));
    }
}
