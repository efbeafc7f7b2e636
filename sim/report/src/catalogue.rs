//! What can be judged, and what can be broken: the rules and the defects as lists.

use crate::paint::{Paint, Tone};
use crate::table::{Table, words};
use fieldday_api::rules::{Rule, Side};
use fieldday_engine::defects::Defect;
use fieldday_rules::is_judged;
use std::fmt::Write as _;

/// All rules, a line each.
pub fn rules(paint: Paint) -> String {
    let mut out = String::new();
    for (side, title) in
        [(Side::Api, "API rules: what the backend promises"), (Side::App, "App rules: what the phone must do")]
    {
        let mut table = Table::default();
        for rule in Rule::ALL.iter().filter(|rule| rule.side() == side) {
            let name = words(rule.name()).tone(if is_judged(*rule) { Tone::Plain } else { Tone::Faint });
            let judged = if is_judged(*rule) { "judged" } else { "not yet" };
            table.row([name, words(judged), words(format!("§{}", rule.section())), words(rule.sentence())]);
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = write!(out, "{gap}{}\n{}", paint.on(Tone::Strong, title), table.render(paint, 2));
    }
    out
}

/// One rule with all there is to say of it.
pub fn rule(rule: Rule, paint: Paint) -> String {
    let binds = match rule.side() {
        Side::Api => "the backend",
        Side::App => "the phone",
    };
    let judged = if is_judged(rule) { "yes" } else { "not yet" };
    let mut table = Table::default();
    table.row([words("section"), words(format!("§{}", rule.section()))]);
    table.row([words("binds"), words(binds)]);
    table.row([words("judged"), words(judged)]);
    let breaks: Vec<Defect> = Defect::all().filter(|defect| defect.info().rules.contains(&rule)).collect();
    let mut out = format!("{}\n{}\n\n{}", paint.on(Tone::Strong, rule.name()), rule.sentence(), table.render(paint, 0));
    if breaks.is_empty() {
        out.push_str("\nNo defect breaks it.\n");
        return out;
    }
    out.push_str("\nDefects that break it (fieldday run --defect NAME):\n");
    let mut table = Table::default();
    for defect in breaks {
        table.row([words(defect.name()), words(defect.info().sentence)]);
        table.row([words(""), words(defect.info().modelled_on).tone(Tone::Faint)]);
    }
    out.push_str(&table.render(paint, 2));
    out
}

/// All defects, a line each.
pub fn defects(paint: Paint) -> String {
    let mut table = Table::default();
    let title = |text: &str| words(text).tone(Tone::Strong);
    table.row([title("defect"), title("of the"), title("breaks"), title("what goes wrong")]);
    for defect in Defect::all() {
        let info = defect.info();
        let rules: Vec<&str> = info.rules.iter().map(|rule| rule.name()).collect();
        table.row([words(info.name), words(defect.place()), words(rules.join(", ")), words(info.sentence)]);
    }
    table.render(paint, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_and_every_defect_is_listed_and_described() {
        let (all, broken) = (rules(Paint::new(false)), defects(Paint::new(false)));
        for one in Rule::ALL {
            assert!(all.contains(one.name()), "{one}");
            assert!(rule(*one, Paint::new(false)).contains(one.sentence()), "{one}");
        }
        assert!(Defect::all().all(|defect| broken.contains(defect.name())));
        assert!(rule(Rule::ShiftClockInOnce, Paint::new(false)).contains("clock-in-race"));
    }
}
