//! A cell: one backend with its tenants, their reps and their office, on one executor, for one day.

mod clients;

pub use clients::{Day, Furnishing, RepDay, Seat};

use crate::meter::{MeteredEvents, SharedMeter};
use crate::pass;
use crate::recorder::{History, Recorder, SharedRecorder};
use crate::setup::{self, OFFICE_ONE_WAY};
use crate::transport::model::Model;
use crate::transport::plant::Plant;
use fieldday_api::pace::Pace;
use fieldday_backend::{Backend, RepRows};
use fieldday_conform::{NoCast, Pass};
use fieldday_history::Event;
use fieldday_history::file::Writer;
use fieldday_kernel::executor::{Executor, Handle};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{CellPlan, TenantPlan};
use fieldday_rep::app::settings::{Retrying, Settings};
use fieldday_rep::auditor::Auditor;
use fieldday_rep::intruder::Intruder;
use fieldday_rep::office::Desk;
use fieldday_rep::phone::Phone;
use fieldday_rep::station::{CellContext, DayClock, EventSink};
use fieldday_rep::transport::Transport;
use fieldday_rules::{Findings, Judges, Measures};
use fieldday_scenario::Scenario;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to keep of a cell beside its figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Keep {
    /// Whether to keep its history, as the frames of a file.
    pub history: bool,
    /// Whether to keep its events in memory, as they are.
    pub events: bool,
}

/// The result of a cell: its figures, and what was to be kept.
pub struct CellOutcome {
    /// Its place in the plan.
    pub index: u32,
    /// The name of the cell in the plan.
    pub name: String,
    /// The fingerprint of its whole event stream.
    pub fingerprint: Fingerprint,
    /// The fingerprint of the stream up to each multiple of 4,096 events.
    pub checkpoints: Vec<Fingerprint>,
    /// The number of its events.
    pub events: u64,
    /// The number of requests that reached the backend.
    pub requests: u64,
    /// The number of rep-days: one for each rep of the cell.
    pub rep_days: u64,
    /// The counts and cases of the judges.
    pub findings: Findings,
    /// False if it was interrupted.
    pub complete: bool,
    /// Finished frames of its history, if that was kept.
    pub history: Option<Vec<u8>>,
    /// Its events; none if they were not to be kept.
    pub kept: Option<Vec<Event>>,
}

/// A cell ready to run.
pub struct CellRun {
    pub(crate) executor: Executor,
    pub(crate) plant: Option<Rc<Plant>>,
    pub(crate) recorder: SharedRecorder,
    model: Rc<Model>,
    name: String,
    index: u32,
    pub(crate) end: Time,
    phones: Vec<Rc<Phone>>,
}

/// How far a cell runs between two looks at whether it should stop.
const SLICE: Span = Span::minutes(10);
/// What an auditor waits between two reads: gently.
const AUDITOR_PAUSES: Span = Span::millis(500);

