//! What a phone has along its leg, computed once when the leg begins.

use crate::air::{Air, SpotKind};
use crate::coverage::Region;
use crate::network::{Profile, Radio};
use crate::track::Leg;
use fieldday_kernel::time::{Span, Time};

/// A stretch of time in which nothing changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    pub from: Time,
    pub until: Time,
    pub radio: Radio,
    pub moving: bool,
    pub portal: bool,
}

impl Segment {
    /// The number of its radio and motion.
    pub fn class(&self) -> usize {
        Profile::class(self.radio, self.moving)
    }
    fn same(&self, other: &Segment) -> bool {
        (self.radio, self.moving, self.portal) == (other.radio, other.moving, other.portal)
    }
}

/// Segments without gaps, from before the leg to after it.
#[derive(Default)]
pub(super) struct Timeline {
    segments: Vec<Segment>,
    /// Where the last look-up was: time mostly goes on.
    last: usize,
    moments: Vec<Time>,
}

const BEGINNING: Time = Time::from_micros(i64::MIN);
const END: Time = Time::from_micros(i64::MAX);

impl Timeline {
    /// Computes it anew for a leg. After a drive the phone is where it arrived.
    pub fn follow(&mut self, leg: &Leg, air: &Air, phone: u64) {
        self.last = 0;
        self.segments.clear();
        self.gather_moments(leg, air, phone);
        let mut from = BEGINNING;
        for i in 0..=self.moments.len() {
            let until = self.moments.get(i).copied().unwrap_or(END);
            if until <= from {
                continue;
            }
            let segment = segment(leg, air, phone, from, until);
            from = until;
            match self.segments.last_mut() {
                Some(before) if before.same(&segment) => before.until = until,
                _ => self.segments.push(segment),
            }
        }
    }

    /// Every moment at which something may change, ascending.
    fn gather_moments(&mut self, leg: &Leg, air: &Air, phone: u64) {
        let moments = &mut self.moments;
        moments.clear();
        if !leg.is_stay() {
            moments.extend([leg.depart, leg.arrive]);
            let mut cross = |region: &Region| {
                if region.may_meet(leg) {
                    region.crossings(leg, moments);
                }
            };
            air.fast.iter().for_each(|fast| cross(&fast.region));
            air.holes.iter().for_each(|hole| cross(&hole.region));
            air.outages.iter().filter_map(|o| o.region.as_ref()).for_each(cross);
        }
        moments.extend(air.outages.iter().flat_map(|o| [o.from, o.until]));
        moments.extend(air.gaps_of(phone).iter().flat_map(|g| [g.from, g.until]));
        for spot in air.spots_at(leg.to).iter().filter(|_| leg.is_stay()) {
            match spot.kind {
                SpotKind::Basement { after, lasts } => {
                    moments.extend([leg.depart + after, leg.depart + after + lasts]);
                }
                SpotKind::Portal { accepted_after } => moments.extend([leg.depart, leg.depart + accepted_after]),
            }
        }
        moments.sort();
    }

    /// The segment at that moment.
    pub fn at(&mut self, at: Time) -> Segment {
        let mut i = self.last.min(self.segments.len() - 1);
        while at < self.segments[i].from && i > 0 {
            i -= 1;
        }
        while at >= self.segments[i].until && i + 1 < self.segments.len() {
            i += 1;
        }
        self.last = i;
        self.segments[i]
    }

    /// The first moment from `at` on with a network.
    pub fn next_online(&mut self, at: Time) -> Option<Time> {
        self.at(at);
        let online = self.segments[self.last..].iter().find(|s| s.radio != Radio::None)?;
        Some(online.from.max(at))
    }

    /// Whether there is no network at some moment of the two or between them; at which first.
    pub fn first_offline(&mut self, from: Time, to: Time) -> Option<Time> {
        self.at(from);
        let later = self.segments[self.last..].iter().take_while(|s| s.from <= to);
        later.filter(|s| s.radio == Radio::None).map(|s| s.from.max(from)).next()
    }
}

