//! Whether a plant carried its load: every limit, in every piece of the day.

use super::{Bin, Broken, Tally};
use crate::plant::Ledger;
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Span;
use fieldday_rules::limits::LimitUnit;
use fieldday_scenario::plant::Hold;

impl Tally {
    /// Refused or cut off, of a million that came.
    pub fn refused_ppm(&self) -> u32 {
        ppm(self.refused(), self.offered)
    }
    /// Answered after the spec's limit, or not before the app gave up, of a million that came.
    pub fn late_ppm(&self) -> u32 {
        ppm(self.too_late.max(self.over_limit), self.offered)
    }
}

fn ppm(part: u64, of: u64) -> u32 {
    // What ended in a piece of the day may have come in the one before.
    let of = of.max(part).max(1);
    u32::try_from(u128::from(part) * 1_000_000 / u128::from(of)).unwrap_or(1_000_000)
}

/// Everything that broke, the first first.
pub(super) fn broken(hold: &Hold, ledger: &Ledger) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    let mut add = |limit: &str, op: Option<Op>, bin: usize, value: String, allowed: String| {
        let at = ledger.bins[bin].at;
        match found.iter_mut().find(|broken| broken.limit == limit && broken.op == op) {
            Some(broken) => broken.bins += 1,
            None => found.push(Broken {
                limit: limit.to_owned(),
                at,
                found: value,
                allowed,
                bins: 1,
                full: ledger.full[bin].clone(),
                op,
            }),
        }
    };
    for (number, bin) in ledger.bins.iter().enumerate() {
        let shares = [
            ("plant.hold.refused_ppm", bin.tally.refused_ppm(), hold.refused_ppm, "refused or cut off"),
            ("plant.hold.late_ppm", bin.tally.late_ppm(), hold.late_ppm, "late"),
        ];
        for (limit, value, allowed, what) in shares {
            if value > allowed {
                let value = format!("{} of {} requests {what}", share(value), bin.tally.offered);
                add(limit, None, number, value, share(allowed));
            }
        }
        let Some(p95_ms) = hold.p95_ms else { continue };
        let most = Span::millis(i64::from(p95_ms));
        for latency in bin.latencies.iter().filter(|latency| latency.p95 > most) {
            add("plant.hold.p95_ms", Some(latency.op), number, latency.p95.to_string(), most.to_string());
        }
    }
    found.sort_by_key(|broken| broken.at);
    found
}

/// Exactly: what broke a limit must not read as the limit.
fn share(ppm: u32) -> String {
    LimitUnit::Ppm.words(ppm.into())
}

/// Requests a second, in thousandths.
pub(super) fn rate_milli(bin: &Bin) -> u64 {
    let micros = u128::from(bin.span.as_micros().max(1).unsigned_abs());
    (u128::from(bin.tally.offered) * 1_000_000_000 / micros) as u64
}
