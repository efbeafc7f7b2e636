//! The hazard `write.landed-on-error`: a write was answered with a 5xx, and its repeat is refused because it was done before.
//! So the first took effect although its answer says that it failed.

use crate::exchanges::{ClientEvent, Exchange};
use crate::facts::Facts;
use crate::findings::Hazard;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::call::Answer;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind};

/// Writes without success that are remembered per client.
const REMEMBERED: usize = 32;

/// What a client wants done: a queued action, or a call of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Action(u32),
    Call(u32),
}

/// A write that has not succeeded yet.
#[derive(Clone, Copy, Debug)]
struct Failed {
    wish: Wish,
    /// The status of its last answer, a 5xx.
    status: u16,
    /// The number of attempts that were answered with that status.
    attempts: u32,
    /// Whether each attempt was: one without an answer may have landed by itself.
    is_certain: bool,
}

#[derive(Default)]
pub(crate) struct Landed(PerClient<Vec<Failed>>);

impl Judge for Landed {
    const RULES: &'static [Rule] = &[];
    const SENT: Ops = Ops::NONE;

    fn on_event(&mut self, told: &ClientEvent<'_>, _: &mut Notes) {
        if let EventKind::Settled { action, .. } = told.what {
            self.0.of(told.client.index).retain(|failed| failed.wish != Wish::Action(*action));
        }
    }

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if !x.op.writes() || matches!(x.cause, Cause::Probe(_) | Cause::Check) {
            return;
        }
        let wish = match x.cause {
            Cause::Queue { action } => Wish::Action(action),
            _ => Wish::Call(x.number),
        };
        let failures = self.0.of(x.client.index);
        let known = failures.iter().position(|failed| failed.wish == wish);
        match x.response() {
            Some(response) if response.status >= 500 => {
                let is_api = matches!(response.answer, Answer::Error(_));
                match known {
                    Some(place) => {
                        let failed = &mut failures[place];
                        (failed.status, failed.attempts) = (response.status, failed.attempts + 1);
                        failed.is_certain &= is_api;
                    }
                    None => {
                        let failed = Failed { wish, status: response.status, attempts: 1, is_certain: is_api };
                        push_bounded(failures, REMEMBERED, failed);
                    }
                }
            }
            Some(response) => {
                let Some(place) = known else { return };
                let failed = failures.remove(place);
                if response.says_done_before() && failed.is_certain {
                    notes.hazard(Hazard::WriteLandedOnError, x, || {
                        let times =
                            if failed.attempts == 1 { String::new() } else { format!(" ×{}", failed.attempts) };
                        format!(
                            "{} was answered {}{times}, then {} because it was done before: the write took effect although the answer was an error",
                            x.op, failed.status, response.status
                        )
                    });
                }
            }
            // It may have landed, and then the refusal of a repeat says nothing of the errors before.
            None if x.effect() == crate::Effect::Unknown => match known {
                Some(place) => failures[place].is_certain = false,
                None => push_bounded(failures, REMEMBERED, Failed { wish, status: 0, attempts: 0, is_certain: false }),
            },
            None => {}
        }
    }
}
