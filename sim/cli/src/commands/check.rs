//! `fieldday check` and `fieldday report`: a run's folder, judged again or shown again.

use crate::args::Format;
use crate::failure::Failure;
use crate::{machine, otlp, output, terminal};
use clap::Args;
use fieldday_documents::page::REPORT;
use fieldday_documents::terminal::report as in_terminal;
use fieldday_folder::check::{self as once_more, Checked};
use fieldday_folder::series::SeriesFile;
use fieldday_folder::{RunFolder, Summary};
use std::path::PathBuf;

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

/// Judges the recorded history of a folder again with the rules of this version.
pub fn check(args: &CheckArgs) -> Result<u8, Failure> {
    said(args, &once_more::check(&RunFolder::open(&args.folder)?, machine::random())?)
}

/// Shows what the run said, and writes its documents again; of one that could say nothing any more, what its history says.
/// The exit code is the verdict's.
pub fn report(args: &ReportArgs) -> Result<u8, Failure> {
    let (otlp, args) = (args.otlp.as_deref(), &args.of);
    otlp.map_or(Ok(()), otlp::can_send)?;
    let kept = RunFolder::open(&args.folder)?;
    let Some(summary) = kept.summary()? else {
        output::note("no summary.json: the run was killed before it wrote one; its history is checked instead");
        let checked = once_more::check(&kept, machine::random())?;
        // One that was there before stays: a live run's places are moved otherwise each time.
        let before = kept.series()?;
        let code = said(args, &checked)?;
        let series = Some(before.as_ref().unwrap_or(&checked.series));
        return pass_on(&kept, &checked.summary, series, otlp).map(|()| code);
    };
    let series = match kept.series()? {
        Some(series) => Some(series),
        None => from_history(&kept, &summary)?,
    };
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => in_terminal(&summary, Some(&place(args)), terminal::stdout_paint()),
    };
    output::print(&text)?;
    pass_on(&kept, &summary, series.as_ref(), otlp).map(|()| summary.verdict.exit_code)
}

/// The series of a run that left none, if all of its cells are in its history.
fn from_history(kept: &RunFolder, summary: &Summary) -> Result<Option<SeriesFile>, Failure> {
    let is_whole = summary.history.as_ref().is_some_and(|part| part.only_cells.is_none());
    Ok(if is_whole { Some(once_more::check(kept, machine::random())?.series) } else { None })
}

/// Writes what is made of the summary, and sends it where it is wanted.
fn pass_on(
    kept: &RunFolder,
    summary: &Summary,
    series: Option<&SeriesFile>,
    otlp: Option<&str>,
) -> Result<(), Failure> {
    match fieldday_documents::put_again(kept, summary, series) {
        Ok(()) => output::note(&format!("written: {}", kept.path.join(REPORT).display())),
        // A folder in which nothing can be written can be looked at all the same.
        Err(error) => output::note(&format!("warning: the documents could not be rewritten: {error}")),
    }
    otlp.map_or(Ok(()), |url| otlp::send(url, &kept.run, summary))
}

fn said(args: &CheckArgs, checked: &Checked) -> Result<u8, Failure> {
    let text = match args.format {
        Format::Json => checked.to_json(),
        Format::Terminal => fieldday_documents::checked::report(checked, &place(args), terminal::stdout_paint()),
    };
    output::print(&text).map(|_| checked.exit_code())
}

fn place(args: &CheckArgs) -> String {
    args.folder.display().to_string()
}
