//! How far a defect goes, and no further: when what it remembers ends, whom it lets in, what it leaves half done. And the
//! edges of mishaps. Each test was asked for by a mutant that nothing else caught (`docs/mutants.md`).

mod common;
use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_api::names::*;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};
use fieldday_backend::{Backend, BackendDefect, Config, Request, Served};
use fieldday_kernel::time::Span;

fn mishap(kind: MishapKind) -> Mishap {
    Mishap {
        name: "trouble".into(),
        kind,
        figures: Figures::default(),
        from: MORNING,
        until: MORNING + Span::hours(1),
        rate_ppm: 1_000_000,
        ops: Vec::new(),
        tenant: None,
    }
}

#[test]
fn a_healed_backend_has_its_defects_no_more() {
    let mut world = with(&[BackendDefect::ClockInTwice]);
    let clock_in = |world: &mut World| shift_day(&world.ask("a1", clock_in("a1"))).shift.id.clone();
    assert_ne!(clock_in(&mut world), clock_in(&mut world));
    world.backend.heal();
    assert_eq!(clock_in(&mut world), clock_in(&mut world));
}

#[test]
fn the_shared_cache_holds_lists_of_both_kinds_for_a_minute() {
    let mut world = with(&[BackendDefect::TenantLeakByCache]);
    let lists = || [Call::ListAppointments(AppointmentQuery::default()), Call::ListTasks(TaskQuery::default())];
    let totals = |world: &mut World, user: &str| {
        let [visits, open] = lists().map(|call| world.ask(user, call));
        (appointments(&visits).total, tasks(&open).total)
    };
    assert_eq!(totals(&mut world, "manager"), (6, 12));
    assert_eq!(totals(world.wait(Span::seconds(59)), "b"), (6, 12));
    assert_eq!(totals(world.wait(Span::seconds(1)), "b"), (3, 6), "its end is exclusive");
}

#[test]
fn the_stuck_lock_lasts_ten_minutes() {
    let blow = Mishap { until: MORNING + Span::seconds(1), ..mishap(MishapKind::LostAnswer) };
    let mut world = world(Config { defects: vec![BackendDefect::KeyStuckAfterCrash], mishaps: vec![blow], ..quick() });
    world.serve(&token("a1", MORNING), &won("appt_a1_1", 500));
    let mut later = |span| world.wait(span).status("a1", won("appt_a1_1", 500));
    assert_eq!([later(Span::minutes(10) - Span::micros(1)), later(Span::micros(1))], [409, 200]);
}

#[test]
fn updates_are_taken_for_repeats_for_three_seconds() {
    let mut world = with(&[BackendDefect::PatchDedupedById]);
    let mut note = |after: Span, text: &str| {
        let answer = world.wait(after).ask("a1", noted("appt_a1_1", text));
        detail(&answer).appointment.notes == Some(text.into())
    };
    let just_short = Span::seconds(3) - Span::micros(1);
    assert!(note(Span::minutes(1), "first") && !note(just_short, "lost") && note(Span::micros(1), "second"));
}

#[test]
fn half_a_patch_is_its_time_status_and_outcome() {
    let blow = Mishap { until: MORNING + Span::seconds(1), ..mishap(MishapKind::ErrorBeforeCommit) };
    let mut world = world(Config { defects: vec![BackendDefect::TornPatch], mishaps: vec![blow], ..quick() });
    let start = MORNING + Span::minutes(90);
    let body = AppointmentPatch {
        scheduled_start: Some(start),
        status: Some(AppointmentStatus::Completed),
        outcome: Some(Outcome::Lost),
        notes: Some("new".into()),
        ..Default::default()
    };
    world.serve(&token("a1", MORNING), &patch("appt_a1_1", body));
    let after = detail(&world.wait(Span::minutes(1)).ask("a1", get("appt_a1_1"))).appointment.clone();
    assert_eq!(
        (after.scheduled_start, after.status, after.outcome),
        (start, AppointmentStatus::Completed, Outcome::Lost)
    );
    assert_eq!(after.notes, Some("Has a dog".into()));
}

#[test]
fn the_former_rep_alone_keeps_access() {
    let mut world = with(&[BackendDefect::FormerRepKeepsAccess]);
    let zone = tenants()[0].zone.clone();
    let config = world.backend.config().clone();
    let data = vec![tenant("org_a", zone, &["a1", "a2", "a3"], &["manager"])];
    world.backend = Backend::new(config, 7, MORNING, data);
    let body = AppointmentPatch { assigned_rep_id: Some(s("rep_a2")), ..Default::default() };
    world.ask("manager", patch("appt_a1_1", body));
    assert_eq!(["a1", "a2", "a3"].map(|rep| world.status(rep, get("appt_a1_1"))), [200, 200, 403]);
}

