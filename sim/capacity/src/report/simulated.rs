//! What was simulated, as a document: of `fieldday simulate` alone, and as the last part of a search's report.

use super::parts::{SIMULATED, charted, section};
use crate::simulate::{Advice, Bin, Grid, Outcome, Resource, Tally};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_paint::chart::{self, Line, LineChart, Scale};
use fieldday_paint::document::{Body, Document, Item, Mark, On, Place, Section, Table, Verdict, figures, words};
use fieldday_paint::units::{count, counted, micros, number, ppm};

/// So many intervals of the day are shown on a terminal: those with the most requests and trouble, in the order of time.
const PIECES: usize = 16;

fn time(span: Span) -> String {
    micros(span.as_micros().max(0).unsigned_abs())
}

/// What was full, in words.
fn full(of: &[Resource]) -> String {
    if of.is_empty() {
        return "nothing was saturated".to_owned();
    }
    format!("saturated then: {}", of.iter().map(|what| what.as_str()).collect::<Vec<_>>().join(", "))
}

/// The document of a simulation: how a fleet's day went, or a table of many, and what to do. Times are told by `zone`.
pub fn document(outcome: Option<&Outcome>, grid: Option<&Grid>, advice: Option<&Advice>, zone: &Zone) -> Document {
    let mut document = Document { kind: "Capacity", title: "Capacity, simulated".to_owned(), ..Document::default() };
    if let Some(outcome) = outcome {
        document.title = format!("Capacity: {}, simulated", outcome.scenario);
        document.verdict = Some(verdict(outcome));
        document.sections = sections(outcome, zone);
    }
    document.sections.extend(grid.map(of_grid));
    document.sections.extend(advice.map(of_advice));
    document
}

fn verdict(of: &Outcome) -> Verdict {
    let minutes = of.plant.hold.every_minutes;
    let (mark, word, headline) = match of.holds {
        true => {
            (Mark::GOOD, "Holds", format!("Simulated day of the fleet: every limit held in each {minutes} minutes"))
        }
        false => (Mark::BAD, "Does not hold", "Simulated day of the fleet: the deployment exceeds a limit".to_owned()),
    };
    Verdict { mark, word: word.to_owned(), headline, reasons: Vec::new(), about: String::new(), place: Place::First }
}

