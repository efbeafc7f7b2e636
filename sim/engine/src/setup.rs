//! What a scenario means for the backend, for the app, and for the judges.

use fieldday_api::SmolStr;
use fieldday_api::dataset::{OwnedTask, TenantData};
use fieldday_api::pace::Pace;
use fieldday_backend as backend;
use fieldday_kernel::time::{Date, Span, Time, Zone};
use fieldday_plan::CellPlan;
use fieldday_rep::app::defects as rep;
use fieldday_rep::app::settings::Settings as AppSettings;
use fieldday_rules::Settings as JudgeSettings;
use fieldday_scenario::{Scaled, Scenario};
use std::collections::{BTreeMap, BTreeSet};

/// One way over an office's line.
pub(crate) const OFFICE_ONE_WAY: Span = Span::millis(15);

fn seconds(n: u32) -> Span {
    Span::seconds(i64::from(n))
}

/// How long the identity provider's tokens live.
pub fn token_life(scenario: &Scenario) -> Span {
    seconds(scenario.switches.token_life_s)
}

/// The scenario's defects that one of the two tables knows.
fn named<D>(scenario: &Scenario, table: fn(&str) -> Option<D>) -> Vec<D> {
    scenario.defects.iter().filter_map(|name| table(name)).collect()
}

/// How the backend of a cell behaves.
pub fn backend(scenario: &Scenario, cell: &CellPlan) -> backend::Config {
    let switches = &scenario.switches;
    let shunya = &scenario.shunya;
    backend::Config {
        leeway: seconds(switches.leeway_s),
        readings: backend::Readings {
            appointments_page: switches.appointments_page,
            page_default: switches.page_default,
            upload_url_minutes: switches.url_life_minutes,
            ..backend::Readings::default()
        },
        mishaps: cell.mishaps.clone(),
        defects: named(scenario, backend::BackendDefect::named),
        page_beyond: switches.page_beyond,
        clock_in_repeat: switches.clock_in_repeat,
        optional_endpoints: switches.optional_endpoints,
        shunya: backend::ShunyaTimes {
            transcription: spread(shunya.transcription_s),
            analysis: spread(shunya.analysis_s),
            transcription_fail_ppm: shunya.fails_ppm / 2,
            analysis_fail_ppm: shunya.fails_ppm / 2,
            null_ppm: shunya.nulls_ppm,
            ..backend::ShunyaTimes::default()
        },
        ..backend::Config::default()
    }
}

/// Seconds between a least and a most, as a median and how far the 84th percentile is from it: the middle and the half
/// way of a log-normal whose two ends are those.
fn spread((least, most): (u32, u32)) -> backend::Spread {
    let (least, most) = (u64::from(least.max(1)), u64::from(most.max(least).max(1)));
    let median_us = (least * most).isqrt().max(1) * 1_000_000;
    let spread_percent = (most * 100_000_000 / least).isqrt().isqrt();
    backend::Spread::new(median_us, u32::try_from(spread_percent).unwrap_or(u32::MAX).max(100))
}

/// How fast the protocol's own times pass on a phone when the day is lived on the wall clock. On the virtual clock, where
/// nothing is gained by it, they are always as specified.
pub fn pace(scenario: &Scenario) -> Pace {
    let live = &scenario.live;
    let of = |times| if live.scales.contains(&times) { live.speed } else { 1 };
    Pace {
        timeouts: of(Scaled::Timeouts),
        backoff: of(Scaled::Backoff),
        polling: of(Scaled::Polling),
        cache: of(Scaled::Cache),
    }
}

/// How the app on every phone is set up.
pub fn app(scenario: &Scenario, pace: Pace) -> AppSettings {
    let switches = &scenario.switches;
    AppSettings {
        geofence_m: switches.geofence_m,
        url_life: Span::minutes(i64::from(switches.url_life_minutes)),
        audio_has_30_s: switches.audio_put_30s,
        start_is_queued: switches.start_queued,
        bare_clock_in: switches.send_bare_clock_in,
        optional_endpoints: switches.optional_endpoints,
        pace,
        defects: rep::Defects::new(&named(scenario, rep::AppDefect::named)),
        ..AppSettings::default()
    }
}

/// What the judges of a cell must know: when its events' clock starts, and the zones of its tenants by their ids.
pub fn judges(scenario: &Scenario, pace: Pace, start: Time, zones: BTreeMap<SmolStr, Zone>) -> JudgeSettings {
    let switches = &scenario.switches;
    JudgeSettings {
        start,
        zones,
        leeway: seconds(switches.leeway_s),
        token_life: token_life(scenario),
        geofence_m: switches.geofence_m,
        pace,
        must_exercise: scenario.demanded(),
        weights: scenario.rules.0.iter().map(|(rule, setting)| (*rule, setting.weight)).collect(),
        start_may_queue: switches.start_queued,
        ..JudgeSettings::default()
    }
}

/// What the clock of a series shows when a cell of that date starts: days of later dates are laid over the first one.
pub fn day_starts(scenario: &Scenario, date: Date, start: Time) -> Time {
    let first = scenario.day.dates.first().copied().unwrap_or(date);
    start - Span::hours(24 * i64::from(date.days() - first.days()))
}

/// The zones of a planned cell's tenants, by tenant id.
pub fn zones(cell: &CellPlan) -> BTreeMap<SmolStr, Zone> {
    cell.tenants.iter().map(|tenant| (tenant.data.id.clone(), tenant.data.zone.clone())).collect()
}

/// A tenant's frame without its rows, which the backend has taken.
pub(crate) fn emptied(data: &TenantData) -> TenantData {
    TenantData {
        id: data.id.clone(),
        zone: data.zone.clone(),
        policy: data.policy.clone(),
        users: Vec::new(),
        contacts: Vec::new(),
        leads: Vec::new(),
        appointments: Vec::new(),
        tasks: Vec::new(),
        sessions: Vec::new(),
        threads: Vec::new(),
    }
}

/// The rows that a fleet at a plant needs in the course of its day: today's appointments with their people, and all tasks.
/// What its people look back upon or ahead to is left out, and so are messages: lists of those come back shorter, but they
/// are asked for as often.
pub(crate) fn lean(mut data: TenantData, today: Date) -> TenantData {
    let zone = &data.zone;
    data.appointments.retain(|appointment| zone.date(appointment.scheduled_start) == today);
    let kept: BTreeSet<&SmolStr> = data.appointments.iter().map(|appointment| &appointment.id).collect();
    let contacts: BTreeSet<&SmolStr> = data.appointments.iter().map(|a| &a.contact_card_id).collect();
    let leads: BTreeSet<&SmolStr> = data.appointments.iter().map(|appointment| &appointment.lead_id).collect();
    data.contacts.retain(|contact| contacts.contains(&contact.id));
    data.leads.retain(|lead| leads.contains(&lead.id));
    data.sessions.retain(|session| kept.contains(&session.appointment_id));
    for OwnedTask { task, .. } in &mut data.tasks {
        if task.appointment_id.as_ref().is_some_and(|id| !kept.contains(id)) {
            (task.appointment_id, task.contact_card_id, task.lead_id) = (None, None, None);
        }
    }
    data.threads.clear();
    data
}
