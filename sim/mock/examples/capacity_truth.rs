//! What a search for capacity finds, beside theory: a mock whose workers and service times are known, called by callers who
//! are independent of each other, over HTTP. And what the model and the simulation foretell from half of the load, beside what
//! was measured. `bench/capacity.sh` runs it.
//!
//!     cargo run --release -p fieldday-mock --example capacity_truth -- KEEP LEVEL_S WORKERS SERVICE_MS exponential|fixed BOUND_MS …
//!
//! Theory is the same queue played through request by request. Prints a table; exit code 1 if a figure is off by more than
//! is allowed. Levels are kept in the folder KEEP as they are measured: an interrupted run goes on where it was.

use fieldday_api::endpoint::Op;
use fieldday_capacity::demand::{self, Demand};
use fieldday_capacity::level::{About, Level};
use fieldday_capacity::plant::callers;
use fieldday_capacity::queue::played_s;
use fieldday_capacity::search::{Finding, Next, Range};
use fieldday_capacity::simulate::Calibration;
use fieldday_capacity::usl;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use fieldday_mock::{Mock, Options, Service};
use fieldday_plan::Plan;
use fieldday_rules::{Carried, Measures, Traffic};
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Limit;
use fieldday_scenario::plant::Plant;
use fieldday_tokens::{Algorithm, Key};
use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::collections::VecDeque;
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The percentile that the limit is on.
const SHARE: f64 = 0.95;
/// What is allowed of a measured edge, and of a prediction.
const MEASURED: f64 = 0.10;
const FORETOLD: f64 = 0.15;
/// So many requests are simulated.
const SIMULATED: f64 = 400_000.0;
/// Requests a second of one caller.
const CALLS: f64 = 0.5;
/// Before a level is measured, the queue has so long to become what it will be.
const WARM_UP: Duration = Duration::from_secs(5);
/// Requests that are sent later than this share of a service time make a level invalid, if more than one in fifty are.
const LATE: f64 = 0.25;

/// A mock whose workers and service times are known.
#[derive(Clone, Copy)]
struct Truth {
    workers: u32,
    service_s: f64,
    is_exponential: bool,
    bound_s: f64,
}

impl Truth {
    /// The greatest number of requests a second that the workers can do.
    fn most(&self) -> f64 {
        f64::from(self.workers) / self.service_s
    }
    fn eighty(&self) -> f64 {
        0.8 * self.most()
    }
    /// The 95th percentile at so many requests a second, by playing the queue through.
    fn p95_s(&self, rate: f64) -> f64 {
        played_s(self.workers, rate, SHARE, |stream| match self.is_exponential {
            true => stream.exponential(self.service_s),
            false => self.service_s,
        })
    }
    /// The greatest number of requests a second with the 95th percentile within the bound.
    fn edge(&self) -> f64 {
        greatest(self.most(), |rate| self.p95_s(rate) <= self.bound_s)
    }
    fn name(&self) -> String {
        let law = if self.is_exponential { 'M' } else { 'D' };
        format!("M/{law}/{} {:.0} ms", self.workers, self.service_s * 1e3)
    }
    fn read(words: &[String]) -> Result<Truth, Box<dyn Error>> {
        let [workers, service_ms, law, bound_ms] = words else {
            return Err("a case is WORKERS SERVICE_MS exponential|fixed BOUND_MS".into());
        };
        Ok(Truth {
            workers: workers.parse()?,
            service_s: service_ms.parse::<f64>()? / 1e3,
            is_exponential: match law.as_str() {
                "exponential" => true,
                "fixed" => false,
                other => return Err(format!("{other}: exponential or fixed").into()),
            },
            bound_s: bound_ms.parse::<f64>()? / 1e3,
        })
    }
    async fn mock(&self) -> Result<Mock, Box<dyn Error>> {
        let key = Key::generate(Algorithm::Hs256)?;
        let plan = Plan::new(Arc::new(Scenario::load("demo")?), 1)?;
        let mut options = Options::trusting(plan, std::slice::from_ref(&key));
        let span = Span::micros((self.service_s * 1e6) as i64);
        options.service = if self.is_exponential { Service::Exponential(span) } else { Service::Fixed(span) };
        options.workers = Some(self.workers as usize);
        Ok(Mock::serve(options).await?)
    }
}

/// Calls a mock at random.
struct Callers {
    client: Client<HttpConnector, Empty<Bytes>>,
    uri: Uri,
    limits: Vec<Limit>,
    /// From when on a request is sent late.
    late: Duration,
    levels: u64,
}

