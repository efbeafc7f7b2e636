//! What a run comes to, and its exit code.

use crate::disturbed::DisturbanceResult;
use crate::limit_result::{LimitResult, LimitVerdict};
use crate::{Failing, Findings, Undelivered};
use fieldday_api::rules::Rule;
use fieldday_paint::units::{count, counted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The verdict in a word; `reasons` explains it.
    pub outcome: Outcome,
    /// The exit code of the command.
    pub exit_code: u8,
    /// The reasons, a sentence each.
    pub reasons: Vec<String>,
}

/// The verdict of a run, in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every rule that was exercised held, and every limit.
    Held,
    /// A rule was broken or a limit exceeded.
    Broken,
    /// Inconclusive: a required rule was not exercised, or two runs differed.
    Invalid,
    /// The run was ended early, and not by its own budget.
    Interrupted,
}

impl Outcome {
    /// The word for it, as in `summary.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Held => "held",
            Outcome::Broken => "broken",
            Outcome::Invalid => "invalid",
            Outcome::Interrupted => "interrupted",
        }
    }
    /// The exit code of a command with this verdict.
    pub const fn exit_code(self) -> u8 {
        match self {
            Outcome::Held => 0,
            Outcome::Broken => 1,
            Outcome::Invalid => 4,
            Outcome::Interrupted => 130,
        }
    }
}

/// All that a run's verdict rests on.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The counts and cases of the judges.
    pub findings: &'a Findings,
    /// The rules that the scenario must exercise.
    pub must_exercise: &'a [Rule],
    /// The number of requests that reached a backend.
    pub requests: u64,
    /// Cells that came to their end.
    pub cells: u32,
    /// The number of cells that the plan has.
    pub cells_planned: u32,
    /// Whether the run came to its end.
    pub complete: bool,
    /// How many differences of form there are that the scenario forbids.
    pub contract_broken: u64,
    /// Endpoints that never succeeded, or that reps never got to because of another.
    pub failing: &'a [Failing],
    /// The scenario's own limits, judged.
    pub limits: &'a [LimitResult],
    /// What came of planned disturbances.
    pub disturbances: &'a [DisturbanceResult],
    /// What reps wanted done and what the target kept them from.
    pub undelivered: Undelivered,
    /// Where the generator could not keep up, in a sentence each.
    pub generator: &'a [String],
    /// Why the run ended before its time: its budget was spent, or the target was dead.
    pub budget: Option<&'a str>,
    /// Whether this is one of several parts of a run. What has too few cases in a part may have enough in the whole.
    pub is_part: bool,
    /// Why this is not the whole run, in a sentence each: of shards that are missing, or a conformance pass that was cut short.
    pub missing: &'a [String],
    /// Whether running twice showed a difference.
    pub differs: bool,
}

