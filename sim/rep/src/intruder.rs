//! The intruder: tries, one after the other, what the plan says must fail, or must make no difference.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::token::{Claims, Credential};
use fieldday_history::event::{Cause, CredentialKind};
use fieldday_kernel::time::Span;
use fieldday_plan::{IntruderPlan, Login};

/// Between the requests of one probe.
const BETWEEN: Span = Span::millis(200);

/// Somebody with a login who tries what must fail.
pub struct Intruder {
    browser: Browser,
    plan: IntruderPlan,
}

impl Intruder {
    /// Somebody before the day begins.
    pub fn new(station: Station, plan: IntruderPlan) -> Intruder {
        Intruder { browser: Browser::new(station), plan }
    }
    /// Tries what the plan says, when it says.
    pub async fn day(mut self) {
        for probe in self.plan.probes {
            self.browser.station.sleep_until_in_day(probe.at).await;
            for step in probe.steps {
                let Some(claims) = self.browser.claims().await else { continue };
                let (bearer, credential) = shown(&step.login, claims);
                self.browser.send(step.call, Cause::Probe(step.probe), bearer, credential).await;
                self.browser.station.sleep(BETWEEN).await;
            }
        }
    }
}

/// What is shown as proof of who asks, made of a good token.
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
