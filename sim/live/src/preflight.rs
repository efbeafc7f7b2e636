//! Before a run begins: whether the target can be reached, whether its clock agrees, whether it takes the tokens, and
//! whether it has the data.

use crate::http::{Exchange, ExchangeEnd, WireSettings, call_once};
use fieldday_api::call::{Answer, Call};
use fieldday_api::dialect::read_answer_to;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::CellPlan;
use fieldday_tokens::Identity;
use tracing::info;

/// What was seen of the target before the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preflight {
    /// How far its clock is ahead of this one, if it says what time it is.
    pub clock_ahead: Option<Span>,
    /// Appointments that the first rep has today.
    pub appointments: Option<u64>,
    /// Whether the first rep has clocked in today already.
    pub clocked_in: bool,
    /// What is worth saying, in a sentence each.
    pub notes: Vec<String>,
}

/// Why a target cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unusable {
    /// Nothing answers.
    #[error("{target} cannot be reached: {why}")]
    Unreachable {
        /// The base URL.
        target: String,
        /// What the operating system or TLS reported.
        why: String,
    },
    /// There is no token.
    #[error("no token for a rep: {why}")]
    NoToken {
        /// What the token source reported.
        why: String,
    },
    /// The token is not taken.
    #[error("{target} answers {status} to the token of a rep, at {endpoint}")]
    TokenRefused {
        /// The base URL.
        target: String,
        /// The status.
        status: u16,
        /// The endpoint that refused the token.
        endpoint: &'static str,
    },
    /// The clocks differ by too much.
    #[error("the clock of {target} is {} s {}", ahead.as_seconds().abs(), if *ahead > Span::ZERO { "ahead" } else { "behind" })]
    ClockDiffers {
        /// The base URL.
        target: String,
        /// How far ahead of this machine the target's clock is; negative if behind.
        ahead: Span,
    },
}

impl Unusable {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Unusable::Unreachable { .. } => {
                "is it running, and is that its address? `fieldday mock` serves one to try with"
            }
            Unusable::NoToken { .. } => "the scenario's [tokens] says where tokens come from: docs/tokens.md",
            Unusable::TokenRefused { .. } => {
                "the target must trust the key that signs (`fieldday tokens jwks`), or [tokens] name another source"
            }
            Unusable::ClockDiffers { .. } => "set one of the clocks, or allow more by `clock_difference_s` in [live]",
        }
    }
}

/// Looks at the target as its first rep.
pub async fn preflight(
    wire: &WireSettings,
    cell: &CellPlan,
    now: Time,
    allowed: Span,
    is_mock: bool,
) -> Result<Preflight, Unusable> {
    let target = wire.connector.target().to_string();
    let mut seen = Preflight::default();
    let reached = |end: ExchangeEnd| Unusable::Unreachable { target: target.clone(), why: end.0.to_string() };
    let health = call_once(wire, &Call::Health, None).await.map_err(reached)?;
    info!(status = health.status, "the target answers");
    if health.status >= 400 {
        seen.notes.push(format!("GET /health answers {}", health.status));
    }
    if let Some(date) = health.date.filter(|_| !is_mock) {
        let ahead = date.since(crate::clock::utc_now());
        seen.clock_ahead = Some(ahead);
        info!(ahead_us = ahead.as_micros(), "the target's clock was read");
        // The header has whole seconds.
        if ahead.as_micros().abs() > allowed.as_micros() + 1_500_000 {
            return Err(Unusable::ClockDiffers { target, ahead });
        }
    }
    let Some(rep) = cell.tenants.iter().flat_map(|tenant| &tenant.reps).next() else { return Ok(seen) };
    let who = Identity {
        user_id: rep.user_id.clone(),
        tenant: rep.tenant_id.clone(),
        role: Role::SalesRep,
        role_name: Role::SalesRep.claim().into(),
    };
    let token = wire.wallet.token(&who, now).await.map_err(|error| Unusable::NoToken { why: error.to_string() })?;
    let bearer = token.expose_as_bearer();
    let ask = async |call: &Call| -> Result<Exchange, Unusable> {
        let answer = call_once(wire, call, Some(&bearer)).await.map_err(reached)?;
        info!(endpoint = call.op().label(), status = answer.status, "the first rep was answered");
        match answer.status {
            401 | 403 => Err(Unusable::TokenRefused {
                target: target.clone(),
                status: answer.status,
                endpoint: call.op().label(),
            }),
            _ => Ok(answer),
        }
    };
    let read = |call: &Call, answer: &Exchange| {
        read_answer_to(call, answer.status, answer.content_type.as_deref(), &answer.body, &wire.dialect).answer
    };
    let list = Call::ListAppointments(AppointmentQuery::default());
    let answer = ask(&list).await?;
    match read(&list, &answer) {
        Answer::Appointments(found) => {
            seen.appointments = Some(found.appointments.len() as u64);
            if found.appointments.is_empty() {
                seen.notes.push("the first rep has no appointment today: no visits can be made".to_owned());
            }
        }
        _ => seen.notes.push(format!("{} answers {}, which is no list", Op::ListAppointments.label(), answer.status)),
    }
    let today = Call::ShiftToday { rep_id: rep.rep_id.clone() };
    let answer = ask(&today).await?;
    if matches!(read(&today, &answer), Answer::ShiftDay(_)) {
        seen.clocked_in = true;
        seen.notes.push(
            "the first rep has a shift today already: clocking in can be exercised once a day, so shift.clock-in.once is \
             exercised by repeats alone (other users: `rotate` in [data])"
                .to_owned(),
        );
    }
    Ok(seen)
}
