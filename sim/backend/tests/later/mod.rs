//! What defects of repeats, counts and identities look like.

use super::shows_as;
use crate::common::*;
use fieldday_api::call::Call;
use fieldday_api::error::ErrorCode;
use fieldday_api::names::*;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_backend::BackendDefect;
use fieldday_kernel::time::Span;

/// Whether the defect's behaviour is there to be seen.
pub fn shows(defect: BackendDefect, world: &mut World) -> bool {
    match defect {
        BackendDefect::PatchRestampsCreation => {
            let before = detail(&world.ask("a1", get("appt_a1_1"))).appointment.created_at;
            let after = detail(&world.wait(Span::hours(1)).ask("a1", noted("appt_a1_1", "new"))).appointment.created_at;
            shows_as(after, before, world.now)
        }
        BackendDefect::DetailLagsBehindList => {
            world.wait(Span::hours(1)).ask("a1", noted("appt_a1_1", "new"));
            let at_once = world.status("a1", get("appt_a1_1"));
            assert_eq!(world.wait(Span::minutes(30)).status("a1", get("appt_a1_1")), 200);
            let list = world.ask("a1", Call::ListAppointments(AppointmentQuery::default()));
            assert!(appointments(&list).appointments.iter().any(|entry| entry.appointment_id == "appt_a1_1"));
            shows_as(at_once, 200, 404)
        }
        BackendDefect::OverdueCountOfTenant => {
            let all = Call::ListTasks(TaskQuery::default());
            let everybody = tasks(&world.ask("manager", all.clone())).overdue_count;
            shows_as(tasks(&world.ask("a1", all)).overdue_count, 2, everybody)
        }
        BackendDefect::PendingCountMissesNew => {
            let pending = |world: &mut World| {
                let list = world.ask("a1", Call::ListAppointments(AppointmentQuery::default()));
                appointments(&list).appointments[0].pending_tasks_count
            };
            let before = pending(world);
            let first = world.ask("a1", Call::ListAppointments(AppointmentQuery::default()));
            let id = appointments(&first).appointments[0].appointment_id.clone();
            assert_eq!(world.status("a1", Call::CreateTask(new_task(Some(&id)))), 200);
            shows_as(pending(world), before + 1, before)
        }
        BackendDefect::ReadRefusedAsBody => {
            let beyond = Call::ListTasks(TaskQuery { limit: Some(100_000), ..Default::default() });
            let answer = world.ask("a1", beyond);
            assert_eq!(answer.status, 400);
            shows_as(code(&answer), Some(ErrorCode::InvalidRequest), Some(ErrorCode::ValidationError))
        }
        _ => recordings(defect, world),
    }
}

fn recordings(defect: BackendDefect, world: &mut World) -> bool {
    let mode = if defect == BackendDefect::GhostShowsWords { RecordingMode::Ghost } else { RecordingMode::Full };
    world.ask("a1", clock_in("a1"));
    let begun = world.ask("a1", start("a1", "appt_a1_1", mode));
    let id = started(&begun).recording_session_id.clone();
    let again = world.wait(Span::minutes(1)).status("a1", start("a1", "appt_a1_1", mode));
    if defect == BackendDefect::StartAgainRefused {
        return shows_as(again, 200, 409);
    }
    let first = session(&world.wait(Span::hours(1)).ask("a1", stop(&id))).clone();
    let again = world.wait(Span::minutes(1)).ask("a1", stop(&id));
    match defect {
        BackendDefect::StopAgainRefused => shows_as(again.status, 200, 400),
        BackendDefect::StopMovesStart => {
            shows_as(session(&again).started_at, first.started_at, first.ended_at.expect("it was stopped"))
        }
        _ => {
            world.wait(Span::minutes(20));
            let done = session(&world.ask("a1", poll(&id))).transcript.clone().expect("it was transcribed");
            assert!(done.transcript_restricted);
            shows_as(done.transcript_text.is_some(), false, true)
        }
    }
}
