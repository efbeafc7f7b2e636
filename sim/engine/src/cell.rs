//! A cell: one backend with its tenants, their reps and their office, on one executor, for one day.

use crate::gate::Gate;
use crate::recorder::Recorder;
use crate::setup;
use crate::station::{Line, Occupant, Shared, Station};
use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_api::pace::Pace;
use fieldday_backend::{Backend, RepRows};
use fieldday_history::event::{Client, ClientKind};
use fieldday_history::file::Writer;
use fieldday_history::{Event, What};
use fieldday_kernel::executor::Executor;
use fieldday_kernel::fingerprint::{Fingerprint, Fingerprinter};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::app::settings::{Retrying, Settings};
use fieldday_rep::auditor::Auditor;
use fieldday_rep::intruder::Intruder;
use fieldday_rep::office::Desk;
use fieldday_rep::person::{Person, Town};
use fieldday_rep::phone::{Owner, Phone};
use fieldday_rules::{Findings, Judges, Measures};
use fieldday_world::link::Link;
use fieldday_world::plan::{AuditorPlan, CellPlan, IntruderPlan, KillPlan, OfficePlan, RepPlan};
use fieldday_world::scenario::Scenario;
use fieldday_world::track::Roads;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to keep of a cell beside its figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Keep {
    /// Its history, as the frames of a file.
    pub history: bool,
    /// Its events, as they are.
    pub events: bool,
}

/// What came of a cell.
pub struct CellOutcome {
    /// Its place in the plan.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Of its whole event stream.
    pub fingerprint: Fingerprint,
    /// On the way there.
    pub checkpoints: Vec<Fingerprint>,
    /// How many events it had.
    pub events: u64,
    /// Requests that reached the backend.
    pub requests: u64,
    /// Reps who lived their day.
    pub rep_days: u64,
    /// What the judges found.
    pub findings: Findings,
    /// False if it was interrupted.
    pub complete: bool,
    /// Finished frames of its history, if that was kept.
    pub history: Option<Vec<u8>>,
    /// Its events, if they were kept.
    pub kept: Option<Vec<Event>>,
}

/// A cell ready to run.
pub struct CellRun {
    pub(crate) executor: Executor,
    pub(crate) shared: Rc<Shared>,
    name: String,
    index: u32,
    pub(crate) end: Time,
    reps: u64,
    phones: Vec<Rc<Phone<Station>>>,
}

/// How far a cell runs between two looks at whether it should stop.
const SLICE: Span = Span::minutes(10);
/// What an auditor waits between two reads: gently.
const AUDITOR_PAUSES: Span = Span::millis(500);

