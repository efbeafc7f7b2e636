//! Times of the protocol that pass with the day: polls and caches keep their share of the calls.

use crate::common::{Day, Events, lived, mock, ready};
use fieldday_api::endpoint::Op;
use fieldday_api::pace::Pace;
use fieldday_api::rules::Rule;
use fieldday_engine::setup;
use fieldday_history::EventKind;
use fieldday_kernel::time::TimeOfDay;
use fieldday_live::run::LiveOutcome;
use fieldday_rules::{Judges, RuleVerdict};
use fieldday_scenario::{Scaled, Scenario};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What came of a morning at a speed of 600 on which these times pass with the day, and each cell's events.
fn morning(scales: Vec<Scaled>) -> (Arc<Scenario>, LiveOutcome, Events) {
    let mut scenario = crate::common::demo(600);
    scenario.live.window = Some((TimeOfDay::hm(8, 0), TimeOfDay::hm(12, 0)));
    // The link is not faster than the wall: with it, polls would be as far apart as it takes to carry them.
    (scenario.live.auditors, scenario.live.office, scenario.live.link) = (false, false, false);
    scenario.live.scales = scales;
    let Day { outcome, plan, cells, .. } = lived(ready(scenario, mock(|_| {}), None));
    (plan.plan.scenario().clone(), outcome, cells)
}

fn sent(cells: &Events, of: Op) -> usize {
    let is_it = |what: &EventKind| matches!(what, EventKind::Wire(wire) if wire.op == of);
    cells.values().flat_map(|(_, events)| events).filter(|event| is_it(&event.what)).count()
}

#[test]
fn polls_and_caches_that_pass_with_the_day_keep_its_mix_of_calls() {
    let _alone = crate::alone();
    let (_, as_specified, few) = morning(Vec::new());
    let (scenario, outcome, many) = morning(vec![Scaled::Polling, Scaled::Cache, Scaled::Backoff]);
    for (outcome, cells) in [(&as_specified, &few), (&outcome, &many)] {
        assert_eq!(outcome.run.findings.violations, []);
        assert!(sent(cells, Op::GetRecording) > 0, "nothing was polled");
    }
    assert_eq!(outcome.run.findings.verdict(Rule::AppPolling), RuleVerdict::Held);
    let lists = |cells| sent(cells, Op::ListAppointments);
    assert!(
        lists(&many) > 2 * lists(&few),
        "{} lists of appointments, {} when five minutes of cache stay five minutes",
        lists(&many),
        lists(&few)
    );
    // It is the pace that the polls keep: who judges the same calls by five seconds finds them too fast.
    let (start, events) = many.values().next().unwrap();
    let mut judges = Judges::new(Arc::new(setup::judges(&scenario, Pace::SPECIFIED, *start, BTreeMap::new())));
    events.iter().for_each(|event| judges.on(event));
    assert_eq!(judges.finish().verdict(Rule::AppPolling), RuleVerdict::Broken);
}
