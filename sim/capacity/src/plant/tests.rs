//! The plant against what theory says of it, and what must hold of any.

use super::callers::{self, took_us, when};
use super::{Ledger, Plant};
use crate::simulate::Tally;
use fieldday_api::endpoint::Op;
use fieldday_engine::transport::plant::{PlantOutcome, PlantReply, PlantRequest};
use fieldday_kernel::random::{Purpose, Stream, join_keys};
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_scenario::plant as spec;
use fieldday_scenario::plant::{Balancer, Law, PlantTrouble, PlantTroubleWord, Service};
use std::collections::BTreeMap;

const PATIENCE: Purpose = Purpose::new("test.arrivals");
const DAY: Span = Span::hours(12);

fn service(law: Law) -> Option<Service> {
    Some(Service { reads: Some(law.clone()), writes: Some(law.clone()), health: Some(law), ops: BTreeMap::new() })
}
fn queue(workers: u32, law: Law) -> spec::Plant {
    callers::one_queue(workers, service(law))
}
fn request(number: u32, at: Time) -> PlantRequest {
    callers::request(Op::ListTasks, number, at)
}
fn poisson(per_second: f64, length: Span) -> Vec<PlantRequest> {
    callers::at_random(Op::ListTasks, per_second, length)
}
fn run(spec: &spec::Plant, arrivals: &[PlantRequest], length: Span) -> (Ledger, Vec<PlantReply>) {
    callers::serve(spec, arrivals, length).unwrap()
}
/// The mean wait for a worker in microseconds, and half the 95 % interval of that: by the means of 50 batches.
fn wait(arrivals: &[PlantRequest], verdicts: &[PlantReply], service_us: f64) -> (f64, f64) {
    let took = took_us(arrivals, verdicts);
    let batches: Vec<f64> =
        took.chunks(took.len() / 50).map(|b| b.iter().sum::<f64>() / b.len() as f64).take(50).collect();
    let mean = batches.iter().sum::<f64>() / 50.0;
    let variance = batches.iter().map(|b| (b - mean) * (b - mean)).sum::<f64>() / 49.0;
    // Student's t with 49 degrees of freedom.
    (mean - service_us, 2.01 * (variance / 50.0).sqrt())
}
/// The chance to wait in M/M/c, by Erlang's C.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let mut blocked = 1.0;
    for n in 1..=servers {
        blocked = load * blocked / (f64::from(n) + load * blocked);
    }
    let utilisation = load / f64::from(servers);
    blocked / (1.0 - utilisation + utilisation * blocked)
}
fn agrees(spec: &spec::Plant, per_second: f64, service_us: f64, theory_us: f64) {
    let arrivals = poisson(per_second, DAY);
    let (ledger, verdicts) = run(spec, &arrivals, DAY);
    let (found, interval) = wait(&arrivals, &verdicts, service_us);
    // Half as much again as the 95 % interval: the streams are fixed, but there are several of them.
    assert!((found - theory_us).abs() < 1.5 * interval, "{found} ± {interval} µs for {theory_us}");
    assert!(interval < theory_us * 0.08, "{found} ± {interval} µs says too little");
    let utilisation =
        ledger.bins.iter().map(|bin| f64::from(bin.utilisation_ppm)).sum::<f64>() / ledger.bins.len() as f64;
    let expected = per_second * service_us / f64::from(spec.workers * spec.instances);
    assert!((utilisation / expected - 1.0).abs() < 0.01, "utilisation {utilisation} ppm for {expected}");
}

#[test]
fn one_worker_waits_as_m_m_1_says() {
    // ρ = 0.7, so W = ρ/(1 − ρ) services.
    agrees(&queue(1, Law::Exponential { mean_us: 100_000 }), 7.0, 100_000.0, 0.7 / 0.3 * 100_000.0);
}

#[test]
fn many_workers_wait_as_m_m_c_says() {
    let load = 0.8 * 8.0;
    let theory = erlang_c(8, load) / (8.0 - load) * 400_000.0;
    agrees(&queue(8, Law::Exponential { mean_us: 400_000 }), 16.0, 400_000.0, theory);
}

