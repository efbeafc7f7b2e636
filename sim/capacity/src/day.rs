//! What a rep asks of a backend over the day: requests a second, by endpoint and quarter of an hour, from the scenario's own
//! day on the virtual clock.

use fieldday_api::endpoint::Op;
use fieldday_history::event::ClientKind;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::{Span, Time, TimeOfDay, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The length of a [`Bin`], in seconds.
pub const BIN_S: u32 = 900;

/// What reps ask of a backend over a day, simulated from the scenario.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// The number of reps' days over which the demand is averaged.
    pub reps: u64,
    /// Quarters of an hour, from the first with a request to the last.
    pub bins: Vec<Bin>,
}

/// A quarter of an hour of the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// When it begins, by the rep's clock: `07:45`.
    pub from: String,
    /// Requests a second that one rep makes on average, all endpoints together.
    pub requests_per_s: f64,
    /// Requests a second that one rep makes on average, by endpoint.
    pub endpoints: Vec<Asked>,
}

/// How often one rep asks an endpoint.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The endpoint's name, as scenario files write it.
    #[schemars(with = "String")]
    pub op: Op,
    /// Requests a second: of one rep in a day's demand, of all clients in the offered load of a level.
    pub requests_per_s: f64,
}

/// Counts a day's requests: those of reps and, if they work, of the office. Nobody plans for who looks whether all is right.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    office: bool,
    reps: u64,
    counts: BTreeMap<u32, BTreeMap<Op, u64>>,
}

impl Counter {
    /// A counter of nothing yet; `office` says whether the requests of the office's clients count as well.
    pub fn new(office: bool) -> Counter {
        Counter { office, ..Counter::default() }
    }
    /// Counts the events of a cell whose clock starts at `start`, by the time of day of its zone.
    pub fn add(&mut self, events: &[Event], start: Time, zone: &Zone, reps: u64) {
        self.reps += reps;
        let mut counted: BTreeMap<u32, bool> = BTreeMap::new();
        for event in events {
            if let EventKind::Client(client) = &event.what {
                let counts = client.kind == ClientKind::Phone || (self.office && client.kind == ClientKind::Desk);
                counted.insert(event.client, counts);
            }
            let EventKind::Sent(sent) = &event.what else { continue };
            if !counted.get(&event.client).copied().unwrap_or_default() {
                continue;
            }
            let of_day = zone.time_of_day(start + event.at).seconds() / BIN_S;
            *self.counts.entry(of_day).or_default().entry(sent.request.op()).or_default() += 1;
        }
    }
    /// The day of one rep. Audio is left out: it goes to a store, not to the API.
    pub fn day(&self) -> Day {
        let per_s = |count: u64| count as f64 / self.reps.max(1) as f64 / f64::from(BIN_S);
        let (first, last) = (self.counts.keys().next().copied(), self.counts.keys().next_back().copied());
        let (Some(first), Some(last)) = (first, last) else { return Day::default() };
        let none = BTreeMap::new();
        let bin = |number: u32| {
            let asked = self.counts.get(&number).unwrap_or(&none).iter().filter(|(op, _)| **op != Op::PutAudio);
            let endpoints: Vec<Asked> = asked.map(|(op, n)| Asked { op: *op, requests_per_s: per_s(*n) }).collect();
            let minutes = number * BIN_S / 60;
            Bin {
                from: format!("{:02}:{:02}", minutes / 60, minutes % 60),
                requests_per_s: endpoints.iter().map(|asked| asked.requests_per_s).sum(),
                endpoints,
            }
        };
        Day { reps: self.reps, bins: (first..=last).map(bin).collect() }
    }
}

impl Day {
    /// The quarter of an hour with the most requests a second; none if nothing was asked.
    pub fn peak(&self) -> Option<&Bin> {
        self.bins.iter().max_by(|a, b| a.requests_per_s.total_cmp(&b.requests_per_s))
    }
    /// The part of the day, of that length and within the window, in which reps ask the most.
    pub fn busiest(&self, lasts: Span, (opens, closes): (TimeOfDay, TimeOfDay)) -> (TimeOfDay, TimeOfDay) {
        let minute = 60;
        let lasts = u32::try_from(lasts.as_seconds()).unwrap_or(u32::MAX).max(minute);
        let last_start = closes.seconds().saturating_sub(lasts).max(opens.seconds());
        let asked = |from: u32| -> f64 {
            let of = |bin: &Bin| {
                let begins = TimeOfDay::parse(&bin.from).map_or(0, TimeOfDay::seconds);
                let overlap = (begins + BIN_S).min(from + lasts).saturating_sub(begins.max(from));
                bin.requests_per_s * f64::from(overlap)
            };
            self.bins.iter().map(of).sum()
        };
        let starts = (opens.seconds()..=last_start).step_by(minute as usize);
        let best = starts.max_by(|a, b| asked(*a).total_cmp(&asked(*b)).then(b.cmp(a))).unwrap_or(opens.seconds());
        let until = (best + lasts).min(closes.seconds());
        (at(best), at(until))
    }
}

/// The time of day of a second, cut to the minute.
fn at(second: u32) -> TimeOfDay {
    TimeOfDay::hm(0, second / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of: &[(u32, f64)]) -> Day {
        let bin = |(hour_quarters, rate): &(u32, f64)| Bin {
            from: format!("{:02}:{:02}", hour_quarters / 4, hour_quarters % 4 * 15),
            requests_per_s: *rate,
            endpoints: Vec::new(),
        };
        Day { reps: 1, bins: of.iter().map(bin).collect() }
    }

    #[test]
    fn the_busiest_part_of_a_day_is_found_within_the_window() {
        let day = day(&[(28, 1.0), (29, 4.0), (30, 5.0), (31, 2.0), (40, 9.0)]);
        assert_eq!(day.peak().map(|bin| bin.from.as_str()), Some("10:00"));
        let window = (TimeOfDay::hm(7, 0), TimeOfDay::hm(9, 0));
        let (from, until) = day.busiest(Span::minutes(30), window);
        assert_eq!((from, until), (TimeOfDay::hm(7, 15), TimeOfDay::hm(7, 45)));
        let all = (TimeOfDay::hm(0, 0), TimeOfDay::hm(23, 0));
        assert_eq!(day.busiest(Span::minutes(15), all).0, TimeOfDay::hm(10, 0));
        // A window that is shorter than what is asked for is taken whole.
        assert_eq!(day.busiest(Span::hours(5), window), window);
    }

    #[test]
    fn nothing_lived_is_no_demand() {
        assert_eq!(Counter::default().day(), Day::default());
        assert_eq!(Day::default().peak(), None);
    }
}
