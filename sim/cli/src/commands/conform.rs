//! `fieldday conform`: every rule of the API put to the test on purpose, on the model or at a target.

use super::run::finish::{recorded, run_file};
use super::run::troubles::troubles;
use super::{ledger, stories};
use crate::args::{Format, SeedArgs, allow_also};
use crate::choice::{add_defects, load, planned};
use crate::failure::Failure;
use crate::headings::LIVE;
use crate::machine::{self, Stopwatch, Took};
use crate::progress::Ticker;
use crate::{exit, interrupt, output, show, terminal};
use clap::Args;
use fieldday_api::redact::line_without_secrets;
use fieldday_documents::conform::Conformed;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, RunOutcome};
use fieldday_engine::{conform, pass};
use fieldday_folder::series::{Ground, SeriesFile};
use fieldday_folder::{Facts, Outcome, Recipe, RunFolderWriter, Summary, VIRTUAL, quoted};
use fieldday_kernel::time::Time;
use fieldday_live::clock::utc_now;
use fieldday_live::conform::{ConformError, fails_for_a_pass, settled};
use fieldday_live::prepare::{Called, LiveOptions, Lived, prepare};
use fieldday_live::run::window;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

pub const EXAMPLES: &str = "Examples:
  fieldday conform                            the model, in virtual time
  fieldday conform --target mock --defect start-race   the mock with a defect
  fieldday conform small.toml --target http://127.0.0.1:8000
  fieldday conform staging.toml --target https://staging.example.com \\
      --allow staging.example.com

The pass writes to the target: it creates tasks, shifts and recordings of the
plan's first reps, and changes a few appointments, which it restores as far as
the API allows. docs/conform.md says what the pass does and what it leaves.";

#[derive(Args, Debug)]
pub struct ConformArgs {
    /// A built-in scenario's name, or the path of a .toml file, for the users and the target's settings
    #[arg(default_value = "smoke")]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// What to test: the built-in model in virtual time, the built-in mock over HTTP, or a deployment's base URL
    #[arg(long, value_name = "model|mock|URL", default_value = "model")]
    pub target: String,
    /// Build this defect into the model or the mock (repeatable; see `fieldday defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// Allow requests to this host, in addition to loopback (repeatable)
    #[arg(long, value_name = "HOST", help_heading = LIVE)]
    pub allow: Vec<String>,
    /// Trust the root certificates in this PEM file as well
    #[arg(long, value_name = "FILE", help_heading = LIVE)]
    pub cacert: Option<PathBuf>,
    /// Sign tokens with this key, which the target must trust, instead of the scenario's `tokens`
    #[arg(long, value_name = "FILE", help_heading = LIVE)]
    pub key: Option<PathBuf>,
    /// Which build the target runs, for comparisons
    #[arg(long, value_name = "SHA", help_heading = LIVE)]
    pub target_version: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Create the run folder in this directory
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// Do not create a run folder
    #[arg(long, conflicts_with = "out")]
    pub no_out: bool,
    /// The words of the command line that make the same pass again, beside scenario, seed and defects.
    #[arg(skip)]
    pub again: Vec<String>,
}

impl ConformArgs {
    /// The command line that makes the same pass again.
    fn again(&self) -> String {
        let line = format!("fieldday conform {} --seed {:#x}", quoted(&self.scenario), self.seed.or_default());
        let defects = self.defect.iter().flat_map(|name| ["--defect", name]);
        let words = defects.chain(self.again.iter().map(String::as_str));
        words.fold(line, |line, word| line + " " + &quoted(word))
    }
    fn out(&self) -> Option<&Path> {
        (!self.no_out).then_some(self.out.as_path())
    }
    fn recipe(&self) -> Recipe {
        Recipe {
            scenario: self.scenario.clone(),
            seed: self.seed.or_default(),
            defects: self.defect.clone(),
            ..Recipe::default()
        }
    }
    /// The keeper of the run's folder, if there is to be one.
    fn keeper(&self, plan: &Plan, target: String, opens: Option<Time>) -> Result<RunFolderWriter, Failure> {
        let mut file = run_file(plan, target, &self.recipe(), opens);
        file.reproduce = self.again();
        Ok(RunFolderWriter::new(self.out(), file, Some(plan))?)
    }
}

