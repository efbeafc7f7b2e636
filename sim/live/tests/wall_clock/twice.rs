//! A day that is lived twice on one mock, which holds what others left there: what a target has already breaks nothing.

use crate::common::{Day, lived, ready};
use fieldday_api::SmolStr;
use fieldday_api::dataset::OwnedTask;
use fieldday_api::names::{AudioStorage, Processing, RecordingMode, TaskStatus};
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::Called;
use fieldday_mock::{Mock, Options, Service};
use fieldday_plan::{CellPlan, Plan};
use fieldday_tokens::{Algorithm, Key};
use std::sync::Arc;

/// Recordings that were left open in each mode, one that was stopped and never reported, and tasks that fell due long ago.
fn leftovers(cell: &mut CellPlan) {
    for tenant in &mut cell.tenants {
        let midnight = tenant.data.zone.midnight(tenant.date);
        let today: Vec<(SmolStr, SmolStr)> = tenant
            .data
            .appointments
            .iter()
            .filter(|appointment| appointment.scheduled_start >= midnight)
            .filter_map(|appointment| Some((appointment.id.clone(), appointment.assigned_rep_id.clone()?)))
            .collect();
        for (number, (appointment, rep)) in today.into_iter().enumerate() {
            tenant.data.sessions.extend(left_open(number, &appointment, &rep, midnight));
        }
        let old: Vec<OwnedTask> = tenant.data.tasks.iter().map(|owned| overdue(owned, midnight)).collect();
        tenant.data.tasks.extend(old);
    }
}

/// Three of four appointments have one.
fn left_open(number: usize, appointment: &SmolStr, rep: &SmolStr, midnight: Time) -> Option<RecordingSession> {
    let mode = [RecordingMode::Full, RecordingMode::Full, RecordingMode::Ghost][number % 4 % 3];
    let ended_at = (number % 4 == 1).then(|| midnight - Span::hours(3));
    (number % 4 < 3).then(|| RecordingSession {
        id: format!("session_left_{appointment}").into(),
        rep_id: rep.clone(),
        appointment_id: appointment.clone(),
        started_at: midnight - Span::hours(4),
        ended_at,
        mode,
        transcription_status: Processing::NotStarted,
        analysis_status: Processing::NotStarted,
        audio_url: None,
        audio_storage_mode: Some(if mode == RecordingMode::Ghost {
            AudioStorage::NotStored
        } else {
            AudioStorage::Persistent
        }),
        audio_duration_seconds: None,
        audio_size_bytes: None,
        transcript: None,
        analysis: None,
    })
}

/// Another task of the same rep that fell due a week ago.
fn overdue(owned: &OwnedTask, midnight: Time) -> OwnedTask {
    let task = Task {
        id: format!("{}_left", owned.task.id).into(),
        status: TaskStatus::Open,
        due_at: Some(midnight - Span::hours(7 * 24)),
        completed_at: None,
        completed_by: None,
        ..owned.task.clone()
    };
    OwnedTask { task, ..owned.clone() }
}

#[test]
fn a_day_twice_on_one_target_that_holds_what_others_left_breaks_nothing() {
    let mut scenario = crate::common::demo(3_000);
    scenario.set_today(utc_now());
    scenario.live.intruders = true;
    // Every start in another mode than most of what is open.
    scenario.visits.modes = fieldday_scenario::Modes { full: 1, ghost: 1, ephemeral: 3 };
    let (key, file) = (Key::generate(Algorithm::EdDsa).unwrap(), env!("CARGO_TARGET_TMPDIR").to_owned() + "/twice.pem");
    let _ = std::fs::remove_file(&file);
    key.save(file.as_ref()).unwrap();
    scenario.tokens.key = Some(file);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let plan = Plan::new(Arc::new(scenario.clone()), crate::common::SEED).unwrap();
    let mut options = Options::trusting(plan, std::slice::from_ref(&key));
    options.service = Service::Scaled(20);
    options.prepare = Some(Box::new(leftovers));
    let mock = runtime.block_on(Mock::serve(options)).unwrap();
    let live = |scenario: &fieldday_scenario::Scenario| {
        let Day { outcome, .. } = lived(ready(scenario.clone(), Called::Url(mock.base_url()), None));
        assert!(outcome.run.complete && outcome.panicked.is_empty());
        assert_eq!(outcome.run.findings.violations, []);
        assert!(outcome.contract.is_empty(), "the mock speaks as the specification does");
        outcome.run.findings
    };
    // The first day ends at noon, in the midst of recordings: shifts and sessions stay open.
    let mut morning = scenario.clone();
    morning.live.window = Some((TimeOfDay::hm(6, 0), TimeOfDay::hm(12, 0)));
    (morning.live.clock_out, morning.live.linger_s) = (false, 0);
    live(&morning);
    live(&scenario);
    let third = live(&scenario);
    assert!(third.count(Rule::ShiftToday).exercised > 0 && third.count(Rule::TaskListFilters).exercised > 0);
}
