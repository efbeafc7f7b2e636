//! Cases of broken rules and of hazards, with the time on the clock of whom they happened to.

use crate::summary::{Case, Consequence, LimitMark};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_plan::{CONFORMANCE, CONFORMANCE_CELL, Plan};
use fieldday_rules::{CLASSES, Findings, HazardCase, ReadingCase, Settings, Violation, causes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Cases of a rule that a summary holds; all are counted.
const KEPT_PER_RULE: usize = 10;
/// Cells that are made anew to see their clocks. Cases of further cells are counted and not told.
const CELLS: usize = 64;

/// The place in the plan of the cell that a client of this name is in.
pub fn cell_of(client_name: &str) -> Option<u32> {
    match client_name.split('/').next()? {
        CONFORMANCE => Some(CONFORMANCE_CELL),
        cell => cell.strip_prefix("cell-")?.parse().ok(),
    }
}

/// The cells to look at: the first of each broken rule, `most` at most, in the plan's order.
pub fn cells_to_look_at(findings: &Findings, most: usize) -> Vec<u32> {
    let mut cells: Vec<u32> = Vec::new();
    for rule in Rule::ALL.iter().filter(|rule| findings.count(**rule).broken > 0) {
        let first = violations(findings, *rule).find_map(|v| cell_of(&v.client_name));
        if let Some(cell) = first.filter(|cell| !cells.contains(cell)) {
            cells.push(cell);
        }
    }
    cells.truncate(most);
    cells.sort();
    cells
}

/// The kept violations of a rule. Those of the time limits are the late answers of a class of which too many were late.
fn violations(findings: &Findings, rule: Rule) -> impl Iterator<Item = &Violation> {
    let late = rule == Rule::LatencyTimeout;
    let of = if late { &findings.late } else { &findings.violations };
    let exceeded = move |v: &Violation| v.op.is_some_and(|op| limit_mark(op, findings) == LimitMark::Exceeded);
    of.iter().filter(move |v| v.rule == rule && (!late || exceeded(v)))
}

/// What follows from the case in this place, by rule.
fn consequences(place: usize, kept: &[&Violation], causes: &[Option<usize>]) -> Vec<Consequence> {
    let mut found: Vec<Consequence> = Vec::new();
    for case in kept.iter().zip(causes).filter(|(_, cause)| **cause == Some(place)).map(|(case, _)| case) {
        match found.iter_mut().find(|known| known.of == case.rule.name()) {
            Some(known) => known.count += 1,
            None => found.push(Consequence { of: case.rule.name().to_owned(), says: case.says.clone(), count: 1 }),
        }
    }
    found
}

/// The first case of each kind, then the others, each part in the order in which they came.
fn by_kind<'a>(violations: impl Iterator<Item = &'a Violation>) -> Vec<&'a Violation> {
    let mut kinds = BTreeSet::new();
    let (mut firsts, others): (Vec<_>, Vec<_>) = violations.partition(|violation| kinds.insert(violation.signature()));
    firsts.extend(others);
    firsts
}

/// How an endpoint's class stands to its limit, and whether this endpoint has its part in that.
pub(crate) fn limit_mark(op: Op, findings: &Findings) -> LimitMark {
    let Some(place) = CLASSES.iter().position(|class| *class == op.endpoint().class) else { return LimitMark::Open };
    let settings = Settings::default();
    // Each class has a count of phones' attempts, and one of desks'.
    let lines = findings.punctuality.iter().skip(place).step_by(CLASSES.len());
    let told: Vec<_> = lines.filter(|line| line.judged >= settings.late_samples_min).collect();
    let exceeded = told.iter().any(|line| line.late * 1_000_000 > line.judged * settings.late_share_max_ppm);
    match () {
        () if told.is_empty() => LimitMark::Open,
        () if exceeded && findings.late.iter().any(|late| late.op == Some(op)) => LimitMark::Exceeded,
        () => LimitMark::Held,
    }
}

/// Clocks of the cells that something happened in.
pub(crate) struct Clocks<'a> {
    plan: &'a Plan,
    cells: BTreeMap<u32, CellClock>,
}

/// The clock of a cell's events, and those of its people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CellClock {
    /// The time from which the cell's events count.
    pub start: Time,
    /// Each tenant's zone, by the tenant's name in the plan: `cell-0/tenant-1`.
    pub zones: Vec<(String, Zone)>,
}

