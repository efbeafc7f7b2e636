//! The options of `fieldday capacity`, and what its help says of a search.

use super::simulate_args::{self, SimulateArgs};
use crate::args::{DriveArgs, Format, SeedArgs};
use crate::headings::{LIVE, MOCK, SERVED};
use crate::values;
use clap::Args;
use fieldday_kernel::time::Date;
use fieldday_plan::shard::Shard;
use fieldday_scenario::limits::Limit;
use std::path::PathBuf;
use std::time::Duration;

/// What the help says of its window: with --simulate, it is the part of the day that is lived.
const WINDOW: &str =
    "Search this part of the day, in local time, for the busiest moment; with --simulate: run this part";

const EXAMPLES: &str = "\
Examples:
  fieldday capacity --target http://127.0.0.1:8000 --limit 'wire p95 < 300 ms'
  fieldday capacity weekday --target mock --workers 2 --delay-us 50000 \\
      --speed 30 --limit 'wire p95 < 300 ms'
  fieldday capacity peak --target https://staging.example.com \\
      --allow staging.example.com --from 50 --to 5000
  fieldday capacity --resume results/capacity-peak-0x1-20260610T081500Z
  fieldday capacity peak --target https://staging.example.com \\
      --allow staging.example.com --shard auto --start-together /shared/search

The limits are the scenario's, or those of --limit instead. Each level is the
steady load of a number of reps in the busiest window of the day. Once the load
is steady, it is measured until every limit's percentile has enough samples. To
test a burst (500 reps clock in at 8 o'clock), use `fieldday run` with a
scenario in which all reps leave home within a few minutes (`leave_home`).
The folder holds capacity.html, capacity.md, capacity.json, and capacity.jsonl
with every level.

Exit codes:
  0    the capacity was found, or no limit was exceeded
  1    even the smallest number of reps exceeds a limit
  2    the command line or a file is wrong
  3    the target cannot be used
  4    this machine could not keep up before a limit was exceeded
  130  interrupted; completed levels are kept";

/// What the long help ends with: of both ways to ask.
pub fn examples() -> String {
    format!("{EXAMPLES}\n\nSimulated deployment:\n{}", simulate_args::EXAMPLES)
}

#[derive(Args, Debug)]
#[command(
    mut_arg("seed", |seed| seed.help("The seed, decimal or 0x hexadecimal; default: that of --resume, else 1")),
    mut_arg("window", |window| window.help(WINDOW).help_heading(None)),
    mut_arg("limit", |limit| limit.help_heading(None))
)]
pub struct CapacityArgs {
    /// A built-in scenario's name, or the path of a .toml file; default `peak`
    pub scenario: Option<String>,
    /// What to send requests to: the built-in mock over HTTP, or a deployment's base URL
    #[arg(long, value_name = "mock|URL", required_unless_present_any = ["resume", "simulate"])]
    pub target: Option<String>,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// Continue the interrupted search in this folder
    #[arg(long, value_name = "FOLDER", value_parser = crate::packed::path)]
    pub resume: Option<PathBuf>,
    /// Number of threads for reps; default: all cores but one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    #[command(flatten)]
    pub search: SearchArgs,
    /// Serve at most N requests at once: the mock, or with --simulate each instance
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = SERVED)]
    pub workers: Option<u32>,
    /// Service time of every request in microseconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=600_000_000), help_heading = MOCK)]
    pub delay_us: Option<u64>,
    /// Make --delay-us the mean of an exponential distribution
    #[arg(long, requires = "delay_us", help_heading = MOCK)]
    pub exponential: bool,
    #[command(flatten)]
    pub simulated: SimulateArgs,
}

/// The options of a search of a target, from the range of reps to its budget.
#[derive(Args, Debug)]
#[command(next_help_heading = LIVE)]
pub struct SearchArgs {
    /// Run this date instead of the scenario's, for example 2026-06-10
    #[arg(long, value_name = "DATE", value_parser = values::date, conflicts_with = "resume")]
    pub date: Option<Date>,
    /// Smallest number of reps; default 10
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    /// Greatest number of reps; default 2000
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// Factor from one level to the next until a limit is exceeded; default 2
    #[arg(long, value_name = "FACTOR")]
    pub step: Option<f64>,
    /// Precision of the result, as a fraction; default 0.05
    #[arg(long, value_name = "SHARE")]
    pub resolution: Option<f64>,
    /// Measure a level close to the result at most N times; default 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub repeats: Option<u32>,
    /// Confidence of the decision whether a level holds; default 0.95
    #[arg(long, value_name = "SHARE")]
    pub confidence: Option<f64>,
    /// Measure each level for at least this many seconds; default 30
    #[arg(long, value_name = "SECONDS")]
    pub level: Option<f64>,
    /// Measure each level for at most this many seconds; default 600
    #[arg(long, value_name = "SECONDS")]
    pub longest: Option<f64>,
    /// End the search after this time with the best answer so far, for example 15m; default 15m without --level or --longest
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub within: Option<Duration>,
    /// Warm up each level for at least this many seconds before it is measured; default 20
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub warm_up: Option<u32>,
    /// A limit, in place of the scenario's, for example 'wire p95 < 300 ms for reads' (repeatable)
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    pub limit: Vec<Limit>,
    /// Disturb the target at each level as the scenario's [[live.disturb]] plans it: run its commands
    ///
    /// A disturbance begins at its `at_s`, counted from the beginning of the measured part. A level holds only if every limit holds
    /// but those in `may_break`, and all of them hold again in time. The commands are printed before the first level. docs/disturb.md
    /// describes it.
    #[arg(long)]
    pub disturb: bool,
    /// Play one of N parts of each level, I from 0 to N-1; shard 0 decides what is measured and writes the report
    #[arg(long, value_name = "I/N|auto", requires = "start_together", conflicts_with = "resume", value_parser = crate::shard::shard)]
    pub shard: Option<Shard>,
    /// A directory on shared storage through which the shards coordinate; use a new one for each search
    #[arg(long, value_name = "DIR", requires = "shard")]
    pub start_together: Option<PathBuf>,
    /// How long to wait for the other shards, for example 90s, 10m or 1h; default 10m
    #[arg(long, value_name = "TIME", value_parser = values::duration, requires = "start_together")]
    pub start_within: Option<Duration>,
    /// Create the folder of the search in this directory
    #[arg(long, value_name = "DIR", default_value = "results", conflicts_with = "resume")]
    pub out: PathBuf,
    #[command(flatten)]
    pub drive: DriveArgs,
}

fn limit(text: &str) -> Result<Limit, String> {
    Limit::parse(text).map_err(|error| error.to_string())
}
