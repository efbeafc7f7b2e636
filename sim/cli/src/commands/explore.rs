//! `fieldday explore`: many seeds in search of one that breaks a rule.

use crate::args::Format;
use crate::choice;
use crate::failure::Failure;
use crate::{exit, file, interrupt, machine, output, terminal, values};
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
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::seed)]
    pub from: u64,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = 200, conflicts_with = "for_", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Run seeds for this long instead, for example 90s, 10m or 8h
    #[arg(long = "for", id = "for_", value_name = "TIME", value_parser = values::duration)]
    pub for_: Option<Duration>,
    /// Run one of N parts of the seeds, I from 0 to N-1; `auto` takes both from the environment of a job
    #[arg(long, value_name = "I/N|auto", value_parser = crate::shard::shard)]
    pub shard: Option<fieldday_plan::shard::Shard>,
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

/// Seeds that a shard has for itself where time and not a number of seeds ends it: more than are run in a year.
const SEEDS_OF_A_SHARD: u64 = 1 << 40;

/// The first seed, and how many there are: of all, or of the shard.
fn seeds(args: &ExploreArgs) -> (u64, u64) {
    let Some(shard) = args.shard else {
        return (args.from, if args.for_.is_some() { u64::MAX } else { args.seeds });
    };
    if args.for_.is_some() {
        return (args.from.saturating_add(u64::from(shard.index) * SEEDS_OF_A_SHARD), SEEDS_OF_A_SHARD);
    }
    let share = shard.share(args.seeds);
    (args.from.saturating_add(share.start), share.end - share.start)
}

pub fn explore(args: &ExploreArgs) -> Result<u8, Failure> {
    let (from, seeds) = seeds(args);
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
        Some(path) => resumed(path, &recipe, from)?,
        None => Explored::default(),
    };
    // A file that cannot be written is an error before the seeds are run, not after.
    if let Some(file) = file {
        save(file, args, &recipe, &so_far)?;
    }
    let stop = interrupt::flag();
    let timed_out = AtomicBool::new(false);
    let began = Instant::now();
    let options = Options {
        threads: usize::try_from(args.threads.unwrap_or_else(machine::cores)).unwrap_or(1),
        from,
        seeds,
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
            let _ = save(file, args, &recipe, explored);
        }
    })?;
    let interrupted = stop.load(Ordering::Relaxed) && !timed_out.load(Ordering::Relaxed);
    if let Some(file) = file {
        save(file, args, &recipe, &explored)?;
    }
    let exploration = Exploration::new(recipe.to_string(), from, args.shard, explored);
    let text = match args.format {
        Format::Json => exploration.to_json(),
        Format::Terminal => render(&exploration, Paint::new(terminal::stdout_has_colour())),
    };
    output::print(&text)?;
    Ok(match () {
        () if interrupted => exit::INTERRUPTED,
        () if exploration.explored.failures.is_empty() => 0,
        () => 1,
    })
}

fn save(path: &Path, args: &ExploreArgs, recipe: &Recipe, explored: &Explored) -> Result<(), Failure> {
    let text = Exploration::new(recipe.to_string(), seeds(args).0, args.shard, explored.clone()).to_json();
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        explore: ExploreArgs,
    }

    fn of(words: &[&str]) -> (u64, u64) {
        seeds(&Cli::parse_from([&["explore"], words].concat()).explore)
    }

    #[test]
    fn shards_have_all_seeds_and_none_twice() {
        assert_eq!(of(&["--from", "10", "--seeds", "7"]), (10, 7));
        let shards = ["0/3", "1/3", "2/3"].map(|shard| of(&["--from", "10", "--seeds", "7", "--shard", shard]));
        let all: Vec<u64> = shards.iter().flat_map(|(from, seeds)| *from..from + seeds).collect();
        assert_eq!(all, (10..17).collect::<Vec<_>>());
        let (one, next) = (of(&["--for", "8h", "--shard", "0/2"]), of(&["--for", "8h", "--shard", "1/2"]));
        assert_eq!(one.0 + one.1, next.0);
    }
}
