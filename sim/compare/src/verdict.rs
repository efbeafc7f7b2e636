//! What a comparison comes to.

use crate::judge::{Judged, Within};
use crate::lines::Lines;
use crate::{
    Change, ChangeKind, ChangeLimit, Direction, ErrorChange, LimitLine, Outcome, PercentileChange, Says, Verdict,
};
use fieldday_paint::units::{change, count, counted, extent, share};

/// Lines that a reason names at most.
const NAMED_MOST: usize = 3;

/// A limit on change, judged. The worst line is named.
pub(crate) fn limited(limit: &ChangeLimit, lines: &Lines, judged: &[Judged]) -> LimitLine {
    let of = lines.of_limit(limit);
    let name = |place: usize| format!("{} {}", lines.keys[place].label, lines.keys[place].as_str());
    let said = |place: usize| {
        let one = &judged[place];
        let interval = one.interval.map_or_else(
            || "because the variation between runs is unknown".to_owned(),
            |(low, high)| format!("[{}, {}]", change(low), change(high)),
        );
        format!("{} {} {interval}", name(place), change(one.mid))
    };
    let high = |place: &usize| judged[*place].interval.map_or(f64::INFINITY, |(_, high)| high);
    let worst = of.iter().copied().max_by(|a, b| high(a).total_cmp(&high(b)));
    let (outcome, says) = match (lines.within(limit, &of, judged), worst) {
        (_, None) => (Outcome::CannotTell, "nothing it applies to could be compared".to_owned()),
        (Within::Yes, Some(worst)) => {
            let all = counted(of.len() as u64, "percentile", "percentiles");
            (Outcome::NoWorse, format!("{all} within it; closest: {}", said(worst)))
        }
        (Within::No(beyond), _) => {
            let each: Vec<String> = beyond.iter().take(NAMED_MOST).map(|place| said(*place)).collect();
            (Outcome::Worse, format!("exceeded by {}{}", each.join(", "), and_more(beyond.len())))
        }
        (Within::CannotTell, Some(worst)) => {
            let open: Vec<usize> = of.iter().copied().filter(|place| high(place) > limit.bound).collect();
            let first = if open.len() == of.len() {
                format!("all {}", of.len())
            } else {
                format!("{} of {}", open.len(), of.len())
            };
            (Outcome::CannotTell, format!("inconclusive for {first}, most of all: {}", said(worst)))
        }
    };
    LimitLine { text: limit.text().to_owned(), outcome, says }
}

impl Lines {
    fn within(&self, limit: &ChangeLimit, of: &[usize], judged: &[Judged]) -> Within {
        // What was given up at the time limit might have taken any time: that is never within.
        match self.sample.limit(of, judged, limit.bound) {
            Within::Yes if of.iter().any(|place| self.is_at_limit(*place)) => Within::CannotTell,
            // The same events: whatever the test says of too few runs, nothing changed.
            Within::CannotTell | Within::No(_) if self.is_identical() && !of.is_empty() => Within::Yes,
            within => within,
        }
    }
}

fn and_more(all: usize) -> String {
    if all > NAMED_MOST { format!(" and {} more", all - NAMED_MOST) } else { String::new() }
}

