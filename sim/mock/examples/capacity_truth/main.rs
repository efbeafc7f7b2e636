//! What a search for capacity finds, beside the truth: mocks whose workers, service times and other limits are known, called by
//! callers who are independent of each other, over HTTP. And what the model and the simulation foretell from half of the load,
//! beside what was measured. `bench/capacity.sh` runs it.
//!
//!     cargo run --release -p fieldday-mock --example capacity_truth -- KEEP LEVEL_S AT_ONCE [ROW …]
//!
//! A row is such as `'exponential workers=2 ms=5 p95=25'`, with `shed=8`, `lock=50` or `pool=3` if something else than the workers
//! is the limit; without any, all rows of the table are measured, AT_ONCE at a time. The truth is the same target played request by
//! request. Prints the rows of a case once it was measured; exit code 1 if a figure is off by more than is allowed. Levels are kept in
//! the folder KEEP as they are measured: an interrupted run goes on where it was. With LEVEL_S 0 only the truth is told.

mod callers;
mod case;
mod kept;
mod table;

use callers::{CALLS, Callers};
use case::Case;
use fieldday_capacity::level::Level;
use fieldday_capacity::search::{Finding, Next, Range};
use kept::Kept;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use table::Rows;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a search found on a mock whose capacity is known.
pub struct Measured {
    levels: Vec<Level>,
    finding: Finding,
    /// At four fifths of what the workers can do, if it is a queue and no more.
    at_eighty: Option<Level>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &[String]) -> Result<bool, Box<dyn Error>> {
    let [keep, level_s, at_once, rows @ ..] = args else { return Err("KEEP LEVEL_S AT_ONCE, and rows".into()) };
    let (keep, level_s, at_once) = (PathBuf::from(keep), level_s.parse::<f64>()?, at_once.parse::<usize>()?);
    let rows: Vec<&str> =
        if rows.is_empty() { case::ALL.lines().collect() } else { rows.iter().map(String::as_str).collect() };
    let cases = rows.into_iter().map(Case::read).collect::<Result<Vec<_>, _>>()?;
    if level_s == 0.0 {
        for case in &cases {
            let (edge, most) = (case.edge(), case.target.most_per_s());
            let (limit_ms, percent) = (case.bound_s * 1e3, 100.0 * edge / most);
            println!("{:<26} p95 < {limit_ms} ms up to {edge:.1}/s, {percent:.0} % of {most:.0}/s", case.name());
        }
        return Ok(true);
    }
    let (turns, mut measuring) = (Arc::new(Semaphore::new(at_once.max(1))), JoinSet::new());
    for case in cases {
        let (turns, keep) = (turns.clone(), keep.clone());
        measuring.spawn(async move {
            let _turn = turns.acquire().await;
            let rows = rows_of(&case, &keep, level_s).await;
            rows.map_err(|why| format!("{}: {why}", case.name()))
        });
    }
    let (mut within, mut all) = (0, 0);
    while let Some(ended) = measuring.join_next().await {
        match ended? {
            Ok(rows) => {
                print!("{}", rows.text);
                (within, all) = (within + rows.within, all + rows.all);
            }
            Err(why) => {
                println!("{why}");
                all += 1;
            }
        }
    }
    println!("{within} of {all} within");
    Ok(within == all)
}

async fn rows_of(case: &Case, keep: &Path, level_s: f64) -> Result<Rows, String> {
    let measured = measure(case, level_s, keep).await.map_err(|error| error.to_string())?;
    let case = *case;
    // Playing the truth takes a processor for seconds, in which others are measured.
    let rows = tokio::task::spawn_blocking(move || Rows::of(&case, &measured).map_err(|error| error.to_string())).await;
    rows.map_err(|error| error.to_string())?
}

/// Searches one mock.
async fn measure(case: &Case, level_s: f64, keep: &Path) -> Result<Measured, Box<dyn Error + Send + Sync>> {
    let mut kept = Kept::open(keep, case, level_s)?;
    let mut callers = Callers::of(case).await?;
    let most = case.target.most_per_s() / CALLS;
    let range = Range {
        // From so little that half of the load has the levels that a prediction needs.
        from: ((most / 16.0) as u64).max(1),
        to: (most * 2.0) as u64,
        step: 1.5,
        resolution: 0.03,
        shortest_s: level_s,
        longest_s: level_s * 2.0,
        ..Range::default()
    };
    let mut levels = Vec::new();
    let ending = loop {
        match range.next(&levels) {
            Next::Done(ending) => break ending,
            Next::Measure { reps, for_s, why } => {
                let level = kept.level(&mut callers, reps, for_s).await?;
                let invalid = level.invalid.clone().map_or(String::new(), |why| format!(", invalid: {why}"));
                eprintln!(
                    "{}: {reps} callers ({why}): {:.1} served/s, {:.2} in flight, by Little {:.2}, p95 {:.1} ms{invalid}",
                    case.name(),
                    level.served_per_s,
                    level.in_flight,
                    level.in_flight_by_little,
                    level.latency.p95_us as f64 / 1e3
                );
                levels.push(level);
            }
        }
    };
    let at_eighty = match case.is_plain() {
        true => Some(kept.level(&mut callers, (case.eighty() / CALLS).round() as u64, level_s * 2.0).await?),
        false => None,
    };
    callers.stop().await;
    Ok(Measured { finding: range.finding(&levels, ending), levels, at_eighty })
}
