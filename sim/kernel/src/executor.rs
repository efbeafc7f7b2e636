//! The discrete-event executor: futures, and a queue of (time, sequence).
//!
//! It is single-threaded, so what runs on it may share `Rc` and `Cell`. Time stands still while a task is polled and moves
//! only from one due entry to the next; entries due at the same time come in the order in which they were made. There is
//! nothing else in it: no threads, no wall clock, no randomness.
//!
//! [`Executor::run`] jumps from entry to entry: a virtual clock. A clock that is fed from the wall calls
//! [`Executor::run_to`] with each moment that has come, and asks [`Executor::next_due`] how long it may sleep.
//!
//! ```
//! use fieldday_kernel::time::{Span, Time};
//! use fieldday_kernel::executor::Executor;
//!
//! let executor = Executor::new(Time::default());
//! let clock = executor.handle();
//! executor.handle().spawn(async move {
//!     clock.sleep(Span::hours(8)).await;
//!     assert_eq!(clock.now(), Time::default() + Span::hours(8));
//! });
//! executor.run();
//! ```

use crate::time::{Span, Time};
use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

/// Something that happens at its time without a task waiting for it: a request that reaches the backend.
pub trait Due {
    /// Called once, when the clock has reached the time.
    fn due(self: Rc<Self>);
}

enum Wakes {
    /// The sleeper in that slot, if it is still the one of that generation.
    Sleeper {
        slot: u32,
        generation: u32,
    },
    Due(Rc<dyn Due>),
}

struct Entry {
    at: Time,
    sequence: u64,
    wakes: Wakes,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

#[derive(Default)]
struct Sleeper {
    generation: u32,
    waker: Option<Waker>,
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks to poll, in the order in which they were woken. Wakers must be `Send`, so this is behind a lock that nobody
/// ever waits for.
type Ready = Arc<Mutex<Vec<TaskId>>>;

/// A slot, and its generation: a late waker of an ended task must find nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TaskId {
    slot: u32,
    generation: u32,
}

struct TaskWaker {
    task: TaskId,
    ready: Ready,
}

/// A task's place. The task is out while it is polled, and the place is free once it has ended.
struct Slot {
    generation: u32,
    task: Option<(Task, Waker)>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        lock(&self.ready).push(self.task);
    }
    fn wake_by_ref(self: &Arc<Self>) {
        lock(&self.ready).push(self.task);
    }
}

fn lock(ready: &Mutex<Vec<TaskId>>) -> MutexGuard<'_, Vec<TaskId>> {
    // Nothing panics while it holds this lock, so a poisoned list is still a good list.
    ready.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

struct Inner {
    now: Cell<Time>,
    sequence: Cell<u64>,
    timeline: RefCell<BinaryHeap<Reverse<Entry>>>,
    sleepers: RefCell<Vec<Sleeper>>,
    free_sleepers: RefCell<Vec<u32>>,
    tasks: RefCell<Vec<Slot>>,
    free_tasks: RefCell<Vec<u32>>,
    live_tasks: Cell<usize>,
    ready: Ready,
    polls: Cell<u64>,
}

/// Runs tasks on one thread over one clock.
pub struct Executor {
    inner: Rc<Inner>,
}

/// What tasks hold of their executor: its clock, and the power to start further tasks. Cheap to clone. It does not keep
/// the executor alive, since tasks hold handles and the executor holds tasks.
#[derive(Clone)]
pub struct Handle {
    inner: Weak<Inner>,
}

