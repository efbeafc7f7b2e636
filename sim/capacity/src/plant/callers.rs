//! A plant that is called by people who know nothing of each other and do not come back: what closed forms are about, and
//! so what a plant can be checked with.

use super::{Ledger, Plant, PlantError, When};
use fieldday_api::endpoint::Op;
use fieldday_engine::transport::plant::{PlantOutcome, PlantReply, PlantRequest};
use fieldday_kernel::random::{Purpose, Stream, join_keys};
use fieldday_kernel::time::{Date, Span, Time, Zone};
use fieldday_scenario::plant as spec;

const ARRIVALS: Purpose = Purpose::new("test.arrivals");
/// The deadline of these callers: so long after a request they give up.
const PATIENCE: Span = Span::hours(4);

/// One instance of so many workers, before which any number may wait for any time.
pub fn one_queue(workers: u32, service: Option<spec::Service>) -> spec::Plant {
    let cold_start = spec::ColdStart { starts_in_s: 60, cold_for_s: 0, cold_percent: 100 };
    spec::Plant {
        instances: 1,
        workers,
        queue: 10_000_000,
        give_up_ms: 0,
        service,
        cold_start,
        ..spec::Plant::default()
    }
}

/// A request that arrives at `at`, keyed by its number, with an app that waits for hours.
pub fn request(op: Op, number: u32, at: Time) -> PlantRequest {
    PlantRequest { at, number, op, attempt: 0, key: join_keys(17, u64::from(number)), deadline: at + PATIENCE }
}

/// Requests at random, from the beginning of time on: exponential times from one to the next.
pub fn at_random(op: Op, per_second: f64, length: Span) -> Vec<PlantRequest> {
    let mut stream = Stream::new(5, ARRIVALS, 0, 0, 0);
    let (mut at, mut arrivals) = (Time::default(), Vec::new());
    while at < Time::default() + length {
        arrivals.push(request(op, arrivals.len() as u32, at));
        at = at + Span::micros(stream.exponential(1e6 / per_second) as i64);
    }
    arrivals
}

/// Puts requests to a plant until the last has ended. What is measured lasts for `length`; the verdicts are those that end a
/// request, in their order.
pub fn serve(
    spec: &spec::Plant,
    arrivals: &[PlantRequest],
    length: Span,
) -> Result<(Ledger, Vec<PlantReply>), PlantError> {
    let mut plant = Plant::new(spec, 1, Span::millis(15), &when(length))?;
    arrivals.iter().for_each(|arrival| plant.submit(0, *arrival));
    let (mut verdicts, mut until) = (Vec::new(), Time::default() + length);
    while plant.alive() > 0 {
        plant.advance(until, &mut |_, verdict| verdicts.push(verdict));
        until = until + Span::hours(1);
    }
    verdicts.retain(|verdict| verdict.what != PlantOutcome::TooLate);
    Ok((plant.close(until), verdicts))
}

/// How long each request took, in microseconds, in the order of the arrivals.
pub fn took_us(arrivals: &[PlantRequest], verdicts: &[PlantReply]) -> Vec<f64> {
    let mut took = vec![0.0; arrivals.len()];
    for verdict in verdicts {
        let number = verdict.number as usize;
        took[number] = verdict.at.since(arrivals[number].at).as_micros() as f64;
    }
    took
}

/// A day in UTC that begins at the beginning of time and is measured for so long.
pub fn when(length: Span) -> When {
    let start = Time::default();
    When { start, date: Date::from_days(0), zone: Zone::utc(), from: start, until: start + length }
}
