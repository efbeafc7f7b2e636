//! `fieldday rules`, `fieldday marks` and `fieldday defects`.

use crate::args::Format;
use crate::failure::{Failure, nearest};
use crate::{output, terminal};
use fieldday_api::rules::Rule;
use fieldday_documents::catalogue;
use fieldday_engine::prove;

/// After so many rep-days with a defect, a rule is described without an example.
const EXAMPLE_CAP: u64 = 400;

pub fn rules(name: Option<&str>, format: Format) -> Result<(), Failure> {
    let Some(name) = name else {
        return print(format, || catalogue::rules(terminal::list_paint()), catalogue::rules_json);
    };
    let suggestion = || nearest(name, Rule::ALL.iter().map(|rule| rule.name()));
    let no_such = || Failure::NoSuchRule { name: name.to_owned(), suggestion: suggestion() };
    let rule = Rule::named(name).ok_or_else(no_such)?;
    let example = prove::example(rule, EXAMPLE_CAP)?;
    let example = example.as_ref();
    print(format, || catalogue::rule(rule, example, terminal::list_paint()), || catalogue::rule_json(rule, example))
}

pub fn marks(format: Format) -> Result<(), Failure> {
    print(format, || catalogue::marks(terminal::list_paint()), catalogue::marks_json)
}

pub fn defects(format: Format) -> Result<(), Failure> {
    print(format, || catalogue::defects(terminal::list_paint()), catalogue::defects_json)
}

fn print(format: Format, people: impl FnOnce() -> String, programs: impl FnOnce() -> String) -> Result<(), Failure> {
    let text = match format {
        Format::Terminal => people(),
        Format::Json => programs(),
    };
    output::print(&text).map(drop)
}
