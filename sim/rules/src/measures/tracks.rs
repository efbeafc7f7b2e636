//! Where reps went: when each set out, arrived and recorded, when its phone had no network, and how much waited on its queue.
//! Of a bounded number of reps, those of the plan's first cells, so that a map can be drawn of a run of any size.

use fieldday_api::SmolStr;
use fieldday_history::Event;
use fieldday_history::event::{ClientKind, EventKind, UserAction};
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};

/// Reps who are followed at most.
pub const TRACKS_MAX: usize = 2_000;
/// What is noted of a rep at most: several times an ordinary day.
const MARKS_MAX: usize = 600;

/// What changed where a rep was and what they did, over their day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Track {
    /// The rep's name in the plan.
    pub rep: SmolStr,
    /// The place in the plan of its cell.
    pub cell: u32,
    client: u32,
    /// How many actions wait on its queue.
    #[serde(skip)]
    waiting: u32,
    /// What it did when, in order of time.
    pub marks: Vec<(Time, Waypoint)>,
}

/// Something that changes where a rep is, what it does there, or how its phone is doing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Waypoint {
    /// The rep leaves home.
    LeavesHome,
    /// Sets out for the visit of this appointment.
    DrivesTo(SmolStr),
    /// Arrives at the appointment of that id.
    Arrives(SmolStr),
    /// The recording starts.
    Records,
    /// The recording ends.
    StopsRecording,
    /// The rep is at the place for lunch.
    HasLunch,
    /// The rep sets out for home.
    GoesHome,
    /// The phone loses its network.
    Offline,
    /// The phone has a network again.
    Online,
    /// From now on so many actions wait on the phone's queue.
    Waiting(u32),
    /// The rep's day is over.
    Ended,
}

/// Where reps went, of the first of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tracks {
    tracks: Vec<Track>,
    /// The place in `tracks` by client, of the cell that is told.
    #[serde(skip)]
    seats: Vec<Option<usize>>,
}

impl Tracks {
    /// The tracks, in the plan's order.
    pub fn all(&self) -> &[Track] {
        &self.tracks
    }
    pub(super) fn on(&mut self, at: Time, event: &Event) {
        let place = event.client as usize;
        if let EventKind::Client(client) = &event.what {
            if self.seats.len() <= place {
                self.seats.resize(place + 1, None);
            }
            let is_followed = client.kind == ClientKind::Phone && self.tracks.len() < TRACKS_MAX;
            self.seats[place] = is_followed.then_some(self.tracks.len());
            if is_followed {
                let (rep, cell) = (client.name.clone(), cell_of(&client.name));
                self.tracks.push(Track { rep, cell, client: event.client, waiting: 0, marks: Vec::new() });
            }
            return;
        }
        let Some(track) = self.seats.get(place).copied().flatten().map(|seat| &mut self.tracks[seat]) else { return };
        let mark = match &event.what {
            EventKind::Person(deed) => waypoint_of(deed),
            EventKind::Network { online: true } => Some(Waypoint::Online),
            EventKind::Network { online: false } => Some(Waypoint::Offline),
            EventKind::Queued { .. } => Some(track.waits(track.waiting + 1)),
            EventKind::Settled { .. } => Some(track.waits(track.waiting.saturating_sub(1))),
            EventKind::DayEnded { .. } => Some(Waypoint::Ended),
            _ => None,
        };
        let Some(mark) = mark else { return };
        if track.marks.len() < MARKS_MAX {
            track.marks.push((at, mark));
        }
    }
    /// Adds another worker's. Workers take cells in the plan's order, so the first reps of all are among the first of each.
    pub(super) fn merge(&mut self, other: &Tracks) {
        self.tracks.extend(other.tracks.iter().cloned());
        self.tracks.sort_by_key(|track| (track.cell, track.client));
        self.tracks.truncate(TRACKS_MAX);
        self.seats.clear();
    }
}

impl Track {
    fn waits(&mut self, waiting: u32) -> Waypoint {
        self.waiting = waiting;
        Waypoint::Waiting(waiting)
    }
}

fn waypoint_of(deed: &UserAction) -> Option<Waypoint> {
    Some(match deed {
        UserAction::LeavesHome => Waypoint::LeavesHome,
        UserAction::DrivesTo { appointment_id } => Waypoint::DrivesTo(appointment_id.clone()),
        UserAction::Arrives { appointment_id } => Waypoint::Arrives(appointment_id.clone()),
        UserAction::Records { .. } | UserAction::RecordsLate { .. } => Waypoint::Records,
        UserAction::StopsRecording { .. } | UserAction::GivesUpRecording { .. } => Waypoint::StopsRecording,
        UserAction::HasLunch => Waypoint::HasLunch,
        UserAction::GoesHome => Waypoint::GoesHome,
        _ => return None,
    })
}

/// `cell-12/tenant-1/rep-07` is of cell 12; a name that tells none comes last.
fn cell_of(name: &str) -> u32 {
    let cell = name.split('/').next().and_then(|cell| cell.strip_prefix("cell-"));
    cell.and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}
