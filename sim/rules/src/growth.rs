//! Whether an endpoint becomes slower as requests are served, or with the load: a line fitted by weighted least squares
//! through the bins of a live run.
//!
//! What is fitted is the mean logarithm of the latency on the wire, over the requests served so far and the requests a
//! second of the bin, both at once, so that a day that becomes busier is not taken for a target that becomes slower. Load
//! is requests a second and not requests in flight, since slow answers raise the latter by themselves. Rows that the run
//! adds grow with the requests that it makes, so a table without an index shows as growth with requests served.
//!
//! Only successes are fitted. Where the two grew together, nothing tells them apart, and the growth is reported as one of
//! both.

use crate::Measures;
use crate::limit_result::{LimitResult, LimitVerdict};
use crate::measures::GrowthPoint;
use fieldday_api::endpoint::Op;
use fieldday_paint::units::{count, micros};
use fieldday_scenario::limits::{Limit, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The hazard's name in reports.
pub const HAZARD: &str = "latency.grows";
/// The hazard in a sentence.
pub const SENTENCE: &str =
    "Latency grows with the number of requests served, or with the load: a longer or busier run would be slower still.";

/// Fewer bins than this fit any line.
const BINS_MIN: usize = 10;
/// Fewer answers than this say nothing.
const ANSWERS_MIN: u64 = 100;
/// The confidence of the intervals, as a share of 1.
const CONFIDENCE: f64 = 0.99;
/// From which correlation on served requests and load can't be told apart.
const TOGETHER: f64 = 0.95;
/// Growth with requests served is a hazard from this share over the run on: the interval's lower end must be above it.
const HAZARD_SERVED: f64 = 0.2;
/// Growth with load is a hazard from this share on: every queue has some.
const HAZARD_LOAD: f64 = 1.0;
/// A smaller difference than this, in microseconds, is no hazard: nobody notices it.
const HAZARD_US: f64 = 5_000.0;

/// The quantity with which latency grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrowsWith {
    /// The number of requests served since the run began.
    Served,
    /// The rate of requests at the time.
    Load,
    /// With one of the two, which grew together.
    Either,
}

/// How an endpoint's latency on the wire changes over a live run, other things being equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencyTrend {
    /// The endpoint, in its short form.
    pub endpoint: String,
    /// The quantity with which it grows.
    pub with: GrowsWith,
    /// The geometric mean at the smallest value of the quantity, in microseconds.
    pub from_us: u64,
    /// The geometric mean at the greatest value of the quantity, in microseconds.
    pub to_us: u64,
    /// The growth between the two, in parts per million: 500,000 means 50 %.
    pub growth_ppm: i64,
    /// The ends of its 99 % interval, in parts per million.
    pub interval_ppm: [i64; 2],
    /// The smallest value of the quantity in the run: requests, or thousandths of a request per second.
    pub least: u64,
    /// The greatest value of the quantity.
    pub most: u64,
    /// The number of answers that the trend is fitted to.
    pub answers: u64,
    /// Whether it is reported as a hazard.
    pub is_hazard: bool,
}

impl LatencyTrend {
    /// The trend in a sentence: from what to what, by how much, and with what.
    pub fn sentence(&self) -> String {
        let percent = |ppm: i64| format!("{:+.0} %", ppm as f64 / 1e4);
        let [low, high] = self.interval_ppm;
        let served = || format!("over {} requests served", count(self.most - self.least));
        let a_second = |milli: u64| milli as f64 / 1e3;
        let with = match self.with {
            GrowsWith::Served => served(),
            GrowsWith::Load => {
                format!("from {:.1} to {:.1} requests per second", a_second(self.least), a_second(self.most))
            }
            GrowsWith::Either => format!("{}, while the load grew as well, so the cause is unknown", served()),
        };
        format!(
            "{}: {} to {} on the wire, {} [{}, {}] {with}",
            self.endpoint,
            micros(self.from_us),
            micros(self.to_us),
            percent(self.growth_ppm),
            percent(low),
            percent(high)
        )
    }
}

/// The trends of a live run's endpoints; none of an endpoint with too few answers, or answers in too few bins.
pub fn trends(measures: &Measures) -> Vec<LatencyTrend> {
    Op::ALL.iter().flat_map(|op| trends_of(*op, &measures.answers.points(*op))).collect()
}

