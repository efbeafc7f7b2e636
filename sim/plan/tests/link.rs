//! How often links are offline on the drives that plans have.

use fieldday_kernel::time::{Span, Time};
use fieldday_plan::Plan;
use fieldday_radio::link::{Link, Radio};
use fieldday_radio::track::Leg;
use fieldday_scenario::Scenario;
use std::sync::Arc;

fn noon() -> Time {
    Time::parse("2026-06-10T12:00:00Z").unwrap()
}

/// The share of the drives from visit to visit without a network.
fn offline_share(name: &str) -> f64 {
    let plan = Plan::new(Arc::new(Scenario::load(name).unwrap()), 3).unwrap();
    let (mut asked, mut offline) = (0, 0);
    for tenant in (0..plan.cells()).flat_map(|i| plan.cell(i).tenants) {
        let mut places = tenant.visits.values().map(|v| v.place).peekable();
        let mut link = Link::new(1, 2, tenant.air.clone());
        while let (Some(from), Some(to)) = (places.next(), places.peek()) {
            link.follow(Leg { from, to: *to, depart: noon(), arrive: noon() + Span::minutes(20) });
            for second in 0..1200 {
                asked += 1;
                offline += u32::from(link.radio(noon() + Span::seconds(second)) == Radio::None);
            }
        }
    }
    f64::from(offline) / f64::from(asked)
}

#[test]
fn drives_are_offline_now_and_then_and_among_dead_zones_often() {
    let (weekday, dead_zones) = (offline_share("weekday"), offline_share("dead-zones"));
    assert!((0.003..0.04).contains(&weekday), "{weekday}");
    assert!((0.10..0.45).contains(&dead_zones), "{dead_zones}");
}
