//! The command line.

use crate::commands::capacity::{self, CapacityArgs};
use crate::commands::compare::{self, CompareArgs};
use crate::commands::conform::{self, ConformArgs};
use crate::commands::explore::ExploreArgs;
use crate::commands::fixtures::FixturesArgs;
use crate::commands::init;
use crate::commands::merge;
use crate::commands::mock::{self, MockArgs};
use crate::commands::prove::{self, ProveArgs};
use crate::commands::replay::ReplayArgs;
use crate::commands::results::ResultsArgs;
use crate::commands::shrink::ShrinkArgs;
use crate::commands::tokens::TokensArgs;
use crate::commands::trend::{self, TrendArgs};
use crate::options::{LIVE, VIRTUAL};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use fieldday_api::redact::url_without_secrets;
use fieldday_scenario::{Live, Metric};
use std::path::PathBuf;

/// The seed when none is given: a run is the same every time unless another is asked for.
pub const DEFAULT_SEED: u64 = 1;
/// The most reps that a plan can hold.
const MOST_REPS: u64 = fieldday_scenario::MOST_REPS;

const EXAMPLES: &str = "\
Examples:
  fieldday run                         an ordinary working day of 200 reps
  fieldday run rough --seed 7          a day with many failures
  fieldday run weekday --verify        the same day twice, compared by event
  fieldday run --defect clock-in-race  a day with a bug built into the backend
  fieldday scenarios                   list the other scenarios

Exit codes:
  0    every rule that was exercised held, and every limit
  1    a rule was broken or a limit exceeded
  2    the command line or a file is wrong
  3    the target cannot be used
  4    inconclusive: a rule not exercised, a limit not decided, the load generator
       fell behind, or two runs differed
  130  interrupted; results so far are kept

Environment:
  FIELDDAY_LOG  which log lines to print, in place of -v, for example
                FIELDDAY_LOG=fieldday_live=debug. Log lines hold no tokens,
                names or addresses.";

const RUN_EXAMPLES: &str = "\
Examples:
  fieldday run                             the scenario `weekday`, seed 1
  fieldday run dead-zones --seed 0x5eed --record
  fieldday run weekday --reps 20000        more tenants of the same size
  fieldday run my-day.toml --without cell-0/tenant-1/rep-07
  fieldday run --format json | jq .verdict

The report goes to stdout, progress to stderr. The same scenario, seed and
version produce the same events on any machine and with any number of threads;
the fingerprint in the report identifies them.";

