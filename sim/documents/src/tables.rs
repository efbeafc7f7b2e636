//! What a run measured, as the tables that terminal, page and Markdown have in common.

use fieldday_api::defaults::LONGEST_US;
use fieldday_folder::summary::{
    Felt, Limit, LimitMark, OutcomeClass, Part, Percentiles, PercentilesWithFailures, RuleLine, Summary,
};
use fieldday_paint::Tone;
use fieldday_paint::document::{Cell, Mark, On, Row, Table, figures, words};
use fieldday_paint::units::{count, counted, enough, limit, micros, share, too_few};
use fieldday_rules::limit_result::LimitVerdict;

/// What the endpoints' errors and what is beyond their limits are.
pub(crate) const ENDPOINTS_SAY: &str = "errors: reached the target and not answered as expected; a failed attempt counts as slower than any other; beyond: late or given up, because of the backend or the network; ok p95: of the attempts that succeeded.";

/// Every endpoint's attempts against the spec's time limits.
pub(crate) fn endpoints(summary: &Summary) -> Table {
    let few = |head| figures(head).on(On::Screens);
    let mut table = Table::new([
        words("endpoint").obvious(),
        few("attempts"),
        few("errors"),
        figures("p50"),
        figures("p95"),
        figures("p99"),
        few("p99.9"),
        few("max"),
        figures("limit"),
        figures("beyond"),
        figures("answers").on(On::Markdown),
    ]);
    table.may_go = vec![6, 7, 3, 4, 1];
    table.rows = summary.limits.iter().map(endpoint).collect();
    // Beside them, those of the attempts that succeeded: they tell whether the target is slow or refuses.
    if summary.limits.iter().any(|of| of.with_failures.is_some()) {
        table.columns.push(figures("ok p95"));
        table.rows.iter_mut().zip(&summary.limits).for_each(|(row, of)| {
            let successes = match of.latency.count {
                0 => "-".to_owned(),
                few if !enough(few, 950) => too_few(few),
                _ => attempt_words(of, of.latency.p95_us),
            };
            row.cells.push(successes.into());
        });
    }
    table
}

/// Every failure by endpoint, status and message, the most frequent first.
pub(crate) fn failures(summary: &Summary) -> Table {
    let mut table = Table::new([
        words("endpoint").obvious(),
        words("outcome"),
        figures("status"),
        figures("count"),
        words("first"),
        words("last"),
        words("a request id"),
        words("what it said"),
    ]);
    table.may_go = vec![5, 4, 6, 1];
    for of in &summary.failures {
        let class = OutcomeClass::named(&of.outcome);
        table.row([
            of.label.clone(),
            class.map_or(of.outcome.clone(), |class| class.label().to_owned()),
            of.status.map_or("-".to_owned(), |status| status.to_string()),
            count(of.count),
            of.first.clone(),
            of.last.clone(),
            of.request_id.clone().unwrap_or_default(),
            of.message.clone(),
        ]);
    }
    table
}

/// How long an attempt took, with `≥` where attempts were given up: they would have taken longer.
pub(crate) fn attempt_words(of: &Limit, us: u64) -> String {
    match of.limit_us {
        Some(limit_us) if of.timed_out > 0 && us >= limit_us => format!("≥{}", limit(limit_us)),
        None if us >= LONGEST_US => format!("≥{}", limit(LONGEST_US)),
        _ => micros(us),
    }
}

/// A percentile of so many samples, given in thousandths; `n/a` if they are too few for it.
fn at(count: u64, per_mille: u64, words: String) -> String {
    if enough(count, per_mille) { words } else { "n/a".to_owned() }
}

