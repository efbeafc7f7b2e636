//! Advice that is computed: the same question again with other instances, or with apps that retry otherwise.

use super::limits::rate_milli;
use super::{
    Advice, Enough, Grid, GridPoint, Impossible, Outcome, PointAdvice, PolicyEffect, Question, SimulateError, Watch,
    simulate,
};
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_kernel::time::Span;
use fieldday_paint::units::enough;
use fieldday_radio::network::{self, Radio};
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::Scenario;
use fieldday_scenario::persona;
use std::rc::Rc;

/// Advice never tries more instances than this.
const MOST_INSTANCES: u32 = 4_096;
/// So many numbers of instances are tried for the headroom that is wanted.
const HEADROOM_TRIES: u64 = 8;

impl Outcome {
    /// Workers' time in the busiest piece of the day: parts per million.
    pub fn peak_utilisation_ppm(&self) -> u32 {
        self.whole_bins().iter().map(|bin| bin.utilisation_ppm).max().unwrap_or(0)
    }
    /// Requests a second in the busiest piece of the day, in thousandths.
    pub fn peak_milli(&self) -> u64 {
        self.whole_bins().iter().map(rate_milli).max().unwrap_or(0)
    }
    /// The greatest 95th percentile of any endpoint in any piece of the day that has samples enough for one.
    pub fn worst_p95(&self) -> Option<Span> {
        self.endpoints.iter().filter_map(|endpoint| endpoint.worst_p95).max()
    }
    /// Refused or cut off, of a million that came, in the worst piece of the day.
    pub fn refused_ppm(&self) -> u32 {
        self.whole_bins().iter().map(|bin| bin.tally.refused_ppm()).max().unwrap_or(0)
    }
    /// The most requests that waited for a worker.
    pub fn queue_max(&self) -> u64 {
        self.bins.iter().map(|bin| bin.queue_max).max().unwrap_or(0)
    }
    /// The greatest 95th percentile of all endpoints together in any piece of the day that has samples enough for one.
    pub fn p95(&self) -> Option<Span> {
        let times = self.whole_bins().iter().filter_map(|bin| bin.of_all);
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
            advice: None,
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

/// Something that a caller of [`grid`] or [`advise`] may want to tell.
pub enum Told<'a> {
    /// A point of the table was found.
    Point(&'a GridPoint),
    /// Advice begins: at most so many more days are simulated, by number of reps.
    Advising(&'a [(u64, u64)]),
    /// A day was simulated for the advice.
    Tried(&'a Outcome),
}

/// A table of simulated days.
pub struct GridFound {
    /// The points that were simulated, with advice as far as that came.
    pub grid: Grid,
    /// Whether it was interrupted, so that points or advice are missing.
    pub interrupted: bool,
}

/// A question over reps and instances. If it is `advised`, each point at which a limit was exceeded gets advice; points share the days
/// that are simulated for it. `told` hears of each day. If it is interrupted, the table has what was found until then.
pub fn grid(
    question: &Question,
    reps: &[u64],
    instances: &[u32],
    advised: bool,
    watch: &Watch<'_>,
    mut told: impl FnMut(Told<'_>),
) -> Result<GridFound, SimulateError> {
    let mut days = Days { question, watch, simulated: Vec::new(), sets_reps: true };
    let mut points: Vec<GridPoint> = Vec::new();
    for reps in reps {
        for instances in instances {
            let of = Setting { reps: *reps, instances: *instances, retrying: question.retrying };
            let point = match days.of(of) {
                Err(SimulateError::Interrupted(_)) => {
                    return Ok(GridFound { grid: Grid { points, beyond_physics: Vec::new() }, interrupted: true });
                }
                day => day?.point(),
            };
            told(Told::Point(&point));
            points.push(point);
        }
    }
    let mut interrupted = false;
    let beyond_physics = if advised { beyond_physics(&question.scenario) } else { Vec::new() };
    if advised {
        let most: Vec<(u64, u64)> = points
            .chunk_by(|one, other| one.reps == other.reps)
            .map(|of| (of, of.iter().filter(|point| !point.holds).count() as u64))
            .filter(|(_, exceeded)| *exceeded > 0)
            .map(|(of, exceeded)| (of[0].reps, days.most(of[0].reps) + exceeded * WAYS))
            .collect();
        told(Told::Advising(&most));
        for point in points.iter_mut().filter(|point| !point.holds) {
            match days.advice(point.reps, point.instances, &mut |outcome| told(Told::Tried(outcome))) {
                Err(SimulateError::Interrupted(_)) => {
                    interrupted = true;
                    break;
                }
                advice => point.advice = Some(advice?),
            }
        }
    }
    Ok(GridFound { grid: Grid { points, beyond_physics }, interrupted })
}

/// Finds the fewest instances that are enough, and what other ways of retrying change, by simulating the question again.
pub fn advise(
    question: &Question,
    outcome: &Outcome,
    watch: &Watch<'_>,
    mut told: impl FnMut(Told<'_>),
) -> Result<Advice, SimulateError> {
    let of = Setting {
        reps: question.scenario.people.reps,
        instances: question.plant.instances,
        retrying: question.retrying,
    };
    let simulated = vec![(of, Rc::new(outcome.clone()))];
    let mut days = Days { question, watch, simulated, sets_reps: false };
    told(Told::Advising(&[(of.reps, days.most(of.reps) + WAYS)]));
    let PointAdvice { enough, policies } =
        days.advice(of.reps, of.instances, &mut |outcome| told(Told::Tried(outcome)))?;
    Ok(Advice { enough, policies, beyond_physics: beyond_physics(&question.scenario) })
}

/// No more other ways of retrying are tried than this.
const WAYS: u64 = 3;

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

/// What may differ between the days of one question.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Setting {
    reps: u64,
    instances: u32,
    retrying: Retrying,
}

/// The days of a question that were simulated so far: none is simulated twice.
struct Days<'a> {
    question: &'a Question,
    watch: &'a Watch<'a>,
    simulated: Vec<(Setting, Rc<Outcome>)>,
    /// Whether numbers of reps are set in the scenario; if not, it is lived as it is.
    sets_reps: bool,
}

impl Days<'_> {
    /// The day with this setting.
    fn of(&mut self, of: Setting) -> Result<Rc<Outcome>, SimulateError> {
        self.told(of, &mut |_| ())
    }
    /// The same; `told` hears of it if it is simulated now.
    fn told(&mut self, of: Setting, told: &mut dyn FnMut(&Outcome)) -> Result<Rc<Outcome>, SimulateError> {
        if let Some((_, known)) = self.simulated.iter().find(|(setting, _)| *setting == of) {
            return Ok(known.clone());
        }
        let question = if self.sets_reps { self.question.with_reps(of.reps) } else { self.question.clone() };
        // The bounds of autoscaling are those of the question where its own number of instances is asked about.
        let question = if self.sets_reps || of.instances != question.plant.instances {
            question.with_instances(of.instances)
        } else {
            question
        };
        let outcome = Rc::new(simulate(&Question { retrying: of.retrying, ..question }, self.watch)?);
        told(&outcome);
        self.simulated.push((of, outcome.clone()));
        Ok(outcome)
    }
    /// The days of so many reps whose apps retry as they were asked to, by number of instances.
    fn known(&self, reps: u64) -> impl DoubleEndedIterator<Item = (u32, &Rc<Outcome>)> {
        let of = self.simulated.iter().filter(move |(of, _)| of.reps == reps && of.retrying == self.question.retrying);
        of.map(|(of, outcome)| (of.instances, outcome))
    }
    /// The greatest number of instances that is known to be too few, or 0, and the least above it that is known to be enough.
    fn bounds(&self, reps: u64) -> (u32, Option<u32>) {
        let too_few = self.known(reps).filter(|(_, of)| !of.holds).map(|(n, _)| n).max().unwrap_or(0);
        (too_few, self.known(reps).filter(|(n, of)| of.holds && *n > too_few).map(|(n, _)| n).min())
    }
    /// How many days are simulated at most to find the fewest instances for so many reps, with and without headroom.
    fn most(&self, reps: u64) -> u64 {
        let (too_few, enough) = self.bounds(reps);
        let doublings = u64::from((MOST_INSTANCES / too_few.max(1)).max(1).ilog2());
        // The gap that is left is as wide as the last doubling.
        let gap = enough.map_or(MOST_INSTANCES / 2, |enough| enough - too_few);
        let halvings = u64::from(u32::BITS - gap.saturating_sub(1).leading_zeros());
        halvings + HEADROOM_TRIES + if enough.is_some() { 0 } else { doublings }
    }
    /// What would help where so many instances serve so many reps.
    fn advice(
        &mut self,
        reps: u64,
        instances: u32,
        told: &mut dyn FnMut(&Outcome),
    ) -> Result<PointAdvice, SimulateError> {
        let now = self.question.retrying;
        let with = |instances| Setting { reps, instances, retrying: now };
        let (needed, exceeded_always) = self.fewest(reps, told)?;
        let with_headroom = match needed {
            Some(needed) => self.with_headroom(with(needed), told)?,
            None => None,
        };
        let mut policies = vec![effect(&*self.of(with(instances))?)];
        for retrying in other_ways(now) {
            policies.push(effect(&*self.told(Setting { retrying, ..with(instances) }, told)?));
        }
        let tried_up_to = self.known(reps).map(|(n, _)| n).max().unwrap_or(instances);
        Ok(PointAdvice { enough: Enough { instances: needed, with_headroom, tried_up_to, exceeded_always }, policies })
    }
    /// The fewest instances with which everything held; none if no number helps, and the limits that are exceeded whatever the number.
    fn fewest(
        &mut self,
        reps: u64,
        told: &mut dyn FnMut(&Outcome),
    ) -> Result<(Option<u32>, Vec<String>), SimulateError> {
        loop {
            let next = match self.bounds(reps) {
                (too_few, Some(enough)) if enough <= too_few + 1 => return Ok((Some(enough), Vec::new())),
                (too_few, Some(enough)) => too_few + (enough - too_few) / 2,
                (too_few, None) => {
                    let next = too_few.max(1) * 2;
                    let last = self.known(reps).rfind(|(n, _)| *n == too_few).map(|(_, of)| of);
                    if let Some(last) = last.filter(|last| next > MOST_INSTANCES || last.has_room()) {
                        return Ok((None, last.exceeded().map(|limit| limit.result.text.clone()).collect()));
                    }
                    next
                }
            };
            self.told(Setting { reps, instances: next, retrying: self.question.retrying }, told)?;
        }
    }
    /// So many that the busiest piece of the day leaves free what the scenario wants free, and everything holds.
    fn with_headroom(&mut self, needed: Setting, told: &mut dyn FnMut(&Outcome)) -> Result<Option<u32>, SimulateError> {
        let most_ppm = u64::from(100 - self.question.plant.hold.headroom_percent.min(90)) * 10_000;
        let mut outcome = self.of(needed)?;
        for _ in 0..HEADROOM_TRIES {
            let (instances, busy) = (outcome.plant.instances, u64::from(outcome.peak_utilisation_ppm()));
            if busy <= most_ppm && outcome.holds {
                return Ok(Some(instances));
            }
            let wanted = (u64::from(instances) * busy).div_ceil(most_ppm);
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).max(instances + 1);
            if wanted > MOST_INSTANCES {
                break;
            }
            outcome = self.told(Setting { instances: wanted, ..needed }, told)?;
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
