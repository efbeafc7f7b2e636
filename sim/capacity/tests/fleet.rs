//! Whole fleets against one plant.

use fieldday_api::endpoint::Op;
use fieldday_capacity::simulate::{
    LimitOrigin, Outcome, Question, SimulateError, Told, Watch, WhatIf, advise, answer, grid, simulate,
};
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_rules::limit_result::LimitVerdict;
use fieldday_scenario::plant::{Law, PlantTrouble, PlantTroubleWord, Service};
use fieldday_scenario::{Limit, Scenario};
use std::sync::atomic::{AtomicBool, Ordering};

fn scenario(reps: u64) -> Scenario {
    let mut scenario = Scenario::load("weekday").unwrap();
    // Small cells, so that a few reps are several of them.
    scenario.people.reps_per_tenant = Some(5);
    scenario.with_reps(reps);
    scenario
}
fn morning(reps: u64) -> Question {
    let window = Some((TimeOfDay::hm(7, 0), TimeOfDay::hm(10, 0)));
    Question { window, threads: 2, ..Question::new(scenario(reps), 1) }
}
fn asked(question: &Question) -> Outcome {
    simulate(question, &Watch { stop: &AtomicBool::new(false), progress: &|_: Time| {} }).unwrap()
}

#[test]
fn threads_and_recording_change_nothing() {
    let watch = Watch { stop: &AtomicBool::new(false), progress: &|_: Time| {} };
    let on = |threads, recorded| {
        answer(&Question { threads, ..morning(50) }, &watch, recorded).map(|(outcome, cells)| {
            assert!(outcome.totals.offered > 500, "{:?}", outcome.totals);
            (outcome, cells)
        })
    };
    let ((one, _), (two, _)) = (on(1, false).unwrap(), on(2, false).unwrap());
    assert_eq!(one, two);
    let ((recorded, cells), (again, same_cells)) = (on(2, true).unwrap(), on(1, true).unwrap());
    assert_eq!(one, recorded);
    assert_eq!((recorded, &cells), (again, &same_cells));
    assert_eq!(cells.len() as u32, one.cells);
}

#[test]
fn a_fleet_that_is_well_served_retries_little_and_a_plant_too_small_breaks() {
    let well = asked(&morning(40));
    assert!(well.holds, "{:?}", well.broken);
    assert!(well.totals.retries * 50 < well.totals.offered);
    let mut small = morning(40);
    (small.plant.instances, small.plant.workers, small.plant.queue) = (1, 1, 2);
    let slow = Law::Exponential { mean_us: 3_000_000 };
    small.plant.service = Some(Service {
        reads: Some(slow.clone()),
        writes: Some(slow.clone()),
        health: Some(slow),
        ..Default::default()
    });
    let small = asked(&small);
    assert!(!small.holds && small.first_broken.is_some());
    assert!(small.saturations.iter().any(|s| s.what == fieldday_capacity::simulate::Resource::Workers));
    // Feedback: the same people ask more often, because they are refused.
    assert!(small.totals.retries > 10 * well.totals.retries, "{:?}", small.totals);
}

#[test]
fn what_ifs_change_what_they_say() {
    let usual = Question { window: Some((TimeOfDay::hm(7, 0), TimeOfDay::hm(9, 0))), ..morning(40) };
    let storm = Question { what_if: Some(WhatIf::MondayStorm), ..usual.clone() };
    let peak = |outcome: &Outcome| outcome.bins.iter().map(|bin| bin.tally.offered).max().unwrap_or(0);
    let (usual, storm) = (asked(&usual), asked(&storm));
    assert!(peak(&storm) > peak(&usual), "{} {}", peak(&storm), peak(&usual));
    assert_eq!(storm.what_if.as_deref(), Some("monday-storm"));
}

/// The regions' networks come back at one: everybody's queue goes out at once, and what is refused comes again at the same
/// seconds of every minute.
#[test]
fn an_outage_that_ends_leaves_a_storm_that_jitter_calms() {
    let mut question = Question { what_if: Some(WhatIf::OutageEnds), ..morning(60) };
    question.scenario.people.territories.truncate(1);
    question.window = Some((TimeOfDay::hm(12, 0), TimeOfDay::hm(14, 0)));
    (question.plant.instances, question.plant.workers, question.plant.queue) = (1, 1, 1);
    let after = |outcome: &Outcome| {
        let late = outcome.bins.iter().filter(|bin| bin.at >= outcome.from + Span::minutes(60));
        late.map(|bin| bin.tally.turned_away).sum::<u64>()
    };
    let synchronised = asked(&question);
    question.retrying.jitter = true;
    let spread = asked(&question);
    assert!(after(&synchronised) > 2 * after(&spread), "{} {}", after(&synchronised), after(&spread));
}

