//! Changes of lists: a row less, a row more, another order.

use super::Want;
use super::changes::{Change, Subject, json};
use super::json::{Place, Step, arrays, at, id_of, leaves, text};
use crate::attempts::Attempt;
use fieldday_api::call::Response;
use fieldday_history::End;
use serde_json::Value;

/// Rows of an array that are tried one by one at most.
const ROWS: usize = 60;

/// The array of an answer in which there is a row of this id.
pub fn array_with(attempts: &[Attempt<'_>], number: usize, id: &str) -> Option<String> {
    let Some(End::Answered(response)) = attempts[number].end else { return None };
    let mut body = json(&response.answer);
    arrays(&body.clone()).into_iter().find_map(|steps| {
        let rows = at(&mut body, &steps)?.as_array()?;
        rows.iter().any(|row| id_of(row) == Some(id)).then(|| text(&steps))
    })
}

/// The first array of an answer.
pub fn first_array(attempts: &[Attempt<'_>], number: usize) -> Option<String> {
    let Some(End::Answered(response)) = attempts[number].end else { return None };
    arrays(&json(&response.answer)).first().map(|steps| text(steps))
}

impl Subject<'_> {
    fn rows(&self, body: &Value) -> Vec<(Vec<Step>, Vec<Value>)> {
        let rows = |steps: Vec<Step>| {
            let rows = at(&mut body.clone(), &steps)?.as_array()?.clone();
            Some((steps, rows))
        };
        arrays(body).into_iter().filter_map(rows).collect()
    }

    fn with_array(&self, body: &Value, steps: &[Step], rows: Vec<Value>) -> Option<Response> {
        let mut body = body.clone();
        *at(&mut body, steps)? = Value::from(rows);
        self.with(&body)
    }

    pub(super) fn without_rows(&self) -> Vec<Change> {
        let body = self.body();
        let mut found = Vec::new();
        for (steps, rows) in self.rows(&body) {
            for (place, row) in rows.iter().enumerate().take(ROWS) {
                let Some(id) = id_of(row) else { continue };
                let mut fewer = rows.clone();
                fewer.remove(place);
                // A row that nothing else names has another id elsewhere: there the number of rows tells.
                let is_named = self
                    .others()
                    .iter()
                    .any(|(_, other)| objects(&json(&other.answer)).iter().any(|o| id_of(o) == Some(id)));
                let want = match is_named || self.is_asked_for(id) {
                    true => Want::Row { array: text(&steps), id: id.to_owned(), is_there: false },
                    false => Want::Rows { array: text(&steps), count: fewer.len() },
                };
                found.extend(self.with_array(&body, &steps, fewer).map(|response| Change::new(response, want)));
            }
            found.extend(self.without_others(&body, &steps, &rows));
        }
        found
    }

    /// Whether a request names this id.
    fn is_asked_for(&self, id: &str) -> bool {
        self.attempts.iter().any(|attempt| attempt.sent.request.path_id() == Some(id))
    }

    /// The list without every row that another client was shown.
    fn without_others(&self, body: &Value, steps: &[Step], rows: &[Value]) -> Option<Change> {
        let client = self.attempts[self.number].client;
        let others = self.others().into_iter().filter(|(number, _)| self.attempts[*number].client != client);
        let theirs: Vec<Value> = others.map(|(_, response)| json(&response.answer)).collect();
        let is_theirs = |row: &Value| {
            let is_it = |(place, value): (Place, &Value)| place.name().ends_with("id") && value.as_str() == id_of(row);
            theirs.iter().any(|answer| leaves(answer).into_iter().any(is_it))
        };
        let (gone, kept): (Vec<Value>, Vec<Value>) = rows.iter().cloned().partition(is_theirs);
        let array = text(steps);
        let want = |id: &str| Want::Row { array: array.clone(), id: id.to_owned(), is_there: false };
        let wants: Vec<Want> = gone.iter().filter_map(id_of).map(want).collect();
        let response = self.with_array(body, steps, kept).filter(|_| wants.len() > 1)?;
        Some(Change { response, wants, without: Vec::new() })
    }

    /// A row of another answer in this one's list.
    pub(super) fn with_rows(&self) -> Vec<Change> {
        let body = self.body();
        let mut found = Vec::new();
        let others = self.others();
        for (steps, rows) in self.rows(&body) {
            let has = |id: &str| rows.iter().any(|row| id_of(row) == Some(id));
            let mut tried: Vec<String> = Vec::new();
            for (_, other) in &others {
                for row in objects(&json(&other.answer)) {
                    let Some(id) = id_of(&row).filter(|id| !has(id)).map(str::to_owned) else { continue };
                    if tried.contains(&id) {
                        continue;
                    }
                    tried.push(id.clone());
                    for place in [rows.len(), 0].into_iter().chain(1..rows.len()) {
                        let mut more = rows.clone();
                        more.insert(place, row.clone());
                        let want = Want::Row { array: text(&steps), id: id.clone(), is_there: true };
                        found.extend(self.with_array(&body, &steps, more).map(|response| Change::new(response, want)));
                    }
                }
            }
        }
        found
    }

    /// One row moved to another place.
    pub(super) fn in_another_order(&self) -> Vec<Change> {
        let body = self.body();
        let mut found = Vec::new();
        for (steps, rows) in self.rows(&body) {
            let last = rows.len().saturating_sub(1);
            for (from, to) in (0..last).map(|place| (place, last)).chain((0..last).map(|place| (last, place))) {
                let mut moved = rows.clone();
                let row = moved.remove(from);
                moved.insert(to, row);
                let (Some(first), Some(second)) = (id_of(&moved[to.saturating_sub(1)]), id_of(&moved[to])) else {
                    continue;
                };
                let (first, second) =
                    if to == 0 { (id_of(&moved[0]), id_of(&moved[1])) } else { (Some(first), Some(second)) };
                let (Some(first), Some(second)) = (first, second) else { continue };
                let want = Want::Order { array: text(&steps), first: first.to_owned(), second: second.to_owned() };
                found.extend(self.with_array(&body, &steps, moved).map(|response| Change::new(response, want)));
            }
        }
        found
    }
}

/// Every object in a value that has an id.
fn objects(value: &Value) -> Vec<Value> {
    let inner: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(entries) => entries.iter().collect(),
        _ => Vec::new(),
    };
    let here = id_of(value).map(|_| value.clone());
    here.into_iter().chain(inner.into_iter().flat_map(objects)).collect()
}
