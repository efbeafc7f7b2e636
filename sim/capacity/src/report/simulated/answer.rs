//! The answer in sentences.

use super::limits::{first, full};
use super::moments::{moment, time};
use super::{Answered, Missing, Simulation};
use crate::simulate::{Grid, LimitOutcome, Outcome};
use fieldday_paint::units::{count, counted, number, ppm};

/// `4 instances`
pub(super) fn instances(n: u32) -> String {
    counted(n.into(), "instance", "instances")
}
/// `10,000 reps`
pub(super) fn reps(n: u64) -> String {
    counted(n, "rep", "reps")
}

pub(super) fn sentences(of: &Simulation) -> Vec<String> {
    let mut says: Vec<String> = of.interrupted.iter().map(|missing| interrupted(of, *missing)).collect();
    let with = of.asked.what_if.as_ref().map_or(String::new(), |what_if| format!(" with {what_if}"));
    if let Some(outcome) = &of.outcome {
        says.push(headline(of, outcome, &with));
        says.extend(outcome.exceeded().map(|limit| exceeded(outcome, limit)));
        says.extend(outcome.undecided().map(undecided));
        says.push(load(outcome));
    }
    says.extend(of.without.iter().zip(&of.outcome).map(|(without, outcome)| change(without, outcome)));
    if let Some(grid) = &of.grid {
        let held = grid.points.iter().filter(|point| point.holds && point.undecided.is_empty()).count();
        let all = counted(grid.points.len() as u64, "point", "points");
        if !grid.points.is_empty() {
            says.push(format!("{} of {all} hold every limit{with}: {}.", count(held as u64), of.asked.scenario));
        }
        // Of a number of reps whose other points are missing, nothing is known of how many instances are enough.
        let all = if of.interrupted == Some(Missing::Points) { of.asked.instances.len() } else { 1 };
        says.extend(enough(grid, all));
        says.extend(advised(grid));
    }
    if let Some(advice) = &of.advice {
        says.push(format!("Advice: {}", super::advice::instances(&advice.enough)));
    }
    says
}

/// What is missing of an answer, and what the sentences after this one are about.
fn interrupted(of: &Simulation, missing: Missing) -> String {
    let until = of.outcome.as_ref().map(|outcome| moment(outcome.from, outcome.until, &outcome.zone()));
    let points = of.grid.as_ref().map_or(0, |grid| grid.points.len());
    match missing {
        Missing::RestOfDay => {
            format!(
                "Interrupted: the day was simulated until {}, and nothing is known of its rest.",
                until.unwrap_or_default()
            )
        }
        Missing::Comparison => {
            "Interrupted: the day is complete, but the day without the change, to compare it with, is missing."
                .to_owned()
        }
        Missing::Advice if of.grid.is_some() => "Interrupted: the table is complete, but its advice is not.".to_owned(),
        Missing::Advice => "Interrupted: the day is complete, but its advice is missing.".to_owned(),
        Missing::Points => {
            let all = (of.asked.reps.len() * of.asked.instances.len()) as u64;
            format!(
                "Interrupted: {} of {} of the table were simulated.",
                count(points as u64),
                counted(all, "point", "points")
            )
        }
    }
}

fn headline(of: &Simulation, outcome: &Outcome, with: &str) -> String {
    let (n, reps) = (outcome.plant.instances, reps(outcome.reps));
    let (who, whose) = (instances(n), format!("{reps} of {}{with}", outcome.scenario));
    if of.interrupted == Some(Missing::RestOfDay) {
        let (exceeded, all) = (outcome.exceeded().count() as u64, outcome.limits.len() as u64);
        return format!(
            "{whose} on {who}: until then {} of {} exceeded.",
            count(exceeded),
            counted(all, "limit is", "limits are")
        );
    }
    match of.found() {
        Answered::Exceeded => {
            let exceeded = outcome.exceeded().count() as u64;
            let (does, limits) = (if n == 1 { "does" } else { "do" }, count(outcome.limits.len() as u64));
            let are = if exceeded == 1 { "is" } else { "are" };
            format!("{who} {does} not serve {whose} within the limits: {} of {limits} {are} exceeded.", count(exceeded))
        }
        Answered::Inconclusive => {
            let open = counted(outcome.undecided().count() as u64, "limit is", "limits are");
            format!("Whether {who} can serve {whose} is open: no limit is exceeded, and {open} undecided.")
        }
        Answered::Holds | Answered::HoldsInPart | Answered::Interrupted => {
            let serves = if n == 1 { "serves" } else { "serve" };
            let left = outcome.limits.iter().filter(|limit| limit.result.actual.is_none()).count() as u64;
            let but = match left {
                0 => String::new(),
                left => format!("; {} cannot be judged by a simulation", counted(left, "limit", "limits")),
            };
            format!("{who} {serves} {whose} within every limit{but}.")
        }
    }
}