impl CellRun {
    /// Sets a cell up: its backend with the tenants' data, its clients at their places. `measures` are added to.
    pub fn new(scenario: &Scenario, plan: CellPlan, keep: Keep, mut measures: Measures) -> CellRun {
        measures.cell(setup::day_starts(scenario, plan.date, plan.start));
        let recorder = keeping(recorder(scenario, &plan, measures), &plan, keep);
        CellRun::furnished(scenario, plan, Some(recorder), None, setup::app(scenario, Pace::SPECIFIED))
    }
    /// A cell in which nobody lives their day: a conformance pass is made of its backend. None if there are too few people.
    pub fn conforming(
        scenario: &Scenario,
        mut plan: CellPlan,
        keep: Keep,
        mut measures: Measures,
    ) -> Result<CellRun, NoCast> {
        plan.mishaps = pass::mishaps(&plan, pass::trouble(pass::begins(&plan)));
        measures.cell(setup::day_starts(scenario, plan.date, plan.start));
        let recorder = keeping(recorder(scenario, &plan, measures), &plan, keep);
        let begins = pass::begins(&plan);
        let app = setup::app(scenario, Pace::SPECIFIED);
        let (run, context, tenants) = CellRun::bare(scenario, plan, Some(recorder), None);
        let furnishing = Furnishing { context, app: &app, mobile: false, office_one_way: OFFICE_ONE_WAY };
        let days = vec![DayClock::real_time(); tenants.len()];
        let actors = furnishing.seat_conformers(&tenants, &days)?;
        run.executor.handle().spawn(Pass::new(actors, pass::means(scenario, begins)).run());
        Ok(run)
    }
    /// A cell whose requests leave for a plant that all cells share. `meter` measures its clients' attempts; nothing else is
    /// noted of it, unless a fingerprint of its events is wanted.
    pub fn at_plant(
        scenario: &Scenario,
        plan: CellPlan,
        retrying: Retrying,
        recorded: bool,
        meter: &SharedMeter,
    ) -> CellRun {
        let recorder = recorded.then(|| recorder(scenario, &plan, Measures::default()));
        let settings = Settings { retrying, ..setup::app(scenario, Pace::SPECIFIED) };
        CellRun::furnished(scenario, plan, recorder, Some(meter), settings)
    }
    fn furnished(
        scenario: &Scenario,
        plan: CellPlan,
        recorder: Option<Recorder>,
        at_plant: Option<&SharedMeter>,
        app: Settings,
    ) -> CellRun {
        let (mut run, context, tenants) = CellRun::bare(scenario, plan, recorder, at_plant);
        let furnishing = Furnishing { context, app: &app, mobile: true, office_one_way: OFFICE_ONE_WAY };
        let seats = furnishing.seat(tenants, std::iter::repeat(DayClock::real_time()));
        seats.into_iter().for_each(|seat| run.begin(seat));
        run
    }
    /// A cell without its clients: its backend with the tenants' rows, what its clients share, and the tenants without rows.
    /// The meter is that of a cell whose requests leave for a plant.
    fn bare(
        scenario: &Scenario,
        plan: CellPlan,
        recorder: Option<Recorder>,
        at_plant: Option<&SharedMeter>,
    ) -> (CellRun, Rc<CellContext>, Vec<TenantPlan>) {
        let executor = Executor::new(plan.start);
        let config = setup::backend(scenario, &plan);
        let mut tenants = plan.tenants;
        let rows = tenants.iter_mut().map(|tenant| {
            let frame = setup::emptied(&tenant.data);
            let rows = std::mem::replace(&mut tenant.data, frame);
            if at_plant.is_some() { setup::lean(rows, tenant.date) } else { rows }
        });
        let backend = Backend::new(config, plan.seed, plan.start, rows.collect());
        let model = Model::new(executor.handle(), backend, setup::token_life(scenario));
        let plant = at_plant.map(|_| Plant::new(model.clone()));
        let transport: Rc<dyn Transport> = match &plant {
            Some(plant) => plant.clone(),
            None => model.clone(),
        };
        let recorder = SharedRecorder::new(recorder);
        let events: Box<dyn EventSink> = match at_plant {
            Some(meter) => Box::new(MeteredEvents::new(recorder.clone(), meter.clone())),
            None => Box::new(recorder.clone()),
        };
        let context = CellContext { clock: executor.handle(), seed: plan.seed, events, transport, lingers: Span::ZERO };
        let (name, index, end) = (plan.name, plan.index, plan.end);
        let run = CellRun { executor, plant, recorder, model, name, index, end, phones: Vec::new() };
        (run, Rc::new(context), tenants)
    }
    /// Starts the tasks of a client's day.
    fn begin(&mut self, Seat { station, day, .. }: Seat) {
        let clock = self.executor.handle();
        match day {
            Day::Rep(day) => {
                for at in day.plan.kills.iter().map(|kill| kill.at) {
                    kill_at(&clock, at, &day.phone);
                }
                self.phones.push(day.phone.clone());
                clock.spawn(day.lived());
            }
            Day::Desk(plan) => clock.spawn(Desk::new(station, plan).day()),
            Day::Auditor(plan) => clock.spawn(Auditor::new(station, plan, AUDITOR_PAUSES).day()),
            Day::Intruder(plan) => clock.spawn(Intruder::new(station, plan).day()),
        }
    }
    /// The phones, in the plan's order: for tests that pull at them.
    pub fn phones(&self) -> &[Rc<Phone>] {
        &self.phones
    }

