//! The command line that repeats a run.

use crate::args::ChoiceArgs;
use crate::options::is_typed;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};
use fieldday_api::redact::url_without_secrets;

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

/// A command line of these words, as a shell takes it.
pub fn typed(words: impl Iterator<Item = String>) -> String {
    let plain =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./,:@%+=".contains(c));
    let quoted = |word: String| if plain(&word) { word } else { format!("'{}'", word.replace('\'', r"'\''")) };
    let words: Vec<String> = without_secrets(words).map(quoted).collect();
    format!("fieldday {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line::Cli;
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
    fn what_is_left_out_of_the_line_is_an_option_of_a_run() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        for (id, _) in NOT_AGAIN {
            assert!(run.get_arguments().any(|arg| arg.get_id() == id), "{id}");
        }
    }
}
