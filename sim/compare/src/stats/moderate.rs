//! Variances that are estimated from few runs, each drawn towards what the others say: Smyth's empirical Bayes (Linear
//! models and empirical Bayes methods, 2004; limma's `squeezeVar`). Without it a column that by chance varied little in five
//! runs would look as if it had changed.

use statrs::function::gamma::{digamma, ln_gamma};

/// The least share of the middle variance that a variance is taken for: one that is 0 by rounding says nothing of its own.
const LEAST_SHARE: f64 = 1e-4;
/// Columns below which nothing can be learned from the others.
const COLUMNS_MIN: usize = 3;

/// What all columns together say of a variance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moderated {
    /// The variance that a column is drawn to.
    pub prior: f64,
    /// With the weight of so many degrees of freedom; infinite if the columns vary alike, 0 if nothing was learned.
    pub weight: f64,
}

impl Moderated {
    /// Learns from the variances of columns, each estimated with so many degrees of freedom.
    pub fn learn(variances: &[f64], freedom: f64) -> Moderated {
        let nothing = Moderated { prior: 0.0, weight: 0.0 };
        if variances.len() < COLUMNS_MIN || freedom <= 0.0 {
            return nothing;
        }
        let least = middle(variances) * LEAST_SHARE;
        if least <= 0.0 {
            return nothing;
        }
        let half = freedom / 2.0;
        let expected = digamma(half) - libm::log(half);
        let logs: Vec<f64> = variances.iter().map(|v| libm::log(v.max(least)) - expected).collect();
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let spread = logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / (n - 1.0);
        // What of the spread is more than chance.
        let real = spread - trigamma(half);
        if real <= 0.0 {
            return Moderated { prior: libm::exp(mean), weight: f64::INFINITY };
        }
        let weight = 2.0 * inverse_trigamma(real);
        Moderated { prior: libm::exp(mean + digamma(weight / 2.0) - libm::log(weight / 2.0)), weight }
    }
    /// A column's variance, between its own and that of all.
    pub fn of(&self, variance: f64, freedom: f64) -> f64 {
        match () {
            () if self.weight.is_infinite() => self.prior,
            () if self.weight <= 0.0 => variance,
            () => (self.weight * self.prior + freedom * variance) / (self.weight + freedom),
        }
    }
}

/// The middle one of some values; 0 of none.
pub fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The second derivative of ln Γ: by its recurrence up to where its asymptotic series holds to the last digits.
pub fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 12.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square * (1.0 / 30.0 - square * 5.0 / 66.0)));
    sum + 1.0 / x + square / 2.0 + square / x * series
}

/// Where [`trigamma`] has that value, by Newton's method on 1/trigamma, which is all but straight.
pub fn inverse_trigamma(y: f64) -> f64 {
    if y > 1e7 {
        return 1.0 / libm::sqrt(y);
    }
    if y < 1e-6 {
        return 1.0 / y;
    }
    let mut x = 0.5 + 1.0 / y;
    for _ in 0..50 {
        let here = trigamma(x);
        let step = here * (1.0 - here / y) / tetragamma(x);
        x += step;
        if -step / x < 1e-10 {
            break;
        }
    }
    x
}

/// The derivative of [`trigamma`], by recurrence and an asymptotic series.
fn tetragamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 12.0 {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = 1.0 / 2.0 - square * (1.0 / 6.0 - square * (1.0 / 6.0 - square * 3.0 / 10.0));
    sum - square - square / x - square * square * series
}

/// The logarithm of the number of ways to choose `k` of `n`.
pub fn ln_choose(n: usize, k: usize) -> f64 {
    let ln_factorial = |n: usize| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}
