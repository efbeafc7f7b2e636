//! Every defect shows with itself switched on, and does not show without.

mod common;
mod later;
use common::*;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, RawCall};
use fieldday_api::fixed::Money;
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_api::names::*;
use fieldday_api::token::{Claims, Credential, RoleClaim, TenantClaim, UserClaim};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskList, TaskPatch, TaskQuery};
use fieldday_backend::{Backend, BackendDefect, Config, Request};
use fieldday_kernel::time::{Date, Span, Time, Zone};
use std::fmt::Debug;

#[test]
fn every_defect_shows_with_it_and_not_without() {
    for defect in BackendDefect::ALL.iter().copied() {
        assert!(!shows(defect, &mut with(&[])), "{defect} shows in a healthy backend");
        assert!(shows(defect, &mut with(&[defect])), "{defect} does not show");
    }
}

#[test]
fn only_races_give_a_handler_something_to_see() {
    for defect in BackendDefect::ALL.iter().copied() {
        let mut world = with(&[defect]);
        assert_eq!(world.backend.races(), defect.is_race(), "{defect}");
        let credential = token("a1", world.now);
        let mut looks =
            [clock_in("a1"), start("a1", "appt_a1_1", RecordingMode::Full), noted("appt_a1_1", "x")].map(|call| {
                world
                    .backend
                    .take_snapshot(MORNING, &Request { call: &call, credential: &credential, key: 1 })
                    .is_some()
            });
        looks.sort_unstable();
        assert_eq!(looks, [false, false, defect.is_race()], "{defect}");
    }
}

/// Without overlap a race does nothing: that is what makes it one.
#[test]
fn a_race_needs_overlap() {
    for defect in BackendDefect::ALL.iter().copied().filter(|defect| defect.is_race()) {
        let mut world = with(&[defect]);
        world.work = Span::millis(40);
        let first = world.ask("a1", clock_in("a1"));
        assert_eq!(world.ask("a1", clock_in("a1")), first);
        let begun = || start("a1", "appt_a1_1", RecordingMode::Full);
        let (first, second) = (world.ask("a1", begun()), world.ask("a1", begun()));
        assert_eq!(started(&first).recording_session_id, started(&second).recording_session_id);
        world.ask("a1", won("appt_a1_1", 500));
        let after = world.ask("a1", noted("appt_a1_1", "new"));
        assert_eq!(detail(&after).appointment.outcome, Outcome::Won);
    }
}

/// Whether what was seen is what the defect makes of it. If it is not, it must be what a healthy backend makes of it: a
/// third result is neither, and is a fault of the test or of the backend.
#[track_caller]
fn shows_as<T: PartialEq + Debug>(seen: T, healthy: T, defective: T) -> bool {
    assert_ne!(healthy, defective, "the defect makes no difference");
    let shows = seen == defective;
    assert!(shows || seen == healthy, "seen {seen:?}, which is neither {healthy:?} nor {defective:?}");
    shows
}

/// Whether the defect's behaviour is there to be seen.
fn shows(defect: BackendDefect, world: &mut World) -> bool {
    use BackendDefect::*;
    match defect {
        MissingTokenServed
        | ExpiryUnchecked
        | MissingTenantDefaulted
        | RoleMapIncomplete
        | RoleGateSkipped
        | TenantLeakById
        | TenantLeakByCache
        | OwnershipSkipped
        | TokenNotYetValid
        | OnlyOrgIdUnderstood
        | TenantIdFromQuery
        | FormerRepKeepsAccess
        | UnknownValuesIgnored
        | BareErrors => access(defect, world),
        ClockInTwice
        | ClockInRace
        | LoserOfRaceRefused
        | ClockInMovesStart
        | ClockOutMovesEnd
        | ClockOutAgainRefused
        | KeysSharedAcrossRoutes
        | ShiftDateUtc => shifts(defect, world),
        ShiftDateDst => before_the_clocks_change(&world.backend.config().defects),
        KeyStuckAfterCrash | TornPatch => broken_off(defect, &world.backend.config().defects),
        StartMakesSecondSession | StartRace | StartWithoutShift | StartKeyedByPlace | StartOtherRepsAppointment => {
            starts(defect, world)
        }
        WebhookOutOfOrder => overtaken(world),
        StopMovesEnd | StopResetsStatus | UploadStartsAgain | GhostKeepsAudio | EphemeralKeepsAudio
        | ScoresInPercent => recordings(defect, world),
        ListByUtcDate | PatchClearsAbsent | PatchLostUpdate | PatchAddsDealSize | PatchDedupedById
        | WonWithoutDealSize | ValidatesAfterWrite | StaleRead | ListForgetsMoved | PendingCountDrifts => {
            visits(defect, world)
        }
        TaskCreatedTwice
        | CompleteMovesCompletedAt
        | CompleteAgainNotFound
        | TaskUpdateLogsInNotes
        | OverdueCountOfLastNight
        | PageSkipsTies
        | PageShifts
        | PageTiesUnstable
        | CreateDedupedByBody
        | DueReadAsLocal
        | ThreadNewestFirst
        | ThreadJoinsReceipts
        | SlowLists => lists(defect, world),
        StartAgainRefused
        | StopAgainRefused
        | StopMovesStart
        | PatchRestampsCreation
        | OverdueCountOfTenant
        | PendingCountMissesNew
        | GhostShowsWords
        | DetailLagsBehindList
        | ReadRefusedAsBody => later::shows(defect, world),
    }
}

