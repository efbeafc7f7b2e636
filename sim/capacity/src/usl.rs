//! The Universal Scalability Law (Gunther): throughput over concurrency.
//!
//! X(N) = λN / (1 + σ(N−1) + κN(N−1)). N is requests under way at once, by Little's law, not reps. λ is what one request at a
//! time brings, σ what they wait for each other, κ what they cost each other in agreement; with κ > 0 throughput falls beyond
//! √((1−σ)/κ). Fitted by least squares (Levenberg and Marquardt), no parameter below 0; intervals by resampling the residuals
//! 400 times with a fixed seed.

use fieldday_kernel::random::{Purpose, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Fewer levels are fitted with a warning: three parameters go through any three points.
pub const LEVELS_MIN: usize = 6;
/// Beyond so many times the greatest concurrency measured nothing is said.
pub const BEYOND_MOST: f64 = 2.0;
/// Concurrency must range over so large a factor.
pub const RANGE_MIN: f64 = 4.0;
/// The law speaks of requests that meet: with fewer than this under way at once hardly any do.
pub const IN_FLIGHT_MIN: f64 = 2.0;
const RESAMPLED: u64 = 400;
/// A κ that may be as small as this is not told from 0.
const KAPPA_NONE: f64 = 1e-9;

/// A value with its 95 % confidence interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The value of the least squares fit.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// The Universal Scalability Law fitted to levels.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usl {
    /// λ: requests a second of one request at a time.
    pub lambda: Estimate,
    /// σ, contention: the share of a request's work that waits for the others.
    pub sigma: Estimate,
    /// κ, coherency: what each pair of requests in flight costs the other; with κ > 0 throughput has a peak.
    pub kappa: Estimate,
    /// The greatest throughput, if it is within twice what was measured; none if throughput does not fall.
    pub peak: Option<Peak>,
    /// How much of the variance of throughput is explained.
    pub r_squared: f64,
    /// Measured and fitted throughput, level by level.
    pub residuals: Vec<Residual>,
    /// The reasons why the data may not be sufficient for the fit.
    pub warnings: Vec<String>,
}

/// The greatest throughput that the law predicts.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Peak {
    /// The number of requests in flight at the peak.
    pub in_flight: Estimate,
    /// Requests a second at the peak, by the law.
    pub requests_per_s: f64,
}

/// The measured and the fitted throughput of a level.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// The mean number of requests in flight that was measured.
    pub in_flight: f64,
    /// Requests a second that were measured.
    pub measured: f64,
    /// Requests a second by the law at that many requests in flight.
    pub fitted: f64,
}

/// The law cannot be fitted; holds how many different concurrencies were measured.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the Universal Scalability Law needs levels at three concurrencies or more, but there are {0}; measure more levels"
)]
pub struct TooFew(pub usize);

/// λ, σ and κ, in this order.
type Parameters = [f64; 3];

/// Fits the law to (requests at once, requests a second).
pub fn fit(levels: &[(f64, f64)]) -> Result<Usl, TooFew> {
    let levels: Vec<(f64, f64)> = levels.iter().copied().filter(|(n, x)| *n > 0.0 && *x > 0.0).collect();
    let mut distinct: Vec<f64> = levels.iter().map(|(n, _)| *n).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup_by(|a, b| (*a / *b - 1.0).abs() < 0.01);
    if distinct.len() < 3 {
        return Err(TooFew(distinct.len()));
    }
    let best = least_squares(&levels);
    let resampled = resample(&levels, best);
    let estimate = |of: &dyn Fn(&Parameters) -> f64| {
        let mut values: Vec<f64> = resampled.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Estimate { value: of(&best), low: at(0.025).min(of(&best)), high: at(0.975).max(of(&best)) }
    };
    let (lambda, sigma, kappa) = (estimate(&|p| p[0]), estimate(&|p| p[1]), estimate(&|p| p[2]));
    let measured_to = distinct.last().copied().unwrap_or_default();
    let peak_of = |p: &Parameters| if p[2] > 0.0 && p[1] < 1.0 { ((1.0 - p[1]) / p[2]).sqrt() } else { f64::INFINITY };
    let most = BEYOND_MOST * measured_to;
    // A peak below what was measured, or one that κ = 0 explains as well, is noise.
    let is_seen = (distinct[0]..=most).contains(&peak_of(&best)) && kappa.low > KAPPA_NONE;
    let peak = is_seen.then(|| {
        let within = estimate(&|p| peak_of(p).min(most));
        Peak { in_flight: within, requests_per_s: law(best, within.value) }
    });
    let mut warnings = Vec::new();
    if distinct.len() < LEVELS_MIN {
        warnings.push(format!(
            "fitted to only {} levels: with fewer than {LEVELS_MIN} the law fits any values",
            distinct.len()
        ));
    }
    if measured_to < RANGE_MIN * distinct[0] {
        warnings.push(format!(
            "concurrency ranges only from {:.1} to {measured_to:.1}; measure over a factor of at least {RANGE_MIN}",
            distinct[0]
        ));
    }
    if kappa.low <= KAPPA_NONE {
        warnings.push("κ is not distinguishable from 0: these data show no peak; measure more reps".to_owned());
    } else if peak.is_none() && peak_of(&best) > most {
        let at = peak_of(&best);
        warnings.push(format!(
            "the peak would be at {at:.0} requests in flight, more than twice the measured {measured_to:.0}, and is not reported"
        ));
    }
    let residual = |(n, x): &(f64, f64)| Residual { in_flight: *n, measured: *x, fitted: law(best, *n) };
    let mean = levels.iter().map(|(_, x)| x).sum::<f64>() / levels.len() as f64;
    let around: f64 = levels.iter().map(|(_, x)| (x - mean) * (x - mean)).sum();
    let r_squared = if around > 0.0 { 1.0 - squares(&levels, best) / around } else { 0.0 };
    Ok(Usl { lambda, sigma, kappa, peak, r_squared, residuals: levels.iter().map(residual).collect(), warnings })
}

