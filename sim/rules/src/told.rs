//! What a case says: its sentence, and the row that it is about. Cases of several rules about one row are told together, the
//! first with the others under it: most often they have one cause.

use crate::findings::Violation;
use fieldday_api::SmolStr;
use fieldday_api::rules::{Rule, Side};
use std::collections::BTreeMap;

/// The sentence of a case, and the id of the row that it is about, if it is about one.
pub(crate) struct Told {
    pub says: String,
    pub row: Option<SmolStr>,
}

impl From<String> for Told {
    fn from(says: String) -> Told {
        Told { says, row: None }
    }
}

/// A sentence that is about a row.
pub(crate) trait About {
    fn about(self, row: &str) -> Told;
}

impl About for String {
    fn about(self, row: &str) -> Told {
        Told { says: self, row: (!row.is_empty()).then(|| row.into()) }
    }
}

/// Of each of these cases the place of the one that it follows from, if it is not a first one itself.
///
/// Cases of one cell about one row belong together, and so do those that one event shows; but what the app does wrong never
/// explains what the backend does. The earliest is the cause; of those that one event shows, the one whose rule says the most
/// (the order of `rank`). Cases of one rule never follow from one another.
pub fn causes<'a>(cases: &[&'a Violation]) -> Vec<Option<usize>> {
    // What an event shows of no row in particular goes with what it shows of one.
    let rows: BTreeMap<_, _> =
        cases.iter().rev().filter_map(|case| Some((event(case), case.row.as_deref()?))).collect();
    let group = |case: &'a Violation| {
        let row = case.row.as_deref().or_else(|| rows.get(&event(case)).copied());
        (cell(case), case.rule.side(), row.ok_or(case.event))
    };
    let mut firsts = BTreeMap::new();
    let key = |case: &Violation| (case.event, rank(case.rule));
    for (place, case) in cases.iter().enumerate() {
        let first = firsts.entry(group(case)).or_insert(place);
        if key(case) < key(cases[*first]) {
            *first = place;
        }
    }
    let cause = |(place, case): (usize, &&'a Violation)| {
        let first = firsts.get(&group(case)).copied().unwrap_or(place);
        (first != place && cases[first].rule != case.rule).then_some(first)
    };
    cases.iter().enumerate().map(cause).collect()
}

fn cell(case: &Violation) -> &str {
    case.client_name.split('/').next().unwrap_or_default()
}
fn event(case: &Violation) -> (&str, Side, u64) {
    (cell(case), case.rule.side(), case.event)
}

/// What says more of a cause comes first: whose a row is before what became of a write, and that before what a later read
/// or a list shows of it.
fn rank(rule: Rule) -> (u8, Rule) {
    let late = match rule {
        Rule::ReadYourWrites | Rule::AppointmentListComplete | Rule::TaskListFilters | Rule::AnswerSchema => 2,
        Rule::AppointmentPatchOrdered | Rule::ShiftToday => 1,
        _ => 0,
    };
    (late, rule)
}

/// A text that may be private, by what tells it from others: nobody can read it back.
pub(crate) fn by_token(token: u64) -> String {
    format!("a text (0x{:06x})", token >> 40)
}
