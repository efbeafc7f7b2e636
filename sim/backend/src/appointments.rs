//! Appointments (§2.1).

use crate::auth::Caller;
use crate::defects::BackendDefect;
use crate::paging::Window;
use crate::refusal::Refusal;
use crate::shifts::LAG;
use crate::state::{AppointmentRow, At, Before, Kind, Tenant, agenda_key};
use crate::{Backend, Seen};
use fieldday_api::call::Answer;
use fieldday_api::defaults::FIRST_PAGE;
use fieldday_api::names::{LeadStatus, Outcome};
use fieldday_api::wire::appointments::{
    Appointment, AppointmentDetail, AppointmentList, AppointmentPatch, AppointmentQuery, AppointmentSummary,
};
use fieldday_kernel::time::{Date, Span, Time, Zone};

impl Backend {
    /// `GET /appointments`: a whole local date, by start.
    pub(crate) fn list_appointments(
        &self,
        now: Time,
        caller: &Caller<'_>,
        query: &AppointmentQuery,
    ) -> Result<Answer, Refusal> {
        let (tenant, rep) = match &query.rep_id {
            Some(id) => {
                let at = self.own_rep(caller, id)?;
                (at.tenant, Some(at.row))
            }
            None => (caller.tenant, caller.rep.filter(|_| caller.is_rep())),
        };
        let home = caller.tenant == tenant;
        let tenant = &self.tenants[usize::from(tenant)];
        let date = query.date.unwrap_or_else(|| tenant.zone.date(now));
        let calendar = match rep {
            Some(rep) => Some(&tenant.reps[rep as usize].calendar),
            // A token may say that somebody is a rep of whom there is no row: nothing is theirs.
            None if caller.is_rep() => None,
            None => Some(&tenant.calendar),
        };
        let mut window = match self.config.readings.appointments_page {
            true => {
                let (limit, config) = (query.limit.or(Some(FIRST_PAGE)), &self.config);
                Some(Window::new(limit, query.offset, &config.readings, config.page_beyond, false)?)
            }
            false => None,
        };
        let utc = self.has(BackendDefect::ListByUtcDate);
        let (from, to) = if utc { (date.plus_days(-1), date.plus_days(1)) } else { (date, date) };
        let mut appointments = Vec::new();
        let mut total = 0;
        for date_here in from.days()..=to.days() {
            let day = calendar.map_or(&[][..], |calendar| calendar.day(Date::from_days(date_here)));
            appointments.reserve(day.len());
            for (key, row) in day {
                let row = &tenant.appointments[*row as usize];
                let shown = row.shown(now);
                let wanted = query.status.is_none_or(|status| shown.status == status)
                    && query.outcome.is_none_or(|outcome| shown.outcome == outcome)
                    && (!utc || Zone::utc().date(shown.scheduled_start) == date);
                if !wanted {
                    continue;
                }
                total += 1;
                if window.as_mut().is_none_or(|window| window.takes(*key)) {
                    let mine = home && row.rep.is_some() && row.rep == caller.rep;
                    appointments.push(summary(tenant, row, shown, mine));
                }
            }
        }
        Ok(Answer::Appointments(AppointmentList { appointments, total, date }))
    }

    /// Answers `GET /appointments/{appointment_id}`.
    pub(crate) fn get_appointment(&self, now: Time, caller: &Caller<'_>, id: &str) -> Result<Answer, Refusal> {
        let at = self.own_appointment(caller, id)?;
        let tenant = &self.tenants[usize::from(at.tenant)];
        let row = &tenant.appointments[at.row as usize];
        let updated_at = row.appointment.updated_at;
        let is_recent = updated_at > self.start && now.since(updated_at) < Span::minutes(30);
        if is_recent && self.has(BackendDefect::DetailLagsBehindList) {
            return Err(Refusal::not_found("No such appointment").about("appointment_id", id));
        }
        Ok(detail(tenant, row, row.shown(now)))
    }

