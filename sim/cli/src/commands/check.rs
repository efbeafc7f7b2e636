//! `fieldday check` and `fieldday report`: a run's folder, judged again or shown again.

use crate::args::{CheckArgs, Format};
use crate::failure::Failure;
use crate::output;
use fieldday_report::{Kept, check as again, terminal};

/// Judges the history of a folder again.
pub fn check(args: &CheckArgs) -> Result<u8, Failure> {
    judge(args, &Kept::open(&args.folder)?)
}

/// Shows what the run said; of one that could say nothing any more, what its history does. The exit code is the verdict's.
pub fn report(args: &CheckArgs) -> Result<u8, Failure> {
    let kept = Kept::open(&args.folder)?;
    let Some(summary) = kept.summary()? else {
        output::note(
            "there is no summary.json: the run was killed before it could write one; its history is judged instead",
        );
        return judge(args, &kept);
    };
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => terminal::report(&summary, Some(&place(args)), output::stdout_paint()),
    };
    let (written, printed) = (kept.put_documents(&summary), output::print(&text));
    // A folder on which nothing can be written can be looked at all the same.
    if let Err(error) = written {
        output::note(&format!("warning: the documents are as they were: {error}"));
    }
    printed.map(|_| summary.verdict.exit_code)
}

fn judge(args: &CheckArgs, kept: &Kept) -> Result<u8, Failure> {
    let checked = again::check(kept)?;
    let text = match args.format {
        Format::Json => checked.to_json(),
        Format::Terminal => checked.report(&place(args), output::stdout_paint()),
    };
    output::print(&text).map(|_| checked.exit_code())
}

fn place(args: &CheckArgs) -> String {
    args.folder.display().to_string()
}
