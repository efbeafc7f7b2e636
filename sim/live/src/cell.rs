//! A cell on the wall clock: its clients at their places, one stream of events, one carrier.

use crate::carrier::Arrival;
use crate::clock::DayClock;
use crate::plateau::Plateau;
use crate::recorder::Recorder;
use crate::station::{Line, Occupant, Shared, Station};
use crate::watch::Watch;
use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_api::rules::Rule;
use fieldday_engine::setup;
use fieldday_history::What;
use fieldday_history::event::{Client, ClientKind};
use fieldday_history::file::Lines;
use fieldday_kernel::executor::Executor;
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_rep::app::settings::Settings;
use fieldday_rep::auditor::Auditor;
use fieldday_rep::intruder::Intruder;
use fieldday_rep::office::Desk;
use fieldday_rep::person::{Person, Town};
use fieldday_rep::phone::{Owner, Phone};
use fieldday_rules::Judges;
use fieldday_world::link::Link;
use fieldday_world::plan::{CellPlan, RepPlan};
use fieldday_world::scenario::Scenario;
use fieldday_world::track::Roads;
use futures_lite::future;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What an auditor waits between two reads: there are few auditors, and each waits for its answers.
const AUDITOR_PAUSES: Span = Span::millis(20);

/// A cell on the wall clock.
pub struct LiveCell {
    /// What its clients share.
    pub shared: Rc<Shared>,
    /// Its name.
    pub name: String,
    /// Its place in the plan.
    pub index: u32,
    /// Its clients, by number.
    pub stations: Vec<Station>,
    /// Who they are, by number.
    pub logins: Vec<Login>,
    reps: Vec<Seat>,
    others: RefCell<Vec<Other>>,
    /// Given when everybody is to go home.
    home: Rc<Signal>,
    going_home: Rc<Cell<bool>>,
    /// Reps who panicked.
    panicked: Rc<RefCell<Vec<String>>>,
}

/// Somebody with a login, as the identity provider must know them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// The user's id.
    pub user_id: SmolStr,
    /// The tenant's.
    pub tenant: SmolStr,
    /// Its role.
    pub role: Role,
}

/// A rep who waits to begin.
struct Seat {
    client: u32,
    plan: RefCell<Option<(RepPlan, Rc<Town>)>>,
    phone: Rc<Phone<Station>>,
}

/// What somebody does all day.
type Work = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Whoever else works: begins with the cell.
enum Other {
    Desk(Station, fieldday_world::plan::OfficePlan),
    Auditor(Station, fieldday_world::plan::AuditorPlan),
    Intruder(Station, fieldday_world::plan::IntruderPlan),
}

/// How a cell is lived.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// When the window opens and closes, by the protocol's clock.
    pub opens: Time,
    /// When it closes.
    pub closes: Time,
    /// Over which span those begin who would be under way when it opens.
    pub ramp: Span,
    /// For how long phones stay on for what waits.
    pub lingers: Span,
    /// Whether reps who are still at work then clock out.
    pub clock_out: bool,
    /// Whether there is a mobile network.
    pub link: bool,
    /// Whether events are kept for a history.
    pub history: bool,
    /// Whether events are kept in memory.
    pub keep: bool,
    /// From when to when alone is measured, by the protocol's clock; all of the run if none.
    pub plateau: Option<(Time, Time)>,
}

