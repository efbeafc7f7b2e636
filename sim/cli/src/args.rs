//! The command line.

use crate::commands::capacity::{self, CapacityArgs};
use crate::commands::compare::{self, CompareArgs};
use crate::commands::conform::{self, ConformArgs};
use crate::commands::explore::ExploreArgs;
use crate::commands::fixtures::FixturesArgs;
use crate::commands::init;
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
use fieldday_scenario::Live;
use std::path::PathBuf;

/// The seed when none is given: a run is the same every time unless another is asked for.
pub const DEFAULT_SEED: u64 = 1;
/// The most reps that a plan can hold.
const MOST_REPS: u64 = fieldday_scenario::MOST_REPS;

const EXAMPLES: &str = "\
Examples:
  fieldday run                            an ordinary working day of 200 reps
  fieldday run rough --seed 7             a bad one
  fieldday run weekday --verify           the same day twice, compared event by event
  fieldday run --defect clock-in-race     with a bug built into the backend: what would be seen of it?
  fieldday scenarios                      what else there is
  fieldday init                           copies of all scenarios, to write one's own from

Exit codes:
  0    all that was exercised held
  1    a rule was broken or a limit exceeded
  2    the command line or a file is wrong
  3    the target cannot be used
  4    the run says nothing: what it must exercise was not exercised, or it was not the same twice
  130  interrupted; what was measured so far is kept";

const RUN_EXAMPLES: &str = "\
Examples:
  fieldday run                                   the scenario `weekday`, seed 1
  fieldday run dead-zones --seed 0x5eed --record
  fieldday run weekday --reps 20000              more tenants of the same size
  fieldday run my-day.toml --without cell-0/tenant-1/rep-07
  fieldday run --format json | jq .verdict

The result goes to stdout, progress to stderr. The same scenario, seed and version give the same events on any machine
and any number of threads; the fingerprint in the report stands for all of them.";

