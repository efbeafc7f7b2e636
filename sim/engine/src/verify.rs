//! Running twice and comparing: on one thread and on many, without a history and with one.
//!
//! What passing shows: that neither the number of threads nor recording changes an event, on this machine, in this build.
//! What it does not show: that another build or machine agrees. For that, known fingerprints are committed, and tested
//! in debug and release builds.

use crate::cell::{CellOutcome, CellRun, Keep};
use crate::run::{NoThreads, Options, RunOutcome, run};
use fieldday_history::Event;
use fieldday_kernel::fingerprint::CHECKPOINT_EVERY;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// Where two runs of the same plan part.
#[derive(Debug)]
pub struct Divergence {
    /// The name of the cell that differs.
    pub cell: String,
    /// After how many events they still agreed, as the checkpoints tell.
    pub agreed_until: u64,
    /// The first event that differs, if it did so again when the cell was run alone.
    pub first: Option<FirstDifference>,
}

/// The first event that differs.
#[derive(Debug)]
pub struct FirstDifference {
    /// Its number in the cell's stream, from 0.
    pub number: u64,
    /// The event of the first run; none if that run had ended.
    pub one: Option<Event>,
    /// The event of the second run; none if that run had ended.
    pub other: Option<Event>,
}

/// The result of running twice.
pub enum Verified {
    /// Both agree; this is the second one, with its history handed out.
    Agree(Box<RunOutcome>),
    /// The two runs differ, at this place.
    Differ(Box<Divergence>),
    /// Ended early: nothing can be said of the two, but this is what the last of them had by then.
    Interrupted(Box<RunOutcome>),
}

struct Print {
    fingerprint: Fingerprint,
    checkpoints: Vec<Fingerprint>,
}

/// Runs a plan on one thread without a history, then on `threads` threads with one, and compares cell by cell. `on_cell`
/// sees the cells of the second run.
pub fn verify<F>(plan: &Plan, threads: usize, stop: &AtomicBool, mut on_cell: F) -> Result<Verified, NoThreads>
where
    F: FnMut(CellOutcome) -> ControlFlow<()> + Send,
{
    let (mut prints, first) = (Vec::new(), plan.cells_run().start);
    let once = run(plan, &Options { threads: 1, keep: Keep::default(), stop }, |cell| {
        prints.push(Print { fingerprint: cell.fingerprint, checkpoints: cell.checkpoints });
        ControlFlow::Continue(())
    })?;
    if !once.complete {
        return Ok(Verified::Interrupted(Box::new(once)));
    }
    let mut differing = None;
    let keep = Keep { history: true, events: false };
    let twice = run(plan, &Options { threads, keep, stop }, |cell| {
        let before = &prints[(cell.index - first) as usize];
        if before.fingerprint != cell.fingerprint {
            let agreed = before.checkpoints.iter().zip(&cell.checkpoints).take_while(|(a, b)| a == b).count() as u64;
            differing = Some((cell.index, cell.name, agreed * CHECKPOINT_EVERY));
            return ControlFlow::Break(());
        }
        on_cell(cell)
    })?;
    if let Some((index, cell, agreed_until)) = differing {
        let first = find_first_difference(|| events_of(plan, index, stop));
        return Ok(Verified::Differ(Box::new(Divergence { cell, agreed_until, first })));
    }
    if !twice.complete {
        return Ok(Verified::Interrupted(Box::new(twice)));
    }
    Ok(Verified::Agree(Box::new(twice)))
}

fn events_of(plan: &Plan, index: u32, stop: &AtomicBool) -> Vec<Event> {
    let keep = Keep { history: false, events: true };
    let cell = CellRun::new(plan.scenario(), plan.cell(index), keep, Measures::default());
    cell.run(stop).0.kept.unwrap_or_default()
}

/// Runs again until two runs differ, a few times at most.
fn find_first_difference(mut run_again: impl FnMut() -> Vec<Event>) -> Option<FirstDifference> {
    let one = run_again();
    (0..4).find_map(|_| first_difference(&one, &run_again()))
}

/// The first event at which two streams part.
pub fn first_difference(one: &[Event], other: &[Event]) -> Option<FirstDifference> {
    let number = (0..one.len().max(other.len())).find(|i| one.get(*i) != other.get(*i))?;
    Some(FirstDifference { number: number as u64, one: one.get(number).cloned(), other: other.get(number).cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_history::EventKind;
    use fieldday_kernel::time::Span;

    fn stream(ats: &[i64]) -> Vec<Event> {
        ats.iter().map(|at| Event { at: Span::micros(*at), client: 0, what: EventKind::Killed }).collect()
    }

    #[test]
    fn the_first_difference_is_named_also_where_one_stream_ends() {
        assert!(first_difference(&stream(&[1, 2]), &stream(&[1, 2])).is_none());
        let changed = first_difference(&stream(&[1, 2, 3]), &stream(&[1, 9, 3])).unwrap();
        assert_eq!((changed.number, changed.other.unwrap().at), (1, Span::micros(9)));
        let shorter = first_difference(&stream(&[1, 2]), &stream(&[1])).unwrap();
        assert_eq!(shorter.number, 1);
        assert!(shorter.other.is_none());
    }

    #[test]
    fn a_difference_that_shows_only_now_and_then_is_looked_for_again() {
        let mut runs = [&[1, 2][..], &[1, 2], &[1, 2], &[1, 5]].into_iter();
        let found = find_first_difference(|| stream(runs.next().unwrap())).unwrap();
        assert_eq!(found.number, 1);
    }
}
