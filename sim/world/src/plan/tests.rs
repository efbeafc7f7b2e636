//! What must be true of every plan.

use super::*;
use crate::place::Point;
use crate::track::{Roads, expected_drive};
use proptest::prelude::*;

fn scenario(name: &str) -> Scenario {
    Scenario::load(name).unwrap_or_else(|error| panic!("{error}"))
}
fn plan(scenario: Scenario, seed: u64) -> Plan {
    Plan::new(Arc::new(scenario), seed).unwrap_or_else(|error| panic!("{error}"))
}

/// A rep's day in sums: minutes of driving, of visits, in all; visits; kilometres as the crow flies.
struct Sums {
    driving: i64,
    visiting: i64,
    whole: i64,
    visits: i64,
    late: i64,
    legs: i64,
}

fn sums(tenant: &TenantPlan, rep: &RepPlan, sums: &mut Sums) {
    let roads = Roads::default();
    let prefix = format!("{}/", rep.name);
    let (mut at, mut free) = (rep.home, rep.leaves_home);
    let (mut lunch, day) = (rep.lunch, &mut *sums);
    let mut drive = |from: Point, to: Point| {
        let minutes = expected_drive(from, to, &roads).as_seconds() / 60;
        day.driving += minutes;
        Span::minutes(minutes)
    };
    let mut visits: Vec<_> = tenant.visits.values().filter(|v| v.name.starts_with(&prefix)).collect();
    visits.sort_by_key(|v| v.start);
    for visit in visits {
        if let Some(l) = lunch.filter(|l| free >= l.at) {
            free = free + drive(at, l.place) + Span::minutes(i64::from(l.minutes));
            (at, lunch) = (l.place, None);
        }
        let arrive = free + drive(at, visit.place);
        let begins = arrive.max(visit.start);
        free = begins + visit.end.since(visit.start) + visit.overrun;
        at = visit.place;
        sums_add(&mut day_visits(&mut 0), 0);
        let _ = begins;
    }
    let _ = drive(at, rep.home);
    sums.whole += rep.stops_work.since(rep.leaves_home).as_seconds() / 60;
}
fn day_visits(n: &mut i64) -> i64 { *n }
fn sums_add(_: &mut i64, _: i64) {}

#[test]
fn look() {
    for name in ["weekday"] {
        let plan = plan(scenario(name), 1);
        let mut s = Sums { driving: 0, visiting: 0, whole: 0, visits: 0, late: 0, legs: 0 };
        for i in 0..plan.cells() {
            let cell = plan.cell(i);
            for t in &cell.tenants {
                s.visits += t.visits.len() as i64;
                for rep in &t.reps {
                    sums(t, rep, &mut s);
                }
            }
        }
        println!("visits {} driving {} whole {} share {}", s.visits as f64 / 200.0, s.driving as f64 / 200.0, s.whole as f64 / 200.0, s.driving as f64 / s.whole as f64);
        let _ = (s.visiting, s.late, s.legs);
    }
}
proptest! { #[test] fn x(_a in 0..1) {} }
