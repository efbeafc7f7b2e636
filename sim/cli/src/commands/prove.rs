//! `fieldday prove`: every defect under many seeds, and the system without any; on the virtual clock, or over HTTP.

use super::proof_parts::{AnyProof, ProofPart, Trials};
use crate::failure::{Failure, nearest};
use crate::headings::{MOCK, VIRTUAL};
use crate::machine::Stopwatch;
use crate::progress::Ticker;
use crate::{exit, file, interrupt, machine, output, terminal};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use fieldday_api::rules::Rule;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::live_trial::LiveTrial;
use fieldday_engine::prove::{self, Clean, Effort};
use fieldday_live::prepare::writable;
use fieldday_live::prove as over_http;
use fieldday_paint::Paint;
use fieldday_paint::units::{count, counted};
use fieldday_plan::shard::Shard;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

/// The seed of the runs without defects.
const CLEAN_SEED: u64 = 0x5eed;

/// Under so many seeds at most a conformance pass is made of each defect of the backend: what it tries hardly depends on them.
const PASS_SEEDS: u64 = 3;

/// Under how many seeds each defect is tried on the virtual clock.
const SEEDS: u64 = 20;
/// Over HTTP, where a trial takes the time that it takes.
const LIVE_SEEDS: u64 = 3;
/// The number of passes over the mock without a defect.
const CLEAN_RUNS: u64 = 100;
/// Trials over HTTP that go on side by side on a core. docs/yardstick.md has what that rests on.
const AT_ONCE_A_CORE: u64 = 6;
/// Seeds, and passes without a defect, of a fast subset over HTTP.
const QUICK: (u64, u64) = (1, 10);

pub const EXAMPLES: &str = "Examples:
  fieldday prove --quick                 a fast subset, on the virtual clock
  fieldday prove --defect start-race     one defect
  fieldday prove --target mock           over HTTP; about 20 minutes
  fieldday prove --target mock --defect start-race --seeds 1 --clean-runs 0

With --target mock, each defect of the backend is built into the built-in mock,
which gets a conformance pass and, if that finds nothing, two minutes of a day.
A race must be found under two of three seeds, any other defect under one.";

