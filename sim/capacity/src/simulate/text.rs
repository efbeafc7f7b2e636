//! Answers for a terminal, in plain text.

use super::limits::rate_milli;
use super::{Advice, Bin, Grid, Outcome, Resource, Tally};
use fieldday_kernel::time::{Span, Zone};
use std::fmt::Write;

/// So many lines of the day are shown: those with the most requests and trouble, in the order of time.
const LINES: usize = 16;

/// How a fleet's day went.
pub fn outcome(outcome: &Outcome, zone: &Zone) -> String {
    let mut out = String::new();
    // Into a string: it cannot fail.
    let _ = write_outcome(&mut out, outcome, zone);
    out
}

fn write_outcome(out: &mut String, of: &Outcome, zone: &Zone) -> std::fmt::Result {
    let asked = of.what_if.as_ref().map_or(String::new(), |what_if| format!(", what if {what_if}"));
    writeln!(out, "{}  seed {:#x}{asked}: simulated", of.scenario, of.seed)?;
    let plant = &of.plant;
    writeln!(
        out,
        "  {} reps in {} cells; {} instances of {} workers; retries {}{}",
        of.reps,
        of.cells,
        plant.instances,
        plant.workers,
        of.retrying.retries,
        if of.retrying.jitter { " with jitter" } else { ", without jitter" }
    )?;
    match &of.first_broken {
        None => writeln!(out, "\n  ✓ every limit held in each {} minutes", plant.hold.every_minutes)?,
        Some(_) => writeln!(out, "\n  ✗ it does not carry them:")?,
    }
    for broken in &of.broken {
        let about = broken.op.map_or(String::new(), |op| format!(" for {op}"));
        let full: Vec<&str> = broken.full.iter().map(|what| word(*what)).collect();
        let full = if full.is_empty() { "nothing was full".to_owned() } else { format!("full: {}", full.join(", ")) };
        writeln!(
            out,
            "    {} {}{about}: {}, allowed {}; {full}; in {} of {} pieces of the day",
            clock(zone, broken.at),
            broken.limit,
            broken.found,
            broken.allowed,
            broken.bins,
            of.bins.len()
        )?;
    }
    write_tally(out, &of.totals)?;
    writeln!(
        out,
        "\n  local      requests/s  workers  database  waiting       in plant  inst.  refused     late    slowest p95"
    )?;
    for bin in shown(&of.bins) {
        let slowest = bin.latencies.iter().max_by_key(|latency| latency.p95);
        let slowest = slowest.map_or(String::new(), |latency| format!("{} {}", time(latency.p95), latency.op));
        writeln!(
            out,
            "  {:<9}{:>12}{:>9}{:>10}{:>9}{:>15}{:>7}{:>9}{:>9}    {slowest}",
            clock(zone, bin.at),
            milli(rate_milli(bin)),
            share(bin.utilisation_ppm),
            bin.database_ppm.map_or("-".to_owned(), share),
            bin.queue_max,
            milli(bin.in_plant_mean_milli),
            bin.instances,
            share(bin.tally.refused_ppm()),
            share(bin.tally.late_ppm()),
        )?;
    }
    writeln!(
        out,
        "\n  {:<28}{:>10}{:>9}{:>9}{:>10}{:>10}{:>10}{:>12}",
        "time in the plant", "requests", "retries", "refused", "p50", "p95", "p99", "worst p95"
    )?;
    for of in &of.endpoints {
        let latency = |at: fn(&super::Latency) -> Span| of.latency.as_ref().map_or("-".to_owned(), |l| time(at(l)));
        writeln!(
            out,
            "  {:<28}{:>10}{:>9}{:>9}{:>10}{:>10}{:>10}{:>12}",
            of.op.label(),
            of.tally.offered,
            of.tally.retries,
            share(of.tally.refused_ppm()),
            latency(|l| l.p50),
            latency(|l| l.p95),
            latency(|l| l.p99),
            of.worst_p95.map_or("-".to_owned(), time),
        )?;
    }
    if !of.saturations.is_empty() {
        writeln!(out, "\n  full:")?;
    }
    for full in &of.saturations {
        // What turns away for a moment at a time has no length.
        let during = match full.during {
            Span::ZERO => format!("in {} of {} pieces of the day", full.bins, of.bins.len()),
            during => format!("for {} in all", time(during)),
        };
        writeln!(out, "    {:<12} first at {}, {during}", word(full.what), clock(zone, full.first))?;
    }
    writeln!(out, "\n  assumed:")?;
    for assumption in &of.assumptions {
        writeln!(out, "    {}: {} ({})", assumption.about, assumption.value, assumption.source)?;
    }
    writeln!(out, "\n  fingerprint {}", of.fingerprint)
}

