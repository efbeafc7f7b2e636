//! How likely a latency is, by the latencies of requests that did not wait.

/// So many points of the latencies are kept.
const POINTS: usize = 100;
/// The table has so many cells of this share of the median, and begins so many medians below zero.
const CELLS: usize = 2_000;
const CELL: f64 = 0.01;
const BELOW: f64 = 5.0;
/// How far a time is blurred by the way there and back, as a share of the median: which of these it is, the levels say.
const BLURS: [f64; 4] = [0.004, 0.012, 0.036, 0.108];
/// This share of the requests takes any time, so that one of them alone excludes nothing.
const ANY: f64 = 0.01;

/// The density of a latency, blurred by little or more.
pub(super) struct Shape {
    cell: f64,
    low: f64,
    /// The logarithm of the density in each cell, for each blur.
    logs: Vec<Vec<f64>>,
}

impl Shape {
    /// So many blurs are told apart, the least first.
    pub const BLURS: usize = BLURS.len();
    /// Of latencies in seconds, sorted, of which there is one at least.
    pub fn new(sorted: &[f64]) -> Shape {
        let n = sorted.len();
        let count = POINTS.min(n);
        let points: Vec<f64> = (0..count).map(|i| sorted[(2 * i + 1) * n / (2 * count)]).collect();
        let median = sorted[n / 2].max(1e-6);
        let (cell, low) = (CELL * median, -BELOW * median);
        let any = ANY / (cell * CELLS as f64);
        let logs = BLURS.map(|blur| {
            let mut density = vec![any; CELLS];
            for (i, point) in points.iter().enumerate() {
                // Where points are far from each other, each stands for what is between them.
                let apart = (points[(i + 1).min(count - 1)] - points[i.saturating_sub(1)]) / 2.0;
                let scale = (blur * median).max(apart);
                add(&mut density, cell, *point - low, scale, (1.0 - ANY) / count as f64);
            }
            density.into_iter().map(libm::log).collect()
        });
        Shape { cell, low, logs: logs.into() }
    }
    /// The logarithm of the density at a time in seconds, blurred so.
    pub fn log(&self, blur: usize, at_s: f64) -> f64 {
        let cell = ((at_s - self.low) / self.cell).max(0.0) as usize;
        self.logs[blur][cell.min(CELLS - 1)]
    }
}

/// Adds a peak that falls off exponentially on both sides: the mean density in each cell, so that a narrow one keeps its weight.
fn add(density: &mut [f64], cell: f64, at: f64, scale: f64, weight: f64) {
    let below =
        |x: f64| if x < at { libm::exp((x - at) / scale) / 2.0 } else { 1.0 - libm::exp((at - x) / scale) / 2.0 };
    let reach = 30.0 * scale;
    let first = ((at - reach) / cell).max(0.0) as usize;
    let last = (((at + reach) / cell) as usize + 1).min(density.len());
    let mut before = below(first as f64 * cell);
    for (i, density) in density.iter_mut().enumerate().take(last).skip(first) {
        let next = below((i + 1) as f64 * cell);
        *density += weight * (next - before) / cell;
        before = next;
    }
}
