//! Lists of tasks that the pass made: filters, counts, pages over ties and during inserts; and threads page by page.

use crate::actor::Reply;
use crate::tasks::{Group, complete, new, task, update};
use crate::{Pass, place};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::names::{AppointmentStatus, Outcome, TaskStatus};
use fieldday_api::rules::Rule;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::{Task, TaskList, TaskPatch, TaskQuery};
use fieldday_kernel::time::Span;
use fieldday_kernel::time::Time;
use std::collections::BTreeSet;

use Rule::{
    AnswerSchema as SCHEMA, AppointmentListComplete as LIST, PagingExact as PAGING, TaskListFilters as FILTERS,
};

/// So many times eight tasks make a list long, whatever else is in it.
const MANY: usize = 9;
/// So many whole lists are read side by side.
const LISTS: usize = 12;
/// How many times the lists are read, so that there are answers enough for a share of late ones.
const ROUNDS: usize = 9;

fn tasks(reply: &Reply) -> Option<&TaskList> {
    match reply.success()? {
        Answer::Tasks(list) => Some(list),
        _ => None,
    }
}

impl Pass {
    pub(crate) async fn filters_and_counts(&self) {
        let (by, group) = (self.rep(), self.group(12));
        for number in 0..4 {
            self.creates(place::REP, new("to be filtered", Some(group.due(number)))).await;
        }
        let made: Vec<Task> = self.tasks_of(by, group).await.unwrap_or_default();
        let set = |status| TaskPatch { status: Some(status), ..TaskPatch::default() };
        if let [done, cancelled, ..] = &made[..] {
            by.ask(complete(&done.id)).await;
            by.ask(update(&cancelled.id, set(TaskStatus::Cancelled))).await;
        }
        let all = TaskQuery { limit: Some(PAGE_MAX), ..TaskQuery::default() };
        for status in TaskStatus::ALL {
            let query = TaskQuery { status: Some(*status), ..all.clone() };
            // Whether open tasks include those that are overdue is a reading (`reading.open-includes-overdue`).
            let fits = |task: &Task| {
                task.status == *status || (*status == TaskStatus::Open && task.status == TaskStatus::Overdue)
            };
            self.filtered(&format!("tasks with status={status}"), query, fits).await;
        }
        for (overdue, name) in [(true, "true"), (false, "false")] {
            let query = TaskQuery { overdue: Some(overdue), ..all.clone() };
            let is = move |task: &Task| (task.status == TaskStatus::Overdue) == overdue;
            self.filtered(&format!("tasks with overdue={name}"), query, is).await;
        }
        let (from, until) = (group.due(-1), group.due(2));
        let before = TaskQuery { due_before: Some(until), ..all.clone() };
        self.filtered("tasks with due_before", before, |task| task.due_at.is_some_and(|due| due <= until)).await;
        let after = TaskQuery { due_after: Some(from), ..all.clone() };
        self.filtered("tasks with due_after", after, |task| task.due_at.is_some_and(|due| due >= from)).await;
        for id in [by.rep_id().clone(), by.client.user_id.clone()] {
            let query = TaskQuery { assignee_id: Some(id), ..group.query() };
            let reply = by.ask_until_decided(Call::ListTasks(query)).await;
            let expected = format!("the {} tasks of the rep", made.len());
            self.case(by, FILTERS, "tasks by the rep's own id", &reply).succeeds(&expected, |reply| {
                let now = tasks(reply)?.tasks.len();
                (now != made.len()).then(|| now.to_string())
            });
        }
        self.counts_overdue().await;
        self.counts_pending().await;
        for number in 0..2 {
            self.filters_appointments(number).await;
        }
    }
    async fn filtered(&self, check: &str, query: TaskQuery, is: impl Fn(&Task) -> bool) {
        let by = self.rep();
        let reply = by.ask_until_decided(Call::ListTasks(query)).await;
        self.case(by, FILTERS, check, &reply).succeeds("only tasks that match, and total their number", |reply| {
            let list = tasks(reply)?;
            let wrong = list.tasks.iter().find(|task| !is(task));
            let other = list.total as usize != list.tasks.len() && list.tasks.len() < PAGE_MAX as usize;
            wrong
                .map(|task| format!("{} with status {} and due_at {:?}", task.id, task.status, task.due_at))
                .or_else(|| other.then(|| format!("{} tasks, total {}", list.tasks.len(), list.total)))
        });
    }
    /// `overdue_count` against the rows, whatever the page, after each kind of change.
    async fn counts_overdue(&self) {
        let by = self.rep();
        self.overdue_is("as found").await;
        let past = self.creates(place::REP, new("late", Some(by.now() - Span::hours(2)))).await;
        self.overdue_is("after a task that is late").await;
        let Some(late) = past else { return };
        by.ask(complete(&late.id)).await;
        self.overdue_is("after the late task was completed").await;
    }
    async fn overdue_is(&self, when: &str) {
        let by = self.rep();
        let of = |overdue, limit| TaskQuery { overdue, limit: Some(limit), ..TaskQuery::default() };
        let rows = by.ask_until_decided(Call::ListTasks(of(Some(true), PAGE_MAX))).await;
        let Some(rows) = tasks(&rows).map(|list| list.tasks.len()).filter(|rows| *rows < PAGE_MAX as usize) else {
            return;
        };
        for (limit, check) in [(PAGE_MAX, "of a whole list"), (1, "of a page of one")] {
            let reply = by.ask_until_decided(Call::ListTasks(of(None, limit))).await;
            let case = self.case(by, FILTERS, format!("overdue_count {check}, {when}"), &reply);
            case.succeeds(&format!("overdue_count {rows}, the number of overdue tasks"), |reply| {
                let count = tasks(reply)?.overdue_count;
                (count as usize != rows).then(|| format!("overdue_count {count}"))
            });
        }
    }
    /// `pending_tasks_count` of an appointment against the tasks that name it, after each kind of change.
    async fn counts_pending(&self) {
        let (by, group) = (self.rep(), self.group(13));
        let Some(appointment) = self.appointment(place::REP, 0) else {
            return self.untested(SCHEMA, "pending_tasks_count", "the rep has no appointment within a week of today");
        };
        let Some(before) = self.pending(&appointment.appointment_id, None, "").await else { return };
        let mut made = Vec::new();
        for number in 0..3 {
            let mut body = new("of an appointment", Some(group.due(number)));
            body.appointment_id = Some(appointment.appointment_id.clone());
            made.extend(self.creates(place::REP, body).await);
        }
        let [first, second, third] = &made[..] else { return };
        let id = &appointment.appointment_id;
        self.pending(id, Some(before + 3), "after three tasks were made").await;
        by.ask(complete(&first.id)).await;
        self.pending(id, Some(before + 2), "after one of them was completed").await;
        by.ask(complete(&first.id)).await;
        self.pending(id, Some(before + 2), "after it was completed again").await;
        let set = |status| TaskPatch { status: Some(status), ..TaskPatch::default() };
        by.ask(update(&second.id, set(TaskStatus::Cancelled))).await;
        self.pending(id, Some(before + 1), "after another was cancelled").await;
        by.ask(update(&third.id, set(TaskStatus::Completed))).await;
        self.pending(id, Some(before), "after the last was completed by an update").await;
    }
    async fn pending(&self, id: &SmolStr, expected: Option<u32>, when: &str) -> Option<u32> {
        let by = self.rep();
        let appointment = self.appointment(place::REP, 0).filter(|one| one.appointment_id == *id)?;
        let date = Some(by.station.zone().date(appointment.scheduled_start));
        let list = Call::ListAppointments(AppointmentQuery { date, ..Default::default() });
        let reply = by.ask_until_decided(list).await;
        let Some(Answer::Appointments(list)) = reply.success() else { return None };
        let now = list.appointments.iter().find(|row| row.appointment_id == *id)?.pending_tasks_count;
        if let Some(expected) = expected {
            self.case(by, SCHEMA, format!("pending_tasks_count {when}"), &reply).judge(
                now == expected,
                format!("pending_tasks_count {expected}"),
                || format!("pending_tasks_count {now}"),
            );
        }
        Some(now)
    }
    /// A day's list against each of its filters.
    async fn filters_appointments(&self, number: usize) {
        let by = self.rep();
        let Some(appointment) = self.appointment(place::REP, number * 3) else {
            return self.untested(LIST, "filters of a day's list", "the rep has no appointment within a week of today");
        };
        let date = Some(by.station.zone().date(appointment.scheduled_start));
        let day = AppointmentQuery { date, ..Default::default() };
        let reply = by.ask_until_decided(Call::ListAppointments(day.clone())).await;
        let Some(Answer::Appointments(all)) = reply.success() else { return };
        let ids: BTreeSet<_> = all.appointments.iter().map(|row| &row.appointment_id).collect();
        self.case(by, LIST, "a day's list", &reply).judge(
            ids.len() == all.appointments.len() && all.total as usize == ids.len() && Some(all.date) == date,
            format!("each of {} appointments once, total their number", ids.len()),
            || format!("{} rows, total {}, date {}", all.appointments.len(), all.total, all.date),
        );
        let statuses = AppointmentStatus::ALL.iter().map(|status| (Some(*status), None));
        let outcomes = Outcome::ALL.iter().map(|outcome| (None, Some(*outcome)));
        for (status, outcome) in statuses.chain(outcomes) {
            let query = AppointmentQuery { status, outcome, ..day.clone() };
            let reply = by.ask_until_decided(Call::ListAppointments(query)).await;
            let fits = |row: &&fieldday_api::wire::appointments::AppointmentSummary| {
                status.is_none_or(|status| row.status == status) && outcome.is_none_or(|outcome| row.outcome == outcome)
            };
            let expected = all.appointments.iter().filter(fits).count();
            let check = match (status, outcome) {
                (Some(status), _) => format!("a day's list with status={status}"),
                (_, outcome) => format!("a day's list with outcome={}", outcome.map_or("", |outcome| outcome.as_str())),
            };
            self.case(by, LIST, check, &reply).succeeds(&format!("{expected} appointments, total the same"), |reply| {
                let Answer::Appointments(list) = reply.success()? else { return None };
                let right = list.appointments.iter().filter(fits).count();
                let same = right == expected && list.appointments.len() == expected && list.total as usize == expected;
                (!same).then(|| format!("{} appointments, total {}", list.appointments.len(), list.total))
            });
        }
    }

