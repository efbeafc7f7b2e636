//! The bodies of requests and answers, endpoint by endpoint, as §2 shows them.
//!
//! Answers tolerate fields that the spec does not name. What §2 leaves out and §0.2 and §3 need is marked as such.

pub mod appointments;
pub mod extras;
pub mod messages;
pub mod recordings;
pub mod shifts;
pub mod tasks;

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// The envelope of every successful answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Data<T> {
    /// The answer.
    pub data: T,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// At most so many entries.
    pub limit: Option<u32>,
    /// After skipping so many.
    pub offset: Option<u32>,
}

/// Reads a part of a body from an object alone: serde would take its fields from an array, too.
fn from_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    if !d.is_human_readable() {
        return T::deserialize(d);
    }
    let fields = serde_json::Map::deserialize(d)?;
    T::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom)
}