impl Executor {
    /// An executor whose clock shows `start`.
    pub fn new(start: Time) -> Executor {
        Executor {
            inner: Rc::new(Inner {
                now: Cell::new(start),
                sequence: Cell::new(0),
                timeline: RefCell::default(),
                sleepers: RefCell::default(),
                free_sleepers: RefCell::default(),
                tasks: RefCell::default(),
                free_tasks: RefCell::default(),
                live_tasks: Cell::new(0),
                ready: Ready::default(),
                polls: Cell::new(0),
            }),
        }
    }
    /// A handle, with which tasks sleep, spawn and read the clock.
    pub fn handle(&self) -> Handle {
        Handle { inner: Rc::downgrade(&self.inner) }
    }
    /// When the next entry is due; none if nothing will ever happen again.
    pub fn next_due(&self) -> Option<Time> {
        self.inner.timeline.borrow().peek().map(|Reverse(entry)| entry.at)
    }
    /// The number of tasks that have not ended.
    pub fn live_tasks(&self) -> usize {
        self.inner.live_tasks.get()
    }
    /// The number of times that a task was polled.
    pub fn polls(&self) -> u64 {
        self.inner.polls.get()
    }
    /// Runs until nothing is left to happen.
    pub fn run(&self) {
        self.poll_ready();
        while self.step(Time::from_micros(i64::MAX)) {}
    }
    /// Runs all that is due up to and including `until`, and leaves the clock there.
    pub fn run_to(&self, until: Time) {
        self.poll_ready();
        while self.step(until) {}
        self.inner.now.set(until.max(self.inner.now.get()));
    }
    /// Runs the next entry due by `until`, and what it wakes. False if there is none.
    fn step(&self, until: Time) -> bool {
        let entry = {
            let mut timeline = self.inner.timeline.borrow_mut();
            match timeline.peek() {
                Some(Reverse(entry)) if entry.at <= until => timeline.pop(),
                _ => None,
            }
        };
        let Some(Reverse(entry)) = entry else { return false };
        match entry.wakes {
            Wakes::Sleeper { slot, generation } => {
                let mut sleepers = self.inner.sleepers.borrow_mut();
                let sleeper = &mut sleepers[slot as usize];
                if sleeper.generation != generation {
                    return true; // Dropped before its time: not even the clock moves.
                }
                self.inner.advance(entry.at);
                if let Some(waker) = sleeper.waker.take() {
                    waker.wake();
                }
            }
            Wakes::Due(due) => {
                self.inner.advance(entry.at);
                due.due();
            }
        }
        self.poll_ready();
        true
    }
    fn poll_ready(&self) {
        let mut batch = Vec::new();
        loop {
            std::mem::swap(&mut batch, &mut *lock(&self.inner.ready));
            if batch.is_empty() {
                // Hand the allocation back, so that the next batch needs none.
                std::mem::swap(&mut batch, &mut *lock(&self.inner.ready));
                return;
            }
            for task in batch.drain(..) {
                self.poll_task(task);
            }
        }
    }
    fn poll_task(&self, id: TaskId) {
        let index = id.slot as usize;
        // Woken twice in one batch, or after its end.
        let taken = self
            .inner
            .tasks
            .borrow_mut()
            .get_mut(index)
            .filter(|s| s.generation == id.generation)
            .and_then(|s| s.task.take());
        let Some((mut task, waker)) = taken else { return };
        self.inner.polls.set(self.inner.polls.get() + 1);
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => self.inner.tasks.borrow_mut()[index].task = Some((task, waker)),
            Poll::Ready(()) => {
                drop(task);
                self.inner.tasks.borrow_mut()[index].generation = id.generation.wrapping_add(1);
                self.inner.free_tasks.borrow_mut().push(id.slot);
                self.inner.live_tasks.set(self.inner.live_tasks.get() - 1);
            }
        }
    }
}

impl Inner {
    fn advance(&self, to: Time) {
        assert!(to >= self.now.get(), "time went back from {} to {to}: the timeline is out of order", self.now.get());
        self.now.set(to);
    }
    fn schedule(&self, at: Time, wakes: Wakes) {
        let sequence = self.sequence.get();
        self.sequence.set(sequence + 1);
        let at = at.max(self.now.get());
        self.timeline.borrow_mut().push(Reverse(Entry { at, sequence, wakes }));
    }
}

impl Handle {
    fn inner(&self) -> Rc<Inner> {
        self.inner.upgrade().expect("a handle is used only by tasks of a living executor")
    }
    /// The time on the virtual clock.
    pub fn now(&self) -> Time {
        self.inner().now.get()
    }
    /// Starts a task; it is first polled after the current one has paused.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let inner = self.inner();
        let mut tasks = inner.tasks.borrow_mut();
        let slot = inner.free_tasks.borrow_mut().pop().unwrap_or_else(|| {
            tasks.push(Slot { generation: 0, task: None });
            u32::try_from(tasks.len() - 1).expect("fewer than 2^32 tasks in a cell")
        });
        let place = &mut tasks[slot as usize];
        let id = TaskId { slot, generation: place.generation };
        let waker = Waker::from(Arc::new(TaskWaker { task: id, ready: inner.ready.clone() }));
        place.task = Some((Box::pin(task), waker));
        inner.live_tasks.set(inner.live_tasks.get() + 1);
        lock(&inner.ready).push(id);
    }
    /// Lets `due` happen at `at` (now, if that has passed).
    pub fn schedule(&self, at: Time, due: Rc<dyn Due>) {
        self.inner().schedule(at, Wakes::Due(due));
    }
    /// Waits until `until`; not at all if that has passed.
    pub fn sleep_until(&self, until: Time) -> Sleep {
        Sleep { inner: self.inner.clone(), until, slot: None }
    }
    /// Waits for that long on the virtual clock.
    pub fn sleep(&self, span: Span) -> Sleep {
        self.sleep_until(self.now() + span)
    }
}

