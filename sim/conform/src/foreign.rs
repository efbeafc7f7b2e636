//! Ids of another rep and of another tenant in path, query and body: `tenancy.isolated`, `ownership.own-only`,
//! `tenancy.from-token-only`.

use crate::actor::{Actor, Reply};
use crate::samples::{About, nobodys};
use crate::{Pass, appointments, place, tasks};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, RawCall};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::TaskQuery;

use Rule::{
    ErrorEnvelope as ENVELOPE, OwnershipOwnOnly as OWN, TenancyFromTokenOnly as TOKEN, TenancyIsolated as TENANCY,
};

/// The ids of a list's rows.
fn rows(reply: &Reply) -> Option<Vec<SmolStr>> {
    Some(match reply.success()? {
        Answer::Appointments(list) => list.appointments.iter().map(|row| row.appointment_id.clone()).collect(),
        Answer::Tasks(list) => list.tasks.iter().map(|task| task.id.clone()).collect(),
        _ => return None,
    })
}

impl Pass {
    pub(crate) async fn tries_foreign_ids(&self) {
        let (rep, manager) = (self.rep(), self.manager());
        self.tries(rep, place::OTHER, OWN, "another rep's").await;
        self.tries(rep, place::STRANGER, TENANCY, "another tenant's").await;
        self.tries(manager, place::STRANGER, TENANCY, "another tenant's").await;
        self.tries_what_is_not_there().await;
    }
    async fn tries(&self, by: &Actor, whose: usize, rule: Rule, owner: &str) {
        let (about, own) = (self.about(whose), self.about(place::REP));
        let role = by.client.role;
        let victim = &self.actors[whose];
        let missing = [
            ("appointment", about.appointment.is_none()),
            ("task", about.task.is_none()),
            ("recording", about.session.is_none()),
        ];
        for (what, _) in missing.iter().filter(|(_, is_missing)| *is_missing) {
            self.untested(rule, &format!("{owner} {what} by its id"), "there is none to aim at");
        }
        let before = self.looks_at(victim, &about).await;
        let mut by_path = about.by_path();
        if rule == TENANCY {
            by_path.extend(about.thread());
        }
        for call in by_path {
            let reply = by.ask_until_decided(call).await;
            let case = self.case(by, rule, format!("{owner} id in the path of {}, as {role}", reply.op), &reply);
            case.refuses(&[403, 404], "403 or 404");
        }
        // A contact or a lead may be several reps' of a tenant.
        let shared = |name: &str| rule == OWN && matches!(name, "lead_id" | "contact_card_id");
        for (name, call) in about.by_query().into_iter().filter(|(name, _)| !shared(name)) {
            self.asks_for_rows(by, whose, rule, &format!("{owner} {name} in a query, as {role}"), call).await;
        }
        for (name, call) in about.by_body(by, &own).into_iter().filter(|(name, _)| !shared(name)) {
            let reply = by.ask(call).await;
            self.keeps(place::REP, &reply);
            let case = self.case(by, rule, format!("{owner} {name} in a body of {}, as {role}", reply.op), &reply);
            case.refuses(&[400, 403, 404, 422], "a refusal: 403 or 404, or 400");
        }
        let after = self.looks_at(victim, &about).await;
        let case = self.case(victim, rule, format!("the rows after {owner} ids were tried, as {role}"), None);
        let (Some(before), Some(after)) = (before, after) else { return case.undecided() };
        let other = appointments::differing(&before, &after, &[]);
        case.judge(other.is_none(), "the appointment as it was", || other.unwrap_or_default());
    }
    async fn looks_at(&self, victim: &Actor, about: &About) -> Option<fieldday_api::wire::appointments::Appointment> {
        self.reads(victim, about.appointment.as_ref()?).await
    }
    /// A list that is refused, or shows nothing of theirs.
    async fn asks_for_rows(&self, by: &Actor, whose: usize, rule: Rule, check: &str, call: Call) {
        let reply = by.ask_until_decided(call).await;
        let case = self.case(by, rule, check, &reply);
        if reply.is_refused() {
            return case.refuses(&[400, 403, 404, 422], "a refusal, or nothing of theirs");
        }
        let theirs = self.rows[whose].borrow();
        case.succeeds("a refusal, or nothing of theirs", |reply| {
            let shown = rows(reply)?;
            let is_theirs = |id: &&SmolStr| {
                theirs.tasks.iter().any(|task| task.id == **id)
                    || theirs.appointments.iter().any(|row| row.appointment_id == **id)
            };
            shown.iter().find(is_theirs).map(|id| format!("{id}, which is theirs"))
        });
    }
    /// What nobody has: 404, in the envelope.
    async fn tries_what_is_not_there(&self) {
        let by = self.rep();
        let nobodys = nobodys();
        for call in nobodys.by_path().into_iter().chain(nobodys.thread()) {
            let reply = by.ask_until_decided(call).await;
            let check = format!("an id that nobody has in the path of {}", reply.op);
            self.case(by, ENVELOPE, check, &reply).refuses(&[403, 404], "404, or 403");
        }
    }

    /// Another tenant's id in query, body and header: nothing changes.
    pub(crate) async fn claims_another_tenant(&self) {
        let other = self.stranger().client.tenant.clone();
        let lists = [
            Call::ListAppointments(AppointmentQuery { date: Some(self.today), ..Default::default() }),
            Call::ListTasks(TaskQuery { limit: Some(PAGE_MAX), ..TaskQuery::default() }),
        ];
        for (by, list) in
            [self.rep(), self.manager()].into_iter().flat_map(|by| lists.iter().map(move |list| (by, list)))
        {
            for place in ["query", "header"] {
                let before = by.ask_until_decided(list.clone()).await;
                let mut raw = RawCall::of(list);
                if place == "query" {
                    let and = if raw.query.is_empty() { "" } else { "&" };
                    raw.query = format!("{}{and}tenant_id={other}", raw.query).into();
                } else {
                    raw.company_id = Some(other.clone());
                }
                let claimed = by.ask_until_decided(Call::Raw(Box::new(raw))).await;
                let after = by.ask_until_decided(list.clone()).await;
                let role = by.client.role;
                let check = format!("another tenant's id in the {place} of {}, as {role}", claimed.op);
                let case = self.case(by, TOKEN, check, &claimed);
                let (Some(before), Some(after)) = (rows(&before), rows(&after)) else { continue };
                if before != after {
                    case.undecided();
                    continue;
                }
                case.succeeds(&format!("the same {} rows as without", before.len()), |reply| {
                    let now = rows(reply)?;
                    (now != before).then(|| format!("{} rows, others or in another order", now.len()))
                });
            }
        }
        let by = self.rep();
        let create = Call::CreateTask(tasks::new("of one's own tenant", Some(self.group(15).due(1))));
        let mut raw = RawCall::of(&create);
        raw.body = raw.body.replacen('{', &format!("{{\"tenant_id\":\"{other}\","), 1).into();
        let reply = by.ask(Call::Raw(Box::new(raw))).await;
        self.keeps(place::REP, &reply);
        if let Some(task) = tasks::task(&reply) {
            let list = self.tasks_of(by, self.group(15)).await;
            let case = self.case(by, TOKEN, "a task made with another tenant's id in its body", &reply);
            let Some(list) = list else { return case.undecided() };
            case.judge(list.iter().any(|row| row.id == task.id), "it in the list of its maker", || {
                "a list without it".to_owned()
            });
        }
    }
}
