//! Regions of the plane: polygons in metres, and where a leg crosses their borders. Containment is geo's, which is exact;
//! crossings use + − × ÷ alone.

use crate::place::Point;
use crate::track::Leg;
use fieldday_kernel::time::Time;
use geo::{Contains, Coord, LineString, Polygon};
use serde::{Serialize, Serializer};

/// A region, bounded by straight lines.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    polygon: Polygon<f64>,
    /// The bounding box in metres: west, south, east, north.
    bounds: [f64; 4],
}

impl Serialize for Region {
    /// The corners in whole metres, for a map.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.corners_m())
    }
}

/// The directions of a twelve-sided figure's corners: cosines and sines of the multiples of 30°, written out.
const TWELVE: [(f64, f64); 12] = {
    const H: f64 = 0.5;
    const S: f64 = 0.866_025_403_784_438_6;
    [
        (1.0, 0.0),
        (S, H),
        (H, S),
        (0.0, 1.0),
        (-H, S),
        (-S, H),
        (-1.0, 0.0),
        (-S, -H),
        (-H, -S),
        (0.0, -1.0),
        (H, -S),
        (S, -H),
    ]
};

impl Region {
    /// The region with these corners, in metres east and north of the territory's origin.
    pub fn new(corners: &[(f64, f64)]) -> Region {
        let far = f64::INFINITY;
        let bounds = corners
            .iter()
            .fold([far, far, -far, -far], |[w, s, e, n], (x, y)| [w.min(*x), s.min(*y), e.max(*x), n.max(*y)]);
        let ring: LineString<f64> = corners.iter().map(|(x, y)| Coord { x: *x, y: *y }).collect();
        Region { polygon: Polygon::new(ring, Vec::new()), bounds }
    }
    /// A disc, as a polygon with twelve corners.
    pub fn disc(centre: Point, radius_m: f64) -> Region {
        Region::oval(centre, (1.0, 0.0), radius_m, radius_m)
    }
    /// Twelve corners on an ellipse, `half_length_m` long in the direction `along` (of length 1) and `half_width_m` across.
    pub fn oval(centre: Point, along: (f64, f64), half_length_m: f64, half_width_m: f64) -> Region {
        let (x, y) = centre.xy_m();
        let corner = |(cos, sin): (f64, f64)| {
            let (u, v) = (cos * half_length_m, sin * half_width_m);
            (x + u * along.0 - v * along.1, y + u * along.1 + v * along.0)
        };
        Region::new(&TWELVE.map(corner))
    }
    /// The corners in whole metres; the last one is the first again.
    pub fn corners_m(&self) -> impl Iterator<Item = (i64, i64)> {
        self.polygon.exterior().coords().map(|c| (c.x as i64, c.y as i64))
    }
    /// Whether the point is inside.
    pub fn contains(&self, at: Point) -> bool {
        let (x, y) = at.xy_m();
        let [west, south, east, north] = self.bounds;
        x >= west && x <= east && y >= south && y <= north && self.polygon.contains(&Coord { x, y })
    }
    /// Whether the leg can touch the region at all.
    pub fn may_meet(&self, leg: &Leg) -> bool {
        let ((ax, ay), (bx, by)) = (leg.from.xy_m(), leg.to.xy_m());
        let [west, south, east, north] = self.bounds;
        ax.max(bx) >= west && ax.min(bx) <= east && ay.max(by) >= south && ay.min(by) <= north
    }
    /// Adds the moments at which the leg crosses the border.
    pub fn crossings(&self, leg: &Leg, moments: &mut Vec<Time>) {
        let ((ax, ay), (bx, by)) = (leg.from.xy_m(), leg.to.xy_m());
        let (dx, dy) = (bx - ax, by - ay);
        for edge in self.polygon.exterior().lines() {
            let (ex, ey) = (edge.end.x - edge.start.x, edge.end.y - edge.start.y);
            let across = dx * ey - dy * ex;
            if across == 0.0 {
                continue; // parallel: the neighbours of this edge tell when the leg enters and leaves
            }
            let (sx, sy) = (edge.start.x - ax, edge.start.y - ay);
            let (share, along_edge) = ((sx * ey - sy * ex) / across, (sx * dy - sy * dx) / across);
            if (0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&along_edge) {
                moments.push(leg.when(share));
            }
        }
    }
}

