//! A cell on the wall clock: its clients at their stations, who begin when they are told to.

use crate::script::{Conduct, Stage};
use crate::watch::LiveStats;
use fieldday_api::SmolStr;
use fieldday_api::rules::Rule;
use fieldday_engine::cell::{Day, Furnishing, RepDay, Seat, kill_at};
use fieldday_engine::recorder::{History, Recorder, SharedRecorder};
use fieldday_engine::setup;
use fieldday_history::EventKind;
use fieldday_history::event::Client;
use fieldday_history::file::Lines;
use fieldday_kernel::executor::{Executor, Handle, Sleep};
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{CellPlan, OfficeAction, OfficeDeed, TenantPlan};
use fieldday_rep::auditor::Auditor;
use fieldday_rep::intruder::Intruder;
use fieldday_rep::office::Desk;
use fieldday_rep::phone::Phone;
use fieldday_rep::player::Script;
use fieldday_rep::station::{CellContext, DayClock, Station};
use fieldday_rep::transport::Transport;
use fieldday_rules::{Judges, Measures, Plateau, Traffic};
use fieldday_scenario::{Live, Scenario};
use futures_lite::future;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The longest that a run can take: traffic is kept from its beginning until this long after.
const LONGEST: Span = Span::hours(24 * 30);

/// What an auditor waits between two reads: there are few auditors, and each waits for its answers.
const AUDITOR_PAUSES: Span = Span::millis(20);

/// A cell on the wall clock.
pub struct LiveCell {
    /// The name of the cell in the plan.
    pub name: String,
    /// The place of the cell in the plan.
    pub index: u32,
    clock: Handle,
    recorder: SharedRecorder,
    clients: Vec<LiveClient>,
    /// The numbers of the clients who are reps, in the plan's order.
    reps: Vec<u32>,
    /// Given when everybody is to go home.
    home: Rc<Signal>,
    going_home: Rc<Cell<bool>>,
    intruders: Rc<Intruders>,
    /// The names of the reps whose tasks panicked.
    panicked: Rc<RefCell<Vec<String>>>,
    /// What its clients play in place of their days, if they do.
    stage: Option<Rc<Stage>>,
    start: Time,
}

/// How far the intruders of a cell are.
#[derive(Default)]
struct Intruders {
    /// Those who are not done yet.
    about: Cell<usize>,
    /// Those of them who have tried everything, and wait until they may take back what they made: as long as anybody looks at
    /// the target's rows, what probes made is to be seen in them.
    wait: Cell<usize>,
    /// Given when they need wait no longer.
    clear_up: Signal,
}

/// A client of the cell.
struct LiveClient {
    station: Station,
    client: Client,
    /// The plan of its day, until the day begins.
    day: RefCell<Option<Day>>,
    /// The phone of a rep; none of other clients.
    phone: Option<Rc<Phone>>,
}

/// What somebody does all day.
type Work = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// How a cell goes through its window, and what is kept of it.
#[derive(Clone, Copy, Debug)]
pub struct CellOptions {
    /// When the window opens and closes, by the protocol's clock.
    pub opens: Time,
    /// When the window closes, by the protocol's clock.
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
    /// Whether what the wire carries is kept, request by request.
    pub traffic: bool,
}

impl LiveCell {
    /// Sets a cell up on an executor; `days` are the clocks of its tenants, in their order, and `transport` carries what its
    /// clients send.
    pub fn new(
        executor: &Executor,
        scenario: &Scenario,
        plan: CellPlan,
        days: &[DayClock],
        options: CellOptions,
        transport: Rc<dyn Transport>,
    ) -> LiveCell {
        let mut recorder = recorder(scenario, &plan, options.history);
        recorder.kept = options.keep.then(Vec::new);
        let plateau = |(from, until): (Time, Time)| Plateau::new(from.since(plan.start), until.since(plan.start));
        recorder.plateau = options.plateau.map(plateau);
        let opens = options.opens.since(plan.start);
        recorder.traffic = options.traffic.then(|| Traffic::new(opens, opens + LONGEST));
        let recorder = SharedRecorder::new(Some(recorder));
        let context = CellContext {
            clock: executor.handle(),
            seed: plan.seed,
            events: Box::new(recorder.clone()),
            transport,
            lingers: options.lingers,
        };
        let furnishing = Furnishing {
            context: Rc::new(context),
            app: &setup::app(scenario, setup::pace(scenario)),
            mobile: options.link,
            office_one_way: Span::ZERO,
        };
        let who_plays = plan
            .tenants
            .into_iter()
            .zip(days)
            .map(|(tenant, day)| within_window(tenant, &scenario.live, *day, options));
        let seats = furnishing.seat(who_plays.collect(), days.iter().copied());
        let clients: Vec<LiveClient> = seats.into_iter().map(LiveClient::new).collect();
        let is_rep = |client: &LiveClient| client.phone.is_some();
        let reps = (0_u32..).zip(&clients).filter(|(_, client)| is_rep(client)).map(|(number, _)| number).collect();
        LiveCell {
            name: plan.name,
            index: plan.index,
            clock: executor.handle(),
            recorder,
            clients,
            reps,
            home: Rc::default(),
            going_home: Rc::default(),
            intruders: Rc::default(),
            panicked: Rc::default(),
            stage: None,
            start: plan.start,
        }
    }
    /// Has its clients play scripts, by name, in place of their days.
    pub fn plays(&mut self, scripts: BTreeMap<SmolStr, Script>) {
        self.stage = Some(Rc::new(Stage::new(scripts)));
    }
    /// Follows whoever conducts the run; says how many clients were prepared since the last time.
    pub fn follows(&self, conduct: &Conduct) {
        let Some(stage) = &self.stage else { return };
        conduct.add_prepared(stage.take_prepared());
        if let Some(at) = conduct.begins() {
            stage.begin_at(at);
        }
        if let Some((from, until)) = conduct.measured() {
            let (from, until) = (from.since(self.start), until.since(self.start));
            self.recorder.with(|recorder| recorder.plateau.as_mut().map(|plateau| plateau.moves(from, until)));
        }
    }