    /// `PATCH /appointments/{appointment_id}`: what the body names changes; the same body again changes nothing.
    pub(crate) fn update_appointment(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        id: &str,
        body: &AppointmentPatch,
        seen: Option<Seen>,
    ) -> Result<Answer, Refusal> {
        let at = self.own_appointment(caller, id)?;
        let rep = self.new_rep(caller, body)?;
        let row = &self.tenants[usize::from(at.tenant)].appointments[at.row as usize];
        let checked = match check_patch(&row.appointment, body) {
            Err(_) if is_won_without_size(body) && self.has(BackendDefect::WonWithoutDealSize) => Ok(()),
            checked => checked,
        };
        if !self.has(BackendDefect::ValidatesAfterWrite) {
            checked?;
            return self.write_patch(now, at, body, rep, seen);
        }
        let written = self.write_patch(now, at, body, rep, seen);
        checked?;
        written
    }

    /// The rep whom the office moves the appointment to.
    fn new_rep(&self, caller: &Caller<'_>, body: &AppointmentPatch) -> Result<Option<At>, Refusal> {
        let Some(id) = &body.assigned_rep_id else { return Ok(None) };
        if caller.is_rep() {
            return Err(Refusal::forbidden("Only the office assigns appointments"));
        }
        self.find_rep(caller, id).map(Some)
    }

    /// Writes a body that was checked, and answers the row.
    fn write_patch(
        &mut self,
        now: Time,
        at: At,
        body: &AppointmentPatch,
        rep: Option<At>,
        seen: Option<Seen>,
    ) -> Result<Answer, Refusal> {
        let defects = self.defects;
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let row = &tenant.appointments[at.row as usize];
        let recent = now.since(row.appointment.updated_at) < Span::seconds(3);
        if recent && row.appointment.updated_at > self.start && defects.has(BackendDefect::PatchDedupedById) {
            return Ok(detail(tenant, row, &row.appointment));
        }
        let row = &mut tenant.appointments[at.row as usize];
        if defects.has(BackendDefect::StaleRead) && row.before.as_ref().is_none_or(|before| before.until <= now) {
            row.before = Some(Box::new(Before { until: now + LAG, row: row.appointment.clone() }));
        }
        if let Some(Seen::Appointment(stale)) = seen {
            tenant.restore(at.row, *stale);
        }
        let row = &mut tenant.appointments[at.row as usize];
        if defects.has(BackendDefect::PatchClearsAbsent) {
            row.appointment.notes = row.appointment.notes.take().filter(|_| body.notes.is_some());
            row.appointment.deal_size = row.appointment.deal_size.filter(|_| body.deal_size.is_some());
        }
        if defects.has(BackendDefect::PatchRestampsCreation) {
            row.appointment.created_at = now;
        }
        let deal_before = row.appointment.deal_size;
        let moved = tenant.patch(now, at.row, body, rep.filter(|rep| rep.tenant == at.tenant).map(|rep| rep.row));
        if moved && defects.has(BackendDefect::ListForgetsMoved) {
            tenant.unschedule(at.row);
        }
        let row = &mut tenant.appointments[at.row as usize];
        if let (Some(before), Some(size)) = (deal_before, &mut row.appointment.deal_size)
            && body.deal_size.is_some()
            && defects.has(BackendDefect::PatchAddsDealSize)
        {
            size.0 = size.0.saturating_add(before.0);
        }
        let row = &tenant.appointments[at.row as usize];
        Ok(detail(tenant, row, &row.appointment))
    }

    /// Writes the first half of what a body names: what the torn defect has committed when it breaks off.
    pub(crate) fn write_half(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        id: &str,
        body: &AppointmentPatch,
    ) -> Result<(), Refusal> {
        let at = self.own_appointment(caller, id)?;
        self.new_rep(caller, body)?;
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let row = &tenant.appointments[at.row as usize];
        let AppointmentPatch { scheduled_start, status, outcome, .. } = *body;
        let half = AppointmentPatch { scheduled_start, status, outcome, ..AppointmentPatch::default() };
        check_patch(&row.appointment, body)?;
        tenant.patch(now, at.row, &half, None);
        Ok(())
    }

