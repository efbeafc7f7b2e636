//! The failures that are kept in `scenarios/regressions`: those with a defect still show, those without one no longer do.

use fieldday_engine::cell::{CellRun, Keep};
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use fieldday_scenario::repro::Repro;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[test]
fn what_was_kept_shows_as_long_as_its_defect_is_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/regressions");
    let mut lived = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.display().to_string();
        let repro = Repro::parse(&fs::read_to_string(&path).unwrap(), &name).unwrap();
        let shows = |repro: &Repro| {
            let plan = Plan::new(Arc::new(repro.scenario.clone()), repro.seed_number().unwrap()).unwrap();
            let cell = CellRun::new(plan.scenario(), plan.cell(repro.cell), Keep::default(), Measures::default());
            let (outcome, _) = cell.run(&AtomicBool::new(false));
            outcome.findings.violations.iter().any(|v| v.rule == repro.rule && v.signature().shape == repro.shape)
        };
        assert_eq!(shows(&repro), !repro.scenario.defects.is_empty(), "{name}");
        let mut healed = repro.clone();
        healed.scenario.defects.clear();
        assert!(!shows(&healed), "{name}: without its defect nothing is broken");
        lived += 1;
    }
    assert!(lived >= 3, "{lived} failures are kept");
}
