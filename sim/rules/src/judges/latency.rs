//! `latency.timeout` (§0.4): calls answer within their class: 30 s recording, 10 s reads, 5 s updates, 3 s health.
//!
//! A share, not a promise for each call: sums are kept here, and [`crate::Findings`] makes the verdict of them, over all
//! cells. A phone's attempt that timed out may be the fault of its network, so by default it decides nothing; one from a
//! desk, with a good line, is late.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::findings::CLASSES;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::rules::Rule;
use fieldday_history::End;
use fieldday_history::event::NoAnswer;

#[derive(Default)]
pub(crate) struct Timeout;

impl Judge for Timeout {
    const RULES: &'static [Rule] = &[Rule::LatencyTimeout];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let class = x.op.endpoint().class;
        let Some(place) = CLASSES.iter().position(|c| *c == class) else { return };
        let limit = class.limit();
        let late = match x.end {
            End::Answered(_) => x.took() > limit,
            End::Unanswered(NoAnswer::Timeout) if x.client.is_phone() && !notes.settings.timeouts_are_late => {
                return notes.inconclusive(Rule::LatencyTimeout);
            }
            End::Unanswered(NoAnswer::Timeout) => x.took() >= limit,
            End::Unanswered(_) => return,
        };
        let line = if x.client.is_phone() { 0 } else { CLASSES.len() };
        let sums = &mut notes.findings.punctuality[line + place];
        sums.judged += 1;
        if late {
            sums.late += 1;
            let end = if x.response().is_some() { "it took" } else { "there was none after" };
            notes.late(x, || format!("expected an answer within {limit}, {end} {}", x.took()));
        }
    }
}
