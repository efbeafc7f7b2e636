use super::*;
use crate::level::Level;
use crate::played::{self, Work};
use crate::synthetic::{TARGET, Target};
use crate::trace::{Trace, Traced};
use fieldday_kernel::random::{Purpose, Stream};

fn levels(target: Target, reps: &[u64]) -> Vec<Level> {
    reps.iter().map(|reps| target.level(*reps, 60.0)).collect()
}

#[test]
fn workers_and_demand_are_found_again_in_a_queues_own_figures() {
    for workers in [1, 2, 4, 8] {
        let target = Target { workers, ..TARGET };
        let full = (f64::from(workers) / target.service_s / target.rate_per_rep) as u64;
        let shares = [5, 10, 20, 35, 50, 65, 75, 85, 93];
        let demand = fit(&levels(target, &shares.map(|percent| (full * percent / 100).max(1)))).unwrap();
        assert!(demand.workers_range.0 <= workers && workers <= demand.workers_range.1, "{workers}: {demand:?}");
        let truth = f64::from(workers) / target.service_s;
        assert!((demand.saturates_at / truth - 1.0).abs() < 0.05, "{workers}: {} not {truth}", demand.saturates_at);
        assert!(demand.error < 0.05, "{}", demand.error);
        assert_eq!(demand.warnings, [""; 0]);
    }
}

#[test]
fn from_half_load_the_rest_is_foretold_within_fifteen_per_cent() {
    for workers in [1, 2, 4] {
        let target = Target { workers, ..TARGET };
        let full = (f64::from(workers) / target.service_s / target.rate_per_rep) as u64;
        let demand = fit(&levels(target, &[5, 10, 20, 30, 40, 50].map(|percent| full * percent / 100))).unwrap();
        let rate = 0.8 * f64::from(workers) / target.service_s;
        let said = demand.quantile_us(0.95, rate).unwrap();
        let truth = target.level((full as f64 * 0.8) as u64, 60.0).latency.p95_us as f64;
        assert!((said / truth - 1.0).abs() < 0.15, "{workers}: p95 at 80 %: {said}, in truth {truth}");
        let said = demand.greatest_rate(0.95, target.bound_s * 1e6, |_| true);
        let truth = target.truth() * target.rate_per_rep;
        assert!((said / truth - 1.0).abs() < 0.15, "{workers}: breaks at {said}, in truth {truth}");
    }
}

#[test]
fn a_number_of_workers_that_is_not_possible_is_refused_and_one_that_is_unlikely_is_warned_of() {
    let target = Target { workers: 8, ..TARGET };
    let full = (f64::from(target.workers) / target.service_s / target.rate_per_rep) as u64;
    let levels = levels(target, &[10, 20, 30, 40, 50].map(|percent| full * percent / 100));
    let known = fit_knowing(&levels, Some(8)).unwrap();
    assert_eq!((known.workers, known.workers_range, known.warnings.len()), (8, (8, 8), 0), "{:?}", known.warnings);
    assert_eq!(fit_knowing(&levels, Some(1)), Err(Unfit::NotOf(1)));
    let unlikely = fit_knowing(&levels, Some(11)).unwrap();
    assert!(unlikely.warnings.iter().any(|text| text.contains("as if there were 8 [")), "{:?}", unlikely.warnings);
}

#[test]
fn what_is_too_uncertain_to_be_used_says_how_long_levels_should_be() {
    let target = played::Target::of(1, Work::LogNormal(0.02, 2.5));
    let level = |(i, reps): (usize, u64)| target.level((reps, 0.5), 15.0, &[], i as u64);
    let levels: Vec<Level> = [10, 20, 30, 40, 50].into_iter().enumerate().map(level).collect();
    let demand = fit_knowing(&levels, Some(1)).unwrap();
    let foretold = demand.at_eighty.unwrap();
    assert!(foretold.low_us < foretold.p95_us && foretold.high_us.is_none_or(|high| high > foretold.p95_us));
    assert!(demand.warnings.iter().any(|text| text.contains("--level")), "{:?} {foretold:?}", demand.warnings);
}

