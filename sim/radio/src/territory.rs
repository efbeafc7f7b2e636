//! A metropolitan area as ZIP areas in a local plane, from `fixtures/territories`: where people live, how dense it is, and
//! which places are near one another.

use crate::place::Point;
use fieldday_api::fixed::{Degrees, Fixed};
use fieldday_api::wire::recordings::Location;
use fieldday_kernel::random::Stream;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::{Arc, LazyLock};

static FIXTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../fixtures/territories");

/// How far apart the visits of one day lie at most, from the middle of the rep's area.
const DAY_RADIUS_M: i64 = 16_000;

/// How densely an area is built.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urbanicity {
    /// Below 100 people a square mile.
    Rural,
    /// Up to 1,000 inhabitants a square mile.
    Suburban,
    /// Up to 10,000 inhabitants a square mile.
    Urban,
    /// More than 10,000 inhabitants a square mile.
    DenseUrban,
}

/// An area of the US postal service, which stands for a neighbourhood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Area {
    /// The ZIP code: five digits.
    pub zip: String,
    /// A point within the area, about which its people live.
    pub centre: Point,
    /// The number of people who live in the area.
    pub population: u64,
    /// How densely it is built.
    pub urbanicity: Urbanicity,
    /// How far from the centre its people live, in centimetres: half the way to the next area, within reason.
    pub spread_cm: i64,
    /// The areas within a day's reach, itself included, with the sum of the populations up to and with each.
    near: Vec<(usize, u64)>,
}

/// A territory. It serialises as its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Territory {
    name: String,
    metro: String,
    zone: String,
    origin_e7: (i64, i64),
    e7_per_km: (i64, i64),
    areas: Vec<Area>,
    /// The sums of the populations up to and with each area.
    sums: Vec<u64>,
}

impl Serialize for Territory {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.name)
    }
}

/// The file's form; the fixtures' README describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    metro: String,
    zone: String,
    #[serde(rename = "source")]
    _source: String,
    origin: Origin,
    lat_e7_per_km: i64,
    lng_e7_per_km: i64,
    zips: Vec<Zip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    lat_e7: i64,
    lng_e7: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Zip {
    zip: String,
    x_m: i32,
    y_m: i32,
    population: u64,
    urbanicity: Urbanicity,
}

static ALL: LazyLock<Vec<Arc<Territory>>> = LazyLock::new(|| {
    let files = FIXTURES.files().filter(|f| f.path().extension().is_some_and(|e| e == "json"));
    let mut all: Vec<_> = files
        .map(|f| serde_json::from_slice::<File>(f.contents()).expect("fixtures/territories are checked by a test"))
        .map(|file| Arc::new(Territory::from(file)))
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
});

/// All built-in territories, ordered by their names.
pub fn territories() -> &'static [Arc<Territory>] {
    &ALL
}

/// The territory of that name.
pub fn named(name: &str) -> Option<&'static Arc<Territory>> {
    ALL.iter().find(|t| t.name == name)
}

impl From<File> for Territory {
    fn from(file: File) -> Territory {
        let centres: Vec<Point> = file.zips.iter().map(|z| Point::metres(z.x_m, z.y_m)).collect();
        let area = |(i, zip): (usize, Zip)| {
            let gaps = centres.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, c)| c.distance_m(centres[i]));
            Area {
                zip: zip.zip,
                centre: centres[i],
                population: zip.population,
                urbanicity: zip.urbanicity,
                spread_cm: gaps.min().unwrap_or(1000).clamp(800, 5000) * 50,
                near: Vec::new(),
            }
        };
        let mut areas: Vec<Area> = file.zips.into_iter().enumerate().map(area).collect();
        for i in 0..areas.len() {
            let mut sum = 0;
            let near = (0..areas.len()).filter(|j| centres[i].distance_m(centres[*j]) <= DAY_RADIUS_M).map(|j| {
                sum += areas[j].population;
                (j, sum)
            });
            areas[i].near = near.collect();
        }
        let mut sum = 0;
        let sums = areas.iter().map(|area| {
            sum += area.population;
            sum
        });
        Territory {
            sums: sums.collect(),
            name: file.name,
            metro: file.metro,
            zone: file.zone,
            origin_e7: (file.origin.lat_e7, file.origin.lng_e7),
            e7_per_km: (file.lat_e7_per_km, file.lng_e7_per_km),
            areas,
        }
    }
}

