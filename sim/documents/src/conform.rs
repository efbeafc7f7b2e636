//! What came of a conformance pass: every rule of the API with its cases, for people and for programs.

use fieldday_api::rules::{Rule, Side};
use fieldday_folder::Outcome;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Table, Tone, figure, words};
use fieldday_rules::verdict::Verdict;
use fieldday_rules::{Findings, RuleVerdict, Violation};
use serde_json::{Value, json};

/// The format of the document for programs.
const SCHEMA: u32 = 1;

/// The result of a conformance pass, as commands print it.
pub struct Conformed<'a> {
    /// The scenario whose people took part.
    pub scenario: &'a str,
    /// The seed of its plan.
    pub seed: u64,
    /// The target in words.
    pub target: &'a str,
    /// The number of requests that the pass sent.
    pub requests: u64,
    /// The duration of the pass, in seconds.
    pub wall_s: f64,
    /// The counts and cases of the judges.
    pub findings: &'a Findings,
    /// The verdict with its reasons and exit code.
    pub verdict: &'a Verdict,
    /// The run's folder, if it has one.
    pub folder: Option<&'a str>,
    /// The line that makes the pass again.
    pub again: &'a str,
}

impl Conformed<'_> {
    fn rules(&self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(|rule| rule.side() == Side::Api)
    }
    fn first(&self, rule: Rule) -> Option<&Violation> {
        self.findings.shown().find(|violation| violation.rule == rule)
    }
    fn untested(&self, rule: Rule) -> Vec<&str> {
        self.findings.untested.iter().filter(|(of, _)| *of == rule).map(|(_, why)| why.as_str()).collect()
    }

    /// The result as text for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        let took = format!("{} in {:.1} s", counted(self.requests, "request", "requests"), self.wall_s);
        let title = format!("CONFORMANCE  {}, seed {:#x}, {}: {took}", self.scenario, self.seed, self.target);
        let mut table = Table::default();
        for rule in self.rules() {
            self.line(rule, &mut table);
        }
        let (mark, tone, word) = match self.verdict.outcome {
            Outcome::Held => ("✓", Tone::Good, "held"),
            Outcome::Broken => ("✗", Tone::Bad, "broken"),
            Outcome::Invalid => ("?", Tone::Doubt, "inconclusive"),
            Outcome::Interrupted => ("?", Tone::Doubt, "interrupted"),
        };
        let verdict = paint.on(tone, &format!("{mark} {word}"));
        let mut out = format!(
            "{}\n\n{}\n{verdict}  {}\n",
            paint.on(Tone::Strong, &title),
            table.render(paint, 2),
            self.verdict.reasons.join("; ")
        );
        if self.verdict.outcome != Outcome::Held {
            out.push_str(&format!("  again: {}\n", self.again));
        }
        if let Some(folder) = self.folder {
            out.push_str(&format!("  folder: {folder}\n"));
        }
        out
    }
    fn line(&self, rule: Rule, table: &mut Table) {
        let cases = self.findings.count(rule);
        let open = cases.inconclusive;
        let undecided = if open > 0 { format!(", {} undecided", count(open)) } else { String::new() };
        let name = words(rule.name());
        let (mark, tone, verdict) = match self.findings.verdict(rule) {
            RuleVerdict::Held => ("✓", Tone::Good, format!("held{undecided}")),
            RuleVerdict::Broken => ("✗", Tone::Bad, format!("{} broken{undecided}", count(cases.broken))),
            RuleVerdict::Finding => ("!", Tone::Doubt, format!("{} a finding here{undecided}", count(cases.found))),
            RuleVerdict::Off => ("·", Tone::Faint, "off".to_owned()),
            RuleVerdict::Inconclusive => ("?", Tone::Doubt, format!("{} undecided", count(open))),
            RuleVerdict::NotExercised => ("·", Tone::Faint, "not tested".to_owned()),
        };
        table.row([words(mark).tone(tone), name, figure(count(cases.exercised)), words(verdict).tone(tone)]);
        if let Some(first) = self.first(rule) {
            let request_id = first.request_id.as_ref().map_or(String::new(), |id| format!(", request id {id}"));
            let call = first.call.map_or(String::new(), |call| format!(", call {call}"));
            let says = format!("{} ({}{call}{request_id})", first.says, first.client_name);
            table.row([words(""), words(""), words(""), words(says)]);
        }
        for why in self.untested(rule) {
            table.row([words(""), words(""), words(""), words(format!("not tried: {why}")).tone(Tone::Faint)]);
        }
    }

    /// The result as JSON, as `--json` prints it.
    pub fn json(&self) -> String {
        let rules: Vec<Value> = self.rules().map(|rule| self.value(rule)).collect();
        let document = json!({
            "schema": SCHEMA,
            "scenario": self.scenario,
            "seed": format!("{:#x}", self.seed),
            "target": self.target,
            "requests": self.requests,
            "wall_s": self.wall_s,
            "verdict": { "outcome": self.verdict.outcome, "exit_code": self.verdict.exit_code, "reasons": self.verdict.reasons },
            "again": self.again,
            "folder": self.folder,
            "rules": rules,
        });
        format!("{document:#}\n")
    }
    fn value(&self, rule: Rule) -> Value {
        let cases = self.findings.count(rule);
        let first = self.first(rule).map(|first| {
            json!({
                "says": first.says,
                "client": first.client_name,
                "call": first.call,
                "endpoint": first.op.map(|op| op.label()),
                "request_id": first.request_id,
            })
        });
        json!({
            "rule": rule.name(),
            "section": rule.section(),
            "verdict": self.findings.verdict(rule),
            "cases": cases.exercised,
            "broken": cases.broken,
            "undecided": cases.inconclusive,
            "first": first,
            "not_tried": self.untested(rule),
        })
    }
}