impl LiveCell {
    /// Sets a cell up on an executor; `days` are the clocks of its tenants, in their order.
    pub fn new(executor: &Executor, scenario: &Scenario, plan: CellPlan, days: &[DayClock], terms: Terms) -> LiveCell {
        let (zones, pace) = (setup::zones(&plan), setup::pace(scenario));
        let judges = Judges::new(Arc::new(setup::judges(scenario, pace, plan.start, zones.clone())));
        let mut recorder = Recorder::new(&plan.name, plan.start, zones, judges, terms.history);
        recorder.measures.cell(setup::day_starts(scenario, plan.date, plan.start));
        recorder.kept = terms.keep.then(Vec::new);
        let plateau = |(from, until): (Time, Time)| Plateau::new(from.since(plan.start), until.since(plan.start));
        recorder.plateau = terms.plateau.map(plateau);
        let shared = Rc::new(Shared {
            clock: executor.handle(),
            seed: plan.seed,
            recorder: RefCell::new(Some(recorder)),
            carrier: RefCell::default(),
            lingers: terms.lingers,
            watch: RefCell::default(),
        });
        let mut cell = LiveCell {
            shared,
            name: plan.name.clone(),
            index: plan.index,
            stations: Vec::new(),
            logins: Vec::new(),
            reps: Vec::new(),
            others: RefCell::default(),
            home: Rc::default(),
            going_home: Rc::default(),
            panicked: Rc::default(),
        };
        let settings = setup::app(scenario, pace);
        for (tenant, day) in plan.tenants.into_iter().zip(days.iter().copied()) {
            let found = tenant.found;
            let town = Rc::new(Town { visits: tenant.visits, places: tenant.places, roads: Roads::default(), found });
            let (zone, territory) = (tenant.data.zone.clone(), tenant.territory.clone());
            let at = |key, line| (key, line, day, zone.clone(), territory.clone());
            // Nobody is waited for who has something to do after the window. What is tried at night is tried at its opening.
            let (opens, closes) = (day.day(terms.opens), day.day(terms.closes));
            for rep in tenant.reps {
                let line = match terms.link {
                    true => Line::Mobile(Box::new(RefCell::new(Link::new(plan.seed, rep.key, tenant.air.clone())))),
                    false => Line::Straight,
                };
                let who = (
                    rep.name.as_str(),
                    &rep.tenant_id,
                    &rep.user_id,
                    Some(&rep.rep_id),
                    Role::SalesRep,
                    ClientKind::Phone,
                );
                let station = cell.seat(who, at(rep.key, line));
                cell.add_rep(station, rep, town.clone(), &settings);
            }
            if scenario.live.office {
                for mut desk in tenant.office {
                    desk.actions.retain(|action| (opens..closes).contains(&action.at));
                    let who = (desk.name.as_str(), &desk.tenant_id, &desk.user_id, None, desk.role, ClientKind::Desk);
                    let station = cell.seat(who, at(desk.key, Line::Straight));
                    cell.others.borrow_mut().push(Other::Desk(station, desk));
                }
            }
            if let Some(mut auditor) = tenant.auditor.filter(|_| scenario.live.auditors) {
                // The last round is made after everybody is done, whenever that is.
                let done = day.day(terms.closes + terms.lingers);
                auditor.rounds.iter_mut().for_each(|(_, at)| *at = (*at).min(done));
                let who = (
                    auditor.name.as_str(),
                    &auditor.tenant_id,
                    &auditor.user_id,
                    None,
                    Role::Manager,
                    ClientKind::Auditor,
                );
                let station = cell.seat(who, at(auditor.key, Line::Straight));
                cell.others.borrow_mut().push(Other::Auditor(station, auditor));
            }
            for mut intruder in tenant.intruders.into_iter().filter(|_| scenario.live.intruders) {
                intruder.probes.retain(|probe| probe.at < closes);
                let rep_id = Some(&intruder.rep_id);
                let who = (
                    intruder.name.as_str(),
                    &intruder.tenant_id,
                    &intruder.user_id,
                    rep_id,
                    Role::SalesRep,
                    ClientKind::Intruder,
                );
                let station = cell.seat(who, at(intruder.key, Line::Straight));
                cell.others.borrow_mut().push(Other::Intruder(station, intruder));
            }
        }
        cell
    }

    /// Gives a client its number and its place, and says who it is.
    fn seat(
        &mut self,
        (name, tenant, user_id, rep_id, role, kind): (&str, &SmolStr, &SmolStr, Option<&SmolStr>, Role, ClientKind),
        (key, line, day, zone, territory): (u64, Line, DayClock, Zone, Arc<fieldday_world::territory::Territory>),
    ) -> Station {
        let client = self.stations.len() as u32;
        let station = Station::new(self.shared.clone(), Occupant { client, key, line, day, zone, territory });
        let (tenant, user_id) = (tenant.clone(), user_id.clone());
        self.logins.push(Login { user_id: user_id.clone(), tenant: tenant.clone(), role });
        let who = Client { name: name.into(), tenant, user_id, rep_id: rep_id.cloned(), role, kind };
        self.shared.record(client, What::Client(Box::new(who)));
        self.stations.push(station.clone());
        station
    }
    fn add_rep(&mut self, station: Station, plan: RepPlan, town: Rc<Town>, settings: &Settings) {
        let owner = Owner { rep_id: plan.rep_id.clone(), user_id: plan.user_id.clone() };
        let patience = Span::seconds(i64::from(plan.persona.patience_s));
        let client = station.client();
        let phone = Phone::new(station, owner, Settings { patience, ..settings.clone() });
        self.reps.push(Seat { client, plan: RefCell::new(Some((plan, town))), phone });
    }

