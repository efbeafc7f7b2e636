//! A live run in a test: a scenario, a target, and a fast day.
#![allow(dead_code, missing_docs)] // Every test file takes what it needs.

use fieldday_history::Event;
use fieldday_history::file::{FORMAT, Header, Line, Reader, Writer};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_live::attack::GooseWishes;
use fieldday_live::clock::WallClock;
use fieldday_live::http::{Connector, WireSettings};
use fieldday_live::run::{LiveOutcome, LiveRun, day_clocks, window};
use fieldday_live::target::Target;
use fieldday_live::worker::RunProgress;
use fieldday_mock::{Clock, Mock, Options, Service};
use fieldday_plan::{CellPlan, Plan};
use fieldday_scenario::{HttpVersion, Scenario};
use fieldday_tokens::{Source, Wallet};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// Goose's killswitch and handlers are the process's: one attack at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The demo, lived so many times as fast as the wall.
pub fn demo(speed: u32) -> Scenario {
    let mut scenario = Scenario::load("demo").unwrap();
    scenario.live.speed = speed;
    scenario.live.ramp_s = 1;
    scenario.live.linger_s = 3;
    scenario.must_exercise.clear();
    scenario
}

/// A target, its clock, and when the window opens there.
pub struct Stage {
    pub runtime: Runtime,
    pub scenario: Arc<Scenario>,
    pub plan: Plan,
    pub cells: Vec<CellPlan>,
    pub source: Source,
    pub clock: WallClock,
    pub opens: Time,
}

pub fn stage(scenario: Scenario) -> Stage {
    let scenario = Arc::new(scenario);
    let plan = Plan::new(scenario.clone(), 7).unwrap();
    let cells: Vec<CellPlan> = (0..plan.cells()).map(|index| plan.cell(index)).collect();
    let first = &cells[0];
    let opens = first.tenants[0].data.zone.at(first.date, window(&scenario).0);
    let clock = WallClock::showing(opens - Span::millis(300));
    let source = Source::of(&scenario.tokens, Span::seconds(60)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    Stage { runtime, scenario, plan, cells, source, clock, opens }
}

impl Stage {
    pub fn mock(&self, change: impl FnOnce(&mut Options)) -> Mock {
        let plan = Plan::new(self.scenario.clone(), 7).unwrap();
        let mut options = Options::trusting(plan, std::slice::from_ref(self.source.key().unwrap()));
        options.clock = Clock::at(self.clock.now());
        options.service = Service::Scaled(20);
        let (scenario, opens) = (self.scenario.clone(), self.opens);
        options.prepare = Some(Box::new(move |cell| {
            let day = day_clocks(&scenario, cell, opens)[0];
            for mishap in &mut cell.mishaps {
                (mishap.from, mishap.until) = (day.wall(mishap.from), day.wall(mishap.until));
            }
        }));
        change(&mut options);
        self.runtime.block_on(Mock::serve(options)).unwrap()
    }
    /// Lives the day against a target; gives what came of it, and each cell's events.
    pub fn live(self, base_url: &str, http: HttpVersion) -> (LiveOutcome, BTreeMap<String, (Time, Vec<Event>)>) {
        self.live_trusting(base_url, http, Vec::new())
    }
    /// The same, trusting further certificates, in DER.
    pub fn live_trusting(
        self,
        base_url: &str,
        http: HttpVersion,
        roots: Vec<Vec<u8>>,
    ) -> (LiveOutcome, BTreeMap<String, (Time, Vec<Event>)>) {
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let target = Target::parse(base_url).unwrap();
        let connector = self.runtime.block_on(Connector::new(target, http, &roots)).unwrap();
        let wire = WireSettings {
            connector,
            http,
            roots,
            dialect: self.scenario.dialect.table(),
            wallet: Wallet::new(self.source, 8),
            run: 0x5eed,
            upload_bytes: Some(100_000),
            version: Default::default(),
            token_trouble: Default::default(),
        };
        let header = Header {
            fieldday_history: FORMAT,
            version: "test".into(),
            scenario: self.scenario.name.clone(),
            seed: 7,
            start: self.plan.start(),
        };
        let mut writer = Writer::new(Vec::new(), &header).unwrap();
        let run = LiveRun {
            scenario: self.scenario.clone(),
            cells: self.cells,
            clock: self.clock,
            opens: self.opens,
            wire,
            workers: 1,
            history: true,
            only: None,
            plateau: None,
            goose: GooseWishes::default(),
        };
        let pulse = Arc::new(RunProgress::default());
        let stop = AtomicBool::new(false);
        let outcome = run.live(&stop, &pulse, |lines| writer.lines(lines).unwrap(), |_| {}).unwrap();
        let file = writer.finish(Fingerprint(0)).unwrap();
        let mut cells: BTreeMap<String, (Time, Vec<Event>)> = BTreeMap::new();
        let mut current = String::new();
        for line in Reader::new(&file[..]).unwrap() {
            match line.unwrap() {
                Line::Cell { cell, start, .. } => {
                    current.clone_from(&cell);
                    cells.entry(cell).or_insert((start, Vec::new()));
                }
                Line::Event(event) => cells.get_mut(&current).unwrap().1.push(event),
                Line::Header(_) | Line::End { .. } => {}
            }
        }
        (outcome, cells)
    }
}
