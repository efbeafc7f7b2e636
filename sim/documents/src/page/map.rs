//! The map of a report: what its template and its script are given.

use fieldday_folder::series::{MapTenant, Pin, SeriesFile};
use fieldday_paint::units;
use serde::Serialize;

/// Moves the reps through the day.
pub(super) const SCRIPT: &str = include_str!("../../templates/map.js");

/// What the template says around the map.
pub(super) struct MapView<'a> {
    pub tenants: Vec<(usize, String, bool)>,
    pub note: String,
    pub pins: Vec<(&'a str, &'a Pin)>,
}

/// What the map's script reads.
#[derive(Serialize)]
pub(super) struct MapData<'a> {
    /// When moments begin to be counted, in seconds of UTC.
    starts_at: i64,
    /// The clock of the run's day, for a file whose territories have none of their own.
    zone: &'a str,
    offset_s: i64,
    tenants: &'a [MapTenant],
}

/// The texts around the map.
pub(super) fn view(series: &SeriesFile) -> MapView<'_> {
    let map = &series.map;
    let first_broken = map.tenants.iter().position(|tenant| !tenant.pins.is_empty()).unwrap_or(0);
    // Days of several dates are laid over one another: each territory says which is its own.
    let has_dates = map.tenants.iter().any(|tenant| tenant.date != map.tenants[0].date);
    let tenants = map.tenants.iter().enumerate().map(|(place, tenant)| {
        let pins = match tenant.pins.len() as u64 {
            0 => String::new(),
            n => format!(", {}", units::counted(n, "violation", "violations")),
        };
        let reps = units::counted(tenant.reps.len() as u64, "rep", "reps");
        let date = if has_dates { format!(" · {}", tenant.date) } else { String::new() };
        (place, format!("{} · {}{date} · {reps}{pins}", tenant.metro, tenant.name), place == first_broken)
    });
    let mut note = String::new();
    if map.moved {
        note.push_str("All places of this run are moved by an offset of its own, so that nobody's home is shown; names and outline of the territory are not. ");
    }
    if map.left_out > 0 {
        note.push_str(&format!("{} more are not on the map.", units::counted(map.left_out, "rep", "reps")));
    }
    MapView {
        tenants: tenants.collect(),
        note,
        pins: map
            .tenants
            .iter()
            .flat_map(|tenant| tenant.pins.iter().map(|pin| (tenant.metro.as_str(), pin)))
            .collect(),
    }
}

/// The data of its script.
pub(super) fn data(series: &SeriesFile) -> MapData<'_> {
    MapData {
        starts_at: series.starts_at.micros().div_euclid(1_000_000),
        zone: &series.zone,
        offset_s: series.offset_s,
        tenants: &series.map.tenants,
    }
}
