//! What each rep is doing, and since when.

use super::bin::Activity;
use fieldday_history::Event;
use fieldday_history::event::{ClientKind, EventKind, UserAction};
use fieldday_kernel::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// What reps are doing, by client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Reps {
    /// The number of reps that have introduced themselves.
    pub count: u64,
    #[serde(skip)]
    reps: Vec<Rep>,
}

/// What one rep is doing, and since when.
#[derive(Clone, Debug, Default)]
struct Rep {
    is_rep: bool,
    activity: Option<(Activity, Time)>,
    offline_since: Option<Time>,
    flushing_since: Option<Time>,
    waiting: u32,
    waiting_since: Time,
    /// When the network came back to a queue that is not empty yet.
    online_since: Option<Time>,
}

/// Something that went on since then, and is over or goes on otherwise.
pub(super) struct Change {
    pub what: Activity,
    pub from: Time,
    pub times: u32,
}

impl Reps {
    pub fn introduce(&mut self, client: u32, kind: ClientKind) {
        let place = client as usize;
        if self.reps.len() <= place {
            self.reps.resize_with(place + 1, Rep::default);
        }
        let is_rep = kind == ClientKind::Phone;
        self.count += u64::from(is_rep);
        self.reps[place] = Rep { is_rep, ..Rep::default() };
    }
    /// How many actions wait on a rep's queue.
    pub fn waiting(&self, client: u32) -> Option<u32> {
        Some(self.reps.get(client as usize)?.waiting)
    }
    /// How long a queue took that is empty now, since the network came back.
    pub fn drained(&mut self, at: Time, client: u32) -> Option<Span> {
        let rep = self.reps.get_mut(client as usize).filter(|rep| rep.waiting == 0)?;
        Some(at.since(rep.online_since.take()?))
    }
    /// An event, and what it ends.
    pub fn on(&mut self, at: Time, event: &Event, ended: &mut Vec<Change>) {
        let Some(rep) = self.reps.get_mut(event.client as usize).filter(|rep| rep.is_rep) else { return };
        match &event.what {
            EventKind::Person(deed) => {
                if let Some(next) = rep.next(deed) {
                    rep.turns_to(Some((next, at)), ended);
                }
            }
            EventKind::Network { online: false } => {
                rep.offline_since.get_or_insert(at);
                rep.online_since = None;
            }
            EventKind::Network { online: true } => rep.comes_back(at, ended),
            EventKind::FlushBegan { .. } => {
                rep.flushing_since.get_or_insert(at);
            }
            EventKind::FlushEnded { .. } | EventKind::Killed => rep.flushed(ended),
            EventKind::Queued { .. } => rep.waits(at, rep.waiting + 1, ended),
            EventKind::Settled { .. } => rep.waits(at, rep.waiting.saturating_sub(1), ended),
            EventKind::DayEnded { .. } => rep.closes(ended),
            _ => {}
        }
    }
    /// Ends every activity that still goes on, for a history that was cut.
    pub fn close(&mut self) -> Vec<Change> {
        let mut ended = Vec::new();
        self.reps.iter_mut().for_each(|rep| rep.closes(&mut ended));
        ended
    }
}

impl Rep {
    fn next(&self, deed: &UserAction) -> Option<Activity> {
        let now = self.activity.map(|(now, _)| now);
        Some(match deed {
            UserAction::LeavesHome | UserAction::HasLunch => Activity::Between,
            UserAction::DrivesTo { .. } => Activity::Driving,
            UserAction::Arrives { .. } => Activity::Visiting,
            UserAction::Records { .. } | UserAction::RecordsLate { .. } => Activity::Recording,
            UserAction::StopsRecording { .. } | UserAction::GivesUpRecording { .. } => Activity::Visiting,
            UserAction::PicksOutcome { .. } if now != Some(Activity::Driving) => Activity::Between,
            UserAction::GoesHome => Activity::Homeward,
            _ => return None,
        })
    }
    fn turns_to(&mut self, next: Option<(Activity, Time)>, ended: &mut Vec<Change>) {
        if let Some((what, from)) = std::mem::replace(&mut self.activity, next) {
            ended.push(Change { what, from, times: 1 });
        }
    }
    fn comes_back(&mut self, at: Time, ended: &mut Vec<Change>) {
        if let Some(from) = self.offline_since.take() {
            ended.push(Change { what: Activity::Offline, from, times: 1 });
            self.online_since = (self.waiting > 0).then_some(at);
        }
    }
    fn flushed(&mut self, ended: &mut Vec<Change>) {
        if let Some(from) = self.flushing_since.take() {
            ended.push(Change { what: Activity::Flushing, from, times: 1 });
        }
    }
    fn waits(&mut self, at: Time, now: u32, ended: &mut Vec<Change>) {
        if self.waiting > 0 {
            ended.push(Change { what: Activity::Waiting, from: self.waiting_since, times: self.waiting });
        }
        (self.waiting, self.waiting_since) = (now, at);
    }
    fn closes(&mut self, ended: &mut Vec<Change>) {
        self.turns_to(None, ended);
        self.flushed(ended);
        if let Some(from) = self.offline_since.take() {
            ended.push(Change { what: Activity::Offline, from, times: 1 });
        }
        if self.waiting > 0 {
            ended.push(Change { what: Activity::Waiting, from: self.waiting_since, times: self.waiting });
        }
        (self.waiting, self.online_since) = (0, None);
    }
}
