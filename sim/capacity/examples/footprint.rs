//! Where the memory of a living rep goes: resident memory after each step of making cells, and in the course of a day.
//!
//! usage: footprint SCENARIO REPS
#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // It looks at its own process.

use fieldday_backend::{Backend, Config};
use fieldday_engine::cell::CellRun;
use fieldday_engine::meter::SharedMeter;
use fieldday_kernel::time::Span;
use fieldday_plan::Plan;
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::Scenario;
use std::sync::Arc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let reps = args.get(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or(2_000);
    let mut scenario = Scenario::load(args.first().map_or("weekday", String::as_str)).expect("a scenario");
    scenario.with_reps(reps);
    scenario.intruders.per_tenant = 0;
    scenario.proof.rounds = 0;
    scenario.proof.app = false;
    scenario.mishap.clear();
    let scenario = Arc::new(scenario);
    let plan = Plan::new(scenario.clone(), 1).expect("a plan");
    let mut before = rss();
    let mut told = |what: &str, per: u64| {
        let now = rss();
        println!("{what:<44}{:>8.1} KB a rep", now.saturating_sub(before) as f64 / per as f64);
        before = now;
    };
    let plans: Vec<_> = (0..plan.cells()).map(|cell| plan.cell(cell)).collect();
    told("plans, with the rows of the data", reps);
    let rows = plans.iter().flat_map(|plan| &plan.tenants);
    let rows: Vec<[usize; 7]> = rows
        .map(|t| {
            let d = &t.data;
            let messages = d.threads.iter().map(|thread| thread.messages.len()).sum();
            [
                d.contacts.len(),
                d.leads.len(),
                d.appointments.len(),
                d.tasks.len(),
                messages,
                t.rows.len(),
                t.visits.len(),
            ]
        })
        .collect();
    for (i, what) in
        ["contacts", "leads", "appointments", "tasks", "messages", "row names", "visits"].iter().enumerate()
    {
        println!("    {what:<24}{:>8.1} a rep", rows.iter().map(|r| r[i]).sum::<usize>() as f64 / reps as f64);
    }
    use fieldday_api::wire::{appointments as a, messages as m, tasks as t};
    println!(
        "    bytes: contact {}, lead {}, appointment {}, task {}, message {}",
        size_of::<a::Contact>(),
        size_of::<a::Lead>(),
        size_of::<a::Appointment>(),
        size_of::<t::Task>(),
        size_of::<m::Message>()
    );
    let copies: Vec<_> =
        plans.iter().map(|plan| plan.tenants.iter().map(|t| t.data.clone()).collect::<Vec<_>>()).collect();
    told("a copy of the rows", reps);
    let backends: Vec<Backend> =
        plans.iter().zip(copies).map(|(plan, rows)| Backend::new(Config::default(), 1, plan.start, rows)).collect();
    told("a backend around the copy, beyond it", reps);
    drop(backends);
    let _ = rss();
    let mut cells: Vec<CellRun> = Vec::new();
    let start = plans.first().map_or(plan.start(), |plan| plan.start);
    before_cells(&mut told);
    let meter = SharedMeter::new(start..start + Span::hours(24));
    for plan in plans {
        cells.push(CellRun::at_plant(&scenario, plan, Retrying::default(), false, &meter));
    }
    told("cells around the plans, beyond them", reps);
    for hour in [1, 10, 14, 17] {
        cells.iter().for_each(|cell| cell.run_before(start + Span::hours(hour)));
        told(&format!("after {hour} hours without answers, more"), reps);
    }
}

fn before_cells(told: &mut impl FnMut(&str, u64)) {
    told("(what the allocator gave back)", 1_000_000);
}

fn rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