/// Simulate and load-test the Otto API with virtual sales reps.
///
/// Each virtual rep works through a day with an app that has a cache and an offline queue, drives through areas with and
/// without network, records visits and makes mistakes. Rules of the API are checked on every call. In a simulation time is
/// virtual: a rep's day takes milliseconds, and the same seed produces the same events.
#[derive(Parser, Debug)]
#[command(name = "fieldday", version, arg_required_else_help = true, after_long_help = EXAMPLES)]
#[command(max_term_width = 80)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Log what a live run does to stderr; -vv and -vvv log more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a scenario and report which rules and limits held
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Merge the shards of a run into one run folder with one verdict
    ///
    /// `fieldday run --shard I/N` runs one of N parts of a run, on any machine, and leaves a run folder. This command puts the
    /// folders together: events, histograms, counts and findings add up without loss. A simulated run that is merged has the
    /// fingerprint of the same run in one piece. docs/shards.md shows it with Kubernetes, Slurm and ssh.
    #[command(after_long_help = merge::EXAMPLES)]
    Merge(MergeArgs),
    /// Validate the checks by fault injection
    ///
    /// Builds each defect into small cells of its scenario, under many seeds, until a rule that the defect should break is
    /// broken, and runs a conformance pass on each defect of the backend. Then runs all scenarios without a defect, where any
    /// broken rule is a false alarm. Exit code 0 if every defect was detected and there was no false alarm.
    #[command(after_long_help = prove::EXAMPLES)]
    Prove(ProveArgs),
    /// Test every rule of the API systematically
    ///
    /// The pass repeats requests at once, later, concurrently and after a broken connection; it tries each role and kind of
    /// token, ids of other users in path, query and body, values at and beyond their bounds, paging, counts and filters, and
    /// recordings in every mode. The report has a table of rules, cases and verdicts, with the reason for each case that could
    /// not be tried. Exit code 0 if all rules held, 1 if a rule was broken, 3 if the target cannot be used, 4 if the pass is
    /// inconclusive.
    #[command(after_long_help = conform::EXAMPLES)]
    Conform(ConformArgs),
    /// Fuzz: run many seeds in search of a broken rule
    ///
    /// Unless --no-swarm is given, each seed draws which mishaps, habits and operations are switched on, and how strong they
    /// are. Failures of one kind are counted together; the first of each kind is listed with the command that reproduces it.
    /// Exit code 1 if a rule was broken.
    Explore(ExploreArgs),
    /// Find how many reps a target can serve, and which limit it exceeds first
    ///
    /// Increases the number of reps at the busiest part of the scenario's day until a limit is exceeded, then narrows down
    /// the highest number that holds, and fits the Universal Scalability Law and a queueing model to the measurements. Each
    /// level is saved as it is measured: `--resume FOLDER` continues an interrupted search.
    ///
    /// With --simulate, a fleet of apps runs its day against one simulated deployment (instances, workers, queues, a
    /// database) on the virtual clock, including the load of timeouts and retries.
    #[command(after_long_help = capacity::examples())]
    Capacity(Box<CapacityArgs>),
    /// Re-run a cell and print its timeline
    ///
    /// The same scenario and seed produce the same events. Without a filter, the timeline shows the events around the first
    /// violation.
    Replay(Box<ReplayArgs>),
    /// Minimise a failure and write its story
    ///
    /// Removes from the scenario and its plan everything that the violation does not need. Writes story.md; repro.toml, which
    /// run, replay and shrink accept in place of a scenario; repro.har for a browser's developer tools; and repro.sh, which
    /// sends the requests with curl.
    Shrink(ShrinkArgs),
    /// Check the recorded history of a run again
    ///
    /// Works for simulated and live runs, and for the complete part of a run that was killed or interrupted. The exit code is
    /// the verdict of this check; 4 if it differs from the verdict in the folder's summary.json.
    Check(CheckArgs),
    /// Print the report of a run again, and rewrite its documents
    ///
    /// Reads the folder's summary.json. If the run was killed before it wrote one, the complete part of its history is checked
    /// instead.
    Report(ReportArgs),
    /// List the run folders, and remove old ones
    Results(ResultsArgs),
    /// Compare runs with earlier runs and report what changed
    ///
    /// Reports for each endpoint and percentile the ratio of the runs' values with its confidence interval, and which rules,
    /// limits, contract findings, hazards and marks have another result. docs/compare.md explains how to read it.
    #[command(after_long_help = compare::EXAMPLES)]
    Compare(Box<CompareArgs>),
    /// Show verdicts, latencies and limits of many nightly runs, and when they changed
    #[command(after_long_help = trend::EXAMPLES)]
    Trend(TrendArgs),
    /// List the marks: rare states that runs should sometimes reach
    Marks(ListArgs),
    /// List, print, validate and plan scenarios
    Scenarios(ScenariosArgs),
    /// Export a scenario's data for loading into a backend
    Fixtures(FixturesArgs),
    /// Serve the model backend over HTTP
    ///
    /// For apps, and for tests in other languages. The mock verifies tokens, accepts and discards audio, fails as the scenario
    /// says and has the defects that are requested. It listens on loopback unless another address is given.
    #[command(after_long_help = mock::EXAMPLES)]
    Mock(MockArgs),
    /// Create signing keys and session tokens
    Tokens(TokensArgs),
    /// Write copies of the built-in scenarios, or with --target a scenario for a backend of your own
    ///
    /// Existing files are not overwritten. With --target, writes one commented scenario and checks the target as
    /// `run --dry-run` does, which changes nothing there. Exit code 0: a run can begin. 3: the target cannot be used yet.
    #[command(after_long_help = init::EXAMPLES)]
    Init(init::InitArgs),
    /// List the rules, or describe one
    Rules {
        /// A rule's name, for example shift.clock-in.once
        name: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// List the defects that can be built into the model backend and the app
    Defects(ListArgs),
    /// Print completions for a shell
    ///
    /// For bash: fieldday completions bash > ~/.local/share/bash-completion/completions/fieldday
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The seed of a command that takes one.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct SeedArgs {
    /// The seed, decimal or 0x hexadecimal; default 1
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
}

impl SeedArgs {
    /// What its help says where a run's folder or a failure's file may be named in a scenario's place.
    pub const OF_FOLDERS: &str = "The seed, decimal or 0x hexadecimal; default: that of the folder or file, else 1";

    pub fn or_default(self) -> u64 {
        self.seed.unwrap_or(DEFAULT_SEED)
    }
}

/// What decides a run.
#[derive(Args, Debug)]
#[command(mut_arg("seed", |seed| seed.help(SeedArgs::OF_FOLDERS)))]
pub struct ChoiceArgs {
    /// A built-in scenario's name, the path of a .toml file, a run folder, or a packed run
    #[arg(default_value = "weekday", value_parser = crate::packed::name)]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// Number of reps; changes the number of tenants, not their size
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_REPS))]
    pub reps: Option<u64>,
    /// Let the seed draw which of the scenario's features are on and how strong they are
    ///
    /// The seed draws failures and their rates, people and their habits, network, office and recording modes. Everything drawn
    /// is within the specification. The drawn scenario requires no rule to be exercised.
    #[arg(long)]
    pub swarm: bool,
    /// Run this date instead of the scenario's, for example 2026-06-10
    #[arg(long, value_name = "DATE", value_parser = crate::choice::date)]
    pub date: Option<fieldday_kernel::time::Date>,
    /// Remove the element with this name from the plan (repeatable)
    ///
    /// `fieldday scenarios plan` prints the names, for example cell-0/tenant-1/rep-07/visit-3. Everything below the element is
    /// removed with it; the rest of the plan does not change.
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// Build this defect into the backend or the app (repeatable; see `fieldday defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
}

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
    /// `auto` knows JOB_COMPLETION_INDEX (Kubernetes), SLURM_ARRAY_TASK_ID and SLURM_PROCID (Slurm); FIELDDAY_SHARDS says how
    /// many shards there are where these do not.
    #[arg(long, value_name = "I/N|auto", value_parser = crate::shard::shard)]
    pub shard: Option<fieldday_plan::shard::Shard>,
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

