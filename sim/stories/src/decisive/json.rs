//! Places in the JSON of an answer, written as the script's own reader writes them: `data.shift.id`.

use serde_json::Value;

/// One step into a JSON value.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// A field of an object.
    Field(String),
    /// An entry of an array.
    Entry(usize),
}

/// A place in an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// The steps from the whole answer to the place.
    pub steps: Vec<Step>,
    /// Of a place in a row of an array: the array, the row's id, and the way from the row.
    pub row: Option<(String, String, String)>,
}

impl Place {
    /// The way to it as text.
    pub fn text(&self) -> String {
        text(&self.steps)
    }

    /// The name of the last field on the way; empty if the last step is none.
    pub fn name(&self) -> &str {
        match self.steps.last() {
            Some(Step::Field(name)) => name,
            _ => "",
        }
    }
}

/// A way as text: `data.appointments.0.id`.
pub fn text(steps: &[Step]) -> String {
    let words: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Field(name) => name.clone(),
            Step::Entry(number) => number.to_string(),
        })
        .collect();
    words.join(".")
}

/// The id of a row, by whichever name it goes.
pub fn id_of(row: &Value) -> Option<&str> {
    ["id", "appointment_id", "task_id", "message_id", "recording_session_id"]
        .iter()
        .find_map(|name| row.get(*name)?.as_str())
}

/// Everything in a value that holds no other, with its place.
pub fn leaves(value: &Value) -> Vec<(Place, &Value)> {
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), None, &mut found);
    found
}

fn walk<'v>(
    value: &'v Value,
    steps: &mut Vec<Step>,
    row: Option<(&str, &str, usize)>,
    found: &mut Vec<(Place, &'v Value)>,
) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                steps.push(Step::Field(name.clone()));
                walk(inner, steps, row, found);
                steps.pop();
            }
        }
        Value::Array(entries) => {
            let array = text(steps);
            for (number, entry) in entries.iter().enumerate() {
                steps.push(Step::Entry(number));
                let row = id_of(entry).map_or(row, |id| Some((&array, id, steps.len())));
                walk(entry, steps, row, found);
                steps.pop();
            }
        }
        _ => {
            let row = row.map(|(array, id, from)| (array.to_owned(), id.to_owned(), text(&steps[from..])));
            found.push((Place { steps: steps.clone(), row }, value));
        }
    }
}

/// Every array of rows in a value, with the way to it.
pub fn arrays(value: &Value) -> Vec<Vec<Step>> {
    fn walk(value: &Value, steps: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        let inner: Vec<(Step, &Value)> = match value {
            Value::Object(fields) => fields.iter().map(|(name, inner)| (Step::Field(name.clone()), inner)).collect(),
            Value::Array(entries) => {
                if entries.iter().all(Value::is_object) {
                    found.push(steps.clone());
                }
                entries.iter().enumerate().map(|(number, inner)| (Step::Entry(number), inner)).collect()
            }
            _ => Vec::new(),
        };
        for (step, inner) in inner {
            steps.push(step);
            walk(inner, steps, found);
            steps.pop();
        }
    }
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut found);
    found
}

/// What is at a place.
pub fn at<'v>(value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.get_mut(name.as_str()),
        Step::Entry(number) => value.get_mut(*number),
    })
}
