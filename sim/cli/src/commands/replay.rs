//! `fieldday replay`: the same events again, to be looked at.

use super::replay_live;
use crate::args::{ChoiceArgs, Format};
use crate::choice::Choice;
use crate::commands::{beside, step};
use crate::failure::{Failure, nearest};
use crate::{interrupt, output};
use clap::Args;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_engine::replay::{self, Replayed};
use fieldday_engine::run::{self, Options};
use fieldday_folder::cell_of;
use fieldday_kernel::time::{Time, TimeOfDay};
use fieldday_paint::Paint;
use fieldday_plan::Plan;
use fieldday_stories::stepper::Stepper;
use fieldday_stories::timeline::{self, Filter, Told};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// Events around the first violation, if nothing else is asked for.
const AROUND: u64 = 40;

#[derive(Args, Debug)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// The cell to re-run; default: the cell of --rep, else the first that breaks a rule
    #[arg(long, value_name = "N")]
    pub cell: Option<u32>,
    /// Only events of this client, for example cell-0/tenant-1/rep-07
    #[arg(long, value_name = "NAME")]
    pub rep: Option<String>,
    /// Only calls to this endpoint, for example `PATCH appointments/{id}` or update-appointment
    #[arg(long, value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Only events around violations of this rule
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Only events from this local time on, for example 14:03
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<TimeOfDay>,
    /// Only events before this local time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<TimeOfDay>,
    /// Only events around the event with this number
    #[arg(long, value_name = "N")]
    pub event: Option<u64>,
    /// With --event: how many events before and after it
    #[arg(long, value_name = "N", default_value_t = AROUND, requires = "event")]
    pub around: u64,
    /// Print the state of the phone of --rep and of the backend's rows at this local time
    #[arg(long, value_name = "TIME", value_parser = time, requires = "rep")]
    #[arg(conflicts_with_all = ["endpoint", "rule", "from", "until", "event"])]
    pub at: Option<TimeOfDay>,
    /// Step through the events of --rep in the terminal, with the state of phone and backend at each
    #[arg(long, requires = "rep", conflicts_with_all = ["at", "format"])]
    pub step: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

/// `14:03`, `14:03:20`
fn time(text: &str) -> Result<TimeOfDay, String> {
    let whole = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    TimeOfDay::parse(&whole).ok_or_else(|| format!("a time of day is hours and minutes: 14:03, not {text:?}"))
}

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
        return replay_live::replay(args, kept, plan);
    }
    let cell = match (args.cell, &args.rep) {
        (Some(cell), _) => cell,
        (None, Some(rep)) => cell_of(rep).unwrap_or(0),
        (None, None) => first_broken(plan, rule, &stop)?,
    };
    if cell >= plan.cells() {
        return Err(Failure::NoSuchCell { cell, cells: plan.cells() });
    }
    if let (Some(at), Some(rep)) = (args.at, &args.rep) {
        return moment(args, plan, cell, rep, at);
    }
    let day = replay::replay(plan, cell, &stop);
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

/// Which events were asked for; of a day on which something broke, what is around that if nothing else was.
fn filter(args: &ReplayArgs, day: &Replayed) -> Result<Filter, Failure> {
    let rule = args.rule.as_deref().map(rule).transpose()?;
    let op = args.endpoint.as_deref().map(endpoint).transpose()?;
    let mut filter = Filter { op, rule, from: args.from, until: args.until, ..Filter::default() };
    filter.client = args.rep.as_deref().map(|rep| client(day, rep)).transpose()?;
    filter.around = args.event.map(|event| (event, args.around));
    if let (true, Some(first)) = (filter.is_empty(), day.findings.violations.first()) {
        (filter.client, filter.around) = (Some(first.client), Some((first.event, args.around * 10)));
    }
    Ok(filter)
}

/// Prints what a recorded day holds, by the filters that were asked for.
pub fn show(args: &ReplayArgs, day: &Replayed, reproduce: &str) -> Result<(), Failure> {
    let filter = filter(args, day)?;
    let paint = Paint::new(output::stdout_has_colour());
    if filter.is_empty() && args.format == Format::Terminal {
        output::note("no rule was broken; --rep, --endpoint, --from and --until select events");
        return output::print(&timeline::overview(day, paint)).map(drop);
    }
    let events = filter.of(day);
    output::note(&format!(
        "{}, {} of {} events, fingerprint {}",
        day.cell,
        events.len(),
        day.events.len(),
        day.fingerprint
    ));
    let text = match args.format {
        Format::Terminal => timeline::render(day, &events, paint),
        Format::Json => json(day, &events, reproduce),
    };
    output::print(&text).map(drop)
}

/// The first cell in which the rule (or any) is broken; the first of all if none is.
fn first_broken(plan: &Plan, rule: Option<Rule>, stop: &AtomicBool) -> Result<u32, Failure> {
    let mut found = None;
    run::run(plan, &Options { threads: 0, keep: fieldday_engine::cell::Keep::default(), stop }, |cell| {
        let broken = cell.findings.violations.iter().any(|v| rule.is_none_or(|rule| v.rule == rule));
        if broken {
            found = Some(cell.index);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.unwrap_or(0))
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
        Format::Terminal => timeline::moment(rep, &moment, Paint::new(output::stdout_has_colour())),
        Format::Json => fieldday_paint::json(&moment).unwrap_or_default(),
    };
    output::print(&text).map(|_| 0)
}

pub fn client(day: &Replayed, name: &str) -> Result<u32, Failure> {
    let names = || day.clients.iter().map(|(client, _)| client.name.as_str());
    let place = names().position(|client| client == name);
    let no_such = || Failure::NoSuchRep { name: name.to_owned(), suggestion: nearest(name, names()) };
    place.map(|place| place as u32).ok_or_else(no_such)
}

fn rule(name: &str) -> Result<Rule, Failure> {
    let suggestion = || nearest(name, Rule::ALL.iter().map(|rule| rule.name()));
    Rule::named(name).ok_or_else(|| Failure::NoSuchRule { name: name.to_owned(), suggestion: suggestion() })
}

fn endpoint(name: &str) -> Result<Op, Failure> {
    let word = |op: Op| serde_json::to_value(op).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let found = Op::ALL.iter().copied().find(|op| op.label() == name || word(*op) == name);
    found.ok_or_else(|| {
        let words: Vec<String> = Op::ALL.iter().map(|op| word(*op)).collect();
        Failure::NoSuchEndpoint { name: name.to_owned(), suggestion: nearest(name, words.iter().map(String::as_str)) }
    })
}

fn json(day: &Replayed, events: &[(u64, &fieldday_history::Event)], reproduce: &str) -> String {
    let events: Vec<_> =
        events.iter().map(|(number, event)| serde_json::json!({"number": number, "event": event})).collect();
    let document = serde_json::json!({
        "schema": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "reproduce": reproduce,
        "cell": day.cell,
        "start": day.start,
        "fingerprint": day.fingerprint,
        "clients": day.clients.iter().map(|(client, _)| client).collect::<Vec<_>>(),
        "violations": day.findings.violations,
        "events": events,
    });
    fieldday_paint::json(&document).unwrap_or_default()
}
