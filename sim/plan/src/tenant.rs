//! A tenant: its territory's network, its people, its data.

use super::demo::demo;
use super::{Found, OfficePlan, Places, Plan, RepPlan, RowName, TenantPlan, VisitPlan};
use crate::keys::id;
use fieldday_api::SmolStr;
use fieldday_api::dataset::{Policy, TenantData};
use fieldday_api::names::RecordingMode;
use fieldday_kernel::random::name_key;
use fieldday_kernel::time::{Date, Time, TimeOfDay, Zone};
use fieldday_radio::air::Air;
use fieldday_radio::network;
use fieldday_radio::place::Point;
use fieldday_radio::territory::Territory;
use indexmap::IndexMap;
use std::sync::Arc;

/// The facts about a tenant that are fixed before its rows are made.
pub(super) struct TenantSite<'a> {
    pub name: String,
    /// The number of the tenant within its cell, as its name has it.
    pub number: u32,
    pub demo: bool,
    /// The number of reps who work on the date.
    pub reps: u32,
    pub territory: &'a Arc<Territory>,
    pub zone: &'a Zone,
    pub date: Date,
    /// The end of the cell, after the last tenant's midnight.
    pub ends: Time,
}

/// A tenant while its rows, reps and office are made.
pub(super) struct TenantMaker<'a> {
    pub plan: &'a Plan,
    pub site: TenantSite<'a>,
    pub id: SmolStr,
    pub data: TenantData,
    pub air: Air,
    pub places: Vec<(u64, Point)>,
    pub visits: IndexMap<SmolStr, VisitPlan>,
    pub reps: Vec<RepPlan>,
    pub office: Vec<OfficePlan>,
    pub rows: Vec<RowName>,
    /// The office's knowledge of each rep, by number; none of a rep who was removed from the plan.
    pub known: Vec<Option<KnownRep>>,
}

/// The office's knowledge of a rep: everything that was planned, also what was removed since.
pub(super) struct KnownRep {
    pub rep_id: SmolStr,
    pub visits: Vec<KnownVisit>,
    pub tasks: Vec<(SmolStr, Here)>,
}

/// Whether an element is in the plan, or was taken out.
pub(super) type Here = bool;

pub(super) struct KnownVisit {
    pub appointment_id: SmolStr,
    pub contact_id: SmolStr,
    pub start: Time,
    pub end: Time,
    pub here: Here,
}

/// Makes a tenant with its data, its reps' days and its office.
pub(super) fn make(plan: &Plan, site: TenantSite<'_>) -> TenantPlan {
    let key = name_key(&site.name);
    let id = if site.demo { demo().organisation.clone() } else { id("org_", key) };
    // The profile was looked up when the plan was made.
    let profile = network::named(&plan.scenario.network.profile).unwrap_or(&network::profiles()[0]).clone();
    // A little more than a usual rep has: six past, two to come, five or so today.
    let (reps, each) = (site.reps.max(1) as usize, 14);
    let data = TenantData {
        id: id.clone(),
        zone: site.zone.clone(),
        policy: policy(plan, key),
        users: Vec::with_capacity(reps + 8),
        contacts: Vec::with_capacity(reps * each),
        leads: Vec::with_capacity(reps * each),
        appointments: Vec::with_capacity(reps * each),
        tasks: Vec::with_capacity(reps * 7),
        sessions: Vec::with_capacity(reps),
        threads: Vec::with_capacity(reps * 6),
    };
    let air = Air::plain(site.territory.clone(), profile);
    let (visits, known) = (IndexMap::with_capacity(reps * 6), Vec::with_capacity(reps));
    let (places, rows, office) = (Vec::with_capacity(reps * 8), Vec::with_capacity(reps * each), Vec::new());
    let reps = Vec::with_capacity(reps);
    let mut maker = TenantMaker { plan, site, id, data, air, places, visits, reps, office, rows, known };
    maker.masts();
    // A tenant without reps has one on leave, so that there is something of it that could leak.
    for number in 0..maker.site.reps.max(1) {
        let works = number < maker.site.reps;
        let rep = maker.rep(number as usize, works);
        maker.known.push(rep);
    }
    maker.staff();
    maker.air.sort();
    TenantPlan {
        date: maker.site.date,
        territory: maker.site.territory.clone(),
        found: Arc::new(Found::new(&plan.scenario, plan.seed, maker.site.territory.clone())),
        air: Arc::new(maker.air),
        places: Places::new(maker.places),
        visits: maker.visits,
        reps: maker.reps,
        office: maker.office,
        intruders: Vec::new(),
        off_duty: None,
        auditor: None,
        rows: maker.rows,
        data: maker.data,
        name: maker.site.name,
    }
}

fn policy(plan: &Plan, key: u64) -> Policy {
    let modes = plan.scenario.visits.modes;
    let usual = [
        (modes.full, RecordingMode::Full),
        (modes.ephemeral, RecordingMode::Ephemeral),
        (modes.ghost, RecordingMode::Ghost),
    ];
    Policy {
        recording_mode: usual
            .into_iter()
            .max_by_key(|(weight, _)| *weight)
            .map_or(RecordingMode::Full, |(_, mode)| mode),
        allow_location_tracking: true,
        allow_recording: true,
        ghost_keeps_transcript: key & 1 == 0,
        scheduled_start: TimeOfDay::hm(7, 0),
        scheduled_end: TimeOfDay::hm(20, 0),
    }
}
