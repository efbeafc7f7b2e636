//! The options of `fieldday merge`.

use crate::args::Format;
use crate::values;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

pub const EXAMPLES: &str = "\
Examples:
  fieldday run weekday --shard 0/2 --out shards    on one machine
  fieldday run weekday --shard 1/2 --out shards    on another
  fieldday merge shards --out merged               one verdict, one report
  fieldday merge explored-*.json                   of explore --shard I/N --out
  fieldday merge proof-*.json                      of prove --shard I/N --out

Exit codes are those of `fieldday run`. A shard that is missing, was killed,
is there twice or belongs to another run makes the result inconclusive (exit
code 4) unless --partial accepts it.";

#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Run folders of shards, or directories that hold them; or files of `explore --shard` or `prove --shard`
    #[arg(required = true, value_name = "FOLDER|FILE", value_parser = crate::packed::path)]
    pub folders: Vec<PathBuf>,
    /// Write the merged run to this new folder (default: a run folder in results/), or the result of files to this file
    #[arg(long, value_name = "FOLDER|FILE")]
    pub out: Option<PathBuf>,
    /// Wait this long for shards that are missing or still running, for example 90s, 10m or 6h
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub wait: Option<Duration>,
    /// Accept missing shards: the verdict is that of the others
    #[arg(long)]
    pub partial: bool,
    /// Send the run's metrics and a span to this OTLP/HTTP collector (needs a build with --features otlp)
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}