#[test]
fn nonsense_is_refused_by_the_name_of_the_key() {
    let watch = Watch { stop: &AtomicBool::new(false), progress: &|_: Time| {} };
    let refused = |question: Question| match simulate(&question, &watch) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was answered"),
    };
    let mut nobody = morning(10);
    nobody.scenario.people.reps = 0;
    assert!(refused(nobody).contains("`reps`"));
    let backwards = Some((TimeOfDay::hm(9, 0), TimeOfDay::hm(8, 0)));
    assert!(refused(Question { window: backwards, ..morning(10) }).contains("`window`"));
    let mut none = morning(10);
    none.plant.instances = 0;
    assert!(refused(none).contains("`plant.instances`"));
    let stopped = Watch { stop: &AtomicBool::new(true), progress: &|_: Time| {} };
    assert!(matches!(simulate(&morning(10), &stopped), Err(SimulateError::Interrupted(None))));
}

#[test]
fn an_interrupted_day_has_the_whole_days_figures_up_to_then() {
    let question = morning(80);
    let whole = asked(&question);
    let (stop, nine) = (AtomicBool::new(false), whole.zone().at(whole.zone().date(whole.from), TimeOfDay::hm(9, 0)));
    let progress = |at: Time| {
        stop.fetch_or(at >= nine, Ordering::Relaxed);
    };
    let watch = Watch { stop: &stop, progress: &progress };
    let Err(SimulateError::Interrupted(Some(part))) = simulate(&question, &watch) else { panic!("it ended by itself") };
    assert!(
        part.from == whole.from && nine <= part.until && part.until < whole.until,
        "{} {}",
        part.until,
        whole.until
    );
    let complete = part.bins.len() - 1;
    assert!(complete >= 24 && part.bins[..complete] == whole.bins[..complete]);
    let offered: u64 = part.bins.iter().map(|bin| bin.tally.offered).sum();
    assert_eq!(part.totals.offered, offered);
    let (last, of_whole) = (&part.bins[complete], &whole.bins[complete]);
    assert!(last.at + last.span == part.until && last.span <= of_whole.span, "{last:?}");
    assert!(last.tally.offered <= of_whole.tally.offered);
}

/// A morning that is too much for few instances: each serves one request at once, and two may wait.
fn too_much(reps: u64) -> Question {
    let window = Some((TimeOfDay::hm(7, 0), TimeOfDay::hm(8, 30)));
    let mut question = Question { window, ..morning(reps) };
    (question.plant.instances, question.plant.workers, question.plant.queue) = (1, 1, 2);
    let law = Law::Constant { us: 2_000_000 };
    question.plant.service = Some(fieldday_scenario::plant::Service {
        reads: Some(law.clone()),
        writes: Some(law.clone()),
        health: Some(law),
        ..Default::default()
    });
    question
}

#[test]
fn a_table_advises_at_each_point_that_breaks_as_a_day_alone_would_and_simulates_no_day_twice() {
    let question = too_much(80);
    let watch = Watch { stop: &AtomicBool::new(false), progress: &|_: Time| {} };
    let (mut tried, mut most, mut points) = (Vec::new(), 0, Vec::new());
    let told = |told: Told<'_>| match told {
        Told::Point(point) => points.push((point.reps, point.instances)),
        Told::Advising(days) => most = days.iter().map(|(_, days)| days).sum(),
        Told::Tried(of) => tried.push((of.reps, of.plant.instances, of.retrying.retries, of.retrying.jitter)),
    };
    let table = grid(&question, &[5, 80], &[1, 2, 16], true, &watch, told).unwrap().grid;
    let holds: Vec<bool> = table.points.iter().map(|point| point.holds).collect();
    assert_eq!(holds[3..], [false, false, true], "{points:?} {holds:?}");
    for point in &table.points {
        assert_eq!(point.advice.is_some(), !point.holds, "{point:?}");
    }
    // No day twice, those of the table included.
    let mut all: Vec<_> = tried.iter().copied().chain(points.iter().map(|of| (of.0, of.1, 3, false))).collect();
    let simulated = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), simulated, "{tried:?}");
    assert!(!tried.is_empty() && tried.len() as u64 <= most, "{} of {most} at most", tried.len());
    // The same advice as for each of these days alone, where instances never make anything worse.
    let (first, second) = (table.points[3].advice.as_ref().unwrap(), table.points[4].advice.as_ref().unwrap());
    assert_eq!(first.enough, second.enough);
    let asked = question.with_reps(80);
    let alone = advise(&asked, &simulate(&asked, &watch).unwrap(), &watch, |_| ()).unwrap();
    assert_eq!((alone.enough.instances, alone.policies), (first.enough.instances, first.policies.clone()));
    assert_eq!(table.beyond_physics, alone.beyond_physics);
    let plain = grid(&question, &[5, 80], &[1, 2, 16], false, &watch, |_| ()).unwrap().grid;
    assert!(plain.points.iter().all(|point| point.advice.is_none()) && plain.beyond_physics.is_empty());
}

