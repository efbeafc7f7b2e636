//! What came out otherwise beside latencies: rules, the scenario's limits, differences of form, hazards, marks.

use crate::sides::Sides;
use crate::{Change, ChangeKind, Direction};
use fieldday_folder::nights::Night;
use fieldday_folder::summary::{ContractSeverity, RuleVerdict};
use fieldday_rules::limit_result::LimitVerdict;
use std::collections::BTreeMap;

/// How something came out in a run: the worse, the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Came {
    /// 0 of what is good, 2 of what is broken, 1 of what is neither.
    weight: u8,
    word: &'static str,
}

const fn came(weight: u8, word: &'static str) -> Came {
    Came { weight, word }
}

/// By kind and name: the result in each run.
type Outcomes = BTreeMap<(ChangeKind, String), Vec<Came>>;

/// Everything that came out in the new runs as it never did in the baseline, or no longer does as it always did.
pub(crate) fn changes(sides: &Sides) -> Vec<Change> {
    let (new, baseline) = (outcomes(&sides.new), outcomes(&sides.baseline));
    let keys = new.keys().chain(baseline.keys().filter(|key| !new.contains_key(*key)));
    let mut changes: Vec<Change> = keys
        .filter_map(|key| {
            let of = |all: &Outcomes, runs: usize| {
                let mut came = all.get(key).cloned().unwrap_or_default();
                came.resize(runs, absent(key.0));
                came
            };
            change(key, &of(&baseline, sides.baseline.len()), &of(&new, sides.new.len()))
        })
        .collect();
    changes.sort_by(|a, b| (order(a.direction), a.kind, &a.name).cmp(&(order(b.direction), b.kind, &b.name)));
    changes
}

fn order(direction: Direction) -> u8 {
    match direction {
        Direction::Worse => 0,
        Direction::Better => 1,
        Direction::Other => 2,
    }
}

fn change((kind, name): &(ChangeKind, String), baseline: &[Came], new: &[Came]) -> Option<Change> {
    let is_new = new.iter().any(|came| !baseline.contains(came));
    let is_gone = baseline.iter().any(|came| !new.contains(came)) && baseline.iter().all(|came| *came == baseline[0]);
    if !is_new && !is_gone && is_broken(baseline) == is_broken(new) {
        return None;
    }
    let worst = |all: &[Came]| all.iter().map(|came| came.weight).max().unwrap_or(0);
    // A rule that was not exercised this time is not broken by that, and one that is exercised again not mended.
    let is_judged = matches!(kind, ChangeKind::Rule | ChangeKind::Limit);
    let direction = match worst(new).cmp(&worst(baseline)) {
        _ if is_judged && is_broken(new) == is_broken(baseline) => Direction::Other,
        std::cmp::Ordering::Greater => Direction::Worse,
        std::cmp::Ordering::Less => Direction::Better,
        std::cmp::Ordering::Equal => Direction::Other,
    };
    Some(Change { kind: *kind, name: name.clone(), baseline: tally(baseline), new: tally(new), direction })
}

fn is_broken(all: &[Came]) -> bool {
    all.iter().any(|came| came.weight == 2)
}

/// `held in 4 of 5, broken in 1`
fn tally(all: &[Came]) -> String {
    let mut counts: BTreeMap<Came, usize> = BTreeMap::new();
    all.iter().for_each(|came| *counts.entry(*came).or_default() += 1);
    let part = |(place, (came, count)): (usize, (&Came, &usize))| match place {
        _ if all.len() == 1 => came.word.to_owned(),
        0 => format!("{} in {count} of {}", came.word, all.len()),
        _ => format!("{} in {count}", came.word),
    };
    counts.iter().rev().enumerate().map(part).collect::<Vec<_>>().join(", ")
}

/// What it means that a run says nothing of something.
fn absent(kind: ChangeKind) -> Came {
    match kind {
        ChangeKind::Rule => came(1, "not judged"),
        ChangeKind::Limit => came(1, "not set"),
        ChangeKind::ContractBroken | ChangeKind::ContractNote => came(0, "not found"),
        ChangeKind::Hazard => came(0, "not seen"),
        ChangeKind::Mark => came(1, "not reached"),
    }
}

fn outcomes(nights: &[Night]) -> Outcomes {
    let mut all = Outcomes::new();
    for night in nights {
        let summary = &night.summary;
        let mut add = |kind, name: String, came| all.entry((kind, name)).or_default().push(came);
        for line in &summary.rules {
            add(ChangeKind::Rule, line.rule.clone(), of_rule(line.verdict));
        }
        for limit in &summary.scenario_limits {
            add(ChangeKind::Limit, limit.text.clone(), of_limit(limit.verdict));
        }
        for finding in summary.contract.iter().flat_map(|part| &part.findings) {
            let name = format!("{} of {} at {}", finding.kind, finding.label, finding.at);
            match finding.severity {
                ContractSeverity::Broken => add(ChangeKind::ContractBroken, name, came(2, "found")),
                ContractSeverity::Note => add(ChangeKind::ContractNote, name, came(1, "found")),
            }
        }
        for hazard in summary.hazards.iter().filter(|hazard| hazard.count > 0) {
            add(ChangeKind::Hazard, hazard.hazard.clone(), came(1, "seen"));
        }
        for mark in &summary.marks {
            add(ChangeKind::Mark, mark.mark.clone(), came(0, "reached"));
        }
    }
    all
}

fn of_rule(verdict: RuleVerdict) -> Came {
    match verdict {
        RuleVerdict::Held => came(0, "held"),
        RuleVerdict::Broken => came(2, "broken"),
        RuleVerdict::Finding => came(1, "a finding"),
        RuleVerdict::Off => came(1, "off"),
        RuleVerdict::Inconclusive => came(1, "inconclusive"),
        RuleVerdict::NotExercised => came(1, "not exercised"),
    }
}

fn of_limit(verdict: LimitVerdict) -> Came {
    match verdict {
        LimitVerdict::Held => came(0, "held"),
        LimitVerdict::Exceeded => came(2, "exceeded"),
        LimitVerdict::Inconclusive => came(1, "inconclusive"),
    }
}