fn write_tally(out: &mut String, of: &Tally) -> std::fmt::Result {
    writeln!(
        out,
        "\n  {} requests ({} of them retries): {} served, {} rate-limited (429), {} turned away (503), {} timed out (504), {} broken off; {} too late for the app",
        of.offered, of.retries, of.served, of.rate_limited, of.turned_away, of.timed_out, of.broken, of.too_late
    )
}

/// The busiest pieces of the day and the most troubled.
fn shown(bins: &[Bin]) -> Vec<&Bin> {
    let mut by_interest: Vec<usize> = (0..bins.len()).collect();
    let interest = |bin: &Bin| (bin.tally.refused_ppm().max(bin.tally.late_ppm()), bin.tally.offered);
    by_interest.sort_by_key(|i| std::cmp::Reverse(interest(&bins[*i])));
    by_interest.truncate(LINES);
    by_interest.sort();
    by_interest.into_iter().map(|i| &bins[i]).collect()
}

/// A table over reps and instances.
pub fn grid(grid: &Grid) -> String {
    let mut out = format!(
        "  {:>10}{:>11}{:>9}{:>12}{:>9}{:>9}{:>12}  {}\n",
        "reps", "instances", "holds", "requests/s", "workers", "refused", "worst p95", "first to break"
    );
    for point in &grid.points {
        let first = point.first_broken.as_ref().map_or(String::new(), |broken| {
            let full: Vec<&str> = broken.full.iter().map(|what| word(*what)).collect();
            format!("{} ({})", broken.limit, if full.is_empty() { "nothing full".to_owned() } else { full.join(", ") })
        });
        let _ = writeln!(
            out,
            "  {:>10}{:>11}{:>9}{:>12}{:>9}{:>9}{:>12}  {first}",
            point.reps,
            point.instances,
            if point.holds { "✓" } else { "✗" },
            milli(point.peak_milli),
            share(point.utilisation_ppm),
            share(point.refused_ppm),
            time(point.worst_p95),
        );
    }
    out
}

/// What to do.
pub fn advice(advice: &Advice) -> String {
    let mut out = String::from(
        "\nADVICE  computed: the same day again with other instances, and with apps that retry otherwise\n",
    );
    let _ = match (advice.instances, advice.with_headroom) {
        (None, _) => writeln!(out, "  not even {} instances carry them: something else is full", advice.tried_up_to),
        (Some(needed), None) => writeln!(
            out,
            "  {needed} instances carry them; none of up to {} with the headroom wanted",
            advice.tried_up_to
        ),
        (Some(needed), Some(with)) => {
            writeln!(out, "  {needed} instances carry them; with the headroom wanted, {with}")
        }
    };
    for policy in &advice.policies {
        let _ = writeln!(
            out,
            "  retries {}{}: peak {} requests/s, {} retries, {} refused, {}",
            policy.retrying.retries,
            if policy.retrying.jitter { " with jitter" } else { "" },
            milli(policy.peak_milli),
            policy.totals.retries,
            policy.totals.rate_limited + policy.totals.turned_away + policy.totals.timed_out + policy.totals.broken,
            if policy.holds {
                "every limit held".to_owned()
            } else {
                format!("limits broke in {} pieces of the day", policy.broken_bins)
            },
        );
    }
    // Of each radio the least that it cannot carry in time, and the most.
    for of_radio in advice.beyond_physics.chunk_by(|one, other| one.radio == other.radio) {
        let (least, most) = (of_radio.iter().min_by_key(|i| i.takes), of_radio.iter().max_by_key(|i| i.takes));
        for impossible in least.into_iter().chain(most.filter(|most| Some(*most) != least)) {
            let _ = writeln!(
                out,
                "  {} within {} is out of reach for {} over {}: at {} kbit/s it takes {} alone",
                impossible.op,
                time(impossible.limit),
                impossible.what,
                impossible.radio,
                impossible.uplink_kbit_s,
                time(impossible.takes)
            );
        }
    }
    out
}

/// What can be full, in a word.
pub fn word(what: Resource) -> &'static str {
    match what {
        Resource::Workers => "workers",
        Resource::Queue => "queues",
        Resource::Database => "database",
        Resource::RateLimit => "rate limit",
        Resource::Scaling => "autoscaling",
        Resource::Instances => "instances",
    }
}

fn clock(zone: &Zone, at: fieldday_kernel::time::Time) -> String {
    zone.time_of_day(at).to_string()
}
fn share(ppm: u32) -> String {
    format!("{}.{} %", ppm / 10_000, ppm % 10_000 / 1_000)
}
fn milli(milli: u64) -> String {
    format!("{}.{}", milli / 1_000, milli % 1_000 / 100)
}
fn time(span: Span) -> String {
    span.to_string()
}
