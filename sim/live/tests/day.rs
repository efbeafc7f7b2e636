//! A whole day on the wall clock against the mock: nothing breaks, goose counts what we count, and every rep lives again
//! from the history, byte for byte.

mod common;

use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_api::time::TimeOfDay;
use fieldday_history::What;
use fieldday_history::event::ClientKind;
use fieldday_live::relive::{Recorded, relive};
use fieldday_live::run::LiveOutcome;
use fieldday_rules::Verdict;
use fieldday_world::scenario::{Connections, HttpVersion, Scaled, Scenario};
use std::time::Duration;

fn lives(scenario: Scenario, http: HttpVersion) {
    let stage = common::stage(scenario);
    let mock = stage.mock(|_| {});
    let (scenario, plan, opens) = (stage.scenario.clone(), stage.plan.cell(0), stage.opens);
    let (outcome, cells) = stage.live(&mock.base_url(), http);

    assert!(outcome.run.complete, "every rep's day came to its end");
    assert_eq!(outcome.run.findings.violations, []);
    assert_eq!(outcome.panicked, [""; 0]);
    assert_eq!(outcome.run.rep_days, 4);
    assert!(outcome.run.requests > 25, "{} requests", outcome.run.requests);
    assert_eq!(outcome.run.findings.verdict(Rule::TenancyIsolated), Verdict::Held);
    assert!(outcome.contract.is_empty(), "the mock speaks as the specification does");

    let (start, events) = &cells["cell-0"];
    let phones: Vec<u32> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Client(client) if client.kind == ClientKind::Phone => Some(event.client),
            _ => None,
        })
        .collect();
    let of_phones = events.iter().filter(|event| matches!(event.what, What::Wire(_)) && phones.contains(&event.client));
    assert_eq!(outcome.goose_requests, of_phones.count() as u64, "goose counts what the phones sent");
    assert_eq!(events.iter().filter(|event| matches!(event.what, What::Wire(_))).count() as u64, outcome.run.requests);

    for client in phones {
        let recorded =
            Recorded { scenario: &scenario, plan: plan.clone(), opens, start: *start, events, masks_private: false };
        let lived = relive(&recorded, client);
        assert!(lived.events > 5, "client {client} did nothing");
        assert_eq!(lived.difference, None, "client {client}");
    }
    // The comparison bites: one answer taken away, and the day goes another way.
    let mut other = events.clone();
    let answered = other.iter().position(|event| matches!(event.what, What::Wire(_)) && event.client == 0).unwrap();
    other.remove(answered);
    let recorded = Recorded { scenario: &scenario, plan, opens, start: *start, events: &other, masks_private: false };
    assert_ne!(relive(&recorded, 0).difference, None);
}

#[test]
fn a_day_over_http_1_with_each_phones_own_connections() {
    lives(common::demo(5_000), HttpVersion::Http1);
}

#[test]
fn a_day_over_http_2_with_shared_connections_and_trouble() {
    let mut scenario = common::demo(5_000);
    scenario.live.connections = Connections::Shared;
    scenario.live.shared_connections = 2;
    scenario.live.http = HttpVersion::Http2;
    scenario.mishap = Scenario::load("rough").unwrap().mishap;
    lives(scenario, HttpVersion::Http2);
}

/// How often sessions were polled, and lists of appointments asked for, in a morning at a speed of 600.
fn polls_and_lists(change: impl FnOnce(&mut Scenario)) -> (LiveOutcome, usize, usize) {
    let mut scenario = common::demo(600);
    scenario.live.window = Some((TimeOfDay::hm(8, 0), TimeOfDay::hm(12, 0)));
    // The link is not faster than the wall: with it, polls would be as far apart as it takes to carry them.
    (scenario.live.auditors, scenario.live.office, scenario.live.link) = (false, false, false);
    change(&mut scenario);
    let stage = common::stage(scenario);
    let mock = stage.mock(|_| {});
    let (outcome, cells) = stage.live(&mock.base_url(), HttpVersion::Http1);
    let sent = |of: Op| {
        let is_it = |what: &What| matches!(what, What::Wire(wire) if wire.op == of);
        cells.values().flat_map(|(_, events)| events).filter(|event| is_it(&event.what)).count()
    };
    let counts = (sent(Op::GetRecording), sent(Op::ListAppointments));
    (outcome, counts.0, counts.1)
}

#[test]
fn polls_and_caches_that_pass_with_the_day_keep_its_mix_of_calls() {
    let (as_specified, few_polls, few_lists) = polls_and_lists(|_| ());
    let scaled = |scenario: &mut Scenario| scenario.live.scales = vec![Scaled::Polling, Scaled::Cache, Scaled::Backoff];
    let (outcome, polls, lists) = polls_and_lists(scaled);
    for outcome in [&as_specified, &outcome] {
        assert_eq!(outcome.run.findings.violations, []);
        assert_eq!(outcome.run.findings.verdict(Rule::AppPolling), Verdict::Held);
    }
    assert!(
        lists > 2 * few_lists,
        "{lists} lists of appointments, {few_lists} when five minutes of cache stay five minutes"
    );
    assert!(polls > 0 && few_polls > 0, "{polls} polls, {few_polls} at five seconds each");
    // Judges know the pace: who polls five times as often as that breaks the rule.
    let (outcome, ..) = polls_and_lists(|scenario| {
        scaled(scenario);
        scenario.defects = vec!["polls-every-second".into()];
    });
    assert_eq!(outcome.run.findings.verdict(Rule::AppPolling), Verdict::Broken);
}

#[test]
fn a_window_in_the_morning_does_not_wait_for_the_afternoon() {
    let mut scenario = common::demo(60);
    scenario.live.window = Some((TimeOfDay::hm(10, 0), TimeOfDay::hm(10, 4)));
    scenario.live.linger_s = 1;
    scenario.live.auditors = false;
    scenario.live.intruders = true;
    let stage = common::stage(scenario);
    let closes = stage.scenario.live.window.unwrap().1;
    let late = |plan: &fieldday_world::plan::TenantPlan| {
        let closes = plan.data.zone.at(plan.date, closes);
        plan.office.iter().flat_map(|desk| &desk.actions).any(|action| action.at > closes)
    };
    assert!(stage.cells[0].tenants.iter().any(late), "somebody in the office has plans for the afternoon");
    let mock = stage.mock(|_| {});
    let (outcome, _) = stage.live(&mock.base_url(), HttpVersion::Http1);
    assert!(outcome.run.complete && outcome.took < Duration::from_secs(60), "{:?}", outcome.took);
}
