//! The plan: who lives which day, and what happens to them. It follows from a scenario and a seed, and is made cell by
//! cell, when a cell is asked for; nothing is held for cells that are not.
//!
//! Every element draws from streams of its own name, and elements that refer to another are named below it. So an element
//! that is taken out takes nothing else along but what was named below it, and what the office would have done to it; the
//! rest of the plan is the same to the bit. Even the times of the visits around a removed one stay.
//!
//! ```
//! use fieldday_plan::Plan;
//! use fieldday_scenario::Scenario;
//! use std::sync::Arc;
//!
//! let mut scenario = Scenario::load("weekday")?;
//! scenario.with_reps(10);
//! let cell = Plan::new(Arc::new(scenario), 0x5eed)?.cell(0);
//! let mut day = String::new();
//! cell.render(&mut day)?;
//! assert!(day.contains("cell-0/tenant-1/rep-04/visit-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod as_found;
mod auditor;
mod cell;
mod demo;
mod fate;
mod found;
mod intruder;
pub mod keys;
mod masts;
mod office;
mod past;
pub mod people;
mod removed;
mod render;
mod rep;
mod rows;
pub mod shard;
mod tenant;
mod texts;
mod traces;
mod types;

#[cfg(test)]
mod tests;

pub use found::{Found, FoundAppointment, found_visit, place_for};
pub use traces::{TraceOwner, TraceUse};
pub use types::*;

use fieldday_kernel::time::{Date, Span, Time, TimeOfDay, Zone};
use fieldday_radio::territory::{self, Territory};
use fieldday_radio::trace::TraceError;
use fieldday_scenario::Scenario;
use fieldday_scenario::persona::{self, Persona};
use fieldday_scenario::zones;
use removed::Removed;
use shard::Shard;
use std::ops::Range;
use std::sync::Arc;
use traces::Traces;

/// How long phones are looked at after work, for what still waits to be sent.
pub const EVENING: Span = Span::hours(2);
/// How long a cell lives after the last tenant's local midnight: what is queued late goes out, and shows.
const AFTER_MIDNIGHT: Span = Span::hours(3);

/// The name of the cell whose people a conformance pass before a live run needs: see [`Plan::conformance_cell`].
pub const CONFORMANCE: &str = "conformance";
/// The index of that cell: no cell of a plan's days has it.
pub const CONFORMANCE_CELL: u32 = u32::MAX;

/// The name of a cell by its index: `cell-7`, or [`CONFORMANCE`].
pub fn cell_name(index: u32) -> String {
    if index == CONFORMANCE_CELL { CONFORMANCE.to_owned() } else { format!("cell-{index}") }
}

/// The plan of a scenario under a seed, which makes its cells one by one.
#[derive(Clone)]
pub struct Plan {
    scenario: Arc<Scenario>,
    seed: u64,
    days: Vec<PlanDay>,
    personas: Vec<(Arc<Persona>, u64)>,
    traces: Traces,
    removed: Removed,
    /// Which part of it is run, if not all is.
    shard: Option<Shard>,
}

/// A date, with where tenants are on it: one after the other, in turn.
#[derive(Clone)]
struct PlanDay {
    date: Date,
    sites: Vec<DaySite>,
}

/// Where a tenant may be: a territory, its clock, and the date there.
#[derive(Clone, Debug)]
struct DaySite {
    territory: Arc<Territory>,
    zone: Zone,
    date: Date,
}

/// The reason why a plan cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// `remove` names an element that the plan does not have.
    #[error("`remove` names {name:?}, which is not in the plan{}", hint(suggestion))]
    NoSuchElement {
        /// The name in `remove`.
        name: String,
        /// The most similar name in the plan, if one is similar enough.
        suggestion: Option<String>,
    },
    /// The scenario names a territory, a persona or a network profile that is not there. Scenarios that were parsed name
    /// none such.
    #[error("there is no {what} called {name:?}")]
    NoSuch {
        /// The kind of the name: `persona`, `territory`, `zone`, `network profile`.
        what: &'static str,
        /// The name that is not known.
        name: String,
    },
    /// The file of a network trace cannot be read.
    #[error("{path}: `{key}` cannot be read: {problem}")]
    NoTrace {
        /// The key of the scenario that names the file: `network.trace_down`, `network.personas.steady.trace`.
        key: String,
        /// The path of the file, as the scenario has it.
        path: String,
        /// The error of the operating system.
        problem: String,
    },
    /// The file of a network trace is not in the format of a trace.
    #[error("{source}; `{key}` names this file")]
    Trace {
        /// The key of the scenario that names the file: `network.trace`, `network.territories.newark.trace`.
        key: String,
        /// The file, the line, and what is wrong there.
        source: TraceError,
    },
    /// The plan has fewer cells than there are to be shards.
    #[error("{shards} shards cannot be made of {cells} cells; a cell is the smallest part")]
    TooFewCells {
        /// The number of shards that is asked for.
        shards: u32,
        /// The number of cells that the plan has.
        cells: u32,
    },
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |name| format!("; did you mean {name:?}?"))
}