/// Virtual sales reps live working days against the Otto API.
///
/// Each rep has an app with a cache and an offline queue, drives through places with and without network, records visits
/// and makes mistakes. Judges watch every call and say which rules of the API held. Time is virtual: a day takes
/// milliseconds, and the same seed gives the same day.
#[derive(Parser, Debug)]
#[command(name = "fieldday", version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Say on stderr what a live run does (again for more: -vv every connection and request, -vvv all)
    ///
    /// Lines name endpoints, statuses, durations and ids of records; no token, no name, no address of a person. FIELDDAY_LOG
    /// says the same as a filter: FIELDDAY_LOG=fieldday_live=debug.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a scenario and say what held
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Show that the judges bite: every defect under many seeds, and the system without any
    ///
    /// Each defect is built into small cells of its scenario until one of the rules named for it is broken, and each of the
    /// backend's is put to a conformance pass. Then all scenarios are lived without a defect: whatever breaks there is a false
    /// alarm. Exit code 0 if every defect was found and nothing else.
    #[command(after_long_help = prove::EXAMPLES)]
    Prove(ProveArgs),
    /// Put every rule of the API to the test on purpose, at a target or on the model
    ///
    /// Repeats at once, later, side by side and after a broken connection; each role and each kind of token; ids of other
    /// people in path, query and body; values at, below and beyond their bounds; pages, counts and filters; recordings in every
    /// mode. Ends with a table of rules, cases and verdicts, and with the reason where something could not be tried. Exit code
    /// 0 if all held, 1 if a rule was broken, 3 if the target cannot be used, 4 if nothing can be said.
    #[command(after_long_help = conform::EXAMPLES)]
    Conform(ConformArgs),
    /// Live many seeds in search of one that breaks a rule
    ///
    /// Each seed draws which mishaps, habits and operations are on, and how strong (but for --no-swarm). Failures of one kind
    /// are counted together, and the earliest is kept, with the line to paste. Exit code 1 if anything failed.
    Explore(ExploreArgs),
    /// Find out how many reps a target carries, and what breaks first
    ///
    /// Raises the number of reps at the busiest part of the scenario's day until a limit breaks, and closes in on the edge;
    /// then fits the Universal Scalability Law and a queueing model to what was measured. What is measured is kept level by
    /// level: `--resume FOLDER` goes on after an interruption.
    ///
    /// With --simulate: a whole fleet lives its day against one plant (instances, workers, queues, a database), in lockstep on
    /// the virtual clock; the apps' timeouts and retries are its load.
    #[command(after_long_help = capacity::examples())]
    Capacity(Box<CapacityArgs>),
    /// Live a cell again and look at what happened
    ///
    /// The same scenario and seed give the same events. Without a filter: what happened around the first violation.
    Replay(Box<ReplayArgs>),
    /// Make a failure small, and tell its story
    ///
    /// Takes out of the scenario and its plan whatever the violation does without. Writes story.md; repro.toml, which run,
    /// replay and shrink take in a scenario's place; repro.har, for a browser's tools; repro.sh, the requests by curl.
    Shrink(ShrinkArgs),
    /// Judge the history in a run's folder again, and say whether it says the same
    ///
    /// Works on virtual and on live runs, and on what a kill or Ctrl-C left, up to where it was cut. The exit code is that
    /// of the run as judged now; 4 if the history says something else than the folder's summary.json.
    Check(CheckArgs),
    /// Print the report of a run's folder again, and write its documents again
    ///
    /// From its summary.json; of a run that was killed before it could write one, from its history, judged up to its cut.
    Report(ReportArgs),
    /// List the runs that there are, and remove old ones
    Results(ResultsArgs),
    /// Compare runs with earlier ones: what changed, what did not, and what these runs cannot tell
    ///
    /// Per endpoint and percentile the ratio of the runs' values with its interval, and which rules, limits, contract
    /// findings, hazards and marks came out otherwise. docs/compare.md says how to read it.
    #[command(after_long_help = compare::EXAMPLES)]
    Compare(Box<CompareArgs>),
    /// Show many nights beside one another: how each ended, latencies, limits, and from which night on what is different
    #[command(after_long_help = trend::EXAMPLES)]
    Trend(TrendArgs),
    /// List the marks: states that should sometimes be reached
    Marks(ListArgs),
    /// List, show, check and plan scenarios
    Scenarios(ScenariosArgs),
    /// Write a scenario's data for a real backend
    Fixtures(FixturesArgs),
    /// Serve the model backend over HTTP, for apps and tests in other languages
    ///
    /// Tokens are verified, audio is taken and thrown away, mishaps are the scenario's and defects those that are asked
    /// for. It listens on the loopback unless another address is given.
    #[command(after_long_help = mock::EXAMPLES)]
    Mock(MockArgs),
    /// Keys and session tokens by hand, for a backend that is to trust them
    Tokens(TokensArgs),
    /// Write copies of the built-in scenarios, or with --target a scenario for a backend of your own
    ///
    /// A file that is there already is left alone. With --target, one commented scenario is written, and the target is looked at
    /// as by `run --dry-run`, which changes nothing there: exit code 0 says that a run can begin, 3 what is in the way.
    #[command(after_long_help = init::EXAMPLES)]
    Init(init::InitArgs),
    /// List the rules, or describe one
    Rules {
        /// A rule's name, such as shift.clock-in.once
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
    /// The seed, decimal or 0x hexadecimal; 1 if not given
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
}

impl SeedArgs {
    /// What its help says where a run's folder or a failure's file may be named in a scenario's place.
    pub const OF_FOLDERS: &str = "The seed, decimal or 0x hexadecimal; 1 if not given, or that of the folder or file";

    pub fn or_default(self) -> u64 {
        self.seed.unwrap_or(DEFAULT_SEED)
    }
}

/// What decides a run.
#[derive(Args, Debug)]
#[command(mut_arg("seed", |seed| seed.help(SeedArgs::OF_FOLDERS)))]
pub struct ChoiceArgs {
    /// A built-in scenario's name, the path of a .toml file, or the folder of a run
    #[arg(default_value = "weekday")]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// So many reps, in more or fewer tenants of the same size
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_REPS))]
    pub reps: Option<u64>,
    /// Let the seed draw which of the scenario's features are there and how strong they are
    ///
    /// What is drawn: trouble and its strength, who works and how, network, office, recording modes. Everything that is
    /// drawn is within the specification; the drawn scenario demands no rules.
    #[arg(long)]
    pub swarm: bool,
    /// Another date than the scenario's, as 2026-06-10
    #[arg(long, value_name = "DATE", value_parser = crate::choice::date)]
    pub date: Option<fieldday_kernel::time::Date>,
    /// Take an element out of the plan, by its name (again for more)
    ///
    /// Names are those of `fieldday scenarios plan`: cell-0/tenant-1/rep-07/visit-3. Everything below a name goes with it;
    /// the rest of the plan stays as it was.
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// Build a defect into the backend or the app, by its name (again for more; see `fieldday defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
}

