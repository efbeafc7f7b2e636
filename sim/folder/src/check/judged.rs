//! A history judged again, event by event: one bench of judges a cell, one set of measures for all, in memory that does
//! not grow with the file.

use crate::cases::{CellClock, cell_of};
use crate::folder::RunFile;
use fieldday_api::SmolStr;
use fieldday_api::pace::Pace;
use fieldday_engine::run::RunOutcome;
use fieldday_engine::{pass, setup};
use fieldday_history::event::{ClientKind, GroundTruth, NoAnswer};
use fieldday_history::file::{HistoryError, HistoryLine, Reader};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::fingerprint::{Fingerprint, Fingerprinter};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_plan::{CONFORMANCE, Plan};
use fieldday_rules::{Contract, Findings, Judges, Measures, Settings};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// No cell has a client of a greater number.
const CLIENTS: u32 = 1 << 17;
/// No event is later than this in its cell.
const LATEST: Span = Span::hours(24 * 366);

/// What came of judging a history.
pub(super) struct Judged {
    pub outcome: RunOutcome,
    /// The cells, in the order in which they begin.
    pub cells: Vec<String>,
    /// The clocks of those whose clocks are not the plan's.
    pub clocks: BTreeMap<u32, CellClock>,
    /// The events and the fingerprint that the end line tells; none if there is no end line.
    pub end: Option<(u64, Fingerprint)>,
    /// How a target's answers differ from the spec in form.
    pub contract: Contract,
    /// The first and the last moment at which something happened.
    pub during: Option<(Time, Time)>,
    /// The conformance pass before the day, if there was one.
    pub pass: Option<PassExtent>,
}

/// How large a conformance pass was.
#[derive(Clone, Copy, Default)]
pub(super) struct PassExtent {
    pub requests: u64,
    pub lasted: Span,
}

/// What is wrong with a history.
pub(super) enum Wrong {
    /// The file cannot be read any further.
    File(HistoryError),
    /// The line with this number is wrong in itself, for this reason.
    Line(u64, String),
}

impl From<HistoryError> for Wrong {
    fn from(error: HistoryError) -> Wrong {
        Wrong::File(error)
    }
}

/// A cell that may go on.
struct Cell {
    start: Time,
    /// When it starts by the clock of the series.
    day_starts: Time,
    judges: Judges,
    print: Fingerprinter,
    /// By the client's number: its number among all clients that are measured together.
    clients: BTreeMap<u32, u32>,
    zones: BTreeMap<SmolStr, Zone>,
    /// The names and zones of the tenants that its clients named.
    tenants: Vec<(String, Zone)>,
    latest: Span,
    /// Whether this is the conformance pass before the day, whose requests are in no figure of the day.
    is_pass: bool,
}

struct Bench<'a> {
    run: &'a RunFile,
    plan: &'a Plan,
    names: Vec<String>,
    /// Cells that may go on, by their place in `names`.
    open: BTreeMap<usize, Cell>,
    current: Option<usize>,
    /// What was found in cells that are over.
    over: BTreeMap<usize, (Findings, Fingerprint)>,
    clocks: BTreeMap<u32, CellClock>,
    measures: Measures,
    contract: Contract,
    measured_clients: u32,
    events: u64,
    requests: u64,
    rep_days: u64,
    during: Option<(Time, Time)>,
    pass: Option<PassExtent>,
}

/// Judges what is left of a history. Memory holds the judges of cells that may go on: of a virtual run, one.
pub(super) fn judge<R: Read>(reader: &mut Reader<R>, run: &RunFile, plan: &Plan) -> Result<Judged, Wrong> {
    let mut bench = Bench {
        run,
        plan,
        names: Vec::new(),
        open: BTreeMap::new(),
        current: None,
        over: BTreeMap::new(),
        clocks: BTreeMap::new(),
        measures: Measures::new(),
        contract: Contract::default(),
        measured_clients: 0,
        events: 0,
        requests: 0,
        rep_days: 0,
        during: None,
        pass: None,
    };
    let mut end = None;
    while let Some(text) = reader.text()? {
        let line = reader.parse(&text)?;
        if end.is_some() {
            return Err(Wrong::Line(
                reader.line_number(),
                "expected nothing after the line that ends the file".to_owned(),
            ));
        }
        let taken = match line {
            HistoryLine::Event(event) => bench.event(event),
            HistoryLine::Cell { cell, start, zones } => bench.cell(cell, start, zones),
            HistoryLine::End { end: events, fingerprint } => {
                end = Some((events, fingerprint));
                Ok(())
            }
            HistoryLine::Header(_) => Err("expected one header, as the first line".to_owned()),
        };
        taken.map_err(|problem| Wrong::Line(reader.line_number(), problem))?;
    }
    Ok(bench.finish(end))
}

