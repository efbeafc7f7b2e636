//! The reasons of a verdict on one line.

use crate::{conformance, shards};
use fieldday_folder::ContractGroup;
use fieldday_folder::summary::*;
use fieldday_paint::units::{count, counted};
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};

fn is_or_are(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", counted(n as u64, one, many), if n == 1 { "is" } else { "are" })
}

/// Why the verdict is what it is, what weighs most first.
pub(super) fn why(summary: &Summary) -> String {
    let outcome = summary.verdict.outcome;
    if outcome == Outcome::Held {
        return summary.verdict.reasons.join("; ");
    }
    let mut why = Vec::new();
    if summary.verification.as_ref().is_some_and(|of| !of.agreed) {
        why.push("two runs of the same scenario and seed differ".to_owned());
    }
    if outcome == Outcome::Interrupted {
        let after = match (summary.ran.cells_ran, summary.ran.cells) {
            (ran, of) if ran < of => format!(", after {} of {} cells", count(ran), count(of)),
            _ => String::new(),
        };
        why.push(format!("the run ended early{after}"));
    }
    let rules = of_verdict(summary, RuleVerdict::Broken).count();
    if rules > 0 {
        let exercised = summary.rules.iter().filter(|rule| rule.exercised > 0).count() as u64;
        let are = if rules == 1 { "is" } else { "are" };
        why.push(format!("{rules} of {} {are} broken", counted(exercised, "exercised rule", "exercised rules")));
    }
    let of_form = forbidden(summary).count();
    if of_form > 0 {
        why.push(format!("{} forbidden by the scenario", is_or_are(of_form, "contract finding", "contract findings")));
    }
    let exceeded = summary.scenario_limits.iter().filter(|of| of.verdict == LimitVerdict::Exceeded).count();
    if exceeded > 0 {
        why.push(format!("{} exceeded", is_or_are(exceeded, "limit", "limits")));
    }
    let disturbed = |verdict| summary.disturbances.iter().filter(move |of| of.verdict == verdict).count() as u64;
    let bad = disturbed(LimitVerdict::Exceeded);
    if bad > 0 {
        why.push(format!("{} broke a limit or lasted too long", counted(bad, "disturbance", "disturbances")));
    }
    why.extend(undelivered(summary));
    why.extend(summary.budget.clone());
    if !summary.generator.is_empty() {
        why.push("the load generator fell behind".to_owned());
    }
    let never = summary.not_exercised_parts.iter().filter(|of| of.tried > 0).count() as u64;
    if never > 0 {
        why.push(format!("{} never succeeded", counted(never, "endpoint", "endpoints")));
    }
    if outcome == Outcome::Invalid {
        why.extend(shards::why(summary));
        why.extend(conformance::why(summary));
        let had_none = must_and_had_no_case(summary).count() as u64;
        if summary.totals.requests == 0 {
            why.push("nothing was exercised, because no request reached a backend".to_owned());
        } else if had_none > 0 {
            why.push(format!("{} that the scenario must exercise had no case", counted(had_none, "rule", "rules")));
        }
        let unknown = disturbed(LimitVerdict::Inconclusive);
        if unknown > 0 {
            why.push(format!("{} decided nothing", counted(unknown, "disturbance", "disturbances")));
        }
        let undecided = |of: &&LimitResult| of.verdict == LimitVerdict::Inconclusive && !of.optional && !of.built_in;
        let undecided = summary.scenario_limits.iter().filter(undecided).count() as u64;
        if undecided > 0 {
            why.push(format!("{} could not be decided", counted(undecided, "limit", "limits")));
        }
    }
    if why.is_empty() { summary.verdict.reasons.join("; ") } else { why.join("; ") }
}

pub(super) fn of_verdict(summary: &Summary, verdict: RuleVerdict) -> impl Iterator<Item = &RuleLine> {
    summary.rules.iter().filter(move |rule| rule.verdict == verdict)
}

/// Rules that the scenario must exercise and did not.
pub(super) fn must_and_had_no_case(summary: &Summary) -> impl Iterator<Item = &RuleLine> {
    let had_none =
        |rule: &&RuleLine| !matches!(rule.verdict, RuleVerdict::Held | RuleVerdict::Broken | RuleVerdict::Finding);
    summary.rules.iter().filter(|rule| rule.must_exercise).filter(had_none)
}

/// Differences of form that the scenario takes for broken rules.
pub(super) fn forbidden(summary: &Summary) -> impl Iterator<Item = ContractGroup<'_>> {
    let groups = summary.contract.iter().flat_map(ContractPart::groups);
    groups.filter(|of| of.first.severity == ContractSeverity::Broken)
}

pub(super) fn undelivered(summary: &Summary) -> Option<String> {
    let UndeliveredLine { actions, uploads } = summary.undelivered?;
    let parts = [(actions, "action", "actions"), (uploads, "upload", "uploads")];
    let parts = parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many));
    let was = if actions + uploads == 1 { "was" } else { "were" };
    let parts = parts.collect::<Vec<_>>().join(" and ");
    Some(format!("{parts} {was} never delivered, because the target failed"))
}
