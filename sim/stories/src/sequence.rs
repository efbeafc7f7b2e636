//! A case as a sequence diagram: person, app, network, backend, and whoever else had a hand in it.

use crate::words;
use fieldday_folder::summary::Case;
use fieldday_history::event::{GroundTruth, NoAnswer};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Steps that a diagram shows at most; of a longer story, the last.
const STEPS: usize = 18;
/// Events that are looked at before the one that broke the rule.
const LOOKS_BACK: usize = 8_000;
/// Others who are shown beside the one to whom it happened.
const OTHERS: usize = 3;

/// Where an arrow begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Lane {
    Person,
    App,
    Network,
    Backend,
    /// Somebody else's app, or browser.
    Other(u32),
}

/// What an arrow looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// A request that arrived.
    Asks,
    /// An answer that arrived.
    Answers,
    /// Something that did not get there.
    Lost,
    /// Something that happens in one place.
    Happens,
}

/// One arrow of the diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub at: Span,
    pub from: Lane,
    pub to: Lane,
    pub look: Look,
    pub says: String,
}

/// What happened before a rule was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sequence {
    pub(super) steps: Vec<Step>,
    /// Names of the others, by lane.
    pub(super) others: BTreeMap<u32, String>,
    /// When the rule was broken, from the beginning of the cell.
    pub(super) ends: Span,
    /// Steps before the first one that is shown.
    pub left_out: usize,
}

impl Sequence {
    /// The end of a story whose last event broke a rule.
    pub(super) fn of(case: &Case, events: &[Event]) -> Sequence {
        let own = events.last().map_or(0, |event| event.client);
        let recent = &events[events.len().saturating_sub(LOOKS_BACK)..];
        let about = About::new(case, own, recent);
        let lost = lost(recent);
        let mut steps = Vec::new();
        let mut others: BTreeMap<u32, String> = BTreeMap::new();
        for event in recent.iter().rev() {
            if steps.len() >= STEPS * 4 {
                break;
            }
            if !about.has(event) {
                continue;
            }
            let is_other = event.client != own;
            if is_other && others.len() >= OTHERS && !others.contains_key(&event.client) {
                continue;
            }
            let Some(step) = step(event, is_other, &lost) else { continue };
            if is_other {
                let name = named(events, event.client).unwrap_or("somebody");
                others.insert(event.client, short(name).to_owned());
            }
            steps.push(step);
        }
        steps.reverse();
        let left_out = steps.len().saturating_sub(STEPS);
        steps.drain(..left_out);
        let is_shown = |client: &u32| {
            let lane = Lane::Other(*client);
            steps.iter().any(|step| step.from == lane || step.to == lane)
        };
        others.retain(|client, _| is_shown(client));
        Sequence { steps, others, ends: events.last().map_or(Span::ZERO, |event| event.at), left_out }
    }
}

