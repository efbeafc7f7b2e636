//! The data that a tenant starts the day with: what a backend holds before the first request. The plan makes it, the
//! model backend loads it, and it can be exported for a real one.

use crate::names::{RecordingMode, Role};
use crate::private::Private;
use crate::wire::appointments::{Appointment, Contact, Lead};
use crate::wire::messages::Message;
use crate::wire::recordings::RecordingSession;
use crate::wire::tasks::Task;
use fieldday_kernel::time::{TimeOfDay, Zone};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The rows of one tenant that exist before the day begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TenantData {
    /// `org_…`
    pub id: SmolStr,
    /// The zone in which the tenant's dates begin and end.
    pub zone: Zone,
    /// What the tenant allows and demands of its reps.
    pub policy: Policy,
    /// Everybody with a login, in the office and in the field.
    pub users: Vec<User>,
    /// The customers.
    pub contacts: Vec<Contact>,
    /// The leads of the customers.
    pub leads: Vec<Lead>,
    /// Past, present and future appointments.
    pub appointments: Vec<Appointment>,
    /// Tasks, with the rep that each belongs to.
    pub tasks: Vec<OwnedTask>,
    /// Sessions recorded on earlier days.
    pub sessions: Vec<RecordingSession>,
    /// Messages by contact, oldest first.
    pub threads: Vec<Thread>,
}

/// What a tenant decides for all its reps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// The mode that a clock-in answers.
    pub recording_mode: RecordingMode,
    /// Whether location may be tracked.
    pub allow_location_tracking: bool,
    /// Whether visits may be recorded.
    pub allow_recording: bool,
    /// Whether ghost mode keeps the transcript's text.
    pub ghost_keeps_transcript: bool,
    /// The beginning of the working day, by the tenant's local time.
    pub scheduled_start: TimeOfDay,
    /// The end of the working day, by the tenant's local time.
    pub scheduled_end: TimeOfDay,
}

/// A login of the tenant, as the user directory knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// The token's `sub`: `user_…`
    pub user_id: SmolStr,
    /// `rep_…`, the id that the shift endpoints take; none for a login that has none.
    pub rep_id: Option<SmolStr>,
    /// The role in the claim `org_role` of the user's tokens.
    pub role: Role,
    /// The user's full name.
    pub name: Private,
    /// The user's e-mail address.
    pub email: Private,
}

/// A task and whose it is: the rep id of a rep's own; none for the office's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnedTask {
    /// The id of the rep whose list shows it; none if it is the office's.
    pub rep_id: Option<SmolStr>,
    /// The task as the API shows it.
    pub task: Task,
}

/// The messages that were exchanged with one contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Thread {
    /// The customer whose messages these are.
    pub contact_card_id: SmolStr,
    /// Oldest first. A message whose `created_at` is still to come arrives then.
    pub messages: Vec<Message>,
}

impl TenantData {
    /// The rows, counted: for a look at a plan.
    pub fn rows(&self) -> usize {
        let messages: usize = self.threads.iter().map(|t| t.messages.len()).sum();
        self.users.len()
            + self.contacts.len()
            + self.leads.len()
            + self.appointments.len()
            + self.tasks.len()
            + self.sessions.len()
            + messages
    }
}
