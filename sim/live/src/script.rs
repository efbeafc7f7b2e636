//! Scripts in place of days: who plays one in a cell, when it begins, and what is measured of it.

use fieldday_api::SmolStr;
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::Time;
use fieldday_rep::player::{MadeThings, Player, Script};
use fieldday_rep::station::Station;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The scripts of a run, by the cell's place in the plan and the client's name.
pub type Scripts = BTreeMap<u32, BTreeMap<SmolStr, Script>>;

/// So many clients of a cell prepare at once: what they send beforehand is no load that anybody asked about.
const PREPARE_AT_ONCE: u32 = 4;

/// What whoever conducts a run of scripts tells the workers, and learns from them.
#[derive(Debug, Default)]
pub struct Conduct {
    prepared: AtomicU64,
    begins_us: AtomicI64,
    from_us: AtomicI64,
    until_us: AtomicI64,
}

impl Conduct {
    /// So many more clients have sent what must be there before their script begins.
    pub fn add_prepared(&self, more: u64) {
        self.prepared.fetch_add(more, Ordering::Relaxed);
    }
    /// The number of clients that are prepared.
    pub fn prepared(&self) -> u64 {
        self.prepared.load(Ordering::Relaxed)
    }
    /// Has every script begin at that moment.
    pub fn begin_at(&self, at: Time) {
        self.begins_us.store(at.micros(), Ordering::Release);
    }
    /// The time at which scripts begin; none as long as it is not decided.
    pub fn begins(&self) -> Option<Time> {
        Some(self.begins_us.load(Ordering::Acquire)).filter(|at| *at != 0).map(Time::from_micros)
    }
    /// Has that part measured, which is to begin in a second at least: workers look about twice a second.
    pub fn measure(&self, from: Time, until: Time) {
        self.until_us.store(until.micros(), Ordering::Relaxed);
        self.from_us.store(from.micros(), Ordering::Release);
    }
    /// The part that is measured, if that is known.
    pub fn measured(&self) -> Option<(Time, Time)> {
        let from = Some(self.from_us.load(Ordering::Acquire)).filter(|at| *at != 0)?;
        Some((Time::from_micros(from), Time::from_micros(self.until_us.load(Ordering::Relaxed))))
    }
}

/// The scripts of a cell.
pub(crate) struct Stage {
    scripts: RefCell<BTreeMap<SmolStr, Script>>,
    free: Cell<u32>,
    freed: Signal,
    prepared: Cell<u64>,
    begins: Cell<Option<Time>>,
    begun: Signal,
    made: Rc<MadeThings>,
}

impl Stage {
    pub fn new(scripts: BTreeMap<SmolStr, Script>) -> Stage {
        Stage {
            scripts: RefCell::new(scripts),
            free: Cell::new(PREPARE_AT_ONCE),
            freed: Signal::default(),
            prepared: Cell::new(0),
            begins: Cell::new(None),
            begun: Signal::default(),
            made: Rc::default(),
        }
    }
    /// What a client plays. Nothing is sent by one without a script.
    pub fn play(self: &Rc<Stage>, name: &str, station: Station) -> impl Future<Output = ()> + use<> {
        let stage = self.clone();
        let script = self.scripts.borrow_mut().remove(name);
        async move {
            let Some(script) = script else { return };
            let mut player = Player::new(station, script, stage.made.clone());
            while stage.free.get() == 0 {
                stage.freed.wait().await;
            }
            stage.free.set(stage.free.get() - 1);
            player.prepares().await;
            stage.free.set(stage.free.get() + 1);
            stage.freed.notify();
            stage.prepared.set(stage.prepared.get() + 1);
            let begins = async {
                loop {
                    match stage.begins.get() {
                        Some(at) => return at,
                        None => stage.begun.wait().await,
                    }
                }
            };
            player.plays(begins).await;
        }
    }
    /// How many clients were prepared since this was asked last.
    pub fn take_prepared(&self) -> u64 {
        self.prepared.take()
    }
    /// The scripts begin at that time.
    pub fn begin_at(&self, at: Time) {
        if self.begins.get().is_none() {
            self.begins.set(Some(at));
            self.begun.notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_before_it_is_said() {
        let (conduct, at) = (Conduct::default(), Time::from_micros);
        assert_eq!((conduct.begins(), conduct.measured(), conduct.prepared()), (None, None, 0));
        conduct.begin_at(at(7));
        conduct.measure(at(8), at(9));
        conduct.add_prepared(2);
        assert_eq!((conduct.begins(), conduct.measured(), conduct.prepared()), (Some(at(7)), Some((at(8), at(9))), 2));
    }
}