#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Threads; one a core if not given. Changes nothing but the time it takes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Write every event to history.jsonl.zst in the run folder
    ///
    /// Without this, the first cells that broke a rule are run again and recorded. A live run is recorded in any case.
    #[arg(long, conflicts_with = "no_out", help_heading = VIRTUAL)]
    pub record: bool,
    /// What to call: the model backend on the virtual clock, the tool's own `mock` over HTTP, or a deployment's base URL
    #[arg(long, value_name = "model|mock|URL", default_value = "model")]
    pub target: String,
    /// Run twice, on one thread and on many, without and with recording, and compare
    #[arg(long, help_heading = VIRTUAL)]
    pub verify: bool,
    /// Send the run's metrics and a span to a collector by OTLP over HTTP (a build with --features otlp)
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Where to make the run's folder
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// Make no folder
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
pub struct CheckArgs {
    /// The folder of a run, such as those in results/
    pub folder: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

#[derive(Args, Debug)]
pub struct ReportArgs {
    #[command(flatten)]
    pub of: CheckArgs,
    /// Send the run's metrics and a span to a collector by OTLP over HTTP (a build with --features otlp)
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
}

/// How a target is driven; each goes before what the scenario says under `live`.
#[derive(Args, Clone, Debug, Default)]
pub struct DriveArgs {
    /// How many times as fast as the wall clock the day passes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: Option<u32>,
    /// The part of the day that is lived, by local time
    #[arg(long, value_name = "07:30-09:00", value_parser = crate::choice::window)]
    pub window: Option<(fieldday_kernel::time::TimeOfDay, fieldday_kernel::time::TimeOfDay)>,
    /// Without the mobile network: pure load on the target
    #[arg(long)]
    pub no_link: bool,
    /// A host beyond loopback that may be called (again for more)
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Further root certificates to trust, in PEM
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// The key that signs tokens, in place of what the scenario says in [tokens]: one that the target trusts. Where neither
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
    }
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
    /// Only this rep begins
    #[arg(long, value_name = "NAME")]
    pub only_rep: Option<String>,
    /// End after so many requests
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// End after so many errors: attempts that reached the target and were not answered as expected
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// Intruders try what must fail, on the target too
    #[arg(long)]
    pub intruders: bool,
    /// Which build the target runs, for comparisons
    #[arg(long, value_name = "SHA")]
    pub target_version: Option<String>,
    /// Serve goose's live dashboard on this port of the loopback
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "5118")]
    pub dashboard: Option<u16>,
    /// Goose's log of every request
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
    /// Say what would be done, and look at the target, but neither load it nor begin
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs: one document; of a run the same as its summary.json
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
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

#[derive(Subcommand, Debug)]
pub enum ScenariosCommand {
    /// List the built-in scenarios
    List(ListArgs),
    /// Print a scenario's file, comments and all
    Show {
        /// A built-in scenario's name, or the path of a .toml file
        name: String,
    },
    /// Print what a scenario and a seed decide: who works where, which visits, what goes wrong
    Plan(PlanArgs),
    /// Print the JSON schema of scenario files, for editors
    Schema,
    /// Say whether scenario files are right, without running them
    Check {
        /// Paths of .toml files, or names of built-in scenarios
        #[arg(required = true)]
        files: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Only the cell of this number
    #[arg(long, value_name = "N")]
    pub cell: Option<u32>,
    /// Only the rep of this name, such as cell-0/tenant-1/rep-07
    #[arg(long, value_name = "NAME", conflicts_with = "cell")]
    pub rep: Option<String>,
    /// How to print it
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
        "a seed is a number from 0 to 18446744073709551615, or as many bits in hexadecimal: 0x5eed".to_owned()
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
