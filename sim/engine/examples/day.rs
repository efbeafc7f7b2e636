use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_world::plan::Plan;
use fieldday_world::scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
fn main() {
    let mut args = std::env::args().skip(1);
    let mut s = Scenario::load(&args.next().unwrap()).unwrap();
    s.with_reps(args.next().unwrap().parse().unwrap());
    let threads = args.next().unwrap().parse().unwrap();
    let seed = args.next().map_or(1, |s| s.parse().unwrap());
    let plan = Plan::new(Arc::new(s), seed).unwrap();
    let t = std::time::Instant::now();
    let o = run(&plan, &Options { threads, keep: Keep::default(), stop: &AtomicBool::new(false) }, |_| ControlFlow::Continue(())).unwrap();
    let e = t.elapsed().as_secs_f64();
    println!("{} cells {} reps {} requests {} events, {:.2} s, {:.0} req/s {:.0} repdays/s {:?}", o.cells, o.rep_days, o.requests, o.events, e, o.requests as f64 / e, o.rep_days as f64 / e, o.fingerprint);
    for r in fieldday_api::rules::Rule::ALL { let c = o.findings.count(*r); if c.exercised + c.broken + c.inconclusive > 0 { println!("{:35} {:?} {} {} {}", r.name(), o.findings.verdict(*r), c.exercised, c.broken, c.inconclusive); } }
    for v in o.findings.violations.iter().take(40) { println!("{:?} {} {} call {:?}: {}", v.at, v.client_name, v.rule, v.call, v.says); }
    for op in fieldday_api::endpoint::Op::ALL { let m = o.measures.op(*op); println!("{:28} {} 4xx {} 5xx {} foreign {} un {:?}", op.label(), m.attempts, m.client_errors, m.server_errors, m.foreign, m.unanswered); }
    println!("{:?}", o.findings.hazards);
}
