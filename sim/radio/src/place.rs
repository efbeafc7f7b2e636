//! A point in the local plane of a territory.

use serde::{Deserialize, Serialize};

/// Where something is: centimetres east and north of its territory's origin. Integers, so that two machines agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Point {
    /// Centimetres east of the origin; negative to the west.
    pub x_cm: i32,
    /// Centimetres north of the origin; negative to the south.
    pub y_cm: i32,
}

impl Point {
    /// A point so many metres east and north of the origin.
    pub const fn metres(x_m: i32, y_m: i32) -> Point {
        Point { x_cm: x_m * 100, y_cm: y_m * 100 }
    }
    /// The distance as the crow flies, in whole metres, rounded down.
    pub fn distance_m(self, other: Point) -> i64 {
        (self.distance_squared(other).isqrt() / 100) as i64
    }
    /// The square of the distance in centimetres, to compare distances.
    pub fn distance_squared(self, other: Point) -> u64 {
        // A square of 32 bits just fits into 64; only the corners of the plane are farther apart than can be said.
        let (dx, dy) = (u64::from(other.x_cm.abs_diff(self.x_cm)), u64::from(other.y_cm.abs_diff(self.y_cm)));
        (dx * dx).saturating_add(dy * dy)
    }
    /// This point, moved by so many centimetres.
    pub fn moved(self, dx_cm: i64, dy_cm: i64) -> Point {
        let add = |at: i32, by: i64| (i64::from(at) + by).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        Point { x_cm: add(self.x_cm, dx_cm), y_cm: add(self.y_cm, dy_cm) }
    }
    /// The coordinates in metres, for geometry.
    pub fn xy_m(self) -> (f64, f64) {
        (f64::from(self.x_cm) / 100.0, f64::from(self.y_cm) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_whole_metres_also_from_corner_to_corner() {
        assert_eq!(Point::metres(0, 0).distance_m(Point::metres(3000, -4000)), 5000);
        assert_eq!(Point { x_cm: 0, y_cm: 0 }.distance_m(Point { x_cm: 199, y_cm: 0 }), 1);
        let (far, farther) = (Point { x_cm: i32::MIN, y_cm: 0 }, Point { x_cm: i32::MAX, y_cm: 0 });
        assert_eq!(far.distance_m(farther), 42_949_672);
    }
}