impl Territory {
    /// `newark`
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The metropolitan area's name, for people to read.
    pub fn metro(&self) -> &str {
        &self.metro
    }
    /// The IANA name of the time zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }
    /// The ZIP areas that the territory consists of.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }
    /// The latitude and longitude of a place.
    pub fn degrees(&self, at: Point) -> Location {
        // 10^5 cm a kilometre.
        let degrees = |origin: i64, cm: i32, e7_per_km: i64| Fixed(origin + i64::from(cm) * e7_per_km / 100_000);
        Location {
            lat: degrees(self.origin_e7.0, at.y_cm, self.e7_per_km.0),
            lng: degrees(self.origin_e7.1, at.x_cm, self.e7_per_km.1),
        }
    }
    /// The place of those degrees, to a decimetre or so.
    pub fn point(&self, at: Location) -> Point {
        let cm = |degrees: Degrees, origin: i64, e7_per_km: i64| {
            let cm = i128::from(degrees.0 - origin) * 100_000 / i128::from(e7_per_km.max(1));
            cm.clamp(i128::from(i32::MIN), i128::from(i32::MAX)) as i32
        };
        Point {
            x_cm: cm(at.lng, self.origin_e7.1, self.e7_per_km.1),
            y_cm: cm(at.lat, self.origin_e7.0, self.e7_per_km.0),
        }
    }
    /// An area, each as likely as its people are many.
    pub fn any_area(&self, stream: &mut Stream) -> usize {
        let at = stream.below(self.sums.last().copied().unwrap_or(0));
        self.sums.partition_point(|sum| *sum <= at)
    }
    /// The area where most people live.
    pub fn largest_area(&self) -> usize {
        (0..self.areas.len()).max_by_key(|area| self.areas[*area].population).unwrap_or(0)
    }
    /// An area within a day's reach of `area`, each as likely as its people are many.
    pub fn area_near(&self, area: usize, stream: &mut Stream) -> usize {
        let near = &self.areas[area].near;
        let at = stream.below(near.last().map_or(0, |(_, sum)| *sum));
        near.get(near.partition_point(|(_, sum)| *sum <= at)).map_or(area, |(index, _)| *index)
    }
    /// Some place in an area.
    pub fn place_in(&self, area: usize, stream: &mut Stream) -> Point {
        let area = &self.areas[area];
        let (dx, dy) =
            (stream.range(-area.spread_cm..area.spread_cm + 1), stream.range(-area.spread_cm..area.spread_cm + 1));
        area.centre.moved(dx, dy)
    }
    /// How densely it is built there: as the nearest area is.
    pub fn urbanicity(&self, at: Point) -> Urbanicity {
        let nearest = self.areas.iter().min_by_key(|area| area.centre.distance_squared(at));
        nearest.map_or(Urbanicity::Rural, |area| area.urbanicity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::random::Purpose;

    #[test]
    fn the_fixtures_are_eight_and_each_time_zone_has_one_at_least() {
        assert_eq!(territories().len(), 8);
        for zone in ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"] {
            assert!(territories().iter().any(|t| t.zone() == zone), "{zone}");
        }
        for territory in territories() {
            assert_eq!(territory.areas().len(), 60);
            assert!(territory.areas().iter().all(|a| !a.near.is_empty() && a.population > 0));
        }
    }

    #[test]
    fn degrees_and_back_is_the_same_place() {
        let newark = named("newark").unwrap();
        assert_eq!(newark.degrees(Point::default()).lat, Fixed(407_357_000));
        let place = newark.areas()[7].centre;
        let back = newark.point(newark.degrees(place));
        assert!(back.distance_m(place) < 1, "{place:?} {back:?}");
        // A kilometre of latitude is 0.0090 degrees anywhere.
        assert_eq!(newark.degrees(Point::metres(0, 1000)).lat.0 - 407_357_000, 90_050);
    }

    #[test]
    fn places_are_drawn_by_population() {
        let chicago = named("chicago").unwrap();
        let mut hits = vec![0_u64; 60];
        for i in 0..20_000 {
            hits[chicago.any_area(&mut Stream::new(1, Purpose::new("test"), i, 0, 0))] += 1;
        }
        let people: u64 = chicago.areas().iter().map(|a| a.population).sum();
        for (area, hits) in chicago.areas().iter().zip(hits) {
            let expected = 20_000 * area.population / people;
            assert!(hits.abs_diff(expected) < 30 + expected / 4, "{}: {hits} for {expected}", area.zip);
        }
    }

    #[test]
    fn near_is_near_and_a_place_lies_in_its_area() {
        for territory in territories() {
            for area in 0..60 {
                let mut stream = Stream::new(1, Purpose::new("test"), area as u64, 0, 0);
                let other = territory.area_near(area, &mut stream);
                let centre = territory.areas()[area].centre;
                assert!(territory.areas()[other].centre.distance_m(centre) <= DAY_RADIUS_M);
                assert!(territory.place_in(area, &mut stream).distance_m(centre) < 3600);
            }
        }
    }
}