pub fn conform(args: &ConformArgs) -> Result<u8, Failure> {
    let mut scenario = load(&args.scenario)?;
    add_defects(&mut scenario, &args.defect)?;
    if args.target == "model" { on_the_model(args, scenario) } else { at_a_target(args, scenario) }
}

fn on_the_model(args: &ConformArgs, scenario: Scenario) -> Result<u8, Failure> {
    let plan = planned(&args.scenario, pass::settled(scenario, true), args.seed.or_default())?;
    // The last cell has what the others leave.
    if (0..plan.cells()).any(|cell| fieldday_conform::cast(&plan.cell(cell).tenants).is_err()) {
        return Err(ConformError::NoCast.into());
    }
    let mut keeper = args.keeper(&plan, VIRTUAL.to_owned(), None)?;
    let stop = interrupt::flag();
    let stopwatch = Stopwatch::start();
    let keep = Keep { history: args.out().is_some(), events: false };
    let options = Options { threads: usize::try_from(machine::cores()).unwrap_or(1), keep, stop: &stop };
    let outcome = conform::run(&plan, &options, |cell| {
        keeper.add_cell(&cell);
        ControlFlow::Continue(())
    })?;
    let took = stopwatch.took();
    let whole = (outcome.complete && outcome.events > 0).then_some(outcome.fingerprint);
    let history = keeper.end_history(whole, None, recorded(whole));
    let facts = Facts { history, ..facts(args, took) };
    let ended =
        Ended { args, plan: &plan, outcome: &outcome, target: "the model on the virtual clock", took, live: false };
    ended.tell(facts, keeper)
}

fn at_a_target(args: &ConformArgs, scenario: Scenario) -> Result<u8, Failure> {
    let is_mock = args.target == "mock";
    let mut scenario = settled(scenario, is_mock);
    allow_also(&mut scenario.live, &args.allow);
    if !is_mock {
        scenario.set_today(utc_now());
    }
    let called = match is_mock {
        true => Called::Mock(Box::new(fails_for_a_pass(window(&scenario).0))),
        false => Called::named(&args.target),
    };
    let options = LiveOptions {
        workers: 1,
        history: true,
        cacert: args.cacert.clone(),
        key: args.key.clone(),
        version: args.target_version.clone(),
        ..LiveOptions::default()
    };
    let prepared = prepare(scenario, args.seed.or_default(), called, options).map_err(Failure::of(&args.scenario))?;
    prepared.left_out().iter().for_each(|part| output::note(&format!("nobody plays {part}")));
    prepared
        .provision()
        .into_iter()
        .for_each(|command| output::note(&format!("provisioning: {}", line_without_secrets(command))));
    let stop = interrupt::flag();
    let mut ready = prepared.open(&stop)?;
    // Whether the built-in mock takes a token is what the pass finds out.
    if !is_mock {
        ready.look()?.notes.iter().for_each(|note| output::note(note));
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(exit::INTERRUPTED);
    }
    let base_url = ready.target().to_string();
    let target = if is_mock { "mock".to_owned() } else { base_url.clone() };
    let mut keeper = args.keeper(&ready.plan().plan, target, Some(ready.opens()))?;
    let stopwatch = Stopwatch::start();
    let mut ticker = Ticker::new("requests", EXPECTED);
    let mut told = 0;
    let history = |lines| {
        keeper.add_lines(lines);
    };
    let lived = ready.conform(&stop, history, |progress| {
        ticker.more(progress.requests - told, "");
        told = progress.requests;
    })?;
    ticker.finish();
    let took = stopwatch.took();
    let Lived { outcome, plan, .. } = &lived;
    let whole = outcome.run.complete.then_some(outcome.run.fingerprint);
    let history = keeper.end_history(whole, None, recorded(whole));
    let version = outcome.version.as_ref().map_or(String::new(), |version| format!(", version {version}"));
    let words = if is_mock { "the built-in mock, over HTTP".to_owned() } else { format!("{base_url}{version}") };
    let cut_short = outcome.budget.as_ref().map(|_| "the conformance pass was cut short".to_owned());
    let facts = Facts {
        target: Some(words.clone()),
        generator: troubles(&lived, took).into_iter().chain(unanswered(&outcome.run)).chain(cut_short).collect(),
        budget: outcome.budget.clone(),
        contract: outcome.contract.clone(),
        history,
        ..facts(args, took)
    };
    let ended = Ended { args, plan: &plan.plan, outcome: &outcome.run, target: &words, took, live: true };
    ended.tell(facts, keeper)
}

