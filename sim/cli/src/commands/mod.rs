//! The commands, one a file.

pub mod capacity;
mod catalogue;
pub mod check;
pub mod compare;
pub mod conform;
pub mod explore;
pub mod fixtures;
pub mod init;
mod ledger;
pub mod merge;
pub mod mock;
mod proof_parts;
pub mod prove;
pub mod replay;
pub mod results;
pub mod run;
pub mod scenarios;
pub mod shrink;
mod stories;
pub mod tokens;
pub mod trend;

use crate::command_line::{Cli, Command};
use crate::exit::WRONG;
use crate::failure::Failure;
use crate::{again, help, log, options, output, show};
use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

/// Reads the command line, runs the command and gives its exit code.
pub fn main() -> ExitCode {
    let cli = match cli() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. If they cannot be printed, nobody is there to be told.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(WRONG) } else { ExitCode::SUCCESS };
        }
    };
    match log::begin(cli.verbose).and_then(|()| execute(cli.command)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            show::failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The command line: read, and without options that have no effect.
fn cli() -> Result<Cli, clap::Error> {
    let mut command = help::by_task(Cli::command());
    let typed = command.try_get_matches_from_mut(std::env::args_os())?;
    options::check(&mut command, &typed)?;
    let mut cli = Cli::from_arg_matches(&typed)?;
    let again = typed.subcommand().and_then(|(name, typed)| Some(again::again(command.find_subcommand(name)?, typed)));
    match &mut cli.command {
        Command::Run(args) => args.again = again.unwrap_or_default(),
        Command::Conform(args) => args.again = again.unwrap_or_default(),
        _ => {}
    }
    Ok(cli)
}

fn execute(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Run(args) => return run::run(&args),
        Command::Merge(args) => return merge::merge(&args),
        Command::Capacity(args) => return capacity::capacity(&args),
        Command::Explore(args) => return explore::explore(&args),
        Command::Conform(args) => return conform::conform(&args),
        Command::Compare(args) => return compare::compare_runs(&args),
        Command::Check(args) => return check::check(&args),
        Command::Report(args) => return check::report(&args),
        Command::Results(args) => return results::results(&args),
        Command::Trend(args) => trend::show(&args)?,
        Command::Marks(list) => catalogue::marks(list.format)?,
        Command::Replay(args) => return replay::replay(&args),
        Command::Shrink(args) => return shrink::shrink(&args),
        Command::Prove(args) => return prove::prove(&args),
        Command::Scenarios(args) => return scenarios::scenarios(args),
        Command::Fixtures(args) => fixtures::fixtures(&args.command)?,
        Command::Mock(args) => mock::mock(&args)?,
        Command::Tokens(args) => tokens::tokens(&args)?,
        Command::Init(args) => init::init(&args)?,
        Command::Rules { name, list } => catalogue::rules(name.as_deref(), list.format)?,
        Command::Defects(list) => catalogue::defects(list.format)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "fieldday", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(0)
}
