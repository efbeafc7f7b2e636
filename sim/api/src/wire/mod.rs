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
    /// The answer itself.
    pub data: T,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// At most so many entries; the endpoint's default when absent.
    pub limit: Option<u32>,
    /// So many entries of the list are skipped; none when absent.
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

/// Reads a whole number as JSON has them, which knows but one kind of number: `2.0` is 2.
fn whole<'de, T: TryFrom<i128> + Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    if !d.is_human_readable() {
        return T::deserialize(d);
    }
    whole_number(&serde_json::Number::deserialize(d)?).ok_or_else(|| D::Error::custom("a whole number is expected"))
}

/// Reads a whole number that may be absent.
fn whole_if_any<'de, T: TryFrom<i128> + Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    if !d.is_human_readable() {
        return Option::deserialize(d);
    }
    let Some(number) = Option::<serde_json::Number>::deserialize(d)? else { return Ok(None) };
    whole_number(&number).map(Some).ok_or_else(|| D::Error::custom("a whole number is expected"))
}

fn whole_number<T: TryFrom<i128>>(number: &serde_json::Number) -> Option<T> {
    let of_float = |float: f64| {
        let whole = float as i128;
        (whole as f64 == float).then_some(whole)
    };
    let whole = number.as_i128().or_else(|| number.as_f64().and_then(of_float))?;
    T::try_from(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::recordings::UploadAudio;
    use super::tasks::TaskCreate;

    #[test]
    fn a_whole_number_may_be_written_with_a_point_and_a_fraction_is_refused() {
        let size = |text: &str| {
            let body = format!(r#"{{"audio_url":"s3://a","audio_duration_seconds":1,"audio_size_bytes":{text}}}"#);
            serde_json::from_str::<UploadAudio>(&body).ok().map(|body| body.audio_size_bytes)
        };
        let sizes = [size("7"), size("7.0"), size("1e3"), size("18446744073709551615")];
        assert_eq!(sizes, [Some(7), Some(7), Some(1_000), Some(u64::MAX)]);
        assert!(["7.5", "-1", "1e300", "\"7\"", "null"].iter().all(|text| size(text).is_none()));
        let call = |text: &str| {
            let body = format!(r#"{{"description":"a","assigned_to":"rep"{text}}}"#);
            serde_json::from_str::<TaskCreate>(&body).ok().map(|body| body.call_id)
        };
        assert_eq!(
            [call(""), call(r#","call_id":null"#), call(r#","call_id":-3.0"#)],
            [Some(None), Some(None), Some(Some(-3))]
        );
        assert_eq!(call(r#","call_id":"3""#), None);
    }
}
