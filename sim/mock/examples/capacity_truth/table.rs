//! What was measured and foretold, beside the truth.

use crate::Measured;
use crate::callers::CALLS;
use crate::case::{Case, SHARE};
use fieldday_api::endpoint::Op;
use fieldday_capacity::demand::{self, Demand};
use fieldday_capacity::level::Level;
use fieldday_capacity::plant::callers;
use fieldday_capacity::simulate::Calibration;
use fieldday_kernel::time::Span;
use fieldday_scenario::plant::Plant;
use std::error::Error;
use std::fmt::Write;

/// What is allowed of a measured edge, and of a prediction.
const MEASURED: f64 = 0.10;
const FORETOLD: f64 = 0.15;
/// So many requests are simulated.
const SIMULATED: f64 = 400_000.0;

/// The rows of some cases.
#[derive(Default)]
pub struct Rows {
    pub text: String,
    pub within: u32,
    pub all: u32,
}

impl Rows {
    fn row(&mut self, case: &Case, what: &str, said: f64, against: &str, is: f64, allowed: f64) {
        let off = said / is - 1.0;
        let held = off.abs() <= allowed;
        (self.within, self.all) = (self.within + u32::from(held), self.all + 1);
        let _ = writeln!(
            self.text,
            "{:<26} {what:<32} {said:>8.1}  {against:<9} {is:>8.1}  {:>+6.1} %  {} {:.0} %",
            case.name(),
            off * 100.0,
            if held { "✓ within" } else { "✗ beyond" },
            allowed * 100.0
        );
    }
    fn note(&mut self, case: &Case, text: &str) {
        let _ = writeln!(self.text, "{:<26}   {text}", case.name());
    }
    /// Those of one case.
    pub fn of(case: &Case, measured: &Measured) -> Result<Rows, Box<dyn Error>> {
        let Measured { levels, finding, at_eighty } = measured;
        let (mut rows, edge) = (Rows::default(), case.edge());
        let found = finding.carries.ok_or("nothing held the limit")? as f64 * CALLS;
        rows.row(case, "edge/s, measured", found, "truth", edge, MEASURED);
        let bound = |reps: Option<u64>| reps.map_or("?".to_owned(), |reps| format!("{:.1}", reps as f64 * CALLS));
        let (low, high) = (finding.low, finding.high);
        let holds =
            low.is_none_or(|low| low as f64 * CALLS <= edge) && high.is_none_or(|high| high as f64 * CALLS >= edge);
        let does = if holds { "holds the truth" } else { "does not hold the truth" };
        rows.note(case, &format!("its interval {} to {} {does}; {} levels", bound(low), bound(high), levels.len()));
        if case.target.sheds_above.is_some() {
            let served = finding.requests_per_s.unwrap_or_default();
            rows.row(case, "served/s there", served, "truth", edge, MEASURED);
        }
        if let Some(at_eighty) = at_eighty {
            rows.foretold(case, levels, at_eighty, (edge, found))?;
        }
        Ok(rows)
    }
    /// Of a queue and no more: what follows from the levels at half of the load, and from all of them.
    fn foretold(
        &mut self,
        case: &Case,
        levels: &[Level],
        at_eighty: &Level,
        (edge, found): (f64, f64),
    ) -> Result<(), Box<dyn Error>> {
        let (eighty, workers) = (case.eighty(), case.target.workers);
        let p95 = at_eighty.latency.p95_us as f64 / 1e3;
        self.row(
            case,
            "p95 at 80 %, ms, measured",
            p95,
            "truth",
            case.target.quantile_s(eighty, SHARE) * 1e3,
            FORETOLD,
        );
        let half: Vec<Level> = levels.iter().filter(|level| level.requests_per_s <= edge / 2.0).cloned().collect();
        // At half of the load hardly anybody waits, so latencies say little of how many workers there are. Who simulates a
        // target knows that of it (`--workers`).
        match demand::fit_knowing(&half, Some(workers)) {
            Err(why) => self.note(case, &format!("from half of the load nothing is foretold: {why}")),
            Ok(model) => {
                let truth = case.target.quantile_s(eighty, SHARE) * 1e3;
                let said = model.greatest_rate(SHARE, case.bound_s * 1e6, |_| true);
                self.row(case, "edge/s, by the model from half", said, "truth", edge, FORETOLD);
                let (low, high) = model.greatest_rate_between(SHARE, case.bound_s * 1e6, said, |_| true);
                self.note(case, &format!("its interval {low:.1} to {high:.1}; {found:.1} measured"));
                match model.foretell(SHARE, eighty) {
                    Some(of) => {
                        self.row(case, "p95 at 80 %, by it", of.p95_us / 1e3, "truth", truth, FORETOLD);
                        let high = of.high_us.map_or("?".to_owned(), |high| format!("{:.1}", high / 1e3));
                        let (low, way) = (of.low_us / 1e3, model.overhead.us / 1e3);
                        self.note(case, &format!("its interval {low:.1} to {high}; {way:.2} ms there and back"));
                    }
                    None => self.row(case, "p95 at 80 %, by it", f64::INFINITY, "truth", truth, FORETOLD),
                }
                let plant = plant_like(&model);
                let said =
                    greatest(case.target.most_per_s() * 1.2, |rate| simulated_p95_s(&plant, rate) <= case.bound_s);
                self.row(case, "edge/s, simulated from half", said, "truth", edge, FORETOLD);
                let said = simulated_p95_s(&plant, eighty) * 1e3;
                self.row(case, "p95 at 80 %, simulated", said, "truth", truth, FORETOLD);
            }
        }
        let whole = demand::fit(levels)?;
        self.row(case, "full at/s, fitted to all", whole.saturates_at, "truth", case.target.most_per_s(), MEASURED);
        let is_near = whole.workers.abs_diff(workers) <= 1;
        (self.within, self.all) = (self.within + u32::from(is_near), self.all + 1);
        let (low, high) = whole.workers_range;
        let mark = if is_near { "✓ within" } else { "✗ beyond" };
        self.note(case, &format!("workers fitted to all: {} [{low}, {high}] of {workers}  {mark} 1", whole.workers));
        Ok(())
    }
}

/// The plant that a simulation takes for a target of which a model was fitted: what `--calibrate FOLDER` does.
fn plant_like(model: &Demand) -> Plant {
    let mut plant = callers::one_queue(1, None);
    Calibration::fitted(model, String::new()).put_to(&mut plant);
    plant
}

/// The 95th percentile of so many requests a second, simulated.
fn simulated_p95_s(plant: &Plant, rate: f64) -> f64 {
    let length = Span::micros((SIMULATED / rate * 1e6) as i64);
    let arrivals = callers::at_random(Op::Health, rate, length);
    // What cannot be built has no percentile.
    let Ok((_, verdicts)) = callers::serve(plant, &arrivals, length) else { return f64::INFINITY };
    let mut took = callers::took_us(&arrivals, &verdicts);
    took.sort_by(f64::total_cmp);
    took[(took.len() as f64 * SHARE) as usize] / 1e6
}

/// The greatest rate for which something holds that holds for small ones.
fn greatest(most: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..14 {
        let middle = (low + high) / 2.0;
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}
