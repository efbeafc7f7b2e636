//! Which part of which answer broke a rule, and what should have stood there.
//!
//! The rule's own judge decides. One answer of the story is changed in one place (another status, a value that an earlier
//! answer or a request had, a row more or less), and the story is judged again. If the case then counts as held, the change is
//! what the rule expected. Rules are named here only where the order of the changes matters, or where no change of one answer
//! decides; a rule that is added works without being named.

mod changes;
mod json;
mod rows;

use crate::attempts::Attempt;
pub use changes::{Change, changes};
use fieldday_api::rules::Rule;
use fieldday_engine::slice::{Day, findings};
use fieldday_history::{End, Event, EventKind};
use fieldday_rules::{Findings, Violation};
pub use json::Place;
use serde_json::Value;
use std::sync::Arc;

/// So many changes of a story are judged at most.
const TRIALS: usize = 6_000;

/// What an answer is expected to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Want {
    /// It has one of these statuses; none stands for any success.
    Status(Vec<u16>),
    /// It has this value at this place.
    Value(Place, Value),
    /// It has at this place what an earlier answer, by number, has at that one.
    Same(Place, usize, Place),
    /// It has a row of this id in this array, or has none.
    Row { array: String, id: String, is_there: bool },
    /// This array has no row of this id that stands in the answer of the other number, too.
    Once { array: String, id: String, other: usize },
    /// This array has so many rows.
    Rows { array: String, count: usize },
    /// It has another value at this place.
    Not(Place, Value),
    /// In this array the first of these rows comes before the second.
    Order { array: String, first: String, second: String },
    /// The number at this place is at most this.
    AtMost(Place, f64),
    /// It is an error in the API's form.
    Envelope,
    /// It comes within so many seconds.
    Within(i64),
}

impl Want {
    /// Whether a value, such as an id, stands in it.
    pub fn names(&self, value: &str) -> bool {
        let is_at = |place: &Place| place.row.as_ref().is_some_and(|(_, id, _)| id == value);
        match self {
            Want::Status(_) | Want::Envelope | Want::Within(_) | Want::Rows { .. } => false,
            Want::Value(place, expected) => is_at(place) || expected.as_str() == Some(value),
            Want::Same(place, _, from) => is_at(place) || is_at(from),
            Want::Row { id, .. } | Want::Once { id, .. } => id == value,
            Want::Order { first, second, .. } => first == value || second == value,
            Want::AtMost(place, _) | Want::Not(place, _) => is_at(place),
        }
    }
}

/// What is expected of the answer to the attempt of this number, counted from 0.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    /// The attempt's number in the story, from 0.
    pub number: usize,
    /// What is expected of its answer.
    pub want: Want,
}

/// What decides a violation; nothing if no change of one answer makes its case one that held.
pub fn decisive(day: &Day<'_>, violation: &Violation, attempts: &[Attempt<'_>]) -> Vec<Check> {
    let bench = Bench::new(day, violation);
    let mut trials = 0;
    if let Some(check) = on_two_pages(violation, attempts) {
        return vec![check];
    }
    for proof in [Proof::Held, Proof::NotBroken] {
        for number in order(violation, attempts) {
            let Some(event) = answer_of(day.events, &attempts[number]) else { continue };
            for change in changes(number, attempts, violation.rule) {
                trials += 1;
                if trials > TRIALS {
                    return last_resort(violation, attempts);
                }
                if bench.heals(event, &change, proof) {
                    return bench.needed(event, number, change, proof);
                }
            }
        }
    }
    last_resort(violation, attempts)
}