impl Usl {
    /// The root of the mean squared relative error of the throughputs.
    pub fn error(&self) -> f64 {
        let off = |of: &Residual| of.measured / of.fitted.max(1e-12) - 1.0;
        let sum: f64 = self.residuals.iter().map(|of| off(of) * off(of)).sum();
        (sum / self.residuals.len().max(1) as f64).sqrt()
    }
    /// Throughput at so many requests at once; none beyond twice what was measured.
    pub fn throughput(&self, in_flight: f64) -> Option<f64> {
        let measured_to = self.residuals.iter().map(|of| of.in_flight).fold(0.0, f64::max);
        let parameters = [self.lambda.value, self.sigma.value, self.kappa.value];
        (in_flight <= BEYOND_MOST * measured_to).then(|| law(parameters, in_flight))
    }
}

fn law([lambda, sigma, kappa]: Parameters, n: f64) -> f64 {
    lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0)).max(1e-9)
}

fn squares(levels: &[(f64, f64)], parameters: Parameters) -> f64 {
    levels.iter().map(|(n, x)| (x - law(parameters, *n)) * (x - law(parameters, *n))).sum()
}

/// The best parameters of those that are allowed: where one would be negative, it is held at 0 and the others are fitted.
fn least_squares(levels: &[(f64, f64)]) -> Parameters {
    let faces = [[true, true, true], [true, false, true], [true, true, false], [true, false, false]];
    let fitted = faces.iter().map(|free| marquardt(levels, start(levels), *free));
    let allowed = fitted.filter(|parameters| parameters.iter().all(|value| *value >= 0.0 && value.is_finite()));
    let best = allowed.min_by(|a, b| squares(levels, *a).total_cmp(&squares(levels, *b)));
    best.unwrap_or([levels[0].1 / levels[0].0, 0.0, 0.0])
}

/// Where to begin: N/X is a parabola in N, which is fitted in closed form.
fn start(levels: &[(f64, f64)]) -> Parameters {
    let mut system = [[0.0; 4]; 3];
    for (n, x) in levels {
        let row = [1.0, n - 1.0, n * (n - 1.0)];
        // Weighted so that errors count as those of X do.
        let weight = (x * x / n) * (x * x / n);
        for (i, line) in system.iter_mut().enumerate() {
            (0..3).for_each(|j| line[j] += weight * row[i] * row[j]);
            line[3] += weight * row[i] * n / x;
        }
    }
    match solve(system) {
        Some([a, b, c]) if a > 0.0 => [1.0 / a, (b / a).clamp(0.0, 0.999), (c / a).max(0.0)],
        _ => [levels.iter().map(|(n, x)| x / n).fold(0.0, f64::max), 0.01, 1e-5],
    }
}

