//! The command line: which commands there are.

use crate::args::ListArgs;
use crate::commands::capacity::args::{self as capacity, CapacityArgs};
use crate::commands::check::{CheckArgs, ReportArgs};
use crate::commands::compare::args::{self as compare, CompareArgs};
use crate::commands::conform::{self, ConformArgs};
use crate::commands::explore::ExploreArgs;
use crate::commands::fixtures::FixturesArgs;
use crate::commands::init::{self, InitArgs};
use crate::commands::merge::args::{self as merge, MergeArgs};
use crate::commands::mock::{self, MockArgs};
use crate::commands::prove::{self, ProveArgs};
use crate::commands::replay::args::ReplayArgs;
use crate::commands::results::ResultsArgs;
use crate::commands::run::args::{self as run, RunArgs};
use crate::commands::scenarios::ScenariosArgs;
use crate::commands::shrink::ShrinkArgs;
use crate::commands::tokens::TokensArgs;
use crate::commands::trend::{self, TrendArgs};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

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
  4    inconclusive: a rule was not exercised, a limit was not decided, the load
       generator fell behind, or two runs differed
  130  interrupted; results so far are kept

Environment:
  FIELDDAY_LOG  which log lines to print, in place of -v, for example
                FIELDDAY_LOG=fieldday_live=debug. Log lines hold no tokens,
                names or addresses.";

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
    #[command(after_long_help = run::EXAMPLES)]
    Run(Box<RunArgs>),
    /// Merge the shards of a run into one run folder with one verdict
    ///
    /// `fieldday run --shard I/N` runs one of N parts of a run, on any machine, and leaves a run folder. This command puts the
    /// folders together: events, histograms, counts and findings add up without loss. A simulated run that is merged has the
    /// fingerprint of the same run in one piece. docs/shards.md shows it with Kubernetes, Slurm and ssh.
    #[command(after_long_help = merge::EXAMPLES)]
    Merge(MergeArgs),
    /// Validate the rules' judges by fault injection
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
    Init(InitArgs),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