#[derive(Args, Debug)]
pub struct ProveArgs {
    /// Only this defect (repeatable); default: all
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// The model backend and the app on the virtual clock, or the built-in mock over HTTP
    #[arg(long, value_name = "model|mock", default_value = "model", value_parser = PossibleValuesParser::new(["model", "mock"]))]
    pub target: String,
    /// Number of seeds to try each defect under; default: 20, over HTTP 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub seeds: Option<u64>,
    /// A fast subset: 3 seeds, trials of 1,000 rep-days, 10,000 rep-days without a defect; over HTTP 1 seed, 10 passes without a
    /// defect
    #[arg(long, conflicts_with_all = ["seeds", "cap", "clean", "clean_runs"])]
    pub quick: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Also write the result as Markdown to this file
    #[arg(long, value_name = "FILE", conflicts_with = "shard")]
    pub write: Option<PathBuf>,
    /// Run one of N parts of the trials, I from 0 to N-1; `auto` takes both from the environment of a job
    #[arg(long, value_name = "I/N|auto", requires = "out", value_parser = crate::shard::shard)]
    pub shard: Option<Shard>,
    /// Write the trials of this shard to this file, for `fieldday merge`
    #[arg(long, value_name = "FILE", requires = "shard")]
    pub out: Option<PathBuf>,
    /// Only the defects of the backend, or only those of the app
    #[arg(long, value_enum, help_heading = VIRTUAL)]
    pub place: Option<Place>,
    /// End a trial after this number of rep-days
    #[arg(long, value_name = "REP_DAYS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..=1_000_000), help_heading = VIRTUAL)]
    pub cap: u64,
    /// Number of rep-days to run without a defect, over all scenarios
    #[arg(long, value_name = "REP_DAYS", default_value_t = 20_000, help_heading = VIRTUAL)]
    pub clean: u64,
    /// Save the rep-days without a defect to this file after each round, and resume from it
    #[arg(long, value_name = "FILE", conflicts_with = "shard", help_heading = VIRTUAL)]
    pub keep: Option<PathBuf>,
    /// Number of threads; default: one per core. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024), help_heading = VIRTUAL)]
    pub threads: Option<u64>,
    /// Number of conformance passes over the mock without a defect
    #[arg(long, value_name = "N", default_value_t = CLEAN_RUNS, value_parser = clap::value_parser!(u64).range(0..=1_000_000), help_heading = MOCK)]
    pub clean_runs: u64,
    /// Number of mocks that run at once, each with its pass or its day; default: six per core
    ///
    /// More mocks take less time, until the machine is too busy to send requests when they are due. The result says by how much
    /// they were late.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256), help_heading = MOCK)]
    pub at_once: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Place {
    Backend,
    #[value(alias = "phone")]
    App,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    Terminal,
    Json,
    Markdown,
}

struct Amount {
    seeds: u64,
    cap: u64,
    clean: u64,
}

pub fn prove(args: &ProveArgs) -> Result<u8, Failure> {
    let defects = defects(args)?;
    let mine = share(args.shard, defects.len() as u64)?;
    let defects = &defects[mine.start as usize..mine.end as usize];
    if let Some(file) = &args.out {
        // A file that cannot be written is an error before the trials, not after.
        writable(file)?;
    }
    if args.target == "mock" { on_the_mock(args, defects) } else { on_the_model(args, defects) }
}

/// The defects that a shard tries, by their numbers.
fn share(shard: Option<Shard>, defects: u64) -> Result<Range<u64>, Failure> {
    let Some(shard) = shard else { return Ok(0..defects) };
    match u64::from(shard.of) > defects {
        true => Err(Failure::TooFewDefects { shards: shard.of, defects }),
        false => Ok(shard.share(defects)),
    }
}

fn on_the_model(args: &ProveArgs, defects: &[Defect]) -> Result<u8, Failure> {
    let amount = match args.quick {
        true => Amount { seeds: 3, cap: 1_000, clean: 10_000 },
        false => Amount { seeds: args.seeds.unwrap_or(SEEDS), cap: args.cap, clean: args.clean },
    };
    let stop = interrupt::flag();
    let threads = usize::try_from(args.threads.unwrap_or_else(machine::cores)).unwrap_or(1);
    let effort = Effort { threads, seeds: amount.seeds, cap: amount.cap, stop: &stop };
    let of = defects.len() as u64 * amount.seeds;
    output::note(&format!(
        "{} under {} each",
        counted(defects.len() as u64, "defect", "defects"),
        counted(amount.seeds, "seed", "seeds")
    ));
    let ticker = Mutex::new(Ticker::new("trials", of));
    let trials = prove::prove(defects, &effort, |trial| {
        let mut ticker = ticker.lock().unwrap_or_else(PoisonError::into_inner);
        ticker.more(1, &format!("{} seed {}: {} rep-days", trial.defect.name(), trial.seed, count(trial.rep_days)));
    })?;
    ticker.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    // The passes without a defect are the first shard's.
    let without = args.shard.is_none_or(|shard| shard.index == 0).then_some(None);
    let passed: Vec<Option<Defect>> = defects.iter().copied().map(Some).chain(without).collect();
    let passes = prove::passes(&passed, amount.seeds.min(PASS_SEEDS), &effort)?;
    let clean = match args.shard {
        Some(shard) => part_without_defects(amount.clean, shard, &effort)?,
        None => without_defects(args.keep.as_deref(), amount.clean, &effort)?,
    };
    let trials = Trials::Model { seeds: amount.seeds, cap: amount.cap, trials, passes, clean };
    finish(args, !stop.load(Ordering::Relaxed), trials, command(args, &amount))
}

/// Proves the backend's defects against the mock over HTTP.
fn on_the_mock(args: &ProveArgs, defects: &[Defect]) -> Result<u8, Failure> {
    let (seeds, clean) = match args.quick {
        true => QUICK,
        false => (args.seeds.unwrap_or(LIVE_SEEDS), args.clean_runs),
    };
    let passes = args.shard.map_or(0..clean, |shard| shard.share(clean));
    let at_once = args.at_once.unwrap_or_else(|| machine::cores() * AT_ONCE_A_CORE);
    let stop = interrupt::flag();
    output::note(&format!(
        "{} under {} each and {} without, over HTTP, {at_once} at once",
        counted(defects.len() as u64, "defect", "defects"),
        counted(seeds, "seed", "seeds"),
        counted(passes.end - passes.start, "pass", "passes"),
    ));
    let ticker = Mutex::new(Ticker::new("trials", defects.len() as u64 * seeds + passes.end - passes.start));
    let clean_seeds = passes.start + 1..passes.end + 1;
    let at_once_here = usize::try_from(at_once).unwrap_or(1);
    let effort = over_http::Effort { seeds, clean: clean_seeds, at_once: at_once_here, stop: &stop };
    let stopwatch = Stopwatch::start();
    // A day's users are goose's, which prints.
    let trials = machine::with_stdout_aside(|| {
        over_http::prove(defects, &effort, |trial| {
            ticker.lock().unwrap_or_else(PoisonError::into_inner).more(1, &told(trial));
        })
    })?;
    ticker.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    let wall_s = stopwatch.took().wall_s;
    let mut command = format!("fieldday prove --target mock --seeds {seeds} --clean-runs {clean} --at-once {at_once}");
    args.defect.iter().for_each(|name| command.push_str(&format!(" --defect {name}")));
    finish(args, !stop.load(Ordering::Relaxed), Trials::Mock { seeds, at_once, wall_s, trials }, command)
}

fn told(trial: &LiveTrial) -> String {
    let name = trial.defect.map_or("no defect", Defect::name);
    let came = trial.found().map_or("no rule of its own broken", Rule::name);
    format!("{name} seed {}: {came} after {} requests", trial.seed, count(trial.requests()))
}

/// Prints what came of it, writes it to the file that was asked for, and says what to exit with. `command` makes all of it again.
fn finish(args: &ProveArgs, complete: bool, trials: Trials, command: String) -> Result<u8, Failure> {
    let proof = trials.proof(complete);
    output::print(&shown(&proof, args.format, &command))?;
    // Half a table in the place of a whole one would be a loss.
    if let Some(file) = args.write.as_ref().filter(|_| complete) {
        write(file, &shown(&proof, Format::Markdown, &command))?;
    }
    if let (Some(shard), Some(out)) = (args.shard, &args.out) {
        ProofPart::new(command, shard, complete, trials).write(out)?;
        output::note(&format!("shard {shard}: {}; `fieldday merge` makes one proof of all shards", out.display()));
    }
    Ok(match () {
        () if !complete => exit::INTERRUPTED,
        () if holds(&proof) => 0,
        () => 1,
    })
}

/// The text of a proof in a format.
pub fn shown(proof: &AnyProof, format: Format, command: &str) -> String {
    let paint = || Paint::new(terminal::stdout_has_colour());
    match (proof, format) {
        (AnyProof::Model(proof), Format::Terminal) => proof.to_terminal(paint()),
        (AnyProof::Model(proof), Format::Json) => proof.to_json(),
        (AnyProof::Model(proof), Format::Markdown) => proof.to_markdown(command),
        (AnyProof::Mock(proof), Format::Terminal) => proof.to_terminal(paint()),
        (AnyProof::Mock(proof), Format::Json) => proof.to_json(),
        (AnyProof::Mock(proof), Format::Markdown) => proof.to_markdown(command),
    }
}

/// Whether every defect was found, and nothing where there is none.
pub fn holds(proof: &AnyProof) -> bool {
    match proof {
        AnyProof::Model(proof) => proof.holds(),
        AnyProof::Mock(proof) => proof.holds(),
    }
}

/// A shard's part of the system without defects.
fn part_without_defects(of: u64, shard: Shard, effort: &Effort<'_>) -> Result<Clean, Failure> {
    let mut ticker = Ticker::new("rep-days without defects", of / u64::from(shard.of));
    let clean = prove::clean_part(of, CLEAN_SEED, effort, shard, |rep_days| ticker.more(rep_days, ""))?;
    ticker.finish();
    Ok(clean)
}

/// The system without defects, for `of` rep-days; those that are kept in a file count.
fn without_defects(keep: Option<&Path>, of: u64, effort: &Effort<'_>) -> Result<Clean, Failure> {
    let keep = keep.map(|file| (file, machine::build()));
    let so_far = match &keep {
        Some((file, build)) if file.exists() => kept(file, build)?,
        _ => Clean::default(),
    };
    let mut ticker = Ticker::new("rep-days without defects", of);
    ticker.more(so_far.rep_days().min(of), "");
    let mut written = Ok(());
    let on_round = |clean: &Clean| {
        if let Some((file, build)) = &keep {
            written = save(file, &Kept { build: build.clone(), clean: clean.clone() });
        }
    };
    let clean = prove::clean(of, CLEAN_SEED, effort, so_far, |rep_days| ticker.more(rep_days, ""), on_round)?;
    ticker.finish();
    // Said when everything is lived: an earlier failure to write may have passed.
    written.map(|()| clean)
}

/// What was lived without a defect, and by which build: judges of two builds are not the same judges.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    build: String,
    clean: Clean,
}

