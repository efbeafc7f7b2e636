//! How a conformance pass is made of a scenario: without mishaps of the day, with trouble of its own.

use fieldday_api::endpoint::Op;
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_conform::{Means, Trouble};
use fieldday_kernel::time::{Date, Span, Time, TimeOfDay};
use fieldday_plan::{CONFORMANCE, CellPlan};
use fieldday_scenario::Scenario;
use std::borrow::Cow;

/// The beginning of a pass, by the local time of the cell's first tenant.
const BEGINS: TimeOfDay = TimeOfDay::hm(9, 30);
/// For how long recordings are watched: as long as an app polls, and more.
const WATCHES: Span = Span::minutes(20);
/// How long after its beginning a pass meets trouble.
const TROUBLE: Span = Span::minutes(1);
/// The days on which American clocks change: a pass on the virtual clock lives these as well.
const CHANGES: [&str; 2] = ["2026-03-08", "2026-11-01"];

/// A scenario as a pass is made of it: without mishaps, whose errors would be taken for the target's, and without what a
/// whole day must exercise. On the virtual clock also on the days on which clocks change.
pub fn settled(mut scenario: Scenario, owns_clock: bool) -> Scenario {
    scenario.mishap.clear();
    scenario.must_exercise.clear();
    scenario.limits.clear();
    // The people of a pass wait as the protocol does, whatever passes with the day.
    scenario.live.scales.clear();
    if owns_clock {
        let more = CHANGES.iter().filter_map(|text| Date::parse(text));
        let more: Vec<Date> = more.filter(|date| !scenario.day.dates.contains(date)).collect();
        scenario.day.dates.extend(more);
    }
    scenario
}

/// The scenario by which a recorded cell of a run is judged: that of the run, and for the conformance pass before its day, as
/// the pass was made.
pub fn scenario_of<'a>(cell: &str, scenario: &'a Scenario) -> Cow<'a, Scenario> {
    match cell {
        CONFORMANCE => Cow::Owned(settled(scenario.clone(), false)),
        _ => Cow::Borrowed(scenario),
    }
}

/// When the pass of a planned cell begins.
pub fn begins(cell: &CellPlan) -> Time {
    let first = cell.tenants.first().map(|tenant| tenant.data.zone.at(cell.date, BEGINS));
    first.unwrap_or(cell.start).max(cell.start)
}

/// What a pass can do on the virtual clock.
pub fn means(scenario: &Scenario, begins: Time) -> Means {
    Means {
        begins,
        signs: true,
        owns_clock: true,
        leeway: Span::seconds(i64::from(scenario.switches.leeway_s)),
        watches: WATCHES,
        trouble: Some(trouble(begins)),
    }
}

/// When a pass on the virtual clock meets trouble: before it does anything else.
pub(crate) fn trouble(begins: Time) -> Trouble {
    let minute = |number: i64| {
        let from = begins + TROUBLE + Span::minutes(number);
        (from, from + Span::seconds(20))
    };
    Trouble { before_commit: minute(0), after_commit: minute(1), lost_answer: minute(2) }
}

/// What goes wrong with the backend in a pass's cell: that trouble, and nothing else.
pub fn mishaps(cell: &CellPlan, trouble: Trouble) -> Vec<Mishap> {
    let writes: Vec<Op> = Op::ALL.iter().copied().filter(|op| op.writes() && *op != Op::PutAudio).collect();
    let of = |name: &str, kind: MishapKind, status: u16, (from, until): (Time, Time)| Mishap {
        name: format!("{}/mishap/{name}", cell.name),
        kind,
        figures: Figures { status, ..Figures::default() },
        from,
        until,
        rate_ppm: 1_000_000,
        ops: writes.clone(),
        tenant: None,
    };
    vec![
        of("conform-before", MishapKind::ErrorBeforeCommit, 500, trouble.before_commit),
        of("conform-after", MishapKind::ErrorAfterCommit, 502, trouble.after_commit),
        of("conform-lost", MishapKind::LostAnswer, 500, trouble.lost_answer),
    ]
}