impl Callers {
    fn new(mock: &Mock, truth: &Truth) -> Result<Callers, Box<dyn Error>> {
        let limit = Limit::parse(&format!("wire p95 < {} ms", (truth.bound_s * 1e3).round()))?;
        let uri = format!("{}/health", mock.base_url()).parse()?;
        Ok(Callers {
            client: Client::builder(TokioExecutor::new()).build_http(),
            uri,
            limits: vec![limit],
            late: Duration::from_secs_f64(truth.service_s * LATE),
            levels: 0,
        })
    }
    /// A level of so many callers: requests begin when they are due, whatever became of those before.
    async fn level(&mut self, callers: u64, for_s: f64) -> Level {
        let lasts = Duration::from_secs_f64(for_s);
        let mut stream = Stream::new(7, Purpose::new("callers"), self.levels, 0, 0);
        let (began, mut due, mut calls, mut late) = (Instant::now(), Duration::ZERO, JoinSet::new(), (0_u64, 0_u64));
        let from = began + WARM_UP;
        loop {
            due += Duration::from_secs_f64(stream.exponential(1.0 / (callers as f64 * CALLS)));
            if due > WARM_UP + lasts {
                break;
            }
            tokio::time::sleep_until((began + due).into()).await;
            late = (late.0 + u64::from(began.elapsed() > due + self.late), late.1 + 1);
            let call = self.client.get(self.uri.clone());
            calls.spawn(async move {
                let sent = Instant::now();
                let answer = call.await;
                let good = match answer {
                    Ok(answer) => answer.status().is_success() && answer.into_body().collect().await.is_ok(),
                    Err(_) => false,
                };
                Carried { op: Op::Health, began_us: micros(from, sent), ended_us: micros(from, Instant::now()), good }
            });
        }
        let mut traffic = Traffic::new(Span::ZERO, Span::micros(lasts.as_micros() as i64));
        while let Some(carried) = calls.join_next().await {
            traffic.carried.extend(carried.ok().filter(|one| one.ended_us > 0));
        }
        traffic.carried.sort_by_key(|one| one.ended_us);
        let mut measures = Measures::default();
        traffic.over().for_each(|one| measures.record_wire(one.op, Span::micros(one.took_us() as i64)));
        let invalid = (late.0 > late.1 / 50 + 2).then(|| format!("{} of {} requests were sent late", late.0, late.1));
        let about = About {
            reps: callers,
            began: Time::from_micros(0),
            rules_broken: Vec::new(),
            invalid,
            offered: None,
            suffered: None,
            target_metrics: None,
        };
        Level::new(about, &traffic, &measures, &self.limits)
    }
}

/// From one moment to another; negative if that was before.
fn micros(from: Instant, to: Instant) -> i64 {
    match to.checked_duration_since(from) {
        Some(after) => after.as_micros() as i64,
        None => -(from.duration_since(to).as_micros() as i64),
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &[String]) -> Result<bool, Box<dyn Error>> {
    let [keep, level_s, cases @ ..] = args else { return Err("KEEP LEVEL_S, and cases".into()) };
    let (level_s, mut all) = (level_s.parse::<f64>()?, true);
    for case in cases.chunks(4) {
        let truth = Truth::read(case)?;
        let measured = measure(&truth, level_s, &mut Kept::open(Path::new(keep), &truth, level_s)?).await?;
        all &= check(&truth, &measured)?;
    }
    Ok(all)
}

/// The levels of one case, a line each, written when they were measured.
struct Kept {
    levels: VecDeque<Level>,
    path: PathBuf,
    file: File,
}

impl Kept {
    fn open(folder: &Path, truth: &Truth, level_s: f64) -> Result<Kept, Box<dyn Error>> {
        std::fs::create_dir_all(folder)?;
        let name = format!("{}-{level_s}s-{}ms.jsonl", truth.name(), truth.bound_s * 1e3).replace(['/', ' '], "-");
        let path = folder.join(name);
        let file = File::options().create(true).append(true).open(&path)?;
        let text = std::fs::read_to_string(&path)?;
        // A line that was cut is measured again, and is not in the way of the next one.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64)?;
        let levels = text[..whole].lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Kept { levels, path, file })
    }
    /// The next level, if it was kept; or else it is measured.
    async fn level(&mut self, callers: &mut Callers, count: u64, for_s: f64) -> Result<Level, Box<dyn Error>> {
        callers.levels += 1;
        match self.levels.pop_front() {
            Some(kept) if kept.reps == count => return Ok(kept),
            Some(_) => return Err(format!("{}: of another search; remove it", self.path.display()).into()),
            None => {}
        }
        let level = callers.level(count, for_s).await;
        writeln!(self.file, "{}", serde_json::to_string(&level)?)?;
        Ok(level)
    }
}

/// What a search found on a mock whose workers and service times are known.
struct Measured {
    levels: Vec<Level>,
    finding: Finding,
    /// At four fifths of what the workers can do.
    at_eighty: Level,
}