fn trends_of(op: Op, points: &[GrowthPoint]) -> Vec<LatencyTrend> {
    let answers: u64 = points.iter().map(|point| point.count).sum();
    if points.len() < BINS_MIN || answers < ANSWERS_MIN {
        return Vec::new();
    }
    let served: Vec<f64> = points.iter().map(|point| point.served).collect();
    let load: Vec<f64> = points.iter().map(|point| point.load).collect();
    let is_one = range(&load) <= f64::EPSILON || correlation(&served, &load, points).abs() > TOGETHER;
    let fitted: Vec<(GrowsWith, &Vec<f64>, Option<Slope>)> = match is_one {
        true => vec![(
            if range(&load) <= f64::EPSILON { GrowsWith::Served } else { GrowsWith::Either },
            &served,
            fit(points, &[&served]).map(|slopes| slopes[0]),
        )],
        false => {
            let slopes = fit(points, &[&served, &load]);
            let of = |place: usize| slopes.as_ref().map(|slopes| slopes[place]);
            vec![(GrowsWith::Served, &served, of(0)), (GrowsWith::Load, &load, of(1))]
        }
    };
    let trend = |(with, over, slope): (GrowsWith, &Vec<f64>, Option<Slope>)| {
        let slope = slope?;
        let (least, most) = ends(over);
        let across = |by: f64| libm::exp(by * (most - least)) - 1.0;
        let (growth, interval) = (across(slope.by), [across(slope.low), across(slope.high)]);
        // The middle of the data stays where it is: the ends are as far from it as the slope says.
        let (mean_x, mean_y) = (mean(over, points), mean(&logarithms(points), points));
        let at = |x: f64| libm::exp(mean_y + slope.by * (x - mean_x));
        let (unit, least_share) = if with == GrowsWith::Load { (1e3, HAZARD_LOAD) } else { (1.0, HAZARD_SERVED) };
        if !interval.iter().all(|end| end.is_finite()) {
            return None;
        }
        Some(LatencyTrend {
            endpoint: op.label().to_owned(),
            with,
            from_us: at(least).round() as u64,
            to_us: at(most).round() as u64,
            growth_ppm: ppm(growth),
            interval_ppm: interval.map(ppm),
            least: (least * unit).round() as u64,
            most: (most * unit).round() as u64,
            answers,
            is_hazard: interval[0] > least_share && at(most) - at(least) > HAZARD_US,
        })
    };
    fitted.into_iter().filter_map(trend).collect()
}

/// Judges a limit on growth with requests served: of each endpoint, the worst one decides.
pub(crate) fn judge(limit: &Limit, measures: &Measures) -> LimitResult {
    let trends: Vec<LatencyTrend> = limit
        .scope
        .ops()
        .flat_map(|op| trends_of(op, &measures.answers.points(op)))
        .filter(|trend| trend.with != GrowsWith::Load)
        .collect();
    let samples: u64 = limit.scope.ops().map(|op| measures.op(op).live.wire.len()).sum();
    let bound = i64::try_from(limit.bound).unwrap_or(i64::MAX);
    let is_beyond = |ppm: i64| if limit.side == Side::Below { ppm >= bound } else { ppm > bound };
    // The interval's lower end decides what is beyond the bound, its upper end what is within.
    let highest = |end: usize| trends.iter().max_by_key(|trend| trend.interval_ppm[end]);
    let is_exceeded = highest(0).is_some_and(|trend| is_beyond(trend.interval_ppm[0]));
    let Some(worst) = highest(if is_exceeded { 0 } else { 1 }) else {
        let why = format!(
            "no endpoint had {ANSWERS_MIN} answers in at least {BINS_MIN} parts of the run; a longer run is needed"
        );
        return LimitResult::undecided(limit, samples, why);
    };
    let verdict = match () {
        () if is_exceeded => LimitVerdict::Exceeded,
        () if is_beyond(worst.interval_ppm[1]) => LimitVerdict::Inconclusive,
        () => LimitVerdict::Held,
    };
    // An interval is never so narrow that a part of a percent could be told.
    let whole = |ppm: i64| (ppm as f64 / 1e4).round() as i64 * 10_000;
    let sentence = worst.sentence();
    let note = match verdict {
        LimitVerdict::Inconclusive => format!("the limit is within the confidence interval: {sentence}"),
        LimitVerdict::Held | LimitVerdict::Exceeded => sentence,
    };
    LimitResult {
        verdict,
        actual: Some(whole(worst.growth_ppm).max(0) as u64),
        margin: Some(bound - whole(worst.growth_ppm)),
        ..LimitResult::undecided(limit, samples, note)
    }
}

fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

/// A slope with its interval.
#[derive(Clone, Copy)]
struct Slope {
    by: f64,
    low: f64,
    high: f64,
}

fn logarithms(points: &[GrowthPoint]) -> Vec<f64> {
    points.iter().map(|point| point.mean_log_us).collect()
}
fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(*value), most.max(*value)))
}
fn range(values: &[f64]) -> f64 {
    let (least, most) = ends(values);
    most - least
}
fn mean(values: &[f64], points: &[GrowthPoint]) -> f64 {
    covered(points, |place| values[place]) / covered(points, |_| 1.0)
}
/// The sum over the bins, each as often as it has answers.
fn covered(points: &[GrowthPoint], of: impl Fn(usize) -> f64) -> f64 {
    points.iter().enumerate().map(|(place, point)| point.count as f64 * of(place)).sum()
}
fn covariance(a: &[f64], b: &[f64], points: &[GrowthPoint]) -> f64 {
    let (mean_a, mean_b) = (mean(a, points), mean(b, points));
    covered(points, |place| (a[place] - mean_a) * (b[place] - mean_b))
}
fn correlation(a: &[f64], b: &[f64], points: &[GrowthPoint]) -> f64 {
    covariance(a, b, points) / (covariance(a, a, points) * covariance(b, b, points)).sqrt()
}

