//! Whether a search's stated confidence is right: the interval that it gives holds the true edge as often as it says.
//!
//! Each target is played request by request in virtual time, so its true edge is known from a very long run.

use fieldday_capacity::level::Level;
use fieldday_capacity::played::{Lock, Target, Work};
use fieldday_capacity::search::{Ending, Finding, Next, Range};
use fieldday_scenario::limits::Limit;

/// Requests a second of a rep.
const PER_REP: f64 = 0.5;
/// Searches of each target.
const SEARCHES: u64 = 40;
/// So many of them at least hold the truth in their intervals of 95 %.
const HOLD: usize = 36;
/// How far the answer is from the truth at most, as a share, in half of the searches.
const OFF: f64 = 0.10;
/// A closed interval is no wider than this, as a share, in half of the searches: one that held everything would be no answer.
const WIDE: f64 = 0.50;

const WORK_S: f64 = 0.02;
const EXPONENTIAL: Work = Work::Exponential(WORK_S);
const FIXED: Work = Work::Fixed(WORK_S);
const LOG_NORMAL: Work = Work::LogNormal(WORK_S, 2.5);

/// A search as the command makes it by default: with the levels that fit into 15 minutes.
fn search(target: &Target, bound_ms: u32, seed: u64) -> (Finding, Vec<Level>) {
    let limits = [Limit::parse(&format!("wire p95 < {bound_ms} ms")).unwrap()];
    let (mut range, mut levels) = (Range::default(), Vec::new());
    range.within(900.0, 15.0, 20.0);
    loop {
        match range.next(&levels) {
            Next::Done(ending) => {
                assert_eq!(ending, Ending::Found);
                return (range.finding(&levels, ending), levels);
            }
            Next::Measure { reps, for_s, .. } => {
                let number = seed * 1_000 + levels.len() as u64;
                levels.push(target.level((reps, PER_REP), for_s, &limits, number));
            }
        }
    }
}

/// In the middle of some figures.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY)
}

fn covered(name: &str, target: &Target, bound_ms: u32) {
    let edge = target.edge_per_s(0.95, f64::from(bound_ms) / 1e3);
    let truth = edge / PER_REP;
    let found: Vec<Finding> = (0..SEARCHES).map(|seed| search(target, bound_ms, seed).0).collect();
    let low_holds = |of: &Finding| of.low.is_none_or(|low| low as f64 <= truth);
    let high_holds = |of: &Finding| of.high.is_none_or(|high| high as f64 >= truth);
    let held = found.iter().filter(|of| low_holds(of) && high_holds(of)).count();
    let off = median(found.iter().filter_map(|of| of.carries).map(|carries| (carries as f64 / truth - 1.0).abs()));
    let served = median(found.iter().filter_map(|of| of.requests_per_s));
    let wide = |of: &Finding| Some(of.high? as f64 / of.low? as f64 - 1.0);
    let closed = found.iter().filter_map(wide).count();
    let wide = median(found.iter().filter_map(wide));
    println!(
        "{name}: {truth:.1} reps; {held} of {SEARCHES} intervals hold it (below {}, above {}), {closed} are closed, {:.0} % wide; the answer is {:.1} % off",
        found.iter().filter(|of| !high_holds(of)).count(),
        found.iter().filter(|of| !low_holds(of)).count(),
        wide * 100.0,
        off * 100.0,
    );
    assert!(held >= HOLD, "{name}: {held} of {SEARCHES} intervals hold the truth, {truth:.1}");
    assert!(off <= OFF, "{name}: the answer is {off:.3} off");
    assert!((served / edge - 1.0).abs() <= OFF, "{name}: {served:.1} requests/s were served, in truth {edge:.1}");
    assert!(wide <= WIDE && closed * 4 >= found.len() * 3, "{name}: {closed} are closed, and {wide:.2} wide");
}

#[test]
fn intervals_hold_the_edge_of_exponential_times() {
    covered("M/M/1", &Target::of(1, EXPONENTIAL), 150);
    covered("M/M/2", &Target::of(2, EXPONENTIAL), 100);
    covered("M/M/8", &Target::of(8, EXPONENTIAL), 100);
}

#[test]
fn intervals_hold_the_edge_of_fixed_times() {
    covered("M/D/2", &Target::of(2, FIXED), 60);
    covered("M/D/4", &Target::of(4, FIXED), 50);
}

#[test]
fn intervals_hold_the_edge_of_log_normal_times() {
    covered("log-normal, 2 workers", &Target::of(2, LOG_NORMAL), 120);
    covered("log-normal, 8 workers", &Target::of(8, LOG_NORMAL), 100);
}

#[test]
fn the_answer_of_a_target_that_sheds_load_is_what_it_serves() {
    covered("503 above 8", &Target { sheds_above: Some(8), ..Target::of(4, EXPONENTIAL) }, 300);
}

#[test]
fn intervals_hold_the_edge_where_writes_share_a_lock() {
    let lock = Some(Lock { held_s: 0.05, writes_ppm: 200_000 });
    covered("lock of 50 ms", &Target { lock, ..Target::of(16, EXPONENTIAL) }, 300);
}

#[test]
fn intervals_hold_the_edge_of_a_pool_of_connections() {
    covered("3 connections", &Target { connections: Some(3), ..Target::of(16, EXPONENTIAL) }, 150);
}
