//! The answer: what somebody who opens a report wants to know first. Terminal, `summary.md`, `junit.xml` and the page have
//! it before anything else, in the same order: the verdict in a sentence; each broken rule with whose it is, how often, and
//! one example; limits that were exceeded or left undecided; what was not exercised; how the target failed; four numbers.

use crate::target;
use crate::{conformance, shards};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::{Rule, Side};
use fieldday_folder::summary::*;
use fieldday_folder::{ContractGroup, ON_THE_VIRTUAL_CLOCK};
use fieldday_paint::document::{self, Block, Body, Document, Item, Mark, Number, On};
use fieldday_paint::units::{count, counted, enough, limit, micros, share, too_few};
use fieldday_paint::{Paint, line, wrapped};
use fieldday_rules::disturbed::DisturbanceResult;
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Names of something that are told one by one; of further ones there is a number.
const NAMES: usize = 6;

/// Who has to deal with a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    /// The developers of the backend: its code is wrong.
    Backend,
    /// The developers of the app: its code is wrong.
    App,
    /// Whoever runs the target: it is too slow, too small, or not there.
    Operations,
    /// Nobody: the scenario's network did it to the phones.
    Network,
    /// The load generator, which could not keep up.
    Generator,
}

impl Owner {
    const fn words(self) -> &'static str {
        match self {
            Owner::Backend => "backend",
            Owner::App => "app",
            Owner::Operations => "the target's operations",
            Owner::Network => "the simulated network",
            Owner::Generator => "the generator",
        }
    }
    /// Whom a rule binds. How long answers take is no matter of code alone, and none of the target's where the generator was
    /// late itself.
    fn of_rule(rule: &str, summary: &Summary) -> Option<Owner> {
        let rule = Rule::ALL.iter().find(|of| of.name() == rule)?;
        Some(match (rule, rule.side()) {
            (Rule::LatencyTimeout, _) if !summary.generator.is_empty() => Owner::Generator,
            (Rule::LatencyTimeout, _) => Owner::Operations,
            (_, Side::Api) => Owner::Backend,
            (_, Side::App) => Owner::App,
        })
    }
    /// Whose an exceeded limit of the scenario is. Phones measure through the simulated network: if nothing took as long as the
    /// bound on the wire, then the target did not. In a simulation nobody can tell the two apart by a percentile.
    fn of_limit(of: &LimitResult, summary: &Summary) -> Option<Owner> {
        match of.clock.as_deref() {
            _ if !is_live(summary) => None,
            _ if !summary.generator.is_empty() => Some(Owner::Generator),
            Some("attempt" | "felt") if summary.totals.wire.is_some_and(|wire| wire.max_us < of.bound) => {
                Some(Owner::Network)
            }
            // A call may be late because the one before it was, or because of the phone.
            Some("due") => None,
            _ => Some(Owner::Operations),
        }
    }
}

/// Whether real requests were sent, so that there is a wire.
pub(crate) fn is_live(summary: &Summary) -> bool {
    summary.ran.target != ON_THE_VIRTUAL_CLOCK || summary.limits.iter().any(|of| of.wire.is_some())
}

/// Where the stories of broken rules are.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoryPaths {
    by_folder: BTreeMap<String, String>,
}

impl StoryPaths {
    /// Those that a run folder has, as they are reached from the folder itself, or by the name that the folder is given.
    pub fn of(folder: &Path, name: Option<&str>) -> StoryPaths {
        let mut paths = StoryPaths::default();
        for entry in fs::read_dir(folder.join("violations")).into_iter().flatten().flatten() {
            let number_and_rule = entry.file_name().to_string_lossy().into_owned();
            let Some((_, rule)) = number_and_rule.split_once('-') else { continue };
            if entry.path().join("story.md").is_file() {
                let before = name.map_or(String::new(), |name| format!("{}/", name.trim_end_matches('/')));
                let path = format!("{before}violations/{number_and_rule}/story.md");
                paths.by_folder.insert(rule.to_owned(), path);
            }
        }
        paths
    }
    /// The story of a rule's first case.
    pub fn get(&self, rule: &str) -> Option<&str> {
        self.by_folder.get(&rule.replace('.', "-")).map(String::as_str)
    }
}

/// The verdict of a run as it stands at the top of a document, with what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The sign that stands for the verdict, with its colour.
    pub mark: Mark,
    /// The verdict in a word.
    pub word: &'static str,
    /// The reasons on one line, without the word.
    pub why: String,
    blocks: Vec<Block>,
}

