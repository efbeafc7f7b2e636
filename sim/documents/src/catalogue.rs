//! What can be judged, and what can be broken: rules, marks, defects and scenarios as lists, for people and for programs.

use fieldday_api::rules::{Rule, Side};
use fieldday_engine::all_defects::Defect;
use fieldday_engine::prove::Example;
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, words};
use fieldday_rules::{Mark, is_judged};
use fieldday_scenario::{Scenario, ScenarioError};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The format of the documents for programs.
const SCHEMA: u32 = 1;

fn document(name: &str, list: Vec<Value>) -> String {
    format!("{:#}\n", json!({ "schema": SCHEMA, name: list }))
}

/// All rules: what each says, which defects break it, and in which scenarios it must be exercised.
pub fn rules(paint: Paint) -> String {
    let mut out = String::new();
    for (side, title) in
        [(Side::Api, "API rules: what the backend must do"), (Side::App, "App rules: what the app must do")]
    {
        let mut table = Table::default();
        for rule in Rule::ALL.iter().copied().filter(|rule| rule.side() == side) {
            let tone = if is_judged(rule) { Tone::Plain } else { Tone::Faint };
            table.row([words(rule.name()).tone(tone), words(rule.sentence())]);
            let judged = if is_judged(rule) { "" } else { "; not checked" };
            let (defects, scenarios) = (names(&breaks(rule)), names(&exercised_in(rule)));
            let about = format!("§{}{judged}; defects: {defects}; required in: {scenarios}", rule.section());
            table.row([words(""), words(about).tone(Tone::Faint)]);
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = write!(out, "{gap}{}\n{}", paint.on(Tone::Strong, title), table.render_within(paint, 2, &[]));
    }
    out
}

/// The rules as JSON, as `fieldday rules --json` prints them.
pub fn rules_json() -> String {
    document("rules", Rule::ALL.iter().map(|rule| rule_value(*rule)).collect())
}

fn rule_value(rule: Rule) -> Value {
    json!({
        "name": rule.name(),
        "side": match rule.side() { Side::Api => "api", Side::App => "app" },
        "section": rule.section(),
        "says": rule.sentence(),
        "judged": is_judged(rule),
        "defects": breaks(rule),
        "must_be_exercised_in": exercised_in(rule),
    })
}

/// The defects that break a rule, by name.
fn breaks(rule: Rule) -> Vec<&'static str> {
    Defect::all().filter(|defect| defect.info().rules.contains(&rule)).map(Defect::name).collect()
}

/// The built-in scenarios that are worth nothing without a rule.
fn exercised_in(rule: Rule) -> Vec<&'static str> {
    let must = |name: &&str| Scenario::load(name).is_ok_and(|scenario| scenario.must_exercise.contains(&rule));
    Scenario::builtin_names().into_iter().filter(must).collect()
}

