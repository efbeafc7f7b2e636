//! Makes the summary of what came of a run.

use crate::cases::{CellClock, Clocks, limit_mark};
use crate::contract;
use crate::findings;
use crate::recipe::Recipe;
use crate::summary::*;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::rule_parts;
use fieldday_api::rules::Rule;
use fieldday_engine::run::RunOutcome;
use fieldday_history::OutcomeClass;
use fieldday_history::event::{NoAnswer, Screen};
use fieldday_kernel::time::Span;
use fieldday_metrics::TargetMetrics;
use fieldday_plan::{Plan, TraceUse};
use fieldday_rules::disturbed::{self, Happened};
use fieldday_rules::growth::{self, LatencyTrend};
use fieldday_rules::limit_result::LimitResult;
use fieldday_rules::limits;
use fieldday_rules::verdict::Evidence;
use fieldday_rules::{
    Contract, Failure, FailureKind, Failures, Findings, Hazard, Mark, OpMeasures, Traffic, Undelivered,
};
use fieldday_scenario::limits::Limit as ScenarioLimit;
use fieldday_scenario::{RuleSetting, Scenario};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the summary needs beside the run's outcome: the command line, the machine's figures, and what a live run adds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The options that give the same run again.
    pub recipe: Recipe,
    /// The number of threads that cells ran on.
    pub threads: u64,
    /// The duration of the run, in seconds of the wall's clock.
    pub wall_s: f64,
    /// Processor time of all threads, in seconds, if the system tells.
    pub cpu_s: Option<f64>,
    /// The greatest resident memory, in bytes, if the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// What a live run called; none of a virtual run.
    pub target: Option<String>,
    /// How long a live run called its target, in microseconds on the wall's clock; none of a virtual run.
    pub live_us: Option<u64>,
    /// Where the generator of a live run could not keep up, in a sentence each: such a run is invalid.
    pub generator: Vec<String>,
    /// Why a live run ended before its time, if it did.
    pub budget: Option<String>,
    /// Cells whose clocks are not the plan's.
    pub clocks: BTreeMap<u32, CellClock>,
    /// The comparison of two runs; none without `--verify`.
    pub verification: Option<Verification>,
    /// How the target's answers differ from the spec in form.
    pub contract: Contract,
    /// The file of recorded events; none if nothing was recorded.
    pub history: Option<HistoryPart>,
    /// How the target of a live run was disturbed on purpose, if it was.
    #[serde(skip)]
    pub disturbed: Option<DisturbedFacts>,
    /// What the exporters of a live run's target told; none if none was scraped.
    #[serde(default)]
    pub metrics: Option<TargetMetrics>,
    /// The shards that the run was merged from, if it was.
    #[serde(default)]
    pub shards: Option<ShardsPart>,
    /// The conformance pass before the day, if there was one.
    #[serde(default)]
    pub conformance: Option<ConformancePart>,
    /// What a live run could not put to the test, because nobody was there to try it on.
    #[serde(default)]
    pub untried: Vec<NotExercised>,
}

/// The facts by which planned disturbances are judged.
#[derive(Clone, Debug)]
pub struct DisturbedFacts {
    /// Each planned one, in the order in which they began.
    pub happened: Vec<Happened>,
    /// The requests on the wire, by which the limits are judged part by part.
    pub traffic: Traffic,
    /// When the run was over, counted as the traffic's times are.
    pub ended: Span,
}

