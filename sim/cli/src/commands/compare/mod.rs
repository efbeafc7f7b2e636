//! `fieldday compare`: which runs are meant, then the report library's answer.

pub mod args;
mod interleave;
mod sides;

use crate::failure::Failure;
use crate::{exit, interrupt, output, terminal};
use args::{CompareArgs, CompareFormat};
use fieldday_compare::{Comparison, Outcome, Question, compare};
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|source| Failure::File { path: file.to_owned(), source })
}

pub fn compare_runs(args: &CompareArgs) -> Result<u8, Failure> {
    let mut is_interrupted = false;
    let mut place = None;
    let (new, baseline, history) = match args.interleave {
        Some(times) => {
            let stop = interrupt::flag();
            let (folder, chosen) = interleave::runs(args, times, &stop)?;
            is_interrupted = stop.load(Ordering::Relaxed);
            place = Some(folder);
            chosen
        }
        None => sides::chosen(args)?,
    };
    let question =
        Question { new, baseline, history, limits: args.limit.clone(), although_unlike: args.although_unlike };
    let comparison = match compare(question) {
        Ok(comparison) => comparison,
        Err(error) if is_interrupted => {
            output::note(&format!("interrupted before enough runs were complete to compare: {error}"));
            return Ok(exit::INTERRUPTED);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(place) = place {
        write(&place.join("comparison.json"), &comparison.to_json())?;
    }
    tell(args, &comparison)?;
    Ok(if is_interrupted { exit::INTERRUPTED } else { comparison.verdict.outcome.exit_code() })
}

fn tell(args: &CompareArgs, comparison: &Comparison) -> Result<(), Failure> {
    let document = comparison.document(args.html.as_deref().unwrap_or(Path::new("")));
    if let Some(file) = &args.html {
        write(file, &document.html())?;
    }
    let text = match args.format {
        CompareFormat::Terminal => document.terminal(terminal::stdout_paint()),
        CompareFormat::Json => comparison.to_json(),
        CompareFormat::Markdown => document.markdown(),
    };
    output::print(&text)?;
    if comparison.verdict.outcome == Outcome::CannotTell {
        output::note("inconclusive is not a pass: docs/compare.md says how many runs are needed");
    }
    Ok(())
}
