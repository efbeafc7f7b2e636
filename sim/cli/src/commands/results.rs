//! `fieldday results`: the runs of a folder, and clearing up among them.

use crate::args::Format;
use crate::exit::WRONG;
use crate::failure::Failure;
use crate::{machine, output, terminal};
use clap::{Args, Subcommand};
use fieldday_folder::pack;
use fieldday_folder::store::{Prune, Pruned, Store, Wish};
use fieldday_kernel::time::Span;
use fieldday_paint::units::{bytes, counted};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// One of the two options is needed. clap would write the usage on one line, wider than 80 columns.
const PRUNE_USAGE: &str = "\
fieldday results prune [OPTIONS] --keep-last <N> [DIR]
       fieldday results prune [OPTIONS] --older-than <AGE> [DIR]";

pub const PRUNE_EXAMPLES: &str = "\
Examples:
  fieldday results prune --keep-last 30 --dry-run   list what would be removed
  fieldday results prune --older-than 30d --yes     for cron: no confirmation
  fieldday results prune --keep-last 7 --older-than 2w --keep-failed

Never removed: the last good run of each scenario and target (the next run is
compared with it), a run in progress, a folder that is damaged or not a run's,
and targets of symbolic links.";

#[derive(Args, Debug)]
pub struct ResultsArgs {
    #[command(subcommand)]
    pub command: ResultsCommand,
}

#[derive(Subcommand, Debug)]
pub enum ResultsCommand {
    /// List the runs with scenario, seed, target, verdict and size (* marks the last good run of its kind)
    List {
        /// The directory of run folders
        #[arg(default_value = "results")]
        dir: PathBuf,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Terminal)]
        format: Format,
    },
    /// Print the path of the newest run folder
    Latest {
        /// The directory of run folders
        #[arg(default_value = "results")]
        dir: PathBuf,
        /// Only runs of this scenario
        #[arg(long, value_name = "NAME")]
        scenario: Option<String>,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Terminal)]
        format: Format,
    },
    /// Write a run folder to one file that every command reads in place of a folder
    ///
    /// The file is a tar archive compressed by zstd. It holds what a run, a search or a comparison writes, and nothing else
    /// of the folder. A file with a token, a phone number or an e-mail address in it is refused.
    Pack(PackArgs),
    /// Remove old runs, after listing them and asking for confirmation
    #[command(after_long_help = PRUNE_EXAMPLES, override_usage = PRUNE_USAGE)]
    Prune(PruneArgs),
}

