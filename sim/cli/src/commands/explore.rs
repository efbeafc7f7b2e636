//! `fieldday explore`: many seeds in search of one that breaks a rule.

use crate::args::Format;
use crate::choice;
use crate::failure::Failure;
use crate::{file, interrupt, machine, output};
use clap::Args;
use fieldday_documents::explored::{Exploration, render};
use fieldday_engine::explore::{self, Explored, Options};
use fieldday_folder::Recipe;
use fieldday_paint::Paint;
use fieldday_paint::units::counted;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two lines of progress, and two savings.
const A_WHILE: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub struct ExploreArgs {
    /// A built-in scenario's name, or the path of a .toml file
    #[arg(default_value = "rough")]
    pub scenario: String,
    /// The first seed, decimal or 0x hexadecimal
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = crate::args::seed)]
    pub from: u64,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = 200, conflicts_with = "for_", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Run seeds for this long instead, for example 90s, 10m or 8h
    #[arg(long = "for", id = "for_", value_name = "TIME", value_parser = span)]
    pub for_: Option<Duration>,
    /// Reps per seed; fewer reps leave time for more seeds
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub reps: u64,
    /// Do not let the seed vary the scenario
    #[arg(long)]
    pub no_swarm: bool,
    /// Build this defect into the backend or the app (repeatable)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// Stop at the first failure
    #[arg(long)]
    pub stop_at_first: bool,
    /// Save the result to this file, and update it as seeds complete
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Continue from the result in this file, and update it
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub resume: Option<PathBuf>,
    /// Number of threads; default: one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

/// `90s`, `10m`, `8h`
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("a time is a number with s, m or h: 10m, not {text:?}");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

pub fn explore(args: &ExploreArgs) -> Result<u8, Failure> {
    let mut scenario = choice::load(&args.scenario)?;
    choice::add_defects(&mut scenario, &args.defect)?;
    let recipe = Recipe {
        scenario: args.scenario.clone(),
        seed: 0,
        swarm: !args.no_swarm,
        reps: Some(args.reps),
        defects: args.defect.clone(),
        ..Recipe::default()
    };
    let file = args.resume.as_ref().or(args.out.as_ref());
    let so_far = match &args.resume {
        Some(path) => resumed(path, &recipe, args.from)?,
        None => Explored::default(),
    };
    // A file that cannot be written is an error before the seeds are run, not after.
    if let Some(file) = file {
        save(file, &recipe, args.from, &so_far)?;
    }
    let stop = interrupt::flag();
    let timed_out = AtomicBool::new(false);
    let began = Instant::now();
    let options = Options {
        threads: usize::try_from(args.threads.unwrap_or_else(machine::cores)).unwrap_or(1),
        from: args.from,
        seeds: if args.for_.is_some() { u64::MAX } else { args.seeds },
        swarm: !args.no_swarm,
        reps: args.reps,
        stop_at_first: args.stop_at_first,
        stop: &stop,
    };
    let mut told = (Instant::now(), so_far.seeds, Vec::new());
    let explored = explore::explore(&scenario, &options, so_far, |explored, new| {
        told.2.extend(new.iter().map(|mark| mark.name()));
        if args.for_.is_some_and(|limit| began.elapsed() >= limit) {
            timed_out.store(true, Ordering::Relaxed);
            stop.store(true, Ordering::Relaxed);
        }
        if told.0.elapsed() < A_WHILE {
            return;
        }
        let rate = (explored.seeds - told.1) as f64 / told.0.elapsed().as_secs_f64();
        let new = std::mem::take(&mut told.2);
        let new = if new.is_empty() { String::new() } else { format!("; marks newly reached: {}", new.join(", ")) };
        let failures = counted(explored.failures.len() as u64, "kind of failure", "kinds of failures");
        let seeds = counted(explored.seeds, "seed", "seeds");
        output::note(&format!("{seeds}, {rate:.0} a second, {failures}{new}"));
        told = (Instant::now(), explored.seeds, Vec::new());
        if let Some(file) = file {
            // Said at the end, if it still cannot be written then.
            let _ = save(file, &recipe, args.from, explored);
        }
    })?;
    let interrupted = stop.load(Ordering::Relaxed) && !timed_out.load(Ordering::Relaxed);
    if let Some(file) = file {
        save(file, &recipe, args.from, &explored)?;
    }
    let exploration = Exploration::new(recipe.to_string(), args.from, explored);
    let text = match args.format {
        Format::Json => exploration.to_json(),
        Format::Terminal => render(&exploration, &recipe, Paint::new(output::stdout_has_colour())),
    };
    output::print(&text)?;
    Ok(match () {
        () if interrupted => interrupt::INTERRUPTED,
        () if exploration.explored.failures.is_empty() => 0,
        () => 1,
    })
}

fn save(path: &Path, recipe: &Recipe, from: u64, explored: &Explored) -> Result<(), Failure> {
    let text = Exploration::new(recipe.to_string(), from, explored.clone()).to_json();
    file::replace(path, &text)
}

fn resumed(path: &Path, recipe: &Recipe, from: u64) -> Result<Explored, Failure> {
    let wrong = |why: String| Failure::Resume { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let before = Exploration::from_json(&text).map_err(&wrong)?;
    if (before.of.as_str(), before.from) != (recipe.to_string().as_str(), from) {
        return Err(wrong(format!("it holds the result of `{}` from seed {}", before.of, before.from)));
    }
    Ok(before.explored)
}
