//! Runs against a baseline of runs, and nights beside one another: what changed, what did not, and what these runs cannot
//! tell.
//!
//! Begin with [`compare`]: it takes the [nights](fieldday_folder::nights) of both sides and gives a [`Comparison`], which is
//! plain data: as JSON it is it, and for people it is made into a [document](Comparison::document). What the statistics are is in [`judge`]
//! and [`stats`]. A [`trend`] looks at many nights as one series.

mod changes;
mod data;
mod document;
pub(crate) mod errors;
pub mod judge;
mod limit;
pub(crate) mod lines;
mod links;
mod sides;
pub mod stats;
pub mod trend;
mod verdict;
mod words;

pub use data::*;
pub use limit::{ChangeLimit, ChangeLimitError};
pub use sides::{CompareError, Question};

use judge::{Design, LEVEL, Sample};
use lines::Lines;
use sides::Sides;

/// The JSON schema of a comparison, as it is written.
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Comparison>().to_value()
}

/// Compares new runs with a baseline; an error if they are not comparable.
pub fn compare(question: Question) -> Result<Comparison, CompareError> {
    let limits = question.limits.clone();
    let sides = Sides::of(question)?;
    let lines = Lines::of(&sides);
    let judged = lines.judge();
    let limits = limits.iter().map(|limit| verdict::limited(limit, &lines, &judged)).collect::<Vec<_>>();
    let changes = changes::changes(&sides);
    let errors = errors::changes(&sides);
    let shown = lines.shown(&judged, &errors);
    Ok(Comparison {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: verdict::decide(&shown, &limits, &changes, &errors),
        new: sides.new.iter().map(RunLine::of).collect(),
        baseline: sides.baseline.iter().map(RunLine::of).collect(),
        left_out: sides.left_out.clone(),
        differences: sides.differences(),
        method: method(&sides, &lines.sample),
        limits,
        errors,
        lines: shown,
        not_compared: lines.not_compared,
        changes,
    })
}

fn method(sides: &Sides, sample: &Sample) -> Method {
    let design = sample.design();
    Method {
        test: match design {
            _ if sides.identical => TestKind::Identical,
            Design::By(null) => null.into(),
            Design::Nothing => TestKind::None,
        },
        paired: sample.paired,
        history_nights: sides.history.len() as u64,
        history_pairs: sample.history as u64,
        level: LEVEL,
        interval: judge::INTERVAL,
        clock: if sides.is_live() { "wire" } else { "attempt" }.to_owned(),
    }
}