impl CellRun {
    /// Sets a cell up: its backend with the tenants' data, its clients at their places. `measures` are added to.
    pub fn new(scenario: &Scenario, plan: CellPlan, keep: Keep, mut measures: Measures) -> CellRun {
        measures.cell(setup::day_starts(scenario, plan.date, plan.start));
        let history = keep.history.then(|| {
            let mut writer = Writer::part(Vec::new());
            // Into memory: it cannot fail.
            let _ = writer.cell(&plan.name, plan.start);
            writer
        });
        let recorder = Recorder {
            start: plan.start,
            fingerprint: Fingerprinter::default(),
            judges: Judges::new(Arc::new(setup::judges(scenario, Pace::SPECIFIED, plan.start, setup::zones(&plan)))),
            measures,
            history,
            kept: keep.events.then(Vec::new),
        };
        CellRun::furnished(scenario, plan, Some(recorder), None, setup::app(scenario, Pace::SPECIFIED))
    }
    /// A cell whose requests leave for a plant that all cells share. Nothing is noted of it, unless a fingerprint of its
    /// events is wanted.
    pub fn at_plant(scenario: &Scenario, plan: CellPlan, retrying: Retrying, recorded: bool) -> CellRun {
        let recorder = recorded.then(|| Recorder {
            start: plan.start,
            fingerprint: Fingerprinter::default(),
            judges: Judges::new(Arc::new(setup::judges(scenario, Pace::SPECIFIED, plan.start, setup::zones(&plan)))),
            measures: Measures::default(),
            history: None,
            kept: None,
        });
        let settings = Settings { retrying, ..setup::app(scenario, Pace::SPECIFIED) };
        CellRun::furnished(scenario, plan, recorder, Some(Gate::default()), settings)
    }
    fn furnished(
        scenario: &Scenario,
        plan: CellPlan,
        recorder: Option<Recorder>,
        gate: Option<Gate>,
        settings: Settings,
    ) -> CellRun {
        let executor = Executor::new(plan.start);
        let config = setup::backend(scenario, &plan);
        let (name, index, seed, end) = (plan.name.clone(), plan.index, plan.seed, plan.end);
        let mut tenants = plan.tenants;
        let rows = tenants.iter_mut().map(|tenant| {
            let frame = setup::emptied(&tenant.data);
            let rows = std::mem::replace(&mut tenant.data, frame);
            if gate.is_some() { setup::lean(rows, tenant.date) } else { rows }
        });
        let backend = Backend::new(config, seed, plan.start, rows.collect());
        let shared = Rc::new(Shared {
            clock: executor.handle(),
            seed,
            races: backend.races(),
            backend: RefCell::new(backend),
            recorder: RefCell::new(recorder),
            gate,
            token_life: setup::token_life(scenario),
            served: Cell::new(0),
        });
        let mut run = CellRun { executor, shared, name, index, end, reps: 0, phones: Vec::new() };
        let mut client = 0;
        for tenant in tenants {
            let (visits, places, found) = (tenant.visits, tenant.places, tenant.found);
            let town = Rc::new(Town { visits, places, found, roads: Roads::default() });
            let zone = &tenant.data.zone;
            for rep in tenant.reps {
                let line = Line::Mobile(Box::new(RefCell::new(Link::new(seed, rep.key, tenant.air.clone()))));
                let who = occupant(client, rep.key, &rep.tenant_id, &rep.user_id, Role::SalesRep);
                let station = Station::new(run.shared.clone(), who, line, zone.clone(), tenant.territory.clone());
                run.add_rep(station, client, rep, town.clone(), &settings);
                client += 1;
            }
            for desk in tenant.office {
                let who = occupant(client, desk.key, &desk.tenant_id, &desk.user_id, desk.role);
                let station = Station::new(run.shared.clone(), who, Line::Desk, zone.clone(), tenant.territory.clone());
                run.add_desk(station, client, desk);
                client += 1;
            }
            if let Some(plan) = tenant.auditor {
                let who = occupant(client, plan.key, &plan.tenant_id, &plan.user_id, Role::Manager);
                let station = Station::new(run.shared.clone(), who, Line::Desk, zone.clone(), tenant.territory.clone());
                run.add_auditor(station, client, plan);
                client += 1;
            }
            for plan in tenant.intruders {
                let who = occupant(client, plan.key, &plan.tenant_id, &plan.user_id, Role::SalesRep);
                let station = Station::new(run.shared.clone(), who, Line::Desk, zone.clone(), tenant.territory.clone());
                run.add_intruder(station, client, plan);
                client += 1;
            }
        }
        run
    }

