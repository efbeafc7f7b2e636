//! What a person felt of it all: waiting, old data, being offline, work that was not sent yet.

use super::LazyHistogram;
use fieldday_api::endpoint::Op;
use fieldday_history::Event;
use fieldday_history::event::{ClientKind, EventKind, NoAnswer, Screen, Source};
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// What reps waited for and missed, over all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Felt {
    /// The number of days that reps ended: the simulated work that the other figures belong to.
    pub rep_days: u64,
    /// Time spent looking at a loading indicator, by endpoint in the order of [`Op::ALL`].
    pub spinner: [Span; Op::ALL.len()],
    /// The number of times that "Retrying..." was shown.
    pub retrying: u64,
    /// Calls that a person cancelled.
    pub cancelled: u64,
    /// Time without a network, over all reps.
    pub offline: Span,
    /// Time without a network in a rep's day, in seconds.
    pub offline_by_day: LazyHistogram,
    /// How long old data stood on each of [`Screen::ALL`].
    pub stale: [Span; Screen::ALL.len()],
    /// How old shown data was, in milliseconds, answers counting as new.
    pub age: LazyHistogram,
    /// Screens that had nothing to show.
    pub nothing: u64,
    /// Actions waiting when the queue began to be sent.
    pub queue_length: LazyHistogram,
    /// The most actions that waited on one phone's queue.
    pub queue_length_max: u64,
    /// From the network's return to an empty queue, in milliseconds.
    pub drain: LazyHistogram,
    /// How long uploads took, all attempts and pauses included, in seconds.
    pub upload: LazyHistogram,
    /// Recordings whose audio was not stored when a day ended.
    pub uploads_unfinished: u64,
    /// Actions that waited when a day ended.
    pub queued_at_end: u64,
    /// Calls in a rep's day.
    pub calls_by_day: LazyHistogram,
    #[serde(skip)]
    reps: Vec<Rep>,
}

/// A rep's day so far.
#[derive(Clone, Debug, Default)]
struct Rep {
    is_rep: bool,
    calls: u64,
    offline_since: Option<Span>,
    offline: Span,
    waiting: u32,
    online_since: Option<Span>,
}

/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

impl Felt {
    pub(super) fn new() -> Felt {
        Felt {
            rep_days: 0,
            spinner: [Span::ZERO; Op::ALL.len()],
            retrying: 0,
            cancelled: 0,
            offline: Span::ZERO,
            offline_by_day: LazyHistogram::new(DAY_MS / 1_000),
            stale: [Span::ZERO; Screen::ALL.len()],
            age: LazyHistogram::new(DAY_MS * 7),
            nothing: 0,
            queue_length: LazyHistogram::new(10_000),
            queue_length_max: 0,
            drain: LazyHistogram::new(DAY_MS),
            upload: LazyHistogram::new(DAY_MS / 1_000),
            uploads_unfinished: 0,
            queued_at_end: 0,
            calls_by_day: LazyHistogram::new(1_000_000),
            reps: Vec::new(),
        }
    }
    pub(super) fn on(&mut self, event: &Event) {
        let place = event.client as usize;
        if let EventKind::Client(client) = &event.what {
            if self.reps.len() <= place {
                self.reps.resize_with(place + 1, Rep::default);
            }
            self.reps[place] = Rep { is_rep: client.kind == ClientKind::Phone, ..Rep::default() };
            return;
        }
        let Some(rep) = self.reps.get_mut(place).filter(|rep| rep.is_rep) else { return };
        match &event.what {
            EventKind::Sent(sent) => rep.calls += u64::from(sent.attempt == 0),
            EventKind::Unanswered { why: NoAnswer::Cancelled, .. } => self.cancelled += 1,
            EventKind::Spinner { op, during } => self.spinner[op.index()] += *during,
            EventKind::Retrying { .. } => self.retrying += 1,
            EventKind::StaleShown { screen, during } => self.stale[*screen as usize] += *during,
            EventKind::Shown { from: Source::Nothing, .. } => self.nothing += 1,
            EventKind::Shown { age, .. } => self.age.record(age.as_millis().max(0) as u64),
            EventKind::Queued { .. } => rep.waiting += 1,
            EventKind::Settled { .. } => {
                rep.waiting = rep.waiting.saturating_sub(1);
                if rep.waiting == 0
                    && let Some(since) = rep.online_since.take()
                {
                    self.drain.record((event.at - since).as_millis() as u64);
                }
            }
            EventKind::FlushBegan { waiting, .. } => {
                self.queue_length.record(u64::from(*waiting));
                self.queue_length_max = self.queue_length_max.max(u64::from(*waiting));
            }
            EventKind::UploadEnded { took, .. } => self.upload.record(took.as_seconds() as u64),
            EventKind::Network { online } => rep.network(*online, event.at),
            EventKind::DayEnded { queued, uploads, .. } => {
                self.queued_at_end += u64::from(*queued);
                self.uploads_unfinished += u64::from(*uploads);
                self.day_ended(place, event.at);
            }
            _ => {}
        }
    }
    fn day_ended(&mut self, place: usize, at: Span) {
        let rep = &mut self.reps[place];
        rep.network(true, at);
        rep.online_since = None;
        self.rep_days += 1;
        self.calls_by_day.record(rep.calls);
        self.offline += rep.offline;
        self.offline_by_day.record(rep.offline.as_seconds() as u64);
        (rep.calls, rep.offline) = (0, Span::ZERO);
    }
    pub(super) fn merge(&mut self, other: &Felt) {
        self.rep_days += other.rep_days;
        for (mine, theirs) in self.spinner.iter_mut().zip(other.spinner) {
            *mine += theirs;
        }
        for (mine, theirs) in self.stale.iter_mut().zip(other.stale) {
            *mine += theirs;
        }
        self.retrying += other.retrying;
        self.cancelled += other.cancelled;
        self.offline += other.offline;
        self.nothing += other.nothing;
        self.queue_length_max = self.queue_length_max.max(other.queue_length_max);
        self.uploads_unfinished += other.uploads_unfinished;
        self.queued_at_end += other.queued_at_end;
        self.offline_by_day.merge(&other.offline_by_day);
        self.age.merge(&other.age);
        self.queue_length.merge(&other.queue_length);
        self.drain.merge(&other.drain);
        self.upload.merge(&other.upload);
        self.calls_by_day.merge(&other.calls_by_day);
    }
}

impl Rep {
    fn network(&mut self, online: bool, at: Span) {
        if !online {
            self.offline_since.get_or_insert(at);
            self.online_since = None;
        } else if let Some(since) = self.offline_since.take() {
            self.offline += at - since;
            self.online_since = (self.waiting > 0).then_some(at);
        }
    }
}
