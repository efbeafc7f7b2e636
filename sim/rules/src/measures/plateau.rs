//! The part of a run that alone is measured: without the time in which reps come to work, and that in which they leave.

use super::{Measures, OpMeasures};
use crate::traffic::Traffic;
use fieldday_history::Event;
use fieldday_kernel::time::Span;

/// Cuts what is measured to a part of the run.
pub struct Plateau {
    traffic: Traffic,
    /// What was measured in it, once it is over.
    ops: Option<Vec<OpMeasures>>,
    has_begun: bool,
}

impl Plateau {
    /// From one moment to another of the events' clock.
    pub fn new(from: Span, until: Span) -> Plateau {
        Plateau { traffic: Traffic::new(from, until), ops: None, has_begun: false }
    }
    /// Measures another part, if the one that was to be measured has not begun.
    pub fn moves(&mut self, from: Span, until: Span) {
        if !self.has_begun {
            self.traffic = Traffic::new(from, until);
        }
    }
    /// The next event, before it is measured.
    pub fn on(&mut self, event: &Event, measures: &mut Measures) {
        if !self.has_begun && event.at >= self.traffic.from {
            self.has_begun = true;
            measures.part();
        }
        if self.has_begun && self.ops.is_none() && event.at >= self.traffic.until {
            self.ops = Some(measures.part());
        }
        self.traffic.on(event);
    }
    /// The run is over: what is left in the measures is what was measured in this part.
    pub fn close(self, measures: &mut Measures) -> Traffic {
        match self.ops {
            Some(ops) => measures.ops = ops,
            None if !self.has_begun => drop(measures.part()),
            None => {}
        }
        self.traffic
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::endpoint::Op;
    use fieldday_history::EventKind;
    use fieldday_history::event::{Wire, WireEnd};

    fn event(at_s: i64, what: EventKind) -> Event {
        Event { at: Span::seconds(at_s), client: 0, what }
    }
    fn wire(at_s: i64) -> Event {
        let end = WireEnd::Answered { status: 200, bytes: 0, request_id: None };
        let (service, none) = (Span::millis(300), Span::ZERO);
        let (op, deviations) = (Op::Health, Vec::new());
        event(
            at_s,
            EventKind::Wire(Box::new(Wire {
                op,
                call: 0,
                attempt: 0,
                end,
                service,
                connect: none,
                late: none,
                lag: none,
                deviations,
            })),
        )
    }
    fn measured(events: &[Event]) -> (u64, usize) {
        let (mut plateau, mut measures) = (Plateau::new(Span::seconds(10), Span::seconds(20)), Measures::default());
        for event in events {
            plateau.on(event, &mut measures);
            measures.on(event);
        }
        let traffic = plateau.close(&mut measures);
        (measures.op(Op::Health).live.wire.len(), traffic.over().count())
    }

    #[test]
    fn a_part_that_has_not_begun_can_be_moved_and_one_that_has_cannot() {
        let (mut plateau, mut measures) = (Plateau::new(Span::seconds(10), Span::seconds(20)), Measures::default());
        plateau.moves(Span::seconds(2), Span::seconds(4));
        for event in [event(0, EventKind::Began), wire(3)] {
            plateau.on(&event, &mut measures);
            measures.on(&event);
        }
        plateau.moves(Span::seconds(10), Span::seconds(20));
        plateau.on(&wire(11), &mut measures);
        let traffic = plateau.close(&mut measures);
        assert_eq!((traffic.over().count(), traffic.lasts()), (1, Span::seconds(2)));
    }

    #[test]
    fn what_came_before_and_after_is_not_measured() {
        let began = event(0, EventKind::Began);
        assert_eq!(measured(&[began.clone(), wire(5), wire(11), wire(15), wire(21), wire(22)]), (2, 2));
        assert_eq!(measured(&[began.clone(), wire(5), wire(12)]), (1, 1), "a run that ended within it");
        assert_eq!(measured(&[began, wire(5)]), (0, 0), "and one that ended before it");
    }
}