    /// Runs the day up to a moment.
    pub(crate) fn run_to(&self, until: Time) {
        self.executor.run_to(until);
    }
    /// Switches every defect off, from now on.
    pub(crate) fn heal(&self) {
        self.model.heal();
        self.phones.iter().for_each(|phone| phone.healed.set(true));
    }
    /// The rows that the backend holds of a rep.
    pub(crate) fn rows_of(&self, rep_id: &str) -> Option<RepRows> {
        self.model.rows_of(rep_id)
    }
    /// Runs the day to its end, or until `stop` is set.
    pub fn run(mut self, stop: &AtomicBool) -> (CellOutcome, Measures) {
        let phones = std::mem::take(&mut self.phones);
        self.run_keeping(stop, &phones)
    }
    /// Runs the day likewise; the phones are kept, so that the caller can look at them afterwards.
    pub fn run_keeping(self, stop: &AtomicBool, phones: &[Rc<Phone>]) -> (CellOutcome, Measures) {
        let mut complete = true;
        // Everybody takes their place.
        self.executor.run_to(self.executor.handle().now());
        while let Some(next) = self.executor.next_due() {
            if stop.load(Ordering::Relaxed) {
                complete = false;
                break;
            }
            self.executor.run_to(next + SLICE);
            if next > self.end + Span::hours(12) {
                // Everybody's day has an end; whatever still ticks half a day later would tick for ever.
                break;
            }
        }
        self.finish(complete, phones)
    }
    /// An app and its phone hold each other; a phone that is switched off lets go.
    pub(crate) fn release(&mut self) {
        std::mem::take(&mut self.phones).iter().for_each(|phone| phone.switch_off());
    }
    fn finish(self, complete: bool, phones: &[Rc<Phone>]) -> (CellOutcome, Measures) {
        // An app and its phone hold each other; a phone that is switched off lets go.
        phones.iter().for_each(|phone| phone.switch_off());
        drop(self.executor);
        let recorder = self.recorder.take().expect("a cell is finished once");
        let history = match recorder.history {
            Some(History::Frames(writer)) => writer.finish_part().ok().map(|(frames, _)| frames),
            _ => None,
        };
        let outcome = CellOutcome {
            index: self.index,
            name: self.name,
            fingerprint: recorder.fingerprint.finish(),
            checkpoints: recorder.fingerprint.checkpoints().to_vec(),
            events: recorder.fingerprint.events(),
            requests: self.model.served(),
            rep_days: phones.len() as u64,
            findings: recorder.judges.finish(),
            complete,
            history,
            kept: recorder.kept,
        };
        (outcome, recorder.measures)
    }
}

/// Records a cell of a plan.
fn recorder(scenario: &Scenario, plan: &CellPlan, measures: Measures) -> Recorder {
    let settings = setup::judges(scenario, Pace::SPECIFIED, plan.start, setup::zones(plan));
    Recorder::new(plan.start, Judges::new(Arc::new(settings)), measures)
}

/// The recorder with what is to be kept of the cell.
fn keeping(mut recorder: Recorder, plan: &CellPlan, keep: Keep) -> Recorder {
    recorder.history = keep.history.then(|| {
        let mut writer = Writer::part(Vec::new());
        // Into memory: it cannot fail.
        let _ = writer.cell(&plan.name, plan.start);
        History::Frames(writer)
    });
    recorder.kept = keep.events.then(Vec::new);
    recorder
}

/// An app dies at its time, if it runs then.
pub fn kill_at(clock: &Handle, at: Time, phone: &Rc<Phone>) {
    let (phone, sleep) = (phone.clone(), clock.sleep_until(at));
    clock.spawn(async move {
        sleep.await;
        phone.kill();
    });
}
