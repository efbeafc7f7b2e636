use super::*;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

const WINDOW: (u32, u32) = (10, 14);

fn window() -> (TimeOfDay, TimeOfDay) {
    (TimeOfDay::hm(WINDOW.0, 0), TimeOfDay::hm(WINDOW.1, 0))
}
fn cast(reps: u64) -> Cast {
    cast_of(reps, false, |_| ())
}
/// The days of so many reps, with the office's clients or without; `told` hears the events of each cell.
fn cast_of(reps: u64, office: bool, mut told: impl FnMut(&[Event]) + Send) -> Cast {
    let mut scenario = Scenario::load("weekday").unwrap();
    (scenario.mishap, scenario.day.dates) = (Vec::new(), scenario.day.dates[..1].to_vec());
    scenario.with_reps(reps);
    let plan = Plan::new(Arc::new(scenario), 1).unwrap();
    let mut cast = Cast::new(office);
    let stop = AtomicBool::new(false);
    let options = Options { threads: 1, keep: Keep { events: true, history: false }, stop: &stop };
    run(&plan, &options, |cell| {
        let (of, events) = (plan.cell(cell.index), cell.kept.as_deref().unwrap());
        told(events);
        cast.add(cell.index, events, of.start, &of.tenants[0].data.zone, cell.rep_days);
        ControlFlow::Continue(())
    })
    .unwrap();
    cast
}
fn rate(asks: &[Asked]) -> f64 {
    asks.iter().map(|of| of.requests_per_s).sum()
}

#[test]
fn the_load_is_proportional_to_the_reps_and_the_same_from_beginning_to_end() {
    let per_rep = rate(&cast(100).asks(window()));
    assert!((0.001..0.01).contains(&per_rep), "{per_rep}");
    // Requests of a rep come in bunches: few reps are as even as many over a longer time.
    for (reps, lasts) in [(20, 160), (40, 80), (80, 80)] {
        let quarter_s = lasts / 4;
        let schedule = cast(reps).schedule(window(), 30, Span::seconds(lasts), per_rep);
        let wanted = per_rep * reps as f64 * 30.0;
        let off = |from: i64, until: i64| {
            schedule.offered(Span::seconds(from), Span::seconds(until)).requests_per_s / wanted - 1.0
        };
        assert!(off(0, lasts).abs() < 0.03, "{reps} reps: {} off", off(0, lasts));
        for quarter in 0..4 {
            let off = off(quarter * quarter_s, (quarter + 1) * quarter_s);
            assert!(off.abs() < 0.12, "{reps} reps, quarter {quarter}: {off} off");
        }
    }
}

#[test]
fn clients_are_in_every_phase_and_what_their_part_needs_is_there_before() {
    let cast = cast(40);
    let schedule = cast.schedule(window(), 30, Span::seconds(40), rate(&cast.asks(window())));
    assert_eq!(schedule.clients(), 40);
    let scripts: Vec<&Script> = schedule.scripts.values().flat_map(BTreeMap::values).collect();
    let first = |script: &&Script| script.lines.first().map(|line| line.at);
    let (early, late) = (Span::seconds(8), Span::seconds(24));
    assert!(
        scripts.iter().filter_map(first).any(|at| at < early) && scripts.iter().filter_map(first).any(|at| at > late)
    );
    let mut made_before = 0;
    for script in scripts {
        for (place, line) in script.lines.iter().enumerate() {
            let Some(id) = about(&line.call).filter(|id| id.starts_with("session_")) else { continue };
            let makes = |of: &&Line| of.makes.as_ref() == Some(id);
            assert!(script.before.iter().chain(&script.lines[..place]).any(|of| makes(&of)), "{id} is made first");
            made_before += script.before.iter().filter(makes).count();
        }
        let at_work = script.before.iter().chain(&script.lines).position(|of| matches!(*of.call, Call::ClockIn { .. }));
        let records =
            script.before.iter().chain(&script.lines).position(|of| matches!(*of.call, Call::StartRecording(_)));
        assert!(records.is_none() || at_work < records, "nobody records before they clock in");
    }
    assert!(made_before > 0, "some parts begin in the middle of a recording");
    let offered = schedule.offered(Span::ZERO, Span::seconds(40));
    assert_eq!(offered.requests, schedule.due_by(Span::seconds(40)));
    assert!(offered.endpoints.iter().any(|of| of.op == Op::GetRecording), "{offered:?}");
}

#[test]
fn what_another_client_makes_is_there_before_any_part_begins_and_nothing_is_about_what_nobody_makes() {
    for office in [true, false] {
        let mut made_in_the_day = BTreeSet::new();
        let cast = cast_of(80, office, |events| {
            let mut makes = BTreeSet::new();
            for event in events {
                match &event.what {
                    EventKind::Sent(of) if matches!(*of.request, Call::StartRecording(_) | Call::CreateTask(_)) => {
                        makes.insert((event.client, of.call));
                    }
                    EventKind::Answered { call, response, .. } if makes.contains(&(event.client, *call)) => {
                        made_in_the_day.extend(made_by(&response.answer));
                    }
                    _ => {}
                }
            }
        });
        let made = cast.lived.iter().flat_map(|of| of.done.iter().map(move |done| (done.makes.as_ref(), &of.name)));
        let makers: BTreeMap<&SmolStr, &SmolStr> = made.filter_map(|(id, name)| Some((id?, name))).collect();
        let schedule = cast.schedule(window(), 30, Span::seconds(120), rate(&cast.asks(window())));
        let mut of_others = 0;
        for scripts in schedule.scripts.values() {
            let before: BTreeSet<&SmolStr> =
                scripts.values().flat_map(|script| &script.before).filter_map(|line| line.makes.as_ref()).collect();
            for (name, script) in scripts {
                for id in script.lines.iter().filter_map(|line| about(&line.call)) {
                    let maker = makers.get(id);
                    assert!(maker.is_some() || !made_in_the_day.contains(id), "{name} needs {id}, which nobody makes");
                    if maker.is_some_and(|maker| *maker != name) {
                        assert!(before.contains(id), "{name} needs {id}");
                        of_others += 1;
                    }
                }
            }
        }
        assert_eq!(of_others > 0, office, "reps complete what the office asks for, if it is there");
    }
}