impl Summary {
    /// The summary of what came of running a plan.
    pub fn new(facts: Facts, plan: &Plan, outcome: &RunOutcome) -> Summary {
        let scenario = plan.scenario();
        // What a part has too few cases of, the whole may have enough of: the merge decides that.
        let is_part = plan.shard().is_some();
        let must = if is_part { Vec::new() } else { scenario.demanded() };
        let contract = contract::part(&facts.contract, &scenario.contract);
        let failing = contract::failing(&outcome.measures, facts.live_us.is_some());
        let mut clocks = Clocks::new(plan, facts.clocks.clone());
        let has_sent = outcome.measures.ops.iter().any(|op| op.attempts > 0);
        let mut judged: Vec<LimitResult> =
            if has_sent { limits::judge_all(&scenario.limits, &outcome.measures, facts.live_us) } else { Vec::new() };
        let mut disturbances = Vec::new();
        if let Some(DisturbedFacts { happened, traffic, ended }) = &facts.disturbed {
            let built_in = ScenarioLimit::built_in(&scenario.limits);
            let all: Vec<ScenarioLimit> = scenario.limits.iter().chain(&built_in).cloned().collect();
            disturbances = disturbed::judge_all(happened, &all, traffic, *ended);
            disturbed::excuse(&mut judged, happened, &all, traffic);
        }
        let trends = if facts.live_us.is_some() { growth::trends(&outcome.measures) } else { Vec::new() };
        let undelivered = if facts.live_us.is_some() { outcome.measures.undelivered } else { Undelivered::default() };
        let of_shards = facts.shards.as_ref().map_or(&[][..], ShardsPart::missing);
        let of_the_pass = facts.conformance.iter().flat_map(|part| &part.problems);
        let missing: Vec<String> = of_shards.iter().chain(of_the_pass).cloned().collect();
        let evidence = Evidence {
            findings: &outcome.findings,
            must_exercise: &must,
            requests: outcome.requests,
            cells: outcome.cells,
            cells_planned: outcome.cells_planned,
            complete: outcome.complete,
            contract_broken: contract.as_ref().map_or(0, contract::broken),
            failing: &failing,
            limits: &judged,
            disturbances: &disturbances,
            undelivered,
            generator: &facts.generator,
            budget: facts.budget.as_deref(),
            is_part,
            missing: &missing,
            differs: facts.verification.as_ref().is_some_and(|v| !v.agreed),
        };
        let verdict = evidence.verdict();
        Summary {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            complete: outcome.complete,
            ran: ran(&facts, plan, outcome),
            limits: by_endpoint(outcome),
            scenario_limits: judged,
            rules: Rule::ALL.iter().map(|rule| rule_line(*rule, &outcome.findings, &must, scenario)).collect(),
            felt: felt(&outcome.measures.felt),
            contract,
            failures: failures(&outcome.measures.failures),
            not_exercised_parts: failing
                .iter()
                .map(contract::not_exercised)
                .chain(facts.untried.iter().cloned())
                .collect(),
            findings: findings::lines(&outcome.findings, scenario, &mut clocks),
            hazards: hazards(&outcome.findings, &trends, &mut clocks),
            latency_trends: trends,
            generator: facts.generator.clone(),
            budget: facts.budget.clone(),
            undelivered: undelivered_line(undelivered),
            target_metrics: facts.metrics.clone(),
            disturbances,
            marks: marks(&outcome.findings),
            violations: clocks.violations(&outcome.findings),
            totals: Totals {
                rep_days: outcome.rep_days,
                requests: outcome.requests,
                attempts: outcome.measures.ops.iter().map(|op| op.attempts).sum(),
                events: outcome.events,
                latency: of_all(&outcome.measures.ops, |op| op.took.recorded()),
                wire: of_all(&outcome.measures.ops, |op| op.live.wire.recorded()),
            },
            cost: cost(&facts, outcome),
            fingerprint: outcome.fingerprint.to_string(),
            reproduce: reproduce(&facts.recipe, verdict.outcome, facts.verification.as_ref()),
            verification: facts.verification,
            history: facts.history,
            shards: facts.shards,
            conformance: facts.conformance,
            verdict,
        }
    }
}

impl ConformancePart {
    /// Of a pass with these findings: how large it was, and why it says too little.
    pub fn new(findings: &Findings, requests: u64, seconds: f64, problems: Vec<String>) -> ConformancePart {
        let not_tried = findings.untested.iter();
        let not_tried =
            not_tried.map(|(rule, reason)| NotTried { rule: rule.name().to_owned(), reason: reason.to_string() });
        ConformancePart { requests, seconds, problems, not_tried: not_tried.collect() }
    }
}

