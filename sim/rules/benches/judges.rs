//! What judging and measuring cost an exchange, on a stream with the mix of a working day: a cell of fifty reps, polls,
//! lists, queued updates, and what clients tell beside. `cargo bench -p fieldday-rules`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, Role};
use fieldday_api::wire::appointments::Appointment;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_api::wire::tasks::{Task, TaskQuery};
use fieldday_history::event::{Cause, Client, ClientKind, EventKind, Screen, Source, Trigger};
use fieldday_kernel::time::Span;
use fieldday_rules::{Judges, Measures};
use std::sync::Arc;

const REPS: u32 = 50;

/// The appointments of a rep's day.
fn day_of(rep: u32) -> Vec<Appointment> {
    let of = |n: u32| Appointment {
        id: format!("appt_{rep:08x}{n:06x}").into(),
        lead_id: format!("lead_{rep:08x}{n:06x}").into(),
        contact_card_id: format!("contact_{rep:08x}{n:06x}").into(),
        ..visit()
    };
    (0..6).map(of).collect()
}

/// One rep's hour: two dashboards, a visit with its polls, an outcome out of the queue.
fn hour(s: &mut Stream, rep: u32, hour: u32) {
    let (mut day, list_tasks) = (day_of(rep), Call::ListTasks(TaskQuery::default()));
    let own: Vec<Task> = (0..3).map(|n| task(&format!("task_{rep:08x}{n:06x}"))).collect();
    for _ in 0..2 {
        s.call(rep, get_list(), list(&day)).call(rep, list_tasks.clone(), tasks(&own));
        let shown = EventKind::Shown {
            of: None,
            call: None,
            screen: Screen::Dashboard,
            from: Source::Network,
            age: Span::ZERO,
        };
        s.say(rep, shown).say(rep, EventKind::Spinner { op: Op::ListTasks, during: Span::seconds(1) });
    }
    let place = (hour % 6) as usize;
    s.call(rep, Call::GetAppointment { appointment_id: day[place].id.clone() }, detail(&day[place]));
    let id: fieldday_api::SmolStr = format!("session_{rep:08x}{hour:04x}").into();
    let mut shown = RecordingSession { id: id.clone(), ..session() };
    s.say(rep, EventKind::PollBegan { session_id: id.clone() });
    for step in [Processing::NotStarted, Processing::InProgress, Processing::InProgress, Processing::Completed] {
        s.wait(Span::seconds(5));
        (shown.transcription_status, shown.analysis_status) = (step, step);
        let poll = s.send(rep, Cause::Poll, Call::GetRecording { session_id: id.clone() });
        s.ok(&poll, recording(shown.clone()));
    }
    let update = Call::UpdateAppointment { appointment_id: day[place].id.clone(), body: won() };
    day[place] = with(&day[place], &won());
    let action = s.queue(rep, update.clone());
    s.say(rep, EventKind::FlushBegan { trigger: Trigger::NewAction, waiting: 1 });
    let ticket = s.send_queued(rep, action, update);
    s.ok(&ticket, detail(&day[place])).settle(rep, action).say(rep, EventKind::FlushEnded { waiting: 0 });
}

fn stream() -> Stream {
    let mut s = Stream::new();
    for rep in 4..4 + REPS {
        let (name, user_id) = (format!("rep-{rep}").into(), format!("user_{rep}").into());
        let (rep_id, role, kind) = (Some(common::rep(rep)), Role::SalesRep, ClientKind::Phone);
        s.say(rep, EventKind::Client(Box::new(Client { name, tenant: "org_a".into(), user_id, rep_id, role, kind })));
    }
    (0..8).for_each(|n| (4..4 + REPS).for_each(|rep| hour(&mut s, rep, n)));
    s
}

fn benches(c: &mut Criterion) {
    let stream = stream();
    let exchanges = stream.events.iter().filter(|e| matches!(e.what, EventKind::Sent(_))).count();
    let settings = Arc::new(stream.settings.clone());
    let mut group = c.benchmark_group("exchanges");
    group.throughput(Throughput::Elements(exchanges as u64));
    group.bench_function("judges", |b| {
        b.iter(|| {
            let mut judges = Judges::new(settings.clone());
            stream.events.iter().for_each(|event| judges.on(event));
            judges.finish()
        });
    });
    let mut measures = Measures::new();
    group.bench_function("measures", |b| b.iter(|| stream.events.iter().for_each(|event| measures.on(event))));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
