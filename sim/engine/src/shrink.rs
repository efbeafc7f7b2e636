//! Makes a failure small: takes out of the scenario and its plan whatever it does without, and keeps only what gives the same
//! kind of violation.
//!
//! Values first, since one of them can take much with it: a clean network, no trouble, no habits. Then the plan's elements by
//! name, from the outside in: tenants, people, what people do. Streams stay put, so what remains behaves as it did.
//! Candidates of a round are tried side by side, and the first in order that still fails is taken: the result does not
//! depend on the number of threads.

use crate::cell::{CellRun, Keep};
use crate::run::NoThreads;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use fieldday_plan::Plan;
use fieldday_rules::{Measures, Signature, Violation};
use fieldday_scenario::persona::HabitsForAll;
use fieldday_scenario::{Intruders, Kills, Modes, Network, Office, Scenario, Shunya, Switches, Visits};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A failure: where it is, and of which kind.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario that it happens in.
    pub scenario: Scenario,
    /// The seed of the plan.
    pub seed: u64,
    /// The place of the cell in the plan.
    pub cell: u32,
    /// The rule, endpoint and form that violations of its kind share.
    pub signature: Signature,
}

/// The size of a failing case, in several measures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// The number of tenants in the cell.
    pub tenants: u64,
    /// Clients that sent anything up to the violation.
    pub clients: u64,
    /// The number of attempts up to the violation.
    pub calls: u64,
    /// The number of events up to the violation.
    pub events: u64,
    /// The violation that remains.
    pub violation: Violation,
}

/// Something that can be made simpler.
type Simplify = fn(&mut Scenario);

const SIMPLER: &[Simplify] = &[
    |s| s.must_exercise.clear(),
    |s| s.limits.clear(),
    |s| s.intruders.per_tenant = 0,
    |s| s.proof.rounds = 0,
    |s| s.proof.app = false,
    |s| s.office.actions_per_rep = (0, 0),
    |s| s.mishap.clear(),
    |s| s.outage.clear(),
    |s| s.kills = Kills::default(),
    |s| (s.network.trace, s.network.trace_down) = (None, None),
    |s| s.network.personas.clear(),
    |s| s.network.territories.clear(),
    |s| "clean".clone_into(&mut s.network.profile),
    |s| (s.network.valleys, s.network.dead_roads, s.network.old_masts) = (0, 0, 0),
    |s| (s.network.gap_ppm, s.network.gap_minutes) = (0, Network::default().gap_minutes),
    |s| s.network.portal_ppm = 0,
    |s| s.visits.basement_ppm = 0,
    |s| (s.visits.no_show_ppm, s.visits.cancelled_ppm) = (0, 0),
    |s| s.visits.modes = Modes { full: 1, ghost: 0, ephemeral: 0 },
    |s| (s.shunya.fails_ppm, s.shunya.nulls_ppm) = (0, 0),
    |s| s.network.five_g_percent = Network::default().five_g_percent,
    |s| s.visits.audio_kbit_s = Visits::default().audio_kbit_s,
    |s| s.intruders = Intruders { per_tenant: s.intruders.per_tenant, ..Intruders::default() },
    |s| s.office = Office { actions_per_rep: s.office.actions_per_rep, ..Office::default() },
    |s| s.shunya = Shunya { fails_ppm: s.shunya.fails_ppm, nulls_ppm: s.shunya.nulls_ppm, ..Shunya::default() },
    |s| s.switches = Switches::default(),
];

/// What makes a scenario simpler, in the order in which it is tried: what is there to go wrong, then what people do.
fn steps() -> impl Iterator<Item = Box<dyn Fn(&mut Scenario)>> {
    let values = SIMPLER.iter().map(|step| Box::new(step) as Box<dyn Fn(&mut Scenario)>);
    let habits = HabitsForAll::ALL.iter().map(|(name, most)| {
        // Most habits are shares of occasions. Somebody patient, who looks at the dashboard rarely, makes the fewest calls;
        // somebody who is never early or late has the plainest day.
        let is_most = matches!(*name, "patience_s" | "looks_at_dashboard_every_minutes");
        let value = if is_most { *most } else { 0 };
        Box::new(move |scenario: &mut Scenario| scenario.people.habits.give(name, value)) as Box<_>
    });
    values.chain(habits)
}

