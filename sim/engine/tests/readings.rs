//! Where the spec is silent or contradicts itself, a scenario chooses the reading: under each the day is lived, and holds.

mod common;

use common::{events_of, outcome, plan, scenario};
use fieldday_api::endpoint::Op;
use fieldday_api::readings::{ClockInRepeat, PageBeyond};
use fieldday_engine::cell::Keep;
use fieldday_history::EventKind;
use fieldday_history::event::Cause;
use fieldday_scenario::Switches;

fn held_under(choose: impl Fn(&mut Switches)) -> common::Small {
    let mut small = scenario("dead-zones", 40);
    choose(&mut small.0.switches);
    for seed in [1, 2] {
        let again = common::Small(small.0.clone());
        let outcome = outcome(&plan(again, seed), 0, Keep::default());
        assert_eq!(outcome.findings.violations, [], "seed {seed}");
        assert!(outcome.requests > 1_000);
    }
    small
}

#[test]
fn recording_starts_may_be_queued() {
    let small = held_under(|switches| switches.start_queued = true);
    let mut queued = 0;
    let mut stopped_under_a_stand_in = 0;
    for event in events_of(&plan(small, 1), 0) {
        let EventKind::Sent(sent) = event.what else { continue };
        let is_queued = matches!(sent.cause, Cause::Queue { .. });
        queued += usize::from(is_queued && sent.request.op() == Op::StartRecording);
        stopped_under_a_stand_in +=
            usize::from(sent.request.path_id().is_some_and(|id| id.starts_with("queued-start")));
    }
    assert!(queued > 0, "somebody wanted to record without network");
    assert_eq!(stopped_under_a_stand_in, 0, "what is sent names the session");
}

#[test]
fn the_other_readings_hold_too() {
    held_under(|switches| switches.audio_put_30s = true);
    held_under(|switches| switches.clock_in_repeat = ClockInRepeat::Refuse);
    held_under(|switches| switches.appointments_page = true);
    held_under(|switches| {
        switches.page_default = 50;
        switches.page_beyond = PageBeyond::Cut;
    });
    held_under(|switches| switches.optional_endpoints = true);
    held_under(|switches| switches.leeway_s = 0);
}