#[test]
fn too_few_levels_and_too_little_load_are_said() {
    assert_eq!(fit(&levels(TARGET, &[10, 20, 40])), Err(Unfit::TooFew(3)));
    let idle = fit(&levels(TARGET, &[4, 8, 12, 16])).unwrap();
    assert!(idle.warnings.iter().any(|text| text.contains("is uncertain")), "{:?}", idle.warnings);
    let failing =
        levels(TARGET, &[10, 20, 40, 80, 120]).into_iter().map(|level| Level { errors: level.requests, ..level });
    assert_eq!(fit(&failing.collect::<Vec<_>>()), Err(Unfit::TooFew(0)));
    let short: Vec<Level> = [1, 2, 3, 4].iter().map(|reps| TARGET.level(*reps, 3.0)).collect();
    let Err(why @ Unfit::TooShort(_)) = fit(&short) else { panic!("{:?}", fit(&short)) };
    assert!(why.to_string().contains("--level"), "{why}");
}

#[test]
fn a_model_that_does_not_fit_is_not_used() {
    let mut levels = levels(TARGET, &[10, 20, 40, 80, 160, 300]);
    // No queue is slower the less it is asked.
    for (level, times) in levels.iter_mut().zip([4.0, 1.0, 6.0, 1.0, 5.0, 1.0]) {
        level.latency.mean_us *= times;
        level.endpoints[0].latency.mean_us *= times;
    }
    let Err(Unfit::Off { percent }) = fit(&levels) else { panic!("{:?}", fit(&levels)) };
    assert!(percent > 20, "{percent}");
}

#[test]
fn the_endpoint_that_keeps_workers_longest_is_told() {
    let mut levels = levels(TARGET, &[10, 20, 40, 80, 120]);
    for level in &mut levels {
        // A tenth of the requests take ten times as long.
        let mut slow = level.endpoints[0].clone();
        slow.op = Op::ClockIn;
        slow.requests /= 10;
        slow.requests_per_s /= 10.0;
        slow.latency.mean_us *= 10.0;
        slow.points_us.iter_mut().for_each(|us| *us *= 10);
        let one_in_ten = |(i, one): (usize, &Traced)| {
            let slow = Traced { op: Op::ClockIn, took_us: one.took_us * 10, ..*one };
            [Some(*one), (i % 10 == 0).then_some(slow)].into_iter().flatten()
        };
        let requests = level.trace.iter().flat_map(|trace| trace.requests()).enumerate().flat_map(one_in_ten);
        level.trace = Some(Trace::of(requests.collect()));
        level.requests += slow.requests;
        level.latency.mean_us *= 2.0 / 1.1;
        level.endpoints.push(slow);
    }
    let demand = fit(&levels).unwrap();
    let clock_in = demand.endpoints.iter().find(|of| of.op == Op::ClockIn).unwrap();
    assert!((clock_in.share_of_requests - 1.0 / 11.0).abs() < 0.01 && (clock_in.share_of_work - 0.5).abs() < 0.02);
}

/// Levels of a target from which answers take so long to come back, and by chance longer, by so much on average.
fn far(target: played::Target, way_us: i64, longer_us: f64) -> Vec<Level> {
    let full = target.most_per_s() / 0.5;
    let level = |(i, share): (usize, f64)| {
        let mut level = target.level(((full * share) as u64, 0.5), 60.0, &[], i as u64);
        level.latency.mean_us += way_us as f64 + longer_us;
        let mut stream = Stream::new(i as u64, Purpose::new("far"), 0, 0, 0);
        let later = |one: &Traced| {
            let longer_us = stream.exponential(longer_us) as i64;
            Traced { took_us: one.took_us + way_us + longer_us, ..*one }
        };
        level.trace = Some(Trace::of(level.trace.iter().flat_map(|trace| trace.requests()).map(later).collect()));
        level
    };
    [0.1, 0.2, 0.3, 0.4, 0.5].into_iter().enumerate().map(level).collect()
}

