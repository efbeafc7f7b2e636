//! `fieldday shrink`: the smallest story that still shows a failure.

use crate::args::{ChoiceArgs, Format};
use crate::choice::{Choice, planned};
use crate::failure::{Failure, nearest};
use crate::{exit, interrupt, machine, output};
use clap::Args;
use fieldday_api::rules::Rule;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{self, Options};
use fieldday_engine::setup;
use fieldday_engine::shrink::{self, Case, Size};
use fieldday_engine::slice::Day;
use fieldday_kernel::time::Zone;
use fieldday_paint::units::counted;
use fieldday_scenario::repro::{FORMAT, Repro};
use fieldday_stories::har::har;
use fieldday_stories::script::script;
use fieldday_stories::story::{Told, names, story};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The time between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(2);
/// Nothing is broken: there is nothing to shrink.
const NOTHING: u8 = 4;

#[derive(Args, Debug)]
pub struct ShrinkArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Minimise the first violation of this rule; default: of any rule
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Create the folder NN-rule/ with story.md, repro.toml, repro.har and repro.sh in this directory
    #[arg(long, value_name = "DIR", default_value = "results/violations")]
    pub out: PathBuf,
    /// Number of threads; default: one per core. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Print the story, or a JSON document with the paths of the files
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
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
        if stop.load(Ordering::Relaxed) {
            return Ok(exit::INTERRUPTED);
        }
        output::note("no rule is broken, so there is nothing to minimise; --seed or --defect selects another run");
        return Ok(NOTHING);
    };
    let (scenario, seed) = (choice.plan.scenario().as_ref().clone(), choice.plan.seed());
    let case = Case { scenario, seed, cell, signature };
    output::note(&format!("minimising {}", case.signature));
    let mut told = Instant::now();
    let small = shrink::shrink(&case, threads, &stop, |step| {
        if told.elapsed() >= A_WHILE {
            told = Instant::now();
            output::note(step);
        }
    })?;
    let interrupted = stop.load(Ordering::Relaxed);
    if let Some(written) = write(args, &small)? {
        output::print(&written.result(&small, args.format))?;
        output::note(&written.place());
    }
    Ok(if interrupted { exit::INTERRUPTED } else { 0 })
}

/// What a folder holds, each file by name.
struct Written {
    folder: PathBuf,
    files: Vec<(&'static str, String)>,
    size: Size,
}

/// Writes the folder of a shrunk failure; none if the failure does not show.
fn write(args: &ShrinkArgs, case: &Case) -> Result<Option<Written>, Failure> {
    let never = std::sync::atomic::AtomicBool::new(false);
    let Some((events, size)) = shrink::look(case, &never) else { return Ok(None) };
    let plan = planned(&args.choice.scenario, case.scenario.clone(), case.seed)?;
    let planned = plan.cell(case.cell);
    let of = |name: &str| planned.tenants.iter().find(|t| name.starts_with(&format!("{}/", t.name)));
    let zone = of(&size.violation.client_name).map_or_else(Zone::utc, |tenant| tenant.data.zone.clone());
    let folder = new_folder(&args.out, case.signature.rule)?;
    let path = folder.join("repro.toml").display().to_string();
    let again = format!("fieldday replay {path}");
    let told = Told {
        events: &events,
        size: &size,
        start: planned.start,
        zone: &zone,
        no_return: shrink::point_of_no_return(case),
        again: &again,
        names: names(&events),
    };
    let about = format!("{} is broken: {}", case.signature.rule, size.violation.says);
    let day = Day { scenario: &case.scenario, start: planned.start, zones: setup::zones(&planned), events: &events };
    let files = vec![
        ("story.md", story(&told)),
        ("repro.toml", repro(case).to_toml(&path)),
        ("repro.har", har(&events, planned.start, &about)),
        ("repro.sh", script(&day, &size.violation, &zone)),
    ];
    for (name, text) in &files {
        let file = folder.join(name);
        fs::write(&file, text).map_err(|source| Failure::File { path: file, source })?;
    }
    Ok(Some(Written { folder, files, size }))
}

fn repro(case: &Case) -> Repro {
    Repro {
        fieldday_repro: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: format!("{:#x}", case.seed),
        cell: case.cell,
        rule: case.signature.rule,
        endpoint: case.signature.op.map(|op| op.label().to_owned()).unwrap_or_default(),
        shape: case.signature.shape.to_string(),
        scenario: case.scenario.clone(),
    }
}

impl Written {
    /// The result for stdout: the story, or a JSON document.
    fn result(&self, case: &Case, format: Format) -> String {
        match format {
            Format::Terminal => self.files.first().map(|(_, text)| text.clone()).unwrap_or_default(),
            Format::Json => {
                let path = |name: &str| self.folder.join(name).display().to_string();
                let size = &self.size;
                let document = serde_json::json!({
                    "schema": 1,
                    "version": env!("CARGO_PKG_VERSION"),
                    "signature": case.signature,
                    "violation": size.violation,
                    "seed": case.seed,
                    "cell": case.cell,
                    "size": {
                        "tenants": size.tenants,
                        "clients": size.clients,
                        "calls": size.calls,
                        "events": size.events,
                    },
                    "folder": self.folder.display().to_string(),
                    "files": self.files.iter().map(|(name, _)| path(name)).collect::<Vec<_>>(),
                });
                fieldday_paint::json(&document).unwrap_or_default()
            }
        }
    }
    /// The closing line: how small it is, the folder and its files.
    fn place(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| *name).collect();
        let (calls, clients) = (self.size.calls, self.size.clients);
        let (calls, clients) = (counted(calls, "call", "calls"), counted(clients, "client", "clients"));
        format!("minimised to {calls} of {clients}; written to {}: {}", self.folder.display(), names.join(", "))
    }
}

/// Creates a folder for the rule's failure below `out`, with a name that is not taken.
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
