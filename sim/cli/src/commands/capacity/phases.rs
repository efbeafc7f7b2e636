//! The phases of a level: it prepares, warms up and is measured, and ends when that is over, when the user interrupts it, when its time
//! is over, or when the target is overloaded.

use super::overload::{Overload, far_beyond_us};
use super::start::Start;
use super::steady::{Steady, warm_up_most, why_unsteady};
use crate::failure::Failure;
use crate::output;
use fieldday_capacity::excerpt::{Offered, Schedule};
use fieldday_capacity::journal::Header;
use fieldday_kernel::time::{Span, Time};
use fieldday_live::prepare::{Lived, Ready};
use fieldday_live::start::StartError;
use fieldday_live::worker::{LAST_WORDS, RunProgress};
use fieldday_paint::units::counted;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The time between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(10);
/// What is measured begins so long after that was decided: workers have to hear of it.
pub const NOTICE: Span = Span::millis(1_500);
/// Requests that are in flight when a level ends have so long to end.
pub const LINGERS_S: u32 = 1;
/// The time of a level that is neither prepared, warmed up nor measured, in seconds: two notices, and the last requests.
pub const NOTICES_S: f64 = (2 * NOTICE.as_micros() + LAST_WORDS.as_micros()) as f64 / 1e6;
/// A level is looked at at least so often.
const TICKS: Span = Span::millis(500);
/// Preparing a level gives up after this time.
pub const PREPARES_FOR: Duration = Duration::from_secs(120);

/// How a level ended, if not by itself.
#[derive(Debug)]
pub enum Cut {
    /// The other shards did not come to it.
    NotTogether(StartError),
    /// The user interrupted it.
    Interrupted,
    /// The search's time would be over before the level is.
    OutOfTime,
    /// The target was overloaded; holds the reason for people.
    Suffered(String),
}

/// The run of a level, before its figures are computed.
pub struct Watched {
    pub lived: Lived,
    pub cut: Option<Cut>,
    pub offered: Offered,
    /// Why the load was not steady when it was measured.
    pub unsteady: Option<String>,
    /// From when until when it was measured, if it came to that.
    pub measured: Option<(Time, Time)>,
}

/// The time that a level has.
#[derive(Clone, Copy)]
pub struct LevelTime {
    /// How long it is measured, in seconds.
    pub for_s: f64,
    /// When it must be over; none if it takes as long as it needs.
    pub ends_by: Option<Instant>,
}

impl LevelTime {
    /// Whether it would end too late if it went on like this for so much longer before it is measured.
    fn is_too_late(self, before: Span) -> bool {
        let left = (before + NOTICE + seconds(self.for_s) + LAST_WORDS).duration();
        self.ends_by.is_some_and(|ends_by| Instant::now() + left > ends_by)
    }
}

/// The phase of a level that goes on.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Prepares,
    WarmsUp { begins: Time },
    Measures { begins: Time, from: Time, until: Time },
}

impl Phase {
    /// How long what is measured goes on; none before that.
    fn measured(self, now: Time) -> Option<Span> {
        match self {
            Phase::Measures { from, .. } if now >= from => Some(now.since(from)),
            Phase::Prepares | Phase::WarmsUp { .. } | Phase::Measures { .. } => None,
        }
    }
}

