//! Random sequences of requests: repeats leave the state alone, refusals too, lists stay whole.

mod common;
use common::*;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::fixed::Money;
use fieldday_api::names::*;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch, TaskQuery};
use fieldday_kernel::time::{Date, Span, Time, Zone};
use proptest::prelude::*;

/// What a rep may do, with ids left to whoever does it.
#[derive(Clone, Debug)]
enum Act {
    ClockIn,
    ClockOut,
    Start(u8, RecordingMode),
    Stop(u8),
    Upload(u8, u8),
    Patch(u8, AppointmentPatch),
    Complete(u8),
    Update(u8, TaskPatch),
    Create(Option<u8>, Option<i64>),
}

fn some<T: Clone + std::fmt::Debug + 'static>(of: &'static [T]) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(proptest::sample::select(of))
}

fn patches() -> impl Strategy<Value = AppointmentPatch> {
    let outcome = some(Outcome::ALL);
    let times = proptest::option::of(-20_i64..40);
    (outcome, some(AppointmentStatus::ALL), proptest::option::of(-1_i64..9), times, proptest::option::of("[a-c]?"))
        .prop_map(|(outcome, status, size, hours, notes)| AppointmentPatch {
            outcome,
            status,
            deal_size: size.map(Money::whole),
            scheduled_start: hours.map(|hours| MORNING + Span::hours(hours)),
            scheduled_end: hours.map(|hours| MORNING + Span::hours(hours + 1)),
            notes: notes.map(Into::into),
            ..AppointmentPatch::default()
        })
}

fn task_patches() -> impl Strategy<Value = TaskPatch> {
    let due = proptest::option::of(-30_i64..60);
    (some(TaskStatus::ALL), due, some(Priority::ALL), proptest::option::of("[a-c]?")).prop_map(
        |(status, due, priority, text)| TaskPatch {
            status,
            due_at: due.map(|hours| MORNING + Span::hours(hours)),
            priority,
            notes: text.clone().map(Into::into),
            description: text.map(Into::into),
            assigned_to: None,
        },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::ClockIn),
        Just(Act::ClockOut),
        (0_u8..5, proptest::sample::select(RecordingMode::ALL)).prop_map(|(n, mode)| Act::Start(n, mode)),
        (0_u8..6).prop_map(Act::Stop),
        (0_u8..6, 0_u8..2).prop_map(|(n, url)| Act::Upload(n, url)),
        (0_u8..5, patches()).prop_map(|(n, body)| Act::Patch(n, body)),
        (0_u8..6).prop_map(Act::Complete),
        (0_u8..6, task_patches()).prop_map(|(n, body)| Act::Update(n, body)),
        (proptest::option::of(0_u8..5), proptest::option::of(-9_i64..9)).prop_map(|(n, due)| Act::Create(n, due)),
    ]
}

/// The call of an act; none where it needs a session and there is none.
fn call(act: &Act, sessions: &[String]) -> Option<Call> {
    let session = |n: &u8| sessions.get(usize::from(*n) % sessions.len().max(1));
    Some(match act {
        Act::ClockIn => clock_in("a1"),
        Act::ClockOut => clock_out("a1"),
        Act::Start(n, mode) => start("a1", &format!("appt_a1_{n}"), *mode),
        Act::Stop(n) => stop(session(n)?),
        Act::Upload(n, url) => uploaded(session(n)?, &format!("s3://audio/{url}")),
        Act::Patch(n, body) => patch(&format!("appt_a1_{n}"), body.clone()),
        Act::Complete(n) => complete(&format!("task_a1_{n}")),
        Act::Update(n, body) => Call::UpdateTask { task_id: s(format!("task_a1_{n}")), body: body.clone() },
        Act::Create(n, due) => Call::CreateTask(TaskCreate {
            due_at: due.map(|hours| MORNING + Span::hours(hours)),
            ..new_task(n.map(|n| format!("appt_a1_{n}")).as_deref())
        }),
    })
}

/// Everything that the rep can see, at the world's time.
fn seen(world: &mut World, sessions: &[String]) -> Vec<Answer> {
    let mut calls: Vec<Call> = (0..5).map(|n| get(&format!("appt_a1_{n}"))).collect();
    calls.extend((8..13).map(|day| {
        let date = Date::parse(&format!("2026-06-{day:02}"));
        Call::ListAppointments(AppointmentQuery { date, ..Default::default() })
    }));
    calls.push(Call::ListTasks(TaskQuery::default()));
    calls.push(today("a1"));
    calls.extend(sessions.iter().map(|id| poll(id)));
    let forget_id = |answer: &Answer| match answer {
        // The id of an error is the request's own.
        Answer::Error(body) => Answer::Foreign(body.detail.message.clone()),
        other => other.clone(),
    };
    calls.into_iter().map(|call| forget_id(&world.ask("a1", call).answer)).collect()
}

