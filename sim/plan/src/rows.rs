//! What the database holds about a rep's customers before the day begins: today's appointments, those of the two weeks
//! before and of tomorrow, their people, leads, messages and tasks, and some recordings.

use super::VisitPlan;
use super::rep::RepMaker;
use super::tenant::{Here, TenantMaker};
use super::texts::{INBOUND, NOTES, OUTBOUND, PROVIDER, SERVICES, TASKS};
use crate::keys::{between, id, part, stream};
use crate::people;
use fieldday_api::SmolStr;
use fieldday_api::dataset::{OwnedTask, Thread};
use fieldday_api::fixed::Money;
use fieldday_api::names::{
    AppointmentStatus, Assignee, Direction, LeadStatus, Outcome, Priority, SenderRole, TaskStatus,
};
use fieldday_api::private::Private;
use fieldday_api::wire::appointments::{Appointment, Contact, Lead};
use fieldday_api::wire::messages::Message;
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::random::{Stream, join_keys, name_key};
use fieldday_kernel::time::{Span, Time, TimeOfDay};

/// How many appointments of the two weeks before, and of tomorrow, each rep has.
const PAST: usize = 6;
const TOMORROW: usize = 2;
/// House numbers: each rep has a range of its own, so that an address names one place of the tenant.
const HOUSES_PER_REP: u64 = 40;
const FIRST_PAST_HOUSE: u64 = 12;
const FIRST_TOMORROW_HOUSE: u64 = 24;
/// So many of a million threads and task lists are long enough to need a second page.
const LONG_PPM: u32 = 20_000;

/// The ids that the rows of an appointment share.
pub(super) struct Subject {
    key: u64,
    appointment_id: SmolStr,
    contact_id: SmolStr,
    lead_id: SmolStr,
    /// The moment at which the appointment was made, before the day.
    created_at: Time,
}

impl Subject {
    fn new(key: u64, created_at: Time) -> Subject {
        let (appointment_id, contact_id, lead_id) = (id("appt_", key), id("contact_", key), id("lead_", key));
        Subject { key, appointment_id, contact_id, lead_id, created_at }
    }
}

/// When an appointment is, and what came of it so far.
struct Standing {
    start: Time,
    end: Time,
    status: AppointmentStatus,
    outcome: Outcome,
    deal_size: Option<Money>,
    lead: LeadStatus,
}

