//! The four numbers that matter most.

use super::is_live;
use fieldday_api::endpoint::Op;
use fieldday_folder::summary::*;
use fieldday_paint::document::Number;
use fieldday_paint::units::{count, counted, enough, micros, share, too_few};

/// The four numbers that matter.
pub(super) fn numbers(summary: &Summary) -> [Number; 4] {
    let totals = &summary.totals;
    let outcomes = summary.limits.iter().fold(Outcomes::default(), |all, of| all.plus(&of.outcomes));
    let is_live = is_live(summary);
    let (latency, clock) = match totals.wire {
        Some(wire) => (Some(wire), "on the wire"),
        None if is_live => (None, "on the wire"),
        None => (totals.latency, "simulated network included"),
    };
    // Where attempts were given up, it is known of no longer time how long it was.
    let given_up = summary.limits.iter().filter(|of| of.timed_out > 0).filter_map(|of| of.limit_us).min();
    let at_least = |us: u64| {
        let is_bound = totals.wire.is_none() && given_up.is_some_and(|from| us >= from);
        format!("{}{}", if is_bound { "≥" } else { "" }, micros(us))
    };
    let p95 = latency
        .map_or("-".to_owned(), |of| if enough(of.count, 950) { at_least(of.p95_us) } else { too_few(of.count) });
    let most = latency.map_or(String::new(), |of| format!(", max {} (n {})", at_least(of.max_us), count(of.count)));
    [
        Number {
            what: "requests",
            value: count(totals.requests),
            note: format!(
                "{}; {}",
                counted(totals.attempts, "attempt", "attempts"),
                counted(totals.rep_days, "rep's day", "reps' days")
            ),
        },
        Number {
            what: "answered as expected",
            value: share(outcomes.expected, outcomes.reached()),
            note: format!("of {} that reached the target", counted(outcomes.reached(), "attempt", "attempts")),
        },
        Number { what: if is_live { "wire p95" } else { "attempt p95" }, value: p95, note: format!("{clock}{most}") },
        Number {
            what: "actions done",
            value: count(actions(summary)),
            note: "writes that the target acknowledged".to_owned(),
        },
    ]
}

/// Writes that were answered with success.
fn actions(summary: &Summary) -> u64 {
    let writes = |of: &&Limit| Op::ALL.iter().any(|op| op.writes() && op.kebab_name() == of.op);
    let done = |of: &Limit| of.answered.saturating_sub(of.client_errors + of.server_errors + of.foreign);
    summary.limits.iter().filter(writes).map(done).sum()
}