impl<'a> Clocks<'a> {
    /// Of the plan's cells, but for those whose clocks are known to be others.
    pub(crate) fn new(plan: &'a Plan, known: BTreeMap<u32, CellClock>) -> Clocks<'a> {
        Clocks { plan, cells: known }
    }

    /// The first cases of each broken rule, those first that follow from no other. What follows from a case stands under it, too.
    pub(crate) fn violations(&mut self, findings: &Findings) -> Vec<Case> {
        let broken = || Rule::ALL.iter().filter(|rule| findings.count(**rule).broken > 0);
        let kept: Vec<&Violation> = broken().flat_map(|rule| by_kind(violations(findings, *rule))).collect();
        let causes = causes(&kept);
        let mut cases = Vec::new();
        for rule in broken() {
            let mut places: Vec<usize> = (0..kept.len()).filter(|place| kept[*place].rule == *rule).collect();
            places.sort_by_key(|place| causes[*place].is_some());
            let told = places.into_iter().filter_map(|place| {
                let mut case = self.violation(kept[place])?;
                case.follows = causes[place].map(|cause| kept[cause].rule.name().to_owned());
                case.consequences = consequences(place, &kept, &causes);
                Some(case)
            });
            cases.extend(told.take(KEPT_PER_RULE));
        }
        cases
    }
    pub(crate) fn violation(&mut self, violation: &Violation) -> Option<Case> {
        let what = (violation.rule.name(), violation.at, violation.event, violation.call);
        let case = self.case(what, &violation.client_name, &violation.says)?;
        Some(Case {
            endpoint: violation.op.map(|op: Op| op.label().to_owned()),
            request_id: violation.request_id.as_ref().map(ToString::to_string),
            signature: Some(violation.signature().to_string()),
            row: violation.row.as_ref().map(ToString::to_string),
            ..case
        })
    }
    pub(crate) fn hazard(&mut self, case: &HazardCase) -> Option<Case> {
        let what = (case.hazard.name(), case.at, case.event, case.call);
        self.case(what, &case.client_name, &case.says)
    }
    pub(crate) fn reading(&mut self, case: &ReadingCase) -> Option<Case> {
        let what = (case.reading.name(), case.at, case.event, case.call);
        let endpoint = case.op.map(|op: Op| op.label().to_owned());
        Some(Case { endpoint, ..self.case(what, &case.client_name, &case.says)? })
    }
    /// What every case has: of what it is one, when and at which event it showed, in which call, to whom, and what it says.
    fn case(
        &mut self,
        (of, at, event, call): (&str, Span, u64, Option<u32>),
        client_name: &str,
        says: &str,
    ) -> Option<Case> {
        let (at, local) = self.times(client_name, at)?;
        Some(Case {
            of: of.to_owned(),
            at,
            local,
            event,
            who: client_name.to_owned(),
            call,
            endpoint: None,
            request_id: None,
            says: says.to_owned(),
            signature: None,
            row: None,
            consequences: Vec::new(),
            follows: None,
        })
    }

    /// A moment in UTC and on the client's clock; none if too many cells were asked for already.
    fn times(&mut self, client_name: &str, at: Span) -> Option<(String, String)> {
        let index = cell_of(client_name)?;
        if !self.cells.contains_key(&index) {
            if self.cells.len() >= CELLS || index >= self.plan.cells() {
                return None;
            }
            let cell = self.plan.cell(index);
            let zones = cell.tenants.iter().map(|tenant| (tenant.name.clone(), tenant.data.zone.clone()));
            self.cells.insert(index, CellClock { start: cell.start, zones: zones.collect() });
        }
        let clock = self.cells.get(&index)?;
        let at = clock.start + at;
        let is_of = |tenant: &str| client_name.strip_prefix(tenant).is_some_and(|rest| rest.starts_with('/'));
        let zone =
            clock.zones.iter().find(|(tenant, _)| is_of(tenant)).map_or_else(Zone::utc, |(_, zone)| zone.clone());
        Some((at.to_string(), format!("{} {} {}", zone.date(at), zone.time_of_day(at), zone.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_name_tells_its_cell() {
        assert_eq!(cell_of("cell-12/tenant-1/rep-07"), Some(12));
        assert_eq!(cell_of("somebody"), None);
    }
}