fn exceeded(outcome: &Outcome, limit: &LimitOutcome) -> String {
    let result = &limit.result;
    let (found, allowed) = (result.actual_words(), result.bound_words());
    let first = first(outcome, limit).map(|broken| {
        let at = moment(outcome.from, broken.at, &outcome.zone());
        let about = broken.op.map_or(String::new(), |op| format!(" for {op}"));
        format!(", first at {at}{about}; {}", full(&broken.full))
    });
    format!("Exceeded: {} (found {found}, allowed {allowed}){}.", result.text, first.unwrap_or_default())
}

fn undecided(limit: &LimitOutcome) -> String {
    format!("Undecided: {} ({}).", limit.result.text, limit.result.note.as_deref().unwrap_or("nothing was measured"))
}

fn load(of: &Outcome) -> String {
    let minutes = of.plant.hold.every_minutes;
    format!(
        "In the busiest {minutes} minutes {} requests/s arrived and {} of the workers' time was used; {} waited for a worker.",
        number(of.peak_milli() as f64 / 1e3),
        ppm(of.peak_utilisation_ppm().into()),
        match of.queue_max() {
            0 => "no request".to_owned(),
            most => format!("at most {}", counted(most, "request", "requests")),
        }
    )
}

fn change(without: &Outcome, with: &Outcome) -> String {
    let what_if = with.what_if.as_deref().unwrap_or("it");
    let (is, was) = (number(with.peak_milli() as f64 / 1e3), number(without.peak_milli() as f64 / 1e3));
    let p95 = |of: &Outcome| of.p95().map_or("not known".to_owned(), time);
    format!(
        "{what_if} changes the busiest interval from {was} to {is} requests/s and the greatest p95 from {} to {}; without it {}.",
        p95(without),
        p95(with),
        if without.holds { "no limit is exceeded" } else { "a limit is exceeded, too" }
    )
}

/// For each number of reps with so many points at least, the fewest instances that are enough.
fn enough(grid: &Grid, least: usize) -> Vec<String> {
    let of_reps = grid.points.chunk_by(|one, other| one.reps == other.reps).filter(|points| points.len() >= least);
    let sentence = |points: &[crate::simulate::GridPoint]| {
        let held = points.iter().filter(|point| point.holds && point.undecided.is_empty());
        let most = points.iter().map(|point| point.instances).max()?;
        let who = reps(points.first()?.reps);
        Some(match held.map(|point| point.instances).min() {
            Some(1) => format!("{who}: 1 instance is enough."),
            Some(least) => format!("{who}: {} are enough.", instances(least)),
            None if points.len() == 1 => format!("{who}: {} is not enough.", instances(most)),
            None => format!("{who}: not even {} are enough.", instances(most)),
        })
    };
    of_reps.filter_map(sentence).collect()
}

/// For each number of reps with advice, how many instances are enough; and every point at which another way of retrying is.
fn advised(grid: &Grid) -> Vec<String> {
    let mut says = Vec::new();
    for points in grid.points.chunk_by(|one, other| one.reps == other.reps) {
        let advised = || points.iter().filter_map(|point| Some((point, point.advice.as_ref()?)));
        let Some((first, advice)) = advised().next() else { continue };
        says.push(format!("Advice for {}: {}", reps(first.reps), super::advice::instances(&advice.enough)));
        for (point, advice) in advised() {
            if let Some(helps) = advice.policies.iter().find(|policy| policy.holds) {
                says.push(format!(
                    "Advice for {} on {}: with {} every limit holds.",
                    reps(point.reps),
                    instances(point.instances),
                    super::advice::way(helps.retrying)
                ));
            }
        }
    }
    says
}
