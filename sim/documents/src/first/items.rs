//! What stands below the verdict, one item each: broken rules, limits, disturbances, what was not exercised, failures.

use super::owner::Owner;
use super::stories::StoryPaths;
use super::why::{forbidden, must_and_had_no_case, of_verdict, undelivered};
use crate::{conformance, target};
use fieldday_api::rules::Rule;
use fieldday_folder::ON_THE_VIRTUAL_CLOCK;
use fieldday_folder::summary::*;
use fieldday_paint::document::{Item, Mark};
use fieldday_paint::units::{count, counted, enough, limit, micros, share, too_few};
use fieldday_rules::disturbed::DisturbanceResult;
use fieldday_rules::limit_result::LimitVerdict;

/// Names of something that are told one by one; of further ones there is a number.
const NAMES: usize = 6;

/// What is broken, whose it is, and one example of it; what follows from another comes last.
pub(super) fn broken(summary: &Summary, stories: &StoryPaths) -> Vec<Item> {
    let first = |rule: &RuleLine| summary.violations.iter().find(|case| case.of == rule.rule);
    let follows = |rule: &RuleLine| first(rule).is_some_and(|case| case.follows.is_some());
    let (followers, causes): (Vec<_>, Vec<_>) =
        of_verdict(summary, RuleVerdict::Broken).partition(|rule| follows(rule));
    let of_rule = |rule: &RuleLine| rule_item(rule, first(rule), summary, stories);
    let mut items: Vec<Item> = causes.into_iter().chain(followers).map(of_rule).collect();
    items.extend(forbidden(summary).map(|of| Item {
        link: "#contract".to_owned(),
        more: vec![of.says(), format!("first: {} in {} of {}", of.first.first, of.first.at, of.first.label)],
        ..Item::about(Mark::BAD, of.first.kind.clone(), {
            let answers = counted(of.answers, "answer", "answers");
            format!("{}, in {answers}, §{}", Owner::Backend.words(), of.first.section)
        })
    }));
    if let Some(difference) = summary.verification.as_ref().filter(|of| !of.agreed) {
        let text = format!("{}: the same scenario and seed gave two different runs", Owner::Generator.words());
        let compared = format!("compared: {}", difference.compared);
        items.push(Item { more: vec![compared], ..Item::marked(Mark::DOUBT, text) });
    }
    items.extend(
        summary.generator.iter().map(|text| Item::marked(Mark::DOUBT, format!("{}: {text}", Owner::Generator.words()))),
    );
    let undelivered = undelivered(summary).map(|text| format!("{}: {text}", Owner::Operations.words()));
    // Why a run was ended is said by its sentence: by errors, by silence, or by a number of requests that somebody chose.
    items.extend(undelivered.into_iter().chain(summary.budget.clone()).map(|text| Item::marked(Mark::BAD, text)));
    items
}

fn rule_item(rule: &RuleLine, first: Option<&Case>, summary: &Summary, stories: &StoryPaths) -> Item {
    let owner = Owner::of_rule(&rule.rule, summary).map_or(String::new(), |owner| format!("{}, ", owner.words()));
    let cause = first.and_then(|case| case.follows.as_ref());
    let follows = cause.map_or(String::new(), |cause| format!(", follows from {cause}"));
    let cases = format!("{} of {}", count(rule.broken), counted(rule.exercised, "case", "cases"));
    let mut more = vec![rule.sentence.clone()];
    if let Some(case) = first {
        more.push(format!("first: {}", case.says));
        more.push(place(case));
        let also = case.consequences.iter().map(|so| match so.count {
            0 | 1 => so.of.clone(),
            many => format!("{} ({} cases)", so.of, count(many)),
        });
        let also = also.collect::<Vec<_>>().join(", ");
        if !also.is_empty() {
            more.push(format!("so also: {also}"));
        }
    }
    more.extend(stories.get(&rule.rule).map(|path| format!("story: {path}")));
    Item {
        link: format!("#rule-{}", rule.rule),
        more,
        ..Item::about(Mark::BAD, rule.rule.clone(), format!("{owner}{cases}, §{}{follows}", rule.section))
    }
}

/// When a case was, whose, and where to look for it.
fn place(case: &Case) -> String {
    let call = case.call.map(|call| format!(", call {call}")).unwrap_or_default();
    let endpoint = case.endpoint.as_ref().map(|endpoint| format!(", {endpoint}")).unwrap_or_default();
    let id = case.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
    format!("{}, {}{call}{endpoint}{id}", case.local, case.who)
}

/// Every limit that was exceeded, then every one that could not be decided.
pub(super) fn limits(summary: &Summary) -> Vec<Item> {
    let of = |verdict| summary.scenario_limits.iter().filter(move |of| of.verdict == verdict);
    let exceeded = of(LimitVerdict::Exceeded).map(|of| {
        let owner = Owner::of_limit(of, summary).map_or(String::new(), |owner| format!("{}, ", owner.words()));
        let samples = counted(of.sample_count, "sample", "samples");
        let beyond = of.margin.filter(|margin| *margin < 0).and_then(|_| of.margin_words());
        let beyond = beyond.map_or(String::new(), |beyond| format!(", margin {beyond}"));
        Item::about(Mark::BAD, of.text.clone(), format!("{owner}it was {}{beyond}, over {samples}", of.actual_words()))
    });
    let of_the_spec =
        summary.limits.iter().filter(|of| of.mark == LimitMark::Exceeded).map(|of| spec_limit(of, summary));
    // Whoever sets no limit asks for no decision: those that are built in are told only if they are exceeded.
    let undecided = of(LimitVerdict::Inconclusive).filter(|of| !of.built_in).map(|of| {
        let (mark, optional) = if of.optional { (Mark::OPEN, " (optional)") } else { (Mark::DOUBT, "") };
        let note = of.note.as_deref().unwrap_or("nothing was measured");
        Item::about(mark, of.text.clone(), format!("undecided{optional}: {note}"))
    });
    let mut broken: Vec<Item> = exceeded.chain(of_the_spec).collect();
    if let Some(first) = broken.first_mut() {
        first.text.push_str(&target::full_meanwhile(summary));
    }
    broken.into_iter().chain(undecided).collect()
}

