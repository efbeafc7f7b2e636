//! `fieldday capacity --simulate`: a fleet's day against a plant, on the virtual clock.

use super::args::CapacityArgs;
use super::simulate_args::Numbers;
use super::simulate_progress::{DayProgress, Spent};
use crate::again::typed;
use crate::args::Format;
use crate::choice;
use crate::failure::Failure;
use crate::{exit, interrupt, output, terminal};
use fieldday_capacity::report::simulated::{Answers, Missing, Simulation, SimulationAsked};
use fieldday_capacity::simulate::{
    GridFound, Pilot, Question, SimulateError, WHAT_IFS, Watch, advise, calibrate, grid, local_zone, simulate,
};
use fieldday_kernel::time::{Date, Time, TimeOfDay, Zone};
use fieldday_paint::units::{count, counted};
use fieldday_rep::app::settings::Retrying;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The scenario of a simulation for which none is named.
pub const SCENARIO: &str = "weekday";

pub fn run(of: &CapacityArgs, scenario: &str) -> Result<u8, Failure> {
    let args = &of.simulated;
    let question = question(of, scenario)?;
    args.html.as_deref().map_or(Ok(()), has_a_place)?;
    let stop = interrupt::flag();
    let several = |numbers: &[u64], own: u64| if numbers.is_empty() { vec![own] } else { numbers.to_vec() };
    let reps = several(&args.reps, question.scenario.people.reps);
    let instances = args.instances.as_ref().map_or(vec![question.plant.instances], |numbers| numbers.0.clone());
    let zone = zone(&question);
    let answers = match answers(&question, (&reps, &instances), args.advise, &zone, &stop) {
        Err(SimulateError::Interrupted(_)) => {
            output::note("interrupted before the measured time began: there is nothing to report");
            return Ok(exit::INTERRUPTED);
        }
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
    local_zone(&question.scenario, Zone::utc().midnight(date(question)))
}

/// The day that is simulated.
fn date(question: &Question) -> Date {
    question.scenario.day.dates.first().copied().unwrap_or_default()
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

/// What is simulated for the question; its progress is told by the clocks of the zone.
fn answers(
    question: &Question,
    (reps, instances): (&[u64], &[u32]),
    advised: bool,
    zone: &Zone,
    stop: &AtomicBool,
) -> Result<Answers, SimulateError> {
    let most = reps.iter().copied().max().unwrap_or_default();
    let pilot = Pilot::of(&question.with_reps(most), &Watch { stop, progress: &|_| () })?;
    let until = question.window.map(|(_, until)| zone.at(date(question), until));
    let day = DayProgress::new(zone.clone(), pilot, until);
    let progress = |at: Time| day.hears(at);
    let watch = Watch { stop, progress: &progress };
    if reps.len() * instances.len() > 1 {
        table(question, (reps, instances), advised, &watch)
    } else {
        one(question, advised, &watch)
    }
}

/// A day with what was asked for besides. If it is interrupted, the answers are what was simulated until then.
fn one(question: &Question, advised: bool, watch: &Watch<'_>) -> Result<Answers, SimulateError> {
    let mut spent = Spent::default();
    let mut answers = Answers::default();
    let outcome = match simulate(question, watch) {
        Err(SimulateError::Interrupted(Some(until_then))) => {
            return Ok(Answers { outcome: Some(*until_then), interrupted: Some(Missing::RestOfDay), ..answers });
        }
        outcome => outcome?,
    };
    spent.day(outcome.reps);
    if let Some(what_if) = question.what_if {
        output::note(&format!("the same without {}, to compare", what_if.as_str()));
        match simulate(&Question { what_if: None, ..question.clone() }, watch) {
            Err(SimulateError::Interrupted(_)) => answers.interrupted = Some(Missing::Comparison),
            without => answers.without = Some(without?),
        }
        answers.without.iter().for_each(|without| spent.day(without.reps));
    }
    if advised && answers.interrupted.is_none() {
        match advise(question, &outcome, watch, |told| spent.hears(&told)) {
            Err(SimulateError::Interrupted(_)) => answers.interrupted = Some(Missing::Advice),
            advice => answers.advice = Some(advice?),
        }
    }
    Ok(Answers { outcome: Some(outcome), ..answers })
}

fn table(
    question: &Question,
    (reps, instances): (&[u64], &[u32]),
    advised: bool,
    watch: &Watch<'_>,
) -> Result<Answers, SimulateError> {
    let all = reps.len() * instances.len();
    let mut spent = Spent::of_table(reps.iter().sum::<u64>() * instances.len() as u64);
    let GridFound { grid, interrupted } = grid(question, reps, instances, advised, watch, |told| spent.hears(&told))?;
    let missing = if grid.points.len() < all { Missing::Points } else { Missing::Advice };
    Ok(Answers { grid: Some(grid), interrupted: interrupted.then_some(missing), ..Answers::default() })
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
