//! Brings what a deployment answered into the spec's shape, and notes what differed on the way.

use super::kind::ContractKind::*;
use super::kind::{ContractKind, Notes};
use super::names::NameSet;
use super::shape::{Field, Kind, Neutral};
use super::{Asked, Dialect, Known};
use crate::names::RecordingMode;
use chrono::{DateTime, NaiveDateTime};
use fieldday_kernel::time::{Date, Time, TimeOfDay};
use serde_json::{Map, Number, Value};
use smol_str::SmolStr;

/// A value cannot be brought into the spec's shape; which one has been noted.
pub(super) struct Stuck;

/// The way through one answer.
pub(super) struct Bridge<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) asked: &'a Asked<'a>,
    pub(super) notes: &'a mut Notes,
    /// The place that is looked at, by the spec's names.
    pub(super) path: Vec<&'static str>,
}

impl Bridge<'_> {
    fn note(&mut self, kind: ContractKind, saw: impl Into<SmolStr>) {
        self.notes.add(kind, self.path.concat(), saw);
    }
    fn stuck<T>(&mut self, value: &Value) -> Result<T, Stuck> {
        self.note(WrongType, word_of(value));
        Err(Stuck)
    }

    /// An object with exactly the fields of the spec. Others are dropped: they are nobody's business.
    pub(super) fn object(&mut self, fields: &'static [Field], value: Value) -> Result<Value, Stuck> {
        let Value::Object(mut found) = value else { return self.stuck(&value) };
        if !fields.iter().any(|field| self.name_in(field, &found).is_some()) {
            // One word for the whole, not one for each field.
            let at = self.path.concat();
            if !self.notes.deviations.iter().any(|noted| noted.at == at) {
                self.note(MissingField, "empty");
            }
            let made = self.hollow(fields)?;
            self.notes.stands_in(at);
            return Ok(made);
        }
        let values = fields.iter().map(|field| self.within(field.name, |bridge| bridge.field(field, &mut found)));
        let values: Vec<Option<Value>> = values.collect::<Result<_, _>>()?;
        self.completed(fields, values)
    }

    /// Whether a value has anything that the spec's shape has.
    pub(super) fn knows_any_of(&self, fields: &[Field], value: &Value) -> bool {
        value.as_object().is_some_and(|found| fields.iter().any(|field| self.name_in(field, found).is_some()))
    }

    /// An object of stand-ins alone; none if the answer says nothing without it.
    fn hollow(&mut self, fields: &'static [Field]) -> Result<Value, Stuck> {
        // Nothing of it was said, not even of what may be left out.
        for field in fields {
            self.within(field.name, |bridge| {
                let at = bridge.path.concat();
                bridge.notes.stands_in(at);
            });
        }
        self.completed(fields, vec![None; fields.len()])
    }

    /// The object of the values of its fields, with what stands in for those that have none.
    fn completed(&mut self, fields: &'static [Field], values: Vec<Option<Value>>) -> Result<Value, Stuck> {
        let (mut given, mut missing) = (Map::new(), Vec::new());
        for (field, value) in fields.iter().zip(values) {
            match value {
                Some(value) => drop(given.insert(field.name.to_owned(), value)),
                None => missing.push(field),
            }
        }
        let stand_ins: Vec<(String, Value)> = missing
            .into_iter()
            .map(|field| Ok((field.name.to_owned(), self.within(field.name, |bridge| bridge.stand_in(field, &given))?)))
            .collect::<Result<_, Stuck>>()?;
        given.extend(stand_ins);
        Ok(Value::Object(given))
    }

    /// Does something at the place of a field.
    fn within<T>(&mut self, name: &'static str, what: impl FnOnce(&mut Self) -> T) -> T {
        self.path.extend([".", name]);
        let done = what(self);
        self.path.truncate(self.path.len() - 2);
        done
    }

    /// The value of a field; none if its stand-in must serve.
    fn field(&mut self, field: &'static Field, found: &mut Map<String, Value>) -> Result<Option<Value>, Stuck> {
        let value = match self.take(field, found) {
            None if field.optional => return Ok(None),
            None => {
                self.note(MissingField, "missing");
                return Ok(None);
            }
            Some(Value::Null) if field.nullable => return Ok(Some(Value::Null)),
            Some(Value::Null) => {
                self.note(NullField, "null");
                return Ok(None);
            }
            Some(value) => value,
        };
        match self.value(&field.kind, value) {
            Ok(value) => Ok(Some(value)),
            Err(Stuck) if field.neutral.is_some() => Ok(None),
            Err(Stuck) => {
                self.notes.unread(&self.path.concat());
                Err(Stuck)
            }
        }
    }

    /// Under which name a field stands here: its own, the one that the scenario gives it, or one that it is known by.
    fn name_in(&self, field: &Field, found: &Map<String, Value>) -> Option<&str> {
        let here = self.dialect.fields.get(field.name).map(SmolStr::as_str);
        let names = here.into_iter().chain([field.name]).chain(field.aka.iter().copied());
        names
            .into_iter()
            .find(|name| found.contains_key(*name))
            .map(|name| if name == field.name { field.name } else { name })
    }

    /// Takes a field out by its name here, the spec's, or one that it is known by.
    fn take(&mut self, field: &Field, found: &mut Map<String, Value>) -> Option<Value> {
        let name = self.name_in(field, found)?.to_owned();
        let here = self.dialect.fields.get(field.name).map_or(field.name, SmolStr::as_str);
        if name != here {
            self.note(FieldName, "another name");
        }
        // Under another name it may stand twice over, as an id does that two fields show.
        if name == field.name { found.remove(&name) } else { found.get(&name).cloned() }
    }

    fn stand_in(&mut self, field: &'static Field, given: &Map<String, Value>) -> Result<Value, Stuck> {
        let at = self.path.concat();
        let Some(neutral) = field.neutral else {
            self.notes.unread(&at);
            return Err(Stuck);
        };
        let value = match neutral {
            Neutral::Null => Value::Null,
            Neutral::Text(text) => text.into(),
            Neutral::Zero => 0.into(),
            Neutral::True => true.into(),
            Neutral::False => false.into(),
            Neutral::Epoch => Time::from_micros(0).to_string().into(),
            Neutral::Length(list) => given.get(list).and_then(Value::as_array).map_or(0, Vec::len).into(),
            Neutral::Like(other) => match given.get(other).filter(|value| !value.is_null()) {
                Some(value) => value.clone(),
                None => {
                    self.notes.unread(&at);
                    return Err(Stuck);
                }
            },
            Neutral::Asked => match field.kind {
                Kind::Date => self.asked.date.unwrap_or_default().to_string().into(),
                Kind::Name(_) => self.asked.mode.unwrap_or(RecordingMode::Full).as_str().into(),
                _ => self.asked.path_id.unwrap_or_default().into(),
            },
            Neutral::Hollow => match field.kind {
                Kind::Object(fields) => self.hollow(fields)?,
                _ => return Err(Stuck),
            },
        };
        // What the spec lets be left out is not missed.
        if !field.optional || self.notes.deviations.iter().any(|noted| noted.at == at) {
            self.notes.stands_in(at);
        }
        Ok(value)
    }

    fn value(&mut self, kind: &'static Kind, value: Value) -> Result<Value, Stuck> {
        match (kind, value) {
            (Kind::Text, value @ Value::String(_)) => Ok(value),
            (Kind::Text, Value::Number(number)) => {
                self.note(WrongType, "number");
                Ok(number.to_string().into())
            }
            (Kind::Name(set), Value::String(word)) => self.name(set, &word),
            (Kind::Time, value) => self.time(value),
            (Kind::Date, Value::String(text)) => self.date(text),
            (Kind::Clock, Value::String(text)) => self.clock(text),
            (Kind::Number, Value::Number(number)) => self.number(number),
            (Kind::Number, Value::String(text)) => {
                let number = text.trim().parse().ok().and_then(Number::from_f64);
                self.note(WrongType, "string");
                number.filter(is_in_range).map(Value::Number).ok_or(Stuck)
            }
            (Kind::Count(most), value) => self.count(*most, value),
            (Kind::Flag, value @ Value::Bool(_)) => Ok(value),
            (Kind::Flag, value) => {
                let flag = match &value {
                    Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
                    Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
                    Value::Number(number) => number.as_u64().filter(|n| *n < 2).map(|n| n == 1),
                    _ => None,
                };
                self.note(WrongType, word_of(&value));
                flag.map(Value::Bool).ok_or(Stuck)
            }
            (Kind::List(of), Value::Array(entries)) => {
                self.path.push("[]");
                let entries: Result<Vec<_>, Stuck> = entries.into_iter().map(|entry| self.value(of, entry)).collect();
                self.path.pop();
                Ok(Value::Array(entries?))
            }
            (Kind::Object(fields), value) => self.object(fields, value),
            (_, value) => self.stuck(&value),
        }
    }

    fn name(&mut self, set: &'static NameSet, word: &str) -> Result<Value, Stuck> {
        let known = self.dialect.name_of(set, word);
        // What the scenario says that it is called is as it should be.
        if !matches!(known, Some((_, Known::Spec | Known::Scenario))) {
            self.note(EnumName, shown(word));
        }
        known.map(|(own, _)| Value::from(own)).ok_or(Stuck)
    }

    fn number(&mut self, number: Number) -> Result<Value, Stuck> {
        if is_in_range(&number) {
            return Ok(Value::Number(number));
        }
        self.note(WrongType, "out of range");
        Err(Stuck)
    }

    fn count(&mut self, most: u64, value: Value) -> Result<Value, Stuck> {
        if value.as_u64().is_some_and(|n| n <= most) {
            return Ok(value);
        }
        let whole = |n: f64| (n >= 0.0 && n.trunc() == n && n < 9.0e15).then_some(n as u64);
        let count = match &value {
            Value::Number(number) => number.as_f64().and_then(whole),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        self.note(WrongType, word_of(&value));
        count.filter(|n| *n <= most).map(Value::from).ok_or(Stuck)
    }

    fn time(&mut self, value: Value) -> Result<Value, Stuck> {
        let text = match &value {
            Value::String(text) => text.as_str(),
            Value::Number(number) => {
                self.note(TimeForm, "number");
                return number.as_f64().and_then(since_epoch).map(|at| at.to_string().into()).ok_or(Stuck);
            }
            _ => return self.stuck(&value),
        };
        if DateTime::parse_from_rfc3339(text).is_ok_and(|at| is_near(at.timestamp())) {
            return Ok(value);
        }
        let plain = text.trim().replacen(' ', "T", 1);
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok());
        if let Some(naive) = naive.filter(|at| is_near(at.and_utc().timestamp())) {
            self.note(NaiveTime, "no zone");
            if NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_err() {
                self.note(TimeForm, "another form");
            }
            let at = Time::from_micros(naive.and_utc().timestamp_micros());
            return if self.dialect.naive_times_are_utc { Ok(at.to_string().into()) } else { Err(Stuck) };
        }
        self.note(TimeForm, "string");
        let zoned = DateTime::parse_from_str(&plain, "%Y-%m-%dT%H:%M:%S%.f%z").map_err(|_| Stuck)?;
        Ok(Time::from_micros(zoned.timestamp_micros()).to_string().into())
    }

    fn date(&mut self, text: String) -> Result<Value, Stuck> {
        if Date::parse(&text).is_some() {
            return Ok(text.into());
        }
        self.note(TimeForm, "string");
        let day = text.get(..10).and_then(Date::parse);
        let midnight = text.get(10..).is_some_and(|rest| rest.starts_with("T00:00") || rest.starts_with(" 00:00"));
        day.filter(|_| midnight).map(|day| day.to_string().into()).ok_or(Stuck)
    }

    fn clock(&mut self, text: String) -> Result<Value, Stuck> {
        if TimeOfDay::parse(&text).is_some() {
            return Ok(text.into());
        }
        self.note(TimeForm, "string");
        let whole = text.split(['.', 'Z', '+']).next().and_then(TimeOfDay::parse);
        whole.map(|clock| clock.to_string().into()).ok_or(Stuck)
    }
}

/// Whether every fixed number of the wire types holds it.
fn is_in_range(number: &Number) -> bool {
    number.as_f64().is_some_and(|number| number.abs() < 8.9e11)
}
/// Whether it is a moment of years 1 to 9999.
fn is_near(seconds: i64) -> bool {
    (-62_135_596_800..253_402_300_800).contains(&seconds)
}

/// Seconds or milliseconds since 1970, as their size tells.
fn since_epoch(number: f64) -> Option<Time> {
    let micros = match number {
        1.0e8..1.0e11 => number * 1.0e6,
        1.0e11..1.0e14 => number * 1.0e3,
        _ => return None,
    };
    Some(Time::from_micros(micros as i64))
}

/// The shape of a value, in a word.
pub(super) fn word_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// A name of a closed set, if it is short and plain enough to be one.
pub(super) fn shown(word: &str) -> SmolStr {
    let is_plain = (1..=24).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_plain { word.into() } else { "another name".into() }
}