/// Lives a level, and ends it when what is measured is over, somebody interrupts, or the target suffers.
pub fn watched(
    ready: Ready,
    header: &Header,
    schedule: &Schedule,
    time: LevelTime,
    start: &Start,
    interrupted: &AtomicBool,
) -> Result<Watched, Failure> {
    let (start, for_s) = (start.begin(), time.for_s);
    let clock = ready.clock();
    let (pulse, ends) = (Arc::new(RunProgress::default()), AtomicBool::new(false));
    pulse.slow_from_us.store(far_beyond_us(&header.scenario), Ordering::Relaxed);
    let (cut, phase, unsteady) = (RefCell::new(None), Cell::new(Phase::Prepares), RefCell::new(None));
    let (began, mut told, mut steady) = (Instant::now(), Instant::now(), Steady::new(header));
    let mut overload = Overload::new(header);
    let tick = |pulse: &RunProgress| {
        let now = clock.now();
        match phase.get() {
            Phase::Prepares if time.is_too_late(NOTICE + Span::seconds(header.warm_up_s.into())) => {
                cut.borrow_mut().get_or_insert(Cut::OutOfTime);
            }
            Phase::Prepares if pulse.conduct.prepared() >= schedule.clients() || began.elapsed() > PREPARES_FOR => {
                match start.moment() {
                    None => {}
                    Some(Err(why)) => *cut.borrow_mut() = Some(Cut::NotTogether(why)),
                    Some(Ok(moment)) => {
                        let begins = moment.unwrap_or(now).max(now) + NOTICE;
                        pulse.conduct.begin_at(begins);
                        phase.set(Phase::WarmsUp { begins });
                    }
                }
            }
            Phase::WarmsUp { begins } => {
                let ended = pulse.requests.load(Ordering::Relaxed);
                let is_steady = steady.look(now.since(begins), ended, schedule);
                // Shards measure the same moments: each warms up for as long as any may. Workers hear of it before.
                let notice = if start.is_of_shards() { NOTICE } else { Span::ZERO };
                // What is left of the search's time is not spent on waiting for a steady load.
                let is_last = time.is_too_late(TICKS) && now.since(begins) >= Span::seconds(header.warm_up_s.into());
                let ends = is_last || now.since(begins) + notice >= warm_up_most(header);
                if is_steady && !start.is_of_shards() || ends {
                    if !is_steady {
                        unsteady.replace(Some(why_unsteady(now.since(begins))));
                    }
                    let from = if start.is_of_shards() { begins + warm_up_most(header) } else { now } + NOTICE;
                    pulse.conduct.measure(from, from + seconds(for_s));
                    phase.set(Phase::Measures { begins, from, until: from + seconds(for_s) });
                }
            }
            Phase::Prepares | Phase::Measures { .. } => {}
        }
        let is_over = matches!(phase.get(), Phase::Measures { until, .. } if now > until);
        if interrupted.load(Ordering::Relaxed) && !is_over {
            cut.borrow_mut().get_or_insert(Cut::Interrupted);
        } else if let Some(why) = overload.look(pulse, phase.get().measured(now)) {
            cut.borrow_mut().get_or_insert(Cut::Suffered(why));
        }
        if is_over || cut.borrow().is_some() {
            ends.store(true, Ordering::Relaxed);
        }
        if told.elapsed() >= A_WHILE {
            told = Instant::now();
            let phase = match phase.get() {
                Phase::Prepares => "preparing",
                Phase::WarmsUp { .. } => "warming up",
                Phase::Measures { from, .. } if now < from => "warming up",
                Phase::Measures { .. } => "measuring",
            };
            let (requests, errors) = (pulse.requests.load(Ordering::Relaxed), pulse.errors.load(Ordering::Relaxed));
            let (requests, errors) = (counted(requests, "request", "requests"), counted(errors, "error", "errors"));
            output::note(&format!("  {:>4} s  {phase}: {requests}, {errors}", began.elapsed().as_secs()));
        }
    };
    let lived = ready.run(&ends, &pulse, |_| (), tick)?;
    let offered = match phase.get() {
        Phase::Measures { begins, from, until } => schedule.offered(from.since(begins), until.since(begins)),
        Phase::Prepares | Phase::WarmsUp { .. } => {
            schedule.offered(warm_up_most(header), warm_up_most(header) + seconds(for_s))
        }
    };
    let measured = match phase.get() {
        Phase::Measures { from, until, .. } => Some((from, until)),
        Phase::Prepares | Phase::WarmsUp { .. } => None,
    };
    Ok(Watched { lived, cut: cut.into_inner(), offered, unsteady: unsteady.into_inner(), measured })
}

pub fn seconds(s: f64) -> Span {
    Span::micros((s * 1e6) as i64)
}
