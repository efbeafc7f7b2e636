//! The map: territories, coverage, visits, and where reps were when.
//!
//! Places are tens of metres east and north of the territory's origin; moments are seconds since the series begins.

use super::ground::Ground;
use super::way::{Way, way};
use fieldday_engine::run::RunOutcome;
use fieldday_engine::setup;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_plan::TenantPlan;
use fieldday_radio::network::Radio;
use fieldday_radio::place::Point;
use fieldday_radio::territory::Territory;
use fieldday_rules::{Track, Violation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Violations that are pinned at most.
const PINS_MAX: usize = 400;
/// How far the places of a live run are moved at least and at most, in tens of metres, each way.
const MOVED: (i64, i64) = (150, 450);

/// Places, in tens of metres.
type Ring = Vec<(i64, i64)>;

/// A map of every tenant whose reps were followed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Map {
    /// How many reps were not followed: a map holds so many.
    pub left_out: u64,
    /// Whether places are moved, so that a map of a live run does not show where people really are.
    pub moved: bool,
    /// The tenants whose reps were followed.
    pub tenants: Vec<MapTenant>,
}

/// One tenant's territory and its reps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MapTenant {
    /// The tenant's name in the plan.
    pub name: String,
    /// Where it is: the name of the city in the middle, which is at 0, 0.
    pub metro: String,
    /// Whose clock it lives by; empty in a file of an older version.
    #[serde(default)]
    pub zone: String,
    /// The local date of its day.
    #[serde(default)]
    pub date: String,
    /// From when on its clock is how far ahead of UTC, in seconds: more than one where clocks change within the day.
    #[serde(default)]
    pub clock: Vec<(i64, i64)>,
    /// The outline of the territory.
    pub land: Vec<(i64, i64)>,
    /// Where many live: a place and how far around it.
    pub towns: Vec<(i64, i64, i64)>,
    /// What each of these is called: its ZIP code.
    #[serde(default)]
    pub town_names: Vec<String>,
    /// The outlines of the areas with 5G.
    pub fast: Vec<Vec<(i64, i64)>>,
    /// The areas with less coverage than usual.
    pub holes: Vec<Hole>,
    /// The places of the visits.
    pub visits: Vec<(i64, i64)>,
    /// The tenant's reps, as far as they were followed.
    pub reps: Vec<MapRep>,
    /// Broken rules, where their reps were then.
    pub pins: Vec<Pin>,
}

/// A hole in the coverage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hole {
    /// The outline of the area.
    pub ring: Vec<(i64, i64)>,
    /// Whether nothing at all is left of the network there.
    pub dead: bool,
}

/// A rep's day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MapRep {
    /// The rep's name in the plan.
    pub name: String,
    /// Four numbers a stop: when, where east and north, and what from then on: 0 at home, 1 on the way to the next stop,
    /// 2 at a visit, 3 elsewhere, 4 the day is over.
    pub way: Vec<i64>,
    /// Two numbers a time without network: from, until.
    pub offline: Vec<i64>,
    /// Two numbers a recording: from, until.
    #[serde(default)]
    pub recording: Vec<i64>,
    /// Two numbers a change of the phone's queue: when, and how many actions wait from then on.
    #[serde(default)]
    pub queue: Vec<i64>,
}

/// A broken rule on the map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pin {
    /// When it happened, in seconds from the start.
    pub t: i64,
    /// How far east the rep was then, in tens of metres.
    pub x: i64,
    /// How far north the rep was then, in tens of metres.
    pub y: i64,
    /// The rule that was broken.
    pub rule: String,
    /// The name in the plan of the rep that it happened to.
    pub who: String,
}