    /// Who its clients are, by number.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().map(|of| &of.client)
    }
    /// The station of a client.
    pub fn station(&self, client: u32) -> &Station {
        &self.clients[client as usize].station
    }
    /// The client numbers of its reps, in the plan's order.
    pub fn rep_clients(&self) -> impl Iterator<Item = u32> + '_ {
        self.reps.iter().copied()
    }
    /// Has somebody watch its reps.
    pub fn watched_by(&self, watch: &Rc<RefCell<LiveStats>>) {
        let cell = watch.borrow_mut().add_cell(self.clients.len(), self.rep_clients());
        let watch = watch.clone();
        self.recorder.watched_by(Box::new(move |client, what| watch.borrow_mut().on(cell, client, what)));
    }
    /// How often each rule was broken so far.
    pub fn broken(&self, mut each: impl FnMut(Rule, u64)) {
        self.recorder.with(|recorder| {
            let findings = recorder.judges.so_far();
            Rule::ALL.iter().for_each(|rule| each(*rule, findings.count(*rule).broken));
        });
    }
    /// Attempts so far that were not answered as expected.
    pub fn errors(&self) -> u64 {
        self.recorder.with(|recorder| recorder.measures.errors).unwrap_or(0)
    }
    /// Lets everybody but the reps begin.
    pub fn begin(&self, options: CellOptions) {
        for client in self.clients.iter().filter(|client| client.phone.is_none()) {
            let (station, day) = (client.station.clone(), client.day.borrow_mut().take());
            if let Some(stage) = &self.stage {
                self.clock.spawn(self.until_home(Box::pin(stage.play(&client.client.name, station))));
                continue;
            }
            let work: Work = match day {
                Some(Day::Desk(plan)) => Box::pin(self.until_home(Box::pin(Desk::new(station, plan).day()))),
                // An auditor looks at what is left when the others have gone.
                Some(Day::Auditor(plan)) => Box::pin(Auditor::new(station, plan, AUDITOR_PAUSES).day()),
                Some(Day::Intruder(plan)) => {
                    let done = options.closes + options.lingers;
                    Box::pin(self.intrudes(Intruder::new(station, plan), self.clock.sleep_until(done)))
                }
                Some(Day::Rep(_)) | None => continue,
            };
            self.clock.spawn(work);
        }
    }
    /// An intruder's day. What probes made is taken back when nobody else is about any more, when the run is stopped, or `by`
    /// then.
    fn intrudes(&self, mut intruder: Intruder, by: Sleep) -> impl Future<Output = ()> + use<> {
        let (home, called) = (self.called_home(), self.called_home());
        let of = self.intruders.clone();
        let count = |count: &Cell<usize>, more: isize| count.set(count.get().saturating_add_signed(more));
        count(&of.about, 1);
        async move {
            intruder.day_until(called).await;
            count(&of.wait, 1);
            future::or(home, future::or(of.clear_up.wait(), by)).await;
            count(&of.wait, -1);
            intruder.undoes().await;
            count(&of.about, -1);
        }
    }
    /// How many intruders are not done yet, and how many of them wait until they may clear up.
    pub fn intruders(&self) -> (usize, usize) {
        (self.intruders.about.get(), self.intruders.wait.get())
    }
    /// Lets intruders take back what they made.
    pub fn clears_up(&self) {
        self.intruders.clear_up.notify();
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
    pub fn start(&self, rep: usize, options: CellOptions, ended: impl FnOnce() + 'static) {
        let Some(client) = self.reps.get(rep).map(|number| &self.clients[*number as usize]) else { return ended() };
        let Some(Day::Rep(RepDay { mut plan, town, phone })) = client.day.borrow_mut().take() else { return ended() };
        client.station.record(EventKind::Began);
        if let Some(stage) = &self.stage {
            let (closes, called) = (self.clock.sleep_until(options.closes), self.called_home());
            let play = stage.play(&client.client.name, client.station.clone());
            self.clock.spawn(async move {
                future::or(play, future::or(closes, called)).await;
                phone.switch_off();
                ended();
            });
            return;
        }
        let day = client.station.day();
        let opens = day.day(options.opens);
        if plan.leaves_home < opens {
            // Under way already when the window opens: one after the other, not all at once.
            let share = plan.key % 1_000_000;
            let later = Span::micros((i128::from(options.ramp.as_micros()) * i128::from(share) / 1_000_000) as i64);
            plan.leaves_home = day.day(options.opens + later);
            plan.stops_work = plan.stops_work.max(plan.leaves_home);
        }
        plan.lives_until = plan.lives_until.min(day.day(options.closes));
        let name = plan.name.clone();
        for at in
            plan.kills.iter().map(|kill| day.wall(kill.at)).filter(|at| *at > options.opens && *at < options.closes)
        {
            kill_at(&self.clock, at, &phone);
        }
        let (closes, called) = (self.clock.sleep_until(options.closes), self.called_home());
        // Boxed at once: each future around it would hold it twice, and it is most of what a waiting rep takes.
        let lived = Box::pin(RepDay { plan, town, phone: phone.clone() }.lived());
        let of_evening = phone.clone();
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
            Box::pin(evening(&of_evening, options.clock_out)).await;
        };
        let panicked = self.panicked.clone();
        self.clock.spawn(async move {
            if crate::guard::panics(day).await {
                panicked.borrow_mut().push(name);
                phone.switch_off();
            }
            ended();
        });
    }
    /// Asks every rep to end their day: the run is stopping.
    pub fn stop(&self) {
        self.rep_clients().for_each(|client| self.station(client).record(EventKind::CalledHome));
        self.going_home.set(true);
        self.home.notify();
    }
    /// Moves what was recorded since the last time into `lines`.
    pub fn take_lines(&self, lines: &mut Lines) {
        self.recorder.with(|recorder| recorder.take_lines(lines));
    }
    /// Ends it: gives its recorder, and who panicked.
    pub fn finish(self) -> (Option<Recorder>, Vec<String>) {
        // An app and its phone hold each other; a phone that is switched off lets go.
        self.clients.iter().filter_map(|client| client.phone.as_ref()).for_each(|phone| phone.switch_off());
        (self.recorder.take(), self.panicked.take())
    }
}