#[derive(Args, Debug)]
pub struct PackArgs {
    /// A run folder, or the folder of a search or a comparison
    folder: PathBuf,
    /// The file to create; default: the folder's name and .tar.zst, in the current directory
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").args(["keep_last", "older_than"]).required(true).multiple(true))]
pub struct PruneArgs {
    /// The directory of run folders
    #[arg(default_value = "results")]
    dir: PathBuf,
    /// Keep the newest N runs of each scenario and kind of target
    #[arg(long, value_name = "N")]
    keep_last: Option<usize>,
    /// Remove only runs older than this: 12h, 30d, 2w
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<Span>,
    /// Keep runs that broke a rule or exceeded a limit
    #[arg(long)]
    keep_failed: bool,
    /// Remove only runs of this scenario (repeatable)
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// List what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

pub fn results(args: &ResultsArgs) -> Result<u8, Failure> {
    match &args.command {
        ResultsCommand::List { dir, format } => {
            let store = read(dir)?;
            output::print(&match format {
                Format::Json => store.to_json(),
                Format::Terminal => store.to_terminal(terminal::stdout_paint()),
            })?;
            Ok(0)
        }
        ResultsCommand::Latest { dir, scenario, format } => {
            let store = read(dir)?;
            let is_meant = |name: &str| scenario.as_ref().is_none_or(|scenario| scenario == name);
            let latest = store.runs.iter().rev().find(|run| is_meant(&run.run.scenario.name));
            let run = latest.ok_or_else(|| Failure::NoRun {
                dir: dir.clone(),
                // A run that cannot be read, not one of the folders that are none.
                skipped: store
                    .skipped
                    .iter()
                    .rfind(|one| one.path.join("run.json").exists())
                    .map(|one| format!("{}: {}", one.path.display(), one.why)),
            })?;
            output::print(&match format {
                Format::Terminal => format!("{}\n", run.path.display()),
                Format::Json => document(&serde_json::json!({"schema": 1, "folder": run.path})),
            })
            .map(|_| 0)
        }
        ResultsCommand::Pack(args) => pack(args),
        ResultsCommand::Prune(args) => prune(args),
    }
}

fn pack(args: &PackArgs) -> Result<u8, Failure> {
    // By where it really is: `latest`, `.` and `..` are no names for a file.
    let unreadable = |source| Failure::Unreadable { path: args.folder.clone(), source };
    let folder = args.folder.canonicalize().map_err(unreadable)?;
    let named = || {
        let name = folder.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
        PathBuf::from(name + pack::EXTENSION)
    };
    let packed = pack::pack(&folder, &args.out.clone().unwrap_or_else(named))?;
    for file in &packed.left_out {
        output::note(&format!("left out: {}, which no run writes", file.display()));
    }
    let files = counted(packed.files.len() as u64, "file", "files");
    output::print(&match args.format {
        Format::Terminal => format!("{}: {files}, {}\n", packed.path.display(), bytes(packed.bytes)),
        Format::Json => document(&serde_json::json!({
            "schema": 1, "file": packed.path, "bytes": packed.bytes, "files": packed.files, "left_out": packed.left_out,
        })),
    })?;
    Ok(0)
}

fn document(value: &serde_json::Value) -> String {
    // Plain data of strings and numbers: it cannot fail.
    fieldday_paint::json(value).unwrap_or_default()
}

fn read(dir: &Path) -> Result<Store, Failure> {
    Store::read(dir, machine::now()).map_err(|source| Failure::Unreadable { path: dir.to_owned(), source })
}

fn prune(args: &PruneArgs) -> Result<u8, Failure> {
    let wish = Wish {
        keep_last: args.keep_last,
        older_than: args.older_than,
        keep_failed: args.keep_failed,
        scenarios: args.scenario.clone(),
    };
    let prune = read(&args.dir)?.prune(&wish, machine::now());
    let is_json = args.format == Format::Json;
    if !is_json {
        output::print(&prune.to_terminal(terminal::stdout_paint()))?;
    }
    let nothing = prune.goes().next().is_none();
    let done = if args.dry_run || nothing || !agreed(args, &prune)? { None } else { Some(prune.remove()) };
    if is_json {
        output::print(&prune.to_json(done.as_ref()))?;
    } else {
        output::print(&prune_text(&prune, done.as_ref()))?;
    }
    Ok(if done.is_some_and(|done| !done.failed.is_empty()) { WRONG } else { 0 })
}

/// Whether whoever sits there agrees, or has said so.
fn agreed(args: &PruneArgs, prune: &Prune) -> Result<bool, Failure> {
    if args.yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !terminal::stderr_is_terminal() {
        return Err(Failure::NobodyToAsk { total: prune.total() });
    }
    let mut answer = String::new();
    let asked = write!(io::stderr(), "remove {}? [y/N] ", prune.total()).and_then(|()| io::stderr().flush());
    let read = asked.and_then(|()| io::stdin().read_line(&mut answer));
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn prune_text(prune: &Prune, done: Option<&Pruned>) -> String {
    let Some(done) = done else {
        let goes = prune.goes().next().is_some();
        return if goes {
            format!("would remove {}; nothing was removed\n", prune.total())
        } else {
            "nothing to remove\n".to_owned()
        };
    };
    let removed = counted(done.removed.len() as u64, "run", "runs");
    let mut text = format!("removed {removed}, {}\n", bytes(done.bytes));
    for (path, why) in &done.failed {
        text.push_str(&format!("not removed: {}: {why}\n", path.display()));
    }
    text
}

/// Reads an age such as `12h`, `30d` or `2w`.
fn age(text: &str) -> Result<Span, String> {
    let hours = |unit: &str| match unit {
        "h" => Some(1),
        "d" => Some(24),
        "w" => Some(24 * 7),
        _ => None,
    };
    let split = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
    let (number, unit) = text.split_at(split);
    let number = number.parse::<u32>().ok().filter(|number| *number <= 100_000);
    let read = number.zip(hours(unit)).map(|(number, hours)| Span::seconds(i64::from(number) * hours * 3_600));
    read.ok_or_else(|| "an age is a whole number of hours, days or weeks: 12h, 30d, 2w".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        assert_eq!(age("30d"), Ok(Span::seconds(30 * 86_400)));
        assert_eq!([age("12h"), age("2w")], [Ok(Span::seconds(43_200)), Ok(Span::seconds(14 * 86_400))]);
        assert!(["", "d", "30", "-1d", "1.5d", "30 days", "99999999d", "3ü"].iter().all(|text| age(text).is_err()));
    }
}