impl Bench<'_> {
    fn cell(&mut self, name: String, start: Time, zones: BTreeMap<SmolStr, Zone>) -> Result<(), String> {
        let place = self.names.iter().rposition(|known| *known == name);
        if let Some(place) = place {
            let Some(cell) = self.open.get(&place) else {
                return Err(format!("{name} begins a second time, which a simulated run cannot do"));
            };
            if cell.start != start {
                return Err(format!("{name} began at {}, and now says {start}", cell.start));
            }
            self.current = Some(place);
            return Ok(());
        }
        if self.run.is_virtual() {
            self.all_over();
            self.measured_clients = 0;
        }
        let is_planned = zones.is_empty();
        let zones = if is_planned { self.planned_zones(&name)? } else { zones };
        let scenario = pass::scenario_of(&name, &self.run.scenario);
        let pace = if self.run.is_virtual() { Pace::SPECIFIED } else { setup::pace(&scenario) };
        let settings = setup::judges(&scenario, pace, start, zones.clone());
        let dates = &self.run.scenario.day.dates;
        let date = cell_of(&name).and_then(|index| dates.get(index as usize % dates.len().max(1)).copied());
        let day_starts = date.map_or(start, |date| setup::day_starts(&self.run.scenario, date, start));
        let cell = Cell {
            start,
            day_starts,
            judges: Judges::new(Arc::new(settings)),
            print: Fingerprinter::default(),
            clients: BTreeMap::new(),
            zones,
            tenants: Vec::new(),
            latest: Span::ZERO,
            is_pass: name == CONFORMANCE,
        };
        self.names.push(name);
        self.current = Some(self.names.len() - 1);
        self.open.insert(self.names.len() - 1, cell);
        Ok(())
    }
    /// The zones of a cell's tenants, which only the plan knows.
    fn planned_zones(&self, name: &str) -> Result<BTreeMap<SmolStr, Zone>, String> {
        let index = cell_of(name).filter(|index| *index < self.plan.cells());
        let index = index.ok_or_else(|| format!("{name:?} is not a cell of the plan, and has no time zones"))?;
        Ok(setup::zones(&self.plan.cell(index)))
    }

    fn event(&mut self, mut event: Event) -> Result<(), String> {
        let cell = self.current.and_then(|place| self.open.get_mut(&place));
        let cell = cell.ok_or("expected a cell before its first event")?;
        if event.at < cell.latest || event.at > LATEST {
            return Err(format!("expected a time from {} on, found {}", cell.latest, event.at));
        }
        cell.latest = event.at;
        let at = cell.start + event.at;
        if !cell.is_pass {
            self.during = Some(self.during.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        if let EventKind::Client(client) = &event.what {
            if event.client >= CLIENTS {
                return Err(format!("expected client numbers below {CLIENTS}, found {}", event.client));
            }
            let is_new_phone = client.kind == ClientKind::Phone && !cell.clients.contains_key(&event.client);
            // On a live run a rep's day counts from when it begins.
            self.rep_days += u64::from(is_new_phone && self.run.is_virtual());
            let measured = cell.clients.entry(event.client).or_insert(self.measured_clients);
            self.measured_clients = self.measured_clients.max(*measured + 1);
            let tenant = client.name.rsplit_once('/').map_or("", |(tenant, _)| tenant);
            if !cell.tenants.iter().any(|(known, _)| known == tenant) {
                let zone = cell.zones.get(&client.tenant).cloned().unwrap_or_else(Zone::utc);
                cell.tenants.push((tenant.to_owned(), zone));
            }
        }
        let Some(measured) = cell.clients.get(&event.client).copied() else {
            return Err(format!("expected the introduction of client {} first", event.client));
        };
        match &event.what {
            EventKind::Wire(wire) => {
                self.requests += 1;
                self.contract.add(wire.op, &wire.deviations);
            }
            EventKind::Began => self.rep_days += 1,
            _ if !self.run.is_virtual() => {}
            EventKind::Sent(_) => self.requests += 1,
            EventKind::Unanswered { why: NoAnswer::Unreachable, .. }
            | EventKind::GroundTruth(GroundTruth::LostOnTheWayOut { .. } | GroundTruth::CutMidUpload { .. }) => {
                self.requests = self.requests.saturating_sub(1);
            }
            _ => {}
        }
        self.events += 1;
        cell.print.add(&event);
        cell.judges.on(&event);
        if cell.is_pass {
            let pass = self.pass.get_or_insert_default();
            pass.requests += u64::from(matches!(event.what, EventKind::Wire(_)));
            pass.lasted = event.at;
            return Ok(());
        }
        event.client = measured;
        self.measures.cell(cell.day_starts);
        self.measures.on(&event);
        Ok(())
    }

    fn all_over(&mut self) {
        for (place, cell) in std::mem::take(&mut self.open) {
            if let Some(index) = cell_of(&self.names[place]).filter(|_| !self.run.is_virtual()) {
                self.clocks.insert(index, CellClock { start: cell.start, zones: cell.tenants });
            }
            self.over.insert(place, (cell.judges.finish(), cell.print.finish()));
        }
    }
    fn finish(mut self, end: Option<(u64, Fingerprint)>) -> Judged {
        self.all_over();
        self.measures.close();
        let mut findings = Findings::new(&Settings::default());
        let mut prints = Vec::new();
        let mut over: Vec<_> = self.over.into_iter().collect();
        if !self.run.is_virtual() {
            // Cells of a live run take turns in the file, and are put together in the plan's order all the same.
            over.sort_by_key(|(place, _)| (cell_of(&self.names[*place]), *place));
        }
        for (place, (found, print)) in over {
            findings.merge(found);
            prints.push((cell_of(&self.names[place]).unwrap_or(u32::MAX), print));
        }
        let cells = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let mut outcome = RunOutcome {
            fingerprint: Fingerprint::default(),
            prints,
            cells,
            cells_planned: (self.plan.cells_run().len() as u32).max(cells),
            events: self.events,
            requests: self.requests,
            rep_days: self.rep_days,
            findings,
            measures: self.measures,
            complete: end.is_some(),
        };
        outcome.combine_prints();
        let contract = self.contract;
        Judged { outcome, cells: self.names, clocks: self.clocks, end, contract, during: self.during, pass: self.pass }
    }
}
