//! `fieldday fixtures export`: a plan's data as files, so that a real backend can be loaded.

use crate::args::SeedArgs;
use crate::choice;
use crate::failure::Failure;
use crate::values::Day;
use crate::{machine, output, values};
use clap::{Args, Subcommand, ValueEnum};
use fieldday_data::export::{Export, ExportError, Format};
use fieldday_data::roster::Roster;
use fieldday_paint::units::{count, counted};
use fieldday_plan::{CellPlan, Plan};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What says that an export is complete, and of what it is.
const MANIFEST: &str = "export.json";

const EXAMPLES: &str = "\
Examples:
  fieldday fixtures export weekday --date today --out data
  fieldday fixtures export nightly.toml --reps 2000 --format sql --out load
  sqlite3 try.db < load/schema.sql && sqlite3 try.db < load/data.sql

All people are invented, and their names and addresses are written in plain
text. The same scenario, seed, reps and date produce the same files.
docs/data.md describes every table and column.";

#[derive(Args, Debug)]
pub struct FixturesArgs {
    #[command(subcommand)]
    pub command: FixturesCommand,
}

#[derive(Subcommand, Debug)]
pub enum FixturesCommand {
    /// Write the rows of a scenario's plan (tenants, users, appointments, tasks and more) to files
    #[command(after_long_help = EXAMPLES)]
    Export(ExportArgs),
}

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// A built-in scenario's name, or the path of a .toml file
    #[arg(default_value = "weekday")]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// Number of reps; changes the number of tenants, not their size
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=fieldday_scenario::MOST_REPS))]
    pub reps: Option<u64>,
    /// Use this date instead of the scenario's: for example 2026-06-10, or `today`: today's date in each tenant's time zone
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub date: Option<Day>,
    /// Use the accounts in this .json or .csv file; default: the scenario's `data.users`
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Format of the files
    #[arg(long, value_enum, default_value_t = FileFormat::Json)]
    pub format: FileFormat,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "fieldday-data")]
    pub out: PathBuf,
    /// Write to a folder that is not empty, and overwrite its files
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FileFormat {
    /// tenants.jsonl, one line per tenant
    Json,
    /// One CSV file per table, with a header
    Csv,
    /// schema.sql and data.sql, for SQLite, PostgreSQL and others
    Sql,
}

pub fn fixtures(command: &FixturesCommand) -> Result<(), Failure> {
    match command {
        FixturesCommand::Export(args) => export(args),
    }
}

fn export(args: &ExportArgs) -> Result<(), Failure> {
    let mut scenario = choice::load(&args.scenario)?;
    if let Some(reps) = args.reps {
        scenario.with_reps(reps);
    }
    match args.date {
        Some(Day::On(date)) => scenario.day.dates = vec![date],
        Some(Day::Today) => scenario.set_today(machine::now()),
        None => {}
    }
    let roster = match args.users.clone().or(scenario.data.users.as_deref().map(PathBuf::from)) {
        Some(path) => Some(read_roster(&path)?),
        None => None,
    };
    if let (Some(_), true) = (&roster, scenario.day.dates.len() > 1) {
        return Err(Failure::ManyDates { dates: scenario.day.dates.len() });
    }
    let scenario = Arc::new(scenario);
    let plan = match &roster {
        Some(roster) => roster.plan(scenario, args.seed.or_default(), None),
        None => Plan::new(scenario, args.seed.or_default()),
    };
    let plan = plan.map_err(|source| Failure::Plan { of: args.scenario.clone(), source })?;
    // Before anything is written: whoever is missing is said first.
    let left_out = left_out(&plan, roster.as_ref())?;
    make_folder(&args.out, args.force)?;
    write(args, &plan, roster.as_ref())?;
    if !left_out.is_empty() {
        let parts = counted(left_out.len() as u64, "part", "parts");
        output::note(&format!("{parts} left out, because the file has no users for them: {}", left_out.join(", ")));
    }
    Ok(())
}

/// The names of the plan's parts for which the file has no user.
fn left_out(plan: &Plan, roster: Option<&Roster>) -> Result<Vec<String>, Failure> {
    let mut left_out = Vec::new();
    for index in 0..roster.map_or(0, |_| plan.cells()) {
        left_out.extend(cell_of(plan, roster, index)?.1);
    }
    Ok(left_out)
}

/// A cell, played by the users of the file if there is one; and the parts that nobody plays.
fn cell_of(plan: &Plan, roster: Option<&Roster>, index: u32) -> Result<(CellPlan, Vec<String>), Failure> {
    let mut cell = plan.cell(index);
    let left_out = match roster {
        Some(roster) => roster.cast(plan, &mut cell, None)?.left_out,
        None => Vec::new(),
    };
    Ok((cell, left_out))
}

fn read_roster(path: &Path) -> Result<Roster, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::Unreadable { path: path.to_owned(), source })?;
    Ok(Roster::parse(&text, &path.display().to_string())?)
}

/// The folder, empty or meant to be written over; without the manifest of what was in it.
fn make_folder(dir: &Path, force: bool) -> Result<(), Failure> {
    let wrong = |source| Failure::File { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(wrong)?;
    if !force && fs::read_dir(dir).map_err(wrong)?.next().is_some() {
        return Err(Failure::NotEmpty { path: dir.to_owned() });
    }
    match fs::remove_file(dir.join(MANIFEST)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(wrong(error)),
        _ => Ok(()),
    }
}

fn write(args: &ExportArgs, plan: &Plan, roster: Option<&Roster>) -> Result<(), Failure> {
    let format = match args.format {
        FileFormat::Json => Format::Json,
        FileFormat::Csv => Format::Csv,
        FileFormat::Sql => Format::Sql,
    };
    let unwritten = |error: ExportError| Failure::File { path: args.out.join(error.file), source: error.source };
    let mut files = Vec::new();
    let open = |name: &str| {
        files.push(name.to_owned());
        File::create(args.out.join(name)).map(BufWriter::new)
    };
    let mut export = Export::new(format, open).map_err(unwritten)?;
    // Cell by cell: a plan of a million reps does not fit into memory, and need not.
    for index in 0..plan.cells() {
        export.add(&cell_of(plan, roster, index)?.0).map_err(unwritten)?;
    }
    // And the people of a conformance pass before the day; a file of users has its own.
    if roster.is_none() {
        export.add(&plan.conformance_cell()).map_err(unwritten)?;
    }
    let counts = export.finish().map_err(unwritten)?;
    let scenario = plan.scenario();
    let rows: serde_json::Map<_, _> = counts.by_table().map(|(name, rows)| (name.to_owned(), rows.into())).collect();
    let manifest = serde_json::json!({
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": scenario.name,
        "seed": format!("0x{:x}", plan.seed()),
        "reps": scenario.people.reps,
        "dates": scenario.day.dates,
        "files": files,
        "rows": rows,
    });
    let path = args.out.join(MANIFEST);
    fs::write(&path, format!("{manifest:#}\n")).map_err(|source| Failure::File { path, source })?;
    let mut text = format!("{}: {} rows in {}\n", args.out.display(), count(counts.total()), files.join(", "));
    for (name, rows) in counts.by_table() {
        text.push_str(&format!("  {name:<13} {:>12}\n", count(rows)));
    }
    output::print(&text).map(drop)
}