    /// The client numbers of its reps, in the plan's order.
    pub fn rep_clients(&self) -> impl Iterator<Item = u32> + '_ {
        self.reps.iter().map(|seat| seat.client)
    }
    /// Has somebody watch its reps.
    pub fn watched_by(&self, watch: &Rc<RefCell<Watch>>) {
        let cell = watch.borrow_mut().add_cell(self.stations.len(), self.rep_clients());
        *self.shared.watch.borrow_mut() = Some((watch.clone(), cell));
    }
    /// How often each rule was broken so far.
    pub fn broken(&self, mut each: impl FnMut(Rule, u64)) {
        let recorder = self.shared.recorder.borrow();
        let Some(recorder) = recorder.as_ref() else { return };
        let findings = recorder.judges.so_far();
        Rule::ALL.iter().for_each(|rule| each(*rule, findings.count(*rule).broken));
    }
    /// Lets everybody but the reps begin.
    pub fn begin(&self) {
        for other in self.others.borrow_mut().drain(..) {
            let work: Work = match other {
                Other::Desk(station, plan) => Box::pin(self.until_home(Box::pin(Desk::new(station, plan).day()))),
                // An auditor looks at what is left when the others have gone.
                Other::Auditor(station, plan) => Box::pin(Auditor::new(station, plan, AUDITOR_PAUSES).day()),
                Other::Intruder(station, plan) => {
                    Box::pin(self.until_home(Box::pin(Intruder::new(station, plan).day())))
                }
            };
            self.shared.clock.spawn(work);
        }
    }
    fn until_home(&self, work: Work) -> impl Future<Output = ()> + use<> {
        let called = self.called_home();
        async move { future::or(work, called).await }
    }
    /// Ends when everybody is called home.
    fn called_home(&self) -> impl Future<Output = ()> + use<> {
        let (home, going) = (self.home.clone(), self.going_home.clone());
        async move {
            if !going.get() {
                home.wait().await;
            }
        }
    }
    /// Lets a rep begin. `ended` is called when their day is over, whatever ended it.
    pub fn start(&self, rep: usize, terms: Terms, ended: impl FnOnce() + 'static) {
        let Some(seat) = self.reps.get(rep) else { return ended() };
        let Some((mut plan, town)) = seat.plan.borrow_mut().take() else { return ended() };
        let station = self.stations[seat.client as usize].clone();
        self.shared.record(seat.client, What::Began);
        let day = station.day();
        let opens = day.day(terms.opens);
        if plan.leaves_home < opens {
            // Under way already when the window opens: one after the other, not all at once.
            let share = plan.key % 1_000_000;
            let later = Span::micros((i128::from(terms.ramp.as_micros()) * i128::from(share) / 1_000_000) as i64);
            plan.leaves_home = day.day(terms.opens + later);
            plan.stops_work = plan.stops_work.max(plan.leaves_home);
        }
        plan.lives_until = plan.lives_until.min(day.day(terms.closes));
        let (phone, name) = (seat.phone.clone(), plan.name.clone());
        for at in plan.kills.iter().map(|kill| day.wall(kill.at)).filter(|at| *at > terms.opens && *at < terms.closes) {
            let (phone, clock) = (phone.clone(), self.shared.clock.clone());
            self.shared.clock.spawn(async move {
                clock.sleep_until(at).await;
                phone.kill();
            });
        }
        let (closes, called) = (self.shared.clock.sleep_until(terms.closes), self.called_home());
        // Boxed at once: each future around it would hold it twice, and it is most of what a waiting rep takes.
        let lived = Box::pin(Person::new(phone.clone(), plan, town).day());
        let day = async move {
            let over = async {
                future::or(closes, called).await;
                false
            };
            let whole = async {
                lived.await;
                true
            };
            if future::or(whole, over).await {
                return;
            }
            // Boxed when it comes to that: nobody has to hold room for their evening all day.
            Box::pin(evening(&phone, terms.clock_out)).await;
        };
        let (panicked, phone) = (self.panicked.clone(), seat.phone.clone());
        self.shared.clock.spawn(async move {
            if crate::guard::panics(day).await {
                panicked.borrow_mut().push(name);
                phone.switch_off();
            }
            ended();
        });
    }
    /// Everybody goes home.
    pub fn go_home(&self) {
        self.rep_clients().for_each(|client| self.shared.record(client, What::CalledHome));
        self.going_home.set(true);
        self.home.notify();
    }
    /// Brings what the wire brought to whom it is for.
    pub fn deliver(&self, arrival: Arrival) {
        if let Some(station) = self.stations.get(arrival.client as usize) {
            station.came(arrival.what);
        }
    }
    /// Adds what was recorded since this was last asked.
    pub fn hand_on(&self, lines: &mut Lines) {
        if let Some(recorder) = &mut *self.shared.recorder.borrow_mut() {
            recorder.hand_on(lines);
        }
    }
    /// Ends it: gives its recorder, and who panicked.
    pub fn finish(self) -> (Option<Recorder>, Vec<String>) {
        // An app and its phone hold each other; a phone that is switched off lets go.
        self.reps.iter().for_each(|seat| seat.phone.switch_off());
        self.shared.carrier.borrow_mut().take();
        let recorder = self.shared.recorder.borrow_mut().take();
        (recorder, self.panicked.take())
    }
}

/// What is left to do for whoever was still at work when the window closed.
async fn evening(phone: &Rc<Phone<Station>>, clocks_out: bool) {
    if clocks_out {
        // Queued: it goes out if it can.
        let _ = phone.using(|app| async move { app.clock_out().await }).await;
    }
    phone.linger().await;
    phone.end_day();
}
