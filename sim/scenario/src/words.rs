//! The closed sets of words that a scenario may use, for errors and for the schema.

use crate::persona;
use crate::trouble::TraceFiles;
use fieldday_api::dialect::{ContractKind, NAME_SETS};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use fieldday_radio::network;
use fieldday_radio::territory;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

fn op_words() -> Vec<String> {
    let word = |op: &Op| serde_json::to_value(op).ok()?.as_str().map(str::to_owned);
    Op::ALL.iter().filter_map(word).collect()
}

fn rule_words() -> Vec<&'static str> {
    Rule::ALL.iter().map(|rule| rule.name()).collect()
}

pub(super) fn must_exercise_schema(_: &mut SchemaGenerator) -> Schema {
    let list = json!({ "type": "array", "items": { "type": "string", "enum": rule_words() } });
    let all_but = json!({
        "type": "object", "properties": { "all_but": list }, "required": ["all_but"], "additionalProperties": false,
    });
    json_schema!({ "anyOf": [list, { "type": "string", "enum": ["all"] }, all_but] })
}

pub(super) fn rule_settings_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object", "propertyNames": { "enum": rule_words() },
        "additionalProperties": {
            "type": "object", "required": ["as", "why"], "additionalProperties": false,
            "properties": {
                "as": { "type": "string", "enum": ["broken", "finding", "off"] },
                "why": { "type": "string", "minLength": 1, "maxLength": 500 },
            },
        },
    })
}

pub(super) fn ops_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "enum": op_words() } })
}

pub(super) fn territories_schema(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = territory::territories().iter().map(|t| t.name()).collect();
    json_schema!({ "type": "array", "minItems": 1, "maxItems": 64, "items": { "type": "string", "enum": words } })
}

pub(super) fn profiles_schema(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = network::profiles().iter().map(|p| p.name.as_str()).collect();
    json_schema!({ "type": "string", "enum": words })
}

pub(super) fn mix_schema(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = persona::personas().iter().map(|p| p.name.as_str()).collect();
    json_schema!({
        "type": "object", "minProperties": 1, "propertyNames": { "enum": words },
        "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 1000 },
    })
}

pub(super) fn persona_traces_schema(generator: &mut SchemaGenerator) -> Schema {
    traces_by(generator, persona::personas().iter().map(|p| p.name.as_str()))
}

pub(super) fn territory_traces_schema(generator: &mut SchemaGenerator) -> Schema {
    traces_by(generator, territory::territories().iter().map(|t| t.name()))
}

fn traces_by(generator: &mut SchemaGenerator, names: impl Iterator<Item = &'static str>) -> Schema {
    json_schema!({
        "type": "object", "propertyNames": { "enum": names.collect::<Vec<_>>() },
        "additionalProperties": generator.subschema_for::<TraceFiles>(),
    })
}

fn claims_schema(words: impl Iterator<Item = &'static str>) -> Schema {
    json_schema!({ "type": "string", "enum": words.collect::<Vec<_>>() })
}

pub(super) fn tenant_claims_schema(_: &mut SchemaGenerator) -> Schema {
    claims_schema(TenantClaim::ALL.iter().map(|claim| claim.as_str()))
}

pub(super) fn user_claims_schema(_: &mut SchemaGenerator) -> Schema {
    claims_schema(UserClaim::ALL.iter().map(|claim| claim.as_str()))
}

pub(super) fn role_claims_schema(_: &mut SchemaGenerator) -> Schema {
    claims_schema(RoleClaim::ALL.iter().map(|claim| claim.as_str()))
}

/// Least and most, neither above `MOST`.
pub(super) fn bounds_to<const MOST: u32>(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "integer", "minimum": 0, "maximum": MOST },
    })
}

pub(super) fn envelopes_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 1, "maxItems": 3, "items": { "type": "string", "enum": ["data", "success", "bare"] },
    })
}

pub(super) fn severities_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object", "propertyNames": { "enum": ContractKind::KEYS },
        "additionalProperties": { "type": "string", "enum": ["note", "broken"] },
    })
}

/// The schema of the names of each set, with the specification's names as keys.
pub(super) fn names_schema(_: &mut SchemaGenerator) -> Schema {
    by_set(
        |words| json!({ "type": "object", "propertyNames": { "enum": words }, "additionalProperties": { "type": "string" } }),
    )
}

/// The schema of the names of each set, with the specification's names as values.
pub(super) fn also_schema(_: &mut SchemaGenerator) -> Schema {
    by_set(|words| json!({ "type": "object", "additionalProperties": { "type": "string", "enum": words } }))
}

fn by_set(of: impl Fn(&[&str]) -> Value) -> Schema {
    let sets: Map<String, Value> = NAME_SETS.iter().map(|set| (set.name.to_owned(), of(set.words))).collect();
    let names: Vec<&str> = NAME_SETS.iter().map(|set| set.name).collect();
    json_schema!({ "type": "object", "propertyNames": { "enum": names }, "properties": sets, "additionalProperties": false })
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long texts are no misspelt words, and the comparison costs the product of the lengths.
    if written.len() > 100 {
        return None;
    }
    let likeness = |word: &str| (strsim::jaro_winkler(written, word) * 1e6) as u64;
    let best = words.into_iter().map(|word| (likeness(word), word)).max_by_key(|(likeness, _)| *likeness)?;
    (best.0 >= 780_000).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let words = ["reps", "tenants", "tenants_per_cell", "territories"];
        assert_eq!(nearest("rep", words), Some("reps"));
        assert_eq!(nearest("tennants", words), Some("tenants"));
        assert_eq!(nearest("zzz", words), None);
        assert_eq!(nearest(&"r".repeat(101), words), None);
        assert!(op_words().contains(&"clock-in".to_owned()));
    }
}
