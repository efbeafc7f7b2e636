//! Progress of simulated days: how far each is, what was found, and how much time is left.

use crate::output;
use fieldday_capacity::simulate::{Outcome, Pilot, Told};
use fieldday_kernel::time::{Time, Zone};
use fieldday_paint::units::{counted, lasts};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(5);
/// No time left is told before this share of a day's requests has come: a day begins slowly.
const TELLS_FROM: f64 = 0.02;

/// How far the day is that is being simulated.
pub struct DayProgress {
    zone: Zone,
    pilot: Pilot,
    /// When the measured part ends; the end of the day if none.
    until: Option<Time>,
    state: Mutex<DayState>,
}

struct DayState {
    /// When the day began by the wall clock, and how far it was last.
    began: Instant,
    at: Option<Time>,
    told: Instant,
}

impl DayProgress {
    pub fn new(zone: Zone, pilot: Pilot, until: Option<Time>) -> DayProgress {
        let now = Instant::now();
        DayProgress { zone, pilot, until, state: Mutex::new(DayState { began: now, at: None, told: now }) }
    }
    /// The simulated time is `at`. An earlier time than before is that of another day.
    pub fn hears(&self, at: Time) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.at.is_some_and(|before| at < before) {
            state.began = now;
        }
        state.at = Some(at);
        if now.duration_since(state.told) >= A_WHILE {
            state.told = now;
            output::note(&self.line(at, now.duration_since(state.began)));
        }
    }
    fn line(&self, at: Time, took: Duration) -> String {
        let share = self.pilot.share(at, self.until);
        let left = share.filter(|share| *share >= TELLS_FROM).map(|share| {
            let left = lasts(took.as_secs_f64() * (1.0 - share) / share);
            format!(", {:.0} % of the day's requests, about {left} left of this day", share * 100.0)
        });
        let (time, zone) = (self.zone.time_of_day(at), &self.zone.name);
        format!("the simulated time is {time} ({zone}){}", left.unwrap_or_default())
    }
}

/// What the simulated days so far took, and how many more there may be.
pub struct Spent {
    began: Instant,
    /// The reps of the days so far, added up.
    reps: u64,
    /// The reps of all days of the table, added up.
    table_reps: u64,
    advising: Option<Advising>,
}

/// The days of which advice is made.
struct Advising {
    began: Instant,
    days: u64,
    most: u64,
}

impl Default for Spent {
    fn default() -> Spent {
        Spent { began: Instant::now(), reps: 0, table_reps: 0, advising: None }
    }
}

impl Spent {
    /// Before the days of a table, whose reps are so many when those of all days are added up.
    pub fn of_table(reps: u64) -> Spent {
        Spent { table_reps: reps, ..Spent::default() }
    }
    /// A day of so many reps was simulated.
    pub fn day(&mut self, reps: u64) {
        self.reps += reps;
    }
    /// How long days of so many reps take, by those so far: a day takes as long as it has reps.
    fn takes(&self, reps: u64) -> Duration {
        self.began.elapsed().mul_f64(reps as f64 / self.reps.max(1) as f64)
    }
    /// Tells what was found, and how long the rest takes.
    pub fn hears(&mut self, told: &Told<'_>) {
        match told {
            Told::Point(point) => {
                self.day(point.reps);
                let found = found(point.holds, point.undecided.is_empty());
                let left = match self.table_reps.saturating_sub(self.reps) {
                    0 => String::new(),
                    left => format!("; about {} left for the table", lasts(self.takes(left).as_secs_f64())),
                };
                output::note(&format!("{}: {found}{left}", served(point.reps, point.instances)));
            }
            Told::Advising([]) => output::note("advice: every limit held at each point, so there is none to give"),
            Told::Advising(most) => {
                let reps: u64 = most.iter().map(|(reps, days)| reps * days).sum();
                let all: u64 = most.iter().map(|(_, days)| days).sum();
                let takes = self.takes(reps);
                self.advising = Some(Advising { began: Instant::now(), days: 0, most: all });
                output::note(&format!(
                    "advice: at most {} more, about {} at most",
                    counted(all, "simulated day", "simulated days"),
                    lasts(takes.as_secs_f64())
                ));
            }
            Told::Tried(outcome) => {
                let Some(advising) = &mut self.advising else { return };
                advising.days += 1;
                let (number, most, s) = (advising.days, advising.most, advising.began.elapsed());
                output::note(&format!(
                    "advice, day {number} of {most} at most, {}: {}",
                    lasts(s.as_secs_f64()),
                    tried(outcome)
                ));
            }
        }
    }
}

fn tried(outcome: &Outcome) -> String {
    let way = outcome.retrying;
    let jitter = if way.jitter { " with jitter" } else { "" };
    let found = found(outcome.holds, outcome.undecided().next().is_none());
    format!("{}, retries {}{jitter}: {found}", served(outcome.reps, outcome.plant.instances), way.retries)
}

/// `1,000 reps on 4 instances`
fn served(reps: u64, instances: u32) -> String {
    let (reps, n) = (counted(reps, "rep", "reps"), counted(instances.into(), "instance", "instances"));
    format!("{reps} on {n}")
}

fn found(holds: bool, is_decided: bool) -> &'static str {
    match (holds, is_decided) {
        (false, _) => "a limit was exceeded",
        (true, false) => "a limit is undecided",
        (true, true) => "every limit held",
    }
}