/// The direction from one place to another, of length 1; east if they are the same.
pub fn direction(from: Point, to: Point) -> (f64, f64) {
    let ((ax, ay), (bx, by)) = (from.xy_m(), to.xy_m());
    let (dx, dy) = (bx - ax, by - ay);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::Span;
    use geo::{Distance, Euclidean};
    use proptest::prelude::*;

    const HOUR: Span = Span::hours(1);

    impl Region {
        fn border_is_away_m(&self, at: Point) -> f64 {
            let (x, y) = at.xy_m();
            Euclidean.distance(&geo::Point::new(x, y), self.polygon.exterior())
        }
    }

    fn leg(from: (i32, i32), to: (i32, i32)) -> Leg {
        let depart = Time::from_micros(0);
        Leg { from: Point::metres(from.0, from.1), to: Point::metres(to.0, to.1), depart, arrive: depart + HOUR }
    }

    #[test]
    fn a_square_is_entered_and_left_when_the_sums_say_so() {
        let square = Region::new(&[(1000.0, -500.0), (2000.0, -500.0), (2000.0, 500.0), (1000.0, 500.0)]);
        let mut moments = Vec::new();
        square.crossings(&leg((0, 0), (4000, 0)), &mut moments);
        moments.sort();
        assert_eq!(moments, [Time::from_micros(0) + Span::minutes(15), Time::from_micros(0) + Span::minutes(30)]);
        assert!(square.contains(Point::metres(1500, 0)) && !square.contains(Point::metres(2500, 0)));
        assert!(!square.may_meet(&leg((0, 600), (4000, 900))), "it passes north of it");
    }

    #[test]
    fn an_oval_is_as_long_and_wide_as_asked() {
        let (along, centre) = (direction(Point::metres(0, 0), Point::metres(3, 4)), Point::metres(0, 0));
        let oval = Region::oval(centre, along, 2000.0, 300.0);
        assert!(oval.contains(Point::metres(1190, 1590)) && !oval.contains(Point::metres(1210, 1610)));
        assert!(oval.contains(Point::metres(-230, 170)) && !oval.contains(Point::metres(-250, 190)));
        assert!(Region::disc(centre, 1000.0).contains(Point::metres(0, 960)));
    }

    proptest! {
        /// Between two crossings in a row the whole stretch is on one side, whatever the polygon and the leg.
        #[test]
        fn nothing_changes_between_crossings(
            centre in (-5_000_i32..5_000, -5_000_i32..5_000), towards in (-5_000_i32..5_000, -5_000_i32..5_000),
            half_m in (100_u32..5_000, 100_u32..3_000),
            from in (-6_000_i32..6_000, -6_000_i32..6_000), to in (-6_000_i32..6_000, -6_000_i32..6_000),
        ) {
            let (centre, towards) = (Point::metres(centre.0, centre.1), Point::metres(towards.0, towards.1));
            let along = direction(centre, towards);
            let oval = Region::oval(centre, along, f64::from(half_m.0), f64::from(half_m.1));
            let leg = leg(from, to);
            let mut moments = vec![leg.depart, leg.arrive];
            oval.crossings(&leg, &mut moments);
            moments.sort();
            for pair in moments.windows(2) {
                let length = pair[1].since(pair[0]).as_micros();
                let places = (1..20).map(|n| leg.at(pair[0] + Span::micros(length * n / 20)));
                // Places are whole centimetres: this near to the border rounding may tell either side.
                let sides: Vec<bool> = places.filter(|at| oval.border_is_away_m(*at) > 0.02).map(|at| oval.contains(at)).collect();
                prop_assert!(sides.windows(2).all(|two| two[0] == two[1]), "{pair:?} {sides:?}");
            }
        }
    }
}