impl Plan {
    /// The plan of a scenario under a seed.
    pub fn new(scenario: Arc<Scenario>, seed: u64) -> Result<Plan, PlanError> {
        let no_such = |what, name: &str| PlanError::NoSuch { what, name: name.to_owned() };
        if fieldday_radio::network::named(&scenario.network.profile).is_none() {
            return Err(no_such("network profile", &scenario.network.profile));
        }
        let traces = Traces::read(&scenario.network)?;
        let mut personas = Vec::new();
        // By name: in whatever order a file has them, they are the same people.
        let mut mix: Vec<_> = scenario.people.mix.iter().collect();
        mix.sort_unstable();
        for (name, weight) in mix {
            let persona = persona::named(name).ok_or_else(|| no_such("persona", name))?;
            let habits = scenario.people.habits.over(persona.habits);
            let persona = Persona { habits, ..persona.as_ref().clone() };
            personas.push((Arc::new(persona), u64::from(*weight)));
        }
        let mut days = Vec::new();
        for date in &scenario.day.dates {
            let noon = Zone::utc().at(*date, TimeOfDay::hm(12, 0));
            let mut sites = Vec::new();
            for name in &scenario.people.territories {
                let territory = territory::named(name).ok_or_else(|| no_such("territory", name))?;
                let zone = zones::zone(territory.zone(), noon).ok_or_else(|| no_such("zone", territory.zone()))?;
                let date = scenario.date_in(&zone, *date);
                sites.push(DaySite { territory: territory.clone(), zone, date });
            }
            days.push(PlanDay { date: *date, sites });
        }
        let removed = Removed::new(&scenario.remove);
        let mut plan = Plan { scenario, seed, days, personas, traces, removed: Removed::default(), shard: None };
        removed.check(&plan)?;
        plan.removed = removed;
        Ok(plan)
    }