/// A run that failed is wanted again with its history; one that was not the same twice, twice.
fn reproduce(recipe: &Recipe, outcome: Outcome, verification: Option<&Verification>) -> String {
    match outcome {
        _ if verification.is_some_and(|v| !v.agreed) => format!("{recipe} --verify"),
        Outcome::Broken if recipe.live.is_empty() => format!("{recipe} --record"),
        Outcome::Broken => recipe.to_string(),
        Outcome::Held | Outcome::Invalid | Outcome::Interrupted => recipe.to_string(),
    }
}

fn ran(facts: &Facts, plan: &Plan, outcome: &RunOutcome) -> Ran {
    let scenario = plan.scenario();
    Ran {
        scenario: scenario.name.clone(),
        about: scenario.about.clone(),
        seed: format!("{:#x}", plan.seed()),
        target: facts.target.clone().unwrap_or_else(|| ON_THE_VIRTUAL_CLOCK.to_owned()),
        dates: scenario.day.dates.iter().map(ToString::to_string).collect(),
        starts_at: plan.start().to_string(),
        ends_at: plan.end().to_string(),
        shard: plan.shard(),
        reps: scenario.people.reps,
        tenants: scenario.people.tenants.into(),
        cells: outcome.cells_planned.into(),
        cells_ran: outcome.cells.into(),
        defects: scenario.defects.clone(),
        without: scenario.remove.clone(),
        traces: plan.traces().iter().map(ran_trace).collect(),
    }
}

fn ran_trace(of: &TraceUse) -> RanTrace {
    RanTrace { whose: of.whose.to_string(), files: of.trace.name.clone() }
}

fn by_endpoint(outcome: &RunOutcome) -> Vec<Limit> {
    let called = Op::ALL.iter().filter(|op| outcome.measures.op(**op).attempts > 0);
    called.map(|op| limit(*op, outcome.measures.op(*op), &outcome.findings)).collect()
}

fn limit(op: Op, measured: &OpMeasures, findings: &Findings) -> Limit {
    let class = op.endpoint().class;
    let word = serde_json::to_value(class).ok().and_then(|word| word.as_str().map(str::to_owned));
    Limit {
        op: op.kebab_name(),
        label: op.label().to_owned(),
        class: word.unwrap_or_default(),
        limit_us: (class != TimeoutClass::Transfer).then(|| micros(class.limit())),
        attempts: measured.attempts,
        outcomes: outcomes(measured),
        answered: measured.answered,
        client_errors: measured.client_errors,
        server_errors: measured.server_errors,
        foreign: measured.foreign,
        timed_out: measured.lapsed(NoAnswer::Timeout),
        unreachable: measured.lapsed(NoAnswer::Unreachable),
        broken_off: measured.lapsed(NoAnswer::Broken),
        cancelled: measured.lapsed(NoAnswer::Cancelled),
        killed: measured.lapsed(NoAnswer::Killed),
        latency: percentiles(&measured.took, 1),
        with_failures: with_failures(measured),
        judged: measured.judged,
        beyond: measured.beyond_limit,
        mark: limit_mark(op, findings),
        wire: measured.live.wire.recorded().map(|took| percentiles(took, 1)),
        connect: measured.live.connect.recorded().map(|took| percentiles(took, 1)),
        due: measured.live.due.recorded().map(|took| percentiles(took, 1)),
        felt: measured.live.felt.recorded().map(|took| percentiles(took, 1)),
    }
}

fn outcomes(measured: &OpMeasures) -> Outcomes {
    let of = |class| measured.outcome(class);
    Outcomes {
        expected: of(OutcomeClass::Expected),
        refused: of(OutcomeClass::Refused),
        rate_limited: of(OutcomeClass::RateLimited),
        server_error: of(OutcomeClass::ServerError),
        not_the_api: of(OutcomeClass::NotTheApi),
        timed_out: of(OutcomeClass::TimedOut),
        connection_failed: of(OutcomeClass::ConnectionFailed),
        not_the_target: of(OutcomeClass::NotTheTarget),
    }
}