/// The slopes over one or two variables, other things being equal; none where the bins are too few or all alike.
fn fit(points: &[GrowthPoint], over: &[&Vec<f64>]) -> Option<Vec<Slope>> {
    let y = logarithms(points);
    let with_y: Vec<f64> = over.iter().map(|x| covariance(x, &y, points)).collect();
    // The inverse of what the variables have in common with themselves and each other.
    let inverse: [[f64; 2]; 2] = match over {
        [x] => [[1.0 / covariance(x, x, points), 0.0], [0.0, 0.0]],
        [a, b] => {
            let (aa, bb, ab) = (covariance(a, a, points), covariance(b, b, points), covariance(a, b, points));
            let determinant = aa * bb - ab * ab;
            [[bb / determinant, -ab / determinant], [-ab / determinant, aa / determinant]]
        }
        _ => return None,
    };
    let slopes: Vec<f64> =
        (0..over.len()).map(|i| with_y.iter().enumerate().map(|(j, with)| inverse[i][j] * with).sum()).collect();
    let explained: f64 = slopes.iter().zip(&with_y).map(|(slope, with)| slope * with).sum();
    let freedom = (points.len() as f64) - 1.0 - over.len() as f64;
    let variance = (covariance(&y, &y, points) - explained).max(0.0) / freedom;
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(1.0 - (1.0 - CONFIDENCE) / 2.0);
    let slope = |(place, by): (usize, &f64)| {
        let wide = t * (variance * inverse[place][place]).sqrt();
        Slope { by: *by, low: by - wide, high: by + wide }
    };
    Some(slopes.iter().enumerate().map(slope).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins of 20 answers of some 20 ms, with a disturbance of 5 % and what grows on top.
    fn points(bins: u64, load: impl Fn(u64) -> f64, grows: impl Fn(f64, f64) -> f64) -> Vec<GrowthPoint> {
        let disturbed = |bin: u64| ((bin * 7_919) % 101) as f64 / 1_010.0 - 0.05;
        let mut served = 0.0;
        let point = |bin| {
            let load = load(bin);
            let point = GrowthPoint {
                count: 20,
                mean_log_us: libm::log(20_000.0) + disturbed(bin) + grows(served, load),
                served,
                load,
            };
            served += load;
            point
        };
        (0..bins).map(point).collect()
    }
    fn hazards(points: &[GrowthPoint]) -> Vec<(GrowsWith, String)> {
        let trends = trends_of(Op::ListTasks, points);
        trends.iter().filter(|trend| trend.is_hazard).map(|trend| (trend.with, trend.sentence())).collect()
    }
    /// A day that is busier at its beginning and in its middle.
    fn busy(bin: u64) -> f64 {
        [40.0, 10.0, 12.0, 35.0, 14.0, 11.0][(bin % 6) as usize]
    }

    #[test]
    fn growth_with_requests_served_is_found_and_a_busy_hour_is_not_taken_for_it() {
        assert_eq!(hazards(&points(40, busy, |_, _| 0.0)), [], "nothing grows");
        let served = hazards(&points(40, busy, |served, _| served / 1_000.0));
        assert_eq!(served.len(), 1, "{served:?}");
        assert!(served[0].0 == GrowsWith::Served && served[0].1.contains("requests served"), "{served:?}");
        let load = hazards(&points(40, busy, |_, load| load / 20.0));
        assert_eq!(load.iter().map(|(with, _)| *with).collect::<Vec<_>>(), [GrowsWith::Load], "{load:?}");
        assert_eq!(hazards(&points(40, busy, |_, load| load / 200.0)), [], "15 % more under load is what a queue does");
    }

    #[test]
    fn a_slope_has_the_interval_that_the_truth_is_in() {
        let trends = trends_of(Op::ListTasks, &points(40, busy, |served, _| served / 1_000.0));
        let trend = trends.iter().find(|trend| trend.with == GrowsWith::Served).unwrap();
        let truth = ppm(libm::exp((trend.most - trend.least) as f64 / 1_000.0) - 1.0);
        let [low, high] = trend.interval_ppm;
        assert!(low < truth && truth < high, "{trend:?}, truth {truth}");
        assert!((trend.growth_ppm - truth).abs() < truth / 10, "{trend:?}, truth {truth}");
    }

    #[test]
    fn what_rose_together_is_not_told_apart_and_few_bins_say_nothing() {
        let together = hazards(&points(40, |bin| 10.0 + bin as f64 / 10.0, |served, _| served / 400.0));
        assert_eq!(together.iter().map(|(with, _)| *with).collect::<Vec<_>>(), [GrowsWith::Either]);
        assert!(together[0].1.contains("the cause is unknown"), "{together:?}");
        assert_eq!(trends_of(Op::ListTasks, &points(9, busy, |served, _| served)), []);
    }
}
