//! How a simulated day went: its course, what was full, its endpoints, and what it rests on.

use super::charts;
use super::moments::{moment, per_s, time, told_by};
use crate::report::parts::{SIMULATED, charted, section};
use crate::simulate::{AttemptTime, AttemptTimes, Bin, Outcome};
use fieldday_kernel::time::{Span, Zone};
use fieldday_paint::document::{Body, On, Section, Table, figures, words};
use fieldday_paint::units::{count, counted, enough, number, ppm, too_few};

/// So many intervals of the day are shown on a terminal: those with the most requests and trouble, in the order of time.
const PIECES: usize = 16;

/// The course of the day by interval, what was full, the endpoints and the assumptions.
pub(super) fn sections(outcome: &Outcome, without: Option<&Outcome>) -> Vec<Section> {
    let zone = &outcome.zone();
    vec![
        charted(course(outcome, zone), charts::of_day(outcome, without)),
        summary(outcome, zone),
        endpoints(outcome, zone),
        assumptions(outcome),
    ]
}

fn summary(outcome: &Outcome, zone: &Zone) -> Section {
    let (of, plant) = (&outcome.totals, &outcome.plant);
    let what_if = outcome.what_if.as_ref().map_or(String::new(), |what_if| format!(", with {what_if}"));
    let jitter = if outcome.retrying.jitter { " with jitter" } else { ", without jitter" };
    let says = vec![
        format!(
            "{} in {} of the scenario {}, seed {:#x}{what_if}; {} of {}; retries {}{jitter}.",
            counted(outcome.reps, "rep", "reps"),
            counted(outcome.cells.into(), "cell", "cells"),
            outcome.scenario,
            outcome.seed,
            counted(plant.instances.into(), "instance", "instances"),
            counted(plant.workers.into(), "worker", "workers"),
            outcome.retrying.retries
        ),
        format!(
            "{} ({} of them retries): {} served, {} rate-limited (429), {} rejected (503), {} timed out (504), {} cancelled; {} answered after the app gave up.",
            counted(of.offered, "request", "requests"),
            count(of.retries),
            count(of.served),
            count(of.rate_limited),
            count(of.turned_away),
            count(of.timed_out),
            count(of.broken),
            count(of.too_late)
        ),
    ];
    let mut table = Table::new([words("full"), words("first"), figures("for"), figures("intervals of the day")]);
    for of in &outcome.saturations {
        let pieces = format!("{} of {}", count(of.bins.into()), count(outcome.bins.len() as u64));
        let first = moment(outcome.from, of.first, zone);
        // What turns away for a moment at a time has no length.
        let during = if of.during == Span::ZERO { "–".to_owned() } else { time(of.during) };
        table.row([of.what.as_str().to_owned(), first, during, pieces]);
    }
    let mut section = section("simulated", "Simulated deployment", SIMULATED, says, table);
    section.add(On::All, "", Body::Pairs(vec![("fingerprint", outcome.fingerprint.clone())]));
    section
}

/// The busiest intervals of the day and the most troubled, by their places.
fn most_interesting(bins: &[Bin]) -> Vec<usize> {
    let mut by_interest: Vec<usize> = (0..bins.len()).collect();
    let interest = |bin: &Bin| (bin.tally.refused_ppm().max(bin.tally.late_ppm()), bin.tally.offered);
    by_interest.sort_by_key(|i| std::cmp::Reverse(interest(&bins[*i])));
    by_interest.truncate(PIECES);
    by_interest.sort();
    by_interest
}

