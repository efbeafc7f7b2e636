//! A day as a timeline: an event a line, in the local time of whom it happened to, with what was broken where it showed.

pub use crate::words::{LEGEND, says};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_engine::replay::Replayed;
use fieldday_history::event::{GroundTruth, Sent};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::{Time, TimeOfDay};
use fieldday_paint::units::count;
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};
use fieldday_rules::Violation;
use std::fmt::Write as _;

/// Which events of a day to show; an event must pass every condition that is set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only events of this client.
    pub client: Option<u32>,
    /// Only events of calls to this endpoint.
    pub op: Option<Op>,
    /// Only events of clients to whom this rule was broken, around that moment.
    pub rule: Option<Rule>,
    /// Only events from this local time on.
    pub from: Option<TimeOfDay>,
    /// Only events before this local time.
    pub until: Option<TimeOfDay>,
    /// Only this event, with so many before and after it.
    pub around: Option<(u64, u64)>,
}

impl Filter {
    /// Whether it asks for anything.
    pub fn is_empty(&self) -> bool {
        self.client.is_none()
            && self.op.is_none()
            && self.rule.is_none()
            && self.from.is_none()
            && self.until.is_none()
            && self.around.is_none()
    }
    /// The events that pass, with their numbers.
    pub fn of<'a>(&self, day: &'a Replayed) -> Vec<(u64, &'a Event)> {
        let mut calls: Vec<(u32, u32)> = Vec::new();
        let broken: Vec<&Violation> =
            day.findings.violations.iter().filter(|v| self.rule.is_none_or(|rule| v.rule == rule)).collect();
        let mut chosen = Vec::new();
        for (number, event) in day.events.iter().enumerate() {
            let number = number as u64;
            let call = call_of(&event.what);
            if let (EventKind::Sent(sent), Some(op)) = (&event.what, self.op)
                && sent.request.op() == op
            {
                calls.push((event.client, sent.call));
            }
            let local = || {
                let zone = day.clients.get(event.client as usize).map(|(_, zone)| zone);
                zone.map(|zone| zone.time_of_day(day.start + event.at))
            };
            let near = |v: &&&Violation| v.client == event.client && v.event.abs_diff(number) <= AROUND_A_VIOLATION;
            let passes = self.client.is_none_or(|client| client == event.client)
                && (self.op.is_none() || call.is_some_and(|call| calls.contains(&(event.client, call))))
                && (self.rule.is_none() || broken.iter().any(|v| near(&v)))
                && self.from.is_none_or(|from| local().is_some_and(|at| at >= from))
                && self.until.is_none_or(|until| local().is_some_and(|at| at < until))
                && self.around.is_none_or(|(event, so_many)| number.abs_diff(event) <= so_many);
            if passes && !matches!(event.what, EventKind::Client(_)) {
                chosen.push((number, event));
            }
        }
        chosen
    }
}

/// So many events before and after a violation are told with it.
const AROUND_A_VIOLATION: u64 = 400;

/// An event as it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The number of the event in the cell's stream, from 0.
    pub number: u64,
    /// When it happened, in UTC.
    pub at: Time,
    /// When, by the clock on the wall of whom it happened to: `14:03:20.125`.
    pub local: String,
    /// What happened, in a sentence for people.
    pub says: String,
    /// Whether it happened where nobody sees it.
    pub unseen: bool,
    /// What was broken where it happened, a sentence each.
    pub broken: Vec<String>,
}

impl Told {
    /// An event of a day; none if the day does not know whom it happened to.
    pub fn of(day: &Replayed, number: u64, event: &Event) -> Option<Told> {
        let (_, zone) = day.clients.get(event.client as usize)?;
        let at = day.start + event.at;
        let sub_second = event.at.as_micros().rem_euclid(1_000_000) / 1_000;
        let here = |v: &&Violation| v.event == number && v.client == event.client;
        let sentence = |v: &Violation| format!("✗ {} (§{}): {}", v.rule, v.rule.section(), v.says);
        Some(Told {
            number,
            at,
            local: format!("{}.{sub_second:03}", zone.time_of_day(at)),
            says: says(&event.what),
            unseen: matches!(event.what, EventKind::GroundTruth(_)),
            broken: day.findings.violations.iter().filter(here).map(sentence).collect(),
        })
    }
}

/// The events as lines, with a legend at the end.
pub fn render(day: &Replayed, events: &[(u64, &Event)], paint: Paint) -> String {
    let mut out = String::new();
    let mut last = None;
    for (number, event) in events {
        let Some((client, zone)) = day.clients.get(event.client as usize) else { continue };
        let Some(told) = Told::of(day, *number, event) else { continue };
        if last != Some(event.client) {
            let _ = writeln!(out, "{}  (times in {})", paint.on(Tone::Strong, &client.name), zone.name);
            last = Some(event.client);
        }
        let tone = if told.unseen { Tone::Faint } else { Tone::Plain };
        let _ = writeln!(out, "  {} {number:>7}  {}", told.local, paint.on(tone, &told.says));
        for sentence in &told.broken {
            let _ = writeln!(out, "  {:>20}  {}", "", paint.on(Tone::Bad, sentence));
        }
    }
    if !out.is_empty() {
        let _ = write!(out, "\n{LEGEND}");
    }
    out
}

/// Who there is, and how much happened to each.
pub fn overview(day: &Replayed, paint: Paint) -> String {
    let mut table = Table::default();
    table.row([
        words("client").tone(Tone::Strong),
        figure("events").tone(Tone::Strong),
        figure("requests").tone(Tone::Strong),
        figure("violations").tone(Tone::Strong),
    ]);
    for (number, (client, _)) in day.clients.iter().enumerate() {
        let of = || day.events.iter().filter(|event| event.client as usize == number);
        let sent = of().filter(|event| matches!(event.what, EventKind::Sent(_))).count() as u64;
        let broken = day.findings.violations.iter().filter(|v| v.client as usize == number).count() as u64;
        table.row([
            words(client.name.as_str()),
            figure(count(of().count() as u64)),
            figure(count(sent)),
            figure(count(broken)),
        ]);
    }
    table.render(paint, 0)
}

fn call_of(what: &EventKind) -> Option<u32> {
    match what {
        EventKind::Sent(Sent { call, .. })
        | EventKind::Answered { call, .. }
        | EventKind::Unanswered { call, .. }
        | EventKind::Logged { call, .. }
        | EventKind::AskedToRetry { call, .. }
        | EventKind::GroundTruth(
            GroundTruth::LostOnTheWayOut { call, .. }
            | GroundTruth::LostOnTheWayBack { call, .. }
            | GroundTruth::Late { call, .. }
            | GroundTruth::CutByBackend { call, .. }
            | GroundTruth::CutMidUpload { call, .. },
        ) => Some(*call),
        EventKind::Wire(wire) => Some(wire.call),
        _ => None,
    }
}