/// Draws the map. Cells are looked at one after the other; nothing is held for one that is drawn.
pub(super) fn draw(ground: &Ground<'_>, outcome: &RunOutcome, starts_at: Time) -> Map {
    let tracks = outcome.measures.tracks.all();
    let mut by_cell: BTreeMap<u32, Vec<&Track>> = BTreeMap::new();
    for track in tracks {
        by_cell.entry(track.cell).or_default().push(track);
    }
    let violations: Vec<&Violation> = outcome.findings.shown().take(PINS_MAX).collect();
    let sheet = Sheet { starts_at, speed: ground.speed.max(1), moved: ground.secret.map_or((0, 0), moved) };
    let mut map = Map {
        left_out: outcome.measures.series.reps().saturating_sub(tracks.len() as u64),
        moved: ground.secret.is_some(),
        tenants: Vec::new(),
    };
    for (index, tracks) in by_cell {
        let Some(cell) = ground.cell(index) else { continue };
        let day = setup::day_starts(ground.plan.scenario(), cell.date, cell.start);
        for tenant in &cell.tenants {
            let clock = clock(&tenant.data.zone, starts_at, cell.start.since(day));
            let drawn = MapTenant { clock, ..sheet.tenant(tenant, day, &tracks, &violations) };
            map.tenants.extend((!drawn.reps.is_empty()).then_some(drawn));
        }
    }
    map
}

/// How places and moments come onto the map.
struct Sheet {
    starts_at: Time,
    speed: u32,
    moved: (i64, i64),
}

impl Sheet {
    fn tenant(&self, tenant: &TenantPlan, day: Time, tracks: &[&Track], violations: &[&Violation]) -> MapTenant {
        let ring = |region: &fieldday_radio::coverage::Region| -> Vec<(i64, i64)> {
            region.corners_m().map(|(x, y)| self.place_m(x, y)).collect()
        };
        let mut reps = Vec::new();
        let mut pins = Vec::new();
        for plan in &tenant.reps {
            let Some(track) = tracks.iter().find(|track| track.rep == plan.name) else { continue };
            let way = way(track, plan, tenant, self.speed);
            let own = violations.iter().filter(|violation| violation.client_name == plan.name);
            pins.extend(own.filter_map(|violation| self.pin(violation, &way, day)));
            reps.push(self.rep(&plan.name, &way));
        }
        let holes =
            tenant.air.holes.iter().map(|hole| Hole { ring: ring(&hole.region), dead: hole.left == Radio::None });
        let (land, towns) = land(&tenant.territory);
        MapTenant {
            name: tenant.name.clone(),
            metro: tenant.territory.metro().to_owned(),
            zone: tenant.data.zone.name.clone(),
            date: tenant.date.to_string(),
            clock: Vec::new(),
            land,
            towns,
            town_names: tenant.territory.areas().iter().map(|area| area.zip.clone()).collect(),
            fast: tenant.air.fast.iter().map(|fast| ring(&fast.region)).collect(),
            holes: holes.collect(),
            visits: tenant.visits.values().map(|visit| self.place(visit.place)).collect(),
            reps,
            pins,
        }
    }
    fn rep(&self, name: &str, way: &Way) -> MapRep {
        let mut stops = Vec::new();
        for stop in &way.stops {
            let (x, y) = self.place(stop.place);
            stops.extend([self.moment(stop.at), x, y, stop.then as i64]);
        }
        let times = |of: &[(Time, Time)]| {
            of.iter().flat_map(|(from, until)| [*from, *until].map(|at| self.moment(at))).collect()
        };
        MapRep {
            name: name.to_owned(),
            way: stops,
            offline: times(&way.offline),
            recording: times(&way.recording),
            queue: way.waiting.iter().flat_map(|(at, waiting)| [self.moment(*at), i64::from(*waiting)]).collect(),
        }
    }
    fn pin(&self, violation: &Violation, way: &Way, day: Time) -> Option<Pin> {
        let at = day + violation.at;
        let (x, y) = self.place(way.at(at)?);
        let (rule, who) = (violation.rule.name().to_owned(), violation.client_name.to_string());
        Some(Pin { t: self.moment(at), x, y, rule, who })
    }
    fn moment(&self, at: Time) -> i64 {
        at.since(self.starts_at).as_seconds()
    }
    fn place(&self, at: Point) -> (i64, i64) {
        self.place_m(i64::from(at.x_cm) / 100, i64::from(at.y_cm) / 100)
    }
    fn place_m(&self, x_m: i64, y_m: i64) -> (i64, i64) {
        (x_m.div_euclid(10) + self.moved.0, y_m.div_euclid(10) + self.moved.1)
    }
}

