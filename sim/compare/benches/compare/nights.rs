//! Nights that are made up.

use fieldday_compare::judge::Sample;
use fieldday_kernel::random::{Purpose, Stream};

pub const ENDPOINTS: usize = 18;
pub const PERCENTILES: usize = 3;
pub const COLUMNS: usize = ENDPOINTS * PERCENTILES;
/// The p95 of the first endpoint.
pub const BUSY: usize = 1;
const NIGHTS: Purpose = Purpose::new("bench/nights");

/// How values vary from run to run.
#[derive(Clone, Copy)]
pub struct World {
    pub name: &'static str,
    /// Of a column's variance, the part that all columns of a run have in common.
    pub night: f64,
    /// The part that an endpoint's percentiles have in common.
    pub endpoint: f64,
    /// Degrees of freedom of Student's t, scaled to the same deviation; none of the normal.
    pub tails: Option<u32>,
    /// Whether endpoints vary from half as much to twice as much.
    pub unlike: bool,
}

const PLAIN: World = World { name: "log-normal, independent", night: 0.0, endpoint: 0.0, tails: None, unlike: false };
pub const WORLDS: [World; 6] = [
    PLAIN,
    World { name: "a slow night slows all (50 % of the variance)", night: 0.5, endpoint: 0.3, ..PLAIN },
    World { name: "a slow night slows all (95 % of the variance)", night: 0.95, ..PLAIN },
    World { name: "tails of t with 3 degrees of freedom", tails: Some(3), ..PLAIN },
    World { name: "endpoints with deviations from 2.5 % to 10 %", unlike: true, ..PLAIN },
    World {
        name: "different deviations, slow nights and t tails",
        night: 0.3,
        endpoint: 0.3,
        tails: Some(4),
        unlike: true,
    },
];

/// How many runs there are.
#[derive(Clone, Copy)]
pub struct Runs {
    pub name: &'static str,
    pub new: usize,
    pub base: usize,
    /// Nights of the history, in pairs of neighbours.
    pub pairs: usize,
    /// Whether seeds are the same on both sides; then half of the variance is the seed's.
    pub paired: bool,
}

impl World {
    pub fn deviation(&self, column: usize) -> f64 {
        let endpoint = (column / PERCENTILES) as f64 / (ENDPOINTS - 1) as f64;
        let times = if self.unlike { libm::exp((2.0 * endpoint - 1.0) * std::f64::consts::LN_2) } else { 1.0 };
        // The busy endpoint is an ordinary one.
        0.05 * if column / PERCENTILES == 0 { 1.0 } else { times }
    }
    fn draw(&self, stream: &mut Stream) -> f64 {
        let normal = stream.normal(0.0, 1.0);
        let Some(freedom) = self.tails else { return normal };
        let square: f64 = (0..freedom).map(|_| stream.normal(0.0, 1.0)).map(|x| x * x).sum();
        let f = f64::from(freedom);
        normal / libm::sqrt(square / f) * libm::sqrt((f - 2.0) / f)
    }
    /// A run's values.
    pub fn run(&self, stream: &mut Stream) -> Vec<f64> {
        let night = self.draw(stream) * libm::sqrt(self.night);
        let rest = libm::sqrt(1.0 - self.night - self.endpoint);
        let mut values = Vec::with_capacity(COLUMNS);
        for endpoint in 0..ENDPOINTS {
            let own = self.draw(stream) * libm::sqrt(self.endpoint);
            for percentile in 0..PERCENTILES {
                let column = endpoint * PERCENTILES + percentile;
                values.push(self.deviation(column) * (night + own + self.draw(stream) * rest));
            }
        }
        values
    }
    pub fn stream(&self, what: &str, trial: usize) -> Stream {
        Stream::new(
            1,
            NIGHTS,
            fieldday_kernel::random::name_key(self.name),
            fieldday_kernel::random::name_key(what),
            trial as u64,
        )
    }
    /// A comparison in which the busy endpoint's p95 became so many times as slow.
    pub fn sample(&self, runs: &Runs, times: f64, stream: &mut Stream) -> Sample {
        let mut rows: Vec<Vec<f64>> = (0..runs.new + runs.base).map(|_| self.run(stream)).collect();
        if runs.paired {
            let half = std::f64::consts::FRAC_1_SQRT_2;
            rows.iter_mut().flatten().for_each(|value| *value *= half);
            for pair in 0..runs.new {
                for (column, seed) in self.run(stream).into_iter().enumerate() {
                    rows[pair][column] += seed * half;
                    rows[runs.new + pair][column] += seed * half;
                }
            }
        }
        rows[..runs.new].iter_mut().for_each(|row| row[BUSY] += libm::log(times));
        for _ in 0..runs.pairs {
            let (one, other) = (self.run(stream), self.run(stream));
            let half = std::f64::consts::FRAC_1_SQRT_2;
            rows.push(one.iter().zip(other).map(|(a, b)| (b - a) * half).collect());
        }
        Sample {
            columns: (0..COLUMNS).map(|column| rows.iter().map(|row| row[column]).collect()).collect(),
            family: (0..COLUMNS).map(|column| column % PERCENTILES).collect(),
            new: runs.new,
            base: runs.base,
            history: runs.pairs,
            paired: runs.paired,
        }
    }
}

/// `4.2 %`
pub fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}
