//! `fieldday capacity --simulate`: a fleet's day against a plant, on the virtual clock.

use crate::args::Format;
use crate::choice;
use crate::commands::capacity::CapacityArgs;
use crate::failure::Failure;
use crate::options::SIMULATED;
use crate::{interrupt, output};
use clap::Args;
use fieldday_capacity::report::simulated;
use fieldday_capacity::simulate::{
    Advice, Grid, Outcome, Question, SimulateError, WHAT_IFS, Watch, WhatIf, advise, calibrate, grid, local_zone,
    simulate,
};
use fieldday_kernel::time::{Time, Zone};
use fieldday_paint::document::Document;
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::MOST_REPS;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(5);

/// What a fleet's day is simulated of if no scenario is named.
pub const SCENARIO: &str = "weekday";

pub const EXAMPLES: &str = "\
  fieldday capacity --simulate weekday --reps 10k --instances 4
  fieldday capacity --simulate weekday --reps 10k --what-if monday-storm --window 07:00-09:30
  fieldday capacity --simulate weekday --reps 1k,10k,100k --instances 2..32 --window 07:30-09:00
  fieldday capacity --simulate weekday --reps 5k --calibrate results/weekday-0x1-20260610T120000Z --advise
  fieldday capacity --simulate weekday --reps 5k --what-if outage-ends --jitter --format json

What-ifs: monday-storm, outage-ends, deployment, instance-lost, slow-shunya.

What serves the requests is described by the scenario's [plant]; docs/capacity.md says how, and what is assumed.
Exit codes: 0 every limit held, 1 one broke.";

#[derive(Args, Debug)]
#[command(next_help_heading = SIMULATED)]
pub struct SimulateArgs {
    /// Simulate a fleet's day on the virtual clock, of this scenario: a built-in one's name, or the path of a .toml file
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["target", "resume"])]
    pub simulate: Option<String>,
    /// So many reps; several for a table, as 10k,100k,1M
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = many_reps)]
    pub reps: Vec<u64>,
    /// So many instances; several for a table: 2,3,8, or 2..32 for 2, 4, 8, 16, 32
    #[arg(long, value_name = "N,…", value_parser = instances)]
    pub instances: Option<Numbers>,
    /// So many requests wait at an instance before the next is answered 503
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub queue: Option<u32>,
    /// The 95th percentile of each endpoint's time in the plant that is to hold, in milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=3_600_000))]
    pub p95: Option<u32>,
    /// Take service times from the folder of a measured run, or service times and workers from that of a search for capacity
    #[arg(long, value_name = "FOLDER")]
    pub calibrate: Option<PathBuf>,
    /// Ask a named question: monday-storm, outage-ends, deployment, instance-lost, slow-shunya
    #[arg(long, value_name = "WHAT", value_parser = what_if)]
    pub what_if: Option<WhatIf>,
    /// Apps retry so often at most, in the place of the spec's 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=20))]
    pub retries: Option<u32>,
    /// Apps spread their waits
    #[arg(long)]
    pub jitter: bool,
    /// Each simulated rep stands for so many; as few as fit into memory if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub each_for: Option<u32>,
    /// Search for the instances it takes, and try other ways of retrying: some ten simulations more
    #[arg(long)]
    pub advise: bool,
    /// Write the simulated day as a page, too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// A list, or a range in doublings.
#[derive(Clone, Debug)]
pub struct Numbers(Vec<u32>);

impl Numbers {
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// `200`, `10k`, `1M`
fn many_reps(text: &str) -> Result<u64, String> {
    let wrong = || format!("a number of reps is 200, 10k or 1M, up to {MOST_REPS}; not {text:?}");
    let (digits, times) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let reps = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(times));
    reps.filter(|reps| (1..=MOST_REPS).contains(reps)).ok_or_else(wrong)
}

/// `4`, `2,3,8`, `2..32`
fn instances(text: &str) -> Result<Numbers, String> {
    let number = |text: &str| {
        let number = text.trim().parse::<u32>().ok().filter(|n| (1..=10_000).contains(n));
        number.ok_or_else(|| format!("instances are 1 to 10000, a list (2,3,8) or a range (2..32); not {text:?}"))
    };
    let Some((from, until)) = text.split_once("..") else {
        return Ok(Numbers(text.split(',').map(number).collect::<Result<_, _>>()?));
    };
    let (from, until) = (number(from)?, number(until)?);
    if from > until {
        return Err(format!("the range {text} ends before it begins"));
    }
    let doublings = std::iter::successors(Some(from), |n| n.checked_mul(2)).take_while(|n| *n < until);
    Ok(Numbers(doublings.chain([until]).collect()))
}

