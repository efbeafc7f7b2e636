//! What differs from the spec in form, counted once each, with the first example.

use fieldday_api::SmolStr;
use fieldday_api::dialect::{Consequence, ContractKind, Deviation};
use fieldday_api::endpoint::Op;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Differences that are told apart; of further ones only their number is known.
const KEPT: usize = 200;

/// What a difference is counted by.
type Key = (ContractKind, Op, SmolStr);

/// One difference, and how often it was met.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContractFinding {
    /// The kind of difference.
    pub kind: ContractKind,
    /// The endpoint whose answers differ.
    pub op: Op,
    /// The place in the answer, as a path of field names.
    pub at: SmolStr,
    /// The number of answers that had it.
    pub count: u64,
    /// What the first one had instead, in a word.
    pub first: SmolStr,
    /// The worst that the difference led to.
    pub consequence: Consequence,
}

/// How often a difference was met, what the first one had instead, and what it led to at worst.
type Met = (u64, SmolStr, Consequence);

/// All differences of a run, in bounded memory. Those of several workers add up.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Contract {
    findings: BTreeMap<Key, Met>,
    more: u64,
}

impl Contract {
    /// The differences of one answer.
    pub fn add(&mut self, op: Op, deviations: &[Deviation]) {
        for Deviation { kind, at, saw, consequence } in deviations {
            self.count((*kind, op, at.clone()), (1, saw.clone(), *consequence));
        }
    }
    /// Adds what a later worker saw.
    pub fn merge(&mut self, other: &Contract) {
        for (key, met) in &other.findings {
            self.count(key.clone(), met.clone());
        }
        self.more += other.more;
    }
    fn count(&mut self, key: Key, (times, saw, led_to): Met) {
        let is_full = self.findings.len() >= KEPT;
        match self.findings.get_mut(&key) {
            Some((count, _, consequence)) => {
                *count += times;
                *consequence = led_to.max(*consequence);
            }
            None if is_full => self.more += times,
            None => {
                self.findings.insert(key, (times, saw, led_to));
            }
        }
    }
    /// Every difference, by kind, endpoint and place.
    pub fn findings(&self) -> impl Iterator<Item = ContractFinding> {
        self.findings.iter().map(|((kind, op, at), (count, first, consequence))| ContractFinding {
            kind: *kind,
            op: *op,
            at: at.clone(),
            count: *count,
            first: first.clone(),
            consequence: *consequence,
        })
    }
    /// How often a difference was met that there was no room to tell apart.
    pub fn more(&self) -> u64 {
        self.more
    }
    /// Whether every answer was in the spec's form.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(at: &str, saw: &str) -> Deviation {
        Deviation { kind: ContractKind::NaiveTime, at: at.into(), saw: saw.into(), consequence: Consequence::Read }
    }

    #[test]
    fn a_difference_is_counted_once_each_with_its_first_example() {
        let mut one = Contract::default();
        one.add(Op::ListTasks, &[deviation("data.tasks[].due_at", "no zone"), deviation("data.date", "number")]);
        one.add(Op::ListTasks, &[deviation("data.date", "string")]);
        let mut other = Contract::default();
        other.add(Op::ListTasks, &[deviation("data.date", "null")]);
        other.add(Op::ClockIn, &[deviation("data.date", "null")]);
        one.merge(&other);
        let found: Vec<_> = one.findings().map(|f| (f.op, f.at, f.count, f.first)).collect();
        let expected = [
            (Op::ListTasks, "data.date", 3, "number"),
            (Op::ListTasks, "data.tasks[].due_at", 1, "no zone"),
            (Op::ClockIn, "data.date", 1, "null"),
        ];
        assert_eq!(found, expected.map(|(op, at, count, first)| (op, at.into(), count, first.into())));
    }

    #[test]
    fn the_worst_that_a_difference_led_to_is_what_counts() {
        let mut contract = Contract::default();
        for consequence in [Consequence::Read, Consequence::Unread, Consequence::StandsIn] {
            contract.add(Op::ListTasks, &[Deviation { consequence, ..deviation("data.tasks", "null") }]);
        }
        let found: Vec<_> = contract.findings().map(|f| (f.count, f.consequence)).collect();
        assert_eq!(found, [(3, Consequence::Unread)]);
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_and_not_kept() {
        let mut contract = Contract::default();
        for i in 0..KEPT + 50 {
            contract.add(Op::ListTasks, &[deviation(&format!("data.f{i}"), "null")]);
        }
        contract.add(Op::ListTasks, &[deviation("data.f0", "null")]);
        assert_eq!((contract.findings().count(), contract.more()), (KEPT, 50));
        assert_eq!(
            contract.findings().find(|f| f.at == "data.f0").map(|f| f.count),
            Some(2),
            "what is known still counts"
        );
        let mut sum = contract.clone();
        sum.merge(&contract);
        assert_eq!(sum.more(), 100);
    }
}