/// Decides: more failures are worse whatever the latencies; then by the limits if there are any, else by what became slower or
/// was newly broken. What these runs cannot tell is never good.
pub(crate) fn decide(
    lines: &[PercentileChange],
    limits: &[LimitLine],
    changes: &[Change],
    errors: &[ErrorChange],
) -> Verdict {
    let worse: Vec<&Change> = changes.iter().filter(|change| is_breach(change)).collect();
    let mut reasons = Vec::new();
    let fails_more = errors.iter().any(|change| change.direction == Direction::Worse);
    let outcome = match () {
        () if fails_more => Outcome::Worse,
        () if limits.is_empty() => by_lines(lines, &worse),
        () => by_limits(limits),
    };
    for (direction, word) in [(Direction::Worse, "more failures"), (Direction::Better, "fewer failures")] {
        reasons.extend(of_errors(errors, direction, word));
    }
    for limit in limits.iter().filter(|limit| limit.outcome != Outcome::NoWorse) {
        reasons.push(format!("{}: {}", limit.text, limit.says));
    }
    if !limits.is_empty() && outcome == Outcome::NoWorse {
        reasons.push(format!("{} held", counted(limits.len() as u64, "limit on change", "limits on change")));
    }
    let of = |says: Says| lines.iter().filter(move |line| line.says == says);
    let among = |line: &PercentileChange| if line.success_differs { ", of those that succeed" } else { "" };
    for (says, word) in [(Says::Slower, "slower"), (Says::Faster, "faster")] {
        let mut changed: Vec<&PercentileChange> = of(says).collect();
        changed.sort_by(|a, b| libm::fabs(libm::log(b.ratio)).total_cmp(&libm::fabs(libm::log(a.ratio))));
        if !changed.is_empty() {
            let each = changed
                .iter()
                .take(NAMED_MOST)
                .map(|line| format!("{} {} {}{}", line.label, line.percentile, of_line(line), among(line)));
            let which = counted(changed.len() as u64, "percentile", "percentiles");
            reasons.push(format!("{which} {word}: {}{}", each.collect::<Vec<_>>().join(", "), and_more(changed.len())));
        }
    }
    if !worse.is_empty() {
        let each = worse.iter().map(|change| format!("{} ({}, before {})", change.name, change.new, change.baseline));
        reasons.push(format!("newly broken: {}", each.collect::<Vec<_>>().join(", ")));
    }
    let same: Vec<&PercentileChange> = of(Says::NoDifference).collect();
    if let Some(most) = same.iter().filter_map(|line| line.no_more_than).max_by(f64::total_cmp) {
        let which = counted(same.len() as u64, "percentile", "percentiles");
        reasons.push(format!("no slowdown above {} detected in {which}", extent(libm::log(most))));
    }
    let open: Vec<&PercentileChange> = of(Says::CannotTell).collect();
    if !open.is_empty() {
        let which = counted(open.len() as u64, "percentile", "percentiles");
        reasons.push(format!("inconclusive for {which}{}", more_runs(&open)));
    }
    if lines.is_empty() {
        reasons.push("nothing could be compared: no endpoint has enough samples in every run".to_owned());
    }
    Verdict { outcome, exit_code: outcome.exit_code(), reasons }
}

/// `more failures: GET tasks 60.1 % of 803 attempts, before 0 % of 799`
fn of_errors(errors: &[ErrorChange], direction: Direction, word: &str) -> Option<String> {
    // By endpoint and over all; which kinds of failures they are, the table says.
    let of: Vec<&ErrorChange> =
        errors.iter().filter(|change| change.direction == direction && change.outcome.is_none()).collect();
    let said = |change: &&ErrorChange| {
        let (new, before) = (share(change.new, change.new_attempts), share(change.baseline, change.baseline_attempts));
        format!("{} {new} of {} attempts, before {before}", change.label, count(change.new_attempts))
    };
    let each: Vec<String> = of.iter().take(NAMED_MOST).map(said).collect();
    (!each.is_empty()).then(|| format!("{word}: {}{}", each.join("; "), and_more(of.len())))
}

/// `+21 % [+15 %, +27 %]`
fn of_line(line: &PercentileChange) -> String {
    let mid = change(libm::log(line.ratio));
    line.interval
        .map_or(mid.clone(), |[low, high]| format!("{mid} [{}, {}]", change(libm::log(low)), change(libm::log(high))))
}

fn more_runs(open: &[&PercentileChange]) -> String {
    let known: Vec<u64> = open.iter().filter_map(|line| line.more_runs).collect();
    match (known.iter().min(), known.iter().max()) {
        (Some(least), Some(most)) if least == most => format!("; {most} more runs per side would tell"),
        (Some(least), Some(most)) => format!("; {least} to {most} more runs per side would tell"),
        _ => String::new(),
    }
}

/// Whether something is broken that was not.
fn is_breach(change: &Change) -> bool {
    change.direction == Direction::Worse
        && matches!(change.kind, ChangeKind::Rule | ChangeKind::Limit | ChangeKind::ContractBroken)
}

fn by_limits(limits: &[LimitLine]) -> Outcome {
    let any = |outcome: Outcome| limits.iter().any(|limit| limit.outcome == outcome);
    match () {
        () if any(Outcome::Worse) => Outcome::Worse,
        () if any(Outcome::CannotTell) => Outcome::CannotTell,
        () => Outcome::NoWorse,
    }
}

fn by_lines(lines: &[PercentileChange], worse: &[&Change]) -> Outcome {
    let any = |says: Says| lines.iter().any(|line| line.says == says);
    match () {
        () if any(Says::Slower) || !worse.is_empty() => Outcome::Worse,
        () if any(Says::CannotTell) || lines.is_empty() => Outcome::CannotTell,
        () => Outcome::NoWorse,
    }
}