#[test]
fn other_laws_wait_as_pollaczek_and_khinchine_say() {
    // M/G/1: W = ρ/(1 − ρ) × (1 + C²)/2 services.
    let at = |squared: f64| 0.7 / 0.3 * (1.0 + squared) / 2.0 * 100_000.0;
    agrees(&queue(1, Law::Constant { us: 100_000 }), 7.0, 100_000.0, at(0.0));
    // Even between 50 and 150 ms: C² = 1/12.
    let even = Law::Quantiles { points: vec![(0, 50_000), (1_000_000, 150_000)] };
    agrees(&queue(1, even), 7.0, 100_000.0, at(1.0 / 12.0));
    // Log-normal with a mean of 100 ms: C² = exp(σ²) − 1.
    let sigma = libm::log(1.6);
    let median = 100_000.0 / libm::exp(sigma * sigma / 2.0);
    let law = Law::LogNormal { median_us: median as u64, spread_percent: 160 };
    agrees(&queue(1, law), 7.0, 100_000.0, at(libm::exp(sigma * sigma) - 1.0));
}

#[test]
fn a_database_shared_by_instances_is_a_queue_of_its_own() {
    // Workers without end, so what is left is M/D/1 at the database: the second half of 20 ms, ρ = 0.8.
    let mut plant = queue(10_000, Law::Constant { us: 20_000 });
    plant.database = Some(spec::Database { connections: 1, percent: 50 });
    let arrivals = poisson(80.0, Span::hours(4));
    let (_, verdicts) = run(&plant, &arrivals, Span::hours(4));
    let (found, interval) = wait(&arrivals, &verdicts, 20_000.0);
    let theory = 0.8 / 0.2 / 2.0 * 10_000.0;
    assert!((found - theory).abs() < interval.max(theory * 0.03), "{found} ± {interval} for {theory}");
}

/// A plant with everything that can go wrong, under more than it can take.
fn troubled() -> spec::Plant {
    let trouble = |kind, from, until| PlantTrouble { kind, from, until, percent: None, ops: Vec::new(), drain_s: None };
    let mut slow = trouble(PlantTroubleWord::Slow, TimeOfDay::hm(0, 40), TimeOfDay::hm(0, 50));
    slow.percent = Some(400);
    spec::Plant {
        instances: 3,
        queue: 10,
        give_up_ms: 900,
        balancer: Balancer::TwoChoices,
        database: Some(spec::Database { connections: 5, percent: 40 }),
        rate_limit: Some(spec::RateLimit { per_second: 55, burst: 20, retry_after_s: 2 }),
        scaling: Some(spec::Scaling {
            metric: spec::ScalingMetric::Utilisation,
            every_s: 30,
            up: 80,
            down: 30,
            delay_s: 60,
            step: 1,
            least: 2,
            most: 4,
        }),
        trouble: vec![
            trouble(PlantTroubleWord::InstanceLost, TimeOfDay::hm(0, 10), TimeOfDay::hm(0, 20)),
            PlantTrouble {
                drain_s: Some(1),
                ..trouble(PlantTroubleWord::Deployment, TimeOfDay::hm(0, 25), TimeOfDay::hm(0, 59))
            },
            slow,
        ],
        ..queue(2, Law::Exponential { mean_us: 120_000 })
    }
}

#[test]
fn every_request_ends_once_and_littles_law_is_exact() {
    let arrivals = poisson(50.0, Span::hours(1));
    for spec in [troubled(), queue(3, Law::Exponential { mean_us: 55_000 })] {
        let (ledger, verdicts) = run(&spec, &arrivals, Span::hours(2));
        let mut ends = vec![0; arrivals.len()];
        verdicts.iter().for_each(|verdict| ends[verdict.number as usize] += 1);
        assert!(ends.iter().all(|ends| *ends == 1));
        let Tally { offered, served, rate_limited, turned_away, timed_out, broken, .. } = ledger.totals;
        assert_eq!(offered, arrivals.len() as u64);
        assert_eq!(served + rate_limited + turned_away + timed_out + broken, offered);
        assert_eq!(ledger.little.0, ledger.little.1);
        assert!(verdicts.is_sorted_by_key(|verdict| verdict.at));
    }
    let totals = run(&troubled(), &arrivals, Span::hours(2)).0.totals;
    assert!(
        [totals.rate_limited, totals.turned_away, totals.timed_out, totals.broken].iter().all(|n| *n > 0),
        "{totals:?}"
    );
}

