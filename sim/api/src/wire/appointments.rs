//! Appointments (§2.1).

use crate::fixed::Money;
use crate::names::{AppointmentStatus, LeadStatus, Outcome};
use crate::private::Private;
use fieldday_kernel::time::{Date, Time};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Query of `GET /appointments` (§2.1.1).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AppointmentQuery {
    /// Only appointments of this rep; a rep's own when absent.
    pub rep_id: Option<SmolStr>,
    /// The tenant's local date; today when absent.
    pub date: Option<Date>,
    /// Only appointments with this status.
    pub status: Option<AppointmentStatus>,
    /// Only appointments with this outcome.
    pub outcome: Option<Outcome>,
    /// Undocumented for this endpoint, which returns all; kept because §0.3 says every list pages.
    pub limit: Option<u32>,
    /// How many entries of the list to skip.
    pub offset: Option<u32>,
}

/// One entry of the list (§2.1.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentSummary {
    /// `appt_…`
    pub appointment_id: SmolStr,
    /// `lead_…`
    pub lead_id: SmolStr,
    /// `contact_…`
    pub contact_card_id: SmolStr,
    /// The customer's full name. Private.
    pub customer_name: Private,
    /// The address of the visit. Private.
    pub address: Private,
    /// The planned beginning, in UTC.
    pub scheduled_start: Time,
    /// The planned end, in UTC.
    pub scheduled_end: Time,
    /// How far the visit has come: scheduled, done, cancelled and so on.
    pub status: AppointmentStatus,
    /// The result of the visit, as the rep or the office entered it.
    pub outcome: Outcome,
    /// `Roof Replacement`
    pub service_type: SmolStr,
    /// Always true in a rep's list.
    pub is_assigned_to_me: bool,
    /// The price that was sold for; set when the outcome is `won`.
    pub deal_size: Option<Money>,
    /// Open and overdue tasks that name the appointment.
    pub pending_tasks_count: u32,
}

/// Answer of `GET /appointments` (§2.1.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentList {
    /// All appointments of the date, without pages.
    pub appointments: Vec<AppointmentSummary>,
    /// The number of appointments in the list.
    pub total: u32,
    /// The date they are of.
    pub date: Date,
}

/// An appointment with all its fields (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Appointment {
    /// `appt_…`
    pub id: SmolStr,
    /// `lead_…`
    pub lead_id: SmolStr,
    /// `contact_…`
    pub contact_card_id: SmolStr,
    /// The planned beginning, in UTC.
    pub scheduled_start: Time,
    /// The planned end, in UTC.
    pub scheduled_end: Time,
    /// How far the visit has come: scheduled, done, cancelled and so on.
    pub status: AppointmentStatus,
    /// The result of the visit, as the rep or the office entered it.
    pub outcome: Outcome,
    /// Whose it is: a rep id (or, on some targets, a user id).
    pub assigned_rep_id: Option<SmolStr>,
    /// The address of the visit. Private.
    pub location: Private,
    /// `Roof Replacement`
    pub service_type: SmolStr,
    /// Free text of reps and office. Private.
    pub notes: Option<Private>,
    /// The price that was sold for; set when the outcome is `won`.
    pub deal_size: Option<Money>,
    /// The time at which the row was created, by the backend's clock.
    pub created_at: Time,
    /// The time of the last change, by the backend's clock.
    pub updated_at: Time,
}

/// The lead behind an appointment (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lead {
    /// `lead_…`
    pub id: SmolStr,
    /// How far the sale has come.
    pub status: LeadStatus,
    /// The price that was sold for; set when the lead is won.
    pub deal_size: Option<Money>,
    /// The time at which the row was created, by the backend's clock.
    pub created_at: Time,
}

/// The person behind an appointment (§2.1.2). All private but the id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// `contact_…`
    pub id: SmolStr,
    /// The given name. Private.
    pub first_name: Private,
    /// The family name. Private.
    pub last_name: Private,
    /// The number that messages go to. Private.
    pub phone_number: Private,
    /// The e-mail address, if one is known. Private.
    pub email: Option<Private>,
    /// The home address. Private.
    pub address: Private,
}

/// Answer of `GET` and `PATCH /appointments/{appointment_id}` (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentDetail {
    /// The appointment with all its fields.
    pub appointment: Appointment,
    /// The lead that the appointment belongs to.
    pub lead: Lead,
    /// The customer who is visited.
    pub contact: Contact,
}

/// Body of `PATCH /appointments/{appointment_id}` (§2.1.3): what is absent keeps its value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AppointmentPatch {
    /// The new beginning, in UTC.
    pub scheduled_start: Option<Time>,
    /// The new end, in UTC.
    pub scheduled_end: Option<Time>,
    /// The new status of the visit.
    pub status: Option<AppointmentStatus>,
    /// The new outcome; `won` needs a `deal_size` beside it.
    pub outcome: Option<Outcome>,
    /// The price that was sold for.
    pub deal_size: Option<Money>,
    /// The new address of the visit. Private.
    pub location: Option<Private>,
    /// The new kind of work: `Roof Replacement`.
    pub service_type: Option<SmolStr>,
    /// The new free text, in place of the old. Private.
    pub notes: Option<Private>,
    /// The office's web app moves an appointment to another rep with this. It is not in §2.1.3, which is the phone's
    /// contract: the model takes it from managers and CSRs, and the phone never sends it.
    pub assigned_rep_id: Option<SmolStr>,
}