/// What came, what was served and what was refused, piece by piece of the day.
fn course_chart(outcome: &Outcome, zone: &Zone) -> String {
    let labels: Vec<String> = outcome.bins.iter().map(|bin| moment(outcome.from, bin.at, zone)).collect();
    let line = |name: &str, colour, of: &dyn Fn(&Tally) -> u64| Line {
        name: name.to_owned(),
        colour,
        values: outcome.bins.iter().map(|bin| Some(per_s(of(&bin.tally), bin.span))).collect(),
    };
    let lines = vec![
        line("offered", "c1", &|of| of.offered),
        line("served", "c7", &|of| of.served),
        line("retries", "c3", &|of| of.retries),
        line("refused or timed out", "bad", &|of| of.refused()),
    ];
    let scale = Scale::linear(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let busy = outcome.bins.iter().map(|bin| ppm(bin.utilisation_ppm.into())).collect();
    LineChart {
        id: "chart-course",
        title: "Requests per second over the day, simulated",
        alt: "Requests offered, served, retried and refused per second, over the simulated time.".to_owned(),
        note: String::new(),
        kind: chart::Kind::Lines,
        scale,
        columns: "From",
        labels: &labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: number,
        more: vec![("workers busy".to_owned(), busy)],
    }
    .html()
}

/// A moment on the zone's clock, as short as it can be: `07:45`, `07:45Z` in UTC, and `+1 d 02:30` on the day after the first.
fn moment(from: Time, at: Time, zone: &Zone) -> String {
    let (time, later) = (zone.time_of_day(at).to_string(), zone.date(at).days() - zone.date(from).days());
    let day = if later == 0 { String::new() } else { format!("+{later} d ") };
    let utc = if is_utc(zone) { "Z" } else { "" };
    format!("{day}{}{utc}", time.strip_suffix(":00").unwrap_or(&time))
}

fn is_utc(zone: &Zone) -> bool {
    zone.name == Zone::utc().name
}

fn per_s(count: u64, span: Span) -> f64 {
    count as f64 * 1e6 / span.as_micros().max(1) as f64
}

/// Its sections.
pub(super) fn sections(outcome: &Outcome, zone: &Zone) -> Vec<Section> {
    vec![
        summary(outcome, zone),
        broken(outcome, zone),
        charted(course(outcome, zone), course_chart(outcome, zone)),
        endpoints(outcome, zone),
        assumptions(outcome),
    ]
}

fn summary(outcome: &Outcome, zone: &Zone) -> Section {
    let (of, plant) = (&outcome.totals, &outcome.plant);
    let what_if = outcome.what_if.as_ref().map_or(String::new(), |what_if| format!(", with {what_if}"));
    let jitter = if outcome.retrying.jitter { " with jitter" } else { ", without jitter" };
    let mut says = vec![
        format!(
            "{} in {} of the scenario {}, seed {:#x}{what_if}, from {} to {}; {} of {}; retries {}{jitter}.",
            counted(outcome.reps, "rep", "reps"),
            counted(outcome.cells.into(), "cell", "cells"),
            outcome.scenario,
            outcome.seed,
            outcome.from,
            outcome.until,
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
    says.push(outcome.first_broken.as_ref().map_or("Every limit held.".to_owned(), |first| {
        let at = moment(outcome.from, first.at, zone);
        format!(
            "First limit exceeded: {} at {at} ({}, allowed {}); {}.",
            first.limit,
            first.found,
            first.allowed,
            full(&first.full)
        )
    }));
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

fn broken(outcome: &Outcome, zone: &Zone) -> Section {
    let columns = [
        words("limit"),
        words("first"),
        words("found"),
        words("allowed"),
        figures("intervals of the day"),
        words("then"),
    ];
    let mut table = Table::new(columns);
    for of in &outcome.broken {
        let about = of.op.map_or(String::new(), |op| format!(" for {op}"));
        let pieces = format!("{} of {}", count(of.bins.into()), count(outcome.bins.len() as u64));
        let (limit, first) = (format!("{}{about}", of.limit), moment(outcome.from, of.at, zone));
        table.marked(Mark::BAD, [limit, first, of.found.clone(), of.allowed.clone(), pieces, full(&of.full)]);
    }
    section("simulated-limits", "Limits exceeded", SIMULATED, Vec::new(), table)
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
        words(if is_utc(zone) { "from" } else { "local" }),
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
        let slowest = bin.latencies.iter().max_by_key(|latency| latency.p95);
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
            slowest.map_or(String::new(), |latency| format!("{} {}", time(latency.p95), latency.op)),
        ]);
    }
    let shown = most_interesting(&outcome.bins);
    let left_out = outcome.bins.len() - shown.len();
    let short = table.of_rows(shown);
    let mut section = section("course", "Course of the day", SIMULATED, Vec::new(), table);
    if left_out > 0 {
        section.blocks.iter_mut().for_each(|block| block.on = On::Files);
        let says =
            format!("The busiest and the worst intervals of the day; {} more are on the page.", count(left_out as u64));
        section.add(On::Terminal, "", Body::Text(says));
        section.add(On::Terminal, "", Body::Table(short));
    }
    section
}

fn endpoints(outcome: &Outcome, zone: &Zone) -> Section {
    let mut table = Table::new([
        words("server time"),
        figures("requests"),
        figures("retries"),
        figures("refused"),
        figures("p50"),
        figures("p95"),
        figures("p99"),
        figures("worst p95"),
        words("at"),
    ]);
    for of in &outcome.endpoints {
        let at = |value: Option<Span>| value.map_or("–".to_owned(), time);
        table.row([
            of.op.label().to_owned(),
            count(of.tally.offered),
            count(of.tally.retries),
            ppm(of.tally.refused_ppm().into()),
            at(of.latency.map(|latency| latency.p50)),
            at(of.latency.map(|latency| latency.p95)),
            at(of.latency.map(|latency| latency.p99)),
            at(of.worst_p95),
            of.worst_at.map_or(String::new(), |at| moment(outcome.from, at, zone)),
        ]);
    }
    section("simulated-endpoints", "By endpoint, simulated", SIMULATED, Vec::new(), table)
}

fn assumptions(outcome: &Outcome) -> Section {
    let columns = [words("about"), words("assumed"), words("source")];
    let mut table = Table { is_prose: true, ..Table::new(columns) };
    outcome.assumptions.iter().for_each(|of| table.row([of.about.clone(), of.value.clone(), of.source.clone()]));
    section("simulated-assumptions", "Assumptions of the simulation", SIMULATED, Vec::new(), table)
}

/// A table over reps and instances.
fn of_grid(grid: &Grid) -> Section {
    let mut table = Table::new([
        figures("reps"),
        figures("instances"),
        words("it"),
        figures("requests/s"),
        figures("workers busy"),
        figures("refused"),
        figures("worst p95"),
        words("first limit exceeded"),
    ]);
    for point in &grid.points {
        let first = point.first_broken.as_ref();
        table.row([
            count(point.reps),
            count(point.instances.into()),
            if point.holds { "✓ holds" } else { "✗ exceeded" }.to_owned(),
            number(point.peak_milli as f64 / 1e3),
            ppm(point.utilisation_ppm.into()),
            ppm(point.refused_ppm.into()),
            time(point.worst_p95),
            first.map_or(String::new(), |broken| format!("{}; {}", broken.limit, full(&broken.full))),
        ]);
    }
    let mut section = Section { tag: Some(SIMULATED), ..Section::new("grid", "Reps and instances") };
    section.add(On::All, "", Body::Table(table));
    section
}

/// What to do.
fn of_advice(advice: &Advice) -> Section {
    let (up_to, n) = (count(advice.tried_up_to.into()), |n: u32| {
        counted(n.into(), "instance is enough for", "instances are enough for")
    });
    let mut items = vec![match (advice.instances, advice.with_headroom) {
        (None, _) => {
            Item::marked(Mark::BAD, format!("even {up_to} instances are not enough: something else is saturated"))
        }
        (Some(needed), None) => {
            let text = format!("{} them; none of up to {up_to} with the headroom wanted", n(needed));
            Item::marked(Mark::NOTE, text)
        }
        (Some(needed), Some(with)) => {
            let text = format!("{} them; with the headroom wanted, {}", n(needed), count(with.into()));
            Item::marked(Mark::GOOD, text)
        }
    }];
    for policy in &advice.policies {
        let text = format!(
            "retries {}{}: peak {} requests/s, {}, {} refused, {}",
            policy.retrying.retries,
            if policy.retrying.jitter { " with jitter" } else { "" },
            number(policy.peak_milli as f64 / 1e3),
            counted(policy.totals.retries, "retry", "retries"),
            count(policy.totals.refused()),
            if policy.holds {
                "every limit held".to_owned()
            } else {
                let pieces = counted(policy.broken_bins.into(), "piece", "pieces");
                format!("limits exceeded in {pieces} of the day")
            }
        );
        items.push(Item::marked(if policy.holds { Mark::GOOD } else { Mark::BAD }, text));
    }
    // Of each radio the least that it cannot carry in time, and the most.
    for of_radio in advice.beyond_physics.chunk_by(|one, other| one.radio == other.radio) {
        let (least, most) = (of_radio.iter().min_by_key(|i| i.takes), of_radio.iter().max_by_key(|i| i.takes));
        for of in least.into_iter().chain(most.filter(|most| Some(*most) != least)) {
            let (op, limit, takes, speed) = (of.op, time(of.limit), time(of.takes), count(of.uplink_kbit_s));
            let text = format!(
                "{op} cannot take less than {limit} for {} over {}: the transfer alone takes {takes} at {speed} kbit/s",
                of.what, of.radio
            );
            items.push(Item::marked(Mark::NOTE, text));
        }
    }
    let mut section = Section { tag: Some(SIMULATED), ..Section::new("advice", "Advice") };
    let how = "The same day with other numbers of instances, and with other retry policies.";
    section.add(On::All, "", Body::Text(how.to_owned()));
    section.add(On::All, "", Body::List(items));
    section
}
