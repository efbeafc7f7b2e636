//! What a run comes to, and its exit code.

use crate::limits::{LimitResult, LimitVerdict};
use crate::summary::{ContractPart, ContractSeverity, NotExercised, Outcome, Verdict, Verification};
use crate::terminal::scenario_limits::actual;
use fieldday_api::rules::Rule;
use fieldday_engine::run::RunOutcome;
use fieldday_paint::units::{count, counted};

impl Outcome {
    /// The word for it, as in `summary.json`.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Held => "held",
            Outcome::Broken => "broken",
            Outcome::Invalid => "invalid",
            Outcome::Interrupted => "interrupted",
        }
    }
    /// What the command exits with.
    pub const fn exit_code(self) -> u8 {
        match self {
            Outcome::Held => 0,
            Outcome::Broken => 1,
            Outcome::Invalid => 4,
            Outcome::Interrupted => 130,
        }
    }
}

/// What was seen beside the rules.
pub(crate) struct Seen<'a> {
    /// Differences of form.
    pub contract: Option<&'a ContractPart>,
    /// Endpoints that never succeeded.
    pub not_exercised: &'a [NotExercised],
    /// The scenario's own limits, judged.
    pub limits: &'a [LimitResult],
    /// Where the generator could not keep up.
    pub generator: &'a [String],
    /// Why the run ended before its time.
    pub budget: Option<&'a str>,
}

impl Seen<'_> {
    /// Differences of form that the scenario takes for a broken rule.
    fn broken(&self) -> u64 {
        let findings = self.contract.iter().flat_map(|part| &part.findings);
        findings.filter(|line| line.severity == ContractSeverity::Broken).count() as u64
    }
    /// Why a run in which endpoints never succeeded says too little; none if there are none.
    fn failing(&self) -> Option<String> {
        let parts: Vec<String> = self.not_exercised.iter().map(|n| format!("{} ({})", n.part, n.label)).collect();
        let which = counted(parts.len() as u64, "endpoint", "endpoints");
        (!parts.is_empty()).then(|| format!("{which} never succeeded; not exercised: {}", parts.join(", ")))
    }
}

/// Decides. In this order: a run that was not the same twice shows nothing, whatever it found; an interrupted one is no
/// verdict; a broken rule is one, even if another rule had no chance to be (so is a difference of form, where the scenario
/// says so); what a generator measured that could not keep up says nothing about limits; and what was not tried, or never
/// succeeded, is not held.
pub(crate) fn decide(
    outcome: &RunOutcome,
    must: &[Rule],
    seen: &Seen<'_>,
    verification: Option<&Verification>,
) -> Verdict {
    let limits = seen.limits;
    let mut reasons = Vec::new();
    let broken = Rule::ALL.iter().filter(|rule| outcome.findings.count(**rule).broken > 0).count() as u64;
    if broken > 0 {
        reasons.push(format!("{} broken", counted(broken, "rule", "rules")));
    }
    let of_form = seen.broken();
    if of_form > 0 {
        reasons
            .push(format!("{} that the scenario forbids", counted(of_form, "contract finding", "contract findings")));
    }
    reasons.extend(seen.failing());
    let exceeded: Vec<&LimitResult> = limits.iter().filter(|limit| limit.verdict == LimitVerdict::Exceeded).collect();
    if !exceeded.is_empty() {
        let each = exceeded.iter().map(|limit| format!("{} (it was {})", limit.text, actual(limit)));
        let which = counted(exceeded.len() as u64, "limit", "limits");
        reasons.push(format!("{which} exceeded: {}", each.collect::<Vec<_>>().join(", ")));
    }
    reasons.extend(seen.generator.iter().cloned());
    reasons.extend(seen.budget.map(str::to_owned));
    // A generator that fell behind makes answers late by itself; it breaks no other rule.
    let late = outcome.findings.count(Rule::LatencyTimeout).broken > 0;
    let broken_by_target = broken - u64::from(late && !seen.generator.is_empty());
    let unexercised = outcome.findings.unexercised(must);
    let names: Vec<&str> = unexercised.iter().map(|rule| rule.name()).collect();
    let differs = verification.is_some_and(|v| !v.agreed);
    let verdict = match () {
        () if differs => {
            reasons.insert(0, "two runs of the same scenario and seed differ".to_owned());
            Outcome::Invalid
        }
        () if !outcome.complete => {
            let (ran, of) = (count(outcome.cells.into()), count(outcome.cells_planned.into()));
            reasons.insert(0, format!("ended early, after {ran} of {of} cells"));
            Outcome::Interrupted
        }
        () if broken_by_target > 0 || of_form > 0 => Outcome::Broken,
        () if !seen.generator.is_empty() => Outcome::Invalid,
        () if !exceeded.is_empty() || seen.budget.is_some() => Outcome::Broken,
        () if outcome.requests == 0 => {
            reasons.push("nothing was exercised: no request reached a backend".to_owned());
            Outcome::Invalid
        }
        () if !names.is_empty() || !seen.not_exercised.is_empty() => {
            if !names.is_empty() {
                let which = counted(names.len() as u64, "rule", "rules");
                reasons.push(format!("{which} that the scenario must exercise had no case: {}", names.join(", ")));
            }
            Outcome::Invalid
        }
        () => {
            let held = Rule::ALL.iter().filter(|rule| outcome.findings.count(**rule).exercised > 0).count() as u64;
            reasons.push(format!("{} exercised, none broken", counted(held, "rule", "rules")));
            reasons.extend(of_limits(limits));
            Outcome::Held
        }
    };
    Verdict { outcome: verdict, exit_code: verdict.exit_code(), reasons }
}

/// What is said of limits of which none was exceeded.
fn of_limits(limits: &[LimitResult]) -> Option<String> {
    let all = limits.len() as u64;
    let held = limits.iter().filter(|limit| limit.verdict == LimitVerdict::Held).count() as u64;
    match () {
        () if all == 0 => None,
        () if held == all => Some(format!("{} held", counted(all, "limit", "limits"))),
        () => Some(format!(
            "{} of {} held, the others could not be decided",
            count(held),
            counted(all, "limit", "limits")
        )),
    }
}
