//! A whole day on the wall clock against the mock: nothing breaks, goose counts what we count, and every rep lives again
//! from the history, byte for byte.

use crate::common::{Day, lived, mock, ready};
use fieldday_api::rules::Rule;
use fieldday_history::event::ClientKind;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::{Span, TimeOfDay};
use fieldday_live::replay::{Recorded, replay_rep};
use fieldday_rules::RuleVerdict;
use fieldday_scenario::{Connections, HttpVersion, Scenario};
use std::time::Duration;

fn lives(mut scenario: Scenario, http: HttpVersion) {
    scenario.live.http = http;
    let Day { outcome, plan, opens, cells, .. } = lived(ready(scenario, mock(|_| {}), None));
    let (scenario, plan) = (plan.plan.scenario().clone(), plan.plan.cell(0));

    assert!(outcome.run.complete, "every rep's day came to its end");
    assert_eq!(outcome.run.findings.violations, []);
    assert_eq!(outcome.panicked, [""; 0]);
    assert_eq!(outcome.run.rep_days, 4);
    assert!(outcome.run.requests > 25, "{} requests", outcome.run.requests);
    assert_eq!(outcome.run.findings.verdict(Rule::TenancyIsolated), RuleVerdict::Held);
    assert!(outcome.contract.is_empty(), "the mock speaks as the specification does");

    let (start, events) = &cells["cell-0"];
    // Whichever cell opened those of a pool.
    let all = cells.values().flat_map(|(_, events)| events);
    let mut wires = all.filter_map(|event| if let EventKind::Wire(wire) = &event.what { Some(wire) } else { None });
    assert!(wires.clone().all(|wire| wire.connect <= wire.service), "a connection is opened within the attempt");
    assert!(wires.clone().any(|wire| wire.connect > Span::ZERO) && wires.any(|wire| wire.connect == Span::ZERO));
    let phones: Vec<u32> = events
        .iter()
        .filter_map(|event| match &event.what {
            EventKind::Client(client) if client.kind == ClientKind::Phone => Some(event.client),
            _ => None,
        })
        .collect();
    let of_phones =
        events.iter().filter(|event| matches!(event.what, EventKind::Wire(_)) && phones.contains(&event.client));
    assert_eq!(outcome.goose_requests, of_phones.count() as u64, "goose counts what the phones sent");
    assert_eq!(
        events.iter().filter(|event| matches!(event.what, EventKind::Wire(_))).count() as u64,
        outcome.run.requests
    );

    for client in phones.iter().copied() {
        let recorded =
            Recorded { scenario: &scenario, plan: plan.clone(), opens, start: *start, events, masks_private: false };
        let lived = replay_rep(&recorded, client);
        assert!(lived.events > 5, "client {client} did nothing");
        assert_eq!(lived.difference, None, "client {client}");
    }
    // The comparison bites: without its answers, the day of whoever had the most of them goes another way.
    let carried = |event: &Event, client| event.client == client && matches!(event.what, EventKind::Wire(_));
    let most = |client: &&u32| events.iter().filter(|event| carried(event, **client)).count();
    let client = *phones.iter().max_by_key(most).unwrap();
    let other: Vec<Event> = events.iter().filter(|event| !carried(event, client)).cloned().collect();
    let recorded = Recorded { scenario: &scenario, plan, opens, start: *start, events: &other, masks_private: false };
    assert_ne!(replay_rep(&recorded, client).difference, None);
}

#[test]
fn a_day_over_http_1_with_each_phones_own_connections() {
    lives(crate::common::demo(5_000), HttpVersion::Http1);
}

#[test]
fn a_day_over_http_2_with_shared_connections_and_trouble() {
    let mut scenario = crate::common::demo(5_000);
    scenario.live.connections = Connections::Shared;
    scenario.live.shared_connections = 2;
    scenario.live.http = HttpVersion::Http2;
    scenario.mishap = Scenario::load("rough").unwrap().mishap;
    lives(scenario, HttpVersion::Http2);
}

#[test]
fn a_window_in_the_morning_does_not_wait_for_the_afternoon() {
    let mut scenario = crate::common::demo(60);
    scenario.live.window = Some((TimeOfDay::hm(10, 0), TimeOfDay::hm(10, 4)));
    scenario.live.linger_s = 1;
    scenario.live.auditors = false;
    scenario.live.intruders = true;
    let closes = scenario.live.window.unwrap().1;
    let ready = ready(scenario, mock(|_| {}), None);
    let late = |plan: &fieldday_plan::TenantPlan| {
        let closes = plan.data.zone.at(plan.date, closes);
        plan.office.iter().flat_map(|desk| &desk.actions).any(|action| action.at > closes)
    };
    assert!(ready.cells()[0].tenants.iter().any(late), "somebody in the office has plans for the afternoon");
    let outcome = lived(ready).outcome;
    assert!(outcome.run.complete && outcome.took < Duration::from_secs(60), "{:?}", outcome.took);
}
