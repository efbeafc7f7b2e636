//! `fieldday trend`: many nights as one page.

use crate::commands::compare::args::CompareFormat;
use crate::failure::Failure;
use crate::{output, terminal};
use clap::Args;
use fieldday_compare::trend::{Asked, trend};
use std::fs;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  fieldday trend                    all runs in results/: writes its trend.html
  fieldday trend results --scenario nightly --last 30
  fieldday trend --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  fieldday trend --format json | jq '.groups[].changes'

Folders that cannot be read are named and skipped. The exit code is 0 if at
least one run could be read.";

#[derive(Args, Debug)]
pub struct TrendArgs {
    /// The directory of run folders
    #[arg(default_value = "results")]
    pub results: PathBuf,
    /// Only runs of this scenario
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Only the last N runs of each kind
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Write the page to this file; default: trend.html in the directory
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = CompareFormat::Terminal)]
    pub format: CompareFormat,
}

pub fn show(args: &TrendArgs) -> Result<(), Failure> {
    let asked = Asked { scenario: args.scenario.clone(), last: args.last.map(|last| last as usize) };
    let found = trend(&args.results, &asked);
    let found = found.map_err(|source| Failure::Unreadable { path: args.results.clone(), source })?;
    found.skipped.iter().for_each(|skipped| output::note(&format!("skipped: {}", skipped.why)));
    if found.groups.is_empty() && found.capacity.is_empty() {
        let what = args.scenario.as_ref().map_or("run".to_owned(), |name| format!("run of {name}"));
        return Err(Failure::NoNights { place: args.results.clone(), what });
    }
    let file = args.html.clone().unwrap_or_else(|| args.results.join("trend.html"));
    let document = found.document(&file);
    fs::write(&file, document.html()).map_err(|source| Failure::File { path: file.clone(), source })?;
    let text = match args.format {
        CompareFormat::Terminal => document.terminal(terminal::stdout_paint()),
        CompareFormat::Json => found.to_json(),
        CompareFormat::Markdown => document.markdown(),
    };
    output::print(&text)?;
    output::note(&format!("page: {}", file.display()));
    Ok(())
}
