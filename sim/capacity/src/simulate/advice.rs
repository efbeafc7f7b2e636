//! Advice that is computed: the same question again with other instances, or with apps that retry otherwise.

use super::limits::rate_milli;
use super::{Advice, Grid, GridPoint, Impossible, Outcome, PolicyEffect, Question, SimulateError, Watch, simulate};
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_kernel::time::Span;
use fieldday_paint::units::enough;
use fieldday_radio::network::{self, Radio};
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::Scenario;
use fieldday_scenario::persona;

/// Advice never tries more instances than this.
const MOST_INSTANCES: u32 = 4_096;

impl Outcome {
    /// Workers' time in the busiest piece of the day: parts per million.
    pub fn peak_utilisation_ppm(&self) -> u32 {
        self.bins.iter().map(|bin| bin.utilisation_ppm).max().unwrap_or(0)
    }
    /// Requests a second in the busiest piece of the day, in thousandths.
    pub fn peak_milli(&self) -> u64 {
        self.bins.iter().map(rate_milli).max().unwrap_or(0)
    }
    /// The greatest 95th percentile of any endpoint in any piece of the day that has samples enough for one.
    pub fn worst_p95(&self) -> Option<Span> {
        self.endpoints.iter().filter_map(|endpoint| endpoint.worst_p95).max()
    }
    /// Refused or cut off, of a million that came, in the worst piece of the day.
    pub fn refused_ppm(&self) -> u32 {
        self.bins.iter().map(|bin| bin.tally.refused_ppm()).max().unwrap_or(0)
    }
    /// The most requests that waited for a worker.
    pub fn queue_max(&self) -> u64 {
        self.bins.iter().map(|bin| bin.queue_max).max().unwrap_or(0)
    }
    /// The greatest 95th percentile of all endpoints together in any piece of the day that has samples enough for one.
    pub fn p95(&self) -> Option<Span> {
        let times = self.bins.iter().filter_map(|bin| bin.of_all);
        times.filter(|times| enough(times.count, 950)).map(|times| times.p95).max()
    }
    /// Whether more instances would change nothing: no request waited for a worker, and none met an instance that was not there.
    fn has_room(&self) -> bool {
        self.queue_max() == 0 && self.totals.turned_away == 0 && self.totals.broken == 0
    }
    fn point(&self) -> GridPoint {
        GridPoint {
            reps: self.reps,
            instances: self.plant.instances,
            holds: self.holds,
            exceeded: self.exceeded().map(|limit| limit.result.text.clone()).collect(),
            undecided: self.undecided().map(|limit| limit.result.text.clone()).collect(),
            utilisation_ppm: self.peak_utilisation_ppm(),
            queue_max: self.queue_max(),
            peak_milli: self.peak_milli(),
            refused_ppm: self.refused_ppm(),
            worst_p95: self.worst_p95(),
            p95: self.p95(),
            first_broken: self.first_broken.clone(),
        }
    }
}

impl Question {
    /// The same question with so many instances; the bounds of autoscaling are widened to hold them.
    pub fn with_instances(&self, instances: u32) -> Question {
        let mut question = self.clone();
        question.plant.instances = instances;
        if let Some(scaling) = &mut question.plant.scaling {
            scaling.least = scaling.least.min(instances);
            scaling.most = scaling.most.max(instances);
        }
        question
    }
    /// The same question with so many reps.
    pub fn with_reps(&self, reps: u64) -> Question {
        let mut question = self.clone();
        question.scenario.with_reps(reps);
        question
    }
}

/// A question over reps and instances. `told` hears each point as it is found.
pub fn grid(
    question: &Question,
    reps: &[u64],
    instances: &[u32],
    watch: &Watch<'_>,
    mut told: impl FnMut(&GridPoint),
) -> Result<Grid, SimulateError> {
    let mut points = Vec::new();
    for reps in reps {
        for instances in instances {
            let point = simulate(&question.with_reps(*reps).with_instances(*instances), watch)?.point();
            told(&point);
            points.push(point);
        }
    }
    Ok(Grid { points })
}

/// Finds the fewest instances that are enough, and what other ways of retrying change, by simulating the question again.
pub fn advise(question: &Question, outcome: &Outcome, watch: &Watch<'_>) -> Result<Advice, SimulateError> {
    let mut search = Search { question, watch, most: outcome.plant.instances, exceeded: Vec::new() };
    let needed = search.fewest(outcome)?;
    let with_headroom = match &needed {
        Some(needed) => search.with_headroom(needed)?,
        None => None,
    };
    let mut policies = Vec::new();
    for retrying in other_ways(question.retrying) {
        let other = simulate(&Question { retrying, ..question.clone() }, watch)?;
        policies.push(effect(&other));
    }
    policies.insert(0, effect(outcome));
    Ok(Advice {
        instances: needed.map(|needed| needed.plant.instances),
        with_headroom,
        tried_up_to: search.most,
        exceeded_always: search.exceeded,
        policies,
        beyond_physics: beyond_physics(&question.scenario),
    })
}