    /// Pages over ties, and while something is inserted behind them.
    pub(crate) async fn pages(&self) {
        let group = self.group(14);
        for _ in 0..7 {
            self.creates(place::REP, new("a tie", Some(group.due(5)))).await;
        }
        for limit in [2, 3] {
            self.page_by_page(group, limit, false).await;
        }
        self.page_by_page(group, 2, true).await;
        self.threads().await;
    }
    async fn page_by_page(&self, group: Group, limit: u32, inserts: bool) {
        let by = self.rep();
        let Some(whole) = self.tasks_of(by, group).await else { return };
        let expected: Vec<SmolStr> = whole.iter().map(|task| task.id.clone()).collect();
        let (mut seen, mut totals, mut last) = (Vec::new(), BTreeSet::new(), None);
        for offset in (0..expected.len() as u32).step_by(limit as usize) {
            let query = TaskQuery { limit: Some(limit), offset: Some(offset), ..group.query() };
            let reply = by.ask_until_decided(Call::ListTasks(query)).await;
            let Some(list) = tasks(&reply) else { return };
            seen.extend(list.tasks.iter().map(|task| task.id.clone()));
            totals.insert(list.total);
            last = Some(reply);
            if inserts && offset == 0 {
                let made = by.ask(Call::CreateTask(new("behind the pages", Some(group.due(600))))).await;
                self.keeps(place::REP, &made);
                if task(&made).is_none() {
                    return;
                }
            }
        }
        let check = if inserts { "pages while a row is inserted behind them" } else { "pages over rows that tie" };
        let once: BTreeSet<_> = seen.iter().collect();
        let missing = expected.iter().filter(|id| !once.contains(id)).count();
        let twice = seen.len() - once.len();
        self.case(by, PAGING, format!("{check}, {limit} a page"), &last).judge(
            missing == 0 && twice == 0,
            format!("each of {} tasks once", expected.len()),
            || format!("{missing} skipped, {twice} repeated"),
        );
        if !inserts {
            self.case(by, PAGING, format!("total of every page, {limit} a page"), &last).judge(
                totals.len() == 1 && totals.contains(&(expected.len() as u32)),
                format!("total {} on each", expected.len()),
                || format!("totals {totals:?}"),
            );
        }
    }
    /// The longest lists that there are, side by side: what takes its time for each row shows in the time limits.
    pub(crate) async fn reads_whole_lists(&self) {
        let (by, office, group) = (self.rep(), self.manager(), self.group(15));
        // Long enough that a query for each row, of a tenth of a second, misses the limit.
        for _ in 0..MANY {
            let body = new("one of many", Some(group.due(200)));
            for reply in self.at_once(by, &Call::CreateTask(body), 8).await {
                self.keeps(place::REP, &reply);
            }
        }
        let whole = TaskQuery { limit: Some(PAGE_MAX), ..TaskQuery::default() };
        // A share of late answers says something from a hundred on.
        for _ in 0..ROUNDS {
            self.at_once(office, &Call::ListTasks(whole.clone()), LISTS).await;
        }
    }
    /// Threads page by page against the whole.
    async fn threads(&self) {
        let by = self.rep();
        let contacts: BTreeSet<SmolStr> =
            self.rows[place::REP].borrow().appointments.iter().map(|row| row.contact_card_id.clone()).collect();
        let mut tried = 0;
        for contact in contacts.iter().filter(|id| !id.is_empty()) {
            let page =
                |limit, offset| Call::GetThread { contact_card_id: contact.clone(), page: Page { limit, offset } };
            let whole = by.ask_until_decided(page(Some(PAGE_MAX), None)).await;
            let Some(Answer::Thread(thread)) = whole.success() else { continue };
            let ids: Vec<&SmolStr> = thread.messages.iter().map(|message| &message.id).collect();
            let once: BTreeSet<&SmolStr> = ids.iter().copied().collect();
            // From which end is a reading (`reading.thread-newest-first`).
            let is = |order: fn(&Time, &Time) -> bool| {
                thread.messages.windows(2).all(|pair| order(&pair[0].created_at, &pair[1].created_at))
            };
            let ordered = is(Time::le) || is(Time::ge);
            self.case(by, Rule::MessageThread, "a thread", &whole).judge(
                once.len() == ids.len() && ordered && thread.contact_card_id == *contact,
                "each message once, in order, of that contact",
                || format!("{} messages, {} of them once, in order: {ordered}", ids.len(), once.len()),
            );
            if !(2..=60).contains(&ids.len()) {
                continue;
            }
            let limit = (ids.len() as u32).div_ceil(3);
            let (mut seen, mut totals) = (Vec::new(), BTreeSet::new());
            for offset in (0..ids.len() as u32).step_by(limit as usize) {
                let reply = by.ask_until_decided(page(Some(limit), Some(offset))).await;
                let Some(Answer::Thread(part)) = reply.success() else { return };
                seen.extend(part.messages.iter().map(|message| message.id.clone()));
                totals.insert(part.total);
            }
            self.case(by, PAGING, "a thread, page by page", &whole).judge(
                seen.iter().eq(ids.iter().copied()) && totals.iter().eq([&(ids.len() as u32)]),
                format!("the {} messages of the thread in its order, total their number", ids.len()),
                || format!("{} messages, totals {totals:?}", seen.len()),
            );
            tried += 1;
            if tried == 4 {
                return;
            }
        }
        if tried == 0 {
            self.untested(PAGING, "a thread, page by page", "no contact of the rep's has two messages or more");
        }
    }
}