/// The events of a case up to its violation, and how large it is; none if it does not fail that way.
pub fn look(case: &Case, stop: &AtomicBool) -> Option<(Vec<Event>, Size)> {
    let plan = Plan::new(Arc::new(case.scenario.clone()), case.seed).ok()?;
    let cell = plan.cell(case.cell);
    let tenants = cell.tenants.len() as u64;
    let keep = Keep { history: false, events: true };
    let (outcome, _) = CellRun::new(plan.scenario(), cell, keep, Measures::default()).run(stop);
    let violation = outcome.findings.violations.into_iter().find(|v| v.signature() == case.signature)?;
    let mut events = outcome.kept.unwrap_or_default();
    events.truncate(violation.event as usize + 1);
    let sent = || events.iter().filter(|event| matches!(event.what, EventKind::Sent(_)));
    let mut clients: Vec<u32> = sent().map(|event| event.client).collect();
    clients.sort_unstable();
    clients.dedup();
    let (calls, count) = (sent().count() as u64, events.len() as u64);
    Some((events, Size { tenants, clients: clients.len() as u64, calls, events: count, violation }))
}

fn fails(case: &Case, stop: &AtomicBool) -> bool {
    look(case, stop).is_some()
}

/// Makes a case small. `on_step` is told after each step what was taken. Stopped early, it gives the best so far.
pub fn shrink(
    case: &Case,
    threads: usize,
    stop: &AtomicBool,
    mut on_step: impl FnMut(&str) + Send,
) -> Result<Case, NoThreads> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    Ok(pool.install(|| {
        let mut best = case.clone();
        loop {
            let before = (best.scenario.clone(), best.scenario.remove.len());
            simplify(&mut best, stop, &mut on_step);
            for depth in 1..=6 {
                remove(&mut best, depth, stop, &mut on_step);
            }
            // Until nothing more can go: what was taken last may have made something else superfluous.
            if before == (best.scenario.clone(), best.scenario.remove.len()) || stop.load(Ordering::Relaxed) {
                return best;
            }
        }
    }))
}

fn simplify(best: &mut Case, stop: &AtomicBool, on_step: &mut impl FnMut(&str)) {
    for simpler in steps() {
        let mut candidate = best.clone();
        simpler(&mut candidate.scenario);
        if candidate.scenario == best.scenario || stop.load(Ordering::Relaxed) {
            continue;
        }
        // An interrupted run shows nothing: only what was seen to fail is kept.
        let never = AtomicBool::new(false);
        if fails(&candidate, &never) {
            *best = candidate;
            on_step("a simpler scenario");
        }
    }
}

/// Takes out elements whose names have this many parts below the cell's.
fn remove(best: &mut Case, depth: usize, stop: &AtomicBool, on_step: &mut impl FnMut(&str)) {
    let Ok(plan) = Plan::new(Arc::new(best.scenario.clone()), best.seed) else { return };
    let mut names = plan.cell(best.cell).names();
    names.retain(|name| name.matches('/').count() == depth);
    let mut size = names.len();
    while size > 0 {
        let mut from = 0;
        while from < names.len() {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            // The chunks that are left, side by side; the first that is not needed goes.
            let chunks: Vec<&[String]> = names[from..].chunks(size).take(rayon::current_num_threads() * 2).collect();
            let without = |chunk: &&[String]| {
                let mut candidate = best.clone();
                candidate.scenario.remove.extend(chunk.iter().cloned());
                fails(&candidate, &AtomicBool::new(false)).then_some(candidate)
            };
            let tried: Vec<Option<Case>> = chunks.par_iter().map(without).collect();
            match tried.iter().position(Option::is_some) {
                Some(place) => {
                    let start = from + place * size;
                    let gone: Vec<String> = names.drain(start..(start + size).min(names.len())).collect();
                    best.scenario.remove.extend(gone);
                    on_step(&format!("{} elements left to try", names.len()));
                    from = start;
                }
                None => from += chunks.len() * size,
            }
        }
        size /= 2;
    }
}

