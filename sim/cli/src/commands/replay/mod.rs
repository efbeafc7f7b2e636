//! `fieldday replay`: the same events again, to be looked at.

pub mod args;
mod beside;
pub mod live;
mod show;
mod step;

use crate::args::Format;
use crate::choice::Choice;
use crate::failure::{Failure, nearest};
use crate::{exit, interrupt, output, terminal};
use args::ReplayArgs;
use fieldday_api::rules::Rule;
use fieldday_engine::replay;
use fieldday_engine::run::{self, Options};
use fieldday_folder::cell_of;
use fieldday_kernel::time::{Time, TimeOfDay};
use fieldday_paint::Paint;
use fieldday_plan::Plan;
use fieldday_stories::moment::moment as in_words;
use fieldday_stories::stepper::Stepper;
use fieldday_stories::timeline::Told;
use show::{endpoint, filter, rule, show};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn replay(args: &ReplayArgs) -> Result<u8, Failure> {
    if args.step {
        step::terminal_is_there()?;
    }
    let rule = args.rule.as_deref().map(rule).transpose()?;
    args.endpoint.as_deref().map(endpoint).transpose()?;
    let choice = Choice::new(&args.choice)?;
    let plan = &choice.plan;
    let stop = interrupt::flag();
    if let Some(kept) = choice.kept.as_ref().filter(|kept| !kept.run.is_virtual()) {
        return live::replay(args, kept, plan);
    }
    let cell = match (args.cell, &args.rep) {
        (Some(cell), _) => cell,
        (None, Some(rep)) => cell_of(rep).unwrap_or(0),
        (None, None) => match first_broken(plan, rule, &stop)? {
            Some(cell) => cell,
            None => {
                output::note("interrupted before it was known which cell to replay; --cell N names one");
                return Ok(exit::INTERRUPTED);
            }
        },
    };
    if cell >= plan.cells() {
        return Err(Failure::NoSuchCell { cell, cells: plan.cells() });
    }
    if let (Some(at), Some(rep)) = (args.at, &args.rep) {
        return moment(args, plan, cell, rep, at);
    }
    let day = replay::replay(plan, cell, &stop);
    if !day.complete {
        output::note("interrupted: the events until then follow, and nothing is compared with the folder");
        return show(args, &day, &choice.recipe.to_string()).map(|()| exit::INTERRUPTED);
    }
    let code = choice.kept.as_ref().map_or(Ok(0), |kept| beside::with_folder(kept, plan, &day, &stop))?;
    if let (true, Some(rep)) = (args.step, &args.rep) {
        let events = filter(args, &day)?.of(&day);
        if !events.is_empty() {
            let told = events.iter().filter_map(|(number, event)| Told::of(&day, *number, event)).collect();
            return step::step(plan, cell, Stepper::new(rep.as_str(), told), &stop).map(|ended| ended.unwrap_or(code));
        }
    }
    show(args, &day, &choice.recipe.to_string()).map(|()| code)
}

/// The first cell in which the rule (or any) is broken; the first of all if none is. None if it was interrupted before that is known.
fn first_broken(plan: &Plan, rule: Option<Rule>, stop: &AtomicBool) -> Result<Option<u32>, Failure> {
    let mut found = None;
    run::run(plan, &Options { threads: 0, keep: fieldday_engine::cell::Keep::default(), stop }, |cell| {
        let broken = cell.findings.violations.iter().any(|v| rule.is_none_or(|rule| v.rule == rule));
        if broken {
            found = Some(cell.index);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.or((!stop.load(Ordering::Relaxed)).then_some(0)))
}

fn moment(args: &ReplayArgs, plan: &Plan, cell: u32, rep: &str, at: TimeOfDay) -> Result<u8, Failure> {
    let planned = plan.cell(cell);
    let tenant = planned.tenants.iter().find(|tenant| tenant.reps.iter().any(|planned| planned.name == rep));
    let Some(tenant) = tenant else {
        let names = planned.tenants.iter().flat_map(|t| &t.reps).map(|rep| rep.name.as_str());
        return Err(Failure::NoSuchRep { name: rep.to_owned(), suggestion: nearest(rep, names) });
    };
    let at: Time = tenant.data.zone.at(tenant.date, at);
    let Some(moment) = replay::moment(plan, cell, rep, at) else {
        return Err(Failure::NoSuchRep { name: rep.to_owned(), suggestion: None });
    };
    let text = match args.format {
        Format::Terminal => in_words(rep, &moment, Paint::new(terminal::stdout_has_colour())),
        Format::Json => fieldday_paint::json(&moment).unwrap_or_default(),
    };
    output::print(&text).map(|_| 0)
}
