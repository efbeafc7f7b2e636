//! A phone with the app on a bench: a clock that tests wind, a backend that answers as they say, and all that happened.
//!
//! Times are milliseconds since [`START`], when the app has started and nothing has been done.

pub use crate::answers::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_history::EventKind;
use fieldday_history::event::{Sent, Settlement};
use fieldday_kernel::executor::Executor;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_radio::air::{Air, Gap};
use fieldday_radio::link::Link;
use fieldday_radio::place::Point;
use fieldday_radio::track::Leg;
use fieldday_radio::{network, territory};
use fieldday_rep::app::App;
use fieldday_rep::app::settings::Settings;
use fieldday_rep::phone::{Owner, Phone};
use fieldday_rep::process::Died;
use fieldday_rep::station::{AccessLink, CellContext, DayClock, EventSink, Occupant, Station};
use fieldday_rep::transport::scripted::{Reply, Scripted, Seen};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// The key of the phone's draws.
const KEY: u64 = 7;
/// The phone's number among the clients.
pub const CLIENT: u32 = 3;
/// How long the app takes to start.
pub const STARTS: i64 = 1_200;

/// When the app has started.
pub fn start() -> Time {
    Time::parse("2026-06-10T08:00:00Z").unwrap()
}
/// That many milliseconds after the start.
pub fn at(ms: i64) -> Time {
    start() + Span::millis(ms)
}
pub fn ms(time: Time) -> i64 {
    time.since(start()).as_millis()
}

struct Log(Rc<RefCell<Vec<(Time, EventKind)>>>);

impl EventSink for Log {
    fn record(&self, now: Time, _: u32, what: EventKind) {
        self.0.borrow_mut().push((now, what));
    }
}

/// What the backend does instead of what it does by default.
#[derive(Default)]
struct Script {
    next: BTreeMap<Op, VecDeque<Reply>>,
    always: BTreeMap<Op, Reply>,
}

/// What came of something that a person does with the app.
pub struct Doing<T>(Rc<RefCell<Option<Result<T, Died>>>>);

impl<T> Doing<T> {
    pub fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }
    /// What came of it, if it has ended and the app lived.
    pub fn came_to(&self) -> Option<T> {
        self.0.borrow_mut().take().and_then(Result::ok)
    }
}

/// The bench.
pub struct Bench {
    pub executor: Executor,
    pub backend: Rc<Scripted>,
    pub phone: Rc<Phone>,
    events: Rc<RefCell<Vec<(Time, EventKind)>>>,
    script: Rc<RefCell<Script>>,
}

/// A phone whose line carries everything at once.
pub fn bench() -> Bench {
    bench_with(|_| {})
}
/// The same with other settings.
pub fn bench_with(change: impl FnOnce(&mut Settings)) -> Bench {
    Bench::new(change, AccessLink::direct(Span::ZERO), Zone::utc(), start())
}
/// A phone on a mobile network without any weather, which it does not see from one moment to another, in milliseconds.
pub fn bench_offline(gaps: &[(i64, i64)], change: impl FnOnce(&mut Settings)) -> Bench {
    Bench::new(change, mobile(gaps), Zone::utc(), start())
}
/// A phone whose app starts at that time of a day in UTC.
pub fn bench_at(time: &str) -> Bench {
    Bench::new(|_| {}, AccessLink::direct(Span::ZERO), Zone::utc(), Time::parse(time).unwrap())
}

/// A mobile network with 20 ms there and back.
pub fn mobile(gaps: &[(i64, i64)]) -> AccessLink {
    let gap = |(from, until): &(i64, i64)| Gap { name: "gap".into(), phone: KEY, from: at(*from), until: at(*until) };
    mobile_in(|air| air.gaps = gaps.iter().map(gap).collect())
}
/// The same in a territory with something in it.
pub fn mobile_in(change: impl FnOnce(&mut Air)) -> AccessLink {
    let (territory, profile) = (territory::named("newark").unwrap(), network::named("clean").unwrap());
    let mut air = Air::plain(territory.clone(), profile.clone());
    change(&mut air);
    air.sort();
    AccessLink::Mobile(Box::new(RefCell::new(Link::new(1, KEY, Arc::new(air)))))
}

impl Bench {
    pub fn new(change: impl FnOnce(&mut Settings), line: AccessLink, zone: Zone, from: Time) -> Bench {
        let bench = Bench::unopened(change, line, zone, from, DayClock::real_time());
        let opened = bench.does(|_| async {});
        bench.executor.run_to(from);
        assert!(opened.is_done());
        bench
    }
    /// A phone whose app was never started.
    pub fn unopened(
        change: impl FnOnce(&mut Settings),
        line: AccessLink,
        zone: Zone,
        from: Time,
        day: DayClock,
    ) -> Bench {
        let executor = Executor::new(from - Span::millis(STARTS));
        let script = Rc::new(RefCell::new(Script::default()));
        let asked = script.clone();
        let backend = Scripted::new(executor.handle(), move |seen| {
            let mut script = asked.borrow_mut();
            let op = seen.request.op();
            let next = script.next.get_mut(&op).and_then(VecDeque::pop_front);
            next.or_else(|| script.always.get(&op).cloned()).unwrap_or_else(|| well(seen))
        });
        let events = Rc::new(RefCell::default());
        let cell = Rc::new(CellContext {
            clock: executor.handle(),
            seed: 1,
            events: Box::new(Log(Rc::clone(&events))),
            transport: backend.clone(),
            lingers: Span::minutes(5),
        });
        let occupant = Occupant {
            client: CLIENT,
            key: KEY,
            tenant: "org_1".into(),
            user_id: "user_1".into(),
            role: Role::SalesRep,
            line,
            day,
            zone,
            territory: territory::named("newark").unwrap().clone(),
        };
        let station = Station::new(cell, occupant);
        station.follow(Leg::stay(Point::default(), from - Span::hours(1)));
        let mut settings = Settings { patience: Span::hours(1), ..Settings::default() };
        change(&mut settings);
        let owner = Owner { rep_id: "rep_1".into(), user_id: "user_1".into() };
        Bench { executor, backend, phone: Phone::new(station, owner, settings), events, script }
    }

