//! The app keeps its rules whatever happens around it, and looks from outside as it is.

mod common;

use common::{events_of, outcome, plan, scenario};
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::MishapKind;
use fieldday_backend::BackendDefect;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::replay::moment;
use fieldday_history::EventKind;
use fieldday_history::event::{ClientKind, UserAction};
use fieldday_kernel::time::Span;
use fieldday_rules::Measures;
use fieldday_scenario::Mishap;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// A bug of the backend breaks the backend's rules, not the app's: it is no excuse for an app, and no app is blamed for it.
#[test]
fn whatever_the_backend_does_wrong_the_app_keeps_its_own_rules() {
    let mut blamed = Vec::new();
    for defect in BackendDefect::ALL {
        let mut small = scenario(defect.info().scenario, 10);
        small.0.defects.push(defect.name().to_owned());
        let findings = outcome(&plan(small, 1), 0, Keep::default()).findings;
        let broken = findings.violations.iter().map(|violation| violation.rule.name());
        blamed.extend(broken.filter(|rule| rule.starts_with("app.")).map(|rule| (defect.name(), rule)));
    }
    assert_eq!(blamed, []);
}

/// Where every answer is a 429, a call is tried four times, each after the wait that was asked for.
#[test]
fn a_call_that_is_always_limited_is_given_up() {
    let mut small = scenario("weekday", 10);
    let text = "name = 'limit'\nkind = 'rate-limit'\nretry_after_s = 3\nops = ['list-tasks']";
    let limit: Mishap = toml::from_str(text).unwrap();
    assert_eq!(limit.kind, MishapKind::RateLimit);
    small.0.mishap = vec![limit];
    let plan = plan(small, 1);
    assert_eq!(outcome(&plan, 0, Keep::default()).findings.violations, []);
    let mut tries: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events_of(&plan, 0) {
        if let EventKind::Sent(sent) = event.what
            && sent.request.op() == Op::ListTasks
        {
            tries.entry((event.client, sent.call)).or_default().push(event.at);
        }
    }
    let (longest, of) = (tries.values().map(Vec::len).max(), tries.len());
    assert_eq!(longest, Some(4), "of {of} calls");
    assert!(tries.values().all(|at| at.windows(2).all(|two| two[1] - two[0] >= Span::seconds(3))));
}

/// A phone looked at early in the morning is within its territory, moves, and its cache says rightly what is fresh.
#[test]
fn a_phone_that_is_looked_at_shows_where_it_is_and_how_old_its_cache_is() {
    let plan = plan(scenario("demo", 4), 1);
    let cell = plan.cell(0);
    let rep = cell.tenants[0].reps[0].name.clone();
    let (mut farthest, mut fresh, mut old) = (0, 0, 0);
    for minutes in (7 * 60..10 * 60).step_by(7) {
        let phone = moment(&plan, 0, &rep, cell.start + Span::minutes(minutes)).unwrap().phone;
        let (x, y) = phone.position_m;
        farthest = farthest.max(x.abs().min(y.abs()));
        assert!(x.abs().max(y.abs()) < 200_000, "{x} {y}");
        for (key, age, is_fresh) in phone.cache {
            let is_today = key.starts_with("Today");
            assert!(!is_today || is_fresh == (age < Span::minutes(5)), "{key} {age} {is_fresh}");
            (fresh, old) = (fresh + u32::from(is_fresh), old + u32::from(!is_fresh));
        }
    }
    assert!(farthest > 200, "{farthest} m");
    assert!(fresh > 0 && old > 0, "{fresh} fresh, {old} old");
}

/// A tenant that forbids recording says so when a rep clocks in; from then on no rep of its tries, and the day goes on.
#[test]
fn where_the_policy_forbids_recording_nobody_starts_one() {
    let plan = plan(scenario("weekday", 10), 1);
    let starts_and_visits = |allowed: bool| {
        let mut cell = plan.cell(0);
        cell.tenants.iter_mut().for_each(|tenant| tenant.data.policy.allow_recording = allowed);
        let keep = Keep { history: false, events: true };
        let run = CellRun::new(plan.scenario(), cell, keep, Measures::default());
        let events = run.run(&AtomicBool::new(false)).0.kept.unwrap();
        let is_phone = |what: &EventKind| matches!(what, EventKind::Client(client) if client.kind == ClientKind::Phone);
        let phones: Vec<u32> = events.iter().filter(|event| is_phone(&event.what)).map(|event| event.client).collect();
        let theirs = || events.iter().filter(|event| phones.contains(&event.client));
        let of = |is: fn(&EventKind) -> bool| theirs().filter(|event| is(&event.what)).count();
        let starts = of(|what| matches!(what, EventKind::Sent(sent) if sent.request.op() == Op::StartRecording));
        (starts, of(|what| matches!(what, EventKind::Person(UserAction::Arrives { .. }))))
    };
    let ((recorded, visits), (forbidden, visits_without)) = (starts_and_visits(true), starts_and_visits(false));
    assert!(
        recorded > 10 && visits_without * 10 > visits * 8,
        "{recorded} starts at {visits} and {visits_without} visits"
    );
    assert_eq!(forbidden, 0);
}
