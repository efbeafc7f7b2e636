//! What people watch while a run goes on: what reps are doing, what waits in their queues, how long attempts take.
//!
//! A worker has one watch for all its cells, on its own thread, and copies a [`StatsSnapshot`] of it for others about once a
//! second: nothing is shared that a rep could wait for. Histograms are coarse (two digits), so that a copy is cheap.

use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, NoAnswer, UserAction};
use fieldday_history::{AttemptEnd, End, EventKind, OpenAttempts};
use hdrhistogram::Histogram;

/// What a rep is doing. One who is offline is that, whatever else they do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Doing {
    /// Has not left home yet.
    #[default]
    Waiting,
    /// Is on the way somewhere.
    Driving,
    /// Is at work: at a visit without recording, at lunch, in the app.
    AtWork,
    /// Is at a visit, with the recording running.
    Recording,
    /// Has no network, whatever else they do.
    Offline,
    /// Their app sends what waited.
    Flushing,
    /// Has ended the day.
    Done,
}

impl Doing {
    /// Everything that one may be doing, in the order in which it is told.
    pub const ALL: [Doing; 7] =
        [Doing::Waiting, Doing::Driving, Doing::AtWork, Doing::Recording, Doing::Offline, Doing::Flushing, Doing::Done];
    /// The word for it in the picture of a run.
    pub const fn as_str(self) -> &'static str {
        match self {
            Doing::Waiting => "waiting",
            Doing::Driving => "driving",
            Doing::AtWork => "at work",
            Doing::Recording => "recording",
            Doing::Offline => "offline",
            Doing::Flushing => "flushing",
            Doing::Done => "done",
        }
    }
}

/// What is known of one client.
#[derive(Clone, Debug, Default)]
struct Client {
    is_rep: bool,
    /// What the person does, network and queue aside.
    doing: Doing,
    is_offline: bool,
    is_flushing: bool,
    queued: u32,
    /// An auditor's: reps whose day was asked for.
    read_back: u64,
    open: OpenAttempts<Op>,
}

impl Client {
    fn doing(&self) -> Doing {
        match self.doing {
            Doing::Waiting | Doing::Done => self.doing,
            _ if self.is_offline => Doing::Offline,
            _ if self.is_flushing => Doing::Flushing,
            doing => doing,
        }
    }
    fn took_up(&mut self, deed: &UserAction) {
        self.doing = match deed {
            UserAction::LeavesHome | UserAction::DrivesTo { .. } | UserAction::GoesHome => Doing::Driving,
            UserAction::Records { .. } | UserAction::RecordsLate { .. } => Doing::Recording,
            UserAction::Arrives { .. }
            | UserAction::StopsRecording { .. }
            | UserAction::GivesUpRecording { .. }
            | UserAction::FindsNobody { .. }
            | UserAction::IsTurnedAway { .. }
            | UserAction::HasLunch => Doing::AtWork,
            _ => return,
        };
    }
}

/// What a worker's reps are doing, and how long their attempts took.
#[derive(Debug)]
pub struct LiveStats {
    cells: Vec<Vec<Client>>,
    /// How long attempts took, by endpoint in the order of [`Op::ALL`], in microseconds.
    took: Vec<Histogram<u64>>,
}

impl Default for LiveStats {
    fn default() -> LiveStats {
        LiveStats { cells: Vec::new(), took: histograms() }
    }
}

fn histograms() -> Vec<Histogram<u64>> {
    let new = || {
        Histogram::new_with_bounds(1, fieldday_api::defaults::LONGEST_US, 2)
            .expect("bounds that are constant and right")
    };
    Op::ALL.iter().map(|_| new()).collect()
}

impl LiveStats {
    /// Another cell, of so many clients, some of whom are reps: gives its place.
    pub fn add_cell(&mut self, clients: usize, reps: impl Iterator<Item = u32>) -> usize {
        let mut cell = vec![Client::default(); clients];
        reps.for_each(|rep| cell[rep as usize].is_rep = true);
        self.cells.push(cell);
        self.cells.len() - 1
    }
    /// Takes in an event of a client.
    pub fn on(&mut self, cell: usize, number: u32, what: &EventKind) {
        let Some(client) = self.cells.get_mut(cell).and_then(|cell| cell.get_mut(number as usize)) else { return };
        match what {
            EventKind::Person(deed) => client.took_up(deed),
            EventKind::Network { online } => client.is_offline = !online,
            EventKind::FlushBegan { .. } => client.is_flushing = true,
            EventKind::FlushEnded { .. } => client.is_flushing = false,
            EventKind::Queued { .. } => client.queued += 1,
            EventKind::Settled { .. } => client.queued = client.queued.saturating_sub(1),
            EventKind::Sent(sent) => {
                let op = sent.request.op();
                client.read_back += u64::from(sent.cause == Cause::ReadBack && op == Op::ListAppointments);
                client.open.sent(0, sent.call, sent.attempt, op);
            }
            // Whatever the app had under way died with it; its queue is on the phone's storage.
            EventKind::Killed => {
                client.is_flushing = false;
                client.open.drain(0).for_each(drop);
            }
            EventKind::DayEnded { .. } => {
                client.doing = Doing::Done;
                client.open.drain(0).for_each(drop);
            }
            _ => {}
        }
        if let Some(AttemptEnd { call, attempt, end, took }) = AttemptEnd::of(what)
            && let Some(op) = client.open.ended(0, call, attempt)
            && matches!(end, End::Answered(_) | End::Unanswered(NoAnswer::Timeout))
        {
            self.took[op.index()].saturating_record(took.as_micros().max(1).unsigned_abs());
        }
    }
    /// The figures of all reps as they are now.
    pub fn snapshot(&self) -> StatsSnapshot {
        let mut glance = StatsSnapshot { took: self.took.clone(), ..StatsSnapshot::default() };
        for client in self.cells.iter().flatten().filter(|client| !client.is_rep) {
            glance.read_back += client.read_back;
        }
        for rep in self.cells.iter().flatten().filter(|client| client.is_rep) {
            glance.reps[rep.doing() as usize] += 1;
            glance.queued += u64::from(rep.queued);
            glance.longest_queue = glance.longest_queue.max(rep.queued.into());
        }
        glance
    }
}

