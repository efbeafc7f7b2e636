//! `fieldday scenarios`: list, show, plan, schema, check.

use crate::args::{ChoiceArgs, Format, ListArgs};
use crate::choice::{self, Choice};
use crate::failure::{Failure, nearest};
use crate::output::{self, Reader};
use crate::{show, terminal};
use clap::{Args, Subcommand};
use fieldday_documents::catalogue;
use fieldday_folder::cell_of;
use fieldday_paint::units::counted;
use fieldday_plan::{CellPlan, Plan, PlanError, TenantPlan};
use fieldday_scenario::{Problem, Scenario};
use serde::Serialize;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ScenariosArgs {
    #[command(subcommand)]
    pub command: Option<ScenariosCommand>,
    #[command(flatten)]
    pub list: ListArgs,
}

#[derive(Subcommand, Debug)]
pub enum ScenariosCommand {
    /// List the built-in scenarios
    List(ListArgs),
    /// Print a scenario file with its comments
    Show {
        /// A built-in scenario's name, or the path of a .toml file
        name: String,
    },
    /// Print the plan of a scenario and seed: people, visits and failures
    Plan(PlanArgs),
    /// Print the JSON schema of scenario files
    Schema,
    /// Validate scenario files without running them
    Check {
        /// Paths of .toml files, or names of built-in scenarios
        #[arg(required = true)]
        files: Vec<String>,
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Terminal)]
        format: Format,
    },
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Only the cell with this number
    #[arg(long, value_name = "N")]
    pub cell: Option<u32>,
    /// Only this rep, for example cell-0/tenant-1/rep-07
    #[arg(long, value_name = "NAME", conflicts_with = "cell")]
    pub rep: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

pub fn scenarios(args: ScenariosArgs) -> Result<u8, Failure> {
    let done = match args.command.unwrap_or(ScenariosCommand::List(args.list)) {
        ScenariosCommand::List(args) => list(args.format),
        ScenariosCommand::Show { name } => show(&name),
        ScenariosCommand::Plan(args) => plan(&args),
        ScenariosCommand::Schema => output::print(&format!("{:#}\n", Scenario::json_schema())).map(drop),
        ScenariosCommand::Check { files, format } => return check(&files, format),
    };
    done.map(|()| 0)
}

fn list(format: Format) -> Result<(), Failure> {
    let list = match format {
        Format::Terminal => catalogue::scenarios(terminal::list_paint())?,
        Format::Json => catalogue::scenarios_json()?,
    };
    output::print(&list).map(drop)
}

fn show(name: &str) -> Result<(), Failure> {
    let text = match Scenario::builtin_text(name) {
        Some(text) => text.to_owned(),
        None => {
            Scenario::load(name)?;
            std::fs::read_to_string(name).map_err(|source| Failure::Unreadable { path: name.into(), source })?
        }
    };
    output::print(&text).map(drop)
}

/// The problems of a scenario file, as JSON for programs.
#[derive(Serialize)]
struct Checked<'a> {
    file: &'a str,
    valid: bool,
    problems: Vec<Wrong>,
}

#[derive(Serialize)]
struct Wrong {
    line: Option<usize>,
    column: Option<usize>,
    key: Option<String>,
    message: String,
    allowed: Option<String>,
    suggestion: Option<String>,
}

/// All files, however many of them are wrong.
fn check(files: &[String], format: Format) -> Result<u8, Failure> {
    let (mut checked, mut worst) = (Vec::new(), 0);
    for file in files {
        let plan = choice::load(file).and_then(|scenario| choice::planned(file, scenario, 1));
        worst = plan.as_ref().err().map_or(worst, |failure| worst.max(failure.exit_code()));
        match (format, &plan) {
            (Format::Terminal, Ok(plan)) => drop(output::print(&valid(file, plan))?),
            (Format::Terminal, Err(failure)) => show::failure(failure),
            (Format::Json, plan) => {
                let problems = plan.as_ref().err().map_or_else(Vec::new, wrong);
                checked.push(Checked { file, valid: plan.is_ok(), problems });
            }
        }
    }
    if format == Format::Json {
        let document = serde_json::json!({"schema": 1, "valid": worst == 0, "files": checked});
        output::print(&fieldday_paint::json(&document).unwrap_or_default())?;
    }
    Ok(worst)
}

fn valid(file: &str, plan: &Plan) -> String {
    let scenario = plan.scenario();
    format!(
        "{file}: valid; {} in {}, {}, {}\n",
        counted(scenario.people.reps, "rep", "reps"),
        counted(u64::from(scenario.people.tenants), "tenant", "tenants"),
        counted(u64::from(plan.cells()), "cell", "cells"),
        counted(scenario.day.dates.len() as u64, "date", "dates")
    )
}