fn access(defect: BackendDefect, world: &mut World) -> bool {
    let own = claims("a1", world.now);
    let mut with_claims = |claims| world.answer(&Credential::Token(claims), &get("appt_a1_1")).status;
    match defect {
        BackendDefect::MissingTokenServed => {
            shows_as(world.answer(&Credential::None, &get("appt_a1_1")).status, 401, 200)
        }
        BackendDefect::ExpiryUnchecked => {
            shows_as(with_claims(Claims { expires_at: MORNING - Span::hours(9), ..own }), 401, 200)
        }
        BackendDefect::MissingTenantDefaulted => shows_as(with_claims(Claims { tenant: None, ..own }), 401, 200),
        BackendDefect::RoleMapIncomplete => {
            shows_as(with_claims(Claims { role: Some(s("org:sales_rep")), ..own }), 200, 403)
        }
        BackendDefect::RoleGateSkipped => shows_as(world.status("csr", clock_in("a1")), 403, 200),
        BackendDefect::TenantLeakById => shows_as(world.status("b", get("appt_a1_1")), 404, 200),
        BackendDefect::TenantLeakByCache => {
            let all = || Call::ListTasks(TaskQuery::default());
            let theirs = world.ask("a1", all());
            let seen = world.ask("b", all());
            let of = |whose: &str| tasks(&seen).tasks.iter().filter(|task| task.id.starts_with(whose)).count();
            assert_eq!(tasks(&theirs).total, 6);
            shows_as([of("task_b_"), of("task_a1_")], [6, 0], [0, 6])
        }
        BackendDefect::TokenNotYetValid => {
            let of_age = |age| Claims { issued_at: MORNING - age, ..own.clone() };
            assert_eq!(with_claims(of_age(Span::seconds(2))), 200);
            shows_as(with_claims(of_age(Span::millis(1_999))), 200, 401)
        }
        BackendDefect::OnlyOrgIdUnderstood => {
            let understood: Vec<TenantClaim> = TenantClaim::ALL
                .iter()
                .copied()
                .filter(|tenant| {
                    let named_by = (*tenant, UserClaim::UserId, RoleClaim::Role);
                    with_claims(Claims { named_by, ..own.clone() }) == 200
                })
                .collect();
            shows_as(understood, TenantClaim::ALL.to_vec(), vec![TenantClaim::OrgId])
        }
        BackendDefect::TenantIdFromQuery => {
            let mut total = |query: &str, company_id: Option<SmolStr>| {
                let all = Call::ListAppointments(AppointmentQuery::default());
                let raw = RawCall { query: s(query), company_id, ..RawCall::of(&all) };
                appointments(&world.ask("manager", Call::Raw(Box::new(raw)))).total
            };
            assert_eq!((total("", None), total("tenant_id=org_nowhere", None)), (6, 6));
            shows_as([total("date=2026-06-10&tenant_id=org_b", None), total("", Some(s("org_b")))], [6, 6], [3, 3])
        }
        BackendDefect::FormerRepKeepsAccess => {
            let body = AppointmentPatch { assigned_rep_id: Some(s("rep_a2")), ..Default::default() };
            assert_eq!(world.status("manager", patch("appt_a1_1", body)), 200);
            assert_eq!(world.status("a1", get("appt_a2_1")), 403);
            shows_as(world.status("a1", noted("appt_a1_1", "still mine")), 403, 200)
        }
        BackendDefect::UnknownValuesIgnored => {
            let body = r#"{"status":"finished","notes":"x"}"#;
            let raw = RawCall { body: s(body), ..RawCall::of(&noted("appt_a1_1", "")) };
            let taken = shows_as(world.status("a1", Call::Raw(Box::new(raw))), 400, 200);
            let notes = detail(&world.ask("a1", get("appt_a1_1"))).appointment.notes.clone();
            assert_eq!(notes == Some("x".into()), taken);
            taken
        }
        BackendDefect::OwnershipSkipped => shows_as(world.status("a2", noted("appt_a1_1", "mine now")), 403, 200),
        _ => {
            let answer = world.ask("a1", get("appt_none"));
            assert_eq!(answer.status, 404);
            let is_envelope = matches!(answer.answer, Answer::Error(_));
            shows_as(is_envelope, true, false)
        }
    }
}