#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Run folders of shards, or directories that hold them; or files of `explore --shard` or `prove --shard`
    #[arg(required = true, value_name = "FOLDER|FILE", value_parser = crate::packed::path)]
    pub folders: Vec<PathBuf>,
    /// Write the merged run to this new folder (default: a run folder in results/), or the result of files to this file
    #[arg(long, value_name = "FOLDER|FILE")]
    pub out: Option<PathBuf>,
    /// Wait this long for shards that are missing or still running, for example 90s, 10m or 6h
    #[arg(long, value_name = "TIME", value_parser = crate::choice::duration)]
    pub wait: Option<std::time::Duration>,
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

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// A run folder, for example one of those in results/, or a packed run
    #[arg(value_parser = crate::packed::path)]
    pub folder: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

#[derive(Args, Debug)]
pub struct ReportArgs {
    #[command(flatten)]
    pub of: CheckArgs,
    /// Send the run's metrics and a span to this OTLP/HTTP collector (needs a build with --features otlp)
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
}

/// How a target is driven; each goes before what the scenario says under `live`.
#[derive(Args, Clone, Debug, Default)]
pub struct DriveArgs {
    /// Simulated seconds per real second for what people do
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: Option<u32>,
    /// Run only this part of the day, in local time
    #[arg(long, value_name = "07:30-09:00", value_parser = crate::choice::window)]
    pub window: Option<(fieldday_kernel::time::TimeOfDay, fieldday_kernel::time::TimeOfDay)>,
    /// Do not simulate the mobile network: pure load on the target
    #[arg(long)]
    pub no_link: bool,
    /// Allow requests to this host, in addition to loopback (repeatable)
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Trust the root certificates in this PEM file as well
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Scrape metrics of the target from this URL during the run, in the Prometheus text format (repeatable)
    ///
    /// The report shows them below the latencies, and lists full resources with the first exceeded limit. A scrape that fails is
    /// a gap, never a failed run. The host must be allowed as the target's must. docs/metrics.md lists what is kept.
    #[arg(long, value_name = "URL")]
    pub metrics: Vec<String>,
    /// Keep this metric instead of the well-known ones, for example 'db_pool_in_use{db="main"} full 20' (repeatable)
    #[arg(long, value_name = "METRIC", value_parser = metric)]
    pub metric: Vec<Metric>,
    /// Connect from this address of the machine (repeatable: connections take turns)
    ///
    /// One address has some 28,000 ports for connections to one target. 127.0.0.2 and so on are there on every Linux machine.
    #[arg(long, value_name = "IP")]
    pub source_address: Vec<std::net::IpAddr>,
    /// Sign tokens with this key, which the target must trust, instead of the scenario's `tokens`. Where neither
    /// names one, the development key signs for a target on the loopback, as `fieldday mock` trusts it there
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

impl DriveArgs {
    /// What a scenario says under `live`, with what was typed in its place.
    pub fn over(&self, live: &mut Live) {
        live.speed = self.speed.unwrap_or(live.speed);
        live.window = self.window.or(live.window);
        live.link &= !self.no_link;
        allow_also(live, &self.allow);
        for url in &self.metrics {
            // Where a search is gone on with, its URLs were kept without what is secret in them.
            live.metrics.urls.retain(|kept| url_without_secrets(kept) != url_without_secrets(url));
            live.metrics.urls.push(url.clone());
        }
        if !self.metric.is_empty() {
            live.metrics.keep.clone_from(&self.metric);
        }
    }
}

fn metric(text: &str) -> Result<Metric, String> {
    Metric::parse(text).map_err(|error| error.to_string())
}

/// Lets a run call these hosts, too.
pub fn allow_also(live: &mut Live, hosts: &[String]) {
    for host in hosts {
        if !live.allow.contains(host) {
            live.allow.push(host.clone());
        }
    }
}

/// What concerns runs on the wall clock alone.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = LIVE)]
pub struct LiveArgs {
    #[command(flatten)]
    pub drive: DriveArgs,
    /// Run only this rep
    #[arg(long, value_name = "NAME")]
    pub only_rep: Option<String>,
    /// Begin at this moment, for example 2026-06-10T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = crate::choice::moment)]
    pub start_at: Option<fieldday_kernel::time::Time>,
    /// Begin when all shards have written a file to this directory on shared storage; use a new directory for each run
    #[arg(long, value_name = "DIR", requires = "shard", conflicts_with = "start_at")]
    pub start_together: Option<PathBuf>,
    /// How long to wait for the other shards, for example 90s, 10m or 1h; default 10m
    #[arg(long, value_name = "TIME", value_parser = crate::choice::duration, requires = "start_together")]
    pub start_within: Option<std::time::Duration>,
    /// Stop after N requests
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Stop after N errors: attempts that the target did not answer as expected
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// Send requests that the target must refuse (intruders), too
    #[arg(long)]
    pub intruders: bool,
    /// Put every rule to the test first, with three reps who have no part in the day (about a minute)
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

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Text for people
    Terminal,
    /// One JSON document for programs; for a run, its summary.json
    Json,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ScenariosArgs {
    #[command(subcommand)]
    pub command: Option<ScenariosCommand>,
    #[command(flatten)]
    pub list: ListArgs,
}

/// How a list is printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct ListArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

#[derive(Subcommand, Debug)]
pub enum ScenariosCommand {
    /// List the built-in scenarios
    List(ListArgs),
    /// Print a scenario file with its comments
    Show {
        /// A built-in scenario's name, or the path of a .toml file
        name: String,
    },
    /// Print the plan of a scenario and seed: people, visits and failures
    Plan(PlanArgs),
    /// Print the JSON schema of scenario files
    Schema,
    /// Validate scenario files without running them
    Check {
        /// Paths of .toml files, or names of built-in scenarios
        #[arg(required = true)]
        files: Vec<String>,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Terminal)]
        format: Format,
    },
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Only the cell with this number
    #[arg(long, value_name = "N")]
    pub cell: Option<u32>,
    /// Only this rep, for example cell-0/tenant-1/rep-07
    #[arg(long, value_name = "NAME", conflicts_with = "cell")]
    pub rep: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    let read = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        None => None,
    };
    read.ok_or_else(|| {
        "a seed is a number from 0 to 18446744073709551615, or the same in hexadecimal: 0x5eed".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seeds_are_read_in_both_bases_and_nothing_else_is_a_seed() {
        assert_eq!([seed("7"), seed("0x5EED"), seed("1_000")], [Ok(7), Ok(0x5eed), Ok(1000)]);
        assert_eq!(seed("0xffff_ffff_ffff_ffff"), Ok(u64::MAX));
        assert!(["", "0x", "-1", "+1", "0x+1", "seven", "18446744073709551616"].iter().all(|text| seed(text).is_err()));
    }
}
