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
    /// Whose; a rep's own when absent.
    pub rep_id: Option<SmolStr>,
    /// The tenant's local date; today when absent.
    pub date: Option<Date>,
    /// Only this status.
    pub status: Option<AppointmentStatus>,
    /// Only this outcome.
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
    /// Private.
    pub customer_name: Private,
    /// Private.
    pub address: Private,
    /// When it begins.
    pub scheduled_start: Time,
    /// When it ends.
    pub scheduled_end: Time,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// What came of it.
    pub outcome: Outcome,
    /// `Roof Replacement`
    pub service_type: SmolStr,
    /// Always true in a rep's list.
    pub is_assigned_to_me: bool,
    /// Set when won.
    pub deal_size: Option<Money>,
    /// Open and overdue tasks that name the appointment.
    pub pending_tasks_count: u32,
}

/// Answer of `GET /appointments` (§2.1.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentList {
    /// All of that date, unpaged.
    pub appointments: Vec<AppointmentSummary>,
    /// Their number.
    pub total: u32,
    /// The date they are of.
    pub date: Date,
}

/// An appointment, whole (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Appointment {
    /// `appt_…`
    pub id: SmolStr,
    /// `lead_…`
    pub lead_id: SmolStr,
    /// `contact_…`
    pub contact_card_id: SmolStr,
    /// When it begins.
    pub scheduled_start: Time,
    /// When it ends.
    pub scheduled_end: Time,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// What came of it.
    pub outcome: Outcome,
    /// Whose it is: a rep id (or, on some targets, a user id).
    pub assigned_rep_id: Option<SmolStr>,
    /// The address. Private.
    pub location: Private,
    /// `Roof Replacement`
    pub service_type: SmolStr,
    /// Private.
    pub notes: Option<Private>,
    /// Set when won.
    pub deal_size: Option<Money>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// The lead behind an appointment (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lead {
    /// `lead_…`
    pub id: SmolStr,
    /// Where it stands.
    pub status: LeadStatus,
    /// Set when won.
    pub deal_size: Option<Money>,
    /// When it was made.
    pub created_at: Time,
}

/// The person behind an appointment (§2.1.2). All private but the id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// `contact_…`
    pub id: SmolStr,
    /// Private.
    pub first_name: Private,
    /// Private.
    pub last_name: Private,
    /// Private.
    pub phone_number: Private,
    /// Private.
    pub email: Option<Private>,
    /// Private.
    pub address: Private,
}

/// Answer of `GET` and `PATCH /appointments/{appointment_id}` (§2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentDetail {
    /// The appointment.
    pub appointment: Appointment,
    /// Its lead.
    pub lead: Lead,
    /// Its customer.
    pub contact: Contact,
}

/// Body of `PATCH /appointments/{appointment_id}` (§2.1.3): what is absent keeps its value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AppointmentPatch {
    /// Moved to begin then.
    pub scheduled_start: Option<Time>,
    /// Moved to end then.
    pub scheduled_end: Option<Time>,
    /// The new status.
    pub status: Option<AppointmentStatus>,
    /// The new outcome; `won` needs a `deal_size` beside it.
    pub outcome: Option<Outcome>,
    /// What was sold for how much.
    pub deal_size: Option<Money>,
    /// The new address. Private.
    pub location: Option<Private>,
    /// The new service.
    pub service_type: Option<SmolStr>,
    /// New notes. Private.
    pub notes: Option<Private>,
    /// The office's web app moves an appointment to another rep with this. It is not in §2.1.3, which is the phone's
    /// contract: the model takes it from managers and CSRs, and the phone never sends it.
    pub assigned_rep_id: Option<SmolStr>,
}