fn shifts(defect: BackendDefect, world: &mut World) -> bool {
    if defect == BackendDefect::ClockInRace {
        let [first, second] = world.overlap("a1", clock_in("a1"), clock_in("a1"));
        return shift_day(&first).shift.id != shift_day(&second).shift.id;
    }
    if defect == BackendDefect::LoserOfRaceRefused {
        let statuses = world.overlap("a1", clock_in("a1"), clock_in("a1")).map(|answer| answer.status);
        assert_eq!(world.status("a1", clock_in("a1")), 200, "one that comes later gets the shift");
        return shows_as(statuses, [200, 200], [200, 409]);
    }
    let first = world.ask("a1", clock_in("a1"));
    let first = &shift_day(&first).shift;
    world.wait(Span::hours(2));
    match defect {
        BackendDefect::ClockInTwice => shift_day(&world.ask("a1", clock_in("a1"))).shift.id != first.id,
        BackendDefect::ClockInMovesStart => {
            let again = world.ask("a1", clock_in("a1"));
            let again = &shift_day(&again).shift;
            assert_eq!(again.id, first.id);
            shows_as(again.clock_in_at, first.clock_in_at, first.clock_in_at + Span::hours(2))
        }
        BackendDefect::ClockOutMovesEnd => {
            let out = shift(&world.ask("a1", clock_out("a1"))).clock_out_at;
            let again = shift(&world.wait(Span::minutes(1)).ask("a1", clock_out("a1"))).clock_out_at;
            shows_as(again, out, out.map(|out| out + Span::minutes(1)))
        }
        BackendDefect::KeysSharedAcrossRoutes => {
            let out = shift(&world.ask("a1", clock_out("a1"))).clock_out_at;
            let status = shift_day(&world.ask("a1", today("a1"))).shift.status;
            shows_as((out, status), (Some(world.now), ShiftStatus::Completed), (None, ShiftStatus::Active))
        }
        BackendDefect::ClockOutAgainRefused => {
            assert_eq!(world.status("a1", clock_out("a1")), 200);
            shows_as(world.status("a1", clock_out("a1")), 200, 400)
        }
        _ => {
            // 19:00 in Los Angeles is past midnight by UTC.
            assert_eq!(world.status("a1", today("a1")), 200);
            world.wait(Span::hours(10));
            shows_as(world.status("a1", today("a1")), 200, 404)
        }
    }
}