/// Levenberg and Marquardt over the free parameters; the others are 0.
fn marquardt(levels: &[(f64, f64)], start: Parameters, free: [bool; 3]) -> Parameters {
    let mut at: Parameters = std::array::from_fn(|i| if free[i] { start[i] } else { 0.0 });
    let (mut damping, mut error) = (1e-3, squares(levels, at));
    for _ in 0..200 {
        let mut system = [[0.0; 4]; 3];
        for (n, x) in levels {
            let shape = 1.0 + at[1] * (n - 1.0) + at[2] * n * (n - 1.0);
            let slope =
                [n / shape, -at[0] * n * (n - 1.0) / (shape * shape), -at[0] * n * n * (n - 1.0) / (shape * shape)];
            for i in 0..3 {
                (0..3).for_each(|j| system[i][j] += slope[i] * slope[j]);
                system[i][3] += slope[i] * (x - law(at, *n));
            }
        }
        for i in 0..3 {
            system[i][i] *= 1.0 + damping;
            if !free[i] {
                system[i] = [0.0; 4];
                (0..3).for_each(|j| system[j][i] = 0.0);
                system[i][i] = 1.0;
            }
        }
        let Some(step) = solve(system) else { break };
        let next: Parameters = std::array::from_fn(|i| at[i] + step[i]);
        let then = squares(levels, next);
        if then < error {
            let gain = (error - then) / error.max(1e-300);
            (at, error, damping) = (next, then, damping / 10.0);
            if gain < 1e-14 {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    at
}

/// Solves three linear equations by elimination with pivots; none if they are singular.
fn solve(mut system: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot = (column..3).max_by(|a, b| system[*a][column].abs().total_cmp(&system[*b][column].abs()))?;
        system.swap(column, pivot);
        if system[column][column].abs() < 1e-300 {
            return None;
        }
        for row in 0..3 {
            if row != column {
                let factor = system[row][column] / system[column][column];
                (column..4).for_each(|i| system[row][i] -= factor * system[column][i]);
            }
        }
    }
    Some(std::array::from_fn(|i| system[i][3] / system[i][i]))
}

/// Fits to the fitted curve with residuals drawn again, made larger by what the fit took out of them.
fn resample(levels: &[(f64, f64)], best: Parameters) -> Vec<Parameters> {
    let n = levels.len() as f64;
    let larger = if levels.len() > 3 { (n / (n - 3.0)).sqrt() } else { 1.0 };
    let residuals: Vec<f64> = levels.iter().map(|(n, x)| (x - law(best, *n)) * larger).collect();
    let again = |turn: u64| {
        let mut stream = Stream::new(1, Purpose::new("usl"), turn, 0, 0);
        let mut drawn = || residuals[stream.below(residuals.len() as u64) as usize];
        let levels: Vec<(f64, f64)> = levels.iter().map(|(n, _)| (*n, (law(best, *n) + drawn()).max(1e-6))).collect();
        least_squares(&levels)
    };
    (0..RESAMPLED).map(again).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SPEC SDM91 on a 16-processor Sun (Gunther, *Guerrilla Capacity Planning*, 2007; the example of CRAN's package `usl`,
    /// which gives σ 0.02773, κ 0.0001044, peak at 96.5). `scipy.optimize.curve_fit`, which PyPI's `pyusl` calls, gives
    /// λ 89.9952, σ 0.0277284, κ 0.000104366, peak at 96.52.
    const SDM91: [(f64, f64); 7] =
        [(1.0, 64.9), (18.0, 995.9), (36.0, 1652.4), (72.0, 1853.2), (108.0, 1828.9), (144.0, 1775.0), (216.0, 1702.2)];

    #[test]
    fn the_published_data_give_the_published_parameters() {
        let usl = fit(&SDM91).unwrap();
        let near = |value: f64, published: f64| (value / published - 1.0).abs() < 1e-3;
        assert!(near(usl.lambda.value, 89.9953), "{:?}", usl.lambda);
        assert!(near(usl.sigma.value, 0.0277285), "{:?}", usl.sigma);
        assert!(near(usl.kappa.value, 0.000104366), "{:?}", usl.kappa);
        let peak = usl.peak.unwrap();
        assert!(near(peak.in_flight.value, 96.519), "{peak:?}");
        assert!(peak.in_flight.low < 96.5 && peak.in_flight.high > 96.5);
        assert!(usl.r_squared > 0.98, "{}", usl.r_squared);
        assert_eq!(usl.warnings, [""; 0]);
    }

    #[test]
    fn the_law_is_found_again_in_its_own_figures_and_the_interval_holds_it_under_noise() {
        let truth = [120.0, 0.05, 0.0004];
        let exact: Vec<_> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0].map(|n| (n, law(truth, n))).to_vec();
        let usl = fit(&exact).unwrap();
        assert!((usl.sigma.value - 0.05).abs() < 1e-6 && (usl.kappa.value - 0.0004).abs() < 1e-8, "{usl:?}");
        let noisy: Vec<_> =
            exact.iter().enumerate().map(|(i, (n, x))| (*n, x * (1.0 + 0.02 * [1.0, -1.0][i % 2]))).collect();
        let usl = fit(&noisy).unwrap();
        assert!(usl.sigma.low < 0.05 && 0.05 < usl.sigma.high, "{:?}", usl.sigma);
        assert!(usl.kappa.low < 0.0004 && 0.0004 < usl.kappa.high, "{:?}", usl.kappa);
    }

    #[test]
    fn data_that_cannot_carry_it_are_said_to() {
        assert_eq!(fit(&[(1.0, 10.0), (1.001, 10.0), (2.0, 20.0)]), Err(TooFew(2)));
        let linear: Vec<_> = [1.0, 2.0, 3.0, 3.5].map(|n| (n, 50.0 * n)).to_vec();
        let usl = fit(&linear).unwrap();
        assert!(usl.sigma.value < 1e-6 && usl.kappa.value < 1e-6 && usl.peak.is_none(), "{usl:?}");
        let text = usl.warnings.join("\n");
        assert!(
            text.contains("4 levels")
                && text.contains("factor of at least 4")
                && text.contains("κ is not distinguishable"),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_said_beyond_twice_what_was_measured() {
        let early: Vec<_> = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0].map(|n| (n, law([100.0, 0.02, 0.0001], n))).to_vec();
        let usl = fit(&early).unwrap();
        assert!(usl.throughput(31.0).is_some() && usl.throughput(33.0).is_none());
        assert!(
            usl.peak.is_none() && usl.warnings.iter().any(|text| text.contains("more than twice")),
            "{:?}",
            usl.warnings
        );
    }
}
