//! `fieldday scenarios`: list, show, plan, schema, check.

use crate::args::{Format, PlanArgs, ScenariosArgs, ScenariosCommand};
use crate::choice::{self, Choice};
use crate::failure::{Failure, nearest};
use crate::output::{self, Reader};
use fieldday_documents::catalogue;
use fieldday_folder::cell_of;
use fieldday_paint::Paint;
use fieldday_plan::{CellPlan, Plan};
use fieldday_scenario::Scenario;
use std::sync::Arc;

pub fn scenarios(args: ScenariosArgs) -> Result<(), Failure> {
    match args.command.unwrap_or(ScenariosCommand::List(args.list)) {
        ScenariosCommand::List(args) => list(args.format),
        ScenariosCommand::Show { name } => show(&name),
        ScenariosCommand::Plan(args) => plan(&args),
        ScenariosCommand::Schema => output::print(&format!("{:#}\n", Scenario::json_schema())).map(drop),
        ScenariosCommand::Check { files } => files.iter().try_for_each(|file| check(file)),
    }
}

fn list(format: Format) -> Result<(), Failure> {
    let list = match format {
        Format::Terminal => catalogue::scenarios(Paint::new(output::stdout_has_colour()))?,
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

fn check(file: &str) -> Result<(), Failure> {
    let scenario = choice::load(file)?;
    let plan = Plan::new(Arc::new(scenario), 1)?;
    let scenario = plan.scenario();
    output::print(&format!(
        "{file}: right; {} reps in {} tenants, {} cells, {} dates\n",
        scenario.people.reps,
        scenario.people.tenants,
        plan.cells(),
        scenario.day.dates.len()
    ))
    .map(drop)
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

fn one_rep(plan: &Plan, name: &str, format: Format) -> Result<(), Failure> {
    let no_such = |suggestion| Failure::NoSuchRep { name: name.to_owned(), suggestion };
    let index = cell_of(name).filter(|index| *index < plan.cells()).ok_or_else(|| no_such(None))?;
    let mut cell = plan.cell(index);
    let names: Vec<String> = cell.tenants.iter().flat_map(|t| &t.reps).map(|rep| rep.name.clone()).collect();
    if !names.iter().any(|known| known == name) {
        return Err(no_such(nearest(name, names.iter().map(String::as_str))));
    }
    cell.tenants.retain(|tenant| tenant.reps.iter().any(|rep| rep.name == name));
    for tenant in &mut cell.tenants {
        tenant.reps.retain(|rep| rep.name == name);
        tenant.office.clear();
        let below = |of: &str| of.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        tenant.visits.retain(|_, visit| below(&visit.name));
    }
    let text = match format {
        Format::Terminal => shown(&cell, format),
        Format::Json => {
            let tenant = cell.tenants.first();
            let visits = tenant.map(|tenant| tenant.visits.values().collect::<Vec<_>>());
            format!("{:#}\n", serde_json::json!({ "rep": tenant.and_then(|t| t.reps.first()), "visits": visits }))
        }
    };
    output::print(&text).map(drop)
}
