//! A failure on stderr, with the lines of the file that it is about.

use crate::failure::Failure;
use crate::{output, terminal};
use fieldday_kernel::text::printable;
use fieldday_scenario::{Problem, Scenario, ScenarioError};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

/// A message with its hint and its place in a file.
#[derive(Debug, Default)]
struct Shown {
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    label: Option<LabeledSpan>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Shown {}
impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label.clone().map(|label| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// Prints a failure on standard error, with the place in the file if it has one.
pub fn failure(failure: &Failure) {
    let shown = match failure {
        Failure::Scenario(error) => scenario(error),
        _ => {
            let help = failure.hint().map(|hint| printable(&hint).into_owned());
            vec![Shown { message: printable(&failure.to_string()).into_owned(), help, ..Shown::default() }]
        }
    };
    let theme =
        if terminal::stderr_has_colour() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    // A line is broken for a person's window alone: a program that reads it finds every message whole.
    let handler = handler.with_wrap_lines(terminal::stderr_is_terminal()).with_break_words(false);
    for one in shown {
        let mut text = String::new();
        if handler.render_report(&mut text, &one).is_err() {
            text = format!("{one}\n");
        }
        output::note(text.trim_end());
    }
}

fn scenario(error: &ScenarioError) -> Vec<Shown> {
    let text = match Scenario::builtin_text(error.file.trim_end_matches(".toml")) {
        Some(text) if !std::path::Path::new(&error.file).exists() => Some(text.to_owned()),
        _ => std::fs::read_to_string(&error.file).ok(),
    };
    error.problems.iter().map(|problem| of_problem(error, problem, text.as_deref())).collect()
}

fn of_problem(error: &ScenarioError, problem: &Problem, text: Option<&str>) -> Shown {
    let mut message = error.file.clone();
    if let Some((line, column)) = problem.at {
        message.push_str(&format!(":{line}:{column}"));
    }
    if !problem.key.is_empty() {
        message.push_str(&format!(": `{}`", problem.key));
    }
    message.push_str(&format!(": {}", problem.message));
    let suggestion = problem.suggestion.as_ref().map(|name| format!("did you mean `{name}`?"));
    let allowed = problem.allowed.as_ref().map(|allowed| format!("allowed: {allowed}"));
    let help: Vec<String> = suggestion.into_iter().chain(allowed).collect();
    // Spans count bytes: a file with control characters is not shown, since it would have to be shown changed.
    let is_plain = |text: &str| printable(&text.replace("\r\n", "\n")) == text.replace("\r\n", "\n");
    let place = text.zip(problem.span.clone()).filter(|(text, span)| span.end <= text.len() && is_plain(text));
    let (source, label) = match place {
        Some((text, span)) => {
            let source = NamedSource::new(printable(&error.file), text.to_owned());
            (Some(source), Some(LabeledSpan::new_with_span(Some("here".to_owned()), span)))
        }
        None => (None, None),
    };
    let help = (!help.is_empty()).then(|| printable(&help.join("\n")).into_owned());
    Shown { message: printable(&message).into_owned(), help, source, label }
}
