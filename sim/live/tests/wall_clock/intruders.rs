//! Intruders at a target that takes what it must refuse: nobody's day is disturbed, and what they made is taken back.

use crate::common::{Day, lived, mock, ready};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::TaskStatus;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, ClientKind, Probe};
use fieldday_history::{AttemptEnd, End, Event, EventKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a client asked for, why, and the answer's status and content.
type Exchange = (u32, Cause, Arc<Call>, u16, Answer);

fn exchanges(events: &[Event]) -> Vec<Exchange> {
    let (mut open, mut all) = (BTreeMap::new(), Vec::new());
    for event in events {
        if let EventKind::Sent(sent) = &event.what {
            open.insert((event.client, sent.call, sent.attempt), (sent.cause, sent.request.clone()));
        }
        if let Some(AttemptEnd { call, attempt, end: End::Answered(response), .. }) = AttemptEnd::of(&event.what)
            && let Some((cause, request)) = open.remove(&(event.client, call, attempt))
        {
            all.push((event.client, cause, request, response.status, response.answer.clone()));
        }
    }
    all
}
fn clients(events: &[Event], kind: ClientKind) -> BTreeSet<u32> {
    let is_one = |event: &&Event| matches!(&event.what, EventKind::Client(client) if client.kind == kind);
    events.iter().filter(is_one).map(|event| event.client).collect()
}

/// The demo with intruders who try every kind of probe, at the mock with this defect or none.
fn day(defect: Option<&str>) -> Day {
    let mut scenario = crate::common::demo(5_000);
    scenario.defects.extend(defect.map(str::to_owned));
    (scenario.intruders.per_tenant, scenario.intruders.probes) = (1, (29, 29));
    scenario.live.intruders = true;
    lived(ready(scenario, mock(|_| {}), None))
}

/// Whatever intruders made, the target said of it later that it is over.
fn all_is_taken_back(day: &Day) {
    let (mut made, mut taken_back) = (BTreeSet::new(), BTreeSet::new());
    for (_, events) in day.cells.values() {
        let intruders = clients(events, ClientKind::Intruder);
        let theirs = exchanges(events)
            .into_iter()
            .filter(|(client, .., status, _)| intruders.contains(client) && (200..300).contains(status));
        for (_, cause, call, _, answer) in theirs {
            let undoes = cause == Cause::Probe(Probe::Undo);
            match (&*call, &answer) {
                (_, Answer::Task(task)) if undoes => {
                    assert_eq!(task.status, TaskStatus::Cancelled);
                    taken_back.insert(task.id.clone());
                }
                (Call::ClockOut { rep_id: id }, _) | (Call::StopRecording { session_id: id, .. }, _) if undoes => {
                    taken_back.insert(id.clone());
                }
                (_, Answer::Task(task)) if call.op() == Op::CreateTask => {
                    made.insert(task.id.clone());
                }
                (Call::ClockIn { rep_id, .. }, _) => {
                    made.insert(rep_id.clone());
                }
                (_, Answer::RecordingStarted(started)) => {
                    made.insert(started.recording_session_id.clone());
                }
                _ => {}
            }
        }
    }
    let kinds = ["task_", "rep_"].map(|kind| made.iter().filter(|id| id.starts_with(kind)).count());
    assert!(kinds[0] >= 3 && kinds[1] > 0, "{made:?}");
    assert_eq!(made.difference(&taken_back).collect::<Vec<_>>(), Vec::<&SmolStr>::new());
}

#[test]
fn a_target_that_lets_reps_clock_each_other_in_has_one_finding_and_undisturbed_days() {
    let day = day(Some("ownership-skipped"));
    let findings = &day.outcome.run.findings;
    assert!(findings.violations.iter().any(|violation| violation.rule == Rule::OwnershipOwnOnly));
    for violation in &findings.violations {
        assert!(violation.client_name.contains("/intruder-"), "{violation:?}");
    }
    let tenants = day.plan.plan.cell(0).tenants;
    let off_duty: BTreeSet<SmolStr> =
        tenants.iter().filter_map(|tenant| Some(tenant.off_duty.as_ref()?.rep_id.clone())).collect();
    let (mut of_reps, mut clocked_in) = (0, 0);
    for (_, events) in day.cells.values() {
        let (phones, intruders) = (clients(events, ClientKind::Phone), clients(events, ClientKind::Intruder));
        for (client, _, call, status, _) in exchanges(events) {
            if phones.contains(&client) {
                // No answer tells that somebody else was there before.
                assert!((200..300).contains(&status), "{call:?} {status}");
                of_reps += 1;
            }
            let is_tried = matches!(&*call, Call::ClockIn { rep_id, .. } if off_duty.contains(rep_id));
            clocked_in += u32::from(intruders.contains(&client) && is_tried && status == 200);
        }
    }
    assert!(of_reps > 25 && clocked_in > 0, "{of_reps} {clocked_in}");
    all_is_taken_back(&day);
}

#[test]
fn what_intruders_made_at_a_correct_target_is_gone_when_the_run_is_over() {
    let day = day(None);
    assert!(day.outcome.run.complete);
    assert_eq!(day.outcome.run.findings.violations, []);
    // Two tasks of three that name another tenant's id are as they should be, and intruders clock in themselves.
    all_is_taken_back(&day);
}
