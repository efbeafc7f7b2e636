//! Targets that are healthy but for one thing in their answers: the day goes on, and the one thing is told once.

use crate::common::bend::{Bend, bent};
use crate::common::{Day, lived, ready};
use fieldday_api::call::Answer;
use fieldday_api::dialect::{Consequence, ContractKind};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::Settlement;
use fieldday_history::{Event, EventKind};
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::Called;
use fieldday_mock::{Mock, Options, Service};
use fieldday_plan::Plan;
use fieldday_rules::RuleVerdict;
use fieldday_scenario::{Scaled, Scenario};
use fieldday_tokens::{Algorithm, Key};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A day against a healthy mock behind a proxy that bends its answers.
fn day(name: &str, how: Bend) -> Day {
    // Enough reps that some are sure to tick a task off.
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(16);
    let demo = crate::common::demo(2_500);
    (scenario.live, scenario.data) = (demo.live, demo.data);
    scenario.must_exercise.clear();
    // What waits between attempts passes with the day, or the day would be over first.
    scenario.live.scales = vec![Scaled::Polling, Scaled::Cache, Scaled::Backoff];
    scenario.set_today(utc_now());
    let file = format!("{}/bent-{name}.pem", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_file(&file);
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    key.save(file.as_ref()).unwrap();
    scenario.tokens.key = Some(file);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let plan = Plan::new(Arc::new(scenario.clone()), crate::common::SEED).unwrap();
    let mut options = Options::trusting(plan, std::slice::from_ref(&key));
    options.service = Service::Scaled(20);
    let mock = runtime.block_on(Mock::serve(options)).unwrap();
    let day = lived(ready(scenario, Called::Url(bent(&mock.base_url(), how)), None));
    assert!(day.outcome.run.complete && day.outcome.panicked.is_empty(), "{name}: the day goes on");
    day
}

fn events(day: &Day) -> impl Iterator<Item = &Event> {
    day.cells.values().flat_map(|(_, events)| events)
}

/// How often a completion was acknowledged, and how many answers of 200 to one were not believed.
fn completions(day: &Day) -> (usize, usize) {
    let mut sent = BTreeSet::new();
    let (mut done, mut not_believed) = (0, 0);
    let by_cell = day.cells.iter().flat_map(|(cell, (_, events))| events.iter().map(move |event| (cell, event)));
    for (cell, event) in by_cell {
        match &event.what {
            EventKind::Sent(sending) if sending.request.op() == Op::CompleteTask => {
                sent.insert((cell, event.client, sending.call));
            }
            EventKind::Answered { call, response, .. } if sent.contains(&(cell, event.client, *call)) => {
                match &response.answer {
                    Answer::TaskCompleted(_) => done += 1,
                    _ => not_believed += usize::from(response.status == 200),
                }
            }
            _ => {}
        }
    }
    (done, not_believed)
}

#[test]
fn a_task_is_completed_though_nobody_says_by_whom() {
    let day = day("drop", Bend::Drop { path_end: "/complete", field: "completed_by" });
    assert_eq!(day.outcome.run.findings.violations, []);
    let (done, not_believed) = completions(&day);
    assert!(done > 0, "no task was completed");
    assert_eq!(not_believed, 0);
    let told: Vec<_> = day.outcome.contract.findings().collect();
    let [one] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        (one.kind, one.op, one.at.as_str()),
        (ContractKind::MissingField, Op::CompleteTask, "data.completed_by")
    );
    assert_eq!((one.consequence, one.count >= done as u64), (Consequence::StandsIn, true));
    let refused = |event: &&Event| matches!(event.what, EventKind::Settled { how: Settlement::Refused { .. }, .. });
    assert_eq!(events(&day).filter(refused).count(), 0);
}

#[test]
fn an_error_with_a_phone_number_and_a_load_balancers_id_keeps_one_and_not_the_other() {
    const ID: &str = "Root=1-67891233-abcdef012345678912345678";
    let message = "could not text 415-555-0182";
    let day = day("error-once", Bend::ErrorOnce { path_end: "/complete", request_id: ID, message });
    assert_eq!(day.outcome.run.findings.violations, []);
    assert_eq!(day.outcome.run.findings.verdict(Rule::ErrorEnvelope), RuleVerdict::Held);
    assert!(day.outcome.contract.is_empty(), "{:?}", day.outcome.contract);
    assert!(completions(&day).0 > 0, "each was tried again");
    let history: Vec<String> = events(&day).map(|event| serde_json::to_string(event).unwrap()).collect();
    assert!(history.iter().all(|line| !line.contains("555-0182")));
    let kept = history.iter().filter(|line| line.contains(ID) && line.contains("could not text private:")).count();
    assert!(kept > 0, "the id is shown as it came, and the words stay");
}