fn failures(failures: &Failures) -> Vec<FailureLine> {
    let line = |(kind, failure): (&FailureKind, &Failure)| FailureLine {
        op: kind.op.kebab_name(),
        label: kind.op.label().to_owned(),
        outcome: kind.class.as_str().to_owned(),
        status: kind.status,
        message: kind.message.to_string(),
        count: failure.count,
        request_id: failure.request_id.as_ref().map(ToString::to_string),
        first: failure.first.to_string(),
        last: failure.last.to_string(),
    };
    failures.by_count().into_iter().map(line).collect()
}

fn rule_line(rule: Rule, findings: &Findings, must: &[Rule], scenario: &Scenario) -> RuleLine {
    let count = findings.count(rule);
    let muted = |setting: &RuleSetting| Muted { weight: setting.weight, why: setting.why.clone(), found: count.found };
    RuleLine {
        rule: rule.name().to_owned(),
        section: rule.section().to_owned(),
        sentence: rule.sentence().to_owned(),
        verdict: findings.verdict(rule),
        exercised: count.exercised,
        broken: count.broken,
        inconclusive: count.inconclusive,
        must_exercise: must.contains(&rule),
        muted: scenario.rules.0.get(&rule).map(muted),
        parts: rule_parts::Part::of(rule).map(|part| rule_part(part, findings)).collect(),
    }
}

fn rule_part(part: rule_parts::Part, findings: &Findings) -> RulePart {
    let count = findings.part(part);
    RulePart {
        part: part.name().to_owned(),
        sentence: part.sentence().to_owned(),
        exercised: count.exercised,
        broken: count.broken,
        inconclusive: count.inconclusive,
    }
}

fn felt(felt: &fieldday_rules::Felt) -> Felt {
    let spinner = Op::ALL.iter().zip(felt.spinner).map(|(op, span)| (op.label().to_owned(), span));
    let stale = Screen::ALL.iter().zip(felt.stale).map(|(screen, span)| (screen_name(*screen), span));
    Felt {
        rep_days: felt.rep_days,
        spinner_us: felt.spinner.iter().map(|span| micros(*span)).sum(),
        spinner_by_endpoint: parts(spinner),
        retrying: felt.retrying,
        cancelled: felt.cancelled,
        offline_us: micros(felt.offline),
        offline_by_day: percentiles(&felt.offline_by_day, 1_000_000),
        stale_us: felt.stale.iter().map(|span| micros(*span)).sum(),
        stale_by_screen: parts(stale),
        age_shown: percentiles(&felt.age, 1_000),
        nothing_to_show: felt.nothing,
        queue_length: Lengths { max: felt.queue_length_max, ..lengths(&felt.queue_length) },
        queue_drain: percentiles(&felt.drain, 1_000),
        queued_at_end: felt.queued_at_end,
        upload: percentiles(&felt.upload, 1_000_000),
        uploads_unfinished: felt.uploads_unfinished,
        calls_by_day: lengths(&felt.calls_by_day),
    }
}

fn parts(of: impl Iterator<Item = (String, Span)>) -> Vec<Part> {
    let mut parts: Vec<Part> = of.map(|(of, span)| Part { of, us: micros(span) }).filter(|part| part.us > 0).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.us));
    parts
}

fn screen_name(screen: Screen) -> String {
    let word = serde_json::to_value(screen).ok().and_then(|word| word.as_str().map(str::to_owned));
    word.unwrap_or_else(|| format!("{screen:?}"))
}