#[test]
fn the_order_of_submission_changes_nothing() {
    let arrivals = poisson(50.0, Span::minutes(50));
    let mut backwards = arrivals.clone();
    backwards.reverse();
    let print = |arrivals: &[PlantRequest]| run(&troubled(), arrivals, Span::hours(1)).0.fingerprint;
    assert_eq!(print(&arrivals), print(&backwards));
    assert_ne!(print(&arrivals), print(&arrivals[1..]));
}

#[test]
fn a_request_fewer_changes_no_other_requests_work() {
    // Workers without end: what a request takes is its work alone.
    let spec = queue(10_000, Law::LogNormal { median_us: 30_000, spread_percent: 200 });
    let arrivals = poisson(20.0, Span::minutes(10));
    let took = |arrivals: &[PlantRequest]| -> BTreeMap<u32, Time> {
        run(&spec, arrivals, Span::hours(1)).1.iter().map(|verdict| (verdict.number, verdict.at)).collect()
    };
    let (mut all, some) = (took(&arrivals), took(&[&arrivals[..100], &arrivals[101..]].concat()));
    assert!(all.remove(&100).is_some());
    assert_eq!(all, some);
}

#[test]
fn the_app_is_told_that_it_is_too_late_before_its_deadline_and_the_work_is_done_all_the_same() {
    let spec = queue(1, Law::Constant { us: 3_000_000 });
    let mut plant = Plant::new(&spec, 1, Span::millis(15), &when(DAY)).unwrap();
    for number in 0..2 {
        let at = Time::default();
        plant.submit(0, PlantRequest { deadline: at + Span::seconds(5), ..request(number, at) });
    }
    let mut heard = Vec::new();
    plant.advance(Time::default() + Span::minutes(1), &mut |_, verdict| heard.push((verdict.number, verdict.what)));
    assert_eq!(heard, [(0, PlantOutcome::Served), (1, PlantOutcome::TooLate), (1, PlantOutcome::Served)]);
    assert_eq!(plant.close(Time::default() + DAY).totals.too_late, 1);
}

#[test]
fn balancers_use_all_instances_and_the_better_ones_wait_less() {
    let arrivals = poisson(20.0, Span::hours(2));
    let waits = [Balancer::RoundRobin, Balancer::TwoChoices, Balancer::LeastConnections].map(|balancer| {
        let spec = spec::Plant { instances: 8, balancer, ..queue(1, Law::Exponential { mean_us: 320_000 }) };
        let (_, verdicts) = run(&spec, &arrivals, Span::hours(2));
        wait(&arrivals, &verdicts, 320_000.0).0
    });
    assert!(waits[0] > waits[1] && waits[1] > waits[2], "{waits:?}");
}

#[test]
fn autoscaling_follows_the_load_and_its_delay_shows() {
    let mut spec = troubled();
    (spec.trouble, spec.rate_limit, spec.database) = (Vec::new(), None, None);
    let (ledger, _) = run(&spec, &poisson(50.0, Span::minutes(40)), Span::hours(3));
    let instances: Vec<u32> = ledger.bins.iter().map(|bin| bin.instances).collect();
    assert_eq!((instances.iter().max(), instances.last()), (Some(&4), Some(&2)), "{instances:?}");
    let first = ledger.bins[0].tally;
    let later = ledger.bins[5].tally;
    assert!(first.turned_away + first.timed_out > later.turned_away + later.timed_out, "{first:?} {later:?}");
}

