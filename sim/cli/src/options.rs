//! What an option has an effect with, and whether it belongs into the line that gives a live run again.
//!
//! The heading under which an option stands in the help is what it needs: who reads the help, and the check, read the same
//! word. clap's own `requires` and `conflicts_with` say what concerns single options.

use crate::args::ChoiceArgs;
use crate::commands::compare::Baseline;
use crate::commands::simulate::Numbers;
use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};
use fieldday_api::redact::url_without_secrets;
use fieldday_engine::all_defects::Defect;

/// Of a run on the wall clock.
pub const LIVE: &str = "With --target mock or a URL";
/// Of a run on the virtual clock.
pub const VIRTUAL: &str = "Without --target";
/// Of the tool's own mock.
pub const MOCK: &str = "With --target mock";
/// Of the tool's own mock, and of the simulated plant.
pub const SERVED: &str = "With --target mock or --simulate";
/// Of a simulated fleet.
pub const SIMULATED: &str = "With --simulate";
/// Of two targets that are run in turn.
pub const IN_TURN: &str = "With --interleave";
/// Of runs that there are already.
pub const RUN_BEFORE: &str = "Without --interleave";

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
const SINGLE: [(&str, &str, Idle); 6] = [
    ("capacity", "scenario", |typed| {
        let named = typed.get_one::<String>("simulate").is_some_and(|named| !named.is_empty());
        named.then_some("with --simulate SCENARIO, which names the scenario")
    }),
    ("capacity", "advise", is_table),
    ("compare", "results", |typed| {
        let baselines = || typed.get_many::<Baseline>("baseline").into_iter().flatten();
        let are_folders = is_typed(typed, "baseline") && baselines().all(|one| matches!(one, Baseline::Folder(_)));
        (are_folders && is_typed(typed, "runs")).then_some("where each RUN and each --baseline is a folder")
    }),
    ("conform", "defect", |typed| (!["model", "mock"].contains(&target(typed))).then_some("with --target URL")),
    ("prove", "defect", |typed| {
        let mut names = typed.get_many::<String>("defect").into_iter().flatten();
        let of_phone = names.any(|name| matches!(Defect::named(name), Some(Defect::App(_))));
        (target(typed) == "mock" && of_phone).then_some("with --target mock if it is a defect of the phone")
    }),
    ("run", "defect", |typed| {
        let names = || typed.get_many::<String>("defect").into_iter().flatten();
        let is_elsewhere = !["model", "mock"].contains(&target(typed));
        let of_backend = names().any(|name| matches!(Defect::named(name), Some(Defect::Backend(_))));
        (is_elsewhere && of_backend).then_some("with --target URL: it is a defect of the backend")
    }),
];

/// Of a simulation: several numbers of reps or instances give a table.
fn is_table(typed: &ArgMatches) -> Option<&'static str> {
    let reps = typed.get_many::<u64>("reps").map_or(0, Iterator::count);
    let instances = typed.get_one::<Numbers>("instances").map_or(0, Numbers::count);
    (reps.max(instances) > 1).then_some("with several --reps or --instances")
}

/// Options that do not belong into the line that gives a live run, or a pass, again, and why.
const NOT_AGAIN: [(&str, &str); 14] = [
    ("start_at", "has passed by then"),
    ("start_together", "the other shards are not there by then"),
    ("start_within", "goes with it"),
    ("shard", "stands in the line already: a merged run is the whole one"),
    ("threads", "decides nothing but how much work this machine can do at once"),
    ("record", "a live run keeps its history in any case"),
    ("verify", "is one of the virtual clock"),
    ("otlp", "what is done with the figures is no part of the run"),
    ("format", "nor is how they are printed"),
    ("out", "nor where they are kept"),
    ("no_out", "a repeated run should keep its results"),
    ("dashboard", "shows the run, and its port may be taken by then"),
    ("request_log", "would write over the log of the first run"),
    ("dry_run", "begins no run"),
];

/// The words of a command beside its choice of a scenario that give the same live run, or pass, again, as they were typed.
pub fn again(run: &Command, typed: &ArgMatches) -> Vec<String> {
    let choice = ChoiceArgs::augment_args(Command::new("choice"));
    let is_choice = |arg: &Arg| choice.get_arguments().any(|of| of.get_id() == arg.get_id());
    let is_left_out = |arg: &Arg| NOT_AGAIN.iter().any(|(id, _)| arg.get_id() == id);
    let mut words = Vec::new();
    // What is global, such as -v, is how every command talks.
    let mine = |arg: &&Arg| !is_choice(arg) && !is_left_out(arg) && !arg.is_global_set();
    for arg in run.get_arguments().filter(mine) {
        let Some(long) = arg.get_long().filter(|_| is_typed(typed, arg.get_id().as_str())) else { continue };
        let flag = format!("--{long}");
        if !matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
            words.push(flag);
            continue;
        }
        for values in typed.get_raw_occurrences(arg.get_id().as_str()).into_iter().flatten() {
            words.push(flag.clone());
            words.extend(values.map(|value| value.to_string_lossy().into_owned()));
        }
    }
    without_secrets(words.into_iter()).collect()
}

/// Words of a command line as they may be printed and kept: an exporter's URL may hold a password.
pub fn without_secrets(words: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut is_url = false;
    words.map(move |word| {
        match (std::mem::replace(&mut is_url, word == "--metrics"), word.strip_prefix("--metrics=")) {
            (true, _) => url_without_secrets(&word),
            (false, Some(url)) => format!("--metrics={}", url_without_secrets(url)),
            (false, None) => word,
        }
    })
}

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
fn is_typed(typed: &ArgMatches, id: &str) -> bool {
    typed.try_contains_id(id).unwrap_or(false) && typed.value_source(id) == Some(ValueSource::CommandLine)
}

/// What is called, if this command calls anything: the model, unless something else was named.
fn target(typed: &ArgMatches) -> &str {
    typed.try_get_one::<String>("target").ok().flatten().map_or("model", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    /// The words to run it again, of a command line.
    fn words(line: &str) -> Vec<String> {
        let mut command = Cli::command();
        let typed = command.try_get_matches_from_mut(line.split(' ')).unwrap();
        again(command.find_subcommand("run").unwrap(), typed.subcommand_matches("run").unwrap())
    }

    #[test]
    fn the_line_that_gives_a_live_run_again_has_whatever_decides_it() {
        let line = "fieldday run smoke --seed 7 --defect stale-read --target https://a --speed 60 --window 07:30-09:00 --no-link \
                    --allow a --allow b --cacert ca.pem --key key.pem --only-rep r --max-requests 9 --max-errors 3 --intruders --conform \
                    --target-version 1f3a --metrics http://u:hunter2@b:9/m?k=hunter2 --metric a --threads 2 --no-out --request-log log --dashboard 5118 --format json -vv";
        let again = "--target https://a --speed 60 --window 07:30-09:00 --no-link --allow a --allow b --cacert ca.pem --metrics http://***@b:9/m?*** --metric a --key key.pem \
                     --only-rep r --max-requests 9 --max-errors 3 --intruders --conform --target-version 1f3a";
        assert_eq!(words(line).join(" "), again);
        assert_eq!(words("fieldday run smoke"), [""; 0]);
    }

    #[test]
    fn what_is_left_out_of_the_line_is_an_option_of_a_run_and_every_need_is_a_heading() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        for (id, _) in NOT_AGAIN {
            assert!(run.get_arguments().any(|arg| arg.get_id() == id), "{id}");
        }
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
