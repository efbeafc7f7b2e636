//! The simulated part of the report.

use super::document::{Kind, Part};
use super::html;
use crate::simulate::{Outcome, Resource, Tally};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_paint::chart::{self, Line, LineChart, Scale};
use fieldday_paint::frame::Frame;
use fieldday_paint::units::{count, counted, micros, number};

fn time(span: Span) -> String {
    micros(span.as_micros().max(0).unsigned_abs())
}

fn share(ppm: u32) -> String {
    format!("{:.1} %", f64::from(ppm) / 1e4)
}

/// What can be full, in a word.
fn word(what: Resource) -> &'static str {
    match what {
        Resource::Workers => "workers",
        Resource::Queue => "queues",
        Resource::Database => "database connections",
        Resource::RateLimit => "the rate limit",
        Resource::Scaling => "autoscaling",
        Resource::Instances => "instances",
    }
}

/// The page of a simulation alone.
pub fn page(outcome: &Outcome) -> String {
    let parts = parts(outcome);
    let mut body = String::from("<h1>A fleet's day, simulated</h1>");
    for part in &parts {
        let charts = if part.id == "course" { chart(outcome) } else { String::new() };
        body.push_str(&html::section(part, &charts));
    }
    let sections: Vec<(&str, String)> = parts.iter().map(|part| (part.id, part.title.clone())).collect();
    let title = format!("Capacity: {}, simulated", outcome.scenario);
    Frame { title: &title, kind: "Capacity", sections: &sections, body: &body, data: &[], scripts: &[] }.html()
}

/// What came, what was served and what was refused, piece by piece of the day.
pub(super) fn chart(outcome: &Outcome) -> String {
    let labels: Vec<String> = outcome.bins.iter().map(|bin| moment(outcome.from, bin.at)).collect();
    let line = |name: &str, colour, of: &dyn Fn(&Tally) -> u64| Line {
        name: name.to_owned(),
        colour,
        values: outcome.bins.iter().map(|bin| Some(per_s(of(&bin.tally), bin.span))).collect(),
    };
    let lines = vec![
        line("offered", "c1", &|of| of.offered),
        line("served", "c7", &|of| of.served),
        line("retries", "c3", &|of| of.retries),
        line("refused or timed out", "bad", &|of| refused(of) + of.timed_out),
    ];
    let scale = Scale::linear(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let busy = outcome.bins.iter().map(|bin| share(bin.utilisation_ppm)).collect();
    LineChart {
        id: "chart-course",
        title: "Requests a second over the day, simulated",
        alt: "Requests offered, served, repeated and refused a second, over the simulated time.".to_owned(),
        note: String::new(),
        kind: chart::Kind::Lines,
        scale,
        columns: "From",
        labels: &labels,
        lines,
        rules: Vec::new(),
        words: number,
        more: vec![("workers busy".to_owned(), busy)],
    }
    .html()
}

/// A moment in UTC, as short as it can be: `07:45Z`, and `+1 d 02:30Z` on the day after the first one.
fn moment(from: Time, at: Time) -> String {
    let utc = Zone::utc();
    let (time, later) = (utc.time_of_day(at).to_string(), utc.date(at).days() - utc.date(from).days());
    let day = if later == 0 { String::new() } else { format!("+{later} d ") };
    format!("{day}{}Z", time.strip_suffix(":00").unwrap_or(&time))
}

fn per_s(count: u64, span: Span) -> f64 {
    count as f64 * 1e6 / span.as_micros().max(1) as f64
}

/// Its parts.
pub fn parts(outcome: &Outcome) -> Vec<Part> {
    vec![summary(outcome), course(outcome), endpoints(outcome), assumptions(outcome)]
}

fn summary(outcome: &Outcome) -> Part {
    let mut part = Part::new("simulated", "A fleet's day against a plant", Kind::Simulated);
    let of = &outcome.totals;
    part.says.push(format!(
        "{} of the scenario {} from {} to {}: {}; {} served, {} refused, {} timed out.",
        counted(outcome.reps, "rep", "reps"),
        outcome.scenario,
        outcome.from,
        outcome.until,
        counted(of.offered, "request", "requests"),
        count(of.served),
        count(refused(of)),
        count(of.timed_out)
    ));
    part.says.push(match &outcome.first_broken {
        Some(first) => {
            let full: Vec<&str> = first.full.iter().map(|what| word(*what)).collect();
            let full = if full.is_empty() { String::new() } else { format!("; full then: {}", full.join(", ")) };
            format!(
                "First to break: {} at {} ({}, allowed {}){full}.",
                first.limit, first.at, first.found, first.allowed
            )
        }
        None => "Every limit held.".to_owned(),
    });
    part.heads = vec!["full", "first", "for"];
    for of in &outcome.saturations {
        part.rows.push(vec![word(of.what).to_owned(), of.first.to_string(), time(of.during)]);
    }
    part
}

fn refused(of: &Tally) -> u64 {
    of.rate_limited + of.turned_away + of.broken
}

fn course(outcome: &Outcome) -> Part {
    let mut part = Part::new("course", "Its course", Kind::Simulated);
    part.heads = vec!["from", "requests/s", "refused", "instances", "workers busy", "waiting", "at most"];
    for bin in &outcome.bins {
        part.rows.push(vec![
            moment(outcome.from, bin.at),
            number(per_s(bin.tally.offered, bin.span)),
            count(refused(&bin.tally)),
            bin.instances.to_string(),
            share(bin.utilisation_ppm),
            number(bin.queue_mean_milli as f64 / 1e3),
            count(bin.queue_max),
        ]);
    }
    part
}

fn endpoints(outcome: &Outcome) -> Part {
    let mut part = Part::new("simulated-endpoints", "By endpoint, simulated", Kind::Simulated);
    part.heads = vec!["endpoint", "requests", "refused", "p50", "p95", "p99", "worst p95", "at"];
    for of in &outcome.endpoints {
        let at = |value: Option<Span>| value.map_or("–".to_owned(), time);
        part.rows.push(vec![
            of.op.label().to_owned(),
            count(of.tally.offered),
            count(refused(&of.tally)),
            at(of.latency.map(|latency| latency.p50)),
            at(of.latency.map(|latency| latency.p95)),
            at(of.latency.map(|latency| latency.p99)),
            at(of.worst_p95),
            of.worst_at.map_or(String::new(), |at| at.to_string()),
        ]);
    }
    part
}

fn assumptions(outcome: &Outcome) -> Part {
    let mut part = Part::new("simulated-assumptions", "What the simulation rests on", Kind::Simulated);
    part.heads = vec!["about", "assumed", "source"];
    part.rows =
        outcome.assumptions.iter().map(|of| vec![of.about.clone(), of.value.clone(), of.source.clone()]).collect();
    part
}