/// Searches one mock.
async fn measure(truth: &Truth, level_s: f64, kept: &mut Kept) -> Result<Measured, Box<dyn Error>> {
    let mock = truth.mock().await?;
    let mut callers = Callers::new(&mock, truth)?;
    let range = Range {
        // From an eighth of what the workers can do: half of the load has the levels that a prediction needs.
        from: ((truth.most() / CALLS / 8.0) as u64).max(1),
        to: (truth.most() / CALLS * 2.0) as u64,
        step: 1.35,
        resolution: 0.03,
        shortest_s: level_s,
        longest_s: level_s * 2.0,
        ..Range::default()
    };
    let mut levels = Vec::new();
    let ending = loop {
        match range.next(&levels) {
            Next::Done(ending) => break ending,
            Next::Measure { reps, for_s, why } => {
                let level = kept.level(&mut callers, reps, for_s).await?;
                let invalid = level.invalid.clone().map_or(String::new(), |why| format!(", invalid: {why}"));
                eprintln!(
                    "{}: {reps} callers ({why}): {:.1}/s, {:.2} in flight, by Little {:.2}, p95 {} ms{invalid}",
                    truth.name(),
                    level.requests_per_s,
                    level.in_flight,
                    level.in_flight_by_little,
                    level.latency.p95_us / 1_000
                );
                levels.push(level);
            }
        }
    };
    let four_fifths = (truth.eighty() / CALLS).round() as u64;
    let at_eighty = kept.level(&mut callers, four_fifths, level_s * 2.0).await?;
    mock.stop().await;
    Ok(Measured { finding: range.finding(&levels, ending), levels, at_eighty })
}

/// Prints the rows of one mock.
fn check(truth: &Truth, of: &Measured) -> Result<bool, Box<dyn Error>> {
    let Measured { levels, finding, at_eighty } = of;
    let eighty = truth.eighty();
    let edge = truth.edge();
    let measured = finding.carries.ok_or("nothing held the limit")? as f64 * CALLS;
    let mut all = row(truth, "edge, requests/s", "measured", measured, Against::Theory(edge), MEASURED);
    let bound = |reps: Option<u64>| reps.map_or("?".to_owned(), |reps| format!("{:.1}", reps as f64 * CALLS));
    println!("{:<14} {:<30} {} to {}", "", "  its interval", bound(finding.low), bound(finding.high));
    let p95_eighty = at_eighty.latency.p95_us as f64 / 1e3;
    all &= row(truth, "p95 at 80 %, ms", "measured", p95_eighty, Against::Theory(truth.p95_s(eighty) * 1e3), FORETOLD);
    let half: Vec<Level> = levels.iter().filter(|level| level.requests_per_s <= edge / 2.0).cloned().collect();
    // At half of the load hardly anybody waits, so latencies say little of how many workers there are. Who simulates a target
    // knows that of it (`--workers`).
    let model = demand::fit_knowing(&half, Some(truth.workers))?;
    let said = model.greatest_rate(SHARE, truth.bound_s * 1e6, |_| true);
    all &= row(truth, "edge, requests/s", "from half", said, Against::Measured(measured), FORETOLD);
    let said = model.quantile_us(SHARE, eighty).map_or(f64::INFINITY, |us| us / 1e3);
    all &= row(truth, "p95 at 80 %, ms", "from half", said, Against::Measured(p95_eighty), FORETOLD);
    let guess = demand::fit(&half)?;
    let said = guess.quantile_us(SHARE, eighty).map_or(f64::INFINITY, |us| us / 1e3);
    println!(
        "{:<14}   with the workers guessed, too: {} workers, p95 at 80 % {said:.1} ms; {}",
        "",
        guess.workers,
        guess.warnings.first().map_or("no warning", String::as_str)
    );
    let plant = plant_like(&model);
    let said = simulated_p95_s(&plant, eighty) * 1e3;
    all &= row(truth, "p95 at 80 %, ms", "simulated", said, Against::Measured(p95_eighty), FORETOLD);
    let said = greatest(truth.most() * 1.2, |rate| simulated_p95_s(&plant, rate) <= truth.bound_s);
    all &= row(truth, "edge, requests/s", "simulated", said, Against::Measured(measured), FORETOLD);
    let whole = demand::fit(levels)?;
    all &= row(truth, "saturates at, /s", "fitted", whole.saturates_at, Against::Theory(truth.most()), MEASURED);
    let (low, high) = whole.workers_range;
    println!("{:<14}   workers fitted: {} [{low}, {high}], in truth {}", "", whole.workers, truth.workers);
    let points: Vec<(f64, f64)> = levels.iter().map(|level| (level.in_flight, level.requests_per_s)).collect();
    let usl = usl::fit(&points)?;
    println!("{:<14}   USL: σ {:.4}, κ {:.6}, R² {:.4}", "", usl.sigma.value, usl.kappa.value, usl.r_squared);
    Ok(all)
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

/// What a figure is held against.
#[derive(Clone, Copy)]
enum Against {
    /// The queue of the workers and service times that the mock was given.
    Theory(f64),
    /// What the mock did. A timer keeps its workers a little longer than it was told.
    Measured(f64),
}

fn row(truth: &Truth, what: &str, how: &str, said: f64, against: Against, allowed: f64) -> bool {
    let (word, is) = match against {
        Against::Theory(is) => ("in theory", is),
        Against::Measured(is) => ("measured", is),
    };
    let off = said / is - 1.0;
    let held = off.abs() <= allowed;
    println!(
        "{:<14} {what:<17} {how:<10} {said:>8.1}  {word:<9} {is:>8.1}  {:>+6.1} %  {} {:.0} %",
        truth.name(),
        off * 100.0,
        if held { "✓ within" } else { "✗ beyond" },
        allowed * 100.0
    );
    held
}
