//! `fieldday capacity --simulate`: a fleet's day against a plant, on the virtual clock.

use super::args::CapacityArgs;
use super::simulate_args::Numbers;
use crate::again::typed;
use crate::args::Format;
use crate::choice;
use crate::failure::Failure;
use crate::{exit, interrupt, output, terminal};
use fieldday_capacity::report::simulated::{Answers, Simulation, SimulationAsked};
use fieldday_capacity::simulate::{
    Outcome, Question, SimulateError, Told, WHAT_IFS, Watch, advise, calibrate, grid, local_zone, simulate,
};
use fieldday_kernel::time::{Time, TimeOfDay, Zone};
use fieldday_paint::units::{count, counted};
use fieldday_rep::app::settings::Retrying;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The time between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(5);

/// The scenario of a simulation for which none is named.
pub const SCENARIO: &str = "weekday";

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
        table(&question, (&reps, &instances), args.advise, &watch)
    } else {
        one(&question, args.advise, &watch)
    };
    let answers = match answers {
        Err(SimulateError::Interrupted) => return Ok(exit::INTERRUPTED),
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
        Format::Terminal => answer.terminal(terminal::stdout_paint()),
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

/// The question in a sentence.
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
    let mut spent = Spent::default();
    let outcome = simulate(question, watch)?;
    spent.day(outcome.reps);
    let without = match question.what_if {
        Some(what_if) => {
            output::note(&format!("the same without {}, to compare", what_if.as_str()));
            let without = simulate(&Question { what_if: None, ..question.clone() }, watch)?;
            spent.day(without.reps);
            Some(without)
        }
        None => None,
    };
    let advice = if advised { Some(advise(question, &outcome, watch, |told| spent.hears(&told))?) } else { None };
    Ok(Answers { outcome: Some(outcome), without, advice, grid: None })
}

fn table(
    question: &Question,
    (reps, instances): (&[u64], &[u32]),
    advised: bool,
    watch: &Watch<'_>,
) -> Result<Answers, SimulateError> {
    let mut spent = Spent::default();
    let found = grid(question, reps, instances, advised, watch, |told| spent.hears(&told))?;
    Ok(Answers { grid: Some(found), ..Answers::default() })
}

/// What the simulated days so far took, and how many more there may be.
struct Spent {
    began: Instant,
    days: u64,
    reps: u64,
    advising: Option<Advising>,
}

/// The days of which advice is made.
struct Advising {
    began: Instant,
    days: u64,
    most: u64,
}

impl Default for Spent {
    fn default() -> Spent {
        Spent { began: Instant::now(), days: 0, reps: 0, advising: None }
    }
}

impl Spent {
    fn day(&mut self, reps: u64) {
        self.days += 1;
        self.reps += reps;
    }
    /// Tells what was found, and how long the rest takes.
    fn hears(&mut self, told: &Told<'_>) {
        match told {
            Told::Point(point) => {
                self.day(point.reps);
                let found = found(point.holds, point.undecided.is_empty());
                output::note(&format!("{}: {found}", served(point.reps, point.instances)));
            }
            Told::Advising([]) => output::note("advice: every limit held at each point, so there is none to give"),
            Told::Advising(most) => {
                // A day takes as long as it has reps.
                let reps: u64 = most.iter().map(|(reps, days)| reps * days).sum();
                let all: u64 = most.iter().map(|(_, days)| days).sum();
                let takes = self.began.elapsed().mul_f64(reps as f64 / self.reps.max(1) as f64);
                self.advising = Some(Advising { began: Instant::now(), days: 0, most: all });
                output::note(&format!(
                    "advice: at most {} more, about {} at most",
                    counted(all, "simulated day", "simulated days"),
                    lasts(takes)
                ));
            }
            Told::Tried(outcome) => {
                let Some(advising) = &mut self.advising else { return };
                advising.days += 1;
                let (number, most, s) = (advising.days, advising.most, advising.began.elapsed());
                output::note(&format!("advice, day {number} of {most} at most, {}: {}", lasts(s), tried(outcome)));
            }
        }
    }
}

fn tried(outcome: &Outcome) -> String {
    let way = outcome.retrying;
    let jitter = if way.jitter { " with jitter" } else { "" };
    let found = found(outcome.holds, outcome.undecided().next().is_none());
    format!("{}, retries {}{jitter}: {found}", served(outcome.reps, outcome.plant.instances), way.retries)
}

/// `1,000 reps on 4 instances`
fn served(reps: u64, instances: u32) -> String {
    let (reps, n) = (counted(reps, "rep", "reps"), counted(instances.into(), "instance", "instances"));
    format!("{reps} on {n}")
}

fn found(holds: bool, is_decided: bool) -> &'static str {
    match (holds, is_decided) {
        (false, _) => "a limit was exceeded",
        (true, false) => "a limit is undecided",
        (true, true) => "every limit held",
    }
}

/// A time in words: `40 s`, `12 minutes`.
fn lasts(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..120 => format!("{s} s"),
        s => counted(s.div_ceil(60), "minute", "minutes"),
    }
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
}