/// About the number of requests of a whole pass, for the progress bar.
pub(super) const EXPECTED: u64 = 1_320;

/// Why nothing can be said of a target: it went wrong too often. Limits on errors and latencies are for a day; what the tool's
/// own mock is made to fail for a while is far below this.
pub(super) fn unanswered(outcome: &RunOutcome) -> Option<String> {
    let (errors, requests) = (outcome.measures.errors, outcome.requests);
    (errors * 10 > requests).then(|| format!("{errors} of {requests} requests were not answered as expected"))
}

fn facts(args: &ConformArgs, took: Took) -> Facts {
    Facts {
        recipe: args.recipe(),
        threads: 1,
        wall_s: took.wall_s,
        cpu_s: took.cpu_s,
        peak_memory_bytes: machine::peak_memory_bytes(),
        ..Facts::default()
    }
}

/// A pass that has ended, with what its report needs.
struct Ended<'a> {
    args: &'a ConformArgs,
    plan: &'a Plan,
    outcome: &'a RunOutcome,
    target: &'a str,
    took: Took,
    live: bool,
}

impl Ended<'_> {
    /// Writes the folder, and prints what came of it. What could not be written is told last, and decides the exit code unless
    /// the pass itself has something worse to say.
    fn tell(&self, facts: Facts, keeper: RunFolderWriter) -> Result<u8, Failure> {
        let Ended { args, plan, outcome, .. } = self;
        let again = args.again();
        let mut summary = Summary::new(facts, plan, outcome);
        summary.reproduce.clone_from(&again);
        let place = keeper.close(&summary, &outcome.measures, plan, machine::now(), |folder, run, summary| {
            let mut ground = Ground::of_plan(plan);
            if self.live {
                ground.secret = Some(machine::random());
            }
            fieldday_documents::put(folder, run, summary, &SeriesFile::new(&ground, outcome))
        });
        let told = Conformed {
            scenario: &plan.scenario().name,
            seed: plan.seed(),
            target: self.target,
            requests: outcome.requests,
            wall_s: self.took.wall_s,
            findings: &outcome.findings,
            verdict: &summary.verdict,
            folder: place.path.as_deref(),
            again: &again,
        };
        let text = match args.format {
            Format::Json => told.json(),
            Format::Terminal => told.terminal(terminal::stdout_paint()),
        };
        let printed = output::print(&text).err();
        let violations: Vec<_> = outcome.findings.shown().cloned().collect();
        let stories = place.path.as_deref().filter(|_| self.live).map(Path::new);
        let unlisted = stories.and_then(|folder| ledger::write(folder).err());
        let untold = stories.and_then(|folder| {
            let written = stories::write(folder, &violations, |_| again.clone());
            written.and_then(|()| stories::name_in_documents(folder, &summary)).err()
        });
        let lost = place.lost.map(Failure::Folder);
        let failures: Vec<Failure> = lost.into_iter().chain(printed).chain(unlisted).chain(untold).collect();
        failures.iter().for_each(show::failure);
        let verdict = summary.verdict.exit_code;
        let is_lost = verdict == Outcome::Held.exit_code() && !failures.is_empty();
        Ok(if is_lost { exit::WRONG } else { verdict })
    }
}
