//! Endpoints that always fail, and what of the day could therefore not be exercised.

use crate::measures::{Failures, OpMeasures};
use fieldday_api::endpoint::Op;
use fieldday_history::OutcomeClass;
use fieldday_paint::units::count;
use serde::{Deserialize, Serialize};

/// Of a virtual run, fewer tries than this say nothing: its backend has mishaps of its own. Of a target, one does.
const TRIES_VIRTUAL: u64 = 5;
/// Answers of a failing endpoint that are told.
const ANSWERS: usize = 3;

/// What came of calling one endpoint, by people who had a right to an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tries {
    /// Attempts that the target answered with what the endpoint promises, or failed.
    pub tried: u64,
    /// Those that were answered with what the endpoint promises.
    pub succeeded: u64,
}

impl Tries {
    /// One more attempt that ended so, with that status.
    pub(crate) fn on(&mut self, class: OutcomeClass, status: Option<u16>) {
        let succeeded = class == OutcomeClass::Expected && status.is_none_or(|status| status < 300);
        self.succeeded += u64::from(succeeded);
        self.tried += u64::from(succeeded || class.is_error());
    }
    /// Adds the counts of another worker.
    pub fn merge(&mut self, other: Tries) {
        self.tried += other.tried;
        self.succeeded += other.succeeded;
    }
    /// Whether it was tried often enough, and never succeeded.
    fn always_failed(&self, tries: u64) -> bool {
        self.succeeded == 0 && self.tried >= tries
    }
}

/// An endpoint that never succeeded, or was never called because another did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// The endpoint that never succeeded.
    pub op: Op,
    /// How often it was tried; 0 if another endpoint kept reps from it.
    pub tried: u64,
    /// The part of the day that could not be exercised without it.
    pub part: &'static str,
    /// Why: what it answered, or which endpoint kept reps from it.
    pub why: String,
}

/// The endpoints that never succeeded over the run, and those that were not called because of them, in the spec's order.
pub fn always_failing(ops: &[OpMeasures], failures: &Failures, is_live: bool) -> Vec<Failing> {
    let tries = if is_live { 1 } else { TRIES_VIRTUAL };
    let fails = |op: Op| ops[op.index()].tries.always_failed(tries);
    let of = |op: &Op| {
        let why = if fails(*op) {
            answers(*op, failures)
        } else if ops[op.index()].tries.tried == 0 {
            let first = needs(*op).iter().find(|needed| fails(**needed))?;
            format!("not tried, because {first} never succeeded")
        } else {
            return None;
        };
        Some(Failing { op: *op, tried: ops[op.index()].tries.tried, part: part_of(*op), why })
    };
    Op::ALL.iter().filter_map(of).collect()
}

/// What became of calling an endpoint, in the order of time: `answered 500 ×20 "boom", then timed out ×3`.
fn answers(op: Op, failures: &Failures) -> String {
    let mut kinds: Vec<_> = failures.by_count().into_iter().filter(|(kind, _)| kind.op == op).take(ANSWERS).collect();
    kinds.sort_by_key(|(_, failure)| failure.first);
    let each = kinds.into_iter().map(|(kind, failure)| {
        let what = kind.status.map_or(kind.class.label().to_owned(), |status| format!("answered {status}"));
        let said = if kind.message.is_empty() { String::new() } else { format!(" {:?}", kind.message) };
        format!("{what} ×{}{said}", count(failure.count))
    });
    each.collect::<Vec<_>>().join(", then ")
}

/// The endpoints without whose success a rep does not come to call one.
const fn needs(op: Op) -> &'static [Op] {
    match op {
        Op::GetAppointment | Op::UpdateAppointment | Op::GetThread => &[Op::ListAppointments],
        Op::CompleteTask | Op::UpdateTask => &[Op::ListTasks],
        Op::StartRecording => &[Op::ClockIn, Op::ListAppointments],
        Op::StopRecording | Op::GetRecording | Op::PutAudio => &[Op::StartRecording, Op::ClockIn, Op::ListAppointments],
        Op::UploadAudio => &[Op::PutAudio, Op::StartRecording, Op::ClockIn, Op::ListAppointments],
        Op::ClockOut => &[Op::ClockIn],
        _ => &[],
    }
}