impl Evidence<'_> {
    /// Decides. In this order: a run that was not the same twice shows nothing, whatever it found; an interrupted one is no
    /// verdict; a broken rule is one, even if another rule had no chance to be (so is a difference of form, where the
    /// scenario says so); what a generator measured that could not keep up says nothing about limits; and what was not
    /// tried, or never succeeded, is not held.
    pub fn verdict(&self) -> Verdict {
        let limits = self.limits;
        let mut reasons = Vec::new();
        let broken = Rule::ALL.iter().filter(|rule| self.findings.count(**rule).broken > 0).count() as u64;
        if broken > 0 {
            reasons.push(format!("{} broken", counted(broken, "rule", "rules")));
        }
        if self.contract_broken > 0 {
            let which = counted(self.contract_broken, "contract finding", "contract findings");
            reasons.push(format!("{which} that the scenario forbids"));
        }
        reasons.extend(self.why_failing());
        let exceeded: Vec<&LimitResult> =
            limits.iter().filter(|limit| limit.verdict == LimitVerdict::Exceeded).collect();
        if !exceeded.is_empty() {
            let each = exceeded.iter().map(|limit| format!("{} (it was {})", limit.text, limit.actual_words()));
            let which = counted(exceeded.len() as u64, "limit", "limits");
            reasons.push(format!("{which} exceeded: {}", each.collect::<Vec<_>>().join(", ")));
        }
        let disturbed = |verdict| self.disturbances.iter().filter(move |of| of.verdict == verdict);
        let bad = disturbed(LimitVerdict::Exceeded).count();
        reasons.extend(disturbed(LimitVerdict::Exceeded).map(why_disturbed));
        let undelivered = self.why_undelivered();
        reasons.extend(undelivered.clone());
        let undecided: Vec<&LimitResult> = limits
            .iter()
            .filter(|limit| limit.verdict == LimitVerdict::Inconclusive && !limit.optional && !self.is_part)
            .collect();
        reasons.extend(self.generator.iter().cloned());
        reasons.extend(self.budget.map(str::to_owned));
        // A generator that fell behind makes answers late by itself; it breaks no other rule.
        let late = self.findings.count(Rule::LatencyTimeout).broken > 0;
        let broken_by_target = broken - u64::from(late && !self.generator.is_empty());
        let unexercised = self.findings.unexercised(self.must_exercise);
        let names: Vec<&str> = unexercised.iter().map(|rule| rule.name()).collect();
        let outcome = match () {
            () if self.differs => {
                reasons.insert(0, "two runs of the same scenario and seed differ".to_owned());
                Outcome::Invalid
            }
            // A run that its own budget ended was not interrupted: that is its verdict.
            () if !self.complete && self.budget.is_none() => {
                let (ran, of) = (count(self.cells.into()), count(self.cells_planned.into()));
                let after = if self.cells < self.cells_planned {
                    format!(", after {ran} of {of} cells")
                } else {
                    String::new()
                };
                reasons.insert(0, format!("ended early{after}"));
                Outcome::Interrupted
            }
            () if broken_by_target > 0 || self.contract_broken > 0 => Outcome::Broken,
            () if !self.generator.is_empty() => Outcome::Invalid,
            () if !exceeded.is_empty() || bad > 0 || undelivered.is_some() || self.budget.is_some() => Outcome::Broken,
            () if !self.missing.is_empty() => {
                reasons.extend(self.missing.iter().cloned());
                Outcome::Invalid
            }
            () if self.requests == 0 && !self.is_part => {
                reasons.push("inconclusive: no request reached a backend".to_owned());
                Outcome::Invalid
            }
            () if !names.is_empty() || !self.failing.is_empty() => {
                if !names.is_empty() {
                    let which = counted(names.len() as u64, "rule", "rules");
                    reasons.push(format!("{which} required by the scenario had no case: {}", names.join(", ")));
                }
                Outcome::Invalid
            }
            () if disturbed(LimitVerdict::Inconclusive).next().is_some() => {
                reasons.extend(disturbed(LimitVerdict::Inconclusive).map(why_disturbed));
                Outcome::Invalid
            }
            () if !undecided.is_empty() => {
                let each = undecided.iter().map(|limit| {
                    let why = limit.note.as_deref().unwrap_or("nothing was measured");
                    format!("{} ({why})", limit.text)
                });
                let which = counted(undecided.len() as u64, "limit", "limits");
                let each = each.collect::<Vec<_>>().join(", ");
                reasons.push(format!("{which} not marked `optional` inconclusive: {each}"));
                Outcome::Invalid
            }
            () => {
                let held = Rule::ALL.iter().filter(|rule| self.findings.count(**rule).exercised > 0).count() as u64;
                reasons.push(format!("{} exercised, none broken", counted(held, "rule", "rules")));
                reasons.extend(of_limits(limits));
                Outcome::Held
            }
        };
        Verdict { outcome, exit_code: outcome.exit_code(), reasons }
    }
    /// What reps wanted done and was not; none if all was.
    fn why_undelivered(&self) -> Option<String> {
        let Undelivered { actions, uploads } = self.undelivered;
        let parts = [(actions, "action", "actions"), (uploads, "upload", "uploads")];
        let parts: Vec<String> =
            parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect();
        let was = if actions + uploads == 1 { "was" } else { "were" };
        (!parts.is_empty()).then(|| format!("{} {was} not delivered, because the target failed", parts.join(" and ")))
    }
    /// Why a run in which endpoints never succeeded says too little; none if there are none.
    fn why_failing(&self) -> Option<String> {
        let failed = self.failing.iter().filter(|of| of.tried > 0);
        let each: Vec<String> = failed.map(|of| format!("{} ({})", of.op.label(), of.why)).collect();
        let which = counted(each.len() as u64, "endpoint", "endpoints");
        let parts: Vec<&str> = self.failing.iter().map(|of| of.part).collect();
        (!parts.is_empty())
            .then(|| format!("{which} never succeeded: {}; not exercised: {}", each.join("; "), parts.join(", ")))
    }
}

/// Why a disturbance did not end well, or says nothing.
fn why_disturbed(of: &DisturbanceResult) -> String {
    format!("the disturbance {:?}: {}", of.name, of.words())
}

/// What is said of limits of which none was exceeded. Of those that are built in, nobody asked whether they could be decided.
fn of_limits(limits: &[LimitResult]) -> Option<String> {
    let limits: Vec<&LimitResult> = limits.iter().filter(|limit| !limit.built_in).collect();
    let all = limits.len() as u64;
    let held = limits.iter().filter(|limit| limit.verdict == LimitVerdict::Held).count() as u64;
    match () {
        () if all == 0 => None,
        () if held == all => Some(format!("{} held", counted(all, "limit", "limits"))),
        () => {
            let of = counted(all, "limit", "limits");
            Some(format!("{} of {of} held, {} inconclusive", count(held), count(all - held)))
        }
    }
}
