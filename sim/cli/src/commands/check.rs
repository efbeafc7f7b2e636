//! `fieldday check` and `fieldday report`: a run's folder, judged again or shown again.

use crate::args::{CheckArgs, Format};
use crate::failure::Failure;
use crate::{machine, output};
use fieldday_report::check::{self as again, Checked};
use fieldday_report::series::SeriesFile;
use fieldday_report::{Kept, Summary, terminal};

/// Judges the history of a folder again.
pub fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let checked = again::check(&Kept::open(&args.folder)?, machine::random())?;
    said(args, &checked)
}

/// Shows what the run said, and writes its page again; of one that could say nothing any more, what its history says. The
/// exit code is the verdict's.
pub fn report(args: &CheckArgs) -> Result<u8, Failure> {
    let kept = Kept::open(&args.folder)?;
    let Some(summary) = kept.summary()? else {
        output::note(
            "there is no summary.json: the run was killed before it could write one; its history is judged instead",
        );
        let checked = again::check(&kept, machine::random())?;
        // One that was there before stays: a live run's places are moved otherwise each time.
        let before = kept.series()?;
        page(&kept, &checked.summary, Some(before.as_ref().unwrap_or(&checked.series)))?;
        return said(args, &checked);
    };
    let series = match kept.series()? {
        Some(series) => Some(series),
        None => from_history(&kept, &summary)?,
    };
    page(&kept, &summary, series.as_ref())?;
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => terminal::report(&summary, Some(&place(args)), output::stdout_has_colour()),
    };
    output::print(&text).map(|_| summary.verdict.exit_code)
}

/// The series of a run that left none, if all of its cells are in its history.
fn from_history(kept: &Kept, summary: &Summary) -> Result<Option<SeriesFile>, Failure> {
    let is_whole = summary.history.as_ref().is_some_and(|part| part.only_cells.is_none());
    Ok(if is_whole { Some(again::check(kept, machine::random())?.series) } else { None })
}

fn page(kept: &Kept, summary: &Summary, series: Option<&SeriesFile>) -> Result<(), Failure> {
    let page = kept.put_page(summary, series)?;
    output::note(&format!("written: {}", page.display()));
    Ok(())
}

fn said(args: &CheckArgs, checked: &Checked) -> Result<u8, Failure> {
    let text = match args.format {
        Format::Json => checked.to_json(),
        Format::Terminal => checked.report(&place(args), output::stdout_has_colour()),
    };
    output::print(&text).map(|_| checked.exit_code())
}

fn place(args: &CheckArgs) -> String {
    args.folder.display().to_string()
}