/// The part of the day that needs an endpoint.
pub const fn part_of(op: Op) -> &'static str {
    match op {
        Op::ListAppointments => "the day's appointments",
        Op::GetAppointment => "looking at an appointment",
        Op::UpdateAppointment => "outcomes of appointments",
        Op::ListTasks => "the list of tasks",
        Op::CreateTask => "making tasks",
        Op::CompleteTask => "completing tasks",
        Op::UpdateTask => "changing tasks",
        Op::StartRecording => "recordings",
        Op::StopRecording => "the end of recordings",
        Op::UploadAudio => "reporting uploads",
        Op::GetRecording => "following recordings",
        Op::ClockIn => "clocking in",
        Op::ClockOut => "clocking out",
        Op::ShiftToday => "the shift's status",
        Op::GetThread => "messages",
        Op::RagQuery => "Ask Otto",
        Op::ListWins => "the wins feed",
        Op::PostWin => "posting wins",
        Op::Health => "the health check",
        Op::PutAudio => "audio uploads",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(failing: &[(Op, u64)], succeeding: &[Op]) -> Vec<OpMeasures> {
        let mut ops: Vec<OpMeasures> = Op::ALL.iter().map(|_| OpMeasures::new()).collect();
        for (op, tried) in failing {
            (0..*tried).for_each(|_| ops[op.index()].tries.on(OutcomeClass::ServerError, Some(500)));
        }
        for op in succeeding {
            ops[op.index()].tries.on(OutcomeClass::Expected, Some(200));
        }
        ops
    }
    fn parts(ops: &[OpMeasures], is_live: bool) -> Vec<(&'static str, u64)> {
        let failing = always_failing(ops, &Failures::default(), is_live);
        failing.into_iter().map(|of| (of.part, of.tried)).collect()
    }

    #[test]
    fn an_endpoint_of_a_target_fails_always_if_it_was_tried_once_and_never_succeeded() {
        let ops = measured(&[(Op::PostWin, 1)], &[Op::ListWins]);
        assert_eq!(parts(&ops, true), [("posting wins", 1)]);
        assert_eq!(parts(&ops, false), [], "a model has mishaps: one says nothing");
        assert_eq!(parts(&measured(&[(Op::PostWin, 5)], &[]), false), [("posting wins", 5)]);
        assert_eq!(parts(&measured(&[(Op::PostWin, 500)], &[Op::PostWin]), true), [], "it succeeded once");
    }

    #[test]
    fn what_was_planned_to_be_refused_says_nothing_of_an_endpoint() {
        let mut tries = Tries::default();
        tries.on(OutcomeClass::Expected, Some(403));
        tries.on(OutcomeClass::NotTheTarget, None);
        assert_eq!(tries, Tries::default());
    }

    #[test]
    fn what_was_never_tried_because_of_it_is_named_with_the_reason() {
        let ops = measured(&[(Op::ClockIn, 3)], &[Op::ListAppointments, Op::StartRecording, Op::StopRecording]);
        let failing = always_failing(&ops, &Failures::default(), true);
        let why = |op: Op| failing.iter().find(|of| of.op == op).map(|of| of.why.clone());
        assert_eq!(why(Op::ClockOut).as_deref(), Some("not tried, because POST clock-in never succeeded"));
        assert_eq!(why(Op::StopRecording), None, "it was tried, and succeeded");
        let parts: Vec<_> = Op::ALL.iter().map(|op| part_of(*op)).collect();
        let distinct: std::collections::BTreeSet<_> = parts.iter().collect();
        assert_eq!(distinct.len(), Op::ALL.len(), "each endpoint has a part of its own");
    }
}