fn names(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// One rule with all there is to say of it. `example` is a violation of it, where one was found.
pub fn rule(rule: Rule, example: Option<&Example>, paint: Paint) -> String {
    let binds = match rule.side() {
        Side::Api => "the backend",
        Side::App => "the app",
    };
    let judged = if is_judged(rule) { "yes" } else { "not yet" };
    let mut table = Table::default();
    table.row([words("section"), words(format!("§{}", rule.section()))]);
    table.row([words("binds"), words(binds)]);
    table.row([words("judged"), words(judged)]);
    table.row([words("required in"), words(names(&exercised_in(rule)))]);
    let mut out = format!(
        "{}\n{}\n\n{}",
        paint.on(Tone::Strong, rule.name()),
        rule.sentence(),
        table.render_within(paint, 0, &[])
    );
    let breaks: Vec<Defect> = Defect::all().filter(|defect| defect.info().rules.contains(&rule)).collect();
    if breaks.is_empty() {
        out.push_str("\nNo defect breaks this rule.\n");
        return out;
    }
    out.push_str("\nDefects that break this rule (fieldday run SCENARIO --defect NAME):\n");
    let mut table = Table::default();
    for defect in breaks {
        let info = defect.info();
        table.row([words(info.name), words(info.sentence)]);
        let about = format!("scenario {}; modelled on: {}", info.scenario, info.modelled_on);
        table.row([words(""), words(about).tone(Tone::Faint)]);
    }
    out.push_str(&table.render_within(paint, 2, &[]));
    if let Some(Example { defect, violation, .. }) = example {
        let (name, scenario) = (defect.name(), defect.info().scenario);
        let _ = writeln!(out, "\nExample: a violation caused by {name} in {scenario}:");
        let call = violation.call.zip(violation.op).map_or(String::new(), |(call, op)| format!(", call {call}, {op}"));
        let mut table = Table::default();
        table.row([words("says"), words(violation.says.as_str())]);
        table.row([words("who"), words(format!("{}{call}", violation.client_name))]);
        out.push_str(&table.render_within(paint, 2, &[]));
    }
    out
}

/// One rule for programs, with the same example.
pub fn rule_json(rule: Rule, example: Option<&Example>) -> String {
    let example = example.map(|Example { defect, violation, .. }| {
        json!({
            "defect": defect.name(),
            "scenario": defect.info().scenario,
            "client": violation.client_name,
            "says": violation.says,
        })
    });
    format!("{:#}\n", json!({ "schema": SCHEMA, "rule": rule_value(rule), "example": example }))
}

/// All marks: the name of each, and the state that it stands for.
pub fn marks(paint: Paint) -> String {
    let mut table = Table::default();
    Mark::ALL.iter().for_each(|mark| table.row([words(mark.name()), words(mark.sentence())]));
    table.render_within(paint, 0, &[])
}

/// The marks as JSON, as `fieldday marks --json` prints them.
pub fn marks_json() -> String {
    document("marks", Mark::ALL.iter().map(|mark| json!({ "name": mark.name(), "says": mark.sentence() })).collect())
}

/// All defects: what goes wrong, where, and which rules that breaks.
pub fn defects(paint: Paint) -> String {
    let mut table = Table::default();
    for defect in Defect::all() {
        let info = defect.info();
        let rules: Vec<&str> = info.rules.iter().map(|rule| rule.name()).collect();
        table.row([words(info.name), words(info.sentence)]);
        let about = format!("{}; scenario {}; breaks {}", defect.place(), info.scenario, rules.join(", "));
        table.row([words(""), words(about).tone(Tone::Faint)]);
    }
    table.render_within(paint, 0, &[])
}

/// The defects as JSON, as `fieldday defects --json` prints them.
pub fn defects_json() -> String {
    let value = |defect: Defect| {
        let info = defect.info();
        json!({
            "name": info.name,
            "of": defect.place(),
            "scenario": info.scenario,
            "breaks": info.rules.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
            "says": info.sentence,
            "modelled_on": info.modelled_on,
        })
    };
    document("defects", Defect::all().map(value).collect())
}

/// The built-in scenarios, a line each.
pub fn scenarios(paint: Paint) -> Result<String, ScenarioError> {
    let mut table = Table::default();
    for name in Scenario::builtin_names() {
        table.row([words(name).tone(Tone::Strong), words(about(&Scenario::load(name)?))]);
    }
    Ok(table.render_within(paint, 0, &[]))
}

/// The built-in scenarios as JSON, as `fieldday scenarios --json` prints them.
pub fn scenarios_json() -> Result<String, ScenarioError> {
    let value = |name: &str| {
        let scenario = Scenario::load(name)?;
        let (reps, tenants) = (scenario.people.reps, scenario.people.tenants);
        Ok(
            json!({ "name": name, "about": about(&scenario), "reps": reps, "tenants": tenants, "dates": scenario.day.dates }),
        )
    };
    Ok(document("scenarios", Scenario::builtin_names().into_iter().map(value).collect::<Result<_, ScenarioError>>()?))
}

fn about(scenario: &Scenario) -> String {
    scenario.about.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_engine::prove;

    #[test]
    fn every_rule_and_every_defect_is_listed_and_described() {
        let (all, broken) = (rules(Paint::new(false)), defects(Paint::new(false)));
        for one in Rule::ALL {
            assert!(all.contains(one.name()), "{one}");
            assert!(rule(*one, None, Paint::new(false)).contains(one.sentence()), "{one}");
        }
        assert!(Defect::all().all(|defect| broken.contains(defect.name())));
        let example = prove::example(Rule::ShiftClockInOnce, 40).unwrap().unwrap();
        let told = rule(Rule::ShiftClockInOnce, Some(&example), Paint::new(false));
        assert!(told.contains("clock-in-race") && told.contains("shift_"), "{told}");
    }

    #[test]
    fn programs_are_told_the_same_names_as_people() {
        let names = |document: String, list: &str| -> Vec<String> {
            let document: Value = serde_json::from_str(&document).unwrap();
            let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
            document[list].as_array().unwrap().iter().map(name).collect()
        };
        assert_eq!(names(rules_json(), "rules"), Rule::ALL.iter().map(|rule| rule.name()).collect::<Vec<_>>());
        assert_eq!(names(marks_json(), "marks"), Mark::ALL.iter().map(|mark| mark.name()).collect::<Vec<_>>());
        assert_eq!(names(defects_json(), "defects"), Defect::all().map(Defect::name).collect::<Vec<_>>());
        assert_eq!(names(scenarios_json().unwrap(), "scenarios"), Scenario::builtin_names());
        let one: Value = serde_json::from_str(&rule_json(Rule::ShiftClockInOnce, None)).unwrap();
        assert_eq!(one["rule"]["name"], "shift.clock-in.once");
        assert!(one["rule"]["defects"].as_array().unwrap().contains(&"clock-in-race".into()), "{one}");
    }

    #[test]
    fn the_docs_list_the_marks_that_there_are() {
        let listed = include_str!("../../../docs/marks.md");
        let rows: Vec<&str> = listed.lines().filter(|line| line.starts_with("| `")).collect();
        let marks: Vec<String> = Mark::ALL.iter().map(|m| format!("| `{}` | {} |", m.name(), m.sentence())).collect();
        assert_eq!(rows, marks, "docs/marks.md has these rows, in this order:\n{}", marks.join("\n"));
    }
}
