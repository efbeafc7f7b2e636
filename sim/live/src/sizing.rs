//! What a live run needs of the machine that sends the load, before it begins.
//!
//! The figures a rep and a request are measured (docs/live.md); connections are those of [`most_connections`].

use crate::machine::source_ports;
use crate::run::{most_connections, peak_requests_per_s};
use fieldday_plan::CellPlan;
use fieldday_scenario::{Connections, Scenario};

/// Memory of a process without reps, in bytes.
const BASE_BYTES: u64 = 100_000_000;
/// Memory a rep: 48.5 KB were measured in the middle of a day, and queues and answers come to it.
const REP_BYTES: u64 = 60_000;
/// Processor time a request, in seconds: 300 to 330 µs were measured.
const REQUEST_S: f64 = 330e-6;
/// Processor time a rep who waits, as a share of a core: 4 % for 10,000.
const WAITING_CORES: f64 = 0.04 / 10_000.0;
/// The share of the cores that a generator may take without being late.
const CORES_SHARE: f64 = 0.7;
/// Open files of the runtimes, goose and a run folder.
const OWN_FILES: u64 = 200;

/// The resources of the machine that a run needs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sizing {
    /// The number of reps in the run.
    pub reps: u64,
    /// Cores, of which the generator then takes two thirds.
    pub cores: f64,
    /// The memory that the generator needs, in bytes.
    pub memory_bytes: u64,
    /// Connections that may be open at once; each takes a source port.
    pub connections: u64,
    /// Open files; twice the connections where the mock is in the same process.
    pub open_files: u64,
    /// Ports that there are for connections to one target; none if the system does not say.
    pub ports: Option<u64>,
}

impl Sizing {
    /// What the cells of a run need. `ends` is how many ends of each connection this process holds, and `sources` from how many
    /// addresses it connects.
    pub fn of(scenario: &Scenario, cells: &[CellPlan], ends: u64, sources: u64) -> Sizing {
        let reps = reps(cells);
        let others = if scenario.live.connections == Connections::Shared { 0 } else { others(scenario, cells) };
        let connections = most_connections(reps, scenario) + others;
        let peak_per_s = peak_requests_per_s(reps, scenario);
        Sizing {
            reps,
            cores: (peak_per_s * REQUEST_S + reps as f64 * WAITING_CORES) / CORES_SHARE,
            memory_bytes: BASE_BYTES + reps * REP_BYTES,
            connections,
            open_files: connections * ends + OWN_FILES,
            ports: source_ports().map(|each| each * sources.max(1)),
        }
    }
    /// In how many shards of machines like this one the run would fit, if each may use all of it.
    pub fn machines(&self, cores: u64, memory_bytes: Option<u64>) -> u64 {
        let by_cores = self.cores / cores.max(1) as f64;
        let by_memory = memory_bytes.map_or(0.0, |bytes| self.memory_bytes as f64 / bytes.max(1) as f64);
        let by_ports = self.ports.map_or(0.0, |ports| self.connections as f64 / ports.max(1) as f64);
        by_cores.max(by_memory).max(by_ports).ceil().max(1.0) as u64
    }
}

/// How many reps there are.
pub(crate) fn reps(cells: &[CellPlan]) -> u64 {
    cells.iter().flat_map(|cell| &cell.tenants).map(|tenant| tenant.reps.len() as u64).sum()
}

/// How many play beside the reps: at desks, as auditors, as intruders. Each does one thing after the other.
fn others(scenario: &Scenario, cells: &[CellPlan]) -> u64 {
    let live = &scenario.live;
    let of = |is_on: bool, many: usize| if is_on { many as u64 } else { 0 };
    let each = cells.iter().flat_map(|cell| &cell.tenants).map(|tenant| {
        of(live.office, tenant.office.len())
            + of(live.auditors, tenant.auditor.iter().len())
            + of(live.intruders, tenant.intruders.len())
    });
    each.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_plan::Plan;
    use std::sync::Arc;

    fn sizing(reps: u64, sources: u64) -> Sizing {
        let mut scenario = Scenario::load("nightly").unwrap();
        scenario.with_reps(reps);
        let plan = Plan::new(Arc::new(scenario), 1).unwrap();
        let cells: Vec<CellPlan> = (0..plan.cells()).map(|index| plan.cell(index)).collect();
        Sizing::of(plan.scenario(), &cells, 1, sources)
    }

    #[test]
    fn twice_the_reps_need_twice_the_cores_connections_and_machines() {
        let (one, two) = (sizing(400, 1), sizing(800, 1));
        assert_eq!((one.reps, two.reps), (400, 800));
        assert!((two.cores / one.cores - 2.0).abs() < 0.01, "{one:?} {two:?}");
        assert!(two.connections >= 2 * one.connections - 2 && two.memory_bytes > one.memory_bytes);
        assert_eq!(one.machines(64, Some(1 << 40)), 1);
        let cores = Sizing { cores: 9.0, ..one };
        assert_eq!(cores.machines(4, None), 3);
        let ports = Sizing { connections: 100_000, ports: Some(28_232), ..one };
        assert_eq!(ports.machines(1_000, None), 4);
    }

    #[test]
    fn each_source_address_has_ports_of_its_own() {
        if let (Some(one), Some(three)) = (sizing(400, 1).ports, sizing(400, 3).ports) {
            assert_eq!(three, 3 * one);
        }
    }
}
