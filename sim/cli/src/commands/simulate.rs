//! `fieldday capacity --simulate`: a fleet's day against a plant, on the virtual clock.

use crate::args::Format;
use crate::choice;
use crate::commands::capacity::{CapacityArgs, typed};
use crate::failure::Failure;
use crate::options::SIMULATED;
use crate::{interrupt, output};
use clap::Args;
use fieldday_capacity::report::simulated::{Answers, Simulation, SimulationAsked};
use fieldday_capacity::simulate::{
    Question, SimulateError, WHAT_IFS, Watch, WhatIf, advise, calibrate, grid, local_zone, simulate,
};
use fieldday_kernel::time::{Time, TimeOfDay, Zone};
use fieldday_paint::units::{count, counted};
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::MOST_REPS;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(5);

/// What a fleet's day is simulated of if no scenario is named.
pub const SCENARIO: &str = "weekday";

pub const EXAMPLES: &str = "\
  fieldday capacity --simulate weekday --reps 10k --instances 4
  fieldday capacity --simulate weekday --reps 10k --what-if monday-storm
  fieldday capacity --simulate weekday --reps 1k,10k,100k --instances 2..32
  fieldday capacity --simulate weekday --reps 5k --advise \\
      --calibrate results/weekday-0x1-20260610T120000Z
  fieldday capacity --simulate weekday --what-if outage-ends --jitter

The scenario's [plant] describes the simulated deployment; docs/capacity.md
lists its keys and the assumptions. The limits of [plant.hold] must hold in
each interval, the scenario's, or those of --limit, over the whole time.
Exit code 0 if every limit held, 1 if one was exceeded, 4 if one is undecided;
of a table 0 if every limit held at one point at least.";

#[derive(Args, Debug)]
#[command(next_help_heading = SIMULATED)]
pub struct SimulateArgs {
    /// Simulate a deployment under a fleet of apps in virtual time; the scenario defaults to `weekday`
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["target", "resume"])]
    pub simulate: Option<String>,
    /// Number of reps; a list such as 10k,100k,1M prints a table
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = many_reps)]
    pub reps: Vec<u64>,
    /// Number of instances; a list (2,3,8) or a range in doublings (2..32) prints a table
    #[arg(long, value_name = "N,…", value_parser = instances)]
    pub instances: Option<Numbers>,
    /// Length of an instance's queue; further requests are answered with 503
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub queue: Option<u32>,
    /// Limit on the 95th percentile of every endpoint's server time, in milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=3_600_000))]
    pub p95: Option<u32>,
    /// Take service times from this run folder, or service times and workers from this capacity folder
    #[arg(long, value_name = "FOLDER", value_parser = crate::packed::path)]
    pub calibrate: Option<PathBuf>,
    /// Simulate a change and compare: monday-storm, outage-ends, deployment, instance-lost or slow-shunya
    #[arg(long, value_name = "WHAT", value_parser = what_if)]
    pub what_if: Option<WhatIf>,
    /// Most retries of an app, in place of the specification's 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=20))]
    pub retries: Option<u32>,
    /// Add jitter to the waits between retries
    #[arg(long)]
    pub jitter: bool,
    /// Number of reps that each simulated rep stands for; default: the fewest that fit into memory
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub each_for: Option<u32>,
    /// Search for the number of instances needed, and try other retry policies (about ten more simulations)
    #[arg(long)]
    pub advise: bool,
    /// Also write the answer, a day's or a table's, as an HTML page
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
    let wrong = || format!("{text:?} is not a number of reps: use 200, 10k or 1M, up to {MOST_REPS}");
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
        number.ok_or_else(|| {
            format!("{text:?} is not a number of instances: use 1 to 10000, a list (2,3,8) or a range (2..32)")
        })
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
    WhatIf::named(word).ok_or_else(|| format!("the changes are: {}", words()))
}

pub fn run(of: &CapacityArgs, scenario: &str) -> Result<u8, Failure> {
    let args = &of.simulated;
    let question = question(of, scenario)?;
    args.html.as_deref().map_or(Ok(()), has_a_place)?;
    let stop = interrupt::flag();
    let told = Mutex::new((Instant::now(), String::new()));
    let zone = zone(&question);
    let progress = |at: Time| {
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.0.elapsed() >= A_WHILE {
            told.0 = Instant::now();
            output::note(&format!("the simulated time is {} ({})", zone.time_of_day(at), zone.name));
        }
    };
    let watch = Watch { stop: &stop, progress: &progress };
    let several = |numbers: &[u64], own: u64| if numbers.is_empty() { vec![own] } else { numbers.to_vec() };
    let reps = several(&args.reps, question.scenario.people.reps);
    let instances = args.instances.as_ref().map_or(vec![question.plant.instances], |numbers| numbers.0.clone());
    let answers = if reps.len() * instances.len() > 1 {
        table(&question, &reps, &instances, &watch)
    } else {
        one(&question, args.advise, &watch)
    };
    let answers = match answers {
        Err(SimulateError::Interrupted) => return Ok(interrupt::INTERRUPTED),
        answered => answered?,
    };
    let asked = SimulationAsked {
        question: asked(&question, &reps, &instances),
        what_if: question.what_if.map(|what_if| what_if.as_str().to_owned()),
        scenario: question.scenario.name.clone(),
        about: question.scenario.about.clone(),
        seed: format!("{:#x}", question.seed),
        reps,
        instances,
        window: question.window.map(|(from, until)| {
            let short = |at: TimeOfDay| {
                let text = at.to_string();
                text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
            };
            format!("{} to {}", short(from), short(until))
        }),
        zone: zone.name.clone(),
        reproduce: again(std::env::args().skip(1)),
    };
    let answer = Simulation::new(env!("CARGO_PKG_VERSION"), asked, answers);
    // Printed first: what took so long to find is not lost with a file that cannot be written.
    output::print(&match of.format {
        Format::Json => answer.json(),
        Format::Terminal => answer.terminal(output::stdout_paint()),
    })?;
    if let Some(file) = &args.html {
        let written = std::fs::write(file, answer.html());
        written.map_err(|source| Failure::File { path: file.clone(), source })?;
        output::note(&format!("written: {}", file.display()));
    }
    Ok(answer.exit_code())
}

