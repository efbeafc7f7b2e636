//! Every defect shows with itself switched on, and does not show without.

mod common;
use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::fixed::Money;
use fieldday_api::names::*;
use fieldday_api::time::{Date, Span};
use fieldday_api::token::{Claims, Credential};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};
use fieldday_backend::{Config, Defect, Request};

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
    for defect in [Defect::ClockInRace, Defect::StartRace, Defect::PatchLostUpdate] {
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
        | BareErrors => access(defect, world),
        ClockInTwice | ClockInRace | ClockInMovesStart | ClockOutMovesEnd | ClockOutAgainRefused | ShiftDateUtc => {
            shifts(defect, world)
        }
        StartMakesSecondSession | StartRace | StartWithoutShift => starts(defect, world),
        StopMovesEnd | StopResetsStatus | UploadStartsAgain | GhostKeepsAudio | EphemeralKeepsAudio
        | ScoresInPercent => recordings(defect, world),
        ListByUtcDate | PatchClearsAbsent | PatchLostUpdate | PatchAddsDealSize | PatchDedupedById
        | WonWithoutDealSize | TornPatch | ValidatesAfterWrite | StaleRead => visits(defect, world),
        TaskCreatedTwice
        | CompleteMovesCompletedAt
        | CompleteAgainNotFound
        | TaskUpdateLogsInNotes
        | OverdueCountOfPage
        | PageSkipsTies
        | ThreadNewestFirst
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
        Defect::OwnershipSkipped => world.status("a2", noted("appt_a1_1", "mine now")) == 200,
        _ => !matches!(world.ask("a1", get("appt_none")).answer, Answer::Error(_)),
    }
}

fn shifts(defect: Defect, world: &mut World) -> bool {
    if defect == Defect::ClockInRace {
        let [first, second] = world.overlap("a1", clock_in("a1"), clock_in("a1"));
        return shift_day(&first).shift.id != shift_day(&second).shift.id;
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
    let [first, second] = match defect {
        Defect::StartRace => world.overlap("a1", begin(), begin()),
        _ => [world.ask("a1", begin()), world.ask("a1", begin())],
    };
    let (first, second) = (&started(&first).recording_session_id, &started(&second).recording_session_id);
    first != second && [first, second].iter().all(|id| session(&world.ask("a1", poll(id))).ended_at.is_none())
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
        Defect::TornPatch => (0..40).any(|n| {
            let torn = ask(won("appt_a1_1", n)).status == 500;
            let after = detail(&ask(get("appt_a1_1"))).appointment.clone();
            torn && after.outcome == Outcome::Won && after.deal_size != Some(Money::whole(n))
        }),
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
        Defect::ThreadNewestFirst => {
            let call = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
            let answer = world.ask("a1", call);
            thread(&answer).messages[0].id == "msg_a1_1_7"
        }
        _ => {
            let (call, credential) = (all(), token("a1", world.now));
            let slow = |key| {
                let request = Request { call: &call, credential: &credential, key };
                world.backend.service_time(MORNING, &request) > Span::seconds(11)
            };
            (0..200).any(slow)
        }
    }
}

#[test]
fn defects_are_written_by_their_names() {
    let config: Config = toml::from_str("defects = [\"clock-in-race\", \"stale-read\"]").unwrap();
    assert_eq!(config.defects, [Defect::ClockInRace, Defect::StaleRead]);
    assert!(toml::from_str::<Config>("defects = [\"clock-in-rase\"]").is_err());
    assert!(toml::from_str::<Config>("defect = []").is_err(), "an unknown key is refused");
}