/// Every planned disturbance, and what came of it.
pub(super) fn disturbances(summary: &Summary) -> Vec<Item> {
    let item = |of: &DisturbanceResult| {
        let mark = match of.verdict {
            LimitVerdict::Held => Mark::GOOD,
            LimitVerdict::Exceeded => Mark::BAD,
            LimitVerdict::Inconclusive => Mark::DOUBT,
        };
        let when = of.began.as_ref().map_or(String::new(), |began| format!("at {began}: "));
        Item::about(mark, of.name.clone(), format!("{when}{}", of.words()))
    };
    summary.disturbances.iter().map(item).collect()
}

/// An endpoint that exceeds the spec's time limit. Where there is a wire, its figures come first.
pub(crate) fn spec_limit(of: &Limit, summary: &Summary) -> Item {
    let owner = Owner::of_rule(Rule::LatencyTimeout.name(), summary).map_or("", Owner::words);
    let within = of.limit_us.map(limit).unwrap_or_default();
    let p99 = |count: u64, words: String| if enough(count, 990) { words } else { too_few(count) };
    let wire = of.wire.map(|wire| format!("on the wire p99 {}, ", p99(wire.count, micros(wire.p99_us))));
    let phone = p99(of.latency.count, crate::tables::attempt_words(of, of.latency.p99_us));
    let text = format!(
        "{owner}, {}at the phone p99 {phone}, {} of {} late or given up",
        wire.unwrap_or_default(),
        share(of.beyond, of.judged_attempts()),
        counted(of.judged_attempts(), "attempt", "attempts")
    );
    Item::about(Mark::BAD, format!("{} within {within}", of.label), text)
}

/// The first of some names, and how many more there are.
fn some(names: &[&str]) -> String {
    let told = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// What was not put to the test.
pub(super) fn not_exercised(summary: &Summary) -> Vec<Item> {
    let mut items = Vec::new();
    let must = must_and_had_no_case(summary).map(|rule| {
        let why = match rule.verdict {
            RuleVerdict::Inconclusive => format!(
                "{}, none of which could be decided, although the scenario must exercise it",
                counted(rule.inconclusive, "case", "cases")
            ),
            _ => "no case, although the scenario must exercise it".to_owned(),
        };
        Item::about(Mark::DOUBT, rule.rule.clone(), why)
    });
    items.extend(must);
    items.extend(
        summary
            .not_exercised_parts
            .iter()
            .map(|of| Item::about(Mark::DOUBT, of.part.clone(), format!("{}: {}", of.label, of.says()))),
    );
    let others = |of: &[RuleVerdict]| {
        let rules = summary.rules.iter().filter(|rule| !rule.must_exercise && of.contains(&rule.verdict));
        rules.map(|rule| rule.rule.as_str()).collect::<Vec<_>>()
    };
    let no_case = others(&[RuleVerdict::NotExercised]);
    let undecided = others(&[RuleVerdict::Inconclusive]);
    let is_any_untested = !no_case.is_empty();
    let parts = crate::tables::untested_parts(summary);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    for (names, one, many) in [
        (undecided, "rule could not be decided", "rules could not be decided"),
        (no_case, "rule had no case", "rules had no case"),
        (parts, "rule had parts without a case", "rules had parts without a case"),
    ] {
        if !names.is_empty() {
            let text = format!("{}: {}", counted(names.len() as u64, one, many), some(&names));
            items.push(Item::marked(Mark::OPEN, text));
        }
    }
    items.extend(conformance::not_tried(summary, is_any_untested));
    items
}

/// How the target failed, in short.
pub(super) fn failures(summary: &Summary) -> Vec<Item> {
    let outcomes = summary.limits.iter().fold(Outcomes::default(), |all, of| all.plus(&of.outcomes));
    if outcomes.errors() == 0 {
        return Vec::new();
    }
    let mut classes: Vec<(OutcomeClass, u64)> = outcomes.by_class().into();
    classes.retain(|(class, n)| class.is_error() && *n > 0);
    classes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let classes: Vec<String> = classes.iter().map(|(class, n)| format!("{} {}", class.label(), count(*n))).collect();
    let reached = counted(outcomes.reached(), "attempt", "attempts");
    let text = format!(
        "{} of {reached} that reached the target, or should have: {}",
        count(outcomes.errors()),
        classes.join(", ")
    );
    let mut item = Item::marked(Mark::OPEN, text);
    if let Some(most) = summary.failures.first() {
        let status = most.status.map_or(String::new(), |status| format!(" {status}"));
        let class = OutcomeClass::named(&most.outcome).map_or(most.outcome.as_str(), |class| class.label());
        let times = count(most.count);
        item.more.push(format!("most frequent: {}, {class}{status} ×{times}: {}", most.label, most.message));
    }
    if summary.ran.target == ON_THE_VIRTUAL_CLOCK {
        item.more.push("These failures are simulated: the scenario's mishaps, and built-in defects if any.".to_owned());
    }
    vec![item]
}
