//! Where a rep was when: what it noted, and the places that its plan has for that.

use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{RepPlan, TenantPlan};
use fieldday_radio::place::Point;
use fieldday_radio::track::{Leg, Roads, expected_drive};
use fieldday_rules::{Track, Waypoint};

/// A second: what a map tells apart.
pub(super) const MOMENT: Span = Span::seconds(1);

/// What a rep does from a stop on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Then {
    /// Stays at home.
    Home = 0,
    /// Goes straight to the next stop.
    Drives = 1,
    /// Stays at the place of a visit.
    Visits = 2,
    /// Is somewhere else, at work.
    Elsewhere = 3,
    /// Does nothing more: the day is over.
    Over = 4,
}

/// A change of the way: from then on the rep does something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stop {
    pub at: Time,
    pub place: Point,
    pub then: Then,
}

/// A rep's way through the day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Way {
    pub stops: Vec<Stop>,
    /// The times without network: from, until.
    pub offline: Vec<(Time, Time)>,
    /// The times in which a recording ran: from, until.
    pub recording: Vec<(Time, Time)>,
    /// How many actions wait on the phone's queue from then on.
    pub waiting: Vec<(Time, u32)>,
}

impl Way {
    /// Where the rep was then; none if that is not known.
    pub fn at(&self, at: Time) -> Option<Point> {
        let next = self.stops.partition_point(|stop| stop.at <= at);
        let Some(before) = next.checked_sub(1).map(|place| self.stops[place]) else {
            return self.stops.first().map(|stop| stop.place);
        };
        match self.stops.get(next).filter(|_| before.then == Then::Drives) {
            Some(to) => Some(Leg { from: before.place, to: to.place, depart: before.at, arrive: to.at }.at(at)),
            None => Some(before.place),
        }
    }
    /// From now on so many actions wait. Of the changes within a moment the last one counts.
    fn waits(&mut self, at: Time, waiting: u32) {
        self.waiting.pop_if(|(since, _)| at.since(*since) < MOMENT);
        if self.waiting.last().map_or(0, |(_, before)| *before) != waiting {
            self.waiting.push((at, waiting));
        }
    }
    fn stop(&mut self, at: Time, place: Point, then: Then) {
        // Estimates never go back in time.
        let at = self.stops.last().map_or(at, |last| at.max(last.at));
        self.stops.push(Stop { at, place, then });
    }
}

/// The way of a rep. Of drives whose end (or beginning) nobody noted, the usual time is taken.
pub(super) fn way(track: &Track, plan: &RepPlan, tenant: &TenantPlan, speed: u32) -> Way {
    let mut way = Way::default();
    let (mut here, mut offline, mut recording) = (plan.home, None, None);
    let takes = |from: Point, to: Point| {
        Span::micros(expected_drive(from, to, &Roads::default()).as_micros() / i64::from(speed))
    };
    for (at, what) in &track.marks {
        let at = *at;
        // Whoever drives on, or goes home, records no longer, whatever became of the recording.
        if !matches!(what, Waypoint::Records | Waypoint::Offline | Waypoint::Online | Waypoint::Waiting(_)) {
            way.recording.extend(recording.take().map(|from| (from, at)));
        }
        match what {
            Waypoint::LeavesHome => way.stop(at, here, Then::Home),
            Waypoint::DrivesTo(_) => way.stop(at, here, Then::Drives),
            Waypoint::Arrives(id) => {
                let planned = tenant.visits.get(id).map(|visit| visit.place);
                here = planned.or_else(|| tenant.found.made_up(id)).unwrap_or(here);
                way.stop(at, here, Then::Visits);
            }
            Waypoint::Records => {
                recording.get_or_insert(at);
            }
            Waypoint::StopsRecording => {}
            Waypoint::HasLunch => {
                let Some(lunch) = plan.lunch else { continue };
                way.stop(at - takes(here, lunch.place), here, Then::Drives);
                here = lunch.place;
                way.stop(at, here, Then::Elsewhere);
            }
            Waypoint::GoesHome => {
                way.stop(at, here, Then::Drives);
                way.stop(at + takes(here, plan.home), plan.home, Then::Home);
                here = plan.home;
            }
            Waypoint::Offline => {
                offline.get_or_insert(at);
            }
            Waypoint::Online => way.offline.extend(offline.take().map(|from| (from, at))),
            Waypoint::Waiting(waiting) => way.waits(at, *waiting),
            Waypoint::Ended => way.stop(at, here, Then::Over),
        }
    }
    let last = track.marks.last().map(|(at, _)| *at);
    way.offline.extend(offline.zip(last));
    way.recording.extend(recording.zip(last));
    for times in [&mut way.offline, &mut way.recording] {
        times.retain(|(from, until)| until.since(*from) >= MOMENT);
    }
    way
}