fn what_if(word: &str) -> Result<WhatIf, String> {
    let words = || WHAT_IFS.iter().map(|row| format!("{} ({})", row.word, row.asks)).collect::<Vec<_>>().join("; ");
    WhatIf::named(word).ok_or_else(|| format!("the questions are: {}", words()))
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Answer {
    /// Which form this has.
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<Grid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<Advice>,
}

pub fn run(of: &CapacityArgs, scenario: &str) -> Result<u8, Failure> {
    let args = &of.simulated;
    let question = question(of, scenario)?;
    let stop = interrupt::flag();
    let told = Mutex::new((Instant::now(), String::new()));
    let zone = local_zone(&question.scenario, Time::default());
    let progress = |at: Time| {
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.0.elapsed() >= A_WHILE {
            told.0 = Instant::now();
            output::note(&format!("it is {} there", zone.time_of_day(at)));
        }
    };
    let watch = Watch { stop: &stop, progress: &progress };
    let several = |numbers: &[u64], own: u64| if numbers.is_empty() { vec![own] } else { numbers.to_vec() };
    let reps = several(&args.reps, question.scenario.people.reps);
    let instances = args.instances.as_ref().map_or(vec![question.plant.instances], |numbers| numbers.0.clone());
    let answered = if reps.len() * instances.len() > 1 {
        table(&question, &reps, &instances, &watch)
    } else {
        one(&question, args.advise, &watch)
    };
    let (answer, holds) = match answered {
        Err(SimulateError::Interrupted) => return Ok(interrupt::INTERRUPTED),
        answered => answered?,
    };
    if let Some(file) = args.html.as_ref().filter(|_| answer.outcome.is_some()) {
        let written = std::fs::write(file, document(&answer, &question).html());
        written.map_err(|source| Failure::File { path: file.clone(), source })?;
        output::note(&format!("written: {}", file.display()));
    }
    output::print(&match of.format {
        Format::Json => fieldday_paint::json(&answer).unwrap_or_default(),
        Format::Terminal => document(&answer, &question).terminal(output::stdout_paint()),
    })?;
    Ok(u8::from(!holds))
}

fn question(of: &CapacityArgs, scenario: &str) -> Result<Question, Failure> {
    let args = &of.simulated;
    let mut scenario = choice::load(scenario)?;
    if let [reps, ..] = args.reps.as_slice() {
        scenario.with_reps(*reps);
    }
    let mut question = Question::new(scenario, of.seed.or_default());
    if let Some(folder) = &args.calibrate {
        question = question.calibrated(calibrate(folder, of.workers)?);
    }
    if let Some(Numbers(numbers)) = &args.instances
        && let [instances, ..] = numbers.as_slice()
    {
        question = question.with_instances(*instances);
    }
    let plant = &mut question.plant;
    plant.workers = of.workers.unwrap_or(plant.workers);
    plant.queue = args.queue.unwrap_or(plant.queue);
    plant.hold.p95_ms = args.p95.or(plant.hold.p95_ms);
    question.retrying = Retrying { retries: args.retries.unwrap_or(Retrying::default().retries), jitter: args.jitter };
    question.window = of.search.drive.window;
    question.what_if = args.what_if;
    question.each_for = args.each_for;
    question.threads = usize::try_from(of.threads.unwrap_or(0)).unwrap_or(0);
    Ok(question)
}

fn one(question: &Question, advised: bool, watch: &Watch<'_>) -> Result<(Answer, bool), SimulateError> {
    let outcome = simulate(question, watch)?;
    let advice = if advised { Some(advise(question, &outcome, watch)?) } else { None };
    let holds = outcome.holds;
    Ok((Answer { schema: 1, outcome: Some(outcome), grid: None, advice }, holds))
}

fn table(
    question: &Question,
    reps: &[u64],
    instances: &[u32],
    watch: &Watch<'_>,
) -> Result<(Answer, bool), SimulateError> {
    let found = grid(question, reps, instances, watch, |point| {
        let holds = if point.holds { "holds" } else { "breaks" };
        output::note(&format!("{} reps on {} instances: it {holds}", point.reps, point.instances));
    })?;
    // A table is asked in order to see where it breaks: that it breaks somewhere is no failure unless it does everywhere.
    let holds = found.points.iter().any(|point| point.holds);
    Ok((Answer { schema: 1, outcome: None, grid: Some(found), advice: None }, holds))
}

fn document(answer: &Answer, question: &Question) -> Document {
    let outcome = answer.outcome.as_ref();
    let zone = outcome.map_or_else(Zone::utc, |outcome| local_zone(&question.scenario, outcome.from));
    simulated::document(outcome, answer.grid.as_ref(), answer.advice.as_ref(), &zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!([many_reps("200"), many_reps("10k"), many_reps("1M")], [Ok(200), Ok(10_000), Ok(1_000_000)]);
        assert!(["0", "k", "-1", "11M", "1.5k"].iter().all(|text| many_reps(text).is_err()));
        let numbers = |text| instances(text).map(|numbers| numbers.0);
        assert_eq!(numbers("2..32"), Ok(vec![2, 4, 8, 16, 32]));
        assert_eq!(numbers("3..20"), Ok(vec![3, 6, 12, 20]));
        assert_eq!((numbers("4"), numbers("2,3,8")), (Ok(vec![4]), Ok(vec![2, 3, 8])));
        assert!(["0", "32..2", "2..", "two"].iter().all(|text| numbers(text).is_err()));
        assert!(what_if("monday-storm").is_ok() && what_if("tuesday").is_err_and(|e| e.contains("deployment")));
    }
}