#[test]
fn the_way_there_and_back_is_no_work() {
    for work in [Work::Exponential(0.02), Work::Fixed(0.02), Work::LogNormal(0.02, 2.5)] {
        for (way_us, longer_us, workers) in
            [(0, 0.0, 1), (2_000, 0.0, 1), (2_000, 0.0, 4), (20_000, 0.0, 2), (500, 500.0, 1), (500, 500.0, 8)]
        {
            let target = played::Target::of(workers, work);
            let demand = fit(&far(target, way_us, longer_us)).unwrap();
            let (truth, said) = (target.most_per_s(), demand.saturates_at);
            assert_eq!(demand.workers, workers, "{work:?}, {way_us}: {:?}", demand.workers_range);
            assert!((said / truth - 1.0).abs() < 0.06, "{work:?} {workers}, {way_us}: {said} not {truth}, {demand:?}");
        }
    }
}

/// Such levels, to which each request is by chance longer under way, by up to so much: some reach the target before earlier ones.
fn overtaken(target: played::Target, most_us: u64) -> Vec<Level> {
    let mut levels = far(target, 0, 0.0);
    for (i, level) in levels.iter_mut().enumerate() {
        level.latency.mean_us += most_us as f64 / 2.0;
        let mut stream = Stream::new(i as u64, Purpose::new("overtaken"), 0, 0, 0);
        let earlier = |one: &Traced| {
            let way_us = stream.below(most_us) as i64;
            Traced { began_us: one.began_us - way_us, took_us: one.took_us + way_us, ..*one }
        };
        level.trace = Some(Trace::of(level.trace.iter().flat_map(|trace| trace.requests()).map(earlier).collect()));
    }
    levels
}

#[test]
fn requests_that_overtake_others_on_the_way_are_no_further_workers_and_no_less_work() {
    for workers in [1, 2] {
        let target = played::Target::of(workers, Work::Fixed(0.005));
        let demand = fit_knowing(&overtaken(target, 900), Some(workers)).unwrap();
        let (truth, said) = (target.most_per_s(), demand.saturates_at);
        assert!((said / truth - 1.0).abs() < 0.06, "{workers}: {said} not {truth}, {demand:?}");
    }
}

#[test]
fn no_more_of_bursts_is_felt_than_explains_the_waits() {
    let target = played::Target::of(2, Work::Exponential(0.02));
    let mut levels = far(target, 0, 0.0);
    levels.iter_mut().for_each(|level| level.arrivals_scv = 3.0);
    let demand = fit(&levels).unwrap();
    assert_eq!((demand.workers, demand.arrivals_scv_measured), (2, 3.0));
    assert!((1.0..1.4).contains(&demand.arrivals_scv), "{}", demand.arrivals_scv);
}

#[test]
fn workers_are_found_within_one_in_levels_that_were_played() {
    let (mut wrong, mut text) = (0, String::new());
    for (law, work) in
        [("M", Work::Exponential(0.02)), ("D", Work::Fixed(0.02)), ("log-normal", Work::LogNormal(0.02, 2.5))]
    {
        for workers in [1, 2, 4, 8_u32] {
            let target = played::Target::of(workers, work);
            let full = target.most_per_s() / 0.5;
            for seed in 0..2 {
                let shares = [0.08, 0.12, 0.18, 0.28, 0.42, 0.62, 0.72, 0.8, 0.86, 0.93, 1.4];
                let level = |(i, share): (usize, f64)| {
                    target.level(((full * share) as u64, 0.5), 30.0, &[], seed * 100 + i as u64)
                };
                let levels: Vec<Level> = shares.into_iter().enumerate().map(level).collect();
                let said = fit(&levels).map(|demand| (demand.workers, demand.workers_range));
                assert!(said.as_ref().is_ok_and(|(said, (low, high))| (low..=high).contains(&said)), "{said:?}");
                if !said.as_ref().is_ok_and(|(said, _)| said.abs_diff(workers) <= 1) {
                    wrong += 1;
                }
                text += &format!("{law} {workers}: {said:?}\n");
            }
        }
    }
    println!("{text}");
    assert_eq!(wrong, 0, "{text}");
}
