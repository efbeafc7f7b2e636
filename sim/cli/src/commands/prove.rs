//! `fieldday prove`: every defect under many seeds, and the system without any.

use crate::failure::{Failure, nearest};
use crate::progress::Ticker;
use crate::{file, interrupt, machine, output};
use clap::{Args, ValueEnum};
use fieldday_documents::proof::Proof;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::prove::{self, Clean, Effort};
use fieldday_paint::Paint;
use fieldday_paint::units::{count, counted};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// The seed of the runs without defects.
const CLEAN_SEED: u64 = 0x5eed;

/// Under so many seeds at most a conformance pass is made of each defect of the backend: what it tries hardly depends on them.
const PASS_SEEDS: u64 = 3;

#[derive(Args, Debug)]
pub struct ProveArgs {
    /// Only this defect (repeatable); default: all
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// Only defects of the backend, or of the phone
    #[arg(long, value_enum)]
    pub place: Option<Place>,
    /// Number of seeds to try each defect under
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub seeds: u64,
    /// Give up a trial after this many rep-days
    #[arg(long, value_name = "REP_DAYS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    pub cap: u64,
    /// Run this many rep-days without a defect, over all scenarios
    #[arg(long, value_name = "REP_DAYS", default_value_t = 20_000)]
    pub clean: u64,
    /// Save the rep-days without a defect to this file, and continue from it if it exists
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
    /// A fast subset: 3 seeds, 1,000 rep-days per trial, 10,000 without a defect
    #[arg(long, conflicts_with_all = ["seeds", "cap", "clean"])]
    pub quick: bool,
    /// Number of threads; default: one per core. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Also write the result as Markdown to this file
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Place {
    Backend,
    Phone,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    Terminal,
    Json,
    Markdown,
}

/// How much is tried.
struct Amount {
    seeds: u64,
    cap: u64,
    clean: u64,
}

pub fn prove(args: &ProveArgs) -> Result<u8, Failure> {
    let defects = defects(args)?;
    let amount = match args.quick {
        true => Amount { seeds: 3, cap: 1_000, clean: 10_000 },
        false => Amount { seeds: args.seeds, cap: args.cap, clean: args.clean },
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
    let trials = prove::prove(&defects, &effort, |trial| {
        let mut ticker = ticker.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ticker.more(1, &format!("{} seed {}: {} rep-days", trial.defect.name(), trial.seed, count(trial.rep_days)));
    })?;
    ticker.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).finish();
    let passes = prove::passes(&defects, amount.seeds.min(PASS_SEEDS), &effort)?;
    let clean = without_defects(args.keep.as_deref(), amount.clean, &effort)?;

    let interrupted = stop.load(Ordering::Relaxed);
    let proof = Proof::new(amount.seeds, amount.cap, &trials, &clean, !interrupted).with_passes(&passes);
    let command = command(args, &amount);
    let text = match args.format {
        Format::Terminal => proof.to_terminal(Paint::new(output::stdout_has_colour())),
        Format::Json => proof.to_json(),
        Format::Markdown => proof.to_markdown(&command),
    };
    output::print(&text)?;
    // Half a table in the place of a whole one would be a loss.
    if let Some(file) = args.write.as_ref().filter(|_| !interrupted) {
        write(file, &proof.to_markdown(&command))?;
    }
    Ok(match () {
        () if interrupted => interrupt::INTERRUPTED,
        () if proof.holds() => 0,
        () => 1,
    })
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
        return Err(wrong("it was lived by another build of fieldday, with other judges perhaps".to_owned()));
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
    let of_place = |defect: &Defect| {
        let place = if matches!(defect, Defect::Backend(_)) { Place::Backend } else { Place::Phone };
        args.place.is_none_or(|wanted| wanted == place)
    };
    Ok(chosen.into_iter().filter(of_place).collect())
}

/// What makes the same table again.
fn command(args: &ProveArgs, amount: &Amount) -> String {
    let mut line = format!("fieldday prove --seeds {} --cap {} --clean {}", amount.seeds, amount.cap, amount.clean);
    args.defect.iter().for_each(|name| line.push_str(&format!(" --defect {name}")));
    match args.place {
        Some(Place::Backend) => line.push_str(" --place backend"),
        Some(Place::Phone) => line.push_str(" --place phone"),
        None => {}
    }
    line
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|source| Failure::File { path: file.to_owned(), source })
}
