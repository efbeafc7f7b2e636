//! Whatever a swarm draws has a plan.

use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::sync::Arc;

#[test]
fn whatever_is_drawn_has_a_plan() {
    for name in Scenario::builtin_names() {
        let base = Scenario::load(name).unwrap();
        for seed in 0..60 {
            let (scenario, _) = base.swarm(seed);
            assert!(Plan::new(Arc::new(scenario), seed).is_ok(), "{name}, seed {seed}");
        }
    }
}