/// Ends when its time has come. Dropped before, it leaves nothing behind that would wake anyone.
pub struct Sleep {
    inner: Weak<Inner>,
    until: Time,
    slot: Option<u32>,
}

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(inner) = self.inner.upgrade() else { return Poll::Pending };
        if inner.now.get() >= self.until {
            return Poll::Ready(());
        }
        let mut sleepers = inner.sleepers.borrow_mut();
        match self.slot {
            Some(slot) => {
                // Polled for another reason: keep the entry, note who waits now.
                let waker = &mut sleepers[slot as usize].waker;
                if !waker.as_ref().is_some_and(|w| w.will_wake(context.waker())) {
                    *waker = Some(context.waker().clone());
                }
            }
            None => {
                let slot = inner.free_sleepers.borrow_mut().pop().unwrap_or_else(|| {
                    sleepers.push(Sleeper::default());
                    (sleepers.len() - 1) as u32
                });
                let sleeper = &mut sleepers[slot as usize];
                sleeper.waker = Some(context.waker().clone());
                inner.schedule(self.until, Wakes::Sleeper { slot, generation: sleeper.generation });
                self.slot = Some(slot);
            }
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let (Some(slot), Some(inner)) = (self.slot, self.inner.upgrade()) {
            let mut sleepers = inner.sleepers.borrow_mut();
            let sleeper = &mut sleepers[slot as usize];
            sleeper.generation = sleeper.generation.wrapping_add(1);
            sleeper.waker = None;
            inner.free_sleepers.borrow_mut().push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Log = Rc<RefCell<Vec<(i64, &'static str)>>>;

    fn noted(executor: &Executor) -> (Log, impl Fn(&'static str) + Clone + 'static) {
        let (log, clock) = (Log::default(), executor.handle());
        let kept = log.clone();
        (log, move |what| kept.borrow_mut().push((clock.now().micros(), what)))
    }

    #[test]
    fn entries_due_at_once_come_in_the_order_they_were_made() {
        let executor = Executor::new(Time::default());
        let (log, note) = noted(&executor);
        for (name, at) in [("b", 20), ("a", 10), ("b2", 20), ("a2", 10)] {
            let (clock, note) = (executor.handle(), note.clone());
            executor.handle().spawn(async move {
                clock.sleep_until(Time::from_micros(at)).await;
                note(name);
            });
        }
        executor.run();
        assert_eq!(*log.borrow(), [(10, "a"), (10, "a2"), (20, "b"), (20, "b2")]);
        assert_eq!(executor.live_tasks(), 0);
    }

    #[test]
    fn a_sleep_that_is_dropped_wakes_nobody_and_moves_no_clock() {
        let executor = Executor::new(Time::default());
        let clock = executor.handle();
        executor.handle().spawn(async move {
            let mut long = Box::pin(clock.sleep(Span::hours(9)));
            let polled_once = std::future::poll_fn(|cx| Poll::Ready(long.as_mut().poll(cx).is_pending())).await;
            assert!(polled_once);
            drop(long);
            clock.sleep(Span::seconds(1)).await;
        });
        executor.run();
        assert_eq!(executor.handle().now(), Time::default() + Span::seconds(1));
    }

    #[test]
    fn a_clock_that_is_fed_runs_what_is_due_and_nothing_more() {
        let executor = Executor::new(Time::default());
        let (log, note) = noted(&executor);
        let clock = executor.handle();
        executor.handle().spawn(async move {
            for _ in 0..3 {
                clock.sleep(Span::seconds(10)).await;
                note("tick");
            }
        });
        executor.run_to(Time::default() + Span::seconds(25));
        assert_eq!(log.borrow().len(), 2);
        assert_eq!(executor.handle().now(), Time::default() + Span::seconds(25));
        assert_eq!(executor.next_due(), Some(Time::default() + Span::seconds(30)));
        executor.run();
        assert_eq!(log.borrow().len(), 3);
    }

    struct Note(Rc<Cell<bool>>);
    impl Due for Note {
        fn due(self: Rc<Self>) {
            self.0.set(true);
        }
    }

    #[test]
    fn what_is_due_happens_without_a_task() {
        let executor = Executor::new(Time::default());
        let happened = Rc::new(Cell::new(false));
        executor.handle().schedule(Time::from_micros(5), Rc::new(Note(happened.clone())));
        executor.run_to(Time::from_micros(4));
        assert!(!happened.get());
        executor.run();
        assert!(happened.get());
    }

    #[test]
    fn an_executor_that_is_dropped_drops_its_tasks() {
        let witness = Rc::new(());
        let executor = Executor::new(Time::default());
        let (held, clock) = (witness.clone(), executor.handle());
        executor.handle().spawn(async move {
            let _held = held;
            clock.sleep(Span::hours(1)).await;
        });
        executor.run_to(Time::from_micros(1));
        drop(executor);
        assert_eq!(Rc::strong_count(&witness), 1);
    }
}