/// The other ways of retrying: with jitter, with one retry, and both; those that differ from `now`.
fn other_ways(now: Retrying) -> Vec<Retrying> {
    let ways = [(now.retries, true), (1, now.jitter), (1, true)];
    let mut others: Vec<Retrying> = Vec::new();
    for (retries, jitter) in ways {
        let way = Retrying { retries, jitter };
        if way != now && !others.contains(&way) {
            others.push(way);
        }
    }
    others
}

fn effect(outcome: &Outcome) -> PolicyEffect {
    PolicyEffect {
        retrying: outcome.retrying,
        totals: outcome.totals,
        peak_milli: outcome.peak_milli(),
        broken_bins: outcome.broken.iter().map(|broken| broken.bins).max().unwrap_or(0),
        holds: outcome.holds,
    }
}

struct Search<'a> {
    question: &'a Question,
    watch: &'a Watch<'a>,
    most: u32,
    /// The limits that no number of instances helps.
    exceeded: Vec<String>,
}

impl Search<'_> {
    fn with(&mut self, instances: u32) -> Result<Outcome, SimulateError> {
        self.most = self.most.max(instances);
        simulate(&self.question.with_instances(instances), self.watch)
    }
    /// The fewest instances with which everything held, with the outcome of that; none if the most did not.
    fn fewest(&mut self, asked: &Outcome) -> Result<Option<Outcome>, SimulateError> {
        let asked_for = self.question.plant.instances;
        let (mut too_few, mut enough) = if asked.holds { (0, Some(asked.clone())) } else { (asked_for, None) };
        let mut last = asked.clone();
        while enough.is_none() {
            let next = too_few.max(1) * 2;
            if next > MOST_INSTANCES || last.has_room() {
                self.exceeded = last.exceeded().map(|limit| limit.result.text.clone()).collect();
                return Ok(None);
            }
            last = self.with(next)?;
            if last.holds { enough = Some(last.clone()) } else { too_few = next }
        }
        while let Some(least) = enough.as_ref().map(|outcome| outcome.plant.instances).filter(|n| *n > too_few + 1) {
            let between = too_few + (least - too_few) / 2;
            let outcome = self.with(between)?;
            if outcome.holds { enough = Some(outcome) } else { too_few = between }
        }
        Ok(enough)
    }
    /// So many that the busiest piece of the day leaves free what the scenario wants free, and everything holds.
    fn with_headroom(&mut self, needed: &Outcome) -> Result<Option<u32>, SimulateError> {
        let most_ppm = u64::from(100 - self.question.plant.hold.headroom_percent.min(90)) * 10_000;
        let mut outcome = needed.clone();
        for _ in 0..8 {
            let (instances, busy) = (outcome.plant.instances, u64::from(outcome.peak_utilisation_ppm()));
            if busy <= most_ppm && outcome.holds {
                return Ok(Some(instances));
            }
            let wanted = (u64::from(instances) * busy).div_ceil(most_ppm);
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).max(instances + 1);
            if wanted > MOST_INSTANCES {
                break;
            }
            outcome = self.with(wanted)?;
        }
        Ok(None)
    }
}

/// Time limits that no plant can keep: the bytes alone take longer over the uplink.
pub fn beyond_physics(scenario: &Scenario) -> Vec<Impossible> {
    let Some(profile) = network::named(&scenario.network.profile) else { return Vec::new() };
    // By §0.4 taken literally the audio is a recording operation as well: 30 s.
    let limit = TimeoutClass::Recording.limit();
    let personas = scenario.people.mix.iter().filter(|(_, weight)| **weight > 0);
    let lengths = personas.filter_map(|(name, _)| persona::named(name)).map(|persona| persona.visit_minutes);
    let (shortest, longest) = lengths.fold((u32::MAX, 0), |(least, most), of| (least.min(of.0), most.max(of.1)));
    let radios = [(Radio::FiveG, "5G"), (Radio::Lte, "LTE"), (Radio::ThreeG, "3G")];
    let mut found = Vec::new();
    for (radio, word) in radios {
        let uplink_kbit_s = profile.bearer(radio, false).uplink_kbit_s.max(1).unsigned_abs();
        for kbit_s in &scenario.visits.audio_kbit_s {
            for minutes in [shortest, longest].into_iter().filter(|minutes| (1..u32::MAX).contains(minutes)) {
                let bytes = u64::from(minutes) * 60 * u64::from(*kbit_s) * 125;
                let takes = Span::micros((bytes * 8_000 / uplink_kbit_s) as i64);
                if takes > limit {
                    found.push(Impossible {
                        op: Op::PutAudio,
                        limit,
                        bytes,
                        what: format!("{minutes} min of audio at {kbit_s} kbit/s"),
                        radio: format!("{word}, standing, of the profile {:?}", profile.name),
                        uplink_kbit_s,
                        takes,
                    });
                }
            }
        }
    }
    found
}