    /// The appointment of that id, if it is the caller's.
    pub(crate) fn own_appointment(&self, caller: &Caller<'_>, id: &str) -> Result<At, Refusal> {
        let at = self.find(caller, Kind::Appointment, id)?;
        let row = &self.tenants[usize::from(at.tenant)].appointments[at.row as usize];
        let was_theirs = row.former_rep.is_some() && row.former_rep == caller.rep;
        match self.own(caller, at, row.rep) {
            Err(_) if was_theirs && self.has(BackendDefect::FormerRepKeepsAccess) => Ok(at),
            own => own.map(|()| at),
        }
    }

    /// The appointment of that id, whoever asks: for what a racy handler reads before it checks anything.
    pub(crate) fn appointment_named(&self, id: &str) -> Option<&AppointmentRow> {
        match self.ids.get(id) {
            Some((Kind::Appointment, at)) => Some(&self.tenants[usize::from(at.tenant)].appointments[at.row as usize]),
            _ => None,
        }
    }
}

/// Whether the values of a body fit each other, their ranges, and the row.
fn check_patch(appointment: &Appointment, body: &AppointmentPatch) -> Result<(), Refusal> {
    if is_won_without_size(body) {
        return Err(Refusal::validation("deal_size is required when outcome is won").about("field", "deal_size"));
    }
    if body.deal_size.is_some_and(|size| size.0 < 0) {
        return Err(Refusal::validation("deal_size is negative").about("field", "deal_size"));
    }
    let start = body.scheduled_start.unwrap_or(appointment.scheduled_start);
    let end = body.scheduled_end.unwrap_or(appointment.scheduled_end);
    if (body.scheduled_start.is_some() || body.scheduled_end.is_some()) && end <= start {
        let refusal = Refusal::validation("scheduled_end is not after scheduled_start");
        return Err(refusal.about("field", "scheduled_end"));
    }
    if body.location.as_ref().is_some_and(|location| location.expose().trim().is_empty()) {
        return Err(Refusal::validation("location is empty").about("field", "location"));
    }
    if body.service_type.as_ref().is_some_and(|service| service.trim().is_empty()) {
        return Err(Refusal::validation("service_type is empty").about("field", "service_type"));
    }
    Ok(())
}

fn is_won_without_size(body: &AppointmentPatch) -> bool {
    body.outcome == Some(Outcome::Won) && body.deal_size.is_none()
}

impl Tenant {
    /// Changes what `body` names, and says whether that moved it to another time. `updated_at` moves only if something
    /// changed.
    fn patch(&mut self, now: Time, row: u32, body: &AppointmentPatch, rep: Option<u32>) -> bool {
        let old = &self.appointments[row as usize];
        let moved = body.scheduled_start.is_some_and(|start| start != old.appointment.scheduled_start);
        let rep = rep.filter(|rep| Some(*rep) != old.rep);
        if moved || rep.is_some() {
            self.unschedule(row);
        }
        if let Some(rep) = rep {
            self.reassign(row, rep);
        }
        let appointment = &mut self.appointments[row as usize].appointment;
        let mut changed = rep.is_some();
        changed |= set(&mut appointment.scheduled_start, &body.scheduled_start);
        changed |= set(&mut appointment.scheduled_end, &body.scheduled_end);
        changed |= set(&mut appointment.status, &body.status);
        changed |= set(&mut appointment.outcome, &body.outcome);
        changed |= set(&mut appointment.location, &body.location);
        changed |= set(&mut appointment.service_type, &body.service_type);
        changed |= set_some(&mut appointment.deal_size, &body.deal_size);
        changed |= set_some(&mut appointment.notes, &body.notes);
        if changed {
            appointment.updated_at = now;
        }
        if body.outcome.is_some() || body.deal_size.is_some() {
            self.lead_follows(row);
        }
        if moved || rep.is_some() {
            self.schedule(row);
        }
        moved
    }

