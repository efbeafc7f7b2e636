//! A live run in a test: a scenario, a target, and a fast day.
#![allow(dead_code, missing_docs)] // Every test file takes what it needs.

pub mod bend;

use fieldday_history::Event;
use fieldday_history::file::{FORMAT, Header, HistoryLine, Reader, Writer};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::Time;
use fieldday_live::clock::utc_now;
use fieldday_live::plan::LivePlan;
use fieldday_live::prepare::{Called, LiveOptions, Lived, PrepareError, Ready, prepare};
use fieldday_live::run::LiveOutcome;
use fieldday_live::worker::RunProgress;
use fieldday_metrics::Observed;
use fieldday_mock::{Options as MockOptions, Service};
use fieldday_scenario::Scenario;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Goose's killswitch and handlers are the process's: one attack at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub const SEED: u64 = 7;

/// The demo, lived so many times as fast as the wall.
pub fn demo(speed: u32) -> Scenario {
    let mut scenario = Scenario::load("demo").unwrap();
    scenario.live.speed = speed;
    scenario.live.ramp_s = 1;
    scenario.live.linger_s = 3;
    scenario.data.upload_bytes = Some(100_000);
    scenario.must_exercise.clear();
    scenario
}

/// The tool's own mock, quick, and changed by this.
pub fn mock(change: impl FnOnce(&mut MockOptions) + 'static) -> Called {
    Called::Mock(Box::new(|options| {
        options.service = Service::Scaled(20);
        change(options);
    }))
}

/// A run whose target is there: the mock on the scenario's date, or whatever serves this base URL, today.
pub fn ready(scenario: Scenario, called: Called, cacert: Option<PathBuf>) -> Ready {
    let options = LiveOptions { workers: 1, history: true, cacert, ..LiveOptions::default() };
    match called {
        Called::Mock(_) => prepare(scenario, SEED, called, options).unwrap().open(&AtomicBool::new(false)).unwrap(),
        Called::Url(url) => loop {
            let mut today = scenario.clone();
            today.set_today(utc_now());
            match prepare(today, SEED, Called::Url(url.clone()), options.clone()) {
                // No run goes over midnight.
                Err(PrepareError::Midnight { .. }) => std::thread::sleep(Duration::from_secs(1)),
                prepared => return prepared.unwrap().open(&AtomicBool::new(false)).unwrap(),
            }
        },
    }
}

/// What came of a day.
pub struct Day {
    pub outcome: LiveOutcome,
    /// What exporters told.
    pub observed: Observed,
    pub plan: LivePlan,
    pub opens: Time,
    /// The events of each cell, and when their clock starts.
    pub cells: Events,
}

pub type Events = BTreeMap<String, (Time, Vec<Event>)>;

/// Lives it.
pub fn lived(mut ready: Ready) -> Day {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // While it waited for others, its day would have passed.
    if ready.clock().now() > ready.opens() {
        ready.open_window().unwrap();
    }
    let header = Header {
        fieldday_history: FORMAT,
        version: "test".into(),
        scenario: ready.plan().plan.scenario().name.clone(),
        seed: SEED,
        start: ready.plan().plan.start(),
    };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let opens = ready.opens();
    let (stop, pulse) = (AtomicBool::new(false), Arc::new(RunProgress::default()));
    let Lived { outcome, observed, plan, .. } =
        ready.run(&stop, &pulse, |lines| writer.lines(lines).unwrap(), |_| {}).unwrap();
    let file = writer.finish(Fingerprint(0)).unwrap();
    let mut cells = Events::new();
    let mut current = String::new();
    for line in Reader::new(&file[..]).unwrap() {
        match line.unwrap() {
            HistoryLine::Cell { cell, start, .. } => {
                current.clone_from(&cell);
                cells.entry(cell).or_insert((start, Vec::new()));
            }
            HistoryLine::Event(event) => cells.get_mut(&current).unwrap().1.push(event),
            HistoryLine::Header(_) | HistoryLine::End { .. } => {}
        }
    }
    Day { outcome, observed, plan, opens, cells }
}
