//! Failures of the new runs against those of the baseline. A target that fails more often is worse, however fast its other
//! answers are.

use crate::sides::Sides;
use crate::{Direction, ErrorChange};
use fieldday_folder::nights::Night;
use fieldday_folder::summary::{OutcomeClass, Outcomes};
use statrs::distribution::{DiscreteCDF, Hypergeometric};
use std::collections::BTreeMap;

/// How likely it may be, over all shares that are compared, that like runs are called different.
const LEVEL: f64 = 0.01;
/// Differences of a share that do not matter: one in a thousand.
const MATTERS: f64 = 0.001;
/// What stands for all endpoints together.
const ALL: (&str, &str) = ("all", "all endpoints");

/// Failures among attempts, in each run of a side.
type Runs = Vec<(u64, u64)>;

/// Every share of failures that is greater or smaller in the new runs by more than chance, the greatest change first.
pub(crate) fn changes(sides: &Sides) -> Vec<ErrorChange> {
    let (new, baseline) = (shares(&sides.new), shares(&sides.baseline));
    let keys: Vec<&Key> = new.keys().chain(baseline.keys().filter(|key| !new.contains_key(*key))).collect();
    let level = LEVEL / keys.len().max(1) as f64;
    let of = |side: &BTreeMap<Key, Runs>, nights: &[Night], key: &Key| match side.get(key) {
        Some(runs) => runs.clone(),
        // The endpoint was called, and nothing failed so; or it was not called.
        None => nights.iter().map(|night| (0, attempts(night, &key.op))).collect(),
    };
    let compare = |key: &&Key| {
        let (new, baseline) = (of(&new, &sides.new, key), of(&baseline, &sides.baseline, key));
        let direction = match () {
            () if is_more(&new, &baseline, level) => Direction::Worse,
            () if is_more(&baseline, &new, level) => Direction::Better,
            () => return None,
        };
        let ((failed, attempts), (failed_before, attempts_before)) = (sum(&new), sum(&baseline));
        Some(ErrorChange {
            op: key.op.clone(),
            label: key.label.clone(),
            outcome: key.class.map(|class| class.as_str().to_owned()),
            new: failed,
            new_attempts: attempts,
            baseline: failed_before,
            baseline_attempts: attempts_before,
            direction,
        })
    };
    let mut changes: Vec<ErrorChange> = keys.iter().filter_map(compare).collect();
    let by = |change: &ErrorChange| change.new_share() - change.baseline_share();
    changes.sort_by(|a, b| by(b).abs().total_cmp(&by(a).abs()).then_with(|| a.label.cmp(&b.label)));
    changes
}

/// Whether the newest of some runs failed more often than those before it.
pub(crate) fn is_last_worse(runs: &[(u64, u64)]) -> bool {
    match runs.split_last() {
        Some((last, before)) if !before.is_empty() => is_more(&[*last], before, LEVEL),
        _ => false,
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    op: String,
    label: String,
    /// The class of failures; none for failures of every class together.
    class: Option<OutcomeClass>,
}

fn shares(nights: &[Night]) -> BTreeMap<Key, Runs> {
    let mut all: BTreeMap<Key, Runs> = BTreeMap::new();
    for (place, night) in nights.iter().enumerate() {
        let of_all = night.summary.limits.iter().fold(Outcomes::default(), |sum, line| sum.plus(&line.outcomes));
        let lines = night.summary.limits.iter().map(|line| ((&*line.op, &*line.label), line.outcomes));
        for ((op, label), outcomes) in lines.chain([(ALL, of_all)]) {
            let errors = outcomes.by_class().into_iter().filter(|(class, n)| class.is_error() && *n > 0);
            let kinds = errors.map(|(class, n)| (Some(class), n)).chain([(None, outcomes.errors())]);
            for (class, n) in kinds.filter(|(_, n)| *n > 0) {
                let key = Key { op: op.to_owned(), label: label.to_owned(), class };
                let none = || nights.iter().map(|night| (0, attempts(night, op))).collect();
                all.entry(key).or_insert_with(none)[place].0 = n;
            }
        }
    }
    all
}

/// Attempts at an endpoint that the target was answerable for in a run.
fn attempts(night: &Night, op: &str) -> u64 {
    let lines = night.summary.limits.iter().filter(|line| op == ALL.0 || line.op == op);
    lines.map(|line| line.outcomes.reached()).sum()
}

fn sum(runs: &[(u64, u64)]) -> (u64, u64) {
    runs.iter().fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1))
}
fn share((failed, of): (u64, u64)) -> f64 {
    if of == 0 { 0.0 } else { failed as f64 / of as f64 }
}

/// Whether one side fails more often than the other: by more than matters, by more than chance (Fisher's exact test over all
/// attempts), and by more than any single run of the other side, since runs vary more than attempts do.
fn is_more(these: &[(u64, u64)], those: &[(u64, u64)], level: f64) -> bool {
    let ((failed, of), (failed_before, of_before)) = (sum(these), sum(those));
    let worst = those.iter().map(|run| share(*run)).fold(0.0, f64::max);
    let is_beyond = share((failed, of)) > worst.max(share((failed_before, of_before))) + MATTERS;
    if !is_beyond || of == 0 || of_before == 0 || failed == 0 {
        return false;
    }
    let chance = Hypergeometric::new(of + of_before, failed + failed_before, of).map(|draws| draws.sf(failed - 1));
    chance.is_ok_and(|p| p < level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_failures_than_chance_and_than_any_run_before_are_worse() {
        let healthy = [(0, 500), (1, 500), (0, 500), (0, 500)];
        assert!(is_more(&[(300, 500)], &healthy, LEVEL));
        assert!(is_more(&[(0, 500), (40, 500)], &healthy, LEVEL), "one bad run of two");
        assert!(!is_more(&[(1, 500), (1, 500)], &healthy, LEVEL), "chance");
        assert!(!is_more(&[(60, 500)], &[(0, 500), (100, 500)], LEVEL), "a run before was worse");
        assert!(!is_more(&[(5, 100_000)], &[(0, 100_000)], LEVEL), "too little to matter");
        assert!(!is_more(&healthy, &[(300, 500)], LEVEL), "fewer");
        assert!(!is_more(&[(3, 3)], &[], LEVEL), "nothing to compare with");
    }

    #[test]
    fn the_last_of_a_series_is_compared_with_those_before_it() {
        assert!(is_last_worse(&[(0, 900), (1, 900), (120, 900)]));
        assert!(!is_last_worse(&[(0, 900), (120, 900), (1, 900)]));
        assert!(!is_last_worse(&[(120, 900)]));
    }
}
