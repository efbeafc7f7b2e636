//! The office: managers and CSRs at their desks, who move, cancel and reassign what reps have in hand. They use a browser
//! on a good line: no queue, no cache, no retry but the person's own.

use crate::surroundings::{Attempt, Ending, Surroundings};
use fieldday_api::call::{Call, Response};
use fieldday_api::names::{AppointmentStatus, Assignee};
use fieldday_api::time::{Span, Time};
use fieldday_api::token::Credential;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch};
use fieldday_history::What;
use fieldday_history::event::{Bearer, Cause, Lapse, RefreshReason, Sent};
use fieldday_world::plan::{OfficeDeed, OfficePlan};
use std::rc::Rc;
use std::sync::Arc;

/// Somebody at a desk.
pub struct Desk<S: Surroundings> {
    around: S,
    plan: OfficePlan,
    calls: u32,
    token: Option<(Rc<Credential>, Time)>,
}

impl<S: Surroundings> Desk<S> {
    /// Somebody before the day begins.
    pub fn new(around: S, plan: OfficePlan) -> Desk<S> {
        Desk { around, plan, calls: 0, token: None }
    }
    /// Does what the plan says, when it says.
    pub async fn day(mut self) {
        let actions = std::mem::take(&mut self.plan.actions);
        for action in actions {
            self.around.sleep_until(action.at).await;
            self.call(request(&action.what)).await;
        }
    }
    async fn call(&mut self, request: Call) -> Option<Arc<Response>> {
        let credential = self.token().await?;
        let call = self.next_call();
        let request = Arc::new(request);
        let patience = request.op().endpoint().class.limit();
        let (attempt, cause, bearer) = (0, Cause::Office, Bearer::Own);
        self.around.record(What::Sent(Sent { call, attempt, cause, bearer, patience, request: request.clone() }));
        let sent_at = self.around.now();
        let (deadline, at_deadline) = (sent_at + patience, Lapse::Timeout);
        let ending = self.around.attempt(Attempt { call, attempt, request, credential, deadline, at_deadline }).await;
        let took = self.around.now().since(sent_at);
        match ending {
            Ending::Answered(response) => {
                self.around.record(What::Answered { call, attempt, response: response.clone(), took });
                if let Some(request_id) = response.request_id() {
                    let (status, request_id) = (response.status, request_id.clone());
                    self.around.record(What::Logged { call, status, request_id, leaks: None });
                }
                Some(response)
            }
            Ending::Unanswered(why) => {
                self.around.record(What::Unanswered { call, attempt, why, took });
                None
            }
        }
    }
    async fn token(&mut self) -> Option<Rc<Credential>> {
        let now = self.around.now();
        if let Some((token, expires_at)) = &self.token
            && expires_at.since(now) > Span::seconds(10)
        {
            return Some(token.clone());
        }
        let why = if self.token.is_some() { RefreshReason::Expiring } else { RefreshReason::First };
        let fetch = self.next_call();
        let claims = self.around.fetch_token(fetch, now + Span::seconds(10)).await?;
        self.around.record(What::TokenRefreshed { why });
        let expires_at = claims.expires_at;
        let credential = Rc::new(Credential::Token(claims));
        self.token = Some((credential.clone(), expires_at));
        Some(credential)
    }
    fn next_call(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }
}

/// The request behind a deed.
fn request(deed: &OfficeDeed) -> Call {
    let patch = |appointment_id: &fieldday_api::SmolStr, body| Call::UpdateAppointment {
        appointment_id: appointment_id.clone(),
        body,
    };
    match deed {
        OfficeDeed::Look { rep_id } => {
            Call::ListAppointments(AppointmentQuery { rep_id: Some(rep_id.clone()), ..Default::default() })
        }
        OfficeDeed::Move { appointment_id, start, end } => {
            let (scheduled_start, scheduled_end) = (Some(*start), Some(*end));
            patch(appointment_id, AppointmentPatch { scheduled_start, scheduled_end, ..Default::default() })
        }
        OfficeDeed::Cancel { appointment_id } => {
            let status = Some(AppointmentStatus::Cancelled);
            patch(appointment_id, AppointmentPatch { status, ..Default::default() })
        }
        OfficeDeed::Reassign { appointment_id, to_rep_id } => {
            let assigned_rep_id = Some(to_rep_id.clone());
            patch(appointment_id, AppointmentPatch { assigned_rep_id, ..Default::default() })
        }
        OfficeDeed::CreateTask { appointment_id, description, due } => Call::CreateTask(TaskCreate {
            description: description.clone(),
            assigned_to: Assignee::SalesRep,
            contact_card_id: None,
            lead_id: None,
            appointment_id: Some(appointment_id.clone()),
            call_id: None,
            due_at: Some(*due),
            priority: None,
            source: None,
        }),
        OfficeDeed::UpdateTask { task_id, due } => {
            Call::UpdateTask { task_id: task_id.clone(), body: TaskPatch { due_at: Some(*due), ..Default::default() } }
        }
        OfficeDeed::ReadThread { contact_card_id } => {
            Call::GetThread { contact_card_id: contact_card_id.clone(), page: Page { limit: Some(50), offset: None } }
        }
    }
}
