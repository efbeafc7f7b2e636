//! Endpoints that always fail, and what of the day could therefore not be exercised.

use fieldday_api::endpoint::Op;
use serde::{Deserialize, Serialize};

/// Fewer tries than this say nothing.
const TRIES: u64 = 5;

/// What came of calling one endpoint, by people who had a right to an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tries {
    /// Attempts that said something about the endpoint: answered, timed out, or broken off.
    pub tried: u64,
    /// Those that were answered with what the endpoint promises.
    pub succeeded: u64,
    /// Those that an optional endpoint answered with 404 or 501: it is not there, which is no failure.
    pub not_implemented: u64,
}

impl Tries {
    /// Adds another worker's.
    pub fn merge(&mut self, other: Tries) {
        self.tried += other.tried;
        self.succeeded += other.succeeded;
        self.not_implemented += other.not_implemented;
    }
    /// Whether it was tried often enough, and never succeeded.
    pub fn always_failed(&self) -> bool {
        self.succeeded == 0 && self.tried - self.not_implemented.min(self.tried) >= TRIES
    }
}

/// An endpoint that never succeeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failing {
    /// The endpoint that never succeeded.
    pub op: Op,
    /// How often it was tried.
    pub tried: u64,
    /// The part of the day that could not be exercised without it.
    pub part: &'static str,
}

/// The endpoints that never succeeded over the run, in the spec's order.
pub fn always_failing(tries: impl IntoIterator<Item = (Op, Tries)>) -> Vec<Failing> {
    let failing = tries.into_iter().filter(|(_, tries)| tries.always_failed());
    failing.map(|(op, tries)| Failing { op, tried: tries.tried, part: part_of(op) }).collect()
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

    fn tries(tried: u64, succeeded: u64, not_implemented: u64) -> Tries {
        Tries { tried, succeeded, not_implemented }
    }

    #[test]
    fn an_endpoint_fails_always_only_if_it_was_tried_and_never_succeeded() {
        assert!(tries(5, 0, 0).always_failed());
        assert!(!tries(4, 0, 0).always_failed(), "too few to say");
        assert!(!tries(500, 1, 0).always_failed());
        assert!(!tries(500, 0, 500).always_failed(), "an optional endpoint may not be there");
        assert!(tries(10, 0, 5).always_failed(), "the others failed");
    }

    #[test]
    fn the_part_of_the_day_is_told_by_endpoint() {
        let run =
            [(Op::ListTasks, tries(9, 9, 0)), (Op::StartRecording, tries(7, 0, 0)), (Op::ClockIn, tries(2, 0, 0))];
        let failing = always_failing(run);
        assert_eq!(failing, [Failing { op: Op::StartRecording, tried: 7, part: "recordings" }]);
        let mut parts: Vec<_> = Op::ALL.iter().map(|op| part_of(*op)).collect();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), Op::ALL.len(), "each endpoint has a part of its own");
    }
}
