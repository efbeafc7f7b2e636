//! How a rep moves: legs between places, and how long they take.

use crate::place::Point;
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// A stretch of a rep's way, at even speed along a straight line, or a stay (`from` equals `to`), which lasts until the
/// next leg begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Leg {
    /// The place at which the leg begins.
    pub from: Point,
    /// The place at which it ends.
    pub to: Point,
    /// The time at which it begins.
    pub depart: Time,
    /// When it ends; of a stay, when it begins.
    pub arrive: Time,
}

impl Leg {
    /// Standing still from then on.
    pub fn stay(at: Point, from: Time) -> Leg {
        Leg { from: at, to: at, depart: from, arrive: from }
    }
    /// Whether it is a stay: it ends where it begins.
    pub fn is_stay(&self) -> bool {
        self.from == self.to
    }
    /// Where one is at `t`: at the start before it, at the end after it.
    pub fn at(&self, t: Time) -> Point {
        let (gone, whole) = (t.since(self.depart).as_micros(), self.arrive.since(self.depart).as_micros());
        if gone <= 0 {
            return self.from;
        }
        if gone >= whole {
            return self.to;
        }
        // At most 2^32 cm times 2^63 µs: 128 bits hold it.
        let along = |from: i32, to: i32| {
            let way = i128::from(i64::from(to) - i64::from(from));
            (i128::from(from) + way * i128::from(gone) / i128::from(whole)) as i32
        };
        Point { x_cm: along(self.from.x_cm, self.to.x_cm), y_cm: along(self.from.y_cm, self.to.y_cm) }
    }
    /// The moment at which `share` (0 to 1) of a leg is driven.
    pub fn when(&self, share: f64) -> Time {
        let whole = self.arrive.since(self.depart).as_micros();
        self.depart + Span::micros((whole as f64 * share) as i64)
    }
}

/// How roads turn a distance into a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Roads {
    /// How much longer than the crow's way the road is at least and at most, in per cent.
    pub detour_percent: (u32, u32),
    /// Kilometres of each trip that are streets of a town.
    pub town_km: u32,
    /// The speed on town roads, in km/h.
    pub town_km_h: u32,
    /// The speed on all other roads, in km/h.
    pub open_km_h: u32,
    /// From the front door to the wheel, and from the kerb to the bell.
    pub parking: Span,
}

impl Default for Roads {
    /// The detour is the literature's (circuity of American road networks, 1.2 to 1.3). The speeds are ours: with them and
    /// the personas' visits, driving takes 28 % of a working day, which is ServiceTitan's figure.
    fn default() -> Roads {
        Roads { detour_percent: (120, 130), town_km: 8, town_km_h: 32, open_km_h: 75, parking: Span::seconds(150) }
    }
}

/// How long the drive takes.
pub fn drive_time(from: Point, to: Point, stream: &mut Stream, roads: &Roads) -> Span {
    let (least, most) = roads.detour_percent;
    let detour = stream.range(i64::from(least)..i64::from(most) + 1);
    usual_drive(from, to, detour, roads)
}

/// How long the drive takes with the middle detour: what an office reckons with when it makes appointments.
pub fn expected_drive(from: Point, to: Point, roads: &Roads) -> Span {
    let (least, most) = roads.detour_percent;
    usual_drive(from, to, i64::from(least + most) / 2, roads)
}

fn usual_drive(from: Point, to: Point, detour_percent: i64, roads: &Roads) -> Span {
    if from == to {
        return Span::ZERO;
    }
    let road_m = from.distance_m(to) * detour_percent / 100;
    let town_m = road_m.min(i64::from(roads.town_km) * 1000);
    // Metres by kilometres an hour: 3.6 s a metre at 1 km/h.
    let micros = |metres: i64, km_h: u32| metres * 3_600_000 / i64::from(km_h.max(1));
    Span::micros(micros(town_m, roads.town_km_h) + micros(road_m - town_m, roads.open_km_h)) + roads.parking
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::random::Purpose;
    use proptest::prelude::*;

    #[test]
    fn a_drive_is_as_fast_as_roads_allow() {
        let mut stream = Stream::new(1, Purpose::new("test"), 0, 0, 0);
        for km in [1, 5, 10, 30, 60] {
            let to = Point::metres(km * 1000, 0);
            let span = drive_time(Point::metres(0, 0), to, &mut stream, &Roads::default());
            // Door to door, along the road.
            let km_h = f64::from(km) * 1.25 * 3600.0 / span.as_seconds() as f64;
            assert!((9.0..65.0).contains(&km_h), "{km} km in {span}: {km_h} km/h");
        }
    }

    #[test]
    fn nobody_drives_to_where_they_are() {
        let mut stream = Stream::new(1, Purpose::new("test"), 0, 0, 0);
        assert_eq!(drive_time(Point::metres(5, 5), Point::metres(5, 5), &mut stream, &Roads::default()), Span::ZERO);
    }

    proptest! {
        #[test]
        fn a_leg_stays_between_its_ends(x in any::<i32>(), y in any::<i32>(), t in -10_i64..110) {
            let leg = Leg {
                from: Point { x_cm: 0, y_cm: 0 }, to: Point { x_cm: x, y_cm: y },
                depart: Time::from_micros(0), arrive: Time::from_micros(100),
            };
            let at = leg.at(Time::from_micros(t));
            prop_assert!(i64::from(at.x_cm).abs() <= i64::from(x).abs() && i64::from(at.y_cm).abs() <= i64::from(y).abs());
            prop_assert_eq!(leg.at(Time::from_micros(100)), leg.to);
        }
    }
}
