//! Every limit with what it comes to.

use super::moments::moment;
use crate::report::parts::{SIMULATED, section as made};
use crate::simulate::{Broken, LimitOrigin, LimitOutcome, Outcome, Resource};
use fieldday_paint::document::{Mark, Section, Table, figures, words};
use fieldday_paint::units::count;
use fieldday_rules::limit_result::LimitVerdict;

/// The resources that were full, as words in a list.
pub(super) fn full(of: &[Resource]) -> String {
    if of.is_empty() {
        return "nothing was saturated".to_owned();
    }
    format!("saturated then: {}", of.iter().map(|what| what.as_str()).collect::<Vec<_>>().join(", "))
}

/// The first piece of the day in which a limit of the plant was exceeded.
pub(super) fn first<'a>(outcome: &'a Outcome, limit: &LimitOutcome) -> Option<&'a Broken> {
    outcome.broken.iter().find(|broken| broken.limit == limit.result.text)
}

fn mark(limit: &LimitOutcome) -> Mark {
    match limit.result.verdict {
        LimitVerdict::Held => Mark::GOOD,
        LimitVerdict::Exceeded => Mark::BAD,
        LimitVerdict::Inconclusive => Mark::DOUBT,
    }
}

/// The limits as a table: ✓ held, ✗ exceeded, ? undecided.
pub(super) fn section(outcome: &Outcome) -> Section {
    let (zone, minutes) = (outcome.zone(), outcome.plant.hold.every_minutes);
    let mut table = Table::new([
        words("limit"),
        words("over"),
        figures("found"),
        figures("allowed"),
        words("worst at"),
        figures("exceeded in"),
        words("note"),
    ]);
    for limit in &outcome.limits {
        let result = &limit.result;
        let over = match limit.origin {
            LimitOrigin::Plant => format!("each {minutes} min"),
            LimitOrigin::Scenario => "the whole time".to_owned(),
        };
        let at = limit.worst_at.map(|at| moment(outcome.from, at, &zone));
        let op = limit.op.map(|op| op.label().to_owned());
        let bins = count(outcome.bins.len() as u64);
        let exceeded =
            limit.exceeded_bins.map_or("–".to_owned(), |bins_of| format!("{} of {bins}", count(bins_of.into())));
        let first = first(outcome, limit)
            .map(|broken| format!("first at {}; {}", moment(outcome.from, broken.at, &zone), full(&broken.full)));
        let is_undecided = result.verdict == LimitVerdict::Inconclusive;
        let note = result.note.clone().map(|note| if is_undecided { format!("undecided: {note}") } else { note });
        table.marked(
            mark(limit),
            [
                result.text.clone(),
                over,
                result.actual_words(),
                result.bound_words(),
                at.into_iter().chain(op).collect::<Vec<_>>().join(", "),
                exceeded,
                first.into_iter().chain(note).collect::<Vec<_>>().join("; "),
            ],
        );
    }
    // What a narrow terminal can do without.
    table.may_go = vec![1, 5, 4];
    let says = "✓ held, ✗ exceeded, ? undecided. The limits of the deployment (plant.hold) must hold in every interval of the day, those of the scenario over the whole measured time.";
    made("simulated-limits", "Limits", SIMULATED, vec![says.to_owned()], table)
}
