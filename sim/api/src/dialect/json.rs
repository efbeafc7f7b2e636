//! JSON with an eye on keys that an object has twice: the last one counts, as in every JavaScript, and which is meant nobody
//! knows.

use super::kind::{ContractKind, Notes};
use super::shapes::is_documented;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Number, Value};
use std::fmt;

/// Places that are told of one answer.
const TOLD: usize = 20;

/// Reads a body, and notes where an object has a key twice.
pub(super) fn parse(body: &[u8], notes: &mut Notes) -> Result<Value, Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let (mut path, mut twice) = (String::new(), Vec::new());
    let value = Reader { path: &mut path, twice: &mut twice }.deserialize(&mut json)?;
    json.end()?;
    twice.truncate(TOLD);
    twice.into_iter().for_each(|at: String| notes.add(ContractKind::DuplicateKey, at, "twice"));
    Ok(value)
}

struct Reader<'a> {
    path: &'a mut String,
    twice: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// Goes on one step further down.
    fn below(&mut self, step: &str) -> (Reader<'_>, usize) {
        let length = self.path.len();
        if length > 0 && step != "[]" {
            self.path.push('.');
        }
        self.path.push_str(step);
        (Reader { path: self.path, twice: self.twice }, length)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, bit: bool) -> Result<Value, E> {
        Ok(Value::Bool(bit))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let (reader, length) = self.below("[]");
            let entry = entries.next_element_seed(reader)?;
            self.path.truncate(length);
            match entry {
                Some(entry) => list.push(entry),
                None => return Ok(Value::Array(list)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            // A key that the spec does not have may say anything.
            let (reader, length) = self.below(if is_documented(&key) { &key } else { "(another)" });
            let value = fields.next_value_seed(reader)?;
            if map.insert(key, value).is_some() && self.twice.len() < TOLD && !self.twice.contains(self.path) {
                self.twice.push(self.path.clone());
            }
            self.path.truncate(length);
        }
        Ok(Value::Object(map))
    }
}