fn starts(defect: BackendDefect, world: &mut World) -> bool {
    let begin = || start("a1", "appt_a1_1", RecordingMode::Full);
    if defect == BackendDefect::StartWithoutShift {
        return shows_as(world.status("a1", begin()), 400, 200);
    }
    world.ask("a1", clock_in("a1"));
    if defect == BackendDefect::StartOtherRepsAppointment {
        return shows_as(world.status("a1", start("a1", "appt_a2_1", RecordingMode::Full)), 403, 200);
    }
    let elsewhere = |call| match call {
        Call::StartRecording(mut body) => {
            body.location.lat.0 += 300;
            Call::StartRecording(body)
        }
        other => other,
    };
    let [first, second] = match defect {
        BackendDefect::StartRace => world.overlap("a1", begin(), begin()),
        BackendDefect::StartKeyedByPlace => {
            let first = world.ask("a1", begin());
            let same = world.ask("a1", begin());
            assert_eq!(started(&first).recording_session_id, started(&same).recording_session_id);
            [first, world.ask("a1", elsewhere(begin()))]
        }
        _ => [world.ask("a1", begin()), world.ask("a1", begin())],
    };
    let (first, second) = (&started(&first).recording_session_id, &started(&second).recording_session_id);
    let active = [first, second].map(|id| session(&world.ask("a1", poll(id))).ended_at.is_none());
    assert_eq!(active, [true, true], "nobody stopped either");
    first != second
}

/// Whether an analysis is seen to complete before its transcription, in one session of a few.
fn overtaken(world: &mut World) -> bool {
    world.ask("a1", clock_in("a1"));
    let mut overtaken = 0;
    for n in 0..5 {
        let begun = world.ask("a1", start("a1", &format!("appt_a1_{n}"), RecordingMode::Ghost));
        let id = started(&begun).recording_session_id.clone();
        world.ask("a1", stop(&id));
        let polls: Vec<_> = (0..60).map(|_| world.wait(Span::seconds(5)).ask("a1", poll(&id))).collect();
        let last = session(&polls[59]);
        assert_eq!([last.transcription_status, last.analysis_status], [Processing::Completed; 2]);
        assert!(last.transcript.is_some() && last.analysis.is_some());
        let wrong = |answer| {
            let now = session(answer);
            now.analysis_status == Processing::Completed && now.transcription_status != Processing::Completed
        };
        overtaken += u32::from(polls.iter().any(|answer| wrong(answer)));
    }
    assert!(overtaken < 5, "most webhooks are taken at once");
    overtaken > 0
}

/// Whether a shift is forgotten at 23:00 of the Sunday in November on which clocks go back.
fn before_the_clocks_change(defects: &[BackendDefect]) -> bool {
    let midnight = time("2026-11-01T04:00:00Z");
    let offsets = vec![(Time::from_micros(i64::MIN), -4 * 3600), (midnight + Span::hours(2), -5 * 3600)];
    let zone = Zone { name: "America/New_York".into(), offsets };
    let seen = |defects: &[BackendDefect]| {
        let config = Config { defects: defects.to_vec(), ..quick() };
        let tenants = vec![tenant("org_a", zone.clone(), &["a1"], &[])];
        let mut world = world(quick());
        world.backend = Backend::new(config, 7, midnight, tenants);
        world.now = midnight + Span::hours(22);
        assert_eq!(world.status("a1", clock_in("a1")), 200);
        let evening = world.wait(Span::minutes(150)).status("a1", today("a1"));
        [evening, world.wait(Span::minutes(30)).status("a1", today("a1"))]
    };
    assert_eq!(seen(&[]), [200, 404], "the day has 25 hours");
    let seen = seen(defects);
    // 23:30 is half an hour past midnight by the clocks of the day before.
    shows_as(seen, [200, 404], [404, 404])
}

/// What is left of a write that was struck before its commit, or cut after it.
fn broken_off(defect: BackendDefect, on: &[BackendDefect]) -> bool {
    let struck = |kind: MishapKind| Mishap {
        name: "blow".into(),
        kind,
        figures: Figures { status: 503, ..Figures::default() },
        from: MORNING,
        until: MORNING + Span::seconds(1),
        rate_ppm: 1_000_000,
        ops: Vec::new(),
        tenant: None,
    };
    let kinds = [MishapKind::ErrorBeforeCommit, MishapKind::LostAnswer, MishapKind::RateLimit];
    let seen = kinds.map(|kind| {
        let mut world = world(Config { defects: on.to_vec(), mishaps: vec![struck(kind)], ..quick() });
        world.serve(&token("a1", MORNING), &won("appt_a1_1", 500));
        world.wait(Span::minutes(9));
        let after = detail(&world.ask("a1", get("appt_a1_1"))).appointment.clone();
        let torn = after.outcome == Outcome::Won && after.deal_size.is_none();
        let repeated = world.status("a1", won("appt_a1_1", 500));
        assert_eq!(world.wait(Span::seconds(61)).status("a1", won("appt_a1_1", 500)), 200, "released by then");
        (torn, repeated == 409)
    });
    match defect {
        BackendDefect::TornPatch => {
            shows_as(seen, [(false, false); 3], [(true, false), (false, false), (false, false)])
        }
        _ => shows_as(seen, [(false, false); 3], [(false, true), (false, true), (false, false)]),
    }
}

