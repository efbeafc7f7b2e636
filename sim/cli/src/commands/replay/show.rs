//! What a replayed day prints: the events that were asked for.

use super::args::ReplayArgs;
use crate::args::Format;
use crate::failure::{Failure, nearest};
use crate::{output, terminal};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_engine::replay::Replayed;
use fieldday_paint::Paint;
use fieldday_stories::timeline::{self, Filter};

/// Which events were asked for; of a day on which something broke, what is around that if nothing else was.
pub fn filter(args: &ReplayArgs, day: &Replayed) -> Result<Filter, Failure> {
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
    let paint = Paint::new(terminal::stdout_has_colour());
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

pub fn client(day: &Replayed, name: &str) -> Result<u32, Failure> {
    let names = || day.clients.iter().map(|(client, _)| client.name.as_str());
    let place = names().position(|client| client == name);
    let no_such = || Failure::NoSuchRep { name: name.to_owned(), suggestion: nearest(name, names()) };
    place.map(|place| place as u32).ok_or_else(no_such)
}

pub fn rule(name: &str) -> Result<Rule, Failure> {
    let suggestion = || nearest(name, Rule::ALL.iter().map(|rule| rule.name()));
    Rule::named(name).ok_or_else(|| Failure::NoSuchRule { name: name.to_owned(), suggestion: suggestion() })
}

pub fn endpoint(name: &str) -> Result<Op, Failure> {
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