/// The session that a start answered.
fn begun(response: &Response) -> Option<&str> {
    match &response.answer {
        Answer::RecordingStarted(begun) => Some(&begun.recording_session_id),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_repeat_changes_nothing_and_neither_does_a_refusal(acts in proptest::collection::vec((acts(), 0_i64..7_200), 1..40)) {
        let mut world = world(quick());
        let mut sessions = Vec::new();
        world.ask("a1", clock_in("a1"));
        for (act, seconds) in acts {
            world.wait(Span::seconds(seconds));
            let Some(call) = call(&act, &sessions) else { continue };
            let before = seen(&mut world, &sessions);
            let first = world.ask("a1", call.clone());
            let after = seen(&mut world, &sessions);
            if first.status >= 400 {
                prop_assert_eq!(&before, &after, "{:?} was refused", act);
            }
            sessions.extend(begun(&first).map(str::to_owned).filter(|id| !sessions.contains(id)));
            if !matches!(act, Act::Create(..)) {
                // Later, so that a time that a repeat moves is seen to move; past midnight it would be no repeat.
                let local = Zone { name: "".into(), offsets: vec![(Time::from_micros(i64::MIN), -7 * 3600)] };
                let (today, later) = (local.date(world.now), world.now + Span::seconds(7));
                if local.date(later) != today {
                    continue;
                }
                world.wait(Span::seconds(7));
                let after = seen(&mut world, &sessions);
                let again = world.ask("a1", call);
                prop_assert_eq!(first.status, again.status);
                prop_assert_eq!(begun(&first), begun(&again), "one active session an appointment");
                prop_assert_eq!(after, seen(&mut world, &sessions), "{:?} was repeated", act);
            }
        }
    }

    /// Statuses of sessions never go back, whatever is sent when.
    #[test]
    fn a_session_only_moves_forward(acts in proptest::collection::vec((acts(), 0_i64..60), 1..60)) {
        let mut world = world(quick());
        world.ask("a1", clock_in("a1"));
        let begun = world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full));
        let sessions = [started(&begun).recording_session_id.to_string()];
        let rank = |state: Processing| state.min(Processing::Completed);
        let mut last = (Processing::NotStarted, Processing::NotStarted, None);
        for (act, seconds) in acts {
            world.wait(Span::seconds(seconds));
            if let Some(call) = call(&act, &sessions) {
                world.ask("a1", call);
            }
            let now = world.ask("a1", poll(&sessions[0]));
            let now = session(&now);
            prop_assert!(rank(now.transcription_status) >= rank(last.0) && rank(now.analysis_status) >= rank(last.1));
            prop_assert!(now.analysis_status == Processing::NotStarted || now.transcription_status == Processing::Completed);
            prop_assert!(last.2.is_none() || now.ended_at == last.2);
            last = (now.transcription_status, now.analysis_status, now.ended_at);
        }
    }

    /// Pages of tasks and messages put together are the list, and counts agree with what is in it.
    #[test]
    fn paging_is_exact(
        made in proptest::collection::vec((proptest::option::of(0_u8..5), proptest::option::of(-3_i64..3)), 0..40),
        limit in 1_u32..12,
    ) {
        let mut world = world(quick());
        for (n, due) in made {
            let call = call(&Act::Create(n, due), &[]).unwrap();
            prop_assert_eq!(world.ask("a1", call).status, 200);
        }
        let whole = world.ask("a1", Call::ListTasks(TaskQuery::default()));
        let whole = tasks(&whole);
        let mut together = Vec::new();
        for offset in (0..60).step_by(limit as usize) {
            let query = TaskQuery { limit: Some(limit), offset: Some(offset), ..Default::default() };
            let page = world.ask("a1", Call::ListTasks(query));
            let page = tasks(&page);
            prop_assert_eq!((page.total, page.overdue_count), (whole.total, whole.overdue_count));
            together.extend(page.tasks.clone());
        }
        prop_assert_eq!(&together, &whole.tasks);
        let order = |t: &fieldday_api::wire::tasks::Task| (t.due_at.is_none(), t.due_at, t.created_at, t.id.clone());
        prop_assert!(together.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])));
        let overdue = together.iter().filter(|t| t.status == TaskStatus::Overdue).count();
        prop_assert_eq!(overdue, whole.overdue_count as usize);
        for n in 0..5 {
            let id = format!("appt_a1_{n}");
            let naming = together.iter().filter(|t| t.appointment_id.as_deref() == Some(&id)).count();
            let date = detail(&world.ask("a1", get(&id))).appointment.scheduled_start - Span::hours(7);
            let date = Some(Date::from_days((date.micros() / 86_400_000_000) as i32));
            let list = world.ask("a1", Call::ListAppointments(AppointmentQuery { date, ..Default::default() }));
            let row = appointments(&list).appointments.iter().find(|a| a.appointment_id == id.as_str()).unwrap();
            prop_assert_eq!(row.pending_tasks_count as usize, naming);
        }
        let thread_page = |offset| Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page { limit: Some(limit), offset: Some(offset) } };
        let messages: Vec<_> = (0..12).step_by(limit as usize).flat_map(|offset| thread(&world.ask("a1", thread_page(offset))).messages.clone()).collect();
        prop_assert_eq!(messages.len(), 8);
    }
}

#[test]
fn the_same_requests_give_the_same_answers() {
    let run = || {
        let mut world = common::healthy();
        world.ask("a1", clock_in("a1"));
        let begun = world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full));
        let id = started(&begun).recording_session_id.clone();
        world.ask("a1", stop(&id));
        world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
        world.wait(Span::minutes(10));
        (begun, world.ask("a1", poll(&id)))
    };
    assert_eq!(run(), run());
}
