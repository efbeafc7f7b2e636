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

/// How a deployment's names and envelopes differ from the specification.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dialect {
    /// Whether a time without a zone means UTC; if not, answers with such times cannot be read.
    pub naive_times_are_utc: bool,
    /// The envelope of a success: `data` is the specification's `{data}`, `success` is `{success, data, meta, message}`, `bare`
    /// is the answer itself.
    #[schemars(schema_with = "words::envelopes_schema")]
    pub envelopes: Vec<Envelope>,
    /// By set of names, the deployment's name for each of the specification's, both sent and read:
    /// `recording_mode = { full = "normal" }`. The names of a set must stay distinct.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::names_schema")]
    pub names: Sets,
    /// By set of names, further names that the deployment answers, read and never sent: `recording_mode = { off = "ghost" }`.
    /// None of them may already have a meaning.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::also_schema")]
    pub also: Sets,
    /// By set of names, the name that the deployment accepts where it answers another, sent and never read:
    /// `assignee = { sales_rep = "rep" }`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::names_schema")]
    pub sent: Sets,
    /// The deployment's name for a field of the specification, both sent and read: `contact_card_id = "contact_id"`.
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
            sent: IndexMap::new(),
            fields: IndexMap::new(),
        }
    }
}

impl Dialect {
    pub(super) fn is_default(&self) -> bool {
        *self == Dialect::default()
    }
    /// As the reader of answers takes it; whether it takes 422 for 400 is a [switch](crate::Switches) of the scenario.
    pub fn table(&self, accept_422: bool) -> dialect::Dialect {
        let names = |names: &IndexMap<String, String>| -> BTreeMap<SmolStr, SmolStr> {
            names.iter().map(|(from, to)| (from.into(), to.into())).collect()
        };
        let sets = |sets: &Sets| sets.iter().map(|(set, of)| (set.into(), names(of))).collect();
        dialect::Dialect {
            names: sets(&self.names),
            also: sets(&self.also),
            sent: sets(&self.sent),
            fields: names(&self.fields),
            naive_times_are_utc: self.naive_times_are_utc,
            envelopes: self.envelopes.clone(),
            accept_422,
        }
    }
}

/// A mapping that loses a distinction: under which key, and which two would be one.
pub(super) struct Lossy {
    pub path: Vec<String>,
    pub message: String,
    pub allowed: String,
}

impl Dialect {
    /// Every mapping after which two of the spec's names would be sent or read as one.
    pub(super) fn lossy(&self) -> Vec<Lossy> {
        let mut found = Vec::new();
        let mut add = |path: [&str; 4], message: String, allowed: String| {
            found.push(Lossy { path: path.map(str::to_owned).to_vec(), message, allowed });
        };
        for set in dialect::NAME_SETS {
            let of = |sets: &'_ Sets, word: &str| sets.get(set.name).and_then(|names| names.get(word)).cloned();
            // Under which names one of the spec's is read, and under which it is sent.
            let read = |word: &str| match of(&self.names, word) {
                Some(here) => vec![here],
                None => [word].into_iter().chain(set.elsewhere(word)).map(str::to_owned).collect(),
            };
            let sent = |word: &str| of(&self.sent, word).map_or_else(|| read(word), |here| vec![here]);
            let mapped = |sets: &'_ Sets| -> Vec<(String, String)> {
                sets.get(set.name).into_iter().flatten().map(|(from, to)| (from.clone(), to.clone())).collect()
            };
            let taken = |own: &str, here: &str, names: &dyn Fn(&str) -> Vec<String>| {
                set.words.iter().copied().find(|other| *other != own && names(other).iter().any(|name| name == here))
            };
            for (own, here) in mapped(&self.names) {
                if let Some(other) = taken(&own, &here, &read) {
                    let message = format!("{here:?} would name both {own} and {other}");
                    let allowed = format!("use different names: another for {own}, or one for {other} as well");
                    add(["dialect", "names", set.name, &own], message, allowed);
                }
            }
            for (own, here) in mapped(&self.sent) {
                if let Some(other) = taken(&own, &here, &sent) {
                    let message = format!("{here:?} would be sent for both {own} and {other}");
                    add(["dialect", "sent", set.name, &own], message, "use different names".to_owned());
                }
            }
            for (here, own) in mapped(&self.also) {
                if let Some(other) = taken(&own, &here, &read) {
                    let message = format!("{here:?} means {other} already, and cannot mean {own} as well");
                    let allowed = format!("choose an unused name, or another name for {other} in `names`");
                    add(["dialect", "also", set.name, &here], message, allowed);
                }
            }
        }
        for (own, here) in &self.fields {
            if !self.fields.contains_key(here) && dialect::stand_together(own, here) {
                let message = format!("{here:?} is another field of the same answer, and cannot be {own} as well");
                let path = ["dialect", "fields", own].map(str::to_owned).to_vec();
                found.push(Lossy {
                    path,
                    message,
                    allowed: "choose a name that no other field of the object has".to_owned(),
                });
            }
        }
        found
    }
}

/// The severity of each kind of contract finding: `note` (default) or `broken`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Severities(#[schemars(schema_with = "words::severities_schema")] pub IndexMap<String, Severity>);

impl Severities {
    pub(super) fn is_default(&self) -> bool {
        self.0.is_empty()
    }
    /// The severity of a kind of finding.
    pub fn of(&self, kind: ContractKind) -> Severity {
        self.0.get(kind.key()).copied().unwrap_or_default()
    }
}
