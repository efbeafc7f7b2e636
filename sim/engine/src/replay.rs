//! One cell again: its events, what the judges found in them, and how a rep's phone and the backend looked at a moment.

use crate::cell::{CellRun, Keep};
use fieldday_backend::RepRows;
use fieldday_history::event::Client;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Time, Zone};
use fieldday_plan::Plan;
use fieldday_rep::phone::PhoneView;
use fieldday_rules::{Findings, Measures};
use serde::{Serialize, Serializer};
use std::sync::atomic::AtomicBool;

/// A cell that was simulated once more, with all its events.
pub struct Replayed {
    /// The name of the cell in the plan.
    pub cell: String,
    /// The time from which its events count.
    pub start: Time,
    /// Every event of the cell, in order.
    pub events: Vec<Event>,
    /// Who is there, by number, each with the tenant's zone.
    pub clients: Vec<(Client, Zone)>,
    /// The counts and cases of the judges.
    pub findings: Findings,
    /// The fingerprint of the cell's events.
    pub fingerprint: Fingerprint,
    /// False if it was interrupted.
    pub complete: bool,
}

/// The state of a rep's phone and of the backend at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moment {
    /// The moment that was asked for.
    pub at: Time,
    /// The rep's local time.
    #[serde(serialize_with = "by_name")]
    pub zone: Zone,
    /// The phone's state at that moment.
    pub phone: PhoneView,
    /// The rows that the backend held of the rep at that moment.
    pub rows: RepRows,
}

/// Simulates a cell once more and keeps its events; `stop` ends it early.
pub fn replay(plan: &Plan, index: u32, stop: &AtomicBool) -> Replayed {
    let cell = plan.cell(index);
    let (name, start) = (cell.name.clone(), cell.start);
    let zones: Vec<_> = cell.tenants.iter().map(|t| (t.data.id.clone(), t.data.zone.clone())).collect();
    let keep = Keep { history: false, events: true };
    let (outcome, _) = CellRun::new(plan.scenario(), cell, keep, Measures::default()).run(stop);
    let events = outcome.kept.unwrap_or_default();
    let zone = |client: &Client| {
        zones.iter().find(|(id, _)| *id == client.tenant).map_or_else(Zone::utc, |(_, zone)| zone.clone())
    };
    let introduced = events.iter().filter_map(|event| match &event.what {
        EventKind::Client(client) => Some((client.as_ref().clone(), zone(client))),
        _ => None,
    });
    let (clients, findings) = (introduced.collect(), outcome.findings);
    Replayed {
        cell: name,
        start,
        clients,
        findings,
        fingerprint: outcome.fingerprint,
        complete: outcome.complete,
        events,
    }
}

/// How the phone of a rep, and the backend's rows about them, looked at a moment; none if the cell has no such rep.
pub fn moment(plan: &Plan, index: u32, rep: &str, at: Time) -> Option<Moment> {
    let cell = plan.cell(index);
    let place = cell.tenants.iter().flat_map(|tenant| &tenant.reps).position(|planned| planned.name == rep)?;
    let rep_id = cell.tenants.iter().flat_map(|tenant| &tenant.reps).nth(place)?.rep_id.clone();
    let tenant = cell.tenants.iter().find(|tenant| tenant.reps.iter().any(|planned| planned.name == rep))?;
    let zone = tenant.data.zone.clone();
    let run = CellRun::new(plan.scenario(), cell, Keep::default(), Measures::default());
    run.run_to(at);
    let phone = run.phones().get(place)?.view();
    let rows = run.rows_of(&rep_id)?;
    // An app and its phone hold each other; a phone that is switched off lets go.
    run.phones().iter().for_each(|phone| phone.switch_off());
    Some(Moment { at, zone, phone, rows })
}

fn by_name<S: Serializer>(zone: &Zone, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&zone.name)
}
