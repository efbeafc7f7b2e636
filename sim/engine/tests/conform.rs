//! The conformance pass over the model: nothing on a clean one, and which defects it finds by itself.

use fieldday_backend::BackendDefect;
use fieldday_engine::cell::Keep;
use fieldday_engine::conform;
use fieldday_engine::run::{Options, RunOutcome};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn pass(seed: u64, defect: Option<BackendDefect>) -> RunOutcome {
    let mut scenario = conform::settled(Scenario::load("smoke").unwrap(), true);
    scenario.defects.extend(defect.map(|defect| defect.name().to_owned()));
    let plan = Plan::new(Arc::new(scenario), seed).unwrap();
    let stop = AtomicBool::new(false);
    conform::run(&plan, &Options { threads: 0, keep: Keep::default(), stop: &stop }, |_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn a_clean_model_conforms_under_several_seeds() {
    for seed in 1..=4 {
        let outcome = pass(seed, None);
        for violation in outcome.findings.shown() {
            println!("{seed}: {} {} {}", violation.client_name, violation.rule.name(), violation.says);
        }
        for (rule, why) in &outcome.findings.untested {
            println!("{seed}: untested {} {why}", rule.name());
        }
        println!("{seed}: {} requests", outcome.requests);
        for rule in fieldday_api::rules::Rule::ALL {
            let c = outcome.findings.count(*rule);
            if c.exercised + c.inconclusive > 0 {
                println!("  {} {} {} {}", rule.name(), c.exercised, c.broken, c.inconclusive);
            }
        }
        assert!(!outcome.findings.any_broken(), "seed {seed}");
    }
}

#[test]
fn defects() {
    let mut found = 0;
    for defect in BackendDefect::ALL {
        let outcome = pass(1, Some(*defect));
        let named = defect.info().rules.iter().filter(|rule| outcome.findings.count(**rule).broken > 0).count();
        let any = fieldday_api::rules::Rule::ALL
            .iter()
            .filter(|rule| outcome.findings.count(**rule).broken > 0)
            .map(|r| r.name())
            .collect::<Vec<_>>();
        found += usize::from(named > 0);
        println!(
            "{} {} {} {any:?}",
            if named > 0 {
                "ok"
            } else if any.is_empty() {
                "MISSED"
            } else {
                "OTHER"
            },
            defect.name(),
            outcome.requests
        );
    }
    println!("{found} of {}", BackendDefect::ALL.len());
}