/// Clients who ask again at once whenever they were too late, and those who back off by chance: after a stall of twenty
/// seconds the first keep the plant busy with requests that nobody waits for, for good.
#[test]
fn a_stall_becomes_a_lasting_failure_where_clients_retry_at_once_and_passes_where_they_spread_out() {
    let goodput = |spreads: bool| {
        let spec = spec::Plant { queue: 100_000, ..queue(1, Law::Constant { us: 100_000 }) };
        let mut slow = spec.clone();
        let stall = PlantTroubleWord::Slow;
        let (from, until) = (TimeOfDay::hm(0, 5), TimeOfDay::hm(0, 6));
        slow.trouble.push(PlantTrouble {
            kind: stall,
            from,
            until,
            percent: Some(2_000),
            ops: Vec::new(),
            drain_s: None,
        });
        let mut plant = Plant::new(&slow, 1, Span::millis(15), &when(Span::hours(1))).unwrap();
        // 40 clients, one request each in 8 s or so: half of what the plant can do. They wait for 2 s.
        let ask = |client: u32, attempt: u8, at: Time| {
            let key = join_keys(u64::from(client), at.micros().unsigned_abs());
            PlantRequest { at, number: client, op: Op::ListTasks, attempt, key, deadline: at + Span::seconds(2) }
        };
        let mut failures = [0_u8; 40];
        for client in 0..40 {
            plant.submit(0, ask(client, 0, Time::default() + Span::millis(200 * i64::from(client))));
        }
        let (mut served, mut now) = (vec![0_u32; 30], Time::default());
        let mut given_up = [0_u32; 40];
        while now < Time::default() + Span::minutes(30) {
            now = now + Span::millis(30);
            let mut heard = Vec::new();
            plant.advance(now, &mut |_, verdict| heard.push(verdict));
            for verdict in heard {
                let client = verdict.number as usize;
                let mut stream =
                    Stream::new(9, PATIENCE, u64::from(verdict.number), verdict.at.micros().unsigned_abs(), 0);
                match verdict.what {
                    PlantOutcome::TooLate => {
                        given_up[client] += 1;
                        failures[client] = (failures[client] + 1).min(6);
                        let most = Span::seconds(1 << failures[client]).as_micros();
                        let wait = if spreads { Span::micros(stream.range(0..2 * most)) } else { Span::ZERO };
                        plant.submit(1, ask(verdict.number, 1, verdict.at.max(now) + wait));
                    }
                    // First come, first served: this is of an earlier attempt, that nobody waits for any more.
                    _ if given_up[client] > 0 => given_up[client] -= 1,
                    _ => {
                        failures[client] = 0;
                        let minute = (verdict.at.since(Time::default()).as_seconds() / 60) as usize;
                        served.get_mut(minute).into_iter().for_each(|count| *count += 1);
                        let wait = Span::micros(stream.range(7_000_000..9_000_000));
                        plant.submit(1, ask(verdict.number, 0, verdict.at.max(now) + wait));
                    }
                }
            }
        }
        served
    };
    let (at_once, spread) = (goodput(false), goodput(true));
    assert!(at_once[2] > 250 && spread[2] > 250, "before the stall all is well: {at_once:?} {spread:?}");
    assert!(at_once[25] < 50, "twenty minutes after it nothing is, {at_once:?}");
    assert!(spread[25] > 250, "or all is well again, {spread:?}");
}

#[test]
fn impossible_plants_are_refused_by_the_name_of_the_key() {
    let refused = |spec: &spec::Plant| match Plant::new(spec, 1, Span::millis(15), &when(DAY)) {
        Ok(_) => panic!("{spec:?} was taken"),
        Err(error) => error.to_string(),
    };
    let usual = spec::Plant::default();
    assert!(refused(&spec::Plant { instances: 0, ..usual.clone() }).contains("`plant.instances`"));
    assert!(refused(&spec::Plant { workers: 0, ..usual.clone() }).contains("`plant.workers`"));
    let scaling = troubled().scaling.unwrap();
    let reversed = spec::Scaling { least: 5, most: 3, ..scaling };
    assert!(refused(&spec::Plant { scaling: Some(reversed), ..usual.clone() }).contains("`plant.scaling.most`"));
    let reads =
        Service { reads: Some(Law::Constant { us: 1 }), health: Some(Law::Constant { us: 1 }), ..Service::default() };
    assert!(
        refused(&spec::Plant { service: Some(reads), ..usual.clone() })
            .contains("`plant.service.ops.update-appointment`")
    );
    let backwards = Law::Quantiles { points: vec![(500_000, 9), (100_000, 10)] };
    assert!(refused(&spec::Plant { service: service(backwards), ..usual }).contains("`plant.service.reads`"));
}