/// The first moment from which on no repair helps: with every defect switched off from there, the violation still comes. None
/// if the case has no defect.
pub fn point_of_no_return(case: &Case) -> Option<Span> {
    if case.scenario.defects.is_empty() {
        return None;
    }
    let (events, size) = look(case, &AtomicBool::new(false))?;
    let plan = Plan::new(Arc::new(case.scenario.clone()), case.seed).ok()?;
    let still_fails = |at: Span| {
        let cell = plan.cell(case.cell);
        let start = cell.start;
        let run = CellRun::new(plan.scenario(), cell, Keep::default(), Measures::default());
        run.run_to(start + at);
        run.heal();
        let (outcome, _) = run.run(&AtomicBool::new(false));
        outcome.findings.violations.iter().any(|v| v.signature() == case.signature)
    };
    let mut moments: Vec<Span> = events.iter().map(|event| event.at).collect();
    moments.dedup();
    let _ = size;
    let place = moments.partition_point(|at| !still_fails(*at));
    moments.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::readings::{ClockInRepeat, PageBeyond};
    use fieldday_api::rules::Rule;
    use fieldday_scenario::{Limit, TraceFiles, keys};
    use std::collections::BTreeSet;

    const KEPT: &[(&str, &str)] = &[
        ("name", "no day depends on it"),
        ("about", "no day depends on it"),
        ("defects", "they are what the case is about"),
        ("remove", "shrinking writes it itself"),
        ("day.dates", "the cell's number counts the cells of all dates"),
        ("day.leave_home", "another hour makes another day, not a smaller one"),
        ("day.latest", "another hour makes another day, not a smaller one"),
        ("people.reps", "people are taken out one by one, by name"),
        ("people.tenants", "tenants are taken out one by one, by name"),
        ("people.tenants_per_cell", "tenants are taken out one by one, by name"),
        ("people.reps_per_tenant", "people are taken out one by one, by name"),
        ("people.territories", "another place makes other people, not fewer"),
        ("people.demo", "another organisation makes other people, not fewer"),
        ("people.mix", "another mix makes other people, not fewer"),
        ("live", "it says how a day is lived on the wall clock; shrinking lives it on the virtual one"),
        ("plant", "it serves capacity simulations alone"),
        ("dialect", "it matters for HTTP targets alone"),
        ("contract", "it matters for HTTP targets alone"),
        ("rules", "a rule that is no longer muted would break in its place"),
        ("data", "it matters for HTTP targets alone"),
        ("tokens", "it matters for HTTP targets alone"),
    ];

    #[test]
    fn every_key_of_a_scenario_is_made_simpler_or_kept_for_a_reason() {
        let mut simplified = BTreeSet::new();
        for mut scenario in (0..20).map(|seed| Scenario::load("rough").unwrap().swarm(seed).0) {
            scenario.must_exercise = vec![Rule::AppBackoff].into();
            scenario.limits = vec![Limit::parse("error rate < 0.5 %").unwrap()];
            scenario.intruders.probes = (3, 4);
            (scenario.network.trace, scenario.network.trace_down) = (Some("up".to_owned()), Some("down".to_owned()));
            let files = TraceFiles { trace: "up".to_owned(), trace_down: None };
            scenario.network.personas.insert("steady".to_owned(), files.clone());
            scenario.network.territories.insert("newark".to_owned(), files);
            scenario.switches = Switches {
                start_queued: true,
                audio_put_30s: true,
                send_bare_clock_in: true,
                geofence_m: 200,
                leeway_s: 0,
                token_life_s: 5,
                url_life_minutes: 1,
                health_path: "/alive".to_owned(),
                optional_endpoints: true,
                accept_422: true,
                page_default: 50,
                page_beyond: PageBeyond::Cut,
                appointments_page: true,
                clock_in_repeat: ClockInRepeat::Refuse,
            };
            for step in steps() {
                let mut simpler = scenario.clone();
                step(&mut simpler);
                simplified.extend(keys::changed(&scenario, &simpler));
            }
        }
        assert_eq!(keys::uncovered(&simplified, KEPT), Vec::<String>::new());
    }
}
