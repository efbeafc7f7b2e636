//! What a scenario file may say of the rules: which a run must put to the test, and what a broken case of each is taken for. The
//! comments are the schema's descriptions.

use super::words;
use fieldday_api::rules::{Rule, RuleWeight};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Deref;

/// The rules that a run must exercise: some, or all with exceptions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MustExercise {
    rules: Vec<Rule>,
    /// The exceptions, if all others are meant.
    all_but: Option<Vec<Rule>>,
}

const ALL: &str = "all";

impl MustExercise {
    /// Every rule must be exercised but these.
    pub fn all_but(exceptions: Vec<Rule>) -> MustExercise {
        let rules = Rule::ALL.iter().copied().filter(|rule| !exceptions.contains(rule)).collect();
        MustExercise { rules, all_but: Some(exceptions) }
    }
    /// Demands no rule any more.
    pub fn clear(&mut self) {
        *self = MustExercise::default();
    }
    pub(super) fn demands_nothing(&self) -> bool {
        self.rules.is_empty()
    }
    /// The rules that are named one by one, to be demanded or to be left out.
    pub(super) fn named(&self) -> &[Rule] {
        self.all_but.as_deref().unwrap_or(&self.rules)
    }
    pub(super) fn is_all(&self) -> bool {
        self.all_but.is_some()
    }
}

impl From<Vec<Rule>> for MustExercise {
    fn from(rules: Vec<Rule>) -> MustExercise {
        MustExercise { rules, all_but: None }
    }
}
impl Deref for MustExercise {
    type Target = [Rule];
    fn deref(&self) -> &[Rule] {
        &self.rules
    }
}

/// `{ all_but = [ … ] }`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllBut {
    all_but: Vec<Rule>,
}

impl Serialize for MustExercise {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match &self.all_but {
            None => self.rules.serialize(s),
            Some(none) if none.is_empty() => s.serialize_str(ALL),
            Some(all_but) => AllBut { all_but: all_but.clone() }.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for MustExercise {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = MustExercise;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rules, \"all\", or { all_but = [ rules ] }")
    }
    fn visit_str<E: Error>(self, word: &str) -> Result<MustExercise, E> {
        match word {
            ALL => Ok(MustExercise::all_but(Vec::new())),
            _ => Err(E::custom(format_args!("{word:?} is neither \"all\" nor a list of rules"))),
        }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, rules: A) -> Result<MustExercise, A::Error> {
        Vec::<Rule>::deserialize(SeqAccessDeserializer::new(rules)).map(MustExercise::from)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MustExercise, A::Error> {
        AllBut::deserialize(MapAccessDeserializer::new(map)).map(|written| MustExercise::all_but(written.all_but))
    }
}

/// The weight of violations of a rule, with the reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSetting {
    /// `broken`: a violation fails the run. `finding`: it is reported, and the run can pass. `off`: the rule is not checked.
    #[serde(rename = "as")]
    pub weight: RuleWeight,
    /// The reason, shown in every report.
    #[schemars(length(min = 1, max = 500))]
    pub why: String,
}

/// The weight of violations by rule, with the reason: `"paging.exact" = { as = "finding", why = "ticket 123" }`. Violations
/// of other rules fail the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleSettings(#[schemars(schema_with = "words::rule_settings_schema")] pub IndexMap<Rule, RuleSetting>);

impl RuleSettings {
    pub(super) fn is_default(&self) -> bool {
        self.0.is_empty()
    }
    /// The weight of a broken case of a rule.
    pub fn weight(&self, rule: Rule) -> RuleWeight {
        self.0.get(&rule).map(|setting| setting.weight).unwrap_or_default()
    }
}

impl super::Scenario {
    /// The rules that a run must have put to the test. One that is switched off is none of "all".
    pub fn demanded(&self) -> Vec<Rule> {
        self.must_exercise.iter().copied().filter(|rule| self.rules.weight(*rule) != RuleWeight::Off).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    fn read(head: &str, tail: &str) -> Result<Scenario, String> {
        let text = format!("name = \"x\"\nabout = \"y\"\n{head}\n[day]\ndates = [\"2026-06-10\"]\n{tail}");
        Scenario::parse(&text, "x.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn all_rules_can_be_demanded_with_exceptions_and_are_written_as_they_were_read() {
        let all = read("must_exercise = \"all\"", "").unwrap();
        assert_eq!(*all.must_exercise, *Rule::ALL);
        let but = read("must_exercise = { all_but = [\"app.cancel\"] }", "").unwrap();
        assert_eq!(but.must_exercise.len(), Rule::ALL.len() - 1);
        assert!(!but.demanded().contains(&Rule::AppCancel));
        let some = read("must_exercise = [\"paging.exact\"]", "").unwrap();
        assert_eq!(some.demanded(), [Rule::PagingExact]);
        for scenario in [all, but, some] {
            assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "x.toml").unwrap(), scenario);
        }
    }

    #[test]
    fn a_rule_can_be_a_finding_or_off_with_a_reason() {
        let tail = "[rules]\n\"paging.exact\" = { as = \"finding\", why = \"known, ticket 123\" }\n\
                    \"app.cancel\" = { as = \"off\", why = \"nobody cancels\" }";
        let scenario = read("must_exercise = \"all\"", tail).unwrap();
        let weights = [Rule::PagingExact, Rule::AppCancel, Rule::ShiftToday].map(|rule| scenario.rules.weight(rule));
        assert_eq!(weights, [RuleWeight::Finding, RuleWeight::Off, RuleWeight::Broken]);
        assert!(scenario.demanded().contains(&Rule::PagingExact) && !scenario.demanded().contains(&Rule::AppCancel));
        assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "x.toml").unwrap(), scenario);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_was_meant() {
        let told = |head: &str, tail: &str| read(head, tail).unwrap_err();
        let text = told("must_exercise = \"al\"", "");
        assert!(text.contains("must_exercise") && text.contains("neither \"all\" nor a list"), "{text}");
        let text = told("", "[rules]\n\"paging.exakt\" = { as = \"off\", why = \"x\" }");
        assert!(text.contains("paging.exakt") && text.contains("paging.exact"), "{text}");
        let text = told("", "[rules]\n\"paging.exact\" = { as = \"finding\" }");
        assert!(text.contains("why") && text.contains("missing"), "{text}");
        let text = told("", "[rules]\n\"paging.exact\" = { as = \"mute\", why = \"x\" }");
        assert!(text.contains("mute") && text.contains("finding"), "{text}");
        let text = told("", "[rules]\n\"paging.exact\" = { as = \"off\", why = \" \" }");
        assert!(text.contains("why") && text.contains("reason"), "{text}");
        let off = "[rules]\n\"paging.exact\" = { as = \"off\", why = \"x\" }";
        let text = told("must_exercise = [\"paging.exact\"]", off);
        assert!(text.contains("must_exercise") && text.contains("off"), "{text}");
    }
}
