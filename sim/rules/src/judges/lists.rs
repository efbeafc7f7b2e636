//! `appointment.list.complete` (§2.1.1), `task.list.filters` (§2.2.1), `paging.exact` (§0.3), `message.thread` (§2.5.1): what a
//! list must hold, and what it must not.
//!
//! One answer is looked at by itself first. Beyond that, an appointment that any answer showed stands in the list of whom it
//! belongs to on the day on which it is, as soon as nothing disputes either; pages that an intruder reads one after the other
//! neither skip nor repeat while `total` stays; and overdue tasks were counted a moment before they are listed, if nobody wrote a task in between.

use crate::exchanges::{Effect, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::facts::views::{ASSIGNED, OUTCOME, START, STATUS, time_of};
use crate::judge::{Judge, Ops};
use crate::judges::shift;
use crate::notes::Notes;
use crate::tables::{ById, PerClient, Table, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::names::TaskStatus;
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::{Appointment, AppointmentList, AppointmentQuery};
use fieldday_api::wire::messages::MessageThread;
use fieldday_api::wire::tasks::{Task, TaskList, TaskQuery};
use fieldday_history::event::{Cause, Probe};
use fieldday_kernel::time::{Date, Span, Zone};

use Rule::{
    AppointmentListComplete as COMPLETE, MessageThread as THREAD, PagingExact as PAGING, TaskListFilters as FILTERS,
};

/// Days remembered per rep: today, yesterday, around midnight, and where visits are moved to.
const DAYS: usize = 8;

#[derive(Default)]
pub(crate) struct Lists {
    /// The appointments that answers showed to be each rep's on a date.
    days: Table<u32, Vec<(Date, Vec<SmolStr>)>>,
    /// How far each intruder has leafed.
    leafing: PerClient<Option<Leafing>>,
    /// The last count of overdue tasks, by the client that got it.
    overdue: PerClient<Option<Counted>>,
    /// Writes of tasks, and of appointments, with which tasks change hands, by tenant.
    task_writes: [TaskWrites; 16],
    /// Appointments that were not there by their ids although answers had shown them.
    not_by_id: ById<NotById>,
}

/// How long a write without an answer may still land: as long as the specification lets any request take (§3.1).
const MAY_LAND: Span = TimeoutClass::Recording.limit();

/// A tenant's writes of tasks.
#[derive(Clone, Copy, Default)]
struct TaskWrites {
    /// The number of such calls that are in flight.
    in_flight: u32,
    /// Where in the stream the last one was sent or ended.
    last: u64,
    /// When the last one without an answer will have landed, if it lands at all.
    may_land_until: Span,
}

impl TaskWrites {
    fn sent(&mut self, seq: u64) {
        (self.in_flight, self.last) = (self.in_flight + 1, seq);
    }
    fn ended(&mut self, x: &Exchange<'_>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.last = x.ended_seq;
        if x.effect() == Effect::Unknown {
            self.may_land_until = x.ended_at + MAY_LAND;
        }
    }
    /// Whether no write can have landed since that place in the stream, which was at that time.
    fn none_since(&self, seq: u64, at: Span) -> bool {
        self.in_flight == 0 && self.last < seq && self.may_land_until < at
    }
}

/// A look by an id that found nothing.
struct NotById {
    since: u64,
    client: u32,
    /// It was 404, for whoever may see it; a 403 is for whoever asked.
    is_gone: bool,
}

/// What a list of open tasks said of overdue ones.
struct Counted {
    /// Where in the stream it was asked for, and when.
    asked: u64,
    at: Span,
    count: u32,
    /// Overdue tasks in the list itself.
    listed: u32,
}

struct Leafing {
    of: SmolStr,
    /// Where in the stream the first page was asked for, and when.
    since: u64,
    at: Span,
    next: u32,
    total: u32,
    seen: Vec<SmolStr>,
}

impl Judge for Lists {
    const RULES: &'static [Rule] = &[COMPLETE, FILTERS, PAGING, THREAD];
    const SENT: Ops = Ops::of(&[Op::CreateTask, Op::CompleteTask, Op::UpdateTask, Op::UpdateAppointment]);
    const ENDED: Ops = Ops::of(&[
        Op::ListAppointments,
        Op::GetAppointment,
        Op::UpdateAppointment,
        Op::ListTasks,
        Op::GetThread,
        Op::CreateTask,
        Op::CompleteTask,
        Op::UpdateTask,
    ]);

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        self.writes(s.client.tenant).sent(s.attempt.sent_seq);
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if Self::SENT.meets(Ops::of(&[x.op])) {
            self.writes(x.client.tenant).ended(x);
        }
        if let Call::GetAppointment { appointment_id } = &**x.call
            && !matches!(x.cause, Cause::Probe(_))
        {
            self.by_id(x, appointment_id, facts, notes);
        }
        if let Some(Answer::Appointment(detail)) = x.success() {
            self.belongs(x, &detail.appointment, facts);
        }
        match (&**x.call, x.success()) {
            (Call::ListAppointments(query), Some(Answer::Appointments(list))) => {
                day(x, query, list, notes);
                today(x, query, list, notes);
                self.filtered(x, query, list, facts, notes);
                self.is_complete(x, query, list, facts, notes);
                self.shows_by_id(x, list, facts, notes);
            }
            (Call::ListTasks(query), Some(Answer::Tasks(list))) => {
                filters(x, query, list, notes);
                self.overdue(x, query, list, notes);
                let ids = list.tasks.iter().map(|task| &task.id);
                page(x, (query.limit, query.offset), list.total, ids.clone(), notes);
                self.leaf(x, SmolStr::default(), query.offset, list.total, ids, notes);
            }
            (Call::GetThread { contact_card_id, page: asked }, Some(Answer::Thread(thread))) => {
                messages(x, contact_card_id, thread, notes);
                let ids = thread.messages.iter().map(|message| &message.id);
                page(x, (asked.limit, asked.offset), thread.total, ids.clone(), notes);
                self.leaf(x, contact_card_id.clone(), asked.offset, thread.total, ids, notes);
            }
            _ => {}
        }
    }
}

/// Judges the list of a day, without looking at other answers.
fn day(x: &Exchange<'_>, query: &AppointmentQuery, list: &AppointmentList, notes: &mut Notes) {
    let zone = &x.client.zone;
    let entries = &list.appointments;
    let twice =
        entries.iter().enumerate().find(|(i, a)| entries[..*i].iter().any(|b| b.appointment_id == a.appointment_id));
    let elsewhere = entries.iter().find(|a| zone.date(a.scheduled_start) != list.date);
    let whole = query.limit.is_some() || list.total as usize == entries.len();
    let paged = !whole && is_page(list);
    if paged {
        notes.reading(Reading::AppointmentsPaged, x, || {
            format!("the list of {} has {} of {} appointments", list.date, entries.len(), list.total)
        });
    }
    let says = match query.date.filter(|date| *date != list.date) {
        Some(date) => Some(format!("expected the list of {date}, got that of {}", list.date)),
        None if !whole && !paged => {
            Some(format!("expected total to be the {} appointments of the list, it is {}", entries.len(), list.total))
        }
        None => None,
    };
    let says = says
        .or(twice.map(|(_, a)| format!("expected {} once in the list, it is there twice", a.appointment_id)))
        .or(elsewhere.map(|a| {
            let (id, at) = (&a.appointment_id, a.scheduled_start);
            format!("expected only appointments of {} in {}, {id} is at {at}", list.date, zone.name)
        }));
    let is_case = list.total > 0 || !entries.is_empty();
    notes.judge_if(is_case, Part::ListWhole, x, says.is_none(), || says.unwrap_or_default());
}

/// A list asked for without a date is today's, by the tenant's clock.
fn today(x: &Exchange<'_>, query: &AppointmentQuery, list: &AppointmentList, notes: &mut Notes) {
    let Some(today) = shift::date(x, notes).filter(|_| query.date.is_none()) else { return };
    let in_utc = Zone::utc().date(notes.settings.start + x.sent_at);
    let part = if in_utc == today { Part::ListToday } else { Part::ListTodayApart };
    notes.judge(part, x, list.date == today, || {
        format!("expected the list of {today}, which is today, got that of {}", list.date)
    });
}

/// Whether a day's list is cut at what §0.3 says of all lists.
fn is_page(list: &AppointmentList) -> bool {
    let entries = list.appointments.len() as u32;
    entries < list.total && [defaults::FIRST_PAGE, defaults::PAGE].contains(&entries)
}

/// Judges one page of a list, without looking at the other pages.
fn page<'a>(
    x: &Exchange<'_>,
    (limit, offset): (Option<u32>, Option<u32>),
    total: u32,
    ids: impl Iterator<Item = &'a SmolStr> + Clone,
    notes: &mut Notes,
) {
    let entries = ids.clone().count() as u32;
    let offset = offset.unwrap_or(0);
    let rest = total.saturating_sub(offset);
    let whole = match limit {
        Some(limit) => entries == rest.min(limit),
        // The default is the backend's to choose: 50 or 100.
        None => entries == rest || (entries < rest && [defaults::FIRST_PAGE, defaults::PAGE].contains(&entries)),
    };
    let twice = ids.clone().enumerate().find(|(i, id)| ids.clone().take(*i).any(|before| before == *id));
    let is_case = total > 0 || entries > 0;
    notes.judge_if(is_case, Part::PageFull, x, whole && twice.is_none(), || match twice {
        Some((_, id)) => format!("expected {id} once on a page, it is there twice"),
        None => {
            let asked = limit.map_or_else(|| "no limit".to_owned(), |limit| format!("limit {limit}"));
            let due = rest.min(limit.unwrap_or(rest));
            let why = match entries > due && offset + entries > total {
                true => format!("total {total} is less than the {} up to its end", offset + entries),
                false => format!("total is {total}, so it is not full"),
            };
            format!("expected {due} entries with offset {offset} and {asked}, got {entries}: {why}")
        }
    });
}