/// What records a cell's events on the wall clock; `history` keeps them for one.
pub(crate) fn recorder(scenario: &Scenario, plan: &CellPlan, history: bool) -> Recorder {
    let zones = setup::zones(plan);
    let judges = setup::judges(scenario, setup::pace(scenario), plan.start, zones.clone());
    let mut recorder = Recorder::new(plan.start, Judges::new(Arc::new(judges)), Measures::default());
    recorder.measures.cell(setup::day_starts(scenario, plan.date, plan.start));
    recorder.history = history.then(|| History::Lines { cell: plan.name.clone(), zones, lines: Lines::default() });
    recorder
}

impl LiveClient {
    fn new(Seat { station, client, day }: Seat) -> LiveClient {
        let phone = match &day {
            Day::Rep(day) => Some(day.phone.clone()),
            _ => None,
        };
        LiveClient { station, client, day: RefCell::new(Some(day)), phone }
    }
}

/// A tenant with only those beside the reps who play on the wall clock, and what they do within the window. Nobody is waited
/// for who has something to do after it; what is tried at night is tried at its opening.
fn within_window(mut tenant: TenantPlan, live: &Live, day: DayClock, options: CellOptions) -> TenantPlan {
    let (opens, closes) = (day.day(options.opens), day.day(options.closes));
    if !live.office {
        tenant.office.clear();
    }
    // Who an appointment is assigned to is no field of an update (§2.1.3): the model alone takes it.
    let is_documented = |action: &OfficeAction| !matches!(action.what, OfficeDeed::Reassign { .. });
    let is_done = |action: &OfficeAction| (opens..closes).contains(&action.at) && is_documented(action);
    tenant.office.iter_mut().for_each(|desk| desk.actions.retain(is_done));
    tenant.auditor = tenant.auditor.filter(|_| live.auditors);
    if let Some(auditor) = &mut tenant.auditor {
        // The last round is made after everybody is done, whenever that is.
        let done = day.day(options.closes + options.lingers);
        auditor.rounds.iter_mut().for_each(|(_, at)| *at = (*at).min(done));
    }
    if !live.intruders {
        tenant.intruders.clear();
    }
    tenant.intruders.iter_mut().for_each(|intruder| intruder.probes.retain(|probe| probe.at < closes));
    tenant
}

/// What is left to do for whoever was still at work when the window closed.
async fn evening(phone: &Rc<Phone>, clocks_out: bool) {
    if clocks_out {
        // Queued: it goes out if it can.
        let _ = phone.using(|app| async move { app.clock_out().await }).await;
    }
    phone.linger().await;
    phone.end_day();
}