/// Whether a file can be written there is told before a simulation that may take minutes, as far as its folder tells.
fn has_a_place(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let found = folder.map_or(Ok(()), |folder| std::fs::metadata(folder).map(drop));
    found.map_err(|source| Failure::File { path: file.to_owned(), source })
}

/// The zone by whose clocks times are told, with the offsets of the simulated day.
fn zone(question: &Question) -> Zone {
    let date = question.scenario.day.dates.first().copied().unwrap_or_default();
    local_zone(&question.scenario, Zone::utc().midnight(date))
}

/// The question, as people ask it.
fn asked(question: &Question, reps: &[u64], instances: &[u32]) -> String {
    let list = |numbers: Vec<u64>| numbers.into_iter().map(count).collect::<Vec<_>>().join(", ");
    let all = |n: &[u32]| n.iter().map(|n| u64::from(*n)).collect::<Vec<u64>>();
    let name = &question.scenario.name;
    let serve = match (reps, instances) {
        ([reps], [n]) => {
            let does = if *n == 1 { "Does" } else { "Do" };
            let (n, reps) = (counted((*n).into(), "instance", "instances"), counted(*reps, "rep", "reps"));
            format!("{does} {n} serve {reps} of {name} within every limit?")
        }
        (reps, [n]) => {
            let n = counted((*n).into(), "instance", "instances");
            format!("How many of {} reps of {name} are served by {n} within every limit?", list(reps.to_vec()))
        }
        (reps, several) => {
            let (n, reps) = (list(all(several)), list(reps.to_vec()));
            format!("Which of {n} instances serve {reps} reps of {name} within every limit?")
        }
    };
    match question.what_if.and_then(|what_if| WHAT_IFS.iter().find(|row| row.what_if == what_if)) {
        Some(row) => format!("What if {} ({})? {serve}", row.asks, row.word),
        None => serve,
    }
}

/// The line that was typed, without what decides only how much of the machine is used and where the answer goes.
fn again(words: impl Iterator<Item = String>) -> String {
    const LEFT_OUT: [&str; 3] = ["--threads", "--format", "--html"];
    let mut is_value = false;
    let kept = words.filter(|word| {
        let is_kept = !std::mem::take(&mut is_value)
            && !LEFT_OUT.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')));
        is_value = LEFT_OUT.contains(&word.as_str());
        is_kept && !is_value
    });
    typed(kept)
}

fn question(of: &CapacityArgs, scenario: &str) -> Result<Question, Failure> {
    let args = &of.simulated;
    let mut scenario = choice::load(scenario)?;
    if let [reps, ..] = args.reps.as_slice() {
        scenario.with_reps(*reps);
    }
    if !of.search.limit.is_empty() {
        scenario.limits.clone_from(&of.search.limit);
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

fn one(question: &Question, advised: bool, watch: &Watch<'_>) -> Result<Answers, SimulateError> {
    let outcome = simulate(question, watch)?;
    let without = match question.what_if {
        Some(what_if) => {
            output::note(&format!("the same without {}, to compare", what_if.as_str()));
            Some(simulate(&Question { what_if: None, ..question.clone() }, watch)?)
        }
        None => None,
    };
    let advice = if advised { Some(advise(question, &outcome, watch)?) } else { None };
    Ok(Answers { outcome: Some(outcome), without, advice, grid: None })
}

fn table(question: &Question, reps: &[u64], instances: &[u32], watch: &Watch<'_>) -> Result<Answers, SimulateError> {
    let found = grid(question, reps, instances, watch, |point| {
        let holds = match (point.holds, point.undecided.is_empty()) {
            (false, _) => "a limit was exceeded",
            (true, false) => "a limit is undecided",
            (true, true) => "every limit held",
        };
        let (reps, n) = (counted(point.reps, "rep", "reps"), counted(point.instances.into(), "instance", "instances"));
        output::note(&format!("{reps} on {n}: {holds}"));
    })?;
    Ok(Answers { grid: Some(found), ..Answers::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_gives_the_answer_again_has_what_decides_it_alone() {
        let words = "capacity --simulate weekday --threads 2 --reps 2k --format=json --html x.html --jitter";
        let again = again(words.split(' ').map(str::to_owned));
        assert_eq!(again, "fieldday capacity --simulate weekday --reps 2k --jitter");
    }

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
