//! The app as a process of the phone: it can die between any two steps.
//!
//! Everything the app does runs inside [`Process::guard`]. Killing the process ends all that is guarded: the futures are
//! dropped where they stand, and since a real kill runs no destructor, nothing that the app holds may write to storage
//! when it is dropped. Storage is outside the process; the next start finds there what was written.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};

/// One run of the app, from its launch to its death.
#[derive(Default)]
pub struct Process {
    dead: Cell<bool>,
    steps: Cell<u64>,
    fuse: Cell<Option<Fuse>>,
    waiting: RefCell<Vec<Option<Waker>>>,
}

/// Makes a process die by itself, before a step of its own.
pub struct Fuse {
    /// The step before which the process dies, from 1.
    pub step: u64,
    /// Called when the process dies by it.
    pub burnt: Box<dyn FnOnce()>,
}

/// The app died under the hands of whoever used it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Died;

impl Process {
    /// A process that dies by itself if it is given a fuse.
    pub fn new(fuse: Option<Fuse>) -> Process {
        Process { fuse: Cell::new(fuse), ..Process::default() }
    }
    /// Whether the process has not been killed.
    pub fn is_alive(&self) -> bool {
        !self.dead.get()
    }
    /// How many steps it took: how often something guarded went on from an await point.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }
    /// Kills it. What is guarded ends without another step.
    pub fn kill(&self) {
        self.dead.set(true);
        self.waiting.take().into_iter().flatten().for_each(Waker::wake);
    }
    /// Runs `work` as part of the process; an error if the process dies before it is done.
    pub async fn guard<T>(&self, work: impl Future<Output = T>) -> Result<T, Died> {
        let mut work = pin!(work);
        let seat = Seat::take(self);
        poll_fn(|context| {
            if !self.step() {
                return Poll::Ready(Err(Died));
            }
            seat.sit(context.waker());
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }
    /// Counts a step; false if the process is dead, or dies now.
    fn step(&self) -> bool {
        if self.dead.get() {
            return false;
        }
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        match self.fuse.take() {
            Some(fuse) if fuse.step == steps => {
                self.kill();
                (fuse.burnt)();
            }
            fuse => self.fuse.set(fuse),
        }
        !self.dead.get()
    }
}

/// Where the waker of one guarded piece of work sits.
struct Seat<'a> {
    process: &'a Process,
    number: usize,
}

impl<'a> Seat<'a> {
    fn take(process: &'a Process) -> Seat<'a> {
        let mut waiting = process.waiting.borrow_mut();
        let number = waiting.iter().position(Option::is_none).unwrap_or(waiting.len());
        if number == waiting.len() {
            waiting.push(None);
        }
        // Taken at once, so that nested work does not sit down here.
        waiting[number] = Some(Waker::noop().clone());
        Seat { process, number }
    }
    fn sit(&self, waker: &Waker) {
        if let Some(Some(seat)) = self.process.waiting.borrow_mut().get_mut(self.number)
            && !seat.will_wake(waker)
        {
            seat.clone_from(waker);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.process.waiting.borrow_mut().get_mut(self.number) {
            *seat = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;
    use std::task::Context;

    #[test]
    fn a_fuse_ends_the_process_before_that_step_and_drops_what_it_did() {
        let held = Rc::new(());
        let burnt = Rc::new(Cell::new(false));
        let tells = burnt.clone();
        let process = Process::new(Some(Fuse { step: 3, burnt: Box::new(move || tells.set(true)) }));
        let inner = held.clone();
        let mut work = Box::pin(process.guard(async move {
            let _inner = inner;
            std::future::pending::<()>().await;
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(work.as_mut().poll(&mut context).is_pending());
        assert!(work.as_mut().poll(&mut context).is_pending());
        assert_eq!(work.as_mut().poll(&mut context), Poll::Ready(Err(Died)));
        drop(work);
        assert_eq!(Rc::strong_count(&held), 1);
        assert!(!process.is_alive() && burnt.get());
    }

    #[test]
    fn work_that_ends_in_time_is_not_touched() {
        let process = Process::new(None);
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(pin!(process.guard(async { 7 })).poll(&mut context), Poll::Ready(Ok(7)));
        process.kill();
        assert_eq!(pin!(process.guard(async { 7 })).poll(&mut context), Poll::Ready(Err(Died)));
    }

    #[test]
    fn work_that_has_ended_leaves_its_seat_to_the_next() {
        let process = Process::new(None);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(pin!(process.guard(async {})).poll(&mut context).is_ready());
        }
        assert_eq!(process.waiting.borrow().len(), 1);
    }
}
