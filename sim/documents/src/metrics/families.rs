//! What is told of a run, a family at a time.

use super::{Base, Family};
use fieldday_folder::RunFile;
use fieldday_folder::summary::*;
use fieldday_rules::limit_result::{LimitUnit, LimitVerdict};
use std::collections::BTreeMap;

pub(super) fn of(run: &RunFile, summary: &Summary) -> Vec<Family> {
    let mut families = run_itself(run, summary);
    families.extend(endpoints(&summary.limits));
    families.push(failures(&summary.failures));
    families.extend(scenario_limits(summary));
    families.extend([rules(&summary.rules), contract(summary)]);
    families.extend(felt(&summary.felt));
    families
}

/// By endpoint, outcome and status; what the target said is in the documents.
fn failures(lines: &[FailureLine]) -> Family {
    let mut counts: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
    for of in lines {
        let status = of.status.map_or("none".to_owned(), |status| status.to_string());
        *counts.entry((&of.op, &of.outcome, status)).or_default() += of.count;
    }
    let mut failures = Family::new("failures", "Attempts that failed, by what the target answered", Base::None);
    for ((op, outcome, status), n) in counts {
        failures.add(&[("endpoint", op), ("outcome", outcome), ("status", &status)], n as f64);
    }
    failures
}

fn run_itself(run: &RunFile, summary: &Summary) -> Vec<Family> {
    let one = |name, help, unit, value: f64| Family::new(name, help, unit).is(&[], value);
    let facts = [
        ("seed", run.seed.as_str()),
        ("version", &summary.version),
        ("fingerprint", &summary.fingerprint),
        ("verdict", summary.verdict.outcome.as_str()),
    ];
    let mut verdict = Family::new("run_verdict", "1 for what the run came to, 0 for what it did not", Base::None);
    for of in [Outcome::Held, Outcome::Broken, Outcome::Invalid, Outcome::Interrupted] {
        verdict.add(&[("verdict", of.as_str())], f64::from(u8::from(of == summary.verdict.outcome)));
    }
    let mut families = vec![
        Family::new("run_info", "What ran: always 1", Base::None).is(&facts, 1.0),
        verdict,
        one("run_exit_code", "The exit code of the command", Base::None, summary.verdict.exit_code.into()),
        one("run_started_timestamp", "When the run began", Base::Seconds, run.started_at.micros() as f64 / 1e6),
    ];
    if let Some(ended) = run.ended_at {
        families.push(one("run_ended_timestamp", "When the run ended", Base::Seconds, ended.micros() as f64 / 1e6));
    }
    let (totals, cost) = (&summary.totals, &summary.cost);
    families.push(one("run_duration", "How long the run took on the wall's clock", Base::Seconds, cost.wall_s));
    families.extend(cost.cpu_s.map(|s| one("run_cpu", "Processor time that the run took", Base::Seconds, s)));
    families.extend([
        one("run_reps", "Reps who work each date", Base::None, summary.ran.reps as f64),
        one("run_rep_days", "Days of reps that were lived", Base::None, totals.rep_days as f64),
        one("run_requests", "Requests that reached a backend", Base::None, totals.requests as f64),
        one("run_events", "Events of the run", Base::None, totals.events as f64),
    ]);
    families
}

fn endpoints(limits: &[Limit]) -> Vec<Family> {
    let new = |name, help, unit| Family::new(name, help, unit);
    let mut attempts = new("endpoint_attempts", "Attempts by what came of them", Base::None);
    let mut latency = new("endpoint_latency", "How long attempts took, by clock and quantile", Base::Seconds);
    let mut samples = new("endpoint_latency_samples", "Over how many the quantiles are", Base::None);
    let mut limit = new("endpoint_latency_limit", "How long an answer may take by the specification", Base::Seconds);
    let mut beyond = new("endpoint_beyond_limit", "Attempts that took longer than the limit", Base::None);
    let mut exceeded =
        new("endpoint_limit_exceeded", "1 if the limit was exceeded, 0 if not, absent if undecided", Base::None);
    for of in limits {
        let endpoint = ("endpoint", of.op.as_str());
        let outcomes = of.outcomes.by_class();
        outcomes.iter().for_each(|(class, n)| attempts.add(&[endpoint, ("outcome", class.as_str())], *n as f64));
        let live = [("wire", of.wire), ("connect", of.connect), ("due", of.due), ("felt", of.felt)];
        let live = live.into_iter().filter_map(|(clock, took)| Some((clock, took?)));
        for (clock, took) in std::iter::once(("attempt", of.latency)).chain(live) {
            quantiles(&mut latency, &[endpoint, ("clock", clock)], &took);
            samples.add(&[endpoint, ("clock", clock)], took.count as f64);
        }
        if let Some(us) = of.limit_us {
            limit.add(&[endpoint], us as f64 / 1e6);
            beyond.add(&[endpoint], of.beyond as f64);
        }
        if of.mark != LimitMark::Open {
            exceeded.add(&[endpoint], f64::from(u8::from(of.mark == LimitMark::Exceeded)));
        }
    }
    vec![attempts, latency, samples, limit, beyond, exceeded]
}

