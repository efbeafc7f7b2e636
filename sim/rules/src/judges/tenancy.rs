//! `tenancy.isolated` (§0.1, §0.5): no answer carries anything of another tenant.
//!
//! An id belongs to the tenant to whose clients it was first shown. Shown to another tenant's, it has leaked, whichever
//! of the two it belongs to. Appointments, tasks and sessions are looked up by the facts anyway; what a list's entry names
//! beside itself is looked up when the entry is new.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{Table, digest, digest_of};
use crate::told::About;
use fieldday_api::call::{Answer, Call};
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::AppointmentDetail;

#[derive(Default)]
pub(crate) struct Isolated {
    tenants: Table<u64, u8>,
    /// The first tenant whose clients were shown rows, and whether there was another.
    first: Option<u8>,
    several: bool,
}

impl Judge for Isolated {
    const RULES: &'static [Rule] = &[Rule::TenancyIsolated];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(answer) = x.success() else { return };
        let (tenant, mut leaked) = (x.client.tenant, facts.looked.leaked.as_ref().map(|id| id.to_string()));
        ids(answer, &facts.looked.new, |kind, id| {
            // No id is no id that two tenants share.
            if id.is_empty() {
                return;
            }
            let key = key(kind, id);
            match self.tenants.get(&key) {
                None => drop(self.tenants.insert(key, tenant)),
                Some(owner) if *owner == tenant => {}
                Some(_) => leaked = Some(id.to_owned()),
            }
        });
        if let Call::GetThread { contact_card_id: id, .. } = &**x.call
            && self.tenants.get(&key("contact", id)).is_some_and(|owner| *owner != tenant)
        {
            leaked = Some(id.to_string());
        }
        if is_of_a_tenant(answer) {
            // As long as nobody else was shown anything, nothing can be somebody else's.
            self.several |= *self.first.get_or_insert(tenant) != tenant;
            notes.judge_if(self.several, Part::TenancyShown, x, leaked.is_none(), || {
                let id = leaked.unwrap_or_default();
                format!("expected nothing of another tenant, but clients of two tenants were shown {id}").about(&id)
            });
        }
    }
}

/// An id within its kind: where ids are numbers, a contact and a lead of two tenants may have the same.
fn key(kind: &str, id: &str) -> u64 {
    digest_of(&[digest(kind), digest(id)])
}

/// Whether an answer shows anything that a tenant has.
fn is_of_a_tenant(answer: &Answer) -> bool {
    match answer {
        Answer::Appointments(list) => !list.appointments.is_empty(),
        Answer::Tasks(list) => !list.tasks.is_empty(),
        Answer::Wins(feed) => !feed.posts.is_empty(),
        Answer::Rag(_) | Answer::Health(_) | Answer::Stored | Answer::Error(_) | Answer::Foreign(_) => false,
        _ => true,
    }
}

/// The ids in an answer that belong to one tenant, but for appointments, tasks and shown sessions themselves. Of a list, those of the
/// entries in the places `new`.
fn ids(answer: &Answer, new: &[usize], mut each: impl FnMut(&'static str, &str)) {
    match answer {
        Answer::Appointments(list) => {
            for entry in new.iter().map(|place| &list.appointments[*place]) {
                each("lead", &entry.lead_id);
                each("contact", &entry.contact_card_id);
            }
        }
        Answer::Appointment(detail) => {
            let AppointmentDetail { appointment: a, lead, contact } = &**detail;
            [&a.lead_id, &lead.id].iter().for_each(|id| each("lead", id));
            [&a.contact_card_id, &contact.id].iter().for_each(|id| each("contact", id));
            a.assigned_rep_id.iter().for_each(|id| each("user", id));
        }
        Answer::Tasks(list) => {
            for task in new.iter().map(|place| &list.tasks[*place]) {
                task.contact_card_id.iter().for_each(|id| each("contact", id));
                task.lead_id.iter().for_each(|id| each("lead", id));
            }
        }
        Answer::RecordingStarted(started) => each("session", &started.recording_session_id),
        Answer::ShiftDay(day) => {
            each("shift", &day.shift.id);
            each("user", &day.shift.rep_id);
        }
        Answer::Shift(shift) => {
            each("shift", &shift.id);
            each("user", &shift.rep_id);
        }
        Answer::Thread(thread) => {
            each("contact", &thread.contact_card_id);
            // A thread is one contact's: its ends tell whose.
            [thread.messages.first(), thread.messages.last()]
                .into_iter()
                .flatten()
                .for_each(|message| each("message", &message.id));
        }
        Answer::Wins(feed) => feed.posts.iter().for_each(|post| {
            each("win", &post.id);
            each("user", &post.rep_id);
        }),
        Answer::Win(win) => each("win", &win.id),
        Answer::Uploaded(done) => each("session", &done.recording_session_id),
        _ => {}
    }
}
