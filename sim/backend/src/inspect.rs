//! A look at the rows of one rep, for people who replay a day. It changes nothing, and no answer is made of it.

use crate::Backend;
use fieldday_api::SmolStr;
use fieldday_api::names::{AppointmentStatus, Outcome, Processing, TaskStatus};
use fieldday_api::wire::shifts::Shift;
use fieldday_kernel::time::Time;
use serde::Serialize;

/// What the backend holds of a rep.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct RepRows {
    /// Shifts of the day: one, or there is a bug.
    pub shifts: Vec<Shift>,
    /// Today's appointments: id, beginning, status, outcome.
    pub appointments: Vec<(SmolStr, Time, AppointmentStatus, Outcome)>,
    /// Tasks that are not done: id, status, due.
    pub tasks: Vec<(SmolStr, TaskStatus, Option<Time>)>,
    /// Sessions that began today: id, appointment, end, transcription, analysis.
    pub sessions: Vec<(SmolStr, SmolStr, Option<Time>, Processing, Processing)>,
}

impl Backend {
    /// The rows of the rep with this rep id, as they stand.
    pub fn rows_of(&self, now: Time, rep_id: &str) -> Option<RepRows> {
        let (_, at) = *self.ids.get(rep_id)?;
        let tenant = self.tenants.get(usize::from(at.tenant))?;
        let rep = tenant.reps.iter().position(|rep| rep.rep_id == rep_id)?;
        let (row, today) = (&tenant.reps[rep], tenant.zone.date(now));
        let shifts = row.shifts.iter().map(|shift| tenant.shifts[*shift as usize].shift.clone());
        let appointments = row.calendar.day(today).iter().map(|(_, at)| {
            let a = &tenant.appointments[*at as usize].appointment;
            (a.id.clone(), a.scheduled_start, a.status, a.outcome)
        });
        let open = row.agenda.all().iter().map(|(_, at)| &tenant.tasks[*at as usize].task);
        let tasks = open.filter(|task| task.status != TaskStatus::Completed);
        let begun = tenant.sessions.iter().filter(|s| s.rep == Some(rep as u32));
        let sessions = begun.map(|s| &s.session).filter(|s| tenant.zone.date(s.started_at) == today);
        Some(RepRows {
            shifts: shifts.filter(|shift| shift.shift_date == today).collect(),
            appointments: appointments.collect(),
            tasks: tasks.map(|task| (task.id.clone(), task.status, task.due_at)).collect(),
            sessions: sessions
                .map(|s| {
                    (s.id.clone(), s.appointment_id.clone(), s.ended_at, s.transcription_status, s.analysis_status)
                })
                .collect(),
        })
    }
}
