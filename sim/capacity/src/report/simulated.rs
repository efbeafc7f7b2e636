//! The simulated part of the report.

use super::document::{Kind, Part};
use crate::simulate::{Outcome, Resource, Tally};
use fieldday_api::time::Span;
use fieldday_report::units::{count, counted, micros, number};

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

/// Its parts.
pub(super) fn parts(outcome: &Outcome) -> Vec<Part> {
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
        let seconds = bin.span.as_micros() as f64 / 1e6;
        part.rows.push(vec![
            bin.at.to_string(),
            number(bin.tally.offered as f64 / seconds.max(1e-6)),
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
