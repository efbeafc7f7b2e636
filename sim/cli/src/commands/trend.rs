//! `fieldday trend`: many nights as one page.

use crate::commands::compare::CompareFormat;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use fieldday_compare::trend::{Asked, trend};
use std::fs;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  fieldday trend                                  all nights in results/, and results/trend.html
  fieldday trend results --scenario nightly --last 30
  fieldday trend --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  fieldday trend --format json | jq '.groups[].changes'

A folder that cannot be read is told and skipped; the exit code is 0 as long as there was something to read.";

#[derive(Args, Debug)]
pub struct TrendArgs {
    /// Where the run folders are
    #[arg(default_value = "results")]
    pub results: PathBuf,
    /// Only nights of this scenario
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Of each kind of nights, only the last so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Where to write the page; trend.html among the nights if not given
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = CompareFormat::Terminal)]
    pub format: CompareFormat,
}

pub fn show(args: &TrendArgs) -> Result<(), Failure> {
    let asked = Asked { scenario: args.scenario.clone(), last: args.last.map(|last| last as usize) };
    let found = trend(&args.results, &asked);
    let found = found.map_err(|source| Failure::Unreadable { path: args.results.clone(), source })?;
    found.skipped.iter().for_each(|skipped| output::note(&format!("skipped: {}", skipped.why)));
    if found.groups.is_empty() && found.capacity.is_empty() {
        let what = args.scenario.as_ref().map_or("night".to_owned(), |name| format!("night of {name}"));
        return Err(Failure::NoNights { place: args.results.clone(), what });
    }
    let file = args.html.clone().unwrap_or_else(|| args.results.join("trend.html"));
    let document = found.document(&file);
    fs::write(&file, document.html()).map_err(|source| Failure::File { path: file.clone(), source })?;
    let text = match args.format {
        CompareFormat::Terminal => document.terminal(output::stdout_paint()),
        CompareFormat::Json => found.to_json(),
        CompareFormat::Markdown => document.markdown(),
    };
    output::print(&text)?;
    output::note(&format!("page: {}", file.display()));
    Ok(())
}
