//! What a search measured and what was foretold from half of its load, beside the truth of a mock whose workers and service
//! times are known. `bench/capacity.sh` runs the searches and this.
//!
//!     cargo run -p fieldday-capacity --example truth -- WORKERS SERVICE_MS exponential|fixed BOUND_MS capacity.json

use fieldday_capacity::demand;
use fieldday_capacity::level::Level;
use fieldday_capacity::queue::played_s;
use fieldday_capacity::report::Report;
use std::process::ExitCode;

/// The percentile that the limit is on.
const SHARE: f64 = 0.95;
/// What is allowed of a measured edge, and of a prediction.
const MEASURED: f64 = 0.10;
const FORETOLD: f64 = 0.15;

/// A mock whose workers and service times are known.
struct Truth {
    workers: u32,
    service_s: f64,
    is_exponential: bool,
    bound_s: f64,
}

impl Truth {
    /// The 95th percentile at so many requests a second, by playing the queue through.
    fn p95_s(&self, rate: f64) -> f64 {
        played_s(self.workers, rate, SHARE, |stream| match self.is_exponential {
            true => stream.exponential(self.service_s),
            false => self.service_s,
        })
    }
    /// The greatest number of requests a second with the 95th percentile within the bound.
    fn edge(&self) -> f64 {
        let (mut low, mut high) = (0.0, f64::from(self.workers) / self.service_s);
        for _ in 0..14 {
            let middle = (low + high) / 2.0;
            if self.p95_s(middle) <= self.bound_s { low = middle } else { high = middle }
        }
        low
    }
    fn name(&self) -> String {
        let law = if self.is_exponential { 'M' } else { 'D' };
        format!("M/{law}/{}, {:.0} ms", self.workers, self.service_s * 1e3)
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match compare(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn compare(args: &[String]) -> Result<bool, Box<dyn std::error::Error>> {
    let [workers, service_ms, pace, bound_ms, file] = args else {
        return Err("truth WORKERS SERVICE_MS exponential|fixed BOUND_MS capacity.json".into());
    };
    let truth = Truth {
        workers: workers.parse()?,
        service_s: service_ms.parse::<f64>()? / 1e3,
        is_exponential: pace == "exponential",
        bound_s: bound_ms.parse::<f64>()? / 1e3,
    };
    let report: Report = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let edge = truth.edge();
    let measured = report.measured.finding.requests_per_s.ok_or("nothing held the limit")?;
    let mut all = row(&truth, "edge, requests/s", "measured", measured, edge, MEASURED);
    let half: Vec<Level> =
        report.measured.levels.iter().filter(|level| level.requests_per_s <= edge / 2.0).cloned().collect();
    match demand::fit(&half) {
        Ok(model) => {
            let edge_said = model.greatest_rate(SHARE, truth.bound_s * 1e6, |_| true);
            all &= row(&truth, "edge, requests/s", "foretold", edge_said, edge, FORETOLD);
            let rate = 0.8 * f64::from(truth.workers) / truth.service_s;
            let said = model.quantile_us(SHARE, rate).ok_or("the model has no steady state at 80 %")? / 1e3;
            all &= row(&truth, "p95 at 80 %, ms", "foretold", said, truth.p95_s(rate) * 1e3, FORETOLD);
        }
        Err(error) => println!("{:<18} from half load: {error}", truth.name()),
    }
    let scv = report.measured.levels.iter().map(|level| level.arrivals_scv).sum::<f64>();
    println!("{:<18} arrivals' squared coefficient of variation {:.2}", "", scv / report.measured.levels.len() as f64);
    Ok(all)
}

fn row(truth: &Truth, what: &str, how: &str, said: f64, is: f64, allowed: f64) -> bool {
    let off = said / is - 1.0;
    let held = off.abs() <= allowed;
    let mark = if held { "✓" } else { "✗" };
    println!(
        "{:<18} {what:<18} {how:<9} {said:>9.1}  in truth {is:>9.1}  {:>+6.1} %  {mark} within {:.0} %",
        truth.name(),
        off * 100.0,
        allowed * 100.0
    );
    held
}