fn endpoint(of: &Limit) -> Row {
    let none = || Cell::from("-").tone(Tone::Faint);
    let took = |us: u64| if of.latency.count == 0 { none() } else { attempt_words(of, us).into() };
    let beyond = of.limit_us.map_or_else(none, |_| share(of.beyond, of.judged_attempts()).into());
    let at = |per_mille, of_all: fn(&PercentilesWithFailures) -> Option<u64>, us: u64| {
        let (count, us) = match &of.with_failures {
            Some(all) => (all.count, of_all(all)),
            None => (of.latency.count, Some(us)),
        };
        match us {
            _ if count > 0 && !enough(count, per_mille) => too_few(count).into(),
            Some(us) => took(us),
            None => Cell::from("failed").tone(Tone::Bad),
        }
    };
    let cells = vec![
        of.label.clone().into(),
        count(of.attempts).into(),
        count(of.outcomes.errors()).into(),
        at(500, |all| all.p50_us, of.latency.p50_us),
        at(950, |all| all.p95_us, of.latency.p95_us),
        at(990, |all| all.p99_us, of.latency.p99_us),
        at(999, |all| all.p999_us, of.latency.p999_us),
        took(of.latency.max_us),
        of.limit_us.map_or_else(none, |us| limit(us).into()),
        if of.mark == LimitMark::Exceeded { beyond.tone(Tone::Bad) } else { beyond },
        count(of.latency.count).into(),
    ];
    Row { mark: Some(endpoint_mark(of)), cells }
}

/// The limits that the scenario sets, each with what was measured, how far that is from the bound, and over how many.
pub(crate) fn scenario_limits(summary: &Summary) -> Table {
    let mut table = Table::new([
        words("limit").obvious(),
        figures("actual"),
        figures("margin"),
        figures("samples"),
        words("note").obvious(),
    ]);
    table.may_go = vec![2];
    for of in &summary.scenario_limits {
        let mark = match of.verdict {
            LimitVerdict::Held => Mark { tone: Tone::Plain, ..Mark::GOOD },
            LimitVerdict::Exceeded => Mark::BAD,
            LimitVerdict::Inconclusive => Mark::DOUBT,
        };
        let cells = [
            if of.built_in { format!("{} (built in)", of.text) } else { of.text.clone() }.into(),
            Cell::from(of.actual_words()).tone(mark.tone),
            of.margin_words().unwrap_or_else(|| "-".to_owned()).into(),
            count(of.sample_count).into(),
            Cell::from(of.note.clone().unwrap_or_default()).tone(Tone::Faint),
        ];
        table.marked(mark, cells);
    }
    table
}

/// What was felt, how much of it in all, and how it was spread.
pub(crate) fn felt(felt: &Felt) -> Table {
    let mut table = Table::new([words("what").obvious(), figures("in all").obvious(), words("spread").obvious()]);
    let mut say = |what: &str, how_much: String, more: String| table.row([what.to_owned(), how_much, more]);
    say("looking at spinners", micros(felt.spinner_us), of_each(felt, felt.spinner_us, &felt.spinner_by_endpoint));
    say("\"Retrying...\" shown", times(felt.retrying), String::new());
    say("gave up waiting", times(felt.cancelled), String::new());
    say("without network", micros(felt.offline_us), format!("a day: {}", spread(&felt.offline_by_day)));
    say("old data on screen", micros(felt.stale_us), of_each(felt, felt.stale_us, &felt.stale_by_screen));
    say("nothing to show", times(felt.nothing_to_show), String::new());
    say("age of data shown", String::new(), spread(&felt.age_shown));
    let queue = felt.queue_length;
    let [p50, p95, p99] = [(500, queue.p50), (950, queue.p95), (990, queue.p99)]
        .map(|(per_mille, length)| at(queue.count, per_mille, length.to_string()));
    let lengths = format!("median {p50}, p95 {p95}, p99 {p99}, max {}", queue.max);
    say("actions in the queue", String::new(), format!("{lengths} (n {})", count(queue.count)));
    say("online to empty queue", String::new(), spread(&felt.queue_drain));
    say("audio stored after", String::new(), spread(&felt.upload));
    say("unfinished at day's end", counted(felt.uploads_unfinished, "upload", "uploads"), {
        format!("{} in queues", counted(felt.queued_at_end, "action", "actions"))
    });
    table
}

fn times(n: u64) -> String {
    format!("{}×", count(n))
}

fn spread(of: &Percentiles) -> String {
    if of.count == 0 {
        return "no case".to_owned();
    }
    let [p50, p95, p99] = [(500, of.p50_us), (950, of.p95_us), (990, of.p99_us)]
        .map(|(per_mille, us)| at(of.count, per_mille, micros(us)));
    format!("median {p50}, p95 {p95}, p99 {p99}, max {} (n {})", micros(of.max_us), count(of.count))
}