fn kept(file: &Path, build: &str) -> Result<Clean, Failure> {
    let wrong = |why: String| Failure::KeptProof { path: file.to_owned(), why };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if kept.build != build {
        return Err(wrong("another build of fieldday wrote it, and its judges may differ".to_owned()));
    }
    if !kept.clean.is_countable() {
        return Err(wrong("its counts are impossible, so the file is damaged".to_owned()));
    }
    Ok(kept.clean)
}

fn save(file: &Path, kept: &Kept) -> Result<(), Failure> {
    // Plain data of strings and numbers: it cannot fail.
    let text = serde_json::to_string(kept).unwrap_or_default() + "\n";
    file::replace(file, &text)
}

fn defects(args: &ProveArgs) -> Result<Vec<Defect>, Failure> {
    let named = |name: &String| {
        let suggestion = || nearest(name, Defect::all().map(Defect::name));
        Defect::named(name).ok_or_else(|| Failure::NoSuchDefect { name: name.clone(), suggestion: suggestion() })
    };
    let chosen: Vec<Defect> = match args.defect.as_slice() {
        [] => Defect::all().collect(),
        names => names.iter().map(named).collect::<Result<_, _>>()?,
    };
    // Over HTTP there is no app but that of the reps.
    let is_mock = args.target == "mock";
    let only = if is_mock { Some(Place::Backend) } else { args.place };
    let of_place = |defect: &Defect| {
        let place = if matches!(defect, Defect::Backend(_)) { Place::Backend } else { Place::App };
        only.is_none_or(|only| only == place)
    };
    let chosen: Vec<Defect> = chosen.into_iter().filter(of_place).collect();
    // Nothing to look for would be found at once, and green.
    match args.defect.first() {
        Some(name) if chosen.is_empty() => {
            let option = if is_mock { "--target mock" } else { "--place" };
            Err(Failure::NoEffect { option, with: format!("--defect {name}") })
        }
        _ => Ok(chosen),
    }
}

/// The command line that makes the same table again.
fn command(args: &ProveArgs, amount: &Amount) -> String {
    let mut line = format!("fieldday prove --seeds {} --cap {} --clean {}", amount.seeds, amount.cap, amount.clean);
    args.defect.iter().for_each(|name| line.push_str(&format!(" --defect {name}")));
    match args.place {
        Some(Place::Backend) => line.push_str(" --place backend"),
        Some(Place::App) => line.push_str(" --place app"),
        None => {}
    }
    line
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|source| Failure::File { path: file.to_owned(), source })
}
