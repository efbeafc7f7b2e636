//! Moments of a simulated day, in local time.

use crate::simulate::{Bin, Outcome};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_paint::chart::Tick;
use fieldday_paint::units::micros;

/// Words beside an axis of time at most.
const TICKS: i64 = 10;
/// Minutes from one word to the next, as clocks are read.
const STEPS: [i64; 9] = [1, 5, 10, 15, 30, 60, 120, 180, 360];

/// A span with its unit.
pub(super) fn time(span: Span) -> String {
    micros(span.as_micros().max(0).unsigned_abs())
}

/// A moment on the zone's clock, as short as it can be: `07:45`, `07:45Z` in UTC, and `+1 d 02:30` on the day after the first.
pub(super) fn moment(from: Time, at: Time, zone: &Zone) -> String {
    let (time, later) = (zone.time_of_day(at).to_string(), zone.date(at).days() - zone.date(from).days());
    let day = if later == 0 { String::new() } else { format!("+{later} d ") };
    let utc = if is_utc(&zone.name) { "Z" } else { "" };
    format!("{day}{}{utc}", time.strip_suffix(":00").unwrap_or(&time))
}

fn is_utc(zone: &str) -> bool {
    zone == Zone::utc().name
}

/// The zone of the report's times in words: `local time, America/New_York`, or `UTC`.
pub(super) fn told_by(zone: &str) -> String {
    if is_utc(zone) { "UTC".to_owned() } else { format!("local time, {zone}") }
}

/// The zone of the report's times as the title of an axis.
pub(super) fn axis_title(zone: &str) -> String {
    if is_utc(zone) { "UTC".to_owned() } else { format!("Local time, {zone}") }
}

/// The date and the local times between which the outcome was measured.
pub(super) fn measured(outcome: &Outcome) -> String {
    let zone = outcome.zone();
    let until = moment(outcome.from, outcome.until, &zone);
    format!("{}, from {} to {until}", zone.date(outcome.from), moment(outcome.from, outcome.from, &zone))
}

/// Words beside an axis of pieces of the day: round times, where a piece begins at one.
pub(super) fn ticks(bins: &[Bin], from: Time, zone: &Zone) -> Vec<Tick> {
    let all: i64 = bins.iter().map(|bin| bin.span.as_micros()).sum::<i64>() / 60_000_000;
    let step = STEPS.into_iter().find(|step| all / step <= TICKS).unwrap_or(720);
    let is_round = |bin: &Bin| i64::from(zone.time_of_day(bin.at).seconds()) % (step * 60) == 0;
    let place = |number: usize| number as f64 / bins.len().max(1) as f64;
    let round = bins.iter().enumerate().filter(|(_, bin)| is_round(bin));
    round.map(|(number, bin)| Tick { at: place(number), words: moment(from, bin.at, zone) }).collect()
}

/// The rate per second of `count` events over a span.
pub(super) fn per_s(count: u64, span: Span) -> f64 {
    count as f64 * 1e6 / span.as_micros().max(1) as f64
}
