//! The app: the phone's software, as the spec wants it.
//!
//! One [`App`] is one run of it, inside a [`Process`] that can die between any two steps. What it holds in
//! memory dies with it; what is in [`storage`] does not. Calls of the foreground, the flush of the queue, polling and
//! uploads go on side by side.

pub mod cache;
mod client;
pub mod defects;
mod polling;
mod proof;
mod queue;
mod recording;
mod screens;
pub mod settings;
pub mod storage;
mod tasks;
mod token;
mod upload;

pub use client::CallOutcome;
pub use recording::Started;
pub use tasks::Created;

use crate::app::defects::{ActiveDefects, AppDefect};
use crate::phone::Phone;
use crate::process::Process;
use fieldday_history::EventKind;
use fieldday_history::event::Trigger;
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

/// The time from the app's launch until it can be used.
const START_TAKES: Span = Span::millis(1_200);

/// The app while it runs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    phone: Rc<Phone>,
    /// The process of the phone that this run of the app is.
    pub process: Rc<Process>,
    memory: Rc<Memory>,
}

/// The state that dies with the process.
#[derive(Default)]
struct Memory {
    /// Whether the app has started.
    ready: Cell<bool>,
    became_ready: Signal,
    token: RefCell<Option<token::Held>>,
    /// A token is being fetched; `fetched` is given when that ends.
    fetching: Cell<bool>,
    fetched: Signal,
    /// Whether a flush of the queue is under way.
    flushing: Cell<bool>,
    /// Something waits for the next time to send it.
    keeping: Cell<bool>,
    /// Whether uploads are under way.
    uploading: Cell<bool>,
    /// A recording is being started, or a task created: a second tap does nothing.
    starting: Cell<bool>,
    creating: Cell<bool>,
}

impl App {
    pub(crate) fn new(phone: Rc<Phone>, process: Rc<Process>) -> App {
        App { phone, process, memory: Rc::default() }
    }
    /// Starts: loads what storage has and takes up what was left undone.
    pub(crate) async fn start(&self) {
        self.phone.station.sleep(START_TAKES).await;
        self.memory.ready.set(true);
        self.memory.became_ready.notify();
        if !self.has(AppDefect::NoResumeAfterRestart) {
            self.flush_soon(Trigger::AppOpened);
        }
        self.upload_soon();
    }
    /// Waits until the app has started.
    pub(crate) async fn ready(&self) {
        while !self.memory.ready.get() {
            self.memory.became_ready.wait().await;
        }
    }
    /// Does something beside what goes on, until it ends or the app dies.
    pub(crate) fn background<F>(&self, work: impl FnOnce(App) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        let process = self.process.clone();
        let work = work(self.clone());
        self.phone.station.spawn(async move {
            // Whether it ended or died makes no difference to anyone.
            let _ = process.guard(work).await;
        });
    }
    /// Waits as long as the durable store needs for a write. Only what is changed after this, without another wait, is
    /// written.
    async fn write(&self) {
        self.phone.station.sleep(self.phone.settings.write_takes).await;
    }
    /// Whether the app has this defect, and it has not been switched off since.
    fn has(&self, defect: AppDefect) -> bool {
        self.phone.settings.defects.has(defect) && !self.phone.healed.get()
    }
    /// The decisions that defects change.
    fn defects(&self) -> ActiveDefects<'_> {
        ActiveDefects(self)
    }
    fn now(&self) -> Time {
        self.phone.station.now()
    }
    fn record(&self, what: EventKind) {
        if let Some(what) = self.defects().shown(what) {
            self.phone.station.record(what);
        }
    }
}
