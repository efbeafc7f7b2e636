//! `junit.xml`: a case a limit, a rule and a difference of form, and one for the verdict, since a run that is worth nothing
//! must be red even if nothing in it is broken.

use super::Source;
use crate::first::{Answer, StoryPaths, spec_limit};
use fieldday_folder::summary::*;
use fieldday_paint::Paint;
use fieldday_paint::units::{count, counted, limit};
use fieldday_rules::disturbed::DisturbanceResult;
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::io;
use std::time::Duration;

pub(super) fn render(source: &Source<'_>) -> io::Result<String> {
    let summary = source.summary;
    let mut report = Report::new(format!("fieldday {}", summary.ran.scenario));
    let began = chrono::DateTime::from_timestamp_micros(source.run.started_at.micros());
    began.iter().for_each(|began| {
        report.set_timestamp(*began);
    });
    report.set_time(Duration::from_secs_f64(summary.cost.wall_s.max(0.0)));
    report.add_test_suite(verdict(source));
    report.add_test_suite(suite(summary, "rules", summary.rules.iter().map(|of| (of.rule.clone(), rule(summary, of)))));
    report.add_test_suite(suite(summary, "limits", limits(summary)));
    if let Some(contract) = &summary.contract {
        report.add_test_suite(suite(summary, "contract", contract.findings.iter().map(difference)));
    }
    if !summary.findings.is_empty() {
        report.add_test_suite(suite(summary, "findings", summary.findings.iter().map(finding)));
    }
    report.to_string().map_err(io::Error::other)
}

fn finding(of: &FindingLine) -> Ended {
    let why = of.why.as_deref().unwrap_or(&of.sentence);
    (of.of.clone(), skipped(&format!("breaks nothing, {}: {why}", counted(of.count, "case", "cases"))))
}

/// A case by its name, and how it ended.
type Ended = (String, TestCaseStatus);

fn suite(summary: &Summary, name: &str, cases: impl IntoIterator<Item = Ended>) -> TestSuite {
    let mut suite = TestSuite::new(name);
    for (case, status) in cases {
        let mut case = TestCase::new(case, status);
        case.set_classname(format!("fieldday.{}.{name}", summary.ran.scenario));
        suite.add_test_case(case);
    }
    suite
}

/// The verdict, with the answer as the other documents have it.
fn verdict(source: &Source<'_>) -> TestSuite {
    let summary = source.summary;
    let answer = Answer::new(summary, &StoryPaths::of(source.folder, None));
    let (sentence, below) = (answer.sentence(), answer.terminal(Paint::new(false)));
    let told = [below.trim().to_owned()];
    let failed = |kind| non_success(kind, answer.word, &sentence, &told, summary);
    let status = match summary.verdict.outcome {
        Outcome::Held => TestCaseStatus::success(),
        Outcome::Broken => failed(NonSuccessKind::Failure),
        Outcome::Invalid | Outcome::Interrupted => failed(NonSuccessKind::Error),
    };
    let mut suite = suite(summary, "run", [("verdict".to_owned(), status)]);
    let mut output = Vec::new();
    if summary.verdict.outcome == Outcome::Held {
        output.extend([sentence.clone(), below.trim_end().to_owned()]);
    }
    output.extend(summary.failures.iter().map(failure_text));
    if let Some(verdict) = suite.test_cases.first_mut().filter(|_| !output.is_empty()) {
        verdict.set_system_out(output.join("\n"));
    }
    let ran = &summary.ran;
    let facts = [
        ("scenario", &ran.scenario),
        ("seed", &ran.seed),
        ("target", &ran.target),
        ("version", &summary.version),
        ("fingerprint", &summary.fingerprint),
    ];
    facts.iter().for_each(|(name, value)| {
        suite.add_property(Property::new(*name, value.as_str()));
    });
    suite
}

/// `GET tasks: server-error 503 "busy" ×35, 2026-06-10T13:02:11Z to 2026-06-10T13:04:00Z, request id req_3f`
fn failure_text(of: &FailureLine) -> String {
    let status = of.status.map_or(String::new(), |status| format!(" {status}"));
    let id = of.request_id.as_ref().map_or(String::new(), |id| format!(", request id {id}"));
    let FailureLine { label, outcome, message, first, last, .. } = of;
    format!("{label}: {outcome}{status} {message:?} ×{}, {first} to {last}{id}", count(of.count))
}

fn limits(summary: &Summary) -> impl Iterator<Item = Ended> {
    let of_the_spec = summary.limits.iter().filter_map(move |of| {
        let limit_us = of.limit_us?;
        Some((format!("{} within {}", of.label, limit(limit_us)), endpoint(summary, of)))
    });
    let of_the_scenario = summary.scenario_limits.iter().map(move |of| (of.text.clone(), scenario_limit(summary, of)));
    let disturbances =
        summary.disturbances.iter().map(move |of| (format!("disturbance: {}", of.name), disturbance(summary, of)));
    of_the_spec.chain(of_the_scenario).chain(disturbances)
}