fn course(outcome: &Outcome, zone: &Zone) -> Section {
    let mut table = Table::new([
        words("from"),
        figures("requests/s"),
        figures("workers busy"),
        figures("database"),
        figures("waiting"),
        figures("at most").on(On::Files),
        figures("in server"),
        figures("inst."),
        figures("refused"),
        figures("late"),
        words("slowest p95"),
    ]);
    for bin in &outcome.bins {
        let slowest = bin.latencies.iter().max_by_key(|latency| latency.times.p95);
        table.row([
            moment(outcome.from, bin.at, zone),
            number(per_s(bin.tally.offered, bin.span)),
            ppm(bin.utilisation_ppm.into()),
            bin.database_ppm.map_or("–".to_owned(), |share| ppm(share.into())),
            number(bin.queue_mean_milli as f64 / 1e3),
            count(bin.queue_max),
            number(bin.in_plant_mean_milli as f64 / 1e3),
            count(bin.instances.into()),
            ppm(bin.tally.refused_ppm().into()),
            ppm(bin.tally.late_ppm().into()),
            slowest.map_or(String::new(), |latency| format!("{} {}", time(latency.times.p95), latency.op)),
        ]);
    }
    let says = format!("Times are {}.", told_by(&outcome.zone));
    let shown = most_interesting(&outcome.bins);
    let left_out = outcome.bins.len() - shown.len();
    let short = table.of_rows(shown);
    let mut section = section("course", "Course of the day", SIMULATED, vec![says], table);
    if left_out > 0 {
        section.blocks.iter_mut().for_each(|block| block.on = On::Files);
        let says = format!(
            "The busiest and the worst intervals of the day; {} more are on the page (--html). Times are {}.",
            count(left_out as u64),
            told_by(&outcome.zone)
        );
        section.add(On::Terminal, "", Body::Text(says));
        section.add(On::Terminal, "", Body::Table(short));
    }
    section
}

/// What the two kinds of latencies are.
const ENDPOINTS_SAY: &str = "server: from a request's arrival until it took effect, of those that were served; worst p95: that of the worst interval of the day; attempt: from sending until the answer, network included, of all attempts (≥: given up after that time, or failed).";

/// A percentile of attempts, given in thousandths, in words.
fn attempt(of: Option<AttemptTimes>, per_mille: u64, at: impl Fn(&AttemptTimes) -> AttemptTime) -> String {
    let Some(of) = of else { return "–".to_owned() };
    match at(&of) {
        _ if !enough(of.count, per_mille) => too_few(of.count),
        AttemptTime { time: took, at_least: true } if took == Span::ZERO => "no success".to_owned(),
        AttemptTime { time: took, at_least: true } => format!("≥{}", time(took)),
        AttemptTime { time: took, at_least: false } => time(took),
    }
}

fn endpoints(outcome: &Outcome, zone: &Zone) -> Section {
    let mut table = Table::new([
        words("endpoint").obvious(),
        figures("requests"),
        figures("retries"),
        figures("refused"),
        figures("server p50"),
        figures("server p95"),
        figures("server p99"),
        figures("worst p95"),
        words("at"),
        figures("attempt p50").on(On::Files),
        figures("attempt p95"),
        figures("attempt p99").on(On::Files),
        figures("attempts").on(On::Files),
        figures("without success").on(On::Files),
    ]);
    // What a narrow terminal can do without.
    table.may_go = vec![2, 4, 8];
    for of in &outcome.endpoints {
        let at = |value: Option<Span>| value.map_or("–".to_owned(), time);
        table.row([
            of.op.label().to_owned(),
            count(of.tally.offered),
            count(of.tally.retries),
            ppm(of.tally.refused_ppm().into()),
            at(of.latency.map(|latency| latency.times.p50)),
            at(of.latency.map(|latency| latency.times.p95)),
            at(of.latency.map(|latency| latency.times.p99)),
            at(of.worst_p95),
            of.worst_at.map_or(String::new(), |at| moment(outcome.from, at, zone)),
            attempt(of.attempts, 500, |of| of.p50),
            attempt(of.attempts, 950, |of| of.p95),
            attempt(of.attempts, 990, |of| of.p99),
            of.attempts.map_or("–".to_owned(), |of| count(of.count)),
            of.attempts.map_or("–".to_owned(), |of| count(of.without_success)),
        ]);
    }
    section("simulated-endpoints", "By endpoint", SIMULATED, vec![ENDPOINTS_SAY.to_owned()], table)
}

fn assumptions(outcome: &Outcome) -> Section {
    let columns = [words("about"), words("assumed"), words("source")];
    let mut table = Table { is_prose: true, ..Table::new(columns) };
    outcome.assumptions.iter().for_each(|of| table.row([of.about.clone(), of.value.clone(), of.source.clone()]));
    Section {
        tag: None,
        ..section("simulated-assumptions", "Assumptions of the simulation", SIMULATED, Vec::new(), table)
    }
}