/// Whether a task passes a filter.
type Fits<'a> = &'a dyn Fn(&Task) -> bool;

fn filters(x: &Exchange<'_>, query: &TaskQuery, list: &TaskList, notes: &mut Notes) {
    let status = |task: &Task| match query.status {
        // Both readings: whether what is overdue is open, too.
        Some(TaskStatus::Open) => matches!(task.status, TaskStatus::Open | TaskStatus::Overdue),
        Some(status) => task.status == status,
        None => true,
    };
    let listed = overdue_in(list);
    if query.status == Some(TaskStatus::Open) && listed > 0 {
        notes.reading(Reading::OpenIncludesOverdue, x, || format!("a list of open tasks holds {listed} overdue ones"));
    }
    let overdue = |task: &Task| query.overdue.is_none_or(|overdue| overdue == (task.status == TaskStatus::Overdue));
    let due = |task: &Task| {
        query.due_before.is_none_or(|before| task.due_at.is_some_and(|due| due <= before))
            && query.due_after.is_none_or(|after| task.due_at.is_some_and(|due| due >= after))
    };
    let links = |task: &Task| {
        let of = |wanted: &Option<SmolStr>, has: &Option<SmolStr>| wanted.is_none() || wanted == has;
        of(&query.lead_id, &task.lead_id) && of(&query.contact_card_id, &task.contact_card_id)
    };
    let asked_due = query.due_before.is_some() || query.due_after.is_some();
    let asked_links = query.lead_id.is_some() || query.contact_card_id.is_some();
    let filters: [(Part, bool, Fits<'_>); 4] = [
        (Part::FilterStatus, query.status.is_some(), &status),
        (Part::FilterOverdue, query.overdue.is_some(), &overdue),
        (Part::FilterDue, asked_due, &due),
        (Part::FilterLinks, asked_links, &links),
    ];
    for (part, is_asked, fits) in filters {
        let unfit = list.tasks.iter().find(|task| !fits(task));
        // A list without entries may be one of a rep without tasks.
        notes.judge_if(is_asked && !list.tasks.is_empty(), part, x, unfit.is_none(), || {
            let due = unfit.and_then(|task| task.due_at).map_or_else(|| "null".to_owned(), |due| due.to_string());
            let (id, status) = unfit.map_or(("", TaskStatus::Open), |task| (task.id.as_str(), task.status));
            format!("expected tasks that fit {}, {id} has status {status}, due_at {due}", asked(query)).about(id)
        });
    }
    notes.judge_if(listed > 0, Part::CountTooLow, x, listed <= list.overdue_count, || {
        format!("expected {listed} overdue tasks at least, overdue_count says {}", list.overdue_count)
    });
}

/// The filters of a query in a few words.
fn asked(query: &TaskQuery) -> String {
    let filters = [
        query.status.map(|status| format!("status {status}")),
        query.overdue.map(|overdue| format!("overdue {overdue}")),
        query.due_before.map(|before| format!("due_before {before}")),
        query.due_after.map(|after| format!("due_after {after}")),
        query.lead_id.as_ref().map(|id| format!("lead_id {id}")),
        query.contact_card_id.as_ref().map(|id| format!("contact_card_id {id}")),
    ];
    filters.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn overdue_in(list: &TaskList) -> u32 {
    list.tasks.iter().filter(|task| task.status == TaskStatus::Overdue).count() as u32
}

fn messages(x: &Exchange<'_>, contact: &SmolStr, thread: &MessageThread, notes: &mut Notes) {
    let messages = &thread.messages;
    let several = messages.len() > 1;
    notes.judge_if(!messages.is_empty(), Part::ThreadContact, x, thread.contact_card_id == *contact, || {
        format!("expected the messages of {contact}, got those of {}", thread.contact_card_id)
    });
    let pairs = || messages.windows(2);
    let disorder = pairs().find(|pair| pair[0].created_at > pair[1].created_at);
    let newest_first = disorder.is_some() && pairs().all(|pair| pair[0].created_at >= pair[1].created_at);
    if newest_first {
        notes.reading(Reading::ThreadNewestFirst, x, || format!("the thread of {contact} comes newest first"));
    }
    let disorder = disorder.filter(|_| !newest_first);
    notes.judge_if(several, Part::ThreadOrder, x, disorder.is_none(), || {
        disorder.map_or_else(String::new, |pair| {
            let [a, b] = [&pair[0], &pair[1]];
            let (was, is) = (a.created_at, b.created_at);
            format!("expected messages by created_at, {} of {is} comes after {} of {was}, others before", b.id, a.id)
        })
    });
    let twice = messages.iter().enumerate().find(|(i, m)| messages[..*i].iter().any(|before| before.id == m.id));
    notes.judge_if(several, Part::ThreadOnce, x, twice.is_none(), || {
        format!("expected {} once in its thread, it is there twice", twice.map_or("", |(_, m)| m.id.as_str()))
    });
}

impl Lists {
    /// An appointment by itself says whose list of which date it belongs to.
    fn belongs(&mut self, x: &Exchange<'_>, shown: &Appointment, facts: &Facts) {
        let Some(rep) = shown.assigned_rep_id.as_ref().and_then(|id| facts.person(id)) else { return };
        if !x.shows("scheduled_start") {
            return;
        }
        let date = x.client.zone.date(shown.scheduled_start);
        let ids = self.day(rep, date);
        if !ids.contains(&shown.id) {
            ids.push(shown.id.clone());
        }
    }
    /// What a filter lets through fits it, and what is known to fit comes through.
    fn filtered(
        &mut self,
        x: &Exchange<'_>,
        query: &AppointmentQuery,
        list: &AppointmentList,
        facts: &Facts,
        notes: &mut Notes,
    ) {
        if query.status.is_none() && query.outcome.is_none() {
            return;
        }
        let unfit = list.appointments.iter().find(|a| {
            query.status.is_some_and(|status| a.status != status)
                || query.outcome.is_some_and(|outcome| a.outcome != outcome)
        });
        let rep = match &query.rep_id {
            Some(rep_id) => facts.person(rep_id),
            None => x.client.is_phone().then_some(x.client.index),
        };
        let known = rep.map_or(&[][..], |rep| self.day(rep, list.date));
        let settled = |id: &SmolStr, field| facts.appointments.get(id).and_then(|a| a.settled(field));
        let fits = |id: &&SmolStr| {
            let is_due = settled(id, START).map(|at| x.client.zone.date(time_of(at))) == Some(list.date)
                && settled(id, ASSIGNED) == rep.map(u64::from);
            is_due
                && query.status.is_none_or(|status| settled(id, STATUS) == Some(status as u64))
                && query.outcome.is_none_or(|outcome| settled(id, OUTCOME) == Some(outcome as u64))
        };
        let shown = |id: &SmolStr| list.appointments.iter().any(|a| a.appointment_id == *id);
        let missing = known.iter().filter(fits).find(|id| query.limit.is_none() && !shown(id));
        let is_case = !list.appointments.is_empty() || !known.is_empty();
        notes.judge_if(is_case, Part::ListFilter, x, unfit.is_none() && missing.is_none(), || match (unfit, missing) {
            (Some(a), _) => format!("expected the filters to hold, {} does not fit", a.appointment_id),
            (None, id) => format!("expected {} in the list, which fits its filters", id.map_or("", |id| id.as_str())),
        });
    }
    /// What answers showed to be the rep's is there by its id; for the office, what is known to be anybody's.
    fn by_id(&mut self, x: &Exchange<'_>, id: &SmolStr, facts: &Facts, notes: &mut Notes) {
        let is_known = match x.client.is_phone() {
            true => {
                let days = self.days.get(&x.client.index);
                days.is_some_and(|days| days.iter().any(|(_, ids)| ids.contains(id)))
            }
            false => facts.appointments.get(id).is_some_and(|a| a.settled(ASSIGNED).is_some()),
        };
        match (x.success(), x.refusal()) {
            (Some(_), _) => {
                self.not_by_id.swap_remove(id);
                if is_known {
                    notes.held(Part::ListById);
                }
            }
            (None, Some(status @ (403 | 404))) if is_known => {
                let is_gone = status == 404;
                let not_by_id = NotById { since: x.ended_seq, client: x.client.index, is_gone };
                self.not_by_id.insert(id.clone(), not_by_id);
            }
            _ => {}
        }
    }
    /// What was not there by its id is not in a later list either, unless somebody gave it back.
    fn shows_by_id(&mut self, x: &Exchange<'_>, list: &AppointmentList, facts: &Facts, notes: &mut Notes) {
        if self.not_by_id.is_empty() {
            return;
        }
        for entry in &list.appointments {
            let id = &entry.appointment_id;
            let asked = |of: &&NotById| of.since < x.sent_seq && (of.is_gone || of.client == x.client.index);
            let given = || facts.appointments.get(id).is_some_and(|a| a.was_written(ASSIGNED));
            if self.not_by_id.get(id).filter(asked).is_none() || given() {
                continue;
            }
            self.not_by_id.swap_remove(id);
            notes.broken(Part::ListById, x, || {
                format!("expected a read by id to find {id}, as the lists before and after show it; it did not")
            });
        }
    }
    /// What is known to be the rep's on the date stands in the list, whoever moved it there or gave it to the rep.
    fn is_complete(
        &mut self,
        x: &Exchange<'_>,
        query: &AppointmentQuery,
        list: &AppointmentList,
        facts: &Facts,
        notes: &mut Notes,
    ) {
        let rep = match &query.rep_id {
            Some(rep_id) => facts.person(rep_id),
            None => x.client.is_phone().then_some(x.client.index),
        };
        let filtered = query.status.is_some() || query.outcome.is_some() || query.limit.is_some() || is_page(list);
        let Some(rep) = rep.filter(|_| !filtered) else { return };
        // Nothing disputes a field of which no write is under way or in doubt, now or since the list was asked for.
        let settled = |id: &SmolStr, field| facts.appointments.get(id).and_then(|a| a.settled(field));
        let on_date = |id: &SmolStr| settled(id, START).map(|at| x.client.zone.date(time_of(at)) == list.date);
        let theirs = |id: &SmolStr| settled(id, ASSIGNED).map(|assigned| assigned == u64::from(rep));
        let is_due = |id: &SmolStr| on_date(id) == Some(true) && theirs(id) == Some(true);
        let is_elsewhere = |id: &SmolStr| on_date(id) == Some(false) || theirs(id) == Some(false);
        let shown = || list.appointments.iter().map(|a| &a.appointment_id);
        let ids = self.day(rep, list.date);
        if !ids.is_empty() {
            let missing = ids.iter().find(|id| !shown().any(|shown| shown == *id) && is_due(id));
            notes.judge(Part::ListKnown, x, missing.is_none(), || {
                let id = missing.map_or("", |id| id.as_str());
                format!("expected {id} in the list of {}, since it is of that rep and date; it is missing", list.date)
                    .about(id)
            });
        }
        ids.retain(|id| !is_elsewhere(id));
        let new: Vec<SmolStr> = shown().filter(|id| !ids.contains(id)).cloned().collect();
        ids.extend(new);
    }
    /// What is known to be a rep's on a date.
    fn day(&mut self, rep: u32, date: Date) -> &mut Vec<SmolStr> {
        let days = self.days.entry(rep).or_default();
        let place = days.iter().position(|(known, _)| *known == date).unwrap_or_else(|| {
            push_bounded(days, DAYS, (date, Vec::new()));
            days.len() - 1
        });
        &mut days[place].1
    }
    fn writes(&mut self, tenant: u8) -> &mut TaskWrites {
        &mut self.task_writes[usize::from(tenant) % 16]
    }
    /// Tasks that were overdue when they were counted are no more than were counted.
    fn overdue(&mut self, x: &Exchange<'_>, query: &TaskQuery, list: &TaskList, notes: &mut Notes) {
        let counted = self.overdue.of(x.client.index);
        if !x.shows("overdue_count") || !x.shows("due_at") {
            *counted = None;
        } else if query.status == Some(TaskStatus::Open) && query.assignee_id.is_none() {
            let (asked, at, count, listed) = (x.sent_seq, x.sent_at, list.overdue_count, overdue_in(list));
            *counted = Some(Counted { asked, at, count, listed });
        } else if query.status == Some(TaskStatus::Overdue) && query.assignee_id.is_none() {
            let Some(Counted { asked, at, count, listed }) = counted.take() else { return };
            if !self.writes(x.client.tenant).none_since(asked, at) {
                return;
            }
            let at = notes.settings.start + at - notes.settings.leeway;
            let total = list.total;
            notes.judge_if(count > 0 || total > 0, Part::CountTooHigh, x, count <= total, || {
                format!("expected overdue_count to count the {total} overdue tasks alone, it said {count}")
            });
            let were = list.tasks.iter().filter(|task| task.due_at.is_some_and(|due| due < at)).count() as u32;
            // Counted within the filter, there are as many as the list of open tasks itself holds.
            if were > count && count == listed {
                return notes.reading(Reading::OverdueCountOfFilter, x, || {
                    format!("overdue_count of the open tasks was {count} with {were} overdue tasks")
                });
            }
            notes.judge_if(were > 0, Part::CountTooLow, x, were <= count, || {
                format!("expected overdue_count to count all {were} overdue tasks, it said {count}")
            });
        }
    }
    /// Pages that an intruder reads one after the other.
    fn leaf<'a>(
        &mut self,
        x: &Exchange<'_>,
        of: SmolStr,
        offset: Option<u32>,
        total: u32,
        ids: impl Iterator<Item = &'a SmolStr>,
        notes: &mut Notes,
    ) {
        if x.cause != Cause::Probe(Probe::Page) || !x.shows("total") {
            return;
        }
        let leafing = self.leafing.of(x.client.index);
        let offset = offset.unwrap_or(0);
        if offset == 0 {
            *leafing =
                Some(Leafing { of: of.clone(), since: x.sent_seq, at: x.sent_at, next: 0, total, seen: Vec::new() });
        }
        // A task that is written meanwhile may come to stand elsewhere.
        let writes = self.task_writes[usize::from(x.client.tenant) % 16];
        let is_same = |l: &&mut Leafing| {
            l.of == of && l.next == offset && l.total == total && (!of.is_empty() || writes.none_since(l.since, l.at))
        };
        let Some(list) = leafing.as_mut().filter(is_same) else {
            *leafing = None;
            return;
        };
        let mut again = None;
        for id in ids {
            again = again.or(list.seen.contains(id).then(|| id.clone()));
            list.seen.push(id.clone());
            list.next += 1;
        }
        let due = total.min(offset + 5);
        notes.judge_if(offset > 0, Part::PageSequence, x, again.is_none() && list.seen.len() as u32 == due, || {
            match again {
                Some(id) => format!("expected {id} on one page, it is on two"),
                None => format!("expected {due} entries on the pages so far, there were {}", list.seen.len()),
            }
        });
    }
}
