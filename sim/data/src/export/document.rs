//! A tenant as a JSON document: the wire's own objects, with the zone by its IANA name.

use fieldday_api::SmolStr;
use fieldday_api::dataset::{OwnedTask, Policy, TenantData, Thread, User};
use fieldday_api::private::exposed;
use fieldday_api::wire::appointments::{Appointment, Contact, Lead};
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_kernel::time::{Date, TimeOfDay, Zone};
use fieldday_scenario::zones;
use serde::{Deserialize, Serialize};

/// The data of one tenant as a JSON document, for importers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantDocument {
    /// `org_…`
    pub id: SmolStr,
    /// The IANA name of its zone.
    pub zone: String,
    /// The date that the rows are made for: today's appointments are today's on that date.
    pub date: Date,
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
    /// Tasks, each with the rep whose it is.
    pub tasks: Vec<OwnedTask>,
    /// Sessions recorded on earlier days.
    pub sessions: Vec<RecordingSession>,
    /// Messages by contact, oldest first.
    pub threads: Vec<Thread>,
}

/// The document of a tenant, on one line, in the clear.
pub fn tenant_to_json(data: &TenantData, date: Date) -> String {
    #[derive(Serialize)]
    struct Borrowed<'a> {
        id: &'a SmolStr,
        zone: &'a str,
        date: Date,
        policy: &'a Policy,
        users: &'a [User],
        contacts: &'a [Contact],
        leads: &'a [Lead],
        appointments: &'a [Appointment],
        tasks: &'a [OwnedTask],
        sessions: &'a [RecordingSession],
        threads: &'a [Thread],
    }
    let document = Borrowed {
        id: &data.id,
        zone: &data.zone.name,
        date,
        policy: &data.policy,
        users: &data.users,
        contacts: &data.contacts,
        leads: &data.leads,
        appointments: &data.appointments,
        tasks: &data.tasks,
        sessions: &data.sessions,
        threads: &data.threads,
    };
    // Texts and numbers under texts: nothing of it can fail to serialise.
    exposed(|| serde_json::to_string(&document)).unwrap_or_default()
}

/// Reads a tenant's document back, with the date that it is for.
pub fn tenant_from_json(text: &str) -> Result<(TenantData, Date), serde_json::Error> {
    let document: TenantDocument = serde_json::from_str(text)?;
    let noon = Zone::utc().at(document.date, TimeOfDay::hm(12, 0));
    let zone = zones::zone(&document.zone, noon).ok_or_else(|| {
        serde::de::Error::custom(format_args!("`zone`: {:?} is not an IANA time zone", document.zone))
    })?;
    let data = TenantData {
        id: document.id,
        zone,
        policy: document.policy,
        users: document.users,
        contacts: document.contacts,
        leads: document.leads,
        appointments: document.appointments,
        tasks: document.tasks,
        sessions: document.sessions,
        threads: document.threads,
    };
    Ok((data, document.date))
}
