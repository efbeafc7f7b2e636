//! Makes a failure small: takes out of the scenario and its plan whatever it does without, and keeps only what gives the same
//! kind of violation.
//!
//! Values first, since one of them can take much with it: a clean network, no trouble, no habits. Then the plan's elements by
//! name, from the outside in: tenants, people, what people do. Streams stay put, so what remains behaves as it did.
//! Candidates of a round are tried side by side, and the first in order that still fails is taken: the result does not
//! depend on the number of threads.

use crate::cell::{CellRun, Keep};
use crate::run::NoThreads;
use fieldday_history::{Event, What};
use fieldday_kernel::time::Span;
use fieldday_plan::Plan;
use fieldday_rules::{Measures, Signature, Violation};
use fieldday_scenario::{Modes, Scenario};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A failure: where it is, and of which kind.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// The cell.
    pub cell: u32,
    /// The kind of violation.
    pub signature: Signature,
}

/// How large a failure is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// Tenants of the cell.
    pub tenants: u64,
    /// Clients that sent anything up to the violation.
    pub clients: u64,
    /// Attempts up to the violation.
    pub calls: u64,
    /// Events up to the violation.
    pub events: u64,
    /// The violation.
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
    |s| s.kills.ppm = 0,
    |s| "clean".clone_into(&mut s.network.profile),
    |s| (s.network.valleys, s.network.dead_roads, s.network.old_masts) = (0, 0, 0),
    |s| s.network.gap_ppm = 0,
    |s| s.network.portal_ppm = 0,
    |s| s.visits.basement_ppm = 0,
    |s| (s.visits.no_show_ppm, s.visits.cancelled_ppm) = (0, 0),
    |s| s.visits.modes = Modes { full: 1, ghost: 0, ephemeral: 0 },
    |s| (s.shunya.fails_ppm, s.shunya.nulls_ppm) = (0, 0),
    |s| s.people.habits.double_taps_ppm = Some(0),
    |s| s.people.habits.closes_app_while_uploading_ppm = Some(0),
    |s| s.people.habits.creates_task_ppm = Some(0),
    |s| s.people.habits.completes_task_ppm = Some(0),
    |s| s.people.habits.postpones_task_ppm = Some(0),
    |s| s.people.habits.messages_at_red_lights_ppm = Some(0),
    |s| s.people.habits.opens_details_ppm = Some(0),
    |s| s.people.habits.watches_results_ppm = Some(0),
    |s| s.people.habits.looks_back_ppm = Some(0),
    |s| s.people.habits.corrects_outcome_ppm = Some(0),
    |s| s.people.habits.records_late_ppm = Some(0),
    |s| s.people.habits.asks_otto_ppm = Some(0),
    |s| s.people.habits.posts_win_ppm = Some(0),
    |s| s.people.habits.writes_notes_ppm = Some(0),
    |s| s.people.habits.scrolls_ppm = Some(0),
    |s| s.people.habits.looks_at_dashboard_every_minutes = Some(600),
];

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
    let sent = || events.iter().filter(|event| matches!(event.what, What::Sent(_)));
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
    for simpler in SIMPLER {
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
                    on_step(&format!("{} elements left to look at", names.len()));
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