/// How the reps of a worker are, or of all.
#[derive(Clone, Debug)]
pub struct StatsSnapshot {
    /// How many do what, in the order of [`Doing::ALL`].
    pub reps: [u64; Doing::ALL.len()],
    /// Actions that wait in their queues.
    pub queued: u64,
    /// The number of actions in the longest queue.
    pub longest_queue: u64,
    /// Reps' days that auditors have asked for so far.
    pub read_back: u64,
    /// How long attempts took, as the phone saw them, by endpoint in the order of [`Op::ALL`], in microseconds.
    pub took: Vec<Histogram<u64>>,
    /// How often each rule was broken, in the order of [`Rule::ALL`].
    pub broken: Vec<u64>,
    /// The 99th percentile of how late requests were sent, in microseconds.
    pub late_p99_us: u64,
    /// The 99th percentile of how late the worker woke, in microseconds.
    pub lag_p99_us: u64,
}

impl Default for StatsSnapshot {
    fn default() -> StatsSnapshot {
        StatsSnapshot {
            reps: [0; Doing::ALL.len()],
            queued: 0,
            longest_queue: 0,
            read_back: 0,
            took: Vec::new(),
            broken: vec![0; Rule::ALL.len()],
            late_p99_us: 0,
            lag_p99_us: 0,
        }
    }
}

impl StatsSnapshot {
    /// Of all workers: figures add up, and of how late each was, the worst counts.
    pub fn of_all<'a>(glances: impl Iterator<Item = &'a StatsSnapshot>) -> StatsSnapshot {
        let mut all = StatsSnapshot { took: histograms(), ..StatsSnapshot::default() };
        for one in glances {
            all.reps.iter_mut().zip(one.reps).for_each(|(all, one)| *all += one);
            all.broken.iter_mut().zip(&one.broken).for_each(|(all, one)| *all += one);
            for (all, one) in all.took.iter_mut().zip(&one.took) {
                // Of the same bounds, so it cannot fail.
                let _ = all.add(one);
            }
            all.queued += one.queued;
            all.read_back += one.read_back;
            all.longest_queue = all.longest_queue.max(one.longest_queue);
            all.late_p99_us = all.late_p99_us.max(one.late_p99_us);
            all.lag_p99_us = all.lag_p99_us.max(one.lag_p99_us);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_history::event::Trigger;

    fn happens(watch: &mut LiveStats, client: u32, all: impl IntoIterator<Item = EventKind>) {
        all.into_iter().for_each(|what| watch.on(0, client, &what));
    }

    #[test]
    fn each_rep_is_in_one_state_and_whoever_is_no_rep_in_none() {
        let mut watch = LiveStats::default();
        watch.add_cell(4, [0, 2, 3].into_iter());
        assert_eq!(watch.snapshot().reps, [3, 0, 0, 0, 0, 0, 0]);
        happens(&mut watch, 0, [EventKind::Began, EventKind::Person(UserAction::LeavesHome)]);
        happens(&mut watch, 1, [EventKind::Began, EventKind::Person(UserAction::LeavesHome)]);
        let records = UserAction::Records { appointment_id: "appt_1".into() };
        happens(&mut watch, 2, [EventKind::Began, EventKind::Person(records), EventKind::Network { online: false }]);
        assert_eq!(watch.snapshot().reps, [1, 1, 0, 0, 1, 0, 0]);
        let flush = EventKind::FlushBegan { trigger: Trigger::NetworkBack, waiting: 1 };
        happens(&mut watch, 2, [EventKind::Network { online: true }, flush]);
        assert_eq!(watch.snapshot().reps, [1, 1, 0, 0, 0, 1, 0]);
        happens(&mut watch, 2, [EventKind::FlushEnded { waiting: 0 }]);
        assert_eq!(watch.snapshot().reps, [1, 1, 0, 1, 0, 0, 0]);
        happens(&mut watch, 2, [EventKind::DayEnded { queued: 0, uploads: 0, online_for: None }]);
        assert_eq!(watch.snapshot().reps, [1, 1, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn glances_add_up_and_the_worst_worker_counts() {
        let mut one = StatsSnapshot {
            took: histograms(),
            queued: 2,
            longest_queue: 2,
            late_p99_us: 900,
            ..StatsSnapshot::default()
        };
        let mut other = StatsSnapshot {
            took: histograms(),
            queued: 1,
            longest_queue: 1,
            lag_p99_us: 70,
            ..StatsSnapshot::default()
        };
        (one.reps[1], other.reps[1], one.broken[3], other.broken[3]) = (4, 5, 1, 1);
        other.took[0].saturating_record(1_000);
        let all = StatsSnapshot::of_all([&one, &other].into_iter());
        assert_eq!((all.reps[1], all.broken[3], all.queued, all.longest_queue), (9, 2, 3, 2));
        assert_eq!((all.late_p99_us, all.lag_p99_us, all.took[0].len()), (900, 70, 1));
    }
}
