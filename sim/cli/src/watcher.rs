//! Watches a run on the wall clock while it goes on: a picture on a terminal, elsewhere a line now and then.

use crate::picture::Picture;
use crate::{machine, output};
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::rules::Rule;
use fieldday_documents::view::{Gauge, Nearness, Queues, Slow, View};
use fieldday_live::run::lasts;
use fieldday_live::watch::{Doing, StatsSnapshot};
use fieldday_live::worker::RunProgress;
use fieldday_paint::units::{count, micros};
use fieldday_scenario::Scenario;
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time between two drawings of the picture.
const PICTURES_EVERY: Duration = Duration::from_secs(1);
/// The time between two lines, where no picture is drawn.
const LINES_EVERY: Duration = Duration::from_secs(5);
/// The number of slowest endpoints that are shown.
const SLOWEST: usize = 3;

/// A live run that is watched, with what the picture says of it.
pub struct Watching {
    /// The heading: scenario, seed and target.
    pub title: String,
    /// The scenario with the options of the command line.
    pub scenario: Arc<Scenario>,
}

pub struct Watcher {
    seen: Watching,
    picture: Option<Picture>,
    began: Instant,
    cpu_s: Option<f64>,
    /// When it was last looked, and at how many requests.
    last: (Instant, u64),
}

impl Watcher {
    pub fn new(seen: Watching) -> Watcher {
        let began = Instant::now();
        Watcher { seen, picture: Picture::begin(), began, cpu_s: machine::cpu_s(), last: (began, 0) }
    }
    /// Shows the state of the run, as a picture or a line, unless it did a moment ago.
    pub fn look(&mut self, pulse: &RunProgress, stopping: bool) {
        let every = if self.picture.is_some() { PICTURES_EVERY } else { LINES_EVERY };
        if self.last.0.elapsed() < every {
            return;
        }
        let view = self.view(pulse, stopping);
        self.last = (Instant::now(), view.requests);
        match &self.picture {
            Some(picture) => picture.draw(&view),
            None => output::note(&view.line()),
        }
    }
    /// The run is over: the picture makes room for the report.
    pub fn finish(self) {
        drop(self.picture);
    }

    fn view(&self, pulse: &RunProgress, stopping: bool) -> View {
        let glance = pulse.glances.lock().map(|all| StatsSnapshot::of_all(all.values())).unwrap_or_default();
        let (elapsed, whole_s) = (self.began.elapsed(), lasts(&self.seen.scenario).as_seconds().max(1).unsigned_abs());
        let requests = pulse.requests.load(Ordering::Relaxed);
        let (then, before) = self.last;
        let states = Doing::ALL.iter().map(|doing| (doing.as_str(), glance.reps[*doing as usize]));
        View {
            title: self.seen.title.clone(),
            elapsed_s: elapsed.as_secs(),
            done_permille: Some(elapsed.as_secs() * 1_000 / whole_s),
            left_s: whole_s.checked_sub(elapsed.as_secs()),
            states: states.chain((glance.read_back > 0).then_some(("read back", glance.read_back))).collect(),
            requests,
            requests_per_s: Some(requests.saturating_sub(before) as f64 / then.elapsed().as_secs_f64().max(0.001)),
            errors: Some(pulse.errors.load(Ordering::Relaxed)),
            queues: Some(Queues { waiting: glance.queued, longest: glance.longest_queue }),
            slowest: slowest(&glance),
            broken: broken(&glance),
            generator: self.generator(&glance, elapsed),
            budget: self.budget(pulse),
            stopping,
        }
    }
    fn generator(&self, glance: &StatsSnapshot, elapsed: Duration) -> Vec<Gauge> {
        let limits = &self.seen.scenario.live.generator;
        let span = |of, us: u64, limit_ms: u32| {
            let limit_us = u64::from(limit_ms) * 1_000;
            Gauge { of, value: micros(us), limit: micros(limit_us), is_beyond: us > limit_us }
        };
        let mut gauges = vec![
            span("sent late p99", glance.late_p99_us, limits.late_p99_ms),
            span("stalled p99", glance.lag_p99_us, limits.lag_p99_ms),
        ];
        let used_s = machine::cpu_s().zip(self.cpu_s).map(|(now, then)| now - then);
        gauges.extend(used_s.map(|used_s| {
            let percent = used_s * 100.0 / (elapsed.as_secs_f64().max(0.001) * machine::cores() as f64);
            Gauge {
                of: "processors",
                value: format!("{percent:.0} %"),
                limit: format!("{} %", limits.cpu_percent),
                is_beyond: percent > f64::from(limits.cpu_percent),
            }
        }));
        gauges
    }
    fn budget(&self, pulse: &RunProgress) -> Vec<Gauge> {
        let live = &self.seen.scenario.live;
        let spent = |of, used: &AtomicU64, most: Option<u64>| {
            let used = used.load(Ordering::Relaxed);
            most.map(|most| Gauge { of, value: count(used), limit: count(most), is_beyond: used >= most })
        };
        let requests = spent("requests", &pulse.requests, live.max_requests);
        requests.into_iter().chain(spent("errors", &pulse.errors, live.max_errors)).collect()
    }
}

/// The endpoints whose p99 is nearest to their limit.
fn slowest(glance: &StatsSnapshot) -> Vec<Slow> {
    let limited = Op::ALL
        .iter()
        .zip(&glance.took)
        .filter(|(op, took)| op.endpoint().class != TimeoutClass::Transfer && !took.is_empty());
    let mut all: Vec<(u64, Slow)> = limited
        .map(|(op, took)| {
            let limit_us = op.endpoint().class.limit().as_micros().max(1).unsigned_abs();
            let p99_us = took.value_at_quantile(0.99);
            let measured = Nearness::P99 { p99_us, limit_us };
            (p99_us * 1_000 / limit_us, Slow { of: op.label().to_owned(), measured, count: took.len() })
        })
        .collect();
    all.sort_by_key(|(nearness, _)| Reverse(*nearness));
    all.into_iter().map(|(_, slow)| slow).take(SLOWEST).collect()
}

/// The rules that are broken, the most often broken first.
fn broken(glance: &StatsSnapshot) -> Vec<(&'static str, u64)> {
    let counted = Rule::ALL.iter().zip(&glance.broken).filter(|(_, cases)| **cases > 0);
    let mut broken: Vec<_> = counted.map(|(rule, cases)| (rule.name(), *cases)).collect();
    broken.sort_by_key(|(_, cases)| Reverse(*cases));
    broken
}
