//! A replayed day, a step at a time: a cursor among its events, and how a terminal of some size shows them with the phone
//! and the backend's rows at that moment. Keys and the terminal itself are the command line's.

use crate::paint::Paint;
use crate::timeline;
use fieldday_api::time::Time;
use fieldday_engine::replay::{Moment, Replayed};
use fieldday_history::Event;
use std::fmt::Write as _;

/// Where to go from an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// So many events on, or back.
    By(i64),
    /// The first event.
    First,
    /// The last event.
    Last,
    /// The next event at which a rule is broken; none beyond the last.
    Violation,
}

/// The keys, as the last line of the screen names them.
const KEYS: &str = "n next  p previous  PgDn PgUp ten  g first  G last  v violation  q quit";
/// Lines that are no event and no moment: the head, a gap, the keys.
const FRAME: usize = 3;

/// A day with a cursor.
pub struct Stepper<'a> {
    day: &'a Replayed,
    events: Vec<(u64, &'a Event)>,
    cursor: usize,
}

impl<'a> Stepper<'a> {
    /// At the first of these events of a day; none if there are none.
    pub fn new(day: &'a Replayed, events: Vec<(u64, &'a Event)>) -> Option<Stepper<'a>> {
        (!events.is_empty()).then_some(Stepper { day, events, cursor: 0 })
    }
    /// The number of the event at the cursor, in its cell's stream.
    pub fn number(&self) -> u64 {
        self.events[self.cursor].0
    }
    /// When it happens.
    pub fn at(&self) -> Time {
        self.day.start + self.events[self.cursor].1.at
    }
    /// Goes there, as far as there are events.
    pub fn go(&mut self, step: Step) {
        let last = self.events.len() - 1;
        self.cursor = match step {
            Step::By(events) => self.cursor.saturating_add_signed(events as isize).min(last),
            Step::First => 0,
            Step::Last => last,
            Step::Violation => {
                let broken = |place: &usize| {
                    let (number, event) = self.events[*place];
                    self.day.findings.violations.iter().any(|v| v.event == number && v.client == event.client)
                };
                (self.cursor + 1..=last).find(broken).unwrap_or(self.cursor)
            }
        };
    }
    /// The screen: at most `height` lines of at most `width` characters. The moment gets the space that it needs, up to
    /// half; the events around the cursor get the rest.
    pub fn draw(&self, moment: Option<&Moment>, (width, height): (usize, usize)) -> String {
        let client = self.day.clients.get(self.events[self.cursor].1.client as usize);
        let name = client.map_or("", |(client, _)| client.name.as_str());
        let moment = moment.map_or(String::new(), |moment| timeline::moment(name, moment, Paint::new(false)));
        let moment: Vec<&str> = moment.lines().collect();
        let below = moment.len().min(height.saturating_sub(FRAME) / 2);
        let above = height.saturating_sub(FRAME + below).max(1);
        let from = self.cursor.saturating_sub(above / 2).min(self.events.len().saturating_sub(above));
        let mut out = String::new();
        let (place, all) = (self.cursor + 1, self.events.len());
        let _ = writeln!(out, "{}", cut(&format!("{name}  event {place} of {all}"), width));
        for (place, (number, event)) in self.events.iter().enumerate().skip(from).take(above) {
            let marker = if place == self.cursor { '>' } else { ' ' };
            let line = timeline::line(self.day, *number, event).unwrap_or_default();
            let _ = writeln!(out, "{}", cut(&format!("{marker}{line}"), width));
        }
        out.push('\n');
        moment.iter().take(below).for_each(|line| {
            let _ = writeln!(out, "{}", cut(line, width));
        });
        out.push_str(&cut(KEYS, width));
        out
    }
}

fn cut(line: &str, width: usize) -> String {
    line.chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_engine::replay;
    use fieldday_world::plan::Plan;
    use fieldday_world::scenario::Scenario;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn day() -> (Plan, Replayed) {
        let mut scenario = Scenario::load("weekday").unwrap();
        scenario.people.reps_per_tenant = Some(2);
        scenario.with_reps(4);
        scenario.defects.push("task-created-twice".into());
        scenario.defects.push("polls-every-second".into());
        let plan = Plan::new(Arc::new(scenario), 1).unwrap();
        let day = replay::replay(&plan, 0, &AtomicBool::new(false));
        (plan, day)
    }
    fn of_client(day: &Replayed, client: u32) -> Vec<(u64, &Event)> {
        (0..).zip(&day.events).filter(|(_, event)| event.client == client).collect()
    }

    #[test]
    fn the_cursor_stays_among_the_events_and_finds_what_is_broken() {
        let (_, day) = day();
        let first = day.findings.violations.first().expect("polling every second breaks a rule");
        let events = of_client(&day, first.client);
        let (begin, end) = (events[0].0, events[events.len() - 1].0);
        let mut stepper = Stepper::new(&day, events).unwrap();
        stepper.go(Step::By(-1));
        assert_eq!(stepper.number(), begin);
        stepper.go(Step::Violation);
        assert_eq!(stepper.number(), first.event);
        stepper.go(Step::By(1));
        stepper.go(Step::By(-1));
        assert_eq!(stepper.number(), first.event);
        stepper.go(Step::Last);
        stepper.go(Step::By(10));
        assert_eq!(stepper.number(), end);
        stepper.go(Step::Violation);
        assert_eq!(stepper.number(), end);
        stepper.go(Step::First);
        assert_eq!(stepper.number(), begin);
        assert!(Stepper::new(&day, Vec::new()).is_none());
    }

    #[test]
    fn a_screen_fits_its_terminal_and_shows_event_phone_and_rows() {
        let (plan, day) = day();
        let mut stepper = Stepper::new(&day, of_client(&day, 0)).unwrap();
        stepper.go(Step::By(40));
        let moment = replay::moment(&plan, 0, &day.clients[0].0.name, stepper.at());
        for (width, height) in [(100, 40), (40, 12), (10, 4), (200, 200)] {
            let screen = stepper.draw(moment.as_ref(), (width, height));
            assert!(screen.lines().count() <= height.max(FRAME + 1), "{width}x{height}\n{screen}");
            assert!(screen.lines().all(|line| line.chars().count() <= width), "{screen}");
            assert_eq!(screen.lines().filter(|line| line.starts_with('>')).count(), 1, "{screen}");
        }
        let screen = stepper.draw(moment.as_ref(), (120, 40));
        assert!(["event 41 of", "queue", "token", "appointments", "q quit"].iter().all(|part| screen.contains(part)));
    }
}
