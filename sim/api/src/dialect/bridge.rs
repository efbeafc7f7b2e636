//! Brings what a deployment answered into the spec's shape, and notes what differed on the way.

use super::kind::ContractKind::*;
use super::kind::{ContractKind, Notes};
use super::names::NameSet;
use super::shape::{Field, Kind, Neutral};
use super::{Asked, Dialect};
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
        let mut made = Map::new();
        for field in fields {
            self.path.push(".");
            self.path.push(field.name);
            let value = self.field(field, &mut found);
            let value = value.and_then(|value| match value {
                Some(value) => Ok(value),
                None => self.stand_in(field, &made),
            });
            self.path.truncate(self.path.len() - 2);
            made.insert(field.name.to_owned(), value?);
        }
        Ok(Value::Object(made))
    }

    /// The value of a field; none if its stand-in must serve.
    fn field(&mut self, field: &'static Field, found: &mut Map<String, Value>) -> Result<Option<Value>, Stuck> {
        let value = match self.take(field, found) {
            None if field.optional => return Ok(None),
            None => {
                self.note(MissingField, "missing");
                return Ok(None);
            }
            Some(Value::Null) if field.nullable => return Ok(None),
            Some(Value::Null) => {
                self.note(NullField, "null");
                return Ok(None);
            }
            Some(value) => value,
        };
        match self.value(&field.kind, value) {
            Ok(value) => Ok(Some(value)),
            Err(Stuck) if field.harmless => Ok(None),
            Err(Stuck) => Err(Stuck),
        }
    }

    /// Takes a field out by its name here, the spec's, or one that it is known by.
    fn take(&mut self, field: &Field, found: &mut Map<String, Value>) -> Option<Value> {
        let here = self.dialect.fields.get(field.name).map(SmolStr::as_str);
        if let Some(value) = here.is_none_or(|here| here == field.name).then(|| found.remove(field.name)).flatten() {
            return Some(value);
        }
        // Under another name it may stand twice over, as an id does that two fields show.
        let other = here
            .into_iter()
            .chain([field.name])
            .chain(field.aka.iter().copied())
            .find(|name| found.contains_key(*name))?;
        if other != field.name {
            self.note(FieldName, "another name");
        }
        found.get(other).cloned()
    }

    fn stand_in(&mut self, field: &Field, made: &Map<String, Value>) -> Result<Value, Stuck> {
        let Some(neutral) = field.neutral else { return Err(Stuck) };
        Ok(match neutral {
            Neutral::Null => Value::Null,
            Neutral::Text(text) => text.into(),
            Neutral::Zero => 0.into(),
            Neutral::True => true.into(),
            Neutral::False => false.into(),
            Neutral::Epoch => Time::from_micros(0).to_string().into(),
            Neutral::Length(list) => made.get(list).and_then(Value::as_array).map_or(0, Vec::len).into(),
            Neutral::Like(other) => made.get(other).cloned().unwrap_or_default(),
            Neutral::Asked => match field.kind {
                Kind::Date => self.asked.date.ok_or(Stuck)?.to_string().into(),
                _ => self.asked.path_id.ok_or(Stuck)?.into(),
            },
            Neutral::Hollow => match field.kind {
                Kind::Object(fields) => {
                    let mut hollow = Map::new();
                    for field in fields {
                        hollow.insert(field.name.to_owned(), self.stand_in(field, &Map::new())?);
                    }
                    Value::Object(hollow)
                }
                _ => return Err(Stuck),
            },
        })
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
            (Kind::Number, value @ Value::Number(_)) => Ok(value),
            (Kind::Number, Value::String(text)) => {
                let number = text.trim().parse().ok().and_then(Number::from_f64);
                self.note(WrongType, "string");
                number.map(Value::Number).ok_or(Stuck)
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
        let own = self.dialect.own_name(set, word);
        if own.is_none_or(|own| set.own(word) != Some(own)) {
            self.note(EnumName, shown(word));
        }
        own.map(Value::from).ok_or(Stuck)
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
        if DateTime::parse_from_rfc3339(text).is_ok() {
            return Ok(value);
        }
        let plain = text.trim().replacen(' ', "T", 1);
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok());
        if let Some(naive) = naive {
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
