//! A request of each endpoint about given rows.

use crate::Pass;
use crate::actor::Actor;
use crate::{appointments, recordings, shifts, tasks};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};

/// Rows that requests are about.
pub(crate) struct About {
    pub rep_id: SmolStr,
    pub appointment: Option<SmolStr>,
    pub task: Option<SmolStr>,
    pub session: Option<SmolStr>,
    pub contact: Option<SmolStr>,
    pub lead: Option<SmolStr>,
}

impl Pass {
    /// The rows of one of the reps.
    pub(crate) fn about(&self, who: usize) -> About {
        let appointment = self.appointment(who, 0);
        let id = |of: fn(&fieldday_api::wire::appointments::AppointmentSummary) -> &SmolStr| {
            appointment.as_ref().map(of).filter(|id| !id.is_empty()).cloned()
        };
        About {
            rep_id: self.actors[who].rep_id().clone(),
            appointment: id(|row| &row.appointment_id),
            task: self.task(who),
            session: self.session(who),
            contact: id(|row| &row.contact_card_id),
            lead: id(|row| &row.lead_id),
        }
    }
}

impl About {
    /// A request to each endpoint with an id in its path, but for threads.
    pub fn by_path(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        if let Some(id) = &self.appointment {
            let body = AppointmentPatch { service_type: Some("Conformance, refused".into()), ..Default::default() };
            calls.extend([appointments::get(id), appointments::patch(id, body)]);
        }
        if let Some(id) = &self.task {
            let body = TaskPatch { notes: Some("Conformance, refused".to_owned().into()), ..TaskPatch::default() };
            calls.extend([tasks::update(id, body), tasks::complete(id)]);
        }
        if let Some(id) = &self.session {
            let url = format!("s3://otto-recordings/{id}-refused.m4a");
            calls.extend([recordings::get(id), recordings::stop(id, 5), recordings::upload(id, &url)]);
        }
        let rep_id = || self.rep_id.clone();
        calls.push(Call::ShiftToday { rep_id: rep_id() });
        calls.push(Call::ClockIn { rep_id: rep_id(), body: Default::default() });
        calls.push(Call::ClockOut { rep_id: rep_id() });
        calls
    }
    /// A call that reads a message thread; none if no contact is known.
    pub fn thread(&self) -> Option<Call> {
        let page = Page { limit: Some(50), offset: None };
        Some(Call::GetThread { contact_card_id: self.contact.clone()?, page })
    }
    /// A list for each id that a query can name, with the name of its parameter.
    pub fn by_query(&self) -> Vec<(&'static str, Call)> {
        let tasks = |query| Call::ListTasks(TaskQuery { limit: Some(200), ..query });
        let rep = Some(self.rep_id.clone());
        let mut calls = vec![
            ("rep_id", Call::ListAppointments(AppointmentQuery { rep_id: rep.clone(), ..Default::default() })),
            ("assignee_id", tasks(TaskQuery { assignee_id: rep, ..TaskQuery::default() })),
        ];
        if self.lead.is_some() {
            calls.push(("lead_id", tasks(TaskQuery { lead_id: self.lead.clone(), ..TaskQuery::default() })));
        }
        if self.contact.is_some() {
            let query = TaskQuery { contact_card_id: self.contact.clone(), ..TaskQuery::default() };
            calls.push(("contact_card_id", tasks(query)));
        }
        calls
    }
    /// A write for each row that a body can name, with the name of its field; whoever sends them is `by`, and what else they
    /// need is `own`.
    pub fn by_body(&self, by: &Actor, own: &About) -> Vec<(&'static str, Call)> {
        let new = || tasks::new("refused", None);
        let mut calls = Vec::new();
        if let Some(id) = &self.appointment {
            calls.push((
                "appointment_id",
                Call::CreateTask({
                    let mut body = new();
                    body.appointment_id = Some(id.clone());
                    body
                }),
            ));
            calls.push(("appointment_id", recordings::start(by, id, 0, None)));
        }
        if let Some(id) = &self.lead {
            let mut body = new();
            body.lead_id = Some(id.clone());
            calls.push(("lead_id", Call::CreateTask(body)));
        }
        if let Some(id) = &self.contact {
            let mut body = new();
            body.contact_card_id = Some(id.clone());
            calls.push(("contact_card_id", Call::CreateTask(body)));
        }
        if let Some(id) = &own.appointment
            && let Call::StartRecording(mut body) = recordings::start(by, id, 0, None)
        {
            body.rep_id = self.rep_id.clone();
            calls.push(("rep_id", Call::StartRecording(body)));
        }
        calls
    }
    /// A request to each endpoint of the specification's section 2, for tokens to be shown to.
    pub fn everywhere(&self, by: &Actor) -> Vec<Call> {
        let mut calls = vec![
            Call::ListAppointments(AppointmentQuery::default()),
            Call::ListTasks(TaskQuery { limit: Some(1), ..TaskQuery::default() }),
        ];
        calls.extend(self.by_path());
        calls.extend(self.thread());
        calls.push(Call::CreateTask(tasks::new("refused", None)));
        calls.extend(self.appointment.iter().map(|id| recordings::start(by, id, 0, None)));
        calls
    }
}

/// A request about a row that nobody has.
pub(crate) fn nobodys() -> About {
    let id = |kind: &str| SmolStr::from(format!("{kind}_fieldday_conform_none"));
    About {
        rep_id: id("rep"),
        appointment: Some(id("appt")),
        task: Some(id("task")),
        session: Some(id("session")),
        contact: Some(id("contact")),
        lead: Some(id("lead")),
    }
}

/// The call that reads today's shift, for one who is no rep.
pub(crate) fn shift_of(by: &Actor) -> Call {
    shifts::today(by)
}
