//! Requests per second of one core on a cell of `weekday`, with everything on (app, link, backend, judges, measures,
//! fingerprint), of the judges alone, and of the bare executor beside it. `cargo bench -p fieldday-engine`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldday_api::pace::Pace;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::setup;
use fieldday_kernel::executor::Executor;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::Plan;
use fieldday_rules::{Judges, Measures};
use fieldday_scenario::Scenario;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn weekday(c: &mut Criterion) {
    let plan = Plan::new(Arc::new(Scenario::load("weekday").unwrap()), 1).unwrap();
    let run = || {
        let cell = CellRun::new(plan.scenario(), plan.cell(0), Keep::default(), Measures::default());
        cell.run(&AtomicBool::new(false)).0
    };
    let requests = run().requests;
    let mut group = c.benchmark_group("weekday");
    group.sample_size(10).throughput(Throughput::Elements(requests));
    group.bench_function("a cell of 100 reps, requests", |b| b.iter(run));
    let cell = plan.cell(0);
    let settings = Arc::new(setup::judges(plan.scenario(), Pace::SPECIFIED, cell.start, setup::zones(&cell)));
    let kept = Keep { history: false, events: true };
    let cell = CellRun::new(plan.scenario(), cell, kept, Measures::default());
    let events = cell.run(&AtomicBool::new(false)).0.kept.unwrap();
    group.bench_function("its judges alone, on the same events, requests", |b| {
        b.iter(|| {
            let mut judges = Judges::new(settings.clone());
            events.iter().for_each(|event| judges.on(event));
            judges.finish()
        });
    });
    group.throughput(Throughput::Elements(plan.cell(0).tenants.iter().map(|t| t.reps.len() as u64).sum()));
    group.bench_function("planning it, rep-days", |b| b.iter(|| black_box(plan.cell(0))));
    group.finish();
}

fn executor(c: &mut Criterion) {
    const TASKS: u64 = 300;
    const SLEEPS: u64 = 1_000;
    let mut group = c.benchmark_group("executor");
    group.sample_size(10).throughput(Throughput::Elements(TASKS * SLEEPS));
    group.bench_function("sleeps of 300 tasks", |b| {
        b.iter(|| {
            let executor = Executor::new(Time::default());
            for task in 0..TASKS {
                let clock = executor.handle();
                executor.handle().spawn(async move {
                    for n in 0..SLEEPS {
                        clock.sleep(Span::micros(((task * 7_919 + n * 104_729) % 1_000_003) as i64)).await;
                    }
                });
            }
            executor.run();
            executor.polls()
        });
    });
    group.finish();
}

criterion_group!(benches, executor, weekday);
criterion_main!(benches);
