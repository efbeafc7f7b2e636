//! `fieldday check` and `fieldday report`: a run's folder, judged again or shown again.

use crate::args::{CheckArgs, Format, ReportArgs};
use crate::failure::Failure;
use crate::{otlp, output};
use fieldday_report::check::{self as again, Checked};
use fieldday_report::{Kept, Summary, terminal};

/// Judges the history of a folder again.
pub fn check(args: &CheckArgs) -> Result<u8, Failure> {
    said(args, &again::check(&Kept::open(&args.folder)?)?)
}

/// Shows what the run said, and writes its documents again; of one that could say nothing any more, what its history says.
/// The exit code is the verdict's.
pub fn report(args: &ReportArgs) -> Result<u8, Failure> {
    let (otlp, args) = (args.otlp.as_deref(), &args.of);
    otlp.map_or(Ok(()), otlp::can_send)?;
    let kept = Kept::open(&args.folder)?;
    let Some(summary) = kept.summary()? else {
        output::note(
            "there is no summary.json: the run was killed before it could write one; its history is judged instead",
        );
        let checked = again::check(&kept)?;
        let code = said(args, &checked)?;
        return pass_on(&kept, &checked.summary, otlp).map(|()| code);
    };
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => terminal::report(&summary, Some(&place(args)), output::stdout_paint()),
    };
    output::print(&text)?;
    pass_on(&kept, &summary, otlp).map(|()| summary.verdict.exit_code)
}

/// Writes what is made of the summary, and sends it where it is wanted.
fn pass_on(kept: &Kept, summary: &Summary, otlp: Option<&str>) -> Result<(), Failure> {
    // A folder in which nothing can be written can be looked at all the same.
    if let Err(error) = kept.put_documents(summary) {
        output::note(&format!("warning: the documents are as they were: {error}"));
    }
    otlp.map_or(Ok(()), |url| otlp::send(url, &kept.run, summary))
}

fn said(args: &CheckArgs, checked: &Checked) -> Result<u8, Failure> {
    let text = match args.format {
        Format::Json => checked.to_json(),
        Format::Terminal => checked.report(&place(args), output::stdout_paint()),
    };
    output::print(&text).map(|_| checked.exit_code())
}

fn place(args: &CheckArgs) -> String {
    args.folder.display().to_string()
}
