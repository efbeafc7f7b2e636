//! Which draws belong to an attempt: those of its occasion, that is what is asked and how often this client asked it before.
//!
//! The number of a call would not do. Take one call out of a day, and all calls after it would have other numbers, other
//! losses, other delays and other ids, though nothing about them changed.

use fieldday_api::call::Call;
use fieldday_kernel::random::{join_keys, name_key};
use std::collections::{BTreeMap, VecDeque};

/// The occasions of so many calls are remembered for their further attempts.
const RECENT: usize = 64;

/// The occasions of one client, counted by kind.
#[derive(Default)]
pub struct Occasions {
    counts: BTreeMap<u64, u64>,
    recent: VecDeque<(u32, u64)>,
}

impl Occasions {
    /// The key of a call's occasion. All its attempts share it.
    pub fn of(&mut self, call: u32, request: &Call) -> u64 {
        if let Some((_, key)) = self.recent.iter().rev().find(|(known, _)| *known == call) {
            return *key;
        }
        let about: &str = match request {
            Call::StartRecording(start) => &start.appointment_id,
            other => other.path_id().unwrap_or_default(),
        };
        let key = self.next(join_keys(request.op().index() as u64 + 1, name_key(about)));
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((call, key));
        key
    }
    /// The key of the next occasion of a kind.
    pub fn next(&mut self, kind: u64) -> u64 {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        join_keys(kind, *count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock_in() -> Call {
        Call::ClockIn { rep_id: "rep_1".into(), body: Default::default() }
    }
    fn complete(id: &str) -> Call {
        Call::CompleteTask { task_id: id.into() }
    }

    #[test]
    fn a_call_that_is_taken_out_moves_the_key_of_no_other() {
        let (mut whole, mut without) = (Occasions::default(), Occasions::default());
        let keys = [clock_in(), complete("a"), complete("b"), clock_in()];
        let whole: Vec<u64> = keys.iter().zip(1..).map(|(call, number)| whole.of(number, call)).collect();
        let kept = [&keys[0], &keys[2], &keys[3]];
        let without: Vec<u64> = kept.iter().zip(1..).map(|(call, number)| without.of(number, call)).collect();
        assert_eq!([whole[0], whole[2], whole[3]], without[..]);
    }

    #[test]
    fn attempts_share_an_occasion_and_calls_do_not() {
        let mut occasions = Occasions::default();
        let (first, again, second) =
            (occasions.of(1, &clock_in()), occasions.of(1, &clock_in()), occasions.of(2, &clock_in()));
        assert!(first == again && first != second);
        assert!(occasions.of(3, &complete("a")) != occasions.of(4, &complete("b")));
    }
}