impl Answer {
    pub fn new(summary: &Summary, stories: &StoryPaths) -> Answer {
        let outcome = summary.verdict.outcome;
        let mark = match outcome {
            Outcome::Held => Mark::GOOD,
            Outcome::Broken => Mark::BAD,
            Outcome::Invalid | Outcome::Interrupted => Mark::DOUBT,
        };
        let lists = [
            ("Broken", broken(summary, stories)),
            ("Limits", limits(summary)),
            ("Shards", shards::items(summary)),
            ("Conformance pass", conformance::problems(summary)),
            ("Disturbances", disturbances(summary)),
            ("Not exercised", not_exercised(summary)),
            ("The target's failures", failures(summary)),
        ];
        let mut blocks: Vec<Block> = Vec::new();
        for (title, items) in lists {
            if !items.is_empty() {
                blocks.push(Block { on: On::All, title: title.to_owned(), body: Body::List(items) });
            }
        }
        if summary.totals.attempts > 0 {
            let numbers = Body::Numbers(numbers(summary).into());
            blocks.push(Block { on: On::All, title: "In numbers".to_owned(), body: numbers });
        }
        Answer { mark, word: verdict_word(outcome), why: why(summary), blocks }
    }
    /// The verdict in a sentence: `Broken: 2 of 58 exercised rules are broken`.
    pub fn sentence(&self) -> String {
        let mut letters = self.word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        format!("{}{}: {}", first.map(String::from).unwrap_or_default(), letters.as_str(), self.why)
    }
    /// The verdict on a terminal, in a line unless the page is too narrow.
    pub fn verdict(&self, out: &mut String, paint: Paint) {
        let width = self.word.len() + 4;
        let gap = format!("\n{}", " ".repeat(width));
        let why = wrapped(&self.why, paint.prose(width)).join(&gap);
        line!(out, "{}  {why}", paint.on(self.mark.tone, &format!("{} {}", self.mark.sign, self.word)));
    }
    /// What stands below the verdict, for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        self.document().terminal(paint)
    }
    /// What stands below the verdict, as Markdown.
    pub fn markdown(&self) -> String {
        self.document().markdown()
    }
    /// What stands below the verdict, as HTML.
    pub fn html(&self) -> String {
        document::html(&self.blocks, "h2", "The answer")
    }
    fn document(&self) -> Document {
        Document { lead: self.blocks.clone(), ..Document::default() }
    }
}

fn is_or_are(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", counted(n as u64, one, many), if n == 1 { "is" } else { "are" })
}

/// Why the verdict is what it is, what weighs most first.
fn why(summary: &Summary) -> String {
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

fn of_verdict(summary: &Summary, verdict: RuleVerdict) -> impl Iterator<Item = &RuleLine> {
    summary.rules.iter().filter(move |rule| rule.verdict == verdict)
}

/// Rules that the scenario must exercise and did not.
fn must_and_had_no_case(summary: &Summary) -> impl Iterator<Item = &RuleLine> {
    let had_none =
        |rule: &&RuleLine| !matches!(rule.verdict, RuleVerdict::Held | RuleVerdict::Broken | RuleVerdict::Finding);
    summary.rules.iter().filter(|rule| rule.must_exercise).filter(had_none)
}

/// Differences of form that the scenario takes for broken rules.
fn forbidden(summary: &Summary) -> impl Iterator<Item = ContractGroup<'_>> {
    let groups = summary.contract.iter().flat_map(ContractPart::groups);
    groups.filter(|of| of.first.severity == ContractSeverity::Broken)
}

fn undelivered(summary: &Summary) -> Option<String> {
    let UndeliveredLine { actions, uploads } = summary.undelivered?;
    let parts = [(actions, "action", "actions"), (uploads, "upload", "uploads")];
    let parts = parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many));
    let was = if actions + uploads == 1 { "was" } else { "were" };
    let parts = parts.collect::<Vec<_>>().join(" and ");
    Some(format!("{parts} {was} never delivered, because the target failed"))
}

/// What is broken, whose it is, and one example of it; what follows from another comes last.
fn broken(summary: &Summary, stories: &StoryPaths) -> Vec<Item> {
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
fn limits(summary: &Summary) -> Vec<Item> {
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
fn disturbances(summary: &Summary) -> Vec<Item> {
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
fn not_exercised(summary: &Summary) -> Vec<Item> {
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
fn failures(summary: &Summary) -> Vec<Item> {
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

/// The four numbers that matter.
fn numbers(summary: &Summary) -> [Number; 4] {
    let totals = &summary.totals;
    let outcomes = summary.limits.iter().fold(Outcomes::default(), |all, of| all.plus(&of.outcomes));
    let is_live = is_live(summary);
    let (latency, clock) = match totals.wire {
        Some(wire) => (Some(wire), "on the wire"),
        None if is_live => (None, "on the wire"),
        None => (totals.latency, "simulated network included"),
    };
    // Where attempts were given up, it is known of no longer time how long it was.
    let given_up = summary.limits.iter().filter(|of| of.timed_out > 0).filter_map(|of| of.limit_us).min();
    let at_least = |us: u64| {
        let is_bound = totals.wire.is_none() && given_up.is_some_and(|from| us >= from);
        format!("{}{}", if is_bound { "≥" } else { "" }, micros(us))
    };
    let p95 = latency
        .map_or("-".to_owned(), |of| if enough(of.count, 950) { at_least(of.p95_us) } else { too_few(of.count) });
    let most = latency.map_or(String::new(), |of| format!(", max {} (n {})", at_least(of.max_us), count(of.count)));
    [
        Number {
            what: "requests",
            value: count(totals.requests),
            note: format!(
                "{}; {}",
                counted(totals.attempts, "attempt", "attempts"),
                counted(totals.rep_days, "rep's day", "reps' days")
            ),
        },
        Number {
            what: "answered as expected",
            value: share(outcomes.expected, outcomes.reached()),
            note: format!("of {} that reached the target", counted(outcomes.reached(), "attempt", "attempts")),
        },
        Number { what: if is_live { "wire p95" } else { "attempt p95" }, value: p95, note: format!("{clock}{most}") },
        Number {
            what: "actions done",
            value: count(actions(summary)),
            note: "writes that the target acknowledged".to_owned(),
        },
    ]
}

/// Writes that were answered with success.
fn actions(summary: &Summary) -> u64 {
    let writes = |of: &&Limit| Op::ALL.iter().any(|op| op.writes() && op.kebab_name() == of.op);
    let done = |of: &Limit| of.answered.saturating_sub(of.client_errors + of.server_errors + of.foreign);
    summary.limits.iter().filter(writes).map(done).sum()
}
