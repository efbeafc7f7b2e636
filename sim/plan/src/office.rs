//! The office's day: CSRs and managers who look after the reps, and change what the reps' phones hold.
//!
//! Each has a fixed block of reps, and what is done about a rep is named after both, so a rep more changes nothing for the
//! others. Reps stand in for one another in pairs.

use super::demo::demo;
use super::tenant::{KnownRep, KnownVisit, TenantMaker};
use super::texts::TASKS;
use super::{OfficeAction, OfficeDeed, OfficePlan};
use crate::keys::{between, id, part, stream};
use crate::people;
use fieldday_api::dataset::User;
use fieldday_api::names::Role;
use fieldday_kernel::random::{Stream, name_key};
use fieldday_kernel::time::{Span, Time, TimeOfDay};

/// The office opens and closes, by local time.
pub(super) const OPENS: TimeOfDay = TimeOfDay::hm(7, 30);
const CLOSES: TimeOfDay = TimeOfDay::hm(18, 0);
/// A visit that begins sooner than this is not moved any more.
const NOTICE: Span = Span::minutes(20);
/// Each tenant's office opens up to so much later, so that they do not all begin at once.
const OPENS_WITHIN: Span = Span::minutes(10);

impl TenantMaker<'_> {
    /// Adds the office's users with their actions to the tenant.
    pub(super) fn staff(&mut self) {
        let office = self.plan.scenario.office;
        for (role, word, reps_each) in
            [(Role::Csr, "csr", office.reps_per_csr), (Role::Manager, "manager", office.reps_per_manager)]
        {
            // Nobody, if nobody is to be looked after.
            let staff = if reps_each == 0 { 0 } else { self.known.len().div_ceil(reps_each as usize) };
            for number in 1..=staff {
                let name = part(&format!("{}/office", self.site.name), word, number);
                if !self.plan.removed.takes(&name) {
                    let first = (number - 1) * reps_each as usize;
                    self.clerk(name, role, number, first..(first + reps_each as usize).min(self.known.len()));
                }
            }
        }
    }

    fn clerk(&mut self, name: String, role: Role, number: usize, reps: std::ops::Range<usize>) {
        let key = name_key(&name);
        let (first, last) = people::name(&mut stream(self.plan.seed, key));
        let mut user = User {
            user_id: id("user_", key),
            rep_id: None,
            role,
            name: format!("{} {}", first.expose(), last.expose()).into(),
            email: people::email(b'o', key),
        };
        if let Some(known) = demo().user(role).filter(|_| self.site.demo && number == 1) {
            (user.user_id, user.name, user.email) = (known.user_id.clone(), known.name.clone(), known.email.clone());
        }
        let mut actions = Vec::new();
        for rep in reps {
            self.about(&name, rep, &mut actions);
        }
        actions.sort_by(|a: &OfficeAction, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        let (tenant_id, user_id) = (self.id.clone(), user.user_id.clone());
        self.data.users.push(user);
        self.office.push(OfficePlan { name, key, tenant_id, user_id, role, actions });
    }

    /// Adds the actions of an office user about one rep.
    fn about(&self, clerk: &str, number: usize, actions: &mut Vec<OfficeAction>) {
        let Some(rep) = &self.known[number] else { return };
        let name = part(clerk, "rep", number);
        let count = between(&mut stream(self.plan.seed, name_key(&name)), self.plan.scenario.office.actions_per_rep);
        for action in 1..=count as usize {
            let name = part(&name, "action", action);
            if !self.plan.removed.takes(&name) {
                let mut stream = stream(self.plan.seed, name_key(&name));
                let deed = self.deed(rep, number, &mut stream);
                actions.extend(deed.map(|(at, what)| OfficeAction { name, at, what }));
            }
        }
    }

    /// The time and the content of an action; none if its element was removed from the plan.
    fn deed(&self, rep: &KnownRep, number: usize, stream: &mut Stream) -> Option<(Time, OfficeDeed)> {
        let deeds = self.plan.scenario.office.deeds;
        let weights = [
            deeds.look,
            deeds.move_,
            deeds.cancel,
            deeds.reassign,
            deeds.create_task,
            deeds.update_task,
            deeds.read_thread,
        ];
        let kind = stream.weighted(weights.into_iter().map(u64::from));
        let visit = stream.pick(&rep.visits).filter(|visit| visit.here);
        let task = stream.pick(&rep.tasks).filter(|(_, here)| *here);
        let (when, text, later) = (stream.range(0..1_000_000), stream.bits(), stream.range(2..9));
        let at = |until: Time| self.within(until, when);
        let close = self.site.zone.at(self.site.date, CLOSES);
        let ahead = |visit: &KnownVisit| at((visit.start - NOTICE).min(close));
        Some(match kind {
            0 => (at(close), OfficeDeed::Look { rep_id: rep.rep_id.clone() }),
            1 => {
                let (visit, by) = (visit?, Span::minutes(later * 15));
                let (start, end) = (visit.start + by, visit.end + by);
                (ahead(visit), OfficeDeed::Move { appointment_id: visit.appointment_id.clone(), start, end })
            }
            2 => (ahead(visit?), OfficeDeed::Cancel { appointment_id: visit?.appointment_id.clone() }),
            3 => {
                let to_rep_id = self.known.get(number ^ 1)?.as_ref()?.rep_id.clone();
                (ahead(visit?), OfficeDeed::Reassign { appointment_id: visit?.appointment_id.clone(), to_rep_id })
            }
            4 => {
                let (appointment_id, description) = (visit?.appointment_id.clone(), TASKS.pick(text));
                (at(close), OfficeDeed::CreateTask { appointment_id, description, due: close + Span::hours(later * 6) })
            }
            5 => (at(close), OfficeDeed::UpdateTask { task_id: task?.0.clone(), due: close + Span::hours(later * 6) }),
            _ => (at(close), OfficeDeed::ReadThread { contact_card_id: visit?.contact_id.clone() }),
        })
    }

    /// A moment between the office's opening and `until`. What cannot wait so long is done by everybody as the office opens,
    /// at the same moment on purpose: that is when two of them change a visit side by side.
    fn within(&self, until: Time, share_ppm: i64) -> Time {
        let name = format!("{}/office/opens", self.site.name);
        let later = Span::micros(stream(self.plan.seed, name_key(&name)).range(0..OPENS_WITHIN.as_micros()));
        let opens = self.site.zone.at(self.site.date, OPENS) + later;
        let length = until.since(opens).as_micros().max(0);
        opens + Span::micros(length / 1_000_000 * share_ppm)
    }
}
