//! The options of `fieldday run`.

use crate::args::{ChoiceArgs, DriveArgs, Format};
use crate::headings::{LIVE, VIRTUAL};
use crate::values;
use clap::Args;
use fieldday_kernel::time::Time;
use fieldday_plan::shard::Shard;
use std::path::PathBuf;
use std::time::Duration;

pub const EXAMPLES: &str = "\
Examples:
  fieldday run                             the scenario `weekday`, seed 1
  fieldday run dead-zones --seed 0x5eed --record
  fieldday run weekday --reps 20000        more tenants of the same size
  fieldday run my-day.toml --without cell-0/tenant-1/rep-07
  fieldday run --format json | jq .verdict

The report goes to stdout, progress to stderr. The same scenario, seed and
version produce the same events on any machine and with any number of threads;
the fingerprint in the report identifies them.";

#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Number of threads; default: one per core. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Run one of N parts of the run, I from 0 to N-1; `auto` takes both from the environment of a job
    ///
    /// Every rep has the same day in any shard of any number of shards. `fieldday merge` puts the shards' folders together.
    /// `auto` knows JOB_COMPLETION_INDEX (Kubernetes), SLURM_ARRAY_TASK_ID and SLURM_PROCID (Slurm). Set
    /// FIELDDAY_SHARDS to the number of shards if the environment does not give it.
    #[arg(long, value_name = "I/N|auto", value_parser = crate::shard::shard)]
    pub shard: Option<Shard>,
    /// Write every event to history.jsonl.zst in the run folder
    ///
    /// Without this option, the first cells that broke a rule are run again and recorded. Live runs are always recorded.
    #[arg(long, conflicts_with = "no_out", help_heading = VIRTUAL)]
    pub record: bool,
    /// What to send requests to: the built-in model in virtual time, the built-in mock over HTTP, or a deployment's base URL
    #[arg(long, value_name = "model|mock|URL", default_value = "model")]
    pub target: String,
    /// Run twice, on one thread and on all, and compare the events
    #[arg(long, help_heading = VIRTUAL)]
    pub verify: bool,
    /// Send the run's metrics and a span to this OTLP/HTTP collector (needs a build with --features otlp)
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Create the run folder in this directory
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// Do not create a run folder
    #[arg(long, conflicts_with = "out")]
    pub no_out: bool,
    // Last: what follows in this list stands under its heading.
    #[command(flatten)]
    pub live: LiveArgs,
    /// What was typed of this, in the words that give the same live run again.
    #[arg(skip)]
    pub again: Vec<String>,
}

/// The options of runs on the wall clock alone.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = LIVE)]
pub struct LiveArgs {
    #[command(flatten)]
    pub drive: DriveArgs,
    /// Run only this rep
    #[arg(long, value_name = "NAME")]
    pub only_rep: Option<String>,
    /// Begin at this moment, for example 2026-06-10T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub start_at: Option<Time>,
    /// Begin when all shards have written a file to this directory on shared storage; use a new directory for each run
    #[arg(long, value_name = "DIR", requires = "shard", conflicts_with = "start_at")]
    pub start_together: Option<PathBuf>,
    /// How long to wait for the other shards, for example 90s, 10m or 1h; default 10m
    #[arg(long, value_name = "TIME", value_parser = values::duration, requires = "start_together")]
    pub start_within: Option<Duration>,
    /// Stop after N requests
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Stop after N errors: attempts that the target did not answer as expected
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// Send requests that the target must refuse (intruders), too
    #[arg(long)]
    pub intruders: bool,
    /// Test every rule of the API first, with three reps who have no part in the day (about a minute)
    ///
    /// The conformance pass writes to the target. Its people are among those that `fieldday fixtures export` writes and
    /// `fieldday mock` knows; from a file of users it takes users whom the day does not need. docs/conform.md describes it.
    #[arg(long, conflicts_with = "shard")]
    pub conform: bool,
    /// The build that the target runs, for comparisons
    #[arg(long, value_name = "SHA")]
    pub target_version: Option<String>,
    /// Serve goose's live dashboard on this loopback port
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "5118")]
    pub dashboard: Option<u16>,
    /// Write goose's log of every request to this file
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
    /// Disturb the target as the scenario's [[live.disturb]] plans it: run its commands
    ///
    /// Each disturbance is undone whatever happens, marked in every chart, and judged: which limits were exceeded meanwhile, and
    /// how long until all held again. --dry-run prints the commands. docs/disturb.md describes them.
    #[arg(long, conflicts_with = "shard")]
    pub disturb: bool,
    /// Run the preflight checks and print what would be run, without load
    #[arg(long)]
    pub dry_run: bool,
}
