//! What an option has an effect with. The heading under which it stands in the help is what it needs; clap's own `requires` and
//! `conflicts_with` say what concerns single options.

use crate::commands::compare::args::Baseline;
use crate::headings::{IN_TURN, LIVE, MOCK, RUN_BEFORE, SERVED, SIMULATED, VIRTUAL};
use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use fieldday_engine::all_defects::Defect;

/// Why the options under a heading have no effect with what was typed; none if they have.
type Idle = fn(&ArgMatches) -> Option<&'static str>;

const HEADINGS: [(&str, Idle); 7] = [
    (LIVE, |typed| match () {
        () if is_typed(typed, "simulate") => Some("with --simulate"),
        () if is_typed(typed, "resume") => None,
        () => (target(typed) == "model").then_some("without --target mock or --target URL"),
    }),
    (VIRTUAL, |typed| (target(typed) != "model").then_some("with --target mock or --target URL")),
    // Which target an earlier search had stands in its folder, and is looked at when that is read.
    (MOCK, |typed| {
        (target(typed) != "mock" && !is_typed(typed, "resume")).then_some(if is_typed(typed, "simulate") {
            "with --simulate: it belongs to --target mock"
        } else {
            "without --target mock"
        })
    }),
    (SERVED, |typed| {
        let serves = target(typed) == "mock" || is_typed(typed, "resume") || is_typed(typed, "simulate");
        (!serves).then_some("without --target mock or --simulate")
    }),
    (SIMULATED, |typed| (!is_typed(typed, "simulate")).then_some("without --simulate")),
    (IN_TURN, |typed| (!is_typed(typed, "interleave")).then_some("without --interleave")),
    (RUN_BEFORE, |typed| is_typed(typed, "interleave").then_some("with --interleave")),
];

/// Single options, by command, that have no effect with certain values of others.
const SINGLE: [(&str, &str, Idle); 5] = [
    ("capacity", "scenario", |typed| {
        let named = typed.get_one::<String>("simulate").is_some_and(|named| !named.is_empty());
        named.then_some("with --simulate SCENARIO, which names the scenario")
    }),
    ("compare", "results", |typed| {
        let baselines = || typed.get_many::<Baseline>("baseline").into_iter().flatten();
        let are_folders = is_typed(typed, "baseline") && baselines().all(|one| matches!(one, Baseline::Folder(_)));
        (are_folders && is_typed(typed, "runs")).then_some("where each RUN and each --baseline is a folder")
    }),
    ("conform", "defect", |typed| (!["model", "mock"].contains(&target(typed))).then_some("with --target URL")),
    ("prove", "defect", |typed| {
        let mut names = typed.get_many::<String>("defect").into_iter().flatten();
        let of_phone = names.any(|name| matches!(Defect::named(name), Some(Defect::App(_))));
        (target(typed) == "mock" && of_phone).then_some("with --target mock if it is a defect of the app")
    }),
    ("run", "defect", |typed| {
        let names = || typed.get_many::<String>("defect").into_iter().flatten();
        let is_elsewhere = !["model", "mock"].contains(&target(typed));
        let of_backend = names().any(|name| matches!(Defect::named(name), Some(Defect::Backend(_))));
        (is_elsewhere && of_backend).then_some("with --target URL: it is a defect of the backend")
    }),
];

/// Refuses options that have no effect with the others that were typed.
pub fn check(command: &mut Command, typed: &ArgMatches) -> Result<(), Error> {
    if let Some((name, typed)) = typed.subcommand() {
        return command.find_subcommand_mut(name).map_or(Ok(()), |command| check(command, typed));
    }
    let idle = command.get_arguments().filter(|arg| is_typed(typed, arg.get_id().as_str())).find_map(|arg| {
        let headings = HEADINGS.iter().filter(|(heading, _)| arg.get_help_heading() == Some(heading));
        let single = SINGLE.iter().filter(|(of, id, _)| *of == command.get_name() && arg.get_id() == id);
        let mut idle = headings.map(|(_, idle)| idle).chain(single.map(|(.., idle)| idle));
        Some(format!("'{arg}' has no effect {}", idle.find_map(|idle| idle(typed))?))
    });
    match idle {
        Some(says) => Err(command.error(ErrorKind::ArgumentConflict, says)),
        None => Ok(()),
    }
}

/// Whether somebody typed it: a default is no wish. Not every command has every option.
pub fn is_typed(typed: &ArgMatches, id: &str) -> bool {
    typed.try_contains_id(id).unwrap_or(false) && typed.value_source(id) == Some(ValueSource::CommandLine)
}

/// The target of the command line: the model unless another was named.
fn target(typed: &ArgMatches) -> &str {
    typed.try_get_one::<String>("target").ok().flatten().map_or("model", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line::Cli;
    use clap::{Arg, CommandFactory};

    #[test]
    fn every_need_is_a_heading_of_the_help_and_every_heading_is_a_need() {
        let command = Cli::command();
        let headings: Vec<&str> =
            command.get_subcommands().flat_map(Command::get_arguments).filter_map(Arg::get_help_heading).collect();
        for (heading, _) in HEADINGS {
            assert!(headings.contains(&heading), "{heading}");
        }
        for heading in headings {
            assert!(HEADINGS.iter().any(|(of, _)| heading == *of), "{heading:?} is no need that is checked");
        }
    }
}
