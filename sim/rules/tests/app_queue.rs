//! The offline queue: in order, durable, and empty in the end.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::rules::Rule;
use fieldday_api::wire::extras::WinPost;
use fieldday_history::event::{Cause, EventKind, NoAnswer, Trigger};
use fieldday_kernel::time::Span;

fn complete(task: &str) -> Call {
    Call::CompleteTask { task_id: task.into() }
}
fn done(task: &str) -> Answer {
    let (status, completed_by) = (fieldday_api::names::TaskStatus::Completed, "user_0".into());
    let completed_at = at("16:00");
    Answer::TaskCompleted(fieldday_api::wire::tasks::TaskCompleted {
        id: task.into(),
        status,
        completed_at,
        completed_by,
    })
}
fn flush(s: &mut Stream, waiting: u32) {
    s.say(REP, EventKind::FlushBegan { trigger: Trigger::NewAction, waiting });
}
fn killed(s: &mut Stream) {
    s.say(REP, EventKind::Killed).say(REP, EventKind::Launched { launch: 2 });
}

#[test]
fn a_queue_that_is_sent_in_order_and_survives_a_kill_holds() {
    let mut s = Stream::new();
    let one = s.queue(REP, complete("task_1"));
    let two = s.queue(REP, complete("task_2"));
    flush(&mut s, 2);
    let ticket = s.send_queued(REP, one, complete("task_1"));
    // Acknowledged, but the app dies before it can note so: it sends it again, and may.
    s.ok(&ticket, done("task_1"));
    killed(&mut s);
    flush(&mut s, 2);
    let ticket = s.send_queued(REP, one, complete("task_1"));
    s.ok(&ticket, done("task_1")).settle(REP, one);
    let ticket = s.send_queued(REP, two, complete("task_2"));
    s.ok(&ticket, done("task_2")).settle(REP, two);
    s.say(REP, EventKind::FlushEnded { waiting: 0 }).day_ends(REP, 0);
    for rule in [Rule::AppQueueFifo, Rule::AppQueueDurable, Rule::AppQueueDrains, Rule::AppQueueOnly] {
        s.holds(rule);
    }
}

#[test]
fn an_action_does_not_overtake_another_nor_go_out_beside_one() {
    let mut s = Stream::new();
    let one = s.queue(REP, complete("task_1"));
    let two = s.queue(REP, complete("task_2"));
    s.send_queued(REP, one, complete("task_1"));
    let mut beside = s.clone();
    s.send_queued(REP, two, complete("task_2"));
    s.breaks(&[Rule::AppQueueFifo]);
    beside.send_queued(REP, one, complete("task_1"));
    beside.breaks(&[Rule::AppQueueFifo]);
}

#[test]
fn one_flush_at_a_time_and_a_kill_ends_it() {
    let mut s = Stream::new();
    flush(&mut s, 0);
    killed(&mut s);
    flush(&mut s, 0);
    s.is_fine();
    flush(&mut s, 0);
    s.breaks(&[Rule::AppQueueFifo]);
}

#[test]
fn an_action_that_a_kill_lost_shows_at_the_days_end() {
    let mut s = Stream::new();
    s.queue(REP, complete("task_1"));
    killed(&mut s);
    let mut kept = s.clone();
    s.day_ends(REP, 0);
    s.breaks(&[Rule::AppQueueDurable]);
    kept.day_ends(REP, 1);
    kept.holds(Rule::AppQueueDurable);
}

#[test]
fn an_action_leaves_the_queue_once_and_is_not_sent_after() {
    let mut s = Stream::new();
    let one = s.queue(REP, complete("task_1"));
    s.settle(REP, one);
    let mut sent = s.clone();
    s.settle(REP, one);
    s.breaks(&[Rule::AppQueueDurable]);
    sent.send_queued(REP, one, complete("task_1"));
    sent.breaks(&[Rule::AppQueueDurable]);
}

#[test]
fn an_acknowledged_action_is_not_sent_again_by_an_app_that_lives() {
    let mut s = Stream::new();
    let one = s.queue(REP, complete("task_1"));
    let ticket = s.send_queued(REP, one, complete("task_1"));
    s.ok(&ticket, done("task_1"));
    s.send_queued(REP, one, complete("task_1"));
    s.breaks(&[Rule::AppQueueDrains]);
}

#[test]
fn a_queue_that_nothing_hindered_is_empty_at_the_days_end() {
    let mut s = Stream::new();
    let one = s.queue(REP, complete("task_1"));
    s.wait(Span::minutes(10));
    let mut hindered = s.clone();
    s.day_ends(REP, 1);
    s.breaks(&[Rule::AppQueueDrains]);
    let ticket = hindered.send_queued(REP, one, complete("task_1"));
    hindered.lapse(&ticket, NoAnswer::Broken).day_ends(REP, 1);
    hindered.is_fine();
    // A refusal is no hindrance: the action has to leave the queue.
    let mut poisoned = Stream::new();
    let one = poisoned.queue(REP, complete("task_1"));
    poisoned.wait(Span::minutes(10));
    let ticket = poisoned.send_queued(REP, one, complete("task_1"));
    poisoned.fail(&ticket, 404).day_ends(REP, 1);
    poisoned.breaks(&[Rule::AppQueueDrains]);
}

#[test]
fn some_go_through_the_queue_and_some_never_do() {
    let win = || Call::PostWin(WinPost { appointment_id: "appt_1".into(), message: "!".into(), deal_size: None });
    let mut s = Stream::new();
    s.send(REP, Cause::Tap, win());
    s.send(REP, TAP, patch(noted("dog")));
    s.holds(Rule::AppQueueOnly);
    s.send(OFFICE, Cause::Office, complete("task_1"));
    s.is_fine();
    for past in [complete("task_1"), patch(won())] {
        let mut s = Stream::new();
        s.send(REP, Cause::Tap, past);
        s.breaks(&[Rule::AppQueueOnly]);
    }
    let mut s = Stream::new();
    s.queue(REP, win());
    s.breaks(&[Rule::AppQueueOnly]);
}