    /// The person begins to do something with the app.
    pub fn does<T: 'static, F>(&self, act: impl FnOnce(App) -> F + 'static) -> Doing<T>
    where
        F: Future<Output = T> + 'static,
    {
        let (phone, done) = (self.phone.clone(), Rc::new(RefCell::new(None)));
        let doing = Doing(done.clone());
        self.executor.handle().spawn(async move {
            let came_to = phone.using(act).await;
            *done.borrow_mut() = Some(came_to);
        });
        self.executor.run_to(self.executor.handle().now());
        doing
    }
    /// The same, and the clock runs until it has ended.
    pub fn done<T: 'static, F>(&self, act: impl FnOnce(App) -> F + 'static) -> T
    where
        F: Future<Output = T> + 'static,
    {
        let doing = self.does(act);
        while !doing.is_done() {
            self.executor.run_to(self.executor.next_due().expect("something will happen yet"));
        }
        doing.came_to().expect("the app lives")
    }
    /// The clock runs for that long.
    pub fn run(&self, ms: i64) {
        self.executor.run_to(self.executor.handle().now() + Span::millis(ms));
    }
    /// The clock runs until it is so late.
    pub fn run_to(&self, ms: i64) {
        self.executor.run_to(at(ms));
    }
    /// How late it is.
    pub fn now(&self) -> i64 {
        ms(self.executor.handle().now())
    }
    /// The app dies.
    pub fn kill(&self) {
        self.phone.kill();
        self.run(0);
    }
    /// The person opens the app, and waits until it has started.
    pub fn open(&self) {
        self.done(|_| async {});
    }

    /// The next attempts at an endpoint go like this, one after the other; those after them go well.
    pub fn next(&self, op: Op, replies: impl IntoIterator<Item = Reply>) {
        self.script.borrow_mut().next.entry(op).or_default().extend(replies);
    }
    /// From now on, all attempts at an endpoint go like this.
    pub fn always(&self, op: Op, reply: Reply) {
        self.script.borrow_mut().always.insert(op, reply);
    }
    /// From now on, all attempts at an endpoint go well.
    pub fn well_again(&self, op: Op) {
        self.script.borrow_mut().always.remove(&op);
    }

    /// All attempts that reached the backend.
    pub fn seen(&self) -> Vec<Seen> {
        self.backend.seen()
    }
    /// The endpoints of all attempts, in order.
    pub fn ops(&self) -> Vec<Op> {
        self.seen().iter().map(|seen| seen.request.op()).collect()
    }
    /// When attempts at an endpoint reached the backend.
    pub fn times(&self, op: Op) -> Vec<i64> {
        self.seen().iter().filter(|seen| seen.request.op() == op).map(|seen| ms(seen.at)).collect()
    }
    /// How long after one another they did.
    pub fn waits(&self, op: Op) -> Vec<i64> {
        self.times(op).windows(2).map(|two| two[1] - two[0]).collect()
    }
    /// The requests to an endpoint.
    pub fn requests(&self, op: Op) -> Vec<Call> {
        self.seen().iter().filter(|seen| seen.request.op() == op).map(|seen| (*seen.request).clone()).collect()
    }
    /// Everything that happened.
    pub fn events(&self) -> Vec<EventKind> {
        self.events.borrow().iter().map(|(_, what)| what.clone()).collect()
    }
    /// When the events happened of which something is told, and that.
    pub fn happened<T>(&self, tell: impl Fn(&EventKind) -> Option<T>) -> Vec<(i64, T)> {
        self.events.borrow().iter().filter_map(|(at, what)| Some((ms(*at), tell(what)?))).collect()
    }
    /// The same without the times.
    pub fn recorded<T>(&self, tell: impl Fn(&EventKind) -> Option<T>) -> Vec<T> {
        self.happened(tell).into_iter().map(|(_, told)| told).collect()
    }
    /// How actions left the queue.
    pub fn settled(&self) -> Vec<(u32, Settlement)> {
        self.recorded(|what| match what {
            EventKind::Settled { action, how } => Some((*action, *how)),
            _ => None,
        })
    }
    /// What was sent, as the phone recorded it.
    pub fn sent(&self) -> Vec<Sent> {
        self.recorded(|what| match what {
            EventKind::Sent(sent) => Some(sent.clone()),
            _ => None,
        })
    }
    /// The actions that wait.
    pub fn queue(&self) -> Vec<u32> {
        self.phone.storage.borrow().queue.iter().map(|queued| queued.action).collect()
    }
}