    /// The same with tenants that work by other zones' clocks: `zone_of` names a tenant's by its cell and its number there;
    /// none for a tenant that stays where the scenario has it.
    pub fn in_zones<'a>(
        scenario: Arc<Scenario>,
        seed: u64,
        zone_of: impl Fn(u32, u32) -> Option<&'a str>,
    ) -> Result<Plan, PlanError> {
        let mut plan = Plan::new(scenario, seed)?;
        let (tenants, dates) = (plan.scenario.people.tenants_per_cell, plan.days.len() as u32);
        for (day, of_day) in plan.days.iter_mut().enumerate() {
            let mut sites = Vec::new();
            for number in 0..plan.scenario.cells_a_day() {
                for tenant in 0..tenants {
                    // Territories in turn, as the scenario has them.
                    let at = sites.len() % of_day.sites.len();
                    let site = &of_day.sites[at];
                    let cell = number * dates + day as u32;
                    sites.push(match zone_of(cell, tenant) {
                        Some(zone) if zone != site.zone.name => of_day.site_in(&plan.scenario, zone, at)?,
                        _ => site.clone(),
                    });
                }
            }
            of_day.sites = sites;
        }
        Ok(plan)
    }

    /// The scenario from which the plan is made.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }
    /// The network traces of its phones, and whose phones have which; those that go before others first.
    pub fn traces(&self) -> Vec<TraceUse> {
        // Tenants are in the territories in turn, so the last ones may have none.
        let sites = self.days.iter().flat_map(|day| day.sites.iter().take(self.scenario.people.tenants as usize));
        let territories: Vec<&str> = sites.map(|site| site.territory.name()).collect();
        self.traces.uses(&territories)
    }
    /// The seed from which all draws of the plan come.
    pub fn seed(&self) -> u64 {
        self.seed
    }
    /// How many cells it has: those of a day, for each date. Neighbours in the order have different dates.
    pub fn cells(&self) -> u32 {
        self.scenario.cells_a_day() * self.days.len() as u32
    }
    /// The same plan, of which only a shard is run, or all: its cells keep their numbers and their days.
    pub fn of_shard(self, shard: Option<Shard>) -> Result<Plan, PlanError> {
        let (shards, cells) = (shard.map_or(1, |shard| shard.of), self.cells());
        if shards > cells {
            return Err(PlanError::TooFewCells { shards, cells });
        }
        Ok(Plan { shard, ..self })
    }
    /// Which part of it is run; none if all of it is.
    pub fn shard(&self) -> Option<Shard> {
        self.shard
    }
    /// The cells that are run: those of its shard, or all.
    pub fn cells_run(&self) -> Range<u32> {
        let cells = self.cells();
        self.shard.map_or(0..cells, |shard| {
            let share = shard.share(cells.into());
            // No larger than the number of cells.
            share.start as u32..share.end as u32
        })
    }
    /// One cell, made anew each time; empty beyond the last one.
    pub fn cell(&self, index: u32) -> CellPlan {
        let dates = self.days.len() as u32;
        cell::make(self, index, index / dates, &self.days[(index % dates) as usize])
    }
    /// The cell of the conformance pass before a live run, on the first date: two tenants with the few reps that a pass needs, who
    /// have no part in any day. Their identities follow from the cell's name alone, so that they are the same for any number of reps.
    pub fn conformance_cell(&self) -> CellPlan {
        let day = &self.days[0];
        cell::for_conformance(self, day, &[0, 1].map(|tenant| day.sites[tenant % day.sites.len()].clone()))
    }
    /// The cell of the conformance pass with tenants that work by these zones' clocks.
    pub fn conformance_cell_in(&self, zones: [&str; 2]) -> Result<CellPlan, PlanError> {
        let day = &self.days[0];
        let [first, second] = zones;
        let site = |zone, at: usize| day.site_in(&self.scenario, zone, at % day.sites.len());
        Ok(cell::for_conformance(self, day, &[site(first, 0)?, site(second, 1)?]))
    }
    /// Until then nothing happens in a cell: nobody has left home, and the office is closed. Known without making it.
    pub fn wakes(&self, index: u32) -> Time {
        let (dates, tenants) = (self.days.len() as u32, self.scenario.people.tenants_per_cell);
        let day = &self.days[(index % dates) as usize];
        let first = self.scenario.day.leave_home.0.min(office::OPENS);
        let sites = (0..tenants).map(|tenant| cell::site(day, tenants, index / dates, tenant));
        sites.map(|site| site.zone.at(site.date, first)).min().unwrap_or_default()
    }
    /// Before anybody gets up, on the first date.
    pub fn start(&self) -> Time {
        self.days.iter().map(PlanDay::start).min().unwrap_or_default()
    }
    /// After everybody is done, on the last date.
    pub fn end(&self) -> Time {
        self.days.iter().map(PlanDay::end).max().unwrap_or_default()
    }
    /// The number of reps' days: reps who work, times the dates.
    pub fn reps(&self) -> u64 {
        self.scenario.people.reps * self.days.len() as u64
    }
}

impl PlanDay {
    /// A territory by the clock of a zone: one of the scenario's in that zone, or of all, or the one at `at` all the same.
    fn site_in(&self, scenario: &Scenario, zone: &str, at: usize) -> Result<DaySite, PlanError> {
        let noon = Zone::utc().at(self.date, TimeOfDay::hm(12, 0));
        let clock = zones::zone(zone, noon).ok_or_else(|| PlanError::NoSuch { what: "zone", name: zone.to_owned() })?;
        let own: Vec<&Arc<Territory>> = self.sites.iter().map(|site| &site.territory).collect();
        let all: Vec<&Arc<Territory>> = own.iter().copied().chain(territory::territories()).collect();
        let there = |list: &[&Arc<Territory>]| {
            let there: Vec<_> =
                list.iter().filter(|territory| territory.zone() == zone).map(|t| (*t).clone()).collect();
            there.get(at % there.len().max(1)).cloned()
        };
        let territory = there(&own).or_else(|| there(&all)).unwrap_or_else(|| own[at].clone());
        Ok(DaySite { territory, date: scenario.date_in(&clock, self.date), zone: clock })
    }
    fn start(&self) -> Time {
        self.sites.iter().map(DaySite::midnight).min().unwrap_or_default()
    }
    fn end(&self) -> Time {
        self.sites.iter().map(DaySite::end).max().unwrap_or_default()
    }
}

impl DaySite {
    fn midnight(&self) -> Time {
        self.zone.midnight(self.date)
    }
    /// The next midnight, and a while for what is still under way then.
    fn end(&self) -> Time {
        self.zone.midnight(self.date.plus_days(1)) + AFTER_MIDNIGHT
    }
}
