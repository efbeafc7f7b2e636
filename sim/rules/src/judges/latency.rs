//! `latency.timeout` (§0.4): calls answer within their class: 30 s recording, 10 s reads, 5 s updates, 3 s health.
//!
//! A share, not a promise for each call: sums are kept here, and [`crate::Findings`] makes the verdict of them, over all
//! cells. An attempt that timed out may be the fault of the phone's network, so by default it decides nothing.

use crate::docket::{End, Exchange};
use crate::facts::Facts;
use crate::findings::CLASSES;
use crate::judge::Judge;
use crate::notes::Notes;
use fieldday_api::rules::Rule;
use fieldday_history::event::Lapse;

#[derive(Default)]
pub(crate) struct Timeout;

impl Judge for Timeout {
    const RULES: &'static [Rule] = &[Rule::LatencyTimeout];

    fn ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let class = x.op.endpoint().class;
        let Some(place) = CLASSES.iter().position(|c| *c == class) else { return };
        let limit = class.limit();
        let late = match x.end {
            End::Answered(_) => x.took() > limit,
            End::Unanswered(Lapse::Timeout) if notes.settings.timeouts_are_late => x.took() >= limit,
            End::Unanswered(Lapse::Timeout) => return notes.inconclusive(Rule::LatencyTimeout),
            End::Unanswered(_) => return,
        };
        let sums = &mut notes.findings.punctuality[place];
        sums.answered += 1;
        if late {
            sums.late += 1;
            notes.late(x, || format!("expected an answer within {limit}, it took {}", x.took()));
        }
    }
}
