//! `latency.timeout` (§0.4): calls answer within their class: 30 s recording, 10 s reads, 5 s updates, 3 s health.
//!
//! A share, not a promise for each call: sums are kept here, and [`crate::Findings`] makes the verdict of them, over all
//! cells.
//!
//! On a live run the wire tells what the target itself took, whoever gave up first and whatever the simulated network
//! added. Without a wire only answers and time-outs are known: a phone's attempt that timed out may be the fault of its
//! network, so by default it decides nothing; one from a desk, with a good line, is late.

use crate::exchanges::{ClientEvent, Exchange};
use crate::facts::Facts;
use crate::findings::{CLASSES, LATE};
use crate::judge::{Judge, Ops};
use crate::notes::{Notes, Place, Scene};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::End;
use fieldday_history::event::{EventKind, NoAnswer, Wire, WireEnd};
use fieldday_kernel::time::Span;

#[derive(Default)]
pub(crate) struct Timeout {
    /// There is a wire that tells.
    is_live: bool,
}

impl Judge for Timeout {
    const RULES: &'static [Rule] = &[Rule::LatencyTimeout];
    const SENT: Ops = Ops::NONE;

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        match t.what {
            EventKind::Began => self.is_live = true,
            EventKind::Wire(wire) => {
                self.is_live = true;
                on_wire(wire, t, notes);
            }
            _ => {}
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if self.is_live {
            return;
        }
        let Some(place) = class_of(x.op) else { return };
        let limit = CLASSES[place].limit();
        let late = match x.end {
            End::Answered(_) => x.took() > limit,
            End::Unanswered(NoAnswer::Timeout) if x.client.is_phone() && !notes.settings.timeouts_are_late => {
                return notes.inconclusive(LATE[place]);
            }
            End::Unanswered(NoAnswer::Timeout) => x.took() >= limit,
            End::Unanswered(_) => return,
        };
        count(place, late, x.response().is_some(), x.took(), x, notes);
    }
}

/// The place among [`CLASSES`] of the class that an endpoint is judged in.
fn class_of(op: Op) -> Option<usize> {
    CLASSES.iter().position(|class| *class == op.endpoint().class)
}

/// What was broken off within the limit might have been answered within it.
fn on_wire(wire: &Wire, t: &ClientEvent<'_>, notes: &mut Notes) {
    let Some(place) = class_of(wire.op) else { return };
    let limit = CLASSES[place].limit();
    let answered = matches!(wire.end, WireEnd::Answered { .. });
    let late = if answered { wire.service > limit } else { wire.service >= limit };
    match wire.end {
        WireEnd::BrokenOff if !late => return notes.inconclusive(LATE[place]),
        // What failed at once is no matter of time.
        WireEnd::NoConnection { .. } | WireEnd::Broken { .. } if !late => return,
        _ => {}
    }
    let scene = Place { call: Some(wire.call), op: Some(wire.op), ..t.place() };
    count(place, late, answered, wire.service, &scene, notes);
}

fn count(place: usize, late: bool, answered: bool, took: Span, scene: &impl Scene, notes: &mut Notes) {
    let line = if scene.place().client.is_phone() { 0 } else { CLASSES.len() };
    let sums = &mut notes.findings.punctuality[line + place];
    sums.judged += 1;
    if late {
        sums.late += 1;
        let (limit, end) = (CLASSES[place].limit(), if answered { "it took" } else { "there was none after" });
        notes.late(scene, || format!("expected an answer within {limit}, {end} {took}"));
    }
}
