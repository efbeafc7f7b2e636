//! What a scenario file may say of the deployment that it runs against: how that names and wraps things, and how much a
//! difference from the spec's form weighs. The comments are the schema's descriptions.

use super::words;
use fieldday_api::SmolStr;
use fieldday_api::dialect::{self, ContractKind, Envelope, Severity};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names by set of names.
type Sets = IndexMap<String, IndexMap<String, String>>;

/// How the deployment names and wraps things.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dialect {
    /// A time without a zone means UTC; if not, an answer with one cannot be read.
    pub naive_times_are_utc: bool,
    /// What a success may come in: `data` is the spec's `{data}`, `success` is `{success, data, meta, message}`, `bare` is the
    /// answer itself.
    #[schemars(schema_with = "words::envelopes_schema")]
    pub envelopes: Vec<Envelope>,
    /// By set, the deployment's name for the spec's, used both ways: `recording_mode = { full = "normal" }`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::names_schema")]
    pub names: Sets,
    /// By set, the spec's name for further ones that the deployment answers: `recording_mode = { off = "ghost" }`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::also_schema")]
    pub also: Sets,
    /// The deployment's name for a field of the spec's, used both ways: `contact_card_id = "contact_id"`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub fields: IndexMap<String, String>,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect {
            naive_times_are_utc: true,
            envelopes: Envelope::ALL.to_vec(),
            names: IndexMap::new(),
            also: IndexMap::new(),
            fields: IndexMap::new(),
        }
    }
}

impl Dialect {
    pub(super) fn is_default(&self) -> bool {
        *self == Dialect::default()
    }
    /// As the reader of answers takes it.
    pub fn table(&self) -> dialect::Dialect {
        let names = |names: &IndexMap<String, String>| -> BTreeMap<SmolStr, SmolStr> {
            names.iter().map(|(from, to)| (from.into(), to.into())).collect()
        };
        let sets = |sets: &Sets| sets.iter().map(|(set, of)| (set.into(), names(of))).collect();
        dialect::Dialect {
            names: sets(&self.names),
            also: sets(&self.also),
            fields: names(&self.fields),
            naive_times_are_utc: self.naive_times_are_utc,
            envelopes: self.envelopes.clone(),
        }
    }
}

/// How much each kind of contract finding weighs: `note` or `broken`. `note`, if it is not named.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Severities(#[schemars(schema_with = "words::severities_schema")] pub IndexMap<String, Severity>);

impl Severities {
    pub(super) fn is_default(&self) -> bool {
        self.0.is_empty()
    }
    /// How much a kind weighs.
    pub fn of(&self, kind: ContractKind) -> Severity {
        self.0.get(kind.key()).copied().unwrap_or_default()
    }
}