    /// A lead is won or lost with its appointment.
    fn lead_follows(&mut self, row: u32) {
        let AppointmentRow { appointment, lead, .. } = &self.appointments[row as usize];
        let lead = &mut self.leads[*lead as usize].lead;
        match appointment.outcome {
            Outcome::Won => (lead.status, lead.deal_size) = (LeadStatus::Won, appointment.deal_size),
            Outcome::Lost => (lead.status, lead.deal_size) = (LeadStatus::Lost, None),
            Outcome::Pending | Outcome::NoShow | Outcome::Rescheduled => {}
        }
    }

    /// Gives an appointment, and the tasks of its former rep that name it, to another. The calendars are the caller's.
    fn reassign(&mut self, row: u32, rep: u32) {
        let rep_id = self.reps[rep as usize].rep_id.clone();
        let former = self.appointments[row as usize].rep.replace(rep);
        self.appointments[row as usize].former_rep = former;
        self.appointments[row as usize].appointment.assigned_rep_id = Some(rep_id);
        let Some(former) = former else { return };
        let agenda = self.reps[former as usize].agenda.all();
        let theirs = agenda.iter().map(|(_, task)| *task);
        let moving: Vec<u32> = theirs.filter(|task| self.tasks[*task as usize].appointment == Some(row)).collect();
        for task in moving {
            let key = agenda_key(&self.tasks[task as usize].task);
            self.agenda_remove(key, task);
            self.tasks[task as usize].rep = Some(rep);
            self.agenda_insert(key, task);
        }
    }

    /// Writes a whole row back as it was read: what the lost-update defect does.
    fn restore(&mut self, row: u32, stale: Appointment) {
        self.unschedule(row);
        let rep = self.reps.iter().position(|rep| Some(&rep.rep_id) == stale.assigned_rep_id.as_ref());
        let here = &mut self.appointments[row as usize];
        here.rep = rep.map(|rep| rep as u32);
        here.appointment = stale;
        self.schedule(row);
    }
}

/// Sets what the body names; whether that changed anything.
pub(crate) fn set<T: PartialEq + Clone>(field: &mut T, value: &Option<T>) -> bool {
    match value {
        Some(value) if value != field => {
            field.clone_from(value);
            true
        }
        _ => false,
    }
}

/// Sets a field that may be null; whether that changed it.
pub(crate) fn set_some<T: PartialEq + Clone>(field: &mut Option<T>, value: &Option<T>) -> bool {
    let changes = value.is_some() && field != value;
    if changes {
        field.clone_from(value);
    }
    changes
}

fn summary(tenant: &Tenant, row: &AppointmentRow, shown: &Appointment, mine: bool) -> AppointmentSummary {
    AppointmentSummary {
        appointment_id: shown.id.clone(),
        lead_id: shown.lead_id.clone(),
        contact_card_id: shown.contact_card_id.clone(),
        customer_name: tenant.contacts[row.contact as usize].full_name.clone(),
        address: shown.location.clone(),
        scheduled_start: shown.scheduled_start,
        scheduled_end: shown.scheduled_end,
        status: shown.status,
        outcome: shown.outcome,
        service_type: shown.service_type.clone(),
        is_assigned_to_me: mine,
        deal_size: shown.deal_size,
        pending_tasks_count: row.pending_tasks,
    }
}

fn detail(tenant: &Tenant, row: &AppointmentRow, shown: &Appointment) -> Answer {
    Answer::Appointment(Box::new(AppointmentDetail {
        appointment: shown.clone(),
        lead: tenant.leads[row.lead as usize].lead.clone(),
        contact: tenant.contacts[row.contact as usize].contact.clone(),
    }))
}
