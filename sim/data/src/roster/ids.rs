//! Ids of a plan, and what they are called at a target: everywhere in a cell where one goes over the wire.

use fieldday_api::SmolStr;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::dataset::TenantData;
use fieldday_plan::{CellPlan, Login, OfficeDeed, ProbePlan, TenantPlan};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The target's id for each of the plan's.
#[derive(Default)]
pub(super) struct Ids(BTreeMap<SmolStr, SmolStr>);

impl Ids {
    pub fn put(&mut self, plan: SmolStr, target: SmolStr) {
        self.0.insert(plan, target);
    }
    pub fn has(&self, plan: &SmolStr) -> bool {
        self.0.contains_key(plan)
    }

    fn of(&self, id: &mut SmolStr) {
        if let Some(target) = self.0.get(id) {
            *id = target.clone();
        }
    }
    fn of_any(&self, id: &mut Option<SmolStr>) {
        if let Some(id) = id {
            self.of(id);
        }
    }

    /// Replaces every id of a cell's plan that is to have another name.
    pub fn rename(&self, cell: &mut CellPlan) {
        cell.mishaps.iter_mut().for_each(|mishap| self.of_any(&mut mishap.tenant));
        cell.tenants.iter_mut().for_each(|tenant| self.tenant(tenant));
    }

    fn tenant(&self, tenant: &mut TenantPlan) {
        self.data(&mut tenant.data);
        for rep in &mut tenant.reps {
            [&mut rep.tenant_id, &mut rep.user_id, &mut rep.rep_id].into_iter().for_each(|id| self.of(id));
        }
        for office in &mut tenant.office {
            [&mut office.tenant_id, &mut office.user_id].into_iter().for_each(|id| self.of(id));
            for action in &mut office.actions {
                match &mut action.what {
                    OfficeDeed::Look { rep_id } => self.of(rep_id),
                    OfficeDeed::Reassign { to_rep_id, .. } => self.of(to_rep_id),
                    OfficeDeed::Move { .. }
                    | OfficeDeed::Cancel { .. }
                    | OfficeDeed::CreateTask { .. }
                    | OfficeDeed::UpdateTask { .. }
                    | OfficeDeed::ReadThread { .. } => {}
                }
            }
        }
        for intruder in &mut tenant.intruders {
            let ids = [&mut intruder.tenant_id, &mut intruder.user_id, &mut intruder.rep_id];
            ids.into_iter().for_each(|id| self.of(id));
            intruder.probes.iter_mut().for_each(|probe| self.probe(probe));
        }
        if let Some(rep) = &mut tenant.off_duty {
            [&mut rep.user_id, &mut rep.rep_id].into_iter().for_each(|id| self.of(id));
        }
        if let Some(auditor) = &mut tenant.auditor {
            [&mut auditor.tenant_id, &mut auditor.user_id].into_iter().for_each(|id| self.of(id));
            auditor.reps.iter_mut().for_each(|id| self.of(id));
        }
    }

    fn data(&self, data: &mut TenantData) {
        self.of(&mut data.id);
        for user in &mut data.users {
            self.of(&mut user.user_id);
            self.of_any(&mut user.rep_id);
        }
        data.appointments.iter_mut().for_each(|appointment| self.of_any(&mut appointment.assigned_rep_id));
        for owned in &mut data.tasks {
            self.of_any(&mut owned.rep_id);
            self.of_any(&mut owned.task.completed_by);
        }
        data.sessions.iter_mut().for_each(|session| self.of(&mut session.rep_id));
    }

    fn probe(&self, probe: &mut ProbePlan) {
        for step in &mut probe.steps {
            // An alias is another name of a claim, and of the role in it: no id.
            debug_assert!(!matches!(&step.login, Login::Alias(.., role) if self.0.contains_key(role)));
            self.call(&mut step.call);
        }
    }

    fn call(&self, call: &mut Call) {
        match call {
            Call::ListAppointments(query) => self.of_any(&mut query.rep_id),
            Call::UpdateAppointment { body, .. } => self.of_any(&mut body.assigned_rep_id),
            Call::ListTasks(query) => self.of_any(&mut query.assignee_id),
            Call::StartRecording(body) => self.of(&mut body.rep_id),
            Call::ClockIn { rep_id, .. } | Call::ClockOut { rep_id } | Call::ShiftToday { rep_id } => self.of(rep_id),
            Call::Raw(raw) => self.raw(raw),
            Call::GetAppointment { .. }
            | Call::CreateTask(_)
            | Call::CompleteTask { .. }
            | Call::UpdateTask { .. }
            | Call::StopRecording { .. }
            | Call::UploadAudio { .. }
            | Call::GetRecording { .. }
            | Call::GetThread { .. }
            | Call::RagQuery(_)
            | Call::ListWins(_)
            | Call::PostWin(_)
            | Call::Health
            | Call::PutAudio { .. } => {}
        }
    }

    /// Ids of a plan are words of their own in a text.
    fn raw(&self, raw: &mut RawCall) {
        for text in [&mut raw.path, &mut raw.query] {
            *text = self.words(text, percent_encoded);
        }
        raw.body = self.words(&raw.body, SmolStr::clone);
        self.of_any(&mut raw.company_id);
    }
    /// A text with its ids replaced, all at once: one may be called like another was.
    fn words(&self, text: &str, written: impl Fn(&SmolStr) -> SmolStr) -> SmolStr {
        let is_break = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let piece = |piece: &str| {
            let (word, after) = piece.split_at(piece.find(is_break).unwrap_or(piece.len()));
            let word = self.0.get(word).map_or_else(|| word.into(), &written);
            format!("{word}{after}")
        };
        text.split_inclusive(is_break).map(piece).collect::<String>().into()
    }
}

fn percent_encoded(id: &SmolStr) -> SmolStr {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Into a String: it cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text.into()
}
