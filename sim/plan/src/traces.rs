//! The scenario's network traces, read once: whose phone has which.

use super::PlanError;
use fieldday_radio::trace::Trace;
use fieldday_scenario::{Network, TraceFiles};
use indexmap::IndexMap;
use std::sync::Arc;
use std::{fmt, fs};

/// The traces of a scenario, by whom they are for.
#[derive(Clone, Default)]
pub(super) struct Traces {
    personas: IndexMap<String, Arc<Trace>>,
    territories: IndexMap<String, Arc<Trace>>,
    all: Option<Arc<Trace>>,
}

/// A network trace of a plan, and whose phones have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceUse {
    /// Whose phones have it.
    pub whose: TraceOwner,
    /// The measurements.
    pub trace: Arc<Trace>,
}

/// Whose phones have a trace. A persona's goes before a territory's, and that before the scenario's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TraceOwner {
    /// The reps of this persona.
    Persona(String),
    /// The reps in this territory whose persona has no trace.
    Territory(String),
    /// All reps with neither.
    Others,
}

impl fmt::Display for TraceOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceOwner::Persona(name) => write!(f, "persona {name}"),
            TraceOwner::Territory(name) => write!(f, "territory {name}"),
            TraceOwner::Others => f.write_str("all others"),
        }
    }
}

impl Traces {
    /// Reads the files that a scenario names. An error names the file and the key.
    pub(super) fn read(network: &Network) -> Result<Traces, PlanError> {
        let table = |list: &str, of: &IndexMap<String, TraceFiles>| {
            let one = |(name, files): (&String, &TraceFiles)| {
                let trace = read(&format!("{list}.{name}."), &files.trace, files.trace_down.as_deref())?;
                Ok::<_, PlanError>((name.clone(), trace))
            };
            of.iter().map(one).collect::<Result<_, _>>()
        };
        let all = network.trace.as_ref().map(|up| read("", up, network.trace_down.as_deref()));
        Ok(Traces {
            personas: table("personas", &network.personas)?,
            territories: table("territories", &network.territories)?,
            all: all.transpose()?,
        })
    }
    /// The trace of a rep's phone: that of the persona, else that of the territory, else the scenario's own.
    pub(super) fn of(&self, persona: &str, territory: &str) -> Option<&Arc<Trace>> {
        self.personas.get(persona).or_else(|| self.territories.get(territory)).or(self.all.as_ref())
    }
    /// Every trace that a phone in one of these territories can have, those that go before others first.
    pub(super) fn uses(&self, territories: &[&str]) -> Vec<TraceUse> {
        let trace_use = |whose, trace: &Arc<Trace>| TraceUse { whose, trace: trace.clone() };
        let personas = self.personas.iter().map(|(name, of)| trace_use(TraceOwner::Persona(name.clone()), of));
        let there = self.territories.iter().filter(|(name, _)| territories.contains(&name.as_str()));
        let there = there.map(|(name, of)| trace_use(TraceOwner::Territory(name.clone()), of));
        personas.chain(there).chain(self.all.iter().map(|of| trace_use(TraceOwner::Others, of))).collect()
    }
}

/// Reads one trace. `table` is where its keys are below `network`, with a dot at the end; empty for the table itself.
fn read(table: &str, up: &str, down: Option<&str>) -> Result<Arc<Trace>, PlanError> {
    let key = |key: &str| format!("network.{table}{key}");
    let text = |of: &str, path: &str| {
        fs::read_to_string(path).map_err(|error| PlanError::NoTrace {
            key: key(of),
            path: path.to_owned(),
            problem: error.to_string(),
        })
    };
    let up_text = text("trace", up)?;
    let down = down.map(|path| Ok::<_, PlanError>((path, text("trace_down", path)?))).transpose()?;
    let down = down.as_ref().map(|(path, text)| (*path, text.as_str()));
    let parsed = Trace::parse(up, &up_text, down).map_err(|source| {
        let is_down = down.is_some_and(|(path, _)| path == source.file && path != up);
        PlanError::Trace { key: key(if is_down { "trace_down" } else { "trace" }), source }
    });
    parsed.map(Arc::new)
}
