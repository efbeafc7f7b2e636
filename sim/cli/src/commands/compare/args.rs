//! The options of `fieldday compare`.

use crate::args::SeedArgs;
use crate::headings::{IN_TURN, RUN_BEFORE};
use clap::{Args, ValueEnum};
use fieldday_compare::ChangeLimit;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  fieldday compare                         newest run in results/ with the last
                                           good run before it
  fieldday compare results/nightly-0x1-20261125T020000Z --baseline last:7
  fieldday compare new/run-* --baseline old/run-*   two sets of runs
  fieldday compare new --baseline old               the same, by directory
  fieldday compare --limit \"p99 not worse than 10 %\"
  fieldday compare --interleave 6 --target http://127.0.0.1:8001 \\
      --against http://127.0.0.1:8000 smoke -- --speed 60

The sample size is the number of runs, not of requests: five runs per side can
detect a change that two cannot, however many requests each of them sent.

Exit codes:
  0    nothing is worse by a relevant amount; with --limit, all limits held
  1    something is slower or newly broken; with --limit, a limit is exceeded
  2    the command line or a file is wrong, or the runs are not comparable
  4    inconclusive: too few runs, or none of them is usable
  130  --interleave was interrupted; the completed runs are compared";

/// The runs that new runs are compared with, if they are not listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Baseline {
    /// The newest good night before the new runs.
    LastGood,
    /// The newest runs before the new ones, so many.
    Last(usize),
    /// A run's folder, or a folder of such.
    Folder(PathBuf),
}

#[derive(Args, Debug)]
#[command(mut_arg("seed", |seed| seed.help("Seed of the first pair; default 1. Each further pair uses the next number")))]
pub struct CompareArgs {
    /// New run folders, or directories of them; default: the newest run in --results. With --interleave: the scenario
    #[arg(value_name = "RUN", value_parser = crate::packed::name)]
    pub runs: Vec<String>,
    /// Compare with these folders, `last-good`, or the N runs before (`last:7`)
    #[arg(long, value_name = "RUN|last-good|last:N", num_args = 1.., value_parser = baseline, help_heading = RUN_BEFORE)]
    pub baseline: Vec<Baseline>,
    /// Directory of run folders for `last-good`, `last:N` and the newest run
    #[arg(long, value_name = "DIR", default_value = "results", help_heading = RUN_BEFORE)]
    pub results: PathBuf,
    /// Directory of earlier runs that show how much runs vary; default for `last-good` and `last:N`: --results
    #[arg(long, value_name = "DIR", help_heading = RUN_BEFORE)]
    pub history: Option<PathBuf>,
    /// A limit on change, for example "p99 not worse than 10 %" (repeatable)
    #[arg(long, value_name = "LIMIT", value_parser = |text: &str| text.parse::<ChangeLimit>())]
    pub limit: Vec<ChangeLimit>,
    /// Compare even if reps, speed, window or scenario differ
    #[arg(long)]
    pub although_unlike: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = CompareFormat::Terminal)]
    pub format: CompareFormat,
    /// Also write the comparison as an HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Run the scenario K times against each of two targets, alternating, then compare
    #[arg(long, value_name = "K", requires_all = ["target", "against"], value_parser = clap::value_parser!(u64).range(1..=100))]
    pub interleave: Option<u64>,
    /// The new target
    #[arg(long, value_name = "mock|URL", help_heading = IN_TURN)]
    pub target: Option<String>,
    /// The target it is compared with
    #[arg(long, value_name = "mock|URL", help_heading = IN_TURN)]
    pub against: Option<String>,
    #[command(flatten, next_help_heading = IN_TURN)]
    pub seed: SeedArgs,
    /// Create the folder of these runs in this directory
    #[arg(long, value_name = "DIR", default_value = "results", help_heading = IN_TURN)]
    pub out: PathBuf,
    /// Options to pass to each `fieldday run`
    #[arg(last = true, value_name = "OPTION", help_heading = IN_TURN)]
    pub options: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CompareFormat {
    /// Text for people
    Terminal,
    /// One JSON document (schemas: sim/compare/schemas)
    Json,
    /// Markdown for a CI job summary or a chat
    Markdown,
}

fn baseline(text: &str) -> Result<Baseline, String> {
    match text.strip_prefix("last:").map(str::parse::<usize>) {
        _ if text == "last-good" => Ok(Baseline::LastGood),
        Some(Ok(nights)) if nights > 0 => Ok(Baseline::Last(nights)),
        Some(_) => Err("`last:` needs a number of runs: last:7".to_owned()),
        None => crate::packed::path(text).map(Baseline::Folder),
    }
}
