//! `fieldday shrink`: the smallest story that still shows a failure.

use crate::args::ChoiceArgs;
use crate::choice::Choice;
use crate::failure::{Failure, nearest};
use crate::{interrupt, machine, output};
use clap::Args;
use fieldday_api::rules::Rule;
use fieldday_api::time::Zone;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{self, Options};
use fieldday_engine::shrink::{self, Case};
use fieldday_report::story::story;
use fieldday_report::units::count;
use fieldday_world::plan::Plan;
use fieldday_world::repro::{FORMAT, Repro};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(2);
/// Nothing is broken: there is nothing to shrink.
const NOTHING: u8 = 4;

#[derive(Args, Debug)]
pub struct ShrinkArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Shrink the first violation of this rule; of any, if not given
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Where to make the folder NN-rule/ with repro.toml and story.md
    #[arg(long, value_name = "DIR", default_value = "results/violations")]
    pub out: PathBuf,
    /// Threads; one a core if not given. Changes nothing but the time it takes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
}

pub fn shrink(args: &ShrinkArgs) -> Result<u8, Failure> {
    let named = |name: &String| {
        let suggestion = || nearest(name, Rule::ALL.iter().map(|rule| rule.name()));
        Rule::named(name).ok_or_else(|| Failure::NoSuchRule { name: name.clone(), suggestion: suggestion() })
    };
    let rule = args.rule.as_ref().map(named).transpose()?;
    let choice = Choice::new(&args.choice)?;
    let stop = interrupt::flag();
    let threads = usize::try_from(args.threads.unwrap_or_else(machine::cores)).unwrap_or(1);
    let mut found = None;
    run::run(&choice.plan, &Options { threads, keep: Keep::default(), stop: &stop }, |cell| {
        let first = cell.findings.violations.iter().find(|v| rule.is_none_or(|rule| v.rule == rule));
        found = first.map(|violation| (cell.index, violation.signature()));
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let Some((cell, signature)) = found else {
        output::note("nothing is broken, so there is nothing to shrink; --seed and --defect choose another day");
        return Ok(NOTHING);
    };
    let (scenario, seed) = (choice.plan.scenario().as_ref().clone(), choice.plan.seed());
    let case = Case { scenario, seed, cell, signature };
    output::note(&format!("shrinking {}", case.signature));
    let mut told = Instant::now();
    let small = shrink::shrink(&case, threads, &stop, |step| {
        if told.elapsed() >= A_WHILE {
            told = Instant::now();
            output::note(step);
        }
    })?;
    let interrupted = stop.load(Ordering::Relaxed);
    let place = write(args, &small)?;
    output::note(&place);
    Ok(if interrupted { interrupt::INTERRUPTED } else { 0 })
}

/// Writes the folder, and prints the story.
fn write(args: &ShrinkArgs, case: &Case) -> Result<String, Failure> {
    let failed = |path: &Path, source| Failure::File { path: path.to_owned(), source };
    let never = std::sync::atomic::AtomicBool::new(false);
    let Some((events, size)) = shrink::look(case, &never) else { return Ok(String::new()) };
    let folder = new_folder(&args.out, case.signature.rule)?;
    let file = folder.join("repro.toml");
    let repro = Repro {
        fieldday_repro: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: format!("{:#x}", case.seed),
        cell: case.cell,
        rule: case.signature.rule,
        endpoint: case.signature.op.map(|op| op.label().to_owned()).unwrap_or_default(),
        shape: case.signature.shape.to_string(),
        scenario: case.scenario.clone(),
    };
    let path = file.display().to_string();
    fs::write(&file, repro.to_toml(&path)).map_err(|e| failed(&file, e))?;
    let plan = Plan::new(Arc::new(case.scenario.clone()), case.seed)?;
    let planned = plan.cell(case.cell);
    let of = |name: &str| planned.tenants.iter().find(|t| name.starts_with(&format!("{}/", t.name)));
    let zone = of(&size.violation.client_name).map_or_else(Zone::utc, |tenant| tenant.data.zone.clone());
    let no_return = shrink::point_of_no_return(case);
    let text = story(&events, &size, planned.start, &zone, no_return, &format!("fieldday replay {path}"));
    let file = folder.join("story.md");
    fs::write(&file, &text).map_err(|e| failed(&file, e))?;
    output::print(&text)?;
    Ok(format!("{} calls of {} clients; {}", count(size.calls), count(size.clients), folder.display()))
}

/// A folder that was not there before.
fn new_folder(out: &Path, rule: Rule) -> Result<PathBuf, Failure> {
    fs::create_dir_all(out).map_err(|source| Failure::File { path: out.to_owned(), source })?;
    let mut number = 1;
    loop {
        let folder = out.join(format!("{number:02}-{}", rule.name().replace('.', "-")));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 10_000 => number += 1,
            Err(source) => return Err(Failure::File { path: folder, source }),
        }
    }
}