fn of_each(felt: &Felt, total_us: u64, parts: &[Part]) -> String {
    let a_day = micros(total_us / felt.rep_days.max(1));
    let most: Vec<String> = parts.iter().take(2).map(|part| format!("{} {}", part.of, micros(part.us))).collect();
    let gap = if most.is_empty() { "" } else { ": " };
    format!("{a_day} a day{gap}{}", most.join(", "))
}

/// What each rule says, and how many of its cases were decided how; under a rule its parts.
pub(crate) fn rules(summary: &Summary) -> Table {
    let mut table = Table::new([
        words("rule"),
        words("§"),
        words("it says"),
        figures("decided"),
        figures("broken"),
        figures("undecidable"),
    ]);
    for of in &summary.rules {
        let [decided, broken, open] = [of.exercised, of.broken, of.inconclusive].map(count);
        table.row([of.rule.clone(), of.section.clone(), of.sentence.clone(), decided, broken, open]);
        for part in &of.parts {
            let [decided, broken, open] = [part.exercised, part.broken, part.inconclusive].map(count);
            table.row([format!("…/{}", part.part), String::new(), part.sentence.clone(), decided, broken, open]);
        }
    }
    table
}

/// p50, p95, p99 and p99.9, each if there are samples enough for it.
fn quantiles(of: &Percentiles) -> [String; 4] {
    [(500, of.p50_us), (950, of.p95_us), (990, of.p99_us), (999, of.p999_us)]
        .map(|(per_mille, us)| if enough(of.count, per_mille) { micros(us) } else { too_few(of.count) })
}

/// What the target itself took at each endpoint, beside what the phone saw through the simulated network: Markdown of a live
/// run. None of an endpoint that nobody measured on the wire.
pub(crate) fn on_the_wire(limits: &[&Limit]) -> Table {
    let mut table = Table::new([
        words("slowest on the wire, against their limit"),
        figures("p50"),
        figures("p95"),
        figures("p99"),
        figures("max"),
        figures("limit"),
        figures("answers"),
        figures("p95 at the phone, simulated network included"),
    ]);
    for of in limits {
        let Some(wire) = of.wire else { continue };
        let [p50, p95, p99, _] = quantiles(&wire);
        let bound = of.limit_us.map_or("-".to_owned(), limit);
        let phone = match of.latency.count {
            few if !enough(few, 950) => too_few(few),
            _ => attempt_words(of, of.latency.p95_us),
        };
        let cells = [of.label.clone(), p50, p95, p99, micros(wire.max_us), bound, count(wire.count), phone];
        table.marked(endpoint_mark(of), cells.map(Cell::from));
    }
    table
}

fn endpoint_mark(of: &Limit) -> Mark {
    let (sign, tone) = match of.mark {
        LimitMark::Held => (Mark::GOOD.sign, Tone::Plain),
        LimitMark::Exceeded => (Mark::BAD.sign, Tone::Bad),
        LimitMark::Open => (Mark::OPEN.sign, Tone::Faint),
    };
    Mark { sign, tone }
}

/// The clocks that a live run has beside the attempts': on the wire, from when calls were due, as people felt it.
pub(crate) fn clocks(summary: &Summary) -> Table {
    let mut table = Table::new([
        words("endpoint").obvious(),
        words("clock").obvious(),
        figures("p50"),
        figures("p95"),
        figures("p99"),
        figures("p99.9"),
        figures("max"),
        figures("samples"),
    ]);
    table.may_go = vec![5, 2, 6, 7];
    for limit in &summary.limits {
        for (clock, of) in [("wire", limit.wire), ("due", limit.due), ("felt", limit.felt)] {
            let Some(of) = of else { continue };
            let [p50, p95, p99, p999] = quantiles(&of);
            let max = micros(of.max_us);
            table.row([limit.label.clone(), clock.to_owned(), p50, p95, p99, p999, max, count(of.count)]);
        }
    }
    table
}

/// The parts of rules that had no case, where others of the same rule had some: `auth.tenant-claim (missing)`.
pub(crate) fn untested_parts(summary: &Summary) -> Vec<String> {
    let of = |rule: &RuleLine| {
        let parts = rule.parts_not_exercised();
        (!parts.is_empty()).then(|| format!("{} ({})", rule.rule, parts.join(", ")))
    };
    summary.rules.iter().filter_map(of).collect()
}
