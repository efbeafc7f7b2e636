//! The intruder: tries, one after the other, what the plan says must fail, or must make no difference.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Fixed;
use fieldday_api::names::{Role, TaskStatus};
use fieldday_api::probe::Probe;
use fieldday_api::token::{Claims, Credential};
use fieldday_api::wire::recordings::{Location, RecordingStop};
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_history::event::{Cause, CredentialKind};
use fieldday_kernel::time::Span;
use fieldday_plan::{IntruderPlan, Login};
use futures_lite::future;
use std::pin::pin;
use std::sync::Arc;

/// The pause between the requests of one probe.
const BETWEEN: Span = Span::millis(200);

/// A client who sends requests that the backend must refuse.
pub struct Intruder {
    browser: Browser,
    plan: IntruderPlan,
    /// The requests that undo what probes made so far, each with the login that made it.
    undo: Vec<(Login, Call)>,
}

impl Intruder {
    /// An intruder who has sent nothing yet.
    pub fn new(station: Station, plan: IntruderPlan) -> Intruder {
        Intruder { browser: Browser::new(station), plan, undo: Vec::new() }
    }
    /// Tries what the plan says, when it says.
    pub async fn day(mut self) {
        self.day_until(future::pending()).await;
    }
    /// Sends probes until `called` is ready, and ends the probe that has begun by then.
    pub async fn day_until(&mut self, called: impl Future<Output = ()>) {
        let mut called = pin!(called);
        for probe in std::mem::take(&mut self.plan.probes) {
            let time = async {
                self.browser.station.sleep_until_in_day(probe.at).await;
                true
            };
            let home = async {
                called.as_mut().await;
                false
            };
            if !future::or(time, home).await {
                return;
            }
            for step in probe.steps {
                let Some(claims) = self.browser.claims().await else { continue };
                let response = self.send(step.call.clone(), step.probe, &step.login, claims).await;
                let undo = response.and_then(|response| undo(&step.call, &response));
                self.undo.extend(undo.map(|call| (step.login, call)));
                self.browser.station.sleep(BETWEEN).await;
            }
        }
    }
    /// Takes back what the probes made, the last first, with the login that made it, or a manager's. Ends when the target does
    /// not answer any more.
    pub async fn undoes(mut self) {
        while let Some((login, call)) = self.undo.pop() {
            for login in [login, Login::Good(Role::Manager)] {
                let Some(claims) = self.browser.claims().await else { return };
                let Some(response) = self.send(call.clone(), Probe::Undo, &login, claims).await else { return };
                if response.is_success() {
                    break;
                }
            }
        }
    }
    async fn send(&mut self, call: Call, probe: Probe, login: &Login, claims: Claims) -> Option<Arc<Response>> {
        let (bearer, credential) = shown(login, claims);
        self.browser.send(call, Cause::Probe(probe), bearer, credential).await
    }
}

/// The request that takes back what a request made, by its answer; none if it made nothing that the API can take back.
fn undo(call: &Call, response: &Response) -> Option<Call> {
    if !call.op().writes() || !response.is_success() {
        return None;
    }
    match (&response.answer, call) {
        (Answer::Task(task), _) if call.op() == Op::CreateTask => {
            let body = TaskPatch { status: Some(TaskStatus::Cancelled), ..TaskPatch::default() };
            Some(Call::UpdateTask { task_id: task.id.clone(), body })
        }
        (Answer::RecordingStarted(started), _) => Some(Call::StopRecording {
            session_id: started.recording_session_id.clone(),
            body: RecordingStop { location: Location { lat: Fixed(0), lng: Fixed(0) } },
        }),
        (_, Call::ClockIn { rep_id, .. }) => Some(Call::ClockOut { rep_id: rep_id.clone() }),
        _ => None,
    }
}

/// The credential of a login, made of the claims of a valid token.
fn shown(login: &Login, good: Claims) -> (CredentialKind, Credential) {
    match login {
        Login::Good(role) => {
            (CredentialKind::Own, Credential::Token(Claims { role: Some(role.claim().into()), ..good }))
        }
        Login::None => (CredentialKind::None, Credential::None),
        Login::Forged => (CredentialKind::Forged, Credential::Invalid),
        Login::Expired(ago) => {
            let (issued_at, expires_at) = (good.issued_at - *ago, good.issued_at - *ago);
            (CredentialKind::Expired { ago: *ago }, Credential::Token(Claims { issued_at, expires_at, ..good }))
        }
        Login::WithoutTenant => (CredentialKind::WithoutTenant, Credential::Token(Claims { tenant: None, ..good })),
        Login::Alias(tenant, user, role, role_name) => {
            let (tenant, user, role, role_name) = (*tenant, *user, *role, role_name.clone());
            let claims = Claims { named_by: (tenant, user, role), role: Some(role_name.clone()), ..good };
            (CredentialKind::Alias { tenant, user, role, role_name }, Credential::Token(claims))
        }
    }
}