fn recordings(defect: BackendDefect, world: &mut World) -> bool {
    let mode = match defect {
        BackendDefect::GhostKeepsAudio => RecordingMode::Ghost,
        BackendDefect::EphemeralKeepsAudio => RecordingMode::Ephemeral,
        _ => RecordingMode::Full,
    };
    world.ask("a1", clock_in("a1"));
    let begun = world.ask("a1", start("a1", "appt_a1_1", mode));
    let id = started(&begun).recording_session_id.clone();
    let ended = session(&world.ask("a1", stop(&id))).ended_at;
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    world.wait(Span::minutes(20));
    let done = world.ask("a1", poll(&id));
    let done = session(&done);
    assert_eq!(done.analysis_status, Processing::Completed);
    match defect {
        BackendDefect::StopMovesEnd => {
            let (again, now) = (session(&world.ask("a1", stop(&id))).ended_at, world.now);
            shows_as(again, ended, Some(now))
        }
        BackendDefect::StopResetsStatus => {
            let again = world.ask("a1", stop(&id));
            assert_eq!(session(&again).ended_at, ended);
            shows_as(session(&again).transcription_status, Processing::Completed, Processing::NotStarted)
        }
        BackendDefect::UploadStartsAgain => {
            world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
            let now = session(&world.ask("a1", poll(&id))).transcription_status;
            shows_as(now, Processing::Completed, Processing::NotStarted)
        }
        BackendDefect::ScoresInPercent => {
            let score = done.transcript.as_ref().unwrap().confidence_score.unwrap().0;
            assert!((1..=1_000_000).contains(&score), "{score}");
            score > 10_000
        }
        BackendDefect::GhostKeepsAudio => {
            let urls = (done.audio_url.is_some(), started(&begun).audio_upload_url.is_some());
            shows_as(urls, (false, false), (true, true))
        }
        _ => done.audio_url.is_some(),
    }
}

fn visits(defect: BackendDefect, world: &mut World) -> bool {
    let before = detail(&world.ask("a1", get("appt_a1_1"))).appointment.clone();
    let mut ask = |call| world.ask("a1", call);
    match defect {
        BackendDefect::ListByUtcDate => {
            let today = ask(Call::ListAppointments(AppointmentQuery::default()));
            let query = AppointmentQuery { date: Date::parse("2026-06-11"), ..Default::default() };
            let tomorrow = ask(Call::ListAppointments(query));
            shows_as((appointments(&today).total, appointments(&tomorrow).total), (3, 1), (2, 2))
        }
        BackendDefect::PatchClearsAbsent => {
            let after = ask(won("appt_a1_1", 500));
            shows_as(detail(&after).appointment.notes.clone(), before.notes, None)
        }
        BackendDefect::PatchLostUpdate => {
            let [_, second] = world.overlap("a1", won("appt_a1_1", 500), noted("appt_a1_1", "new"));
            shows_as(detail(&second).appointment.outcome, Outcome::Won, Outcome::Pending)
        }
        BackendDefect::PatchAddsDealSize => {
            ask(won("appt_a1_1", 500));
            let deal = detail(&ask(won("appt_a1_1", 500))).appointment.deal_size;
            shows_as(deal, Some(Money::whole(500)), Some(Money::whole(1_000)))
        }
        BackendDefect::PatchDedupedById => {
            world.wait(Span::minutes(1)).ask("a1", noted("appt_a1_1", "first"));
            let second = world.wait(Span::seconds(2)).ask("a1", noted("appt_a1_1", "second"));
            assert_eq!(second.status, 200);
            shows_as(detail(&second).appointment.notes.clone(), Some("second".into()), Some("first".into()))
        }
        BackendDefect::WonWithoutDealSize => {
            let body = AppointmentPatch { outcome: Some(Outcome::Won), ..Default::default() };
            shows_as(ask(patch("appt_a1_1", body)).status, 400, 200)
        }
        BackendDefect::ListForgetsMoved => {
            let (start, end) = (before.scheduled_start + Span::hours(24), before.scheduled_end + Span::hours(24));
            let body =
                AppointmentPatch { scheduled_start: Some(start), scheduled_end: Some(end), ..Default::default() };
            assert_eq!(ask(patch("appt_a1_1", body)).status, 200);
            let query = AppointmentQuery { date: Date::parse("2026-06-11"), ..Default::default() };
            let tomorrow = ask(Call::ListAppointments(query));
            assert_eq!(detail(&ask(get("appt_a1_1"))).appointment.scheduled_start, start);
            shows_as(appointments(&tomorrow).total, 2, 1)
        }
        BackendDefect::PendingCountDrifts => {
            assert_eq!(ask(complete("task_a1_0")).status, 200);
            let list = ask(Call::ListAppointments(AppointmentQuery::default()));
            shows_as(appointments(&list).appointments[0].pending_tasks_count, 1, 2)
        }
        BackendDefect::ValidatesAfterWrite => {
            let body = AppointmentPatch { deal_size: Some(Money::whole(-5)), ..Default::default() };
            assert_eq!(ask(patch("appt_a1_1", body)).status, 400);
            let after = detail(&ask(get("appt_a1_1"))).appointment.deal_size;
            shows_as(after, before.deal_size, Some(Money::whole(-5)))
        }
        _ => stale(world),
    }
}