fn wrong(failure: &Failure) -> Vec<Wrong> {
    let placed = |problem: &Problem| Wrong {
        line: problem.at.map(|(line, _)| line),
        column: problem.at.map(|(_, column)| column),
        key: Some(problem.key.clone()).filter(|key| !key.is_empty()),
        message: problem.message.clone(),
        allowed: problem.allowed.clone(),
        suggestion: problem.suggestion.clone(),
    };
    match failure {
        Failure::Scenario(error) => error.problems.iter().map(placed).collect(),
        failure => {
            let message = failure.to_string();
            let key = match failure {
                Failure::Plan { source: PlanError::Trace { key, .. } | PlanError::NoTrace { key, .. }, .. } => {
                    Some(key)
                }
                _ => None,
            };
            let (key, allowed) = (key.cloned(), failure.hint());
            vec![Wrong { line: None, column: None, key, message, allowed, suggestion: None }]
        }
    }
}

fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let plan = Choice::new(&args.choice)?.plan;
    if let Some(name) = &args.rep {
        return one_rep(&plan, name, args.format);
    }
    let cells = match args.cell {
        Some(cell) if cell >= plan.cells() => return Err(Failure::NoSuchCell { cell, cells: plan.cells() }),
        Some(cell) => cell..cell + 1,
        None => 0..plan.cells(),
    };
    let is_list = args.cell.is_none() && args.format == Format::Json;
    let last = cells.end.saturating_sub(1);
    // Cell by cell: a plan of a million reps does not fit into memory, and need not.
    for index in cells {
        let mut text = shown(&plan.cell(index), args.format);
        if is_list {
            let (before, after) = (if index == 0 { "[" } else { "" }, if index == last { "]\n" } else { ",\n" });
            text = format!("{before}{}{after}", text.trim_end());
        } else if index > 0 && args.cell.is_none() {
            text.insert(0, '\n');
        }
        if output::print(&text)? == Reader::Left {
            break;
        }
    }
    Ok(())
}

fn shown(cell: &CellPlan, format: Format) -> String {
    let mut text = String::new();
    match format {
        Format::Json => text = format!("{:#}\n", serde_json::json!(cell)),
        // Into a String: it cannot fail.
        Format::Terminal => drop(cell.render(&mut text)),
    }
    text
}

/// The plan of one client: a rep, or somebody of the office, an auditor or an intruder.
fn one_rep(plan: &Plan, name: &str, format: Format) -> Result<(), Failure> {
    let no_such = |suggestion| Failure::NoSuchRep { name: name.to_owned(), suggestion };
    let index = cell_of(name).filter(|index| *index < plan.cells()).ok_or_else(|| no_such(None))?;
    let mut cell = plan.cell(index);
    let names: Vec<&str> = cell.tenants.iter().flat_map(names_of).collect();
    if !names.contains(&name) {
        return Err(no_such(nearest(name, names.iter().copied())));
    }
    cell.tenants.retain(|tenant| names_of(tenant).any(|known| known == name));
    for tenant in &mut cell.tenants {
        tenant.reps.retain(|rep| rep.name == name);
        tenant.office.retain(|desk| desk.name == name);
        tenant.intruders.retain(|intruder| intruder.name == name);
        tenant.auditor = tenant.auditor.take().filter(|auditor| auditor.name == name);
        let below = |of: &str| of.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        tenant.visits.retain(|_, visit| below(&visit.name));
    }
    let of_tenant = |tenant: &TenantPlan| {
        let visits: Vec<_> = tenant.visits.values().collect();
        match (tenant.reps.first(), tenant.office.first(), tenant.intruders.first(), &tenant.auditor) {
            (Some(rep), ..) => serde_json::json!({ "rep": rep, "visits": visits }),
            (_, Some(desk), ..) => serde_json::json!({ "office": desk }),
            (_, _, Some(intruder), _) => serde_json::json!({ "intruder": intruder }),
            (.., auditor) => serde_json::json!({ "auditor": auditor }),
        }
    };
    let json = || cell.tenants.first().map_or_else(String::new, |tenant| format!("{:#}\n", of_tenant(tenant)));
    let is_rep = cell.tenants.iter().any(|tenant| !tenant.reps.is_empty());
    let text = match format {
        Format::Terminal if is_rep => shown(&cell, format),
        // What the others do is a list of requests, which reads best as it is.
        Format::Terminal | Format::Json => json(),
    };
    output::print(&text).map(drop)
}

/// The names of all clients of a tenant.
fn names_of(tenant: &TenantPlan) -> impl Iterator<Item = &str> {
    let reps = tenant.reps.iter().map(|rep| rep.name.as_str());
    let office = tenant.office.iter().map(|desk| desk.name.as_str());
    let intruders = tenant.intruders.iter().map(|intruder| intruder.name.as_str());
    reps.chain(office).chain(intruders).chain(tenant.auditor.iter().map(|auditor| auditor.name.as_str()))
}