fn hazards(findings: &Findings, trends: &[LatencyTrend], clocks: &mut Clocks<'_>) -> Vec<HazardLine> {
    let line = |(hazard, count): (&Hazard, u64)| HazardLine {
        hazard: hazard.name().to_owned(),
        sentence: hazard.sentence().to_owned(),
        count,
        first: findings.hazards.cases.iter().find(|case| case.hazard == *hazard).and_then(|case| clocks.hazard(case)),
        measured: Vec::new(),
    };
    let mut grows: Vec<&LatencyTrend> = trends.iter().filter(|trend| trend.is_hazard).collect();
    grows.sort_by_key(|trend| std::cmp::Reverse(trend.growth_ppm));
    let grows: Vec<String> = grows.into_iter().map(LatencyTrend::sentence).collect();
    let grows = HazardLine {
        hazard: growth::HAZARD.to_owned(),
        sentence: growth::SENTENCE.to_owned(),
        count: grows.len() as u64,
        first: None,
        measured: grows,
    };
    Hazard::ALL.iter().zip(findings.hazards.counts).map(line).chain([grows]).collect()
}

fn marks(findings: &Findings) -> Vec<MarkLine> {
    let line = |mark: Mark| MarkLine { mark: mark.name().to_owned(), count: findings.marks.count(mark) };
    findings.marks.reached().map(line).collect()
}

fn cost(facts: &Facts, outcome: &RunOutcome) -> Cost {
    let per = |n: u64, s: f64| if s > 0.0 { n as f64 / s } else { 0.0 };
    Cost {
        threads: facts.threads,
        wall_s: facts.wall_s,
        cpu_s: facts.cpu_s,
        peak_memory_bytes: facts.peak_memory_bytes,
        rep_days_per_s: per(outcome.rep_days, facts.wall_s),
        requests_per_s: per(outcome.requests, facts.wall_s),
        requests_per_cpu_s: facts.cpu_s.map(|cpu_s| per(outcome.requests, cpu_s)),
        requests_per_rep_day: per(outcome.requests, outcome.rep_days as f64),
    }
}

fn micros(span: Span) -> u64 {
    span.as_micros().max(0).unsigned_abs()
}

/// Percentiles of values that are `unit_us` microseconds each.
fn percentiles(of: &Histogram<u32>, unit_us: u64) -> Percentiles {
    let at = |quantile: f64| of.value_at_quantile(quantile) * unit_us;
    Percentiles {
        count: of.len(),
        p50_us: at(0.5),
        p95_us: at(0.95),
        p99_us: at(0.99),
        p999_us: at(0.999),
        max_us: of.max() * unit_us,
    }
}

/// Percentiles over all endpoints but the audio itself, which takes as long as its bytes do; none of nothing.
fn of_all(ops: &[OpMeasures], took: impl Fn(&OpMeasures) -> Option<&Histogram<u32>>) -> Option<Percentiles> {
    let limited = Op::ALL.iter().filter(|op| op.endpoint().class != TimeoutClass::Transfer);
    let mut taken = limited.filter_map(|op| took(&ops[op.index()])).filter(|took| !took.is_empty());
    let mut all = taken.next()?.clone();
    for took in taken {
        // All of them have the same bounds, so that none is refused.
        all.add(took).ok()?;
    }
    Some(percentiles(&all, 1))
}

fn undelivered_line(of: Undelivered) -> Option<UndeliveredLine> {
    let Undelivered { actions, uploads } = of;
    (actions + uploads > 0).then_some(UndeliveredLine { actions, uploads })
}

/// Percentiles with failed attempts at the far end; what timed out stands at the time waited already.
fn with_failures(of: &OpMeasures) -> Option<PercentilesWithFailures> {
    let failed = of.errors().saturating_sub(of.outcome(OutcomeClass::TimedOut));
    let (measured, count) = (of.took.len(), of.took.len() + failed);
    let at = |quantile: f64| {
        let rank = quantile * count as f64 / measured.max(1) as f64;
        (measured > 0 && rank <= 1.0).then(|| of.took.value_at_quantile(rank))
    };
    let percentiles = || PercentilesWithFailures {
        count,
        failed,
        p50_us: at(0.5),
        p95_us: at(0.95),
        p99_us: at(0.99),
        p999_us: at(0.999),
    };
    (failed > 0).then(percentiles)
}

fn lengths(of: &Histogram<u32>) -> Lengths {
    let at = |quantile: f64| of.value_at_quantile(quantile);
    Lengths { count: of.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: of.max() }
}
