//! `fieldday rules` and `fieldday defects`.

use crate::failure::{Failure, nearest};
use crate::output;
use fieldday_api::rules::Rule;
use fieldday_engine::prove;
use fieldday_report::{Paint, catalogue};

/// After so many rep-days with a defect, a rule is described without an example.
const EXAMPLE_CAP: u64 = 400;

pub fn rules(name: Option<&str>) -> Result<(), Failure> {
    let paint = Paint::new(output::stdout_has_colour());
    let text = match name {
        None => catalogue::rules(paint),
        Some(name) => {
            let suggestion = || nearest(name, Rule::ALL.iter().map(|rule| rule.name()));
            let no_such = || Failure::NoSuchRule { name: name.to_owned(), suggestion: suggestion() };
            let rule = Rule::named(name).ok_or_else(no_such)?;
            catalogue::rule(rule, prove::example(rule, EXAMPLE_CAP)?.as_ref(), paint)
        }
    };
    output::print(&text).map(drop)
}

pub fn marks() -> Result<(), Failure> {
    output::print(&catalogue::marks(Paint::new(output::stdout_has_colour()))).map(drop)
}

pub fn defects() -> Result<(), Failure> {
    output::print(&catalogue::defects(Paint::new(output::stdout_has_colour()))).map(drop)
}
