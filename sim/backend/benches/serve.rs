//! Nanoseconds per request, on a cell of the usual size: two tenants of fifty reps, ten appointments and six tasks each.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{MORNING, World, clock_in, get, noted, poll, quick, s, start, stop, tenant, token, uploaded, won};
use criterion::{Criterion, criterion_group, criterion_main};
use fieldday_api::call::Call;
use fieldday_api::names::RecordingMode;
use fieldday_api::token::Credential;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_backend::{Backend, Request, Served};
use fieldday_kernel::time::{Span, Time, Zone};
use std::hint::black_box;

/// A cell, with six appointments today for each rep, and who asks: the rep `r07` of the first tenant.
fn cell() -> (World, Credential) {
    let zone = |hours| Zone { name: "fixed".into(), offsets: vec![(Time::from_micros(i64::MIN), hours * 3_600)] };
    let names = |tenant: &str| (0..50).map(|n| format!("{tenant}{n:02}")).collect::<Vec<_>>();
    let (west, east) = (names("r"), names("q"));
    let west: Vec<&str> = west.iter().map(String::as_str).collect();
    let east: Vec<&str> = east.iter().map(String::as_str).collect();
    let mut data = vec![tenant("org_a", zone(-7), &west, &["manager"]), tenant("org_b", zone(-4), &east, &["csr"])];
    for tenant in &mut data {
        // A second week of visits, three more of them today.
        for (n, mut visit) in tenant.appointments.clone().into_iter().enumerate() {
            visit.id = s(format!("{}x", visit.id));
            let shift = if n % 5 < 3 { Span::hours((n % 5) as i64 * 2) } else { Span::hours(24 * 7) };
            visit.scheduled_start = MORNING + shift + Span::minutes(30);
            visit.scheduled_end = visit.scheduled_start + Span::hours(1);
            tenant.appointments.push(visit);
        }
    }
    let backend = Backend::new(quick(), 7, MORNING, data);
    let world = World { backend, now: MORNING, requests: 0, work: Span::ZERO };
    let credential = token("r07", MORNING + Span::hours(24));
    (world, credential)
}

fn serve(c: &mut Criterion, name: &str, calls: &[Call], prepare: impl Fn(&mut World) -> Vec<Call>) {
    let (mut world, credential) = cell();
    let made = prepare(&mut world);
    let calls: Vec<Call> = calls.iter().cloned().chain(made).collect();
    let (mut key, mut now) = (1_000_000, world.now);
    c.bench_function(name, |b| {
        b.iter(|| {
            key += 1;
            now = now + Span::micros(1);
            let call = &calls[key as usize % calls.len()];
            let served = world.backend.serve(now, now, &Request { call, credential: &credential, key }, None);
            if let Served::Answered(response) = &served {
                assert_eq!(response.status, 200);
            }
            black_box(served)
        });
    });
}

/// A processed session of the rep.
fn session(world: &mut World) -> String {
    world.ask("r07", clock_in("r07"));
    let begun = world.ask("r07", start("r07", "appt_r07_1", RecordingMode::Full));
    let id = common::started(&begun).recording_session_id.to_string();
    world.ask("r07", stop(&id));
    world.ask("r07", uploaded(&id, "s3://audio/1.m4a"));
    world.wait(Span::minutes(20));
    id
}

fn benches(c: &mut Criterion) {
    serve(c, "poll a session", &[], |world| vec![poll(&session(world))]);
    serve(c, "get an appointment", &[get("appt_r07_1"), get("appt_r07_2")], |_| Vec::new());
    serve(c, "list a day (6)", &[Call::ListAppointments(AppointmentQuery::default())], |_| Vec::new());
    serve(c, "list tasks (6)", &[Call::ListTasks(TaskQuery::default())], |_| Vec::new());
    let thread = Call::GetThread { contact_card_id: s("contact_r07_1"), page: Page::default() };
    serve(c, "a thread (8)", &[thread], |_| Vec::new());
    serve(c, "shift today", &[common::today("r07")], |world| {
        world.ask("r07", clock_in("r07"));
        Vec::new()
    });
    let patches = [won("appt_r07_1", 5_000), noted("appt_r07_1", "a"), won("appt_r07_1", 6_000)];
    serve(c, "patch an appointment", &patches, |_| Vec::new());
    serve(c, "start again", &[start("r07", "appt_r07_2", RecordingMode::Full)], |world| {
        session(world);
        Vec::new()
    });

    let (world, credential) = cell();
    let call = get("appt_r07_1");
    let mut key = 0;
    c.bench_function("service time", |b| {
        b.iter(|| {
            key += 1;
            world.backend.service_time(MORNING, &Request { call: &call, credential: &credential, key })
        });
    });
    c.bench_function("load a cell", |b| b.iter(|| black_box(cell())));
}

criterion_group!(all, benches);
criterion_main!(all);
