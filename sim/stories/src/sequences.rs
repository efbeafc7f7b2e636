//! Of broken rules, what happened before: read from the history in the run folder, where that has it.

use crate::sequence::{Sequence, named};
use fieldday_folder::HISTORY;
use fieldday_folder::summary::{Case, Summary};
use fieldday_history::Event;
use fieldday_history::file::{HistoryLine, Reader};
use std::collections::BTreeMap;
use std::path::Path;

/// Cases of a rule that are drawn; of the others there is a line each.
const DRAWN_PER_RULE: usize = 2;
/// Cases that are drawn at most.
const DRAWN: usize = 24;
/// A line of JSON that is no event begins with one of these.
const CELL: &str = "{\"cell\":";
const END: &str = "{\"end\":";

/// A sequence diagram a case, by the case's place in [`Summary::violations`].
pub type Stories = BTreeMap<usize, Sequence>;

/// Reads what happened before the first cases of each broken rule. What cannot be read cannot be drawn, and is left out: the
/// case itself stands in the summary.
pub fn read(folder: &Path, summary: &Summary) -> Stories {
    let mut stories = Stories::new();
    let cases = drawn(&summary.violations);
    let Some(mut reader) =
        fieldday_folder::bounded::open(&folder.join(HISTORY)).ok().and_then(|file| Reader::new(file).ok())
    else {
        return stories;
    };
    let mut cells: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for (_, case) in &cases {
        let last = last.entry(cell(case).to_owned()).or_default();
        *last = (*last).max(case.event);
    }
    let mut current: Option<String> = None;
    while let Ok(Some(text)) = reader.text() {
        if text.starts_with(CELL) || text.starts_with(END) {
            let Ok(line) = reader.parse(&text) else { break };
            current = match line {
                HistoryLine::Cell { cell, .. } if last.contains_key(&cell) => Some(cell),
                _ => None,
            };
            continue;
        }
        let Some(name) = &current else { continue };
        let events = cells.entry(name.clone()).or_default();
        if events.len() as u64 > last[name] {
            continue;
        }
        let Ok(HistoryLine::Event(event)) = reader.parse(&text) else { break };
        events.push(event);
        if last.iter().all(|(cell, last)| cells.get(cell).is_some_and(|events| events.len() as u64 > *last)) {
            break;
        }
    }
    for (place, case) in cases {
        let Some(events) = cells.get(cell(case)) else { continue };
        let until = usize::try_from(case.event).unwrap_or(usize::MAX);
        if until < events.len() && named(events, events[until].client) == Some(case.who.as_str()) {
            stories.insert(place, Sequence::of(case, &events[..=until]));
        }
    }
    stories
}

fn cell(case: &Case) -> &str {
    case.who.split('/').next().unwrap_or_default()
}

/// The first cases of each rule, in the summary's order.
fn drawn(cases: &[Case]) -> Vec<(usize, &Case)> {
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    let mut drawn = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let before = of_rule.entry(&case.of).or_default();
        *before += 1;
        if *before <= DRAWN_PER_RULE && drawn.len() < DRAWN {
            drawn.push((place, case));
        }
    }
    drawn
}