/// What the phone has between two moments in a row: what it has in the middle of them.
fn segment(leg: &Leg, air: &Air, phone: u64, from: Time, until: Time) -> Segment {
    let inside = if from == BEGINNING {
        until - Span::micros(1)
    } else if until == END {
        from
    } else {
        from + Span::micros(until.since(from).as_micros() / 2)
    };
    let (place, mut portal) = (leg.at(inside), false);
    let holds = |from: Time, until: Time| from <= inside && inside < until;
    let gap = air.gaps_of(phone).iter().any(|g| holds(g.from, g.until));
    let outage = |o: &crate::air::Outage| {
        holds(o.from, o.until) && o.region.as_ref().is_none_or(|region| region.contains(place))
    };
    let mut radio = if gap || air.outages.iter().any(outage) { Radio::None } else { air.radio_at(place) };
    for spot in air.spots_at(leg.to).iter().filter(|_| leg.is_stay()) {
        match spot.kind {
            SpotKind::Basement { after, lasts } if holds(leg.depart + after, leg.depart + after + lasts) => {
                radio = Radio::None;
            }
            SpotKind::Portal { accepted_after } if holds(leg.depart, leg.depart + accepted_after) => portal = true,
            _ => {}
        }
    }
    if portal {
        // The café's Wi-Fi is there whatever the masts do, and as quick as it pretends to be.
        radio = Radio::FiveG;
    }
    let moving = !leg.is_stay() && holds(leg.depart, leg.arrive);
    Segment { from, until, radio, moving, portal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::{Gap, Hole, Outage, Spot};
    use crate::network;
    use crate::place::Point;
    use crate::territory;

    fn air() -> Air {
        let (newark, cautious) = (territory::named("newark").unwrap(), network::named("cautious").unwrap());
        Air::plain(newark.clone(), cautious.clone())
    }
    fn minute(n: i64) -> Time {
        Time::from_micros(0) + Span::minutes(n)
    }
    fn walk(leg: &Leg, air: &Air) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.follow(leg, air, 7);
        timeline
    }
    fn drive() -> Leg {
        Leg { from: Point::metres(0, 0), to: Point::metres(60_000, 0), depart: minute(0), arrive: minute(60) }
    }
    fn square(from_m: f64, to_m: f64) -> Region {
        Region::new(&[(from_m, -100.0), (to_m, -100.0), (to_m, 100.0), (from_m, 100.0)])
    }

    #[test]
    fn a_drive_through_a_valley_is_offline_just_there() {
        let mut air = air();
        air.holes.push(Hole { name: "valley".into(), region: square(10_000.0, 15_000.0), left: Radio::None });
        air.holes.push(Hole { name: "mast".into(), region: square(12_000.0, 20_000.0), left: Radio::ThreeG });
        let mut timeline = walk(&drive(), &air);
        let radios = [5, 12, 17, 30].map(|m| timeline.at(minute(m)).radio);
        assert_eq!(radios, [Radio::Lte, Radio::None, Radio::ThreeG, Radio::Lte]);
        assert_eq!(timeline.next_online(minute(11)), Some(minute(15)));
        assert_eq!(timeline.first_offline(minute(0), minute(9)), None);
        assert_eq!(timeline.first_offline(minute(0), minute(11)), Some(minute(10)));
        assert_eq!(timeline.at(minute(3)).radio, Radio::Lte, "time may go back");
        assert!(timeline.at(minute(30)).moving && !timeline.at(minute(61)).moving && !timeline.at(minute(-1)).moving);
    }

    #[test]
    fn outages_and_gaps_come_and_go_by_the_clock() {
        let mut air = air();
        let region = Some(square(-1000.0, 1000.0));
        air.outages.push(Outage { name: "north".into(), region, from: minute(10), until: minute(20) });
        air.gaps.push(Gap { name: "mine".into(), phone: 7, from: minute(30), until: minute(31) });
        air.gaps.push(Gap { name: "theirs".into(), phone: 8, from: minute(40), until: minute(50) });
        let mut inside = walk(&Leg::stay(Point::metres(0, 0), minute(0)), &air);
        let online = [9, 10, 19, 20, 30, 31, 45].map(|m| inside.at(minute(m)).radio != Radio::None);
        assert_eq!(online, [true, false, false, true, false, true, true]);
        let mut outside = walk(&Leg::stay(Point::metres(5000, 0), minute(0)), &air);
        assert_ne!(outside.at(minute(15)).radio, Radio::None);
    }

    #[test]
    fn a_basement_and_a_portal_count_from_the_beginning_of_the_stay() {
        let mut air = air();
        let (house, cafe) = (Point::metres(1, 1), Point::metres(2, 2));
        let basement = SpotKind::Basement { after: Span::minutes(5), lasts: Span::minutes(10) };
        air.spots.push(Spot {
            name: "portal".into(),
            place: cafe,
            kind: SpotKind::Portal { accepted_after: Span::minutes(3) },
        });
        air.spots.push(Spot { name: "basement".into(), place: house, kind: basement });
        air.sort();
        let mut at_house = walk(&Leg::stay(house, minute(100)), &air);
        assert_eq!(
            [104, 105, 114, 115].map(|m| at_house.at(minute(m)).radio == Radio::None),
            [false, true, true, false]
        );
        let mut at_cafe = walk(&Leg::stay(cafe, minute(100)), &air);
        assert_eq!([100, 102, 103].map(|m| at_cafe.at(minute(m)).portal), [true, true, false]);
    }
}
