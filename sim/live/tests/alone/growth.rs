//! A target that becomes slower as it serves is found, by each endpoint with answers enough.

use crate::common::{lived, mock, ready};
use fieldday_kernel::time::Span;
use fieldday_mock::Service;
use fieldday_rules::growth::{GrowsWith, LatencyTrend, trends};
use fieldday_scenario::Scenario;

fn grown() -> Vec<LatencyTrend> {
    let mut scenario = Scenario::load("smoke").unwrap();
    scenario.people.reps = 40;
    (scenario.live.speed, scenario.live.ramp_s, scenario.live.linger_s) = (3_000, 1, 1);
    scenario.data.upload_bytes = Some(1_000);
    let called = mock(|options| {
        options.service = Service::Exponential(Span::millis(3));
        options.slowdown = Span::micros(100);
    });
    trends(&lived(ready(scenario, called, None)).outcome.run.measures)
}

#[test]
fn a_target_that_becomes_slower_as_it_serves_is_a_hazard() {
    let _alone = crate::alone();
    let slower = grown();
    let of_tasks = slower.iter().find(|trend| trend.endpoint == "GET tasks" && trend.with != GrowsWith::Load).unwrap();
    assert!(of_tasks.is_hazard, "{slower:#?}");
    // Each of some 3,000 requests takes 0.1 ms longer than the one before.
    assert!((100_000..1_000_000).contains(&of_tasks.to_us), "{of_tasks:?}");
}