/// The attempts that are known never to have arrived: client, call, attempt.
fn lost(events: &[Event]) -> BTreeSet<(u32, u32, u8)> {
    let of = |event: &Event| match &event.what {
        EventKind::GroundTruth(GroundTruth::LostOnTheWayOut { call, attempt })
        | EventKind::Unanswered { call, attempt, why: NoAnswer::Unreachable, .. } => {
            Some((event.client, *call, *attempt))
        }
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// What a case is about: the rows that it names, and every call that speaks of one.
struct About {
    own: u32,
    calls: BTreeSet<(u32, u32)>,
    is_of_all: bool,
}

impl About {
    fn new(case: &Case, own: u32, events: &[Event]) -> About {
        let mut ids = words(&case.says);
        for event in events {
            if let EventKind::Sent(sent) = &event.what
                && event.client == own
                && Some(sent.call) == case.call
            {
                ids.extend(words(&serde_json::to_string(&sent.request).unwrap_or_default()));
            }
        }
        let mut calls: BTreeSet<(u32, u32)> = case.call.map(|call| (own, call)).into_iter().collect();
        for event in events.iter().filter(|_| !ids.is_empty()) {
            let (call, text) = match &event.what {
                EventKind::Sent(sent) => (sent.call, serde_json::to_string(&sent.request)),
                EventKind::Answered { call, response, .. } => (*call, serde_json::to_string(response)),
                _ => continue,
            };
            if text.is_ok_and(|text| ids.iter().any(|id| text.contains(id.as_str()))) {
                calls.insert((event.client, call));
            }
        }
        About { own, is_of_all: calls.len() < 2, calls }
    }
    fn has(&self, event: &Event) -> bool {
        let call = match &event.what {
            EventKind::Sent(sent) => sent.call,
            EventKind::Answered { call, .. } | EventKind::Unanswered { call, .. } => *call,
            EventKind::GroundTruth(
                GroundTruth::LostOnTheWayBack { call, .. }
                | GroundTruth::LostOnTheWayOut { call, .. }
                | GroundTruth::Late { call, .. }
                | GroundTruth::CutByBackend { call, .. }
                | GroundTruth::CutMidUpload { call, .. },
            ) => *call,
            _ => return event.client == self.own,
        };
        self.calls.contains(&(event.client, call)) || (self.is_of_all && event.client == self.own)
    }
}

/// Words that name a row: `appt_0123`, `session-7_a`, but no field's name.
fn words(text: &str) -> BTreeSet<String> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_id = |word: &&str| word.contains('_') && word.bytes().any(|b| b.is_ascii_digit());
    text.split(|c| !is_inside(c)).filter(is_id).map(str::to_owned).collect()
}

fn step(event: &Event, is_other: bool, lost: &BTreeSet<(u32, u32, u8)>) -> Option<Step> {
    let app = if is_other { Lane::Other(event.client) } else { Lane::App };
    let of = |call: u32, attempt: u8, what: String| format!("{what} (call {call}{})", words::attempt(attempt));
    let (from, to, look, says) = match &event.what {
        EventKind::Person(deed) if !is_other => (Lane::Person, app, Look::Asks, words::action_words(deed)),
        EventKind::Sent(sent) => {
            let says = of(sent.call, sent.attempt, sent.request.op().label().to_owned());
            let is_lost = lost.contains(&(event.client, sent.call, sent.attempt));
            let (to, look) =
                if is_lost && !is_other { (Lane::Network, Look::Lost) } else { (Lane::Backend, Look::Asks) };
            (app, to, if is_lost { Look::Lost } else { look }, says)
        }
        EventKind::Answered { call, attempt, response, .. } => {
            (Lane::Backend, app, Look::Answers, of(*call, *attempt, response.status.to_string()))
        }
        EventKind::Unanswered { call, attempt, why, .. } => {
            let from = if is_other { Lane::Backend } else { Lane::Network };
            (from, app, Look::Lost, of(*call, *attempt, words::unanswered(*why).to_owned()))
        }
        EventKind::GroundTruth(GroundTruth::LostOnTheWayBack { call, attempt, status }) if !is_other => {
            (Lane::Backend, Lane::Network, Look::Lost, of(*call, *attempt, format!("{status}, lost on the way back")))
        }
        EventKind::GroundTruth(GroundTruth::Late { call, attempt, status }) if !is_other => {
            (Lane::Backend, Lane::Network, Look::Lost, of(*call, *attempt, format!("{status}, too late")))
        }
        EventKind::Network { online } if !is_other => {
            (Lane::Network, Lane::Network, Look::Happens, words::network(*online).to_owned())
        }
        EventKind::Killed if !is_other => (Lane::App, Lane::App, Look::Happens, "app is killed".to_owned()),
        EventKind::Launched { launch } if !is_other && *launch > 1 => {
            (Lane::App, Lane::App, Look::Happens, "app starts again".to_owned())
        }
        EventKind::Queued { action, request } if !is_other => {
            let says = format!("queues {} (action {action})", request.op().label());
            (Lane::App, Lane::App, Look::Happens, says)
        }
        _ => return None,
    };
    Some(Step { at: event.at, from, to, look, says })
}

/// `cell-0/tenant-1/rep-07` → `tenant-1/rep-07`
pub(super) fn short(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, name)| name)
}

/// The name of a client among these events.
pub(crate) fn named(events: &[Event], client: u32) -> Option<&str> {
    events.iter().find_map(|event| match &event.what {
        EventKind::Client(introduced) if event.client == client => Some(introduced.name.as_str()),
        _ => None,
    })
}
