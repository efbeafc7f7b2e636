use super::*;
use crate::level::Level;
use crate::played::{self, Work};
use crate::synthetic::{TARGET, Target};

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
fn workers_that_are_known_need_not_be_guessed_from_little_load() {
    let target = Target { workers: 8, ..TARGET };
    let full = (f64::from(target.workers) / target.service_s / target.rate_per_rep) as u64;
    let mut levels = levels(target, &[10, 20, 30, 40, 50].map(|percent| full * percent / 100));
    // So few wait that a few per cent of noise hide it.
    for (level, off) in levels.iter_mut().zip([0.99, 1.0, 1.01, 1.03, 1.02]) {
        level.latency.mean_us *= off;
        level.endpoints[0].latency.mean_us *= off;
    }
    let (rate, at_eighty) = (0.8 * full as f64 * target.rate_per_rep, target.level(full * 8 / 10, 60.0));
    let off = |demand: &Demand| demand.quantile_us(0.95, rate).unwrap() / at_eighty.latency.p95_us as f64 - 1.0;
    let (guessed, known) = (fit(&levels).unwrap(), fit_knowing(&levels, Some(8)).unwrap());
    assert!(guessed.workers != 8 && !guessed.warnings.is_empty(), "{guessed:?}");
    assert!(known.workers == 8 && off(&known).abs() < 0.15, "{}", off(&known));
    assert_eq!(known.warnings, [""; 0]);
    assert_eq!(fit_knowing(&levels, Some(1)), Err(Unfit::NotOf(1)));
}

#[test]
fn too_few_levels_and_too_little_load_are_said() {
    assert_eq!(fit(&levels(TARGET, &[10, 20, 40])), Err(Unfit::TooFew(3)));
    let idle = fit(&levels(TARGET, &[4, 8, 12, 16])).unwrap();
    assert!(idle.warnings.iter().any(|text| text.contains("is uncertain")), "{:?}", idle.warnings);
    let failing =
        levels(TARGET, &[10, 20, 40, 80, 120]).into_iter().map(|level| Level { errors: level.requests, ..level });
    assert_eq!(fit(&failing.collect::<Vec<_>>()), Err(Unfit::TooFew(0)));
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
        level.requests += slow.requests;
        level.latency.mean_us *= 2.0 / 1.1;
        level.endpoints.push(slow);
    }
    let demand = fit(&levels).unwrap();
    let clock_in = demand.endpoints.iter().find(|of| of.op == Op::ClockIn).unwrap();
    assert!((clock_in.share_of_requests - 1.0 / 11.0).abs() < 0.01 && (clock_in.share_of_work - 0.5).abs() < 0.02);
}

#[test]
fn a_share_of_the_latency_is_no_work_only_if_the_levels_say_so_clearly() {
    let full = f64::from(TARGET.workers) / TARGET.service_s / TARGET.rate_per_rep;
    let reps = |percents: &[u64]| percents.iter().map(|percent| full as u64 * percent / 100).collect::<Vec<_>>();
    // A few per cent up and down, as samples of half of the load vary.
    let mut noisy = levels(TARGET, &reps(&[10, 20, 30, 40, 50]));
    for (level, off) in noisy.iter_mut().zip([1.01, 0.97, 1.02, 0.99, 1.04]) {
        level.latency.mean_us *= off;
        level.endpoints[0].latency.mean_us *= off;
    }
    let demand = fit(&noisy).unwrap();
    assert_eq!(demand.busy_share, 1.0);
    let truth = full * TARGET.rate_per_rep;
    assert!((demand.saturates_at / truth - 1.0).abs() < 0.05, "{} not {truth}", demand.saturates_at);
    // A way of 20 ms beside 20 ms of work.
    let mut far = levels(TARGET, &reps(&[5, 10, 20, 35, 50, 65, 80, 90]));
    for level in &mut far {
        level.latency.mean_us += 20e3;
        level.endpoints[0].latency.mean_us += 20e3;
        level.endpoints[0].points_us.iter_mut().for_each(|us| *us += 20_000);
    }
    let demand = fit(&far).unwrap();
    assert!((demand.busy_share - 0.5).abs() < 0.06, "{}", demand.busy_share);
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
            for seed in 0..4 {
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
