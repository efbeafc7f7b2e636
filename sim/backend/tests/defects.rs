//! Every defect shows with itself switched on, and does not show without.

mod common;
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
use fieldday_backend::{Backend, Config, Defect, Request};
use fieldday_kernel::time::{Date, Span, Time, Zone};

#[test]
fn every_defect_shows_with_it_and_not_without() {
    for defect in Defect::ALL.iter().copied() {
        assert!(!shows(defect, &mut with(&[])), "{defect} shows in a healthy backend");
        assert!(shows(defect, &mut with(&[defect])), "{defect} does not show");
    }
}

#[test]
fn only_races_give_a_handler_something_to_see() {
    for defect in Defect::ALL.iter().copied() {
        let mut world = with(&[defect]);
        assert_eq!(world.backend.races(), defect.is_race(), "{defect}");
        let credential = token("a1", world.now);
        let mut looks =
            [clock_in("a1"), start("a1", "appt_a1_1", RecordingMode::Full), noted("appt_a1_1", "x")].map(|call| {
                world.backend.look(MORNING, &Request { call: &call, credential: &credential, key: 1 }).is_some()
            });
        looks.sort_unstable();
        assert_eq!(looks, [false, false, defect.is_race()], "{defect}");
    }
}

/// Without overlap a race does nothing: that is what makes it one.
#[test]
fn a_race_needs_overlap() {
    for defect in Defect::ALL.iter().copied().filter(|defect| defect.is_race()) {
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

/// Whether the defect's behaviour is there to be seen.
fn shows(defect: Defect, world: &mut World) -> bool {
    use Defect::*;
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
        | OverdueCountOfPage
        | PageSkipsTies
        | PageShifts
        | PageTiesUnstable
        | CreateDedupedByBody
        | DueReadAsLocal
        | ThreadNewestFirst
        | ThreadJoinsReceipts
        | SlowLists => lists(defect, world),
    }
}

fn access(defect: Defect, world: &mut World) -> bool {
    let own = claims("a1", world.now);
    let mut with_claims = |claims| world.answer(&Credential::Token(claims), &get("appt_a1_1")).status;
    match defect {
        Defect::MissingTokenServed => world.answer(&Credential::None, &get("appt_a1_1")).status == 200,
        Defect::ExpiryUnchecked => with_claims(Claims { expires_at: MORNING - Span::hours(9), ..own }) == 200,
        Defect::MissingTenantDefaulted => with_claims(Claims { tenant: None, ..own }) == 200,
        Defect::RoleMapIncomplete => with_claims(Claims { role: Some(s("org:sales_rep")), ..own }) == 403,
        Defect::RoleGateSkipped => world.status("csr", clock_in("a1")) == 200,
        Defect::TenantLeakById => world.status("b", get("appt_a1_1")) == 200,
        Defect::TenantLeakByCache => {
            let all = || Call::ListTasks(TaskQuery::default());
            let theirs = world.ask("a1", all());
            world.ask("b", all()).answer == theirs.answer
        }
        Defect::TokenNotYetValid => {
            let of_age = |age| Claims { issued_at: MORNING - age, ..own.clone() };
            assert_eq!(with_claims(of_age(Span::seconds(2))), 200);
            with_claims(of_age(Span::millis(1_999))) == 401
        }
        Defect::OnlyOrgIdUnderstood => TenantClaim::ALL.iter().any(|tenant| {
            let named_by = (*tenant, UserClaim::UserId, RoleClaim::Role);
            let refused = with_claims(Claims { named_by, ..own.clone() }) == 401;
            assert!(!refused || *tenant != TenantClaim::OrgId);
            refused
        }),
        Defect::TenantIdFromQuery => {
            let mut total = |query: &str, company_id: Option<SmolStr>| {
                let all = Call::ListAppointments(AppointmentQuery::default());
                let raw = RawCall { query: s(query), company_id, ..RawCall::of(&all) };
                appointments(&world.ask("manager", Call::Raw(Box::new(raw)))).total
            };
            assert_eq!((total("", None), total("tenant_id=org_nowhere", None)), (6, 6));
            [total("date=2026-06-10&tenant_id=org_b", None), total("", Some(s("org_b")))] == [3, 3]
        }
        Defect::FormerRepKeepsAccess => {
            let body = AppointmentPatch { assigned_rep_id: Some(s("rep_a2")), ..Default::default() };
            assert_eq!(world.status("manager", patch("appt_a1_1", body)), 200);
            assert_eq!(world.status("a1", get("appt_a2_1")), 403);
            world.status("a1", noted("appt_a1_1", "still mine")) == 200
        }
        Defect::UnknownValuesIgnored => {
            let body = r#"{"status":"finished","notes":"x"}"#;
            let raw = RawCall { body: s(body), ..RawCall::of(&noted("appt_a1_1", "")) };
            let taken = world.status("a1", Call::Raw(Box::new(raw))) == 200;
            let notes = detail(&world.ask("a1", get("appt_a1_1"))).appointment.notes.clone();
            assert_eq!(notes == Some("x".into()), taken);
            taken
        }
        Defect::OwnershipSkipped => world.status("a2", noted("appt_a1_1", "mine now")) == 200,
        _ => !matches!(world.ask("a1", get("appt_none")).answer, Answer::Error(_)),
    }
}

fn shifts(defect: Defect, world: &mut World) -> bool {
    if defect == Defect::ClockInRace {
        let [first, second] = world.overlap("a1", clock_in("a1"), clock_in("a1"));
        return shift_day(&first).shift.id != shift_day(&second).shift.id;
    }
    if defect == Defect::LoserOfRaceRefused {
        let statuses = world.overlap("a1", clock_in("a1"), clock_in("a1")).map(|answer| answer.status);
        assert_eq!(world.status("a1", clock_in("a1")), 200, "one that comes later gets the shift");
        return statuses == [200, 409];
    }
    let first = world.ask("a1", clock_in("a1"));
    let first = &shift_day(&first).shift;
    world.wait(Span::hours(2));
    match defect {
        Defect::ClockInTwice => shift_day(&world.ask("a1", clock_in("a1"))).shift.id != first.id,
        Defect::ClockInMovesStart => {
            let again = world.ask("a1", clock_in("a1"));
            let again = &shift_day(&again).shift;
            assert_eq!(again.id, first.id);
            again.clock_in_at != first.clock_in_at
        }
        Defect::ClockOutMovesEnd => {
            let out = shift(&world.ask("a1", clock_out("a1"))).clock_out_at;
            shift(&world.wait(Span::minutes(1)).ask("a1", clock_out("a1"))).clock_out_at != out
        }
        Defect::KeysSharedAcrossRoutes => {
            shift(&world.ask("a1", clock_out("a1"))).clock_out_at.is_none()
                && shift_day(&world.ask("a1", today("a1"))).shift.status == ShiftStatus::Active
        }
        Defect::ClockOutAgainRefused => {
            assert_eq!(world.status("a1", clock_out("a1")), 200);
            world.status("a1", clock_out("a1")) == 400
        }
        _ => {
            // 19:00 in Los Angeles is past midnight by UTC.
            assert_eq!(world.status("a1", today("a1")), 200);
            world.wait(Span::hours(10));
            world.status("a1", today("a1")) == 404
        }
    }
}

fn starts(defect: Defect, world: &mut World) -> bool {
    let begin = || start("a1", "appt_a1_1", RecordingMode::Full);
    if defect == Defect::StartWithoutShift {
        return world.status("a1", begin()) == 200;
    }
    world.ask("a1", clock_in("a1"));
    if defect == Defect::StartOtherRepsAppointment {
        return world.status("a1", start("a1", "appt_a2_1", RecordingMode::Full)) == 200;
    }
    let elsewhere = |call| match call {
        Call::StartRecording(mut body) => {
            body.location.lat.0 += 300;
            Call::StartRecording(body)
        }
        other => other,
    };
    let [first, second] = match defect {
        Defect::StartRace => world.overlap("a1", begin(), begin()),
        Defect::StartKeyedByPlace => {
            let first = world.ask("a1", begin());
            let same = world.ask("a1", begin());
            assert_eq!(started(&first).recording_session_id, started(&same).recording_session_id);
            [first, world.ask("a1", elsewhere(begin()))]
        }
        _ => [world.ask("a1", begin()), world.ask("a1", begin())],
    };
    let (first, second) = (&started(&first).recording_session_id, &started(&second).recording_session_id);
    first != second && [first, second].iter().all(|id| session(&world.ask("a1", poll(id))).ended_at.is_none())
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
fn before_the_clocks_change(defects: &[Defect]) -> bool {
    let midnight = time("2026-11-01T04:00:00Z");
    let offsets = vec![(Time::from_micros(i64::MIN), -4 * 3600), (midnight + Span::hours(2), -5 * 3600)];
    let zone = Zone { name: "America/New_York".into(), offsets };
    let seen = |defects: &[Defect]| {
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
    seen == [404, 404]
}

/// What is left of a write that was struck before its commit, or cut after it.
fn broken_off(defect: Defect, on: &[Defect]) -> bool {
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
        Defect::TornPatch => seen == [(true, false), (false, false), (false, false)],
        _ => seen == [(false, true), (false, true), (false, false)],
    }
}

fn recordings(defect: Defect, world: &mut World) -> bool {
    let mode = match defect {
        Defect::GhostKeepsAudio => RecordingMode::Ghost,
        Defect::EphemeralKeepsAudio => RecordingMode::Ephemeral,
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
        Defect::StopMovesEnd => session(&world.ask("a1", stop(&id))).ended_at != ended,
        Defect::StopResetsStatus => {
            let again = world.ask("a1", stop(&id));
            assert_eq!(session(&again).ended_at, ended);
            session(&again).transcription_status == Processing::NotStarted
        }
        Defect::UploadStartsAgain => {
            world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
            session(&world.ask("a1", poll(&id))).transcription_status != Processing::Completed
        }
        Defect::ScoresInPercent => done.transcript.as_ref().unwrap().confidence_score.unwrap().0 > 10_000,
        Defect::GhostKeepsAudio => done.audio_url.is_some() && started(&begun).audio_upload_url.is_some(),
        _ => done.audio_url.is_some(),
    }
}

fn visits(defect: Defect, world: &mut World) -> bool {
    let before = detail(&world.ask("a1", get("appt_a1_1"))).appointment.clone();
    let mut ask = |call| world.ask("a1", call);
    match defect {
        Defect::ListByUtcDate => {
            let today = ask(Call::ListAppointments(AppointmentQuery::default()));
            let query = AppointmentQuery { date: Date::parse("2026-06-11"), ..Default::default() };
            let tomorrow = ask(Call::ListAppointments(query));
            (appointments(&today).total, appointments(&tomorrow).total) == (2, 2)
        }
        Defect::PatchClearsAbsent => {
            let after = ask(won("appt_a1_1", 500));
            detail(&after).appointment.notes != before.notes
        }
        Defect::PatchLostUpdate => {
            let [_, second] = world.overlap("a1", won("appt_a1_1", 500), noted("appt_a1_1", "new"));
            detail(&second).appointment.outcome != Outcome::Won
        }
        Defect::PatchAddsDealSize => {
            ask(won("appt_a1_1", 500));
            detail(&ask(won("appt_a1_1", 500))).appointment.deal_size == Some(Money::whole(1_000))
        }
        Defect::PatchDedupedById => {
            world.wait(Span::minutes(1)).ask("a1", noted("appt_a1_1", "first"));
            let second = world.wait(Span::seconds(2)).ask("a1", noted("appt_a1_1", "second"));
            assert_eq!(second.status, 200);
            detail(&second).appointment.notes != Some("second".into())
        }
        Defect::WonWithoutDealSize => {
            let body = AppointmentPatch { outcome: Some(Outcome::Won), ..Default::default() };
            ask(patch("appt_a1_1", body)).status == 200
        }
        Defect::ListForgetsMoved => {
            let (start, end) = (before.scheduled_start + Span::hours(24), before.scheduled_end + Span::hours(24));
            let body =
                AppointmentPatch { scheduled_start: Some(start), scheduled_end: Some(end), ..Default::default() };
            assert_eq!(ask(patch("appt_a1_1", body)).status, 200);
            let query = AppointmentQuery { date: Date::parse("2026-06-11"), ..Default::default() };
            let tomorrow = ask(Call::ListAppointments(query));
            assert_eq!(detail(&ask(get("appt_a1_1"))).appointment.scheduled_start, start);
            appointments(&tomorrow).total == 1
        }
        Defect::PendingCountDrifts => {
            assert_eq!(ask(complete("task_a1_0")).status, 200);
            appointments(&ask(Call::ListAppointments(AppointmentQuery::default()))).appointments[0].pending_tasks_count
                == 2
        }
        Defect::ValidatesAfterWrite => {
            let body = AppointmentPatch { deal_size: Some(Money::whole(-5)), ..Default::default() };
            assert_eq!(ask(patch("appt_a1_1", body)).status, 400);
            detail(&ask(get("appt_a1_1"))).appointment != before
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
    at_once == [false; 4]
}

fn lists(defect: Defect, world: &mut World) -> bool {
    let all = || Call::ListTasks(TaskQuery::default());
    let page = |offset| Call::ListTasks(TaskQuery { limit: Some(3), offset: Some(offset), ..Default::default() });
    match defect {
        Defect::TaskCreatedTwice => {
            world.ask("a1", Call::CreateTask(new_task(None)));
            tasks(&world.ask("a1", all())).total == 8
        }
        Defect::CompleteMovesCompletedAt => {
            let first = world.ask("a1", complete("task_a1_0"));
            world.wait(Span::minutes(1)).ask("a1", complete("task_a1_0")) != first
        }
        Defect::CompleteAgainNotFound => {
            assert_eq!(world.status("a1", complete("task_a1_0")), 200);
            world.status("a1", complete("task_a1_0")) == 404
        }
        Defect::TaskUpdateLogsInNotes => {
            let body = TaskPatch { priority: Some(Priority::High), ..Default::default() };
            let call = Call::UpdateTask { task_id: s("task_a1_0"), body };
            world.ask("a1", call.clone()) != world.ask("a1", call)
        }
        Defect::OverdueCountOfPage => tasks(&world.ask("a1", page(3))).overdue_count == 0,
        Defect::PageSkipsTies => {
            let pages = [0, 3].map(|offset| tasks(&world.ask("a1", page(offset))).tasks.len());
            pages[0] == 3 && pages[1] < 3
        }
        Defect::PageShifts => {
            world.ask("a1", complete("task_a1_0"));
            let open = |offset| TaskQuery {
                status: Some(TaskStatus::Open),
                limit: Some(2),
                offset: Some(offset),
                ..Default::default()
            };
            let pages = [0, 2].map(|offset| tasks(&world.ask("a1", Call::ListTasks(open(offset)))).clone());
            assert_eq!(pages.each_ref().map(|page| page.total), [4; 2]);
            pages[0].tasks == pages[1].tasks
        }
        Defect::PageTiesUnstable => {
            let ids = |page: &TaskList| page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
            let whole = ids(tasks(&world.ask("a1", all())));
            let pages = [0, 3].map(|offset| ids(tasks(&world.ask("a1", page(offset)))));
            pages.concat() != whole
        }
        Defect::CreateDedupedByBody => {
            let first = task(&world.ask("a1", Call::CreateTask(new_task(None)))).id.clone();
            let theirs = world.ask("b", Call::CreateTask(new_task(None)));
            let later = world.wait(Span::minutes(1)).ask("a1", Call::CreateTask(new_task(None)));
            assert_ne!(task(&later).id, first);
            task(&theirs).id == first
        }
        Defect::DueReadAsLocal => {
            let due = MORNING + Span::hours(30);
            let body = TaskPatch { due_at: Some(due), ..Default::default() };
            let moved = |world: &mut World, body| {
                task(&world.ask("a1", Call::UpdateTask { task_id: s("task_a1_0"), body })).due_at.unwrap().since(due)
            };
            let created = fieldday_api::wire::tasks::TaskCreate { due_at: Some(due), ..new_task(None) };
            let created = task(&world.ask("a1", Call::CreateTask(created))).due_at.unwrap().since(due);
            let by = [created, moved(world, body), moved(world, TaskPatch::default())];
            assert!(by == [Span::ZERO; 3] || by == [Span::hours(7), Span::hours(7), Span::hours(14)], "{by:?}");
            by[0] != Span::ZERO
        }
        Defect::ThreadJoinsReceipts => {
            let call = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let answer = world.ask("a1", call);
            thread(&answer).messages.iter().filter(|message| message.id == "msg_a1_1_3").count() == 2
        }
        Defect::ThreadNewestFirst => {
            let call = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let answer = world.ask("a1", call);
            thread(&answer).messages[0].id == "msg_a1_1_7"
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
            more == [6, 3, 10].map(|rows| Span::millis(120).times(rows))
        }
    }
}

#[test]
fn defects_are_written_by_their_names() {
    let names = ["clock-in-race", "stale-read", "clock-in-rase"];
    assert_eq!(names.map(Defect::named), [Some(Defect::ClockInRace), Some(Defect::StaleRead), None]);
}
