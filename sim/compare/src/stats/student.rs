//! Student's t: how far a mean of few may be from the truth.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The value that a share of `p` is below, with so many degrees of freedom; infinite if there are none.
pub fn quantile(p: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(p))
}