/// How far a zone's clock is ahead of UTC from the beginning of the series on, and from each change within the two days after
/// it. The day is as much later as its date is after the first one, on which all days are laid.
fn clock(zone: &Zone, starts_at: Time, later: Span) -> Vec<(i64, i64)> {
    let begins = starts_at + later;
    let changes = zone.offsets.iter().filter(|(from, _)| *from > begins && *from < begins + Span::hours(48));
    let changes = changes.map(|(from, offset)| (from.since(begins).as_seconds(), i64::from(*offset)));
    std::iter::once((0, zone.offset(begins).as_seconds())).chain(changes).collect()
}

/// How far the places are moved, east and north, as the secret decides.
fn moved(secret: u64) -> (i64, i64) {
    let (least, most) = MOVED;
    let way = |bits: u64| {
        let far = least + (bits >> 1 & 0xffff) as i64 % (most - least);
        if bits & 1 == 0 { far } else { -far }
    };
    (way(secret), way(secret >> 20))
}

/// The outline of a territory, and where many of its people live.
fn land(territory: &Territory) -> (Ring, Vec<(i64, i64, i64)>) {
    let tens = |cm: i64| cm / 1_000;
    let towns = territory.areas().iter().map(|area| {
        let (x, y) = (tens(area.centre.x_cm.into()), tens(area.centre.y_cm.into()));
        (x, y, tens(area.spread_cm).max(1))
    });
    let towns: Vec<_> = towns.collect();
    let corners = towns.iter().flat_map(|(x, y, r)| {
        let r = r * 3 / 2;
        [(-1, -2), (1, -2), (2, -1), (2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1)]
            .map(|(dx, dy)| (x + r * dx / 2, y + r * dy / 2))
    });
    (hull(corners.collect()), towns)
}

/// The convex hull, by Andrew's monotone chain.
fn hull(mut points: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    points.sort();
    points.dedup();
    let turns_right = |chain: &[(i64, i64)], next: (i64, i64)| match chain {
        [.., a, b] => (b.0 - a.0) * (next.1 - a.1) <= (b.1 - a.1) * (next.0 - a.0),
        _ => false,
    };
    let mut ring: Vec<(i64, i64)> = Vec::new();
    for half in [points.clone(), points.into_iter().rev().collect()] {
        let mut chain: Vec<(i64, i64)> = Vec::new();
        for point in half {
            while turns_right(&chain, point) {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        ring.extend(chain);
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_is_what_a_rubber_band_would_be() {
        let points = vec![(0, 0), (4, 0), (2, 1), (4, 4), (0, 4), (2, 0), (1, 3)];
        assert_eq!(hull(points), [(0, 0), (4, 0), (4, 4), (0, 4)]);
    }

    #[test]
    fn a_map_knows_when_its_clock_changes_also_on_a_day_that_is_laid_on_another() {
        let at = |text: &str| Time::parse(text).unwrap();
        let offsets = vec![(at("2026-03-08T09:00:00.000Z"), -6 * 3_600), (at("2026-11-01T08:00:00.000Z"), -7 * 3_600)];
        let zone = Zone { name: "America/Denver".into(), offsets };
        let clock = |starts_at: &str, days: i64| clock(&zone, at(starts_at), Span::hours(24 * days));
        assert_eq!(clock("2026-06-10T12:00:00.000Z", 0), [(0, -21_600)]);
        assert_eq!(clock("2026-11-01T07:30:00.000Z", 0), [(0, -21_600), (1_800, -25_200)]);
        assert_eq!(clock("2026-10-30T07:30:00.000Z", 2), [(0, -21_600), (1_800, -25_200)]);
        assert_eq!(clock("2026-10-30T08:00:00.000Z", 2), [(0, -25_200)], "it has just changed");
    }

    #[test]
    fn a_live_run_is_moved_by_a_kilometre_or_more_and_nobody_knows_where_to() {
        for secret in 0..500_u64 {
            let (dx, dy) = moved(secret.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert!((150..450).contains(&dx.abs()) && (150..450).contains(&dy.abs()));
        }
        assert_ne!(moved(0x1234_5678), moved(0x8765_4321));
    }
}
