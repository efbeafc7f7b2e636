//! Same scenario, seed and version: same events, byte for byte.

mod common;

use common::{events_of, outcome, plan, scenario};
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_engine::verify::{Verified, verify};
use fieldday_history::event::Cause;
use fieldday_history::{Event, EventKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// `scenarios/fingerprints.toml`: what these runs must give, on any machine, in any build. A change is a decision, and
/// the changelog says why.
#[derive(Deserialize)]
struct Known {
    seed: u64,
    reps: u64,
    fingerprint: String,
}

#[test]
fn known_fingerprints_have_not_changed() {
    let file = include_str!("../../../scenarios/fingerprints.toml");
    let known: BTreeMap<String, Known> = toml::from_str(file).unwrap();
    assert!(known.len() >= 3);
    let got: BTreeMap<_, _> = known
        .iter()
        .map(|(name, known)| {
            let plan = plan(scenario(name, known.reps), known.seed);
            (name.clone(), outcome(&plan, 0, Keep::default()).fingerprint.to_string())
        })
        .collect();
    let expected: BTreeMap<_, _> = known.into_iter().map(|(name, known)| (name, known.fingerprint)).collect();
    assert_eq!(got, expected);
}

#[test]
fn threads_and_recording_change_nothing() {
    let plan = plan(scenario("rough", 60).with_small_cells(10), 3);
    assert!(plan.cells() >= 3, "more cells than threads");
    let stop = AtomicBool::new(false);
    let mut frames = 0;
    let verified = verify(&plan, 2, &stop, |cell| {
        frames += cell.history.map_or(0, |history| history.len());
        ControlFlow::Continue(())
    });
    match verified.unwrap() {
        Verified::Agree(outcome) => {
            assert_eq!(outcome.fingerprint, common::outcome(&plan, 1, Keep::default()).fingerprint)
        }
        Verified::Differ(divergence) => panic!("{divergence:?}"),
        Verified::Interrupted(_) => panic!("nobody interrupted"),
    }
    assert!(frames > 10_000, "{frames} bytes of history");
}

#[test]
fn another_seed_is_another_day() {
    let day = |seed| outcome(&plan(scenario("demo", 4), seed), 1, Keep::default()).fingerprint;
    assert_ne!(day(1), day(2));
}

#[test]
fn cells_come_in_the_plans_order_whatever_thread_is_first() {
    let plan = plan(scenario("weekday", 60).with_small_cells(6), 5);
    let stop = AtomicBool::new(false);
    let mut order = Vec::new();
    run(&plan, &Options { threads: 2, keep: Keep::default(), stop: &stop }, |cell| {
        order.push(cell.index);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(order, (0..plan.cells()).collect::<Vec<_>>());
}

/// What each client did, by name: numbers shift when somebody is taken out.
fn by_client(events: Vec<Event>) -> BTreeMap<String, Vec<(i64, EventKind)>> {
    let mut names = BTreeMap::new();
    let mut streams: BTreeMap<String, Vec<(i64, EventKind)>> = BTreeMap::new();
    for event in events {
        if let EventKind::Client(client) = &event.what {
            names.insert(event.client, client.name.to_string());
        }
        streams.entry(names[&event.client].clone()).or_default().push((event.at.as_micros(), event.what));
    }
    streams
}

#[test]
fn taking_a_rep_out_leaves_the_other_tenant_as_it_was_to_the_microsecond() {
    let whole = by_client(events_of(&plan(scenario("weekday", 20).with_small_cells(20), 9), 0));
    let mut without = scenario("weekday", 20).with_small_cells(20);
    let gone = "cell-0/tenant-0/rep-03";
    without.0.remove.push(gone.to_owned());
    let without = by_client(events_of(&plan(without, 9), 0));
    assert!(whole.contains_key(gone) && !without.contains_key(gone));
    let others = whole.iter().filter(|(name, _)| name.starts_with("cell-0/tenant-1/"));
    assert!(others.clone().count() >= 10);
    for (name, stream) in others {
        assert!(without[name] == *stream, "{name} lived another day");
    }
    // Of the same tenant, those who never touched what the missing rep had in hand.
    let same = whole
        .iter()
        .filter(|(name, stream)| name.starts_with("cell-0/tenant-0/rep") && without.get(*name) == Some(*stream));
    assert!(same.count() >= 5, "the rest of the tenant mostly lives on as before");
}

#[test]
fn a_run_that_is_stopped_keeps_what_it_has_and_says_that_it_is_incomplete() {
    let plan = plan(scenario("weekday", 60).with_small_cells(6), 5);
    let stop = AtomicBool::new(false);
    let outcome = run(&plan, &Options { threads: 1, keep: Keep::default(), stop: &stop }, |cell| {
        if cell.index == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert!(!outcome.complete);
    assert_eq!((outcome.cells, outcome.cells_planned), (3, plan.cells()));
    assert!(outcome.requests > 0);
}

#[test]
fn every_call_that_was_made_survives_the_wire() {
    use fieldday_api::call::Call;
    use fieldday_api::http::{decode, encode};
    let mut sent = 0;
    for event in events_of(&plan(scenario("rough", 10), 2), 0) {
        let EventKind::Sent(request) = event.what else { continue };
        if matches!(request.cause, Cause::Upload) && request.request.op() == fieldday_api::endpoint::Op::PutAudio {
            continue; // The audio itself is not made.
        }
        if matches!(*request.request, Call::Raw(_)) {
            continue; // What an intruder sends need not be readable.
        }
        let http = encode(&request.request);
        let read = decode(http.method.as_str(), &http.path, &http.query, http.body.as_deref().unwrap_or_default(), "r");
        assert_eq!(read.as_ref().ok(), Some(&*request.request));
        sent += 1;
    }
    assert!(sent > 500, "{sent}");
}
