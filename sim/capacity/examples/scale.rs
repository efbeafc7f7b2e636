//! What a simulated fleet costs: one line of a table for `bench/scale.sh`.
//!
//! usage: scale SCENARIO REPS INSTANCES [FROM UNTIL]
#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // It measures, so it looks at clocks and arguments.

use fieldday_capacity::simulate::{Question, Watch, simulate};
use fieldday_kernel::time::TimeOfDay;
use fieldday_scenario::Scenario;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok());
    let (Some(name), Some(reps), Some(instances)) = (args.first(), number(1), number(2)) else {
        eprintln!("usage: scale SCENARIO REPS INSTANCES [FROM UNTIL]");
        std::process::exit(2);
    };
    let mut scenario = match Scenario::load(name) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    scenario.with_reps(reps);
    let mut question = Question::new(scenario, 1);
    question.plant.instances = instances as u32;
    let time = |at: usize| args.get(at).and_then(|text| TimeOfDay::parse(text));
    question.window = time(3).zip(time(4));
    let stands_for = question.stands_for();
    let began = Instant::now();
    let progress =
        |at| eprint!("\r{at}  {:>6.1} s  {} MB   ", began.elapsed().as_secs_f64(), memory_kb("VmRSS") / 1024);
    match simulate(&question, &Watch { stop: &AtomicBool::new(false), progress: &progress }) {
        Ok(outcome) => {
            let (seconds, kb) = (began.elapsed().as_secs_f64(), memory_kb("VmHWM"));
            let requests = outcome.cost.requests;
            eprintln!();
            println!(
                "{reps:>9} {:>8} {requests:>11} {seconds:>8.1} {:>8.1} {:>7} {:>8.2} {:>9} {} {}",
                reps.div_ceil(u64::from(stands_for)),
                seconds * 1e6 / requests.max(1) as f64,
                kb / 1024,
                kb as f64 / reps.div_ceil(u64::from(stands_for)) as f64,
                outcome.cost.windows,
                if outcome.holds { "holds" } else { "broken" },
                outcome.fingerprint,
            );
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    }
}

fn memory_kb(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
