//! Targets whose capacity is known.

use fieldday_capacity::played::{Lock, Target, Work};
use fieldday_kernel::time::Span;
use fieldday_mock::{Options, Service};
use std::error::Error;

/// The percentile that the limit is on.
pub const SHARE: f64 = 0.95;
/// The 84th percentile of a log-normal service time, in percent of its median.
const SPREAD_PERCENT: u32 = 250;
/// The share of the requests that are writes, in millionths, where there is a lock for them.
const WRITES_PPM: u32 = 200_000;

/// The rows of the table: every law with 1, 2, 4 and 8 workers, and targets that something else limits.
pub const ALL: &str = "\
    exponential workers=1 ms=5 p95=35
    exponential workers=2 ms=5 p95=25
    exponential workers=4 ms=10 p95=45
    exponential workers=8 ms=20 p95=85
    fixed workers=1 ms=5 p95=20
    fixed workers=2 ms=5 p95=14
    fixed workers=4 ms=10 p95=21
    fixed workers=8 ms=20 p95=37
    log-normal workers=1 ms=5 p95=45
    log-normal workers=2 ms=5 p95=28
    log-normal workers=4 ms=10 p95=45
    log-normal workers=8 ms=20 p95=85
    exponential workers=4 ms=10 p95=150 shed=8
    exponential workers=16 ms=5 p95=200 lock=50
    exponential workers=16 ms=10 p95=60 pool=3";

/// A mock whose capacity is known.
#[derive(Clone, Copy)]
pub struct Case {
    pub target: Target,
    pub bound_s: f64,
}

impl Case {
    /// Of a row such as `exponential workers=2 ms=5 p95=25 shed=8`.
    pub fn read(row: &str) -> Result<Case, Box<dyn Error>> {
        let mut words = row.split_whitespace();
        let law = words.next().unwrap_or_default();
        let (mut workers, mut ms, mut p95, mut shed, mut lock, mut pool) = (0, 0.0, 0.0, None, None, None);
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("{word}: NAME=VALUE"))?;
            match name {
                "workers" => workers = value.parse()?,
                "ms" => ms = value.parse()?,
                "p95" => p95 = value.parse()?,
                "shed" => shed = Some(value.parse()?),
                "lock" => lock = Some(value.parse::<f64>()?),
                "pool" => pool = Some(value.parse()?),
                other => return Err(format!("{other}: workers, ms, p95, shed, lock or pool").into()),
            }
        }
        let work_s = ms / 1e3;
        let work = match law {
            "exponential" => Work::Exponential(work_s),
            "fixed" => Work::Fixed(work_s),
            "log-normal" => Work::LogNormal(work_s, f64::from(SPREAD_PERCENT) / 100.0),
            other => return Err(format!("{other}: exponential, fixed or log-normal").into()),
        };
        if workers == 0 || work_s <= 0.0 || p95 <= 0.0 {
            return Err(format!("{row}: workers, ms and p95 are needed").into());
        }
        let lock = lock.map(|ms| Lock { held_s: ms / 1e3, writes_ppm: WRITES_PPM });
        let target = Target { workers, work, sheds_above: shed, lock, connections: pool };
        Ok(Case { target, bound_s: p95 / 1e3 })
    }
    /// How it is called in the table: in Kendall's notation, where it is but a queue.
    pub fn name(&self) -> String {
        let (law, ms) = (self.target.work, self.target.work.mean_s() * 1e3);
        let law = match law {
            Work::Exponential(_) => "M",
            Work::Fixed(_) => "D",
            Work::LogNormal(..) => "LN",
        };
        let mut name = format!("M/{law}/{} {ms} ms", self.target.workers);
        if let Some(most) = self.target.sheds_above {
            name += &format!(", 503 above {most}");
        }
        if let Some(lock) = self.target.lock {
            name += &format!(", lock {} ms", lock.held_s * 1e3);
        }
        if let Some(connections) = self.target.connections {
            name += &format!(", pool {connections}");
        }
        name
    }
    /// Whether it is a queue before workers and no more: what the fitted model is of.
    pub fn is_plain(&self) -> bool {
        self.target == Target::of(self.target.workers, self.target.work)
    }
    /// The greatest number of requests a second within the limit.
    pub fn edge(&self) -> f64 {
        self.target.edge_per_s(SHARE, self.bound_s)
    }
    /// At four fifths of what the workers can do.
    pub fn eighty(&self) -> f64 {
        0.8 * self.target.most_per_s()
    }
    /// What a mock is told to be such a target.
    pub fn tell(&self, options: &mut Options) {
        let span = |s: f64| Span::micros((s * 1e6).round() as i64);
        let mean = span(self.target.work.mean_s());
        options.service = match self.target.work {
            Work::Exponential(_) => Service::Exponential(mean),
            Work::Fixed(_) => Service::Fixed(mean),
            Work::LogNormal(..) => Service::LogNormal { mean, spread_percent: SPREAD_PERCENT },
        };
        options.workers = Some(self.target.workers as usize);
        options.sheds_above = self.target.sheds_above.map(|n| n as usize);
        options.write_lock = self.target.lock.map(|lock| span(lock.held_s));
        options.connections = self.target.connections.map(|n| n as usize);
    }
}
