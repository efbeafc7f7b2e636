//! The phone: storage that outlives the app, and the app's process that runs on it.

use crate::app::App;
use crate::app::defects::AppDefect;
use crate::app::settings::Settings;
use crate::app::storage::Storage;
use crate::process::{Died, Fuse, Process};
use crate::station::Station;
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_kernel::time::Span;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

/// The rep who carries a phone.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The id of the rep, in paths and bodies.
    pub rep_id: SmolStr,
    /// The id of the rep's user, the subject of the token.
    pub user_id: SmolStr,
}

/// How a phone looks from outside. Never holds a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PhoneView {
    /// The number of times that the app was started.
    pub launch: u32,
    /// Whether the app's process is alive.
    pub runs: bool,
    /// Whether there is a network at the phone's place now.
    pub online: bool,
    /// Where it is, in metres in its territory's plane.
    pub position_m: (i64, i64),
    /// How long the token in hand lives yet; negative once it has expired.
    pub token_lives: Option<Span>,
    /// The queued actions, each with its number, endpoint and the id in its path.
    pub queue: Vec<(u32, Op, SmolStr)>,
    /// The id of the session that is being recorded; none if none is.
    pub recording: Option<SmolStr>,
    /// Audio on its way: of which session, how many bytes.
    pub uploads: Vec<(SmolStr, u64)>,
    /// The cached answers, each with its content, age and whether it is fresh.
    pub cache: Vec<(String, Span, bool)>,
}

/// A phone on which the app is installed.
pub struct Phone {
    /// The clock, network and position of the phone, and the sink of its events.
    pub station: Station,
    /// The rep who carries the phone.
    pub owner: Owner,
    /// The settings of the app.
    pub settings: Settings,
    /// The app's durable store, which survives its process.
    pub storage: RefCell<Storage>,
    /// Whether the app's defects are switched off since.
    pub healed: Cell<bool>,
    app: RefCell<Option<App>>,
    launches: Cell<u32>,
    calls: Cell<u32>,
    readings: Cell<u32>,
    /// The step before which the next process dies: for tests of every await point.
    pub fuse: Cell<Option<u64>>,
    steps: Cell<u64>,
}

impl Phone {
    /// A phone on which the app was never started.
    pub fn new(station: Station, owner: Owner, settings: Settings) -> Rc<Phone> {
        Rc::new(Phone {
            station,
            owner,
            settings,
            storage: RefCell::default(),
            healed: Cell::new(false),
            app: RefCell::default(),
            launches: Cell::new(0),
            calls: Cell::new(0),
            readings: Cell::new(0),
            fuse: Cell::new(None),
            steps: Cell::new(0),
        })
    }
    /// Uses the app, starting it if it does not run. If it dies meanwhile, so does what was under way.
    pub async fn using<T, F: Future<Output = T>>(self: &Rc<Self>, act: impl FnOnce(App) -> F) -> Result<T, Died> {
        let running = self.app.borrow().clone().filter(|app| app.process.is_alive());
        let app = match running {
            Some(app) => app,
            None => self.launch(),
        };
        let process = app.process.clone();
        let use_of_it = async move {
            app.ready().await;
            act(app).await
        };
        // Boxed, since a rep is mostly between two uses: what one needs is held only while it lasts.
        process.guard(Box::pin(use_of_it)).await
    }
    /// Kills the app, if it runs.
    pub fn kill(&self) {
        let app = self.app.borrow_mut().take();
        if let Some(app) = app {
            self.steps.set(self.steps.get() + app.process.steps());
            if app.process.is_alive() {
                app.process.kill();
                self.station.record(EventKind::Killed);
            }
        }
    }
    /// Leaves the phone on for as long as a cell's phones linger, while something still waits to be sent.
    pub async fn linger(&self) {
        let until = self.station.now() + self.station.lingers();
        while self.station.now() < until && self.has_something_to_send() {
            self.station.sleep(Span::millis(250)).await;
        }
    }
    fn has_something_to_send(&self) -> bool {
        let storage = self.storage.borrow();
        !(storage.queue.is_empty() && storage.uploads.is_empty())
    }
    /// The day is over: notes what is left undone, and switches the phone off.
    pub fn end_day(&self) {
        let (queued, uploads) = {
            let storage = self.storage.borrow();
            (storage.queue.len() as u32, storage.uploads.len() as u32)
        };
        self.station.record(EventKind::DayEnded { queued, uploads, online_for: self.station.online_for() });
        self.switch_off();
    }
    /// Switches the phone off. An app and its phone hold each other, so this is what frees them.
    pub fn switch_off(&self) {
        let app = self.app.borrow_mut().take();
        if let Some(app) = app {
            self.steps.set(self.steps.get() + app.process.steps());
            app.process.kill();
        }
    }
    /// How many steps the app took, in all its lives.
    pub fn steps(&self) -> u64 {
        self.steps.get() + self.app.borrow().as_ref().map_or(0, |app| app.process.steps())
    }
    fn launch(self: &Rc<Self>) -> App {
        // Of an app that died by itself, what it held in memory is still to be let go.
        self.switch_off();
        let launch = self.launches.get() + 1;
        self.launches.set(launch);
        self.station.record(EventKind::Launched { launch });
        if launch > 1 && !self.healed.get() && self.settings.defects.has(AppDefect::QueueInMemory) {
            self.storage.borrow_mut().queue.clear();
        }
        let phone = self.clone();
        let burnt = Box::new(move || phone.station.record(EventKind::Killed));
        let fuse = self.fuse.take().map(|step| Fuse { step, burnt });
        let app = App::new(self.clone(), Rc::new(Process::new(fuse)));
        *self.app.borrow_mut() = Some(app.clone());
        app.background(|app| async move { app.start().await });
        app
    }
    /// How the phone looks from outside, for people who replay a day.
    pub fn view(&self) -> PhoneView {
        let (now, storage) = (self.station.now(), self.storage.borrow());
        let app = self.app.borrow().clone().filter(|app| app.process.is_alive());
        let queued = |q: &crate::app::storage::Queued| {
            (q.action, q.request.op(), q.request.path_id().unwrap_or_default().into())
        };
        PhoneView {
            launch: self.launches.get(),
            runs: app.is_some(),
            online: self.station.online(),
            position_m: (i64::from(self.station.here().x_cm) / 100, i64::from(self.station.here().y_cm) / 100),
            token_lives: app.as_ref().and_then(App::token_lives),
            queue: storage.queue.iter().map(queued).collect(),
            recording: storage.recording.as_ref().map(|recording| recording.session_id.clone()),
            uploads: storage.uploads.iter().map(|upload| (upload.recording.session_id.clone(), upload.bytes)).collect(),
            cache: storage
                .cache
                .entries()
                .map(|cached| {
                    let lifetime = cached.key.lifetime().sped_up(self.settings.pace.cache);
                    (cached.key.to_string(), now.since(cached.at), now.since(cached.at) < lifetime)
                })
                .collect(),
        }
    }
    /// The number of the next call, from 1.
    pub(crate) fn next_call(&self) -> u32 {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }
    /// A number for the next look at the positioning system.
    pub(crate) fn next_reading(&self) -> u32 {
        self.readings.set(self.readings.get() + 1);
        self.readings.get()
    }
    /// The number of calls that were made so far.
    pub fn calls(&self) -> u32 {
        self.calls.get()
    }
}
