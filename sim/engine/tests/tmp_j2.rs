//! tmp
use fieldday_engine::all_defects::Defect;
use fieldday_engine::prove::*;
use std::sync::atomic::AtomicBool;
#[test]
fn tmp() {
    let stop = AtomicBool::new(false);
    let names = std::env::var("NAMES").unwrap_or_default();
    let cap = std::env::var("CAP").ok().and_then(|c| c.parse().ok()).unwrap_or(300);
    let effort = Effort { threads: 0, seeds: 2, cap, stop: &stop };
    let defects: Vec<Defect> =
        Defect::all().filter(|d| names.is_empty() || names.split(',').any(|n| n == d.name())).collect();
    let trials =
        prove(&defects, &effort, |t| println!("{} {} {:?} {}", t.defect.name(), t.seed, t.found, t.rep_days)).unwrap();
    for t in trials.iter().filter(|t| t.found.is_none()) {
        println!("MISSED {} {}", t.defect.name(), t.seed);
    }
    if std::env::var("SAY").is_ok() {
        for d in &defects {
            for rule in d.info().rules {
                if let Some(e) = example(*rule, 60).unwrap() {
                    println!("{} {}: {:?} {}", e.defect.name(), rule, e.violation.op, e.violation.says);
                }
            }
        }
    }
}