/// Whether limits held that had to, and all again in time.
fn disturbance(summary: &Summary, of: &DisturbanceResult) -> TestCaseStatus {
    match of.verdict {
        LimitVerdict::Held => TestCaseStatus::success(),
        LimitVerdict::Inconclusive => skipped(&of.words()),
        LimitVerdict::Exceeded => non_success(NonSuccessKind::Failure, "exceeded", &of.words(), &[], summary),
    }
}

fn endpoint(summary: &Summary, of: &Limit) -> TestCaseStatus {
    let answers = counted(of.latency.count, "answer", "answers");
    match of.mark {
        LimitMark::Held => TestCaseStatus::success(),
        LimitMark::Open => skipped(&format!(
            "too few answers of the endpoint's class to decide the limit; this endpoint had {answers}"
        )),
        LimitMark::Exceeded => {
            let says = spec_limit(of, summary).text;
            let late = |case: &&Case| case.of == "latency.timeout" && case.endpoint.as_ref() == Some(&of.label);
            let first = summary.violations.iter().find(late).map(case_text).unwrap_or_default();
            non_success(NonSuccessKind::Failure, "exceeded", &says, &first, summary)
        }
    }
}

fn scenario_limit(summary: &Summary, of: &LimitResult) -> TestCaseStatus {
    match of.verdict {
        LimitVerdict::Held => TestCaseStatus::success(),
        LimitVerdict::Inconclusive => skipped(of.note.as_deref().unwrap_or("could not be decided")),
        LimitVerdict::Exceeded => {
            let samples = counted(of.sample_count, "sample", "samples");
            let says = format!("actual {}, limit {}, over {samples}", of.actual_words(), of.bound_words());
            non_success(NonSuccessKind::Failure, "exceeded", &says, &[], summary)
        }
    }
}

fn rule(summary: &Summary, of: &RuleLine) -> TestCaseStatus {
    let must = if of.must_exercise { ", although the scenario must exercise it: the run is inconclusive" } else { "" };
    match of.verdict {
        RuleVerdict::Held => TestCaseStatus::success(),
        RuleVerdict::Off | RuleVerdict::Finding => {
            let why = of.muted.as_ref().map(|muted| muted.why.as_str()).unwrap_or_default();
            let found = of.muted.as_ref().map_or(0, |muted| muted.found);
            skipped(&match of.verdict {
                RuleVerdict::Off => format!("switched off by the scenario: {why}"),
                _ => format!("a finding here, in {} of {} cases: {why}", count(found), count(of.exercised)),
            })
        }
        RuleVerdict::NotExercised => skipped(&format!("not exercised: there was no case{must}")),
        RuleVerdict::Inconclusive => {
            let cases = counted(of.inconclusive, "case", "cases");
            skipped(&format!("inconclusive: {cases}, none of which could be decided{must}"))
        }
        RuleVerdict::Broken => {
            let says = format!("broken in {} of {}", count(of.broken), counted(of.exercised, "case", "cases"));
            let mut more = vec![format!("§{}: {}", of.section, of.sentence)];
            let first = summary.violations.iter().find(|case| case.of == of.rule);
            more.extend(first.map(case_text).unwrap_or_default());
            non_success(NonSuccessKind::Failure, "broken", &says, &more, summary)
        }
    }
}

fn difference(of: &ContractLine) -> Ended {
    let name = format!("{}: {} {}", of.kind, of.label, of.at);
    let says = format!("{} in {}", of.first, counted(of.count, "answer", "answers"));
    let status = match of.severity {
        ContractSeverity::Note => skipped(&format!("noted, breaks nothing: {says}")),
        ContractSeverity::Broken => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("contract").set_message(says).set_description(format!("§{}: {}", of.section, of.sentence));
            status
        }
    };
    (name, status)
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn non_success(kind: NonSuccessKind, ty: &str, says: &str, more: &[String], summary: &Summary) -> TestCaseStatus {
    let mut lines = vec![says.to_owned()];
    lines.extend(more.iter().cloned());
    lines.extend(summary.to_paste().into_iter().map(|(what, line)| format!("{what}: {line}")));
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ty).set_message(says).set_description(lines.join("\n"));
    status
}

/// The first case, a line a fact.
fn case_text(case: &Case) -> Vec<String> {
    let call = case.call.map(|call| format!(", call {call}")).unwrap_or_default();
    let endpoint = case.endpoint.as_ref().map(|endpoint| format!(", {endpoint}")).unwrap_or_default();
    let mut lines = vec![
        format!("first: {}", case.says),
        format!("when: {} ({})", case.local, case.at),
        format!("who: {}{call}{endpoint}", case.who),
    ];
    lines.extend(case.request_id.as_ref().map(|id| format!("request: {id}")));
    lines.extend(case.follows.as_ref().map(|of| format!("follows from: {of}")));
    lines.extend(case.consequences.iter().map(|so| format!("so also: {} ({}): {}", so.of, count(so.count), so.says)));
    lines
}
