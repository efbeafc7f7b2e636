//! A rep of a live run lived again on the virtual clock, from its history: the same app, the same link, the same clock
//! readings, and what came from outside as it was stamped then. What comes out must be what was recorded, byte for byte.

use crate::cell::{CellOptions, LiveCell};
use crate::run::{day_clocks, lasts};
use crate::transport::recorded::Recorded as RecordedTransport;
use fieldday_api::call::{Answer, Response};
use fieldday_api::token::Claims;
use fieldday_history::event::{Wire, WireEnd};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::executor::Executor;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::CellPlan;
use fieldday_scenario::Scenario;
use std::rc::Rc;
use std::sync::Arc;

/// What is known of the run whose rep lives again.
pub struct Recorded<'a> {
    /// The scenario, as it was settled for the run.
    pub scenario: &'a Scenario,
    /// The rep's cell, with the identities that it had.
    pub plan: CellPlan,
    /// The time at which the window opened, on the protocol's clock.
    pub opens: Time,
    /// The time from which the cell's events count.
    pub start: Time,
    /// The recorded events of the cell, in order.
    pub events: &'a [Event],
    /// Whether names of private values may differ: those of a run against a deployment are keyed by the run.
    pub masks_private: bool,
}

/// Whether the replay of a rep gave the recorded events.
#[derive(Clone, PartialEq, Debug)]
pub struct RepReplay {
    /// The number of the rep's events that were compared.
    pub events: usize,
    /// The first that is another; none if all are the same.
    pub difference: Option<Difference>,
}

/// The first event of a replay that differs from the recorded one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The number of the event among the rep's, from 0.
    pub number: usize,
    /// The event as it was recorded; none if the record ends before.
    pub recorded: Option<String>,
    /// The event of the replay; none if the day ends before.
    pub lived: Option<String>,
}

/// Lets the rep of that number live again.
pub fn replay_rep(recorded: &Recorded<'_>, client: u32) -> RepReplay {
    let own: Vec<&Event> = recorded.events.iter().filter(|event| event.client == client).collect();
    let at = |event: &Event| recorded.start + event.at;
    let begins = recorded.events.first().map_or(recorded.start, at);
    let executor = Executor::new(begins);
    let live = &recorded.scenario.live;
    let terms = CellOptions {
        opens: recorded.opens,
        closes: recorded.opens + lasts(recorded.scenario),
        ramp: Span::seconds(i64::from(live.ramp_s)),
        lingers: Span::seconds(i64::from(live.linger_s)),
        clock_out: live.clock_out,
        link: live.link,
        history: false,
        keep: true,
        plateau: None,
        traffic: false,
    };
    let days = day_clocks(recorded.scenario, &recorded.plan, recorded.opens);
    let transport = Rc::new(RecordedTransport::default());
    let cell = LiveCell::new(&executor, recorded.scenario, recorded.plan.clone(), &days, terms, transport.clone());
    for (number, event) in own.iter().enumerate() {
        let now = at(event);
        match &event.what {
            EventKind::Began => {
                executor.run_to(now);
                if let Some(rep) = cell.rep_clients().position(|of| of == client) {
                    cell.start(rep, terms, || {});
                }
                executor.run_to(now);
            }
            EventKind::CalledHome => {
                executor.run_to(now);
                cell.stop();
                executor.run_to(now);
            }
            EventKind::Wire(wire) => {
                executor.run_to(now);
                transport.attempt_ended(client, wire, answer(wire, &own[number..]));
                executor.run_to(now);
            }
            EventKind::TokenCame { fetch, lives, took } => {
                executor.run_to(now);
                let claims = lives.map(|lives| Claims { expires_at: now + lives, ..Claims::default() });
                transport.token_came(client, *fetch, claims, *took);
                executor.run_to(now);
            }
            _ => {}
        }
    }
    if let Some(last) = own.last() {
        executor.run_to(at(last));
    }
    let (recorder, _) = cell.finish();
    transport.close();
    let lived = recorder.and_then(|recorder| recorder.kept).unwrap_or_default();
    let lived: Vec<&Event> = lived.iter().filter(|event| event.client == client).collect();
    RepReplay { events: own.len(), difference: difference(&own, &lived, recorded.masks_private) }
}

/// What the wire brought: the answer that the app was given later, if it was.
fn answer(wire: &Wire, rest: &[&Event]) -> Option<Arc<Response>> {
    let WireEnd::Answered { status, .. } = &wire.end else { return None };
    let given = rest.iter().find_map(|event| match &event.what {
        EventKind::Answered { call, attempt, response, .. } if (*call, *attempt) == (wire.call, wire.attempt) => {
            Some(response.clone())
        }
        _ => None,
    });
    // What the app was never given, since the link lost it or nobody waited, only needs its size.
    let unseen = || Arc::new(Response::of(*status, Answer::Stored));
    Some(given.unwrap_or_else(unseen))
}

fn difference(recorded: &[&Event], lived: &[&Event], masks: bool) -> Option<Difference> {
    let text = |event: &&Event| {
        let json = serde_json::to_string(event).unwrap_or_default();
        if masks { masked(&json) } else { json }
    };
    (0..recorded.len().max(lived.len())).find_map(|number| {
        let (was, is) = (recorded.get(number).map(text), lived.get(number).map(text));
        (was != is).then_some(Difference { number, recorded: was, lived: is })
    })
}

/// The names of private values are left out: `private:0123456789abcdef` reads `private:`.
fn masked(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(place) = rest.find("private:") {
        let after = place + "private:".len();
        out.push_str(&rest[..after]);
        let digits = rest[after..].bytes().take_while(u8::is_ascii_hexdigit).count().min(16);
        rest = &rest[after + digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_private_values_are_left_out() {
        let json = r#"{"a":"private:0123456789abcdef","b":"private:x","c":1}"#;
        assert_eq!(masked(json), r#"{"a":"private:","b":"private:x","c":1}"#);
    }
}