    fn add_rep(&mut self, station: Station, client: u32, plan: RepPlan, town: Rc<Town>, settings: &Settings) {
        let ids = (&plan.tenant_id, &plan.user_id, Some(&plan.rep_id));
        self.introduce(client, &plan.name, ids, Role::SalesRep, ClientKind::Phone);
        let owner = Owner { rep_id: plan.rep_id.clone(), user_id: plan.user_id.clone() };
        let patience = Span::seconds(i64::from(plan.persona.patience_s));
        let phone = Phone::new(station, owner, Settings { patience, ..settings.clone() });
        self.kill_as_planned(&phone, &plan.kills);
        self.phones.push(phone.clone());
        self.reps += 1;
        self.executor.handle().spawn(Person::new(phone, plan, town).day());
    }
    fn add_desk(&mut self, station: Station, client: u32, plan: OfficePlan) {
        let ids = (&plan.tenant_id, &plan.user_id, None);
        self.introduce(client, &plan.name, ids, plan.role, ClientKind::Desk);
        self.executor.handle().spawn(Desk::new(station, plan).day());
    }
    fn add_auditor(&mut self, station: Station, client: u32, plan: AuditorPlan) {
        let ids = (&plan.tenant_id, &plan.user_id, None);
        self.introduce(client, &plan.name, ids, Role::Manager, ClientKind::Auditor);
        self.executor.handle().spawn(Auditor::new(station, plan, AUDITOR_PAUSES).day());
    }
    fn add_intruder(&mut self, station: Station, client: u32, plan: IntruderPlan) {
        let ids = (&plan.tenant_id, &plan.user_id, Some(&plan.rep_id));
        self.introduce(client, &plan.name, ids, Role::SalesRep, ClientKind::Intruder);
        self.executor.handle().spawn(Intruder::new(station, plan).day());
    }
    /// Says who a client is. Its ids are the tenant's, the user's and, of a rep, the rep's.
    fn introduce(
        &self,
        client: u32,
        name: &str,
        (tenant, user_id, rep_id): (&SmolStr, &SmolStr, Option<&SmolStr>),
        role: Role,
        kind: ClientKind,
    ) {
        let (tenant, user_id, rep_id) = (tenant.clone(), user_id.clone(), rep_id.cloned());
        let who = Client { name: name.into(), tenant, user_id, rep_id, role, kind };
        self.shared.record(self.shared.clock.now(), client, What::Client(Box::new(who)));
    }
    fn kill_as_planned(&self, phone: &Rc<Phone<Station>>, kills: &[KillPlan]) {
        for at in kills.iter().map(|kill| kill.at) {
            let (phone, clock) = (phone.clone(), self.executor.handle());
            self.executor.handle().spawn(async move {
                clock.sleep_until(at).await;
                phone.kill();
            });
        }
    }
    /// The phones, in the plan's order: for tests that pull at them.
    pub fn phones(&self) -> &[Rc<Phone<Station>>] {
        &self.phones
    }

    /// Runs the day up to a moment.
    pub(crate) fn run_to(&self, until: Time) {
        self.executor.run_to(until);
    }
    /// Switches every defect off, from now on.
    pub(crate) fn heal(&self) {
        self.shared.backend.borrow_mut().heal();
        self.phones.iter().for_each(|phone| phone.healed.set(true));
    }
    /// The rows that the backend holds of a rep.
    pub(crate) fn rows_of(&self, rep_id: &str) -> Option<RepRows> {
        self.shared.backend.borrow().rows_of(self.shared.clock.now(), rep_id)
    }
    /// Runs the day to its end, or until `stop` is set.
    pub fn run(mut self, stop: &AtomicBool) -> (CellOutcome, Measures) {
        let phones = std::mem::take(&mut self.phones);
        self.run_keeping(stop, &phones)
    }
    /// The same for somebody who still looks at the phones when it is over.
    pub fn run_keeping(self, stop: &AtomicBool, phones: &[Rc<Phone<Station>>]) -> (CellOutcome, Measures) {
        let mut complete = true;
        // Everybody takes their place.
        self.executor.run_to(self.shared.clock.now());
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
    fn finish(self, complete: bool, phones: &[Rc<Phone<Station>>]) -> (CellOutcome, Measures) {
        // An app and its phone hold each other; a phone that is switched off lets go.
        phones.iter().for_each(|phone| phone.switch_off());
        drop(self.executor);
        let recorder = self.shared.recorder.take().expect("a cell is finished once");
        let shared = self.shared;
        let history = recorder.history.and_then(|writer| writer.finish_part().ok()).map(|(frames, _)| frames);
        let outcome = CellOutcome {
            index: self.index,
            name: self.name,
            fingerprint: recorder.fingerprint.finish(),
            checkpoints: recorder.fingerprint.checkpoints().to_vec(),
            events: recorder.fingerprint.events(),
            requests: shared.served.get(),
            rep_days: self.reps,
            findings: recorder.judges.finish(),
            complete,
            history,
            kept: recorder.kept,
        };
        (outcome, recorder.measures)
    }
}

fn occupant(client: u32, key: u64, tenant: &SmolStr, user_id: &SmolStr, role: Role) -> Occupant {
    Occupant { client, key, tenant: tenant.clone(), user_id: user_id.clone(), role }
}
