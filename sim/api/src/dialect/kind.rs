//! The ways in which a deployment can differ from the spec in form, and what one such difference looks like.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use smol_str::SmolStr;
use std::fmt;

macro_rules! kinds {
    ($($kind:ident $name:literal $section:literal $sentence:literal;)+) => {
        /// A way to differ from the spec in form.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ContractKind {
            $(#[doc = $sentence] $kind,)+
        }
        impl ContractKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [ContractKind] = &[$(ContractKind::$kind),+];
            /// The names of all, without the family: the keys of a scenario's `[contract]`.
            pub const KEYS: &'static [&'static str] = &[$($name),+];
            /// The name without the family.
            pub const fn key(self) -> &'static str {
                match self { $(ContractKind::$kind => $name),+ }
            }
            /// The name in reports, JSON and scenarios: `contract.` and a word.
            pub const fn name(self) -> &'static str {
                match self { $(ContractKind::$kind => concat!("contract.", $name)),+ }
            }
            /// Where the spec says how it should be.
            pub const fn section(self) -> &'static str {
                match self { $(ContractKind::$kind => $section),+ }
            }
            /// How it should be, in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(ContractKind::$kind => $sentence),+ }
            }
        }
    };
}

kinds! {
    Envelope     "envelope"      "2"        "A success holds its answer in `data`, in the parts that §2 shows.";
    ErrorShape   "error-shape"   "0.3"      "An error holds error_code, message and request_id in the object `detail`.";
    ErrorCode    "error-code"    "4"        "An error's code is one of those of §4.";
    Status       "status"        "4"        "A success answers 200; an error the status that §4 gives its code.";
    NaiveTime    "naive-time"    "2"        "A time says its zone: it ends in Z, or in an offset.";
    TimeForm     "time-form"     "2"        "Times and dates are written as in 2025-01-20T14:00:00Z, 2025-01-20 and 07:00:00.";
    EnumName     "enum-name"     "2, 3"     "A status, a mode or an outcome has one of the documented names.";
    FieldName    "field-name"    "2"        "A field has its documented name, in its documented place.";
    MissingField "missing-field" "2, 3"     "Every documented field is there.";
    NullField    "null-field"    "2, 3.2"   "Only what §2 shows as null and what Shunya fills may be null.";
    WrongType    "wrong-type"    "2"        "Every field has its documented type.";
    ContentType  "content-type"  "2"        "A JSON answer says that it is JSON.";
    NotJson      "not-json"      "0.3, 2"   "Every answer under /api/v1 is JSON, also when something fails.";
    UploadUrl    "upload-url"    "2.3.1"    "A session whose audio is kept names where the audio goes.";
    DuplicateKey "duplicate-key" "2"        "An object has every key once.";
    RetryAfter   "retry-after"   "0.3"      "An answer of 429 says in Retry-After how many seconds to wait.";
}

impl ContractKind {
    /// The kind of that name, with or without the family.
    pub fn named(name: &str) -> Option<ContractKind> {
        let key = name.strip_prefix("contract.").unwrap_or(name);
        ContractKind::ALL.iter().copied().find(|kind| kind.key() == key)
    }
}
impl fmt::Display for ContractKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
impl Serialize for ContractKind {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}
impl<'de> Deserialize<'de> for ContractKind {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(d)?;
        ContractKind::named(&name)
            .ok_or_else(|| D::Error::custom(format_args!("no contract finding is called {name:?}")))
    }
}

/// How severe a kind of finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is reported, and changes no verdict.
    #[default]
    Note,
    /// It breaks the run as a broken rule does.
    Broken,
}

/// What a difference led to, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// Nothing: the answer was read all the same.
    #[default]
    Read,
    /// Something neutral stands in for a value, and rules do not decide by it.
    StandsIn,
    /// The answer counts as none of the API's.
    Unread,
}

impl Consequence {
    /// What the difference led to, in a sentence for reports.
    pub const fn sentence(self) -> &'static str {
        match self {
            Consequence::Read => "The answer was still read.",
            Consequence::StandsIn => {
                "The app continued without it; rules that compare it are inconclusive for these answers."
            }
            Consequence::Unread => "Without it these answers are not usable: they count as no answers of the API.",
        }
    }
}

/// One difference of form in one answer. Holds nothing that the answer says: places and words for shapes alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Deviation {
    /// The kind of difference.
    pub kind: ContractKind,
    /// Where, by the spec's names: `data.tasks[].due_at`; `body` for the answer as a whole.
    pub at: SmolStr,
    /// What was there instead: `string`, `missing`, `null`; a status; a name where names are a closed set, if it is a short
    /// word.
    pub saw: SmolStr,
    /// What became of the answer in spite of the difference.
    #[serde(default)]
    pub consequence: Consequence,
}

/// The differences of one answer: each kind once a place.
#[derive(Default)]
pub(super) struct Notes {
    /// In the order in which they were seen.
    pub(super) deviations: Vec<Deviation>,
    /// The places at which a neutral value stands in for a missing one.
    pub(super) stand_ins: Vec<SmolStr>,
}

impl Notes {
    pub(super) fn add(&mut self, kind: ContractKind, at: impl Into<SmolStr>, saw: impl Into<SmolStr>) {
        let at = at.into();
        if !self.deviations.iter().any(|known| known.kind == kind && known.at == at) {
            self.deviations.push(Deviation { kind, at, saw: saw.into(), consequence: Consequence::Read });
        }
    }
    /// Something stands in for the value at a place, so that whatever was noted there and within it led to no more than that.
    pub(super) fn stands_in(&mut self, at: impl Into<SmolStr>) {
        let at = at.into();
        for noted in self.deviations.iter_mut().filter(|noted| is_within(&noted.at, &at)) {
            noted.consequence = Consequence::StandsIn;
        }
        if !self.stand_ins.contains(&at) {
            self.stand_ins.push(at);
        }
    }
    /// The answer cannot be read for what is noted at a place and within it.
    pub(super) fn unread(&mut self, at: &str) {
        for noted in self.deviations.iter_mut().filter(|noted| is_within(&noted.at, at)) {
            noted.consequence = Consequence::Unread;
        }
    }
}

fn is_within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_name_and_read_back() {
        for (kind, key) in ContractKind::ALL.iter().zip(ContractKind::KEYS) {
            assert_eq!(kind.key(), *key);
            assert_eq!((ContractKind::named(key), ContractKind::named(kind.name())), (Some(*kind), Some(*kind)));
            let text = serde_json::to_string(kind).unwrap();
            assert_eq!(text, format!("\"contract.{key}\""));
            assert_eq!(serde_json::from_str::<ContractKind>(&text).unwrap(), *kind);
            assert!(!kind.sentence().is_empty() && !kind.section().is_empty());
        }
        assert!(serde_json::from_str::<ContractKind>("\"contract.mood\"").is_err());
    }
}