#[test]
fn a_lagging_replica_shows_what_was_before_the_first_of_two_writes() {
    let mut world = with(&[BackendDefect::StaleRead]);
    let write = |world: &mut World, priority| {
        let body = TaskPatch { priority: Some(priority), ..Default::default() };
        world.ask("a1", Call::UpdateTask { task_id: s("task_a1_0"), body });
    };
    write(&mut world, Priority::High);
    write(world.wait(Span::seconds(2)), Priority::Low);
    let list = world.wait(Span::seconds(1)).ask("a1", Call::ListTasks(TaskQuery::default()));
    assert_eq!(tasks(&list).tasks[0].priority, Priority::Medium);
    write(world.wait(Span::seconds(7)), Priority::High);
    let list = world.wait(Span::seconds(1)).ask("a1", Call::ListTasks(TaskQuery::default()));
    assert_eq!(tasks(&list).tasks[0].priority, Priority::Low);
}

#[test]
fn pages_that_shift_still_say_how_many_there_are() {
    let mut world = with(&[BackendDefect::PageShifts]);
    let page = TaskQuery { limit: Some(3), offset: Some(2), ..Default::default() };
    assert_eq!(tasks(&world.ask("a1", Call::ListTasks(page))).total, 6);
}

#[test]
fn a_task_made_twice_is_two_tasks() {
    let mut world = with(&[BackendDefect::TaskCreatedTwice]);
    world.ask("a1", Call::CreateTask(new_task(None)));
    let list = world.ask("a1", Call::ListTasks(TaskQuery::default()));
    let mut ids: Vec<_> = tasks(&list).tasks.iter().map(|task| task.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

#[test]
fn slowness_holds_in_the_midst_of_its_time() {
    let world =
        struck_by(Mishap { figures: Figures { extra_ms: 1_000, ..Figures::default() }, ..mishap(MishapKind::Slow) });
    let (call, credential) = (get("appt_a1_1"), token("a1", MORNING));
    let took = |at| world.backend.service_time(at, &Request { call: &call, credential: &credential, key: 1 });
    let usual = took(MORNING - Span::micros(1));
    let more = [0, 1_800, 3_600].map(|seconds| took(MORNING + Span::seconds(seconds)) - usual);
    assert_eq!(more, [Span::seconds(1), Span::seconds(1), Span::ZERO]);
}

#[test]
fn a_restart_that_takes_no_time_cuts_what_is_under_way_and_no_more() {
    let at = MORNING + Span::seconds(10);
    let mut world = struck_by(Mishap { from: at, until: at, ..mishap(MishapKind::Restart) });
    let mut cut = |arrived, work| {
        (world.now, world.work) = (arrived, work);
        let credential = token("a1", arrived);
        matches!(world.serve(&credential, &get("appt_a1_1")), Served::Cut { .. })
    };
    assert!(cut(at - Span::micros(1), Span::millis(1)));
    assert!(!cut(at, Span::millis(1)));
}

#[test]
fn shunya_fails_for_the_tenant_that_is_named() {
    let outcome = |tenant: &str| {
        let mut world = struck_by(Mishap { tenant: Some(s(tenant)), ..mishap(MishapKind::ShunyaFails) });
        world.ask("a1", clock_in("a1"));
        let begun = world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Ghost));
        let id = started(&begun).recording_session_id.clone();
        world.ask("a1", stop(&id));
        session(&world.wait(Span::minutes(10)).ask("a1", poll(&id))).transcription_status
    };
    assert_eq!([outcome("org_a"), outcome("org_b")], [Processing::Failed, Processing::Completed]);
}

#[test]
fn a_failure_says_in_words_what_its_status_says() {
    let message = |status| {
        let mut world = struck_by(Mishap {
            figures: Figures { status, ..Figures::default() },
            ..mishap(MishapKind::ErrorBeforeCommit)
        });
        match &world.ask("a1", get("appt_a1_1")).answer {
            Answer::Error(body) => body.detail.message.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        [500, 502, 503, 504].map(message),
        ["Internal server error", "Bad gateway", "Service unavailable", "Gateway timeout"]
    );
}