impl TenantMaker<'_> {
    /// The rows behind a visit. `here` is false of one that was taken out; what is drawn for others is drawn all the same.
    pub(super) fn visit_rows(
        &mut self,
        rep: &mut RepMaker,
        visit: &VisitPlan,
        key: u64,
        number: usize,
        here: Here,
        mut stream: Stream,
    ) {
        let has_task = stream.bernoulli(350_000);
        let status =
            if stream.bernoulli(600_000) { AppointmentStatus::Confirmed } else { AppointmentStatus::Scheduled };
        let created_at = visit.start - Span::hours(stream.range(72..480));
        let subject = Subject::new(key, created_at);
        if here {
            let standing = Standing {
                start: visit.start,
                end: visit.end,
                status,
                outcome: Outcome::Pending,
                deal_size: None,
                lead: LeadStatus::Qualified,
            };
            let house = self.house(rep.number, number as u64);
            let phone = self.appointment(rep, &subject, &standing, house, Some(visit.place), &mut stream);
            self.thread(&subject, phone, visit.start, &mut stream);
        }
        if has_task {
            self.task(rep, part(&visit.name, "task", 1), Some(&subject), here);
        }
    }

    /// Everything of a rep that is not of today's visits.
    pub(super) fn other_rows(&mut self, rep: &mut RepMaker, draw: u64) {
        for number in 1..=PAST {
            self.past(rep, number);
        }
        for number in 1..=TOMORROW {
            self.tomorrow(rep, number);
        }
        let long = draw % 1_000_000 < u64::from(LONG_PPM);
        let tasks = if long { 60 + (draw >> 32) % 80 } else { 2 };
        for number in 1..=tasks as usize {
            self.task(rep, part(&rep.name, "task", number), None, true);
        }
    }

    fn house(&self, rep: usize, ordinal: u64) -> u64 {
        100 + rep as u64 * HOUSES_PER_REP + ordinal
    }

    fn past(&mut self, rep: &mut RepMaker, number: usize) {
        let name = part(&rep.name, "past", number);
        let key = name_key(&name);
        let mut stream = stream(self.plan.seed, key);
        let has_task = stream.bernoulli(300_000);
        // Two of yesterday, the others anywhere in the two weeks before.
        let days_ago = if number <= 2 { 1 } else { stream.range(2..15) };
        let quarter = stream.range(36..68);
        let date = self.site.date.plus_days(-(days_ago as i32));
        let start = self.site.zone.at(date, TimeOfDay::hm(quarter as u32 / 4, quarter as u32 % 4 * 15));
        let end = start + Span::minutes(between(&mut stream, rep.persona.visit_minutes));
        let subject = Subject::new(key, start - Span::hours(stream.range(72..480)));
        let here = self.named_row(name, &subject.appointment_id);
        if here {
            let deal = Money::whole(between(&mut stream, rep.persona.deal_dollars) / 50 * 50 + 50);
            let (status, outcome, lead) = match stream.below(100) {
                0..32 => (AppointmentStatus::Completed, Outcome::Won, LeadStatus::Won),
                32..68 => (AppointmentStatus::Completed, Outcome::Lost, LeadStatus::Lost),
                68..78 => (AppointmentStatus::Completed, Outcome::Rescheduled, LeadStatus::Qualified),
                78..86 => (AppointmentStatus::NoShow, Outcome::NoShow, LeadStatus::Unqualified),
                86..92 => (AppointmentStatus::Cancelled, Outcome::Pending, LeadStatus::New),
                _ => (AppointmentStatus::Completed, Outcome::Pending, LeadStatus::Qualified),
            };
            let deal_size = (outcome == Outcome::Won).then_some(deal);
            let standing = Standing { start, end, status, outcome, deal_size, lead };
            let house = self.house(rep.number, FIRST_PAST_HOUSE + number as u64);
            self.appointment(rep, &subject, &standing, house, None, &mut stream);
            if number == 1 && status == AppointmentStatus::Completed {
                self.past_session(rep, key, &subject.appointment_id, (start, end), outcome, &mut stream);
            }
        }
        if has_task {
            self.task(rep, part(&part(&rep.name, "past", number), "task", 1), Some(&subject), here);
        }
    }

    fn tomorrow(&mut self, rep: &mut RepMaker, number: usize) {
        let name = part(&rep.name, "tomorrow", number);
        let key = name_key(&name);
        let mut stream = stream(self.plan.seed, key);
        let hour = 8 + 4 * number as u32 + stream.below(3) as u32;
        let start = self.site.zone.at(self.site.date.plus_days(1), TimeOfDay::hm(hour.min(20), 0));
        let end = start + Span::minutes(between(&mut stream, rep.persona.visit_minutes));
        let area = self.site.territory.any_area(&mut stream);
        let place = self.site.territory.place_in(area, &mut stream);
        let subject = Subject::new(key, start - Span::hours(stream.range(72..480)));
        if self.named_row(name, &subject.appointment_id) {
            let (status, outcome, lead) = (AppointmentStatus::Scheduled, Outcome::Pending, LeadStatus::New);
            let standing = Standing { start, end, status, outcome, deal_size: None, lead };
            let house = self.house(rep.number, FIRST_TOMORROW_HOUSE + number as u64);
            self.appointment(rep, &subject, &standing, house, Some(place), &mut stream);
        }
    }

    /// An appointment with its customer and lead; the customer's telephone number.
    fn appointment(
        &mut self,
        rep: &RepMaker,
        subject: &Subject,
        standing: &Standing,
        house: u64,
        place: Option<fieldday_radio::place::Point>,
        stream: &mut Stream,
    ) -> Private {
        let (first_name, last_name) = people::name(stream);
        let (phone, address) = (people::phone(stream), people::address(stream, house));
        let email = stream.bernoulli(800_000).then(|| people::email(b'c', subject.key));
        self.places.extend(place.map(|place| (address.token(), place)));
        let draw = stream.bits();
        self.data.contacts.push(Contact {
            id: subject.contact_id.clone(),
            first_name,
            last_name,
            phone_number: phone.clone(),
            email,
            address: address.clone(),
        });
        let updated_at = standing.end.min(subject.created_at + Span::hours(1 + (draw % 48) as i64));
        self.data.leads.push(Lead {
            id: subject.lead_id.clone(),
            status: standing.lead,
            deal_size: standing.deal_size,
            created_at: subject.created_at - Span::hours(2 + (draw >> 16 & 63) as i64),
        });
        self.data.appointments.push(Appointment {
            id: subject.appointment_id.clone(),
            lead_id: subject.lead_id.clone(),
            contact_card_id: subject.contact_id.clone(),
            scheduled_start: standing.start,
            scheduled_end: standing.end,
            status: standing.status,
            outcome: standing.outcome,
            assigned_rep_id: Some(rep.rep_id.clone()),
            location: address,
            service_type: SERVICES[(draw >> 24 & 7) as usize].clone(),
            notes: (draw >> 32 & 3 == 0).then(|| NOTES.pick(draw >> 40)),
            deal_size: standing.deal_size,
            created_at: subject.created_at,
            updated_at,
        });
        phone
    }

    /// The messages of a customer: from the day the appointment was made, some still to come on the day.
    fn thread(&mut self, subject: &Subject, customer: Private, visit: Time, stream: &mut Stream) {
        let many = stream.bernoulli(LONG_PPM);
        let count = if many { stream.range(110..260) } else { stream.range(2..11) };
        let still_to_come = stream.bernoulli(300_000);
        let until = if still_to_come { visit + Span::minutes(90) } else { visit - Span::hours(12) };
        let step = until.since(subject.created_at).as_micros() / count;
        let office = self.office_phone();
        let seed = join_keys(subject.key, stream.bits());
        let messages = (0..count).map(|i| {
            // A number a message, not a stream: nobody takes a single message out.
            let draw = join_keys(seed, i as u64);
            let inbound = draw & 1 == 0;
            let late = (draw >> 8 & 0xf_ffff) as i64 * step / 0x10_0000;
            Message {
                id: id("msg_", draw),
                sender: if inbound { customer.clone() } else { office.clone() },
                sender_role: match draw >> 1 & 3 {
                    _ if inbound => SenderRole::Customer,
                    0 => SenderRole::Csr,
                    1 => SenderRole::Ai,
                    _ => SenderRole::SalesRep,
                },
                body: if inbound { INBOUND.pick(draw >> 32) } else { OUTBOUND.pick(draw >> 32) },
                direction: if inbound { Direction::Inbound } else { Direction::Outbound },
                created_at: subject.created_at + Span::micros(step * i + late),
                provider: PROVIDER,
                message_sid: id("SM", draw.rotate_left(17)),
                delivered: draw >> 3 & 31 != 0,
                read: draw >> 40 & 1 == 0,
            }
        });
        self.data.threads.push(Thread { contact_card_id: subject.contact_id.clone(), messages: messages.collect() });
    }

    fn office_phone(&self) -> Private {
        Private::new(SmolStr::new_static("+12015550100"))
    }

    /// A task of the rep: about an appointment, or about nothing.
    fn task(&mut self, rep: &mut RepMaker, name: String, about: Option<&Subject>, about_here: Here) {
        let key = name_key(&name);
        let id = id("task_", key);
        let here = about_here && self.named_row(name, &id);
        rep.known.tasks.push((id.clone(), here));
        if !here {
            return;
        }
        let mut stream = stream(self.plan.seed, key);
        let morning = self.site.zone.at(self.site.date, TimeOfDay::hm(9, 0));
        let due_at = morning + Span::hours(stream.range(-96..97));
        let draw = stream.bits();
        let status = match draw % 20 {
            0..5 => TaskStatus::Completed,
            5 => TaskStatus::Cancelled,
            _ => TaskStatus::Open,
        };
        // Nothing is made or done in the future, as the morning has it.
        let created_at = (due_at - Span::hours(24 + (draw >> 8 & 127) as i64)).min(morning - Span::hours(14));
        let completed_at = (status == TaskStatus::Completed)
            .then(|| (due_at - Span::hours((draw >> 16 & 15) as i64)).min(morning - Span::hours(13)).max(created_at));
        let task = Task {
            id,
            description: TASKS.pick(draw >> 24),
            status,
            assigned_to: Assignee::SalesRep,
            due_at: Some(due_at),
            priority: Priority::ALL[(draw >> 40) as usize % Priority::ALL.len()],
            contact_card_id: about.map(|s| s.contact_id.clone()),
            lead_id: about.map(|s| s.lead_id.clone()),
            appointment_id: about.map(|s| s.appointment_id.clone()),
            notes: None,
            completed_at,
            completed_by: completed_at.map(|_| rep.user_id.clone()),
            created_at,
            updated_at: Some(completed_at.unwrap_or(created_at)),
        };
        self.data.tasks.push(OwnedTask { rep_id: Some(rep.rep_id.clone()), task });
    }
}