/// Adds the quantiles of a distribution; none if it has no samples.
fn quantiles(family: &mut Family, labels: &[(&'static str, &str)], of: &Percentiles) {
    let all = [("0.5", of.p50_us), ("0.95", of.p95_us), ("0.99", of.p99_us), ("0.999", of.p999_us), ("1", of.max_us)];
    for (quantile, us) in all.iter().filter(|_| of.count > 0) {
        family.add(&[labels, &[("quantile", *quantile)]].concat(), *us as f64 / 1e6);
    }
}

fn scenario_limits(summary: &Summary) -> Vec<Family> {
    let new = Family::new;
    let mut actual = [
        new("limit_latency_actual", "What a limit on a span found", Base::Seconds),
        new("limit_share_actual", "What a limit on a share found", Base::Ratio),
        new("limit_rate_actual", "What a limit on requests a second found", Base::None),
    ];
    let mut bound = [
        new("limit_latency_bound", "The bound of a limit on a span", Base::Seconds),
        new("limit_share_bound", "The bound of a limit on a share", Base::Ratio),
        new("limit_rate_bound", "The bound of a limit on requests a second", Base::None),
    ];
    let mut verdict = Family::new("limit_exceeded", "1 if exceeded, 0 if held, absent if undecided", Base::None);
    let mut samples = Family::new("limit_samples", "Over how many samples a limit was judged", Base::None);
    for of in &summary.scenario_limits {
        let (place, per) = match of.unit {
            LimitUnit::Micros => (0, 1e6),
            LimitUnit::Ppm => (1, 1e6),
            LimitUnit::MilliPerSecond => (2, 1e3),
        };
        let label = [("limit", of.text.as_str())];
        of.actual.iter().for_each(|value| actual[place].add(&label, *value as f64 / per));
        bound[place].add(&label, of.bound as f64 / per);
        samples.add(&label, of.sample_count as f64);
        if of.verdict != LimitVerdict::Inconclusive {
            verdict.add(&label, f64::from(u8::from(of.verdict == LimitVerdict::Exceeded)));
        }
    }
    actual.into_iter().chain(bound).chain([samples, verdict]).collect()
}

fn rules(rules: &[RuleLine]) -> Family {
    let mut cases = Family::new("rule_cases", "Cases of a rule by what came of them", Base::None);
    for of in rules {
        let held = of.exercised.saturating_sub(of.broken);
        for (result, n) in [("held", held), ("broken", of.broken), ("inconclusive", of.inconclusive)] {
            cases.add(&[("rule", &of.rule), ("result", result)], n as f64);
        }
    }
    cases
}

fn contract(summary: &Summary) -> Family {
    let mut answers = Family::new("contract_answers", "Answers that differ from the specification in form", Base::None);
    for of in summary.contract.iter().flat_map(|part| &part.findings) {
        let severity = if of.severity == ContractSeverity::Broken { "broken" } else { "note" };
        let labels = [("kind", of.kind.as_str()), ("endpoint", &of.op), ("at", &of.at), ("severity", severity)];
        answers.add(&labels, of.count as f64);
    }
    answers
}

fn felt(felt: &Felt) -> Vec<Family> {
    let span = |name, help, us: u64| Family::new(name, help, Base::Seconds).is(&[], us as f64 / 1e6);
    let number = |name, help, n: u64| Family::new(name, help, Base::None).is(&[], n as f64);
    let mut drain = Family::new("queue_drain", "From the network's return to an empty queue", Base::Seconds);
    quantiles(&mut drain, &[], &felt.queue_drain);
    let mut upload = Family::new("upload", "How long audio took to be stored", Base::Seconds);
    quantiles(&mut upload, &[], &felt.upload);
    let mut queue = Family::new("queue_length", "Actions that waited when a queue began to be sent", Base::None);
    let lengths = felt.queue_length;
    let all = [("0.5", lengths.p50), ("0.95", lengths.p95), ("0.99", lengths.p99), ("1", lengths.max)];
    for (quantile, n) in all.iter().filter(|_| lengths.count > 0) {
        queue.add(&[("quantile", quantile)], *n as f64);
    }
    vec![
        span("spinner", "How long loading indicators were looked at", felt.spinner_us),
        span("offline", "How long phones were without network", felt.offline_us),
        number("retrying_shown", "How often Retrying... was shown", felt.retrying),
        number("queued_at_end", "Actions that still waited at the end of a day", felt.queued_at_end),
        number(
            "uploads_unfinished",
            "Recordings whose audio was not stored at the end of a day",
            felt.uploads_unfinished,
        ),
        queue,
        drain,
        upload,
    ]
}