/// The attempts whose answers may have been wrong, the likeliest first: those of the call in which it showed, then the others
/// from the last.
fn order(violation: &Violation, attempts: &[Attempt<'_>]) -> Vec<usize> {
    let is_the_call = |number: &usize| {
        attempts[*number].client == violation.client && Some(attempts[*number].sent.call) == violation.call
    };
    let answered = |number: &usize| matches!(attempts[*number].end, Some(End::Answered(_)));
    let all = || (0..attempts.len()).rev().filter(answered);
    all().filter(is_the_call).chain(all().filter(|number| !is_the_call(number))).collect()
}

/// An answer that the judge refuses whatever it says: a refusal in place of a success, or one that came too late.
fn last_resort(violation: &Violation, attempts: &[Attempt<'_>]) -> Vec<Check> {
    let shows = |attempt: &&(usize, &Attempt<'_>)| {
        attempt.1.client == violation.client && Some(attempt.1.sent.call) == violation.call
    };
    let all: Vec<(usize, &Attempt<'_>)> = attempts.iter().enumerate().collect();
    let Some((number, attempt)) = all.iter().rev().find(shows) else { return Vec::new() };
    let want = match (violation.rule, attempt.end) {
        (Rule::LatencyTimeout, _) => {
            Some(Want::Within(attempt.sent.request.op().endpoint().class.limit().as_seconds()))
        }
        (Rule::AppointmentListComplete | Rule::TaskListFilters | Rule::ReadYourWrites, Some(End::Answered(_)))
            if violation.row.is_some() =>
        {
            let id = violation.row.as_deref().unwrap_or_default();
            let is_there = rows::array_with(attempts, *number, id).is_none();
            let array = rows::first_array(attempts, *number);
            array.filter(|_| is_there).map(|array| Want::Row { array, id: id.to_owned(), is_there })
        }
        (Rule::ErrorEnvelope | Rule::AnswerSchema, _) => None,
        (_, Some(End::Answered(response))) if (400..500).contains(&response.status) && response.status != 429 => {
            Some(Want::Status(Vec::new()))
        }
        _ => None,
    };
    want.map(|want| Check { number: *number, want }).into_iter().collect()
}

/// A row that stands on two pages of one client's list: which row the second page lacks for it, no answer tells.
fn on_two_pages(violation: &Violation, attempts: &[Attempt<'_>]) -> Option<Check> {
    if violation.rule != Rule::PagingExact {
        return None;
    }
    let id = violation.row.as_deref().or_else(|| violation.says.split([' ', ',']).find(|word| word.contains('_')))?;
    let pages = order(violation, attempts).into_iter().filter(|number| attempts[*number].client == violation.client);
    let mut with_it = pages.filter_map(|number| Some((number, rows::array_with(attempts, number, id)?)));
    let (mut number, mut array) = with_it.next()?;
    let (other, its_array) = with_it.next()?;
    let mut earlier = other;
    if other > number {
        (number, array, earlier) = (other, its_array, number);
    }
    Some(Check { number, want: Want::Once { array, id: id.to_owned(), other: earlier } })
}

/// The event with an attempt's answer.
fn answer_of(events: &[Event], attempt: &Attempt<'_>) -> Option<usize> {
    events.iter().position(|event| {
        event.client == attempt.client
            && matches!(&event.what, EventKind::Answered { call, attempt: again, .. }
                if *call == attempt.sent.call && *again == attempt.sent.attempt)
    })
}

/// How well a change must show what was expected.
#[derive(Clone, Copy, PartialEq)]
enum Proof {
    /// The case counts as one that held.
    Held,
    /// It is no longer broken, by what a client itself sent or was told.
    NotBroken,
}

/// A change that stands for itself: a value that was sent, or told before, but no id, and no status that time moves on.
fn is_plain(want: &Want) -> bool {
    let moves =
        |place: &Place| place.name().ends_with("id") || place.name().ends_with("status") || place.name() == "total";
    match want {
        Want::Value(place, value) => !value.is_null() && !value.is_number() && !moves(place),
        Want::Same(place, _, _) => !moves(place),
        Want::Row { is_there, .. } => *is_there,
        _ => false,
    }
}

/// Judges a story with changes.
struct Bench<'a> {
    day: &'a Day<'a>,
    violation: &'a Violation,
    before: Count,
}

/// How often rules are broken, and how often the rule in question was decided.
struct Count {
    broken: u64,
    decided: u64,
}

impl<'a> Bench<'a> {
    fn new(day: &'a Day<'a>, violation: &'a Violation) -> Bench<'a> {
        let before = count(&findings(day, day.events), violation);
        Bench { day, violation, before }
    }

    /// Whether the rule is not broken with this change, as far as `proof` asks, and no other rule breaks over it.
    fn heals(&self, event: usize, change: &Change, proof: Proof) -> bool {
        let mut events = self.day.events.to_vec();
        let EventKind::Answered { response, .. } = &mut events[event].what else { return false };
        *response = Arc::new(change.response.clone());
        let after = count(&findings(self.day, &events), self.violation);
        let is_enough = match proof {
            Proof::Held => after.decided >= self.before.decided || self.has_rows_as_cases(change),
            Proof::NotBroken => change.wants.iter().all(is_plain),
        };
        after.broken < self.before.broken && is_enough
    }

    /// A row that was not to be seen is a case of its own in these rules: without it there is one less.
    fn has_rows_as_cases(&self, change: &Change) -> bool {
        let is_row = |want: &Want| matches!(want, Want::Row { is_there: false, .. } | Want::Rows { .. });
        let rules = [Rule::TenancyIsolated, Rule::OwnershipOwnOnly, Rule::TaskCreateSingle, Rule::PagingExact];
        rules.contains(&self.violation.rule) && change.wants.iter().all(is_row)
    }

    /// What of a change that heals is needed: of several values those without which the rule is broken again; of several
    /// statuses all that hold.
    fn needed(&self, event: usize, number: usize, change: Change, proof: Proof) -> Vec<Check> {
        let check = |want: Want| Check { number, want };
        if let [Want::Status(statuses)] = &change.wants[..]
            && !statuses.is_empty()
        {
            let others = changes::refusals().into_iter().filter(|other| self.heals(event, other, proof));
            let mut statuses: Vec<u16> = others.map(|other| other.response.status).collect();
            statuses.sort_unstable();
            statuses.dedup();
            return vec![check(Want::Status(statuses))];
        }
        let is_needed = |without: &Change| !self.heals(event, without, proof);
        let mut wants: Vec<Want> = Vec::new();
        for (place, want) in change.wants.iter().enumerate() {
            if change.wants.len() == 1 || change.without.get(place).is_some_and(is_needed) {
                wants.push(want.clone());
            }
        }
        // Where each alone can be left out, all together are needed.
        if wants.is_empty() {
            wants = change.wants;
        }
        wants.into_iter().map(check).collect()
    }
}

fn count(findings: &Findings, violation: &Violation) -> Count {
    let all = Rule::ALL.iter().map(|rule| findings.count(*rule));
    let broken = all.map(|count| count.broken + count.found).sum();
    Count { broken, decided: findings.count(violation.rule).exercised }
}