/// The morning on that network, held to limits of the scenario.
fn on_network(profile: &str, limits: &[&str]) -> Question {
    let mut question = morning(40);
    question.scenario.network.profile = profile.to_owned();
    question.scenario.limits = limits.iter().map(|text| Limit::parse(text).unwrap()).collect();
    question
}
/// The verdicts on the limits of the scenario, in its order.
fn verdicts(outcome: &Outcome) -> Vec<LimitVerdict> {
    let own = outcome.limits.iter().filter(|limit| limit.origin == LimitOrigin::Scenario);
    own.map(|limit| limit.result.verdict).collect()
}

#[test]
fn a_slow_link_breaks_a_limit_on_attempts_while_the_server_is_fast() {
    // Half a second there and back; the server takes some tens of milliseconds.
    let limits = ["wire p95 < 450 ms for reads", "p95 < 450 ms for reads", "felt p95 < 450 ms for reads"];
    let slow = asked(&on_network("firefox-gprs", &limits));
    assert_eq!(verdicts(&slow), [LimitVerdict::Held, LimitVerdict::Exceeded, LimitVerdict::Exceeded]);
    assert!(!slow.holds && slow.broken.is_empty(), "the deployment's own limits hold: {:?}", slow.broken);
    let fast = asked(&on_network("clean", &limits));
    assert_eq!(verdicts(&fast), [LimitVerdict::Held; 3], "{:?}", fast.limits);
    let list = |outcome: &Outcome| {
        let of = outcome.endpoints.iter().find(|of| of.op == Op::ListAppointments).unwrap();
        (of.latency.unwrap().times, of.attempts.unwrap())
    };
    let (server, attempts) = list(&slow);
    assert!(attempts.p50.time >= server.p50 + Span::millis(500), "{server:?} {attempts:?}");
    // Of the uploads, which no deployment sees, the attempts alone are known.
    let audio = slow.endpoints.iter().find(|of| of.op == Op::PutAudio).unwrap();
    assert!(audio.tally.offered == 0 && audio.latency.is_none() && audio.attempts.unwrap().count > 0, "{audio:?}");
}

/// Nothing goes wrong on the way, and nobody cancels a call.
fn without_trouble_on_the_way(question: &mut Question) {
    let Scenario { people, network, visits, kills, .. } = &mut question.scenario;
    people.habits.patience_s = Some(120);
    network.profile = "clean".to_owned();
    (network.valleys, network.dead_roads, network.old_masts) = (0, 0, 0);
    (network.gap_ppm, network.portal_ppm, visits.basement_ppm, kills.ppm) = (0, 0, 0, 0);
}

#[test]
fn attempts_whose_connection_the_deployment_broke_are_without_success() {
    let mut question = Question { threads: 1, ..morning(150) };
    question.window = Some((TimeOfDay::hm(9, 30), TimeOfDay::hm(10, 30)));
    without_trouble_on_the_way(&mut question);
    // Reads take nearly as long as some apps wait, so that an instance that goes, every two minutes, has some.
    (question.plant.instances, question.plant.workers) = (2, 16);
    let (reads, fast) = (Some(Law::Constant { us: 4_500_000 }), Some(Law::Constant { us: 10_000 }));
    question.plant.service = Some(Service { reads, writes: fast.clone(), health: fast, ..Service::default() });
    let lost = |minute: u32| PlantTrouble {
        kind: PlantTroubleWord::InstanceLost,
        from: TimeOfDay::hm(9 + minute / 60, minute % 60),
        until: TimeOfDay::hm(9 + (minute + 1) / 60, (minute + 1) % 60),
        percent: None,
        ops: Vec::new(),
        drain_s: None,
    };
    question.plant.trouble = (31..89).step_by(2).map(lost).collect();
    let outcome = asked(&question);
    let broken = outcome.totals.broken;
    assert!(broken > 0 && outcome.totals.refused() == broken && outcome.totals.too_late == 0, "{:?}", outcome.totals);
    let without_success: u64 = outcome.endpoints.iter().filter_map(|of| of.attempts).map(|of| of.without_success).sum();
    assert_eq!(without_success, broken);
}

#[test]
fn attempts_of_reps_who_stand_for_several_count_once() {
    let mut question = Question { threads: 1, ..morning(60) };
    without_trouble_on_the_way(&mut question);
    let attempts = |each_for| {
        let outcome = asked(&Question { each_for: Some(each_for), ..question.clone() });
        let count = outcome.endpoints.iter().filter(|of| of.op != Op::PutAudio).filter_map(|of| of.attempts);
        (count.map(|of| of.count).sum::<u64>(), outcome.totals.offered)
    };
    for each_for in [1, 3] {
        let (attempts, offered) = attempts(each_for);
        let expected = offered / u64::from(each_for);
        assert!(attempts.abs_diff(expected) * 20 < expected, "{attempts} attempts, {offered} requests, for {each_for}");
    }
}
