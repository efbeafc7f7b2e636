//! Rules of appointment updates (§0.2, §2.1.3).
//!
//! - `appointment.patch.partial`: a field that an update does not name keeps its value.
//! - `appointment.patch.idempotent`: the same update twice leaves the appointment as once.
//! - `appointment.patch.ordered`: of acknowledged updates sent one after the other, the later wins. One whose answer was
//!   lost may land later and undo a newer one: that is a hazard of the specification, counted with its story.
//! - `appointment.won.deal-size`: an outcome of won without a deal size answers 400 `VALIDATION_ERROR`.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::facts::known::Kind;
use crate::facts::record::Repeat;
use crate::facts::views::{self, ASSIGNED};
use crate::findings::Hazard;
use crate::judge::{Judge, Ops};
use crate::judges::auth::said_words;
use crate::notes::Notes;
use crate::told::About;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::names::Outcome;
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct Updates;

impl Judge for Updates {
    const RULES: &'static [Rule] =
        &[Rule::AppointmentPatchPartial, Rule::AppointmentPatchIdempotent, Rule::AppointmentPatchOrdered];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::ListAppointments, Op::GetAppointment, Op::UpdateAppointment]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let looked = &facts.looked;
        let (mut partial, mut ordered) = (0, 0);
        let (part, cases) = match x.op {
            Op::UpdateAppointment => (Part::PartialAnswer, looked.unnamed),
            _ => (Part::PartialRead, looked.partial),
        };
        for impossible in looked.impossible.iter().filter(|i| i.kind == Kind::Appointment) {
            let wrong = impossible.wrong;
            let listed = matches!(x.success(), Some(Answer::Appointments(_))) && wrong.field == ASSIGNED;
            if listed || (impossible.repeat && x.op == Op::UpdateAppointment) {
                continue;
            }
            if wrong.touched {
                partial += 1;
                notes.broken(part, x, || {
                    format!("an update changed a field that it did not name: {}", impossible.says())
                        .about(&impossible.id)
                });
            }
            if wrong.earlier {
                ordered += 1;
                notes.broken(Rule::AppointmentPatchOrdered, x, || {
                    format!("the earlier of two acknowledged updates won: {}", impossible.says()).about(&impossible.id)
                });
            }
        }
        notes.held_times(part, cases.saturating_sub(partial));
        notes.held_times(Rule::AppointmentPatchOrdered, looked.ordered.saturating_sub(ordered));
        if looked.assignment_ignored {
            notes.reading(Reading::AssignmentIgnored, x, || {
                let id = x.call.path_id().unwrap_or_default();
                format!("an update of {id} named another assigned_rep_id, and its answer does not show it")
            });
        }
        if x.op == Op::UpdateAppointment {
            repeated([Part::PatchRepeat, Part::PatchLost], Kind::Appointment, x, facts, notes);
        }
        for (id, field) in &looked.landed_late {
            notes.hazard(Hazard::OldUpdateLandedLate, x, || {
                let field = views::name(Kind::Appointment, *field);
                format!(
                    "{id}: an update of {field} whose answer was lost landed after a newer one that was acknowledged"
                )
            });
        }
    }
}

/// What a repeated update shows must be as if it had been sent once.
pub(crate) fn repeated([acked, lost]: [Part; 2], kind: Kind, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let Some(repeat) = facts.looked.repeat else { return };
    let part = if repeat == Repeat::Possible { lost } else { acked };
    if let Some(impossible) = facts.looked.impossible.iter().find(|i| i.repeat && i.kind == kind) {
        return notes.broken(part, x, || {
            format!("a repeated update changed something: {}", impossible.says()).about(&impossible.id)
        });
    }
    match repeat {
        Repeat::Same | Repeat::Possible => notes.held(part),
        Repeat::Differs(field) => notes.broken(part, x, || {
            let id = x.call.path_id().unwrap_or_default();
            let field = views::name(kind, field);
            format!("the answer to a repeated update of {id} differs from the first in {field}").about(id)
        }),
        Repeat::Refused => notes.broken(part, x, || {
            let status = x.refusal().unwrap_or_default();
            let id = x.call.path_id().unwrap_or_default();
            format!("an update of {id} that was acknowledged before was refused with {status} when it was repeated")
                .about(id)
        }),
    }
}

/// Decides `appointment.won.deal-size`.
#[derive(Default)]
pub(crate) struct WonDealSize;

impl Judge for WonDealSize {
    const RULES: &'static [Rule] = &[Rule::AppointmentWonDealSize];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::UpdateAppointment]);

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let Call::UpdateAppointment { body, .. } = &**x.call else { return };
        if body.outcome != Some(Outcome::Won) || body.deal_size.is_some() {
            return;
        }
        let Some(response) = x.response() else { return };
        let code = match &response.answer {
            Answer::Error(error) => Some(error.detail.error_code),
            _ => None,
        };
        // 422 is a matter of form, and told as that.
        let refused = matches!(response.status, 400 | 422);
        match response.status {
            // Refused for another reason, or not by the backend's own judgement.
            401 | 403 | 404 | 408 | 429 | 500.. => notes.inconclusive(Rule::AppointmentWonDealSize),
            _ if matches!(response.answer, Answer::Foreign(_)) => notes.inconclusive(Rule::AppointmentWonDealSize),
            status => {
                let holds = refused && code == Some(ErrorCode::ValidationError);
                notes.judge(Rule::AppointmentWonDealSize, x, holds, || {
                    let got = said_words(status, code);
                    format!("expected 400 VALIDATION_ERROR for outcome won without deal_size, got {got}")
                });
            }
        }
    }
}
