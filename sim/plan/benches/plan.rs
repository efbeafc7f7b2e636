//! What a rep's plan, a leg, a request and an answer cost.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{CellPlan, Plan};
use fieldday_radio::link::{Link, UplinkOutcome};
use fieldday_radio::track::Leg;
use fieldday_scenario::Scenario;
use std::hint::black_box;
use std::sync::Arc;

fn weekday() -> Plan {
    let scenario = Scenario::load("weekday").expect("it is built in");
    Plan::new(Arc::new(scenario), 1).expect("it names what is there")
}

/// A phone on the way from a rep's home to the first visit, and that way.
fn on_the_road(cell: &CellPlan) -> (Link, Leg) {
    let (tenant, rep) = (&cell.tenants[0], &cell.tenants[0].reps[0]);
    let place = tenant.visits.values().next().map_or(rep.home, |visit| visit.place);
    let leg = Leg { from: rep.home, to: place, depart: rep.leaves_home, arrive: rep.leaves_home + Span::minutes(25) };
    let mut link = Link::new(cell.seed, rep.key, tenant.air.clone());
    link.follow(leg);
    (link, leg)
}

fn costs(c: &mut Criterion) {
    let plan = weekday();
    let cell = plan.cell(0);
    let reps: usize = cell.tenants.iter().map(|t| t.reps.len()).sum();
    let mut group = c.benchmark_group("world");
    group.bench_function(format!("a cell of {reps} reps"), |b| b.iter_with_large_drop(|| plan.cell(black_box(1))));
    let (mut link, leg) = on_the_road(&cell);
    group.bench_function("follow", |b| b.iter(|| link.follow(black_box(leg))));
    let step = Span::millis(300);
    let mut at = leg.depart;
    let mut next = |from: Time, to: Time| {
        at = if at + step >= to { from } else { at + step };
        at
    };
    let mut attempt = 0;
    group.bench_function("send", |b| {
        b.iter(|| {
            attempt += 1;
            link.send(next(leg.depart, leg.arrive), 900, attempt)
        });
    });
    group.bench_function("reply", |b| {
        b.iter(|| {
            attempt += 1;
            link.reply(next(leg.depart, leg.arrive), 4_000, attempt)
        });
    });
    group.bench_function("upload of an hour", |b| {
        b.iter_batched(|| attempt += 1, |()| link.send(leg.depart, 57_600_000, black_box(7)), BatchSize::SmallInput);
    });
    group.bench_function("fix", |b| b.iter(|| link.fix(next(leg.depart, leg.arrive), black_box(3))));
    assert!(!matches!(link.send(leg.depart, 1, 1), UplinkOutcome::Portal { .. }), "nobody drives through a café");
    group.finish();
}

criterion_group!(benches, costs);
criterion_main!(benches);