/// Whether reads lag for a while, and only for a while: appointments, their list, tasks and shifts.
fn stale(world: &mut World) -> bool {
    world.ask("a1", noted("appt_a1_1", "new"));
    world.ask("a1", won("appt_a1_1", 500));
    world.ask("a1", complete("task_a1_0"));
    world.ask("a1", clock_in("a1"));
    let fresh = |world: &mut World| {
        let list = world.ask("a1", Call::ListAppointments(AppointmentQuery::default()));
        let open = world.ask("a1", Call::ListTasks(TaskQuery::default()));
        [
            detail(&world.ask("a1", get("appt_a1_1"))).appointment.notes == Some("new".into()),
            appointments(&list).appointments[0].outcome == Outcome::Won,
            tasks(&open).overdue_count == 1,
            world.status("a1", today("a1")) == 200,
        ]
    };
    let at_once = fresh(world.wait(Span::seconds(4)));
    assert_eq!(fresh(world.wait(Span::seconds(1))), [true; 4]);
    shows_as(at_once, [true; 4], [false; 4])
}

fn lists(defect: BackendDefect, world: &mut World) -> bool {
    let all = || Call::ListTasks(TaskQuery::default());
    let page = |offset| Call::ListTasks(TaskQuery { limit: Some(3), offset: Some(offset), ..Default::default() });
    match defect {
        BackendDefect::TaskCreatedTwice => {
            world.ask("a1", Call::CreateTask(new_task(None)));
            shows_as(tasks(&world.ask("a1", all())).total, 7, 8)
        }
        BackendDefect::CompleteMovesCompletedAt => {
            let completed_at = |world: &mut World| match &world.ask("a1", complete("task_a1_0")).answer {
                Answer::TaskCompleted(done) => done.completed_at,
                other => panic!("{other:?}"),
            };
            let first = completed_at(world);
            shows_as(completed_at(world.wait(Span::minutes(1))), first, first + Span::minutes(1))
        }
        BackendDefect::CompleteAgainNotFound => {
            assert_eq!(world.status("a1", complete("task_a1_0")), 200);
            shows_as(world.status("a1", complete("task_a1_0")), 200, 404)
        }
        BackendDefect::TaskUpdateLogsInNotes => {
            let body = TaskPatch { priority: Some(Priority::High), ..Default::default() };
            let call = Call::UpdateTask { task_id: s("task_a1_0"), body };
            world.ask("a1", call.clone()) != world.ask("a1", call)
        }
        BackendDefect::OverdueCountOfLastNight => shows_as(tasks(&world.ask("a1", page(3))).overdue_count, 2, 1),
        BackendDefect::PageSkipsTies => {
            let pages = [0, 3].map(|offset| tasks(&world.ask("a1", page(offset))).tasks.len());
            shows_as(pages, [3, 3], [3, 1])
        }
        BackendDefect::PageShifts => {
            world.ask("a1", complete("task_a1_0"));
            let open = |offset| TaskQuery {
                status: Some(TaskStatus::Open),
                limit: Some(2),
                offset: Some(offset),
                ..Default::default()
            };
            let pages = [0, 2].map(|offset| tasks(&world.ask("a1", Call::ListTasks(open(offset)))).clone());
            assert_eq!(pages.each_ref().map(|page| page.total), [4; 2]);
            let pages = pages.map(|page| page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>());
            let of = |numbers: [u8; 2]| numbers.map(|n| SmolStr::from(format!("task_a1_{n}"))).to_vec();
            shows_as(pages, [of([2, 3]), of([4, 5])], [of([2, 3]), of([2, 3])])
        }
        BackendDefect::PageTiesUnstable => {
            let ids = |page: &TaskList| page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
            let whole = ids(tasks(&world.ask("a1", all())));
            let pages = [0, 3].map(|offset| ids(tasks(&world.ask("a1", page(offset)))));
            // Of two that are due at the same time, the second page shows the one that the first page showed.
            let twice = [0, 1, 2, 2, 4, 5].map(|n| SmolStr::from(format!("task_a1_{n}")));
            shows_as(pages.concat(), whole, twice.to_vec())
        }
        BackendDefect::CreateDedupedByBody => {
            let first = task(&world.ask("a1", Call::CreateTask(new_task(None)))).id.clone();
            let theirs = world.ask("b", Call::CreateTask(new_task(None)));
            let later = world.wait(Span::minutes(1)).ask("a1", Call::CreateTask(new_task(None)));
            assert_ne!(task(&later).id, first);
            task(&theirs).id == first
        }
        BackendDefect::DueReadAsLocal => {
            let due = MORNING + Span::hours(30);
            let body = TaskPatch { due_at: Some(due), ..Default::default() };
            let moved = |world: &mut World, body| {
                task(&world.ask("a1", Call::UpdateTask { task_id: s("task_a1_0"), body })).due_at.unwrap().since(due)
            };
            let created = fieldday_api::wire::tasks::TaskCreate { due_at: Some(due), ..new_task(None) };
            let created = task(&world.ask("a1", Call::CreateTask(created))).due_at.unwrap().since(due);
            let by = [created, moved(world, body), moved(world, TaskPatch::default())];
            shows_as(by, [Span::ZERO; 3], [Span::hours(7), Span::hours(7), Span::hours(14)])
        }
        BackendDefect::ThreadJoinsReceipts => {
            let call = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let answer = world.ask("a1", call);
            let times = thread(&answer).messages.iter().filter(|message| message.id == "msg_a1_1_3").count();
            shows_as(times, 1, 2)
        }
        BackendDefect::ThreadNewestFirst => {
            let call = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let answer = world.ask("a1", call);
            shows_as(thread(&answer).messages[0].id.as_str(), "msg_a1_1_0", "msg_a1_1_7")
        }
        _ => {
            let (call, credential) = (all(), token("a1", world.now));
            let took = |world: &World, call: &Call| {
                world.backend.service_time(MORNING, &Request { call, credential: &credential, key: 1 })
            };
            let healthy = with(&[]);
            assert_eq!(took(world, &get("appt_a1_1")), took(&healthy, &get("appt_a1_1")));
            let thread = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let day = Call::ListAppointments(AppointmentQuery::default());
            let more = [&call, &day, &thread].map(|call| took(world, call) - took(&healthy, call));
            shows_as(more, [Span::ZERO; 3], [6, 3, 10].map(|rows| Span::millis(120).times(rows)))
        }
    }
}

#[test]
fn defects_are_written_by_their_names() {
    let names = ["clock-in-race", "stale-read", "clock-in-rase"];
    assert_eq!(
        names.map(BackendDefect::named),
        [Some(BackendDefect::ClockInRace), Some(BackendDefect::StaleRead), None]
    );
}
