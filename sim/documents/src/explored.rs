//! What an exploration came to: for people, for programs, and to be resumed.

use fieldday_engine::explore::Explored;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_plan::shard::Shard;
use fieldday_rules::Mark;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The version of [`Exploration`]'s shape.
pub const EXPLORED_SCHEMA: u32 = 1;

/// The result of an exploration of many seeds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exploration {
    /// The version of this document's shape.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// What was explored: the line that runs a seed of it, with seed 0 in the seed's place.
    pub of: String,
    /// The first seed of the range.
    pub from: u64,
    /// Which part of the seeds this is; all of them if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The failures of all seeds, by signature, and the marks.
    pub explored: Explored,
    /// Marks that no seed reached.
    pub never_reached: Vec<String>,
}

impl Exploration {
    /// A document of what was explored.
    pub fn new(of: String, from: u64, shard: Option<Shard>, explored: Explored) -> Exploration {
        let never = Mark::ALL.iter().filter(|mark| !explored.has_reached(**mark));
        Exploration {
            schema: EXPLORED_SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            never_reached: never.map(|mark| mark.name().to_owned()).collect(),
            of,
            from,
            shard,
            explored,
        }
    }
    /// The line that runs a seed.
    pub fn again(&self, seed: u64) -> String {
        self.of.replacen("--seed 0x0", &format!("--seed {seed:#x}"), 1)
    }
    /// The result as JSON, as `--json` prints it.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
    /// Reads the document back; says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Exploration, String> {
        let read: Exploration = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let (schema, version) = (read.schema, read.version.as_str());
        if schema != EXPLORED_SCHEMA || version != env!("CARGO_PKG_VERSION") {
            return Err(format!("version {version} wrote it, and that version simulates other days"));
        }
        Ok(read)
    }
}

/// The result as text for a terminal.
pub fn render(exploration: &Exploration, paint: Paint) -> String {
    let explored = &exploration.explored;
    let mut out = String::new();
    for failure in &explored.failures {
        let seeds = counted(failure.seeds, "seed", "seeds");
        let _ =
            writeln!(out, "{} {}", paint.on(Tone::Bad, "✗"), paint.on(Tone::Strong, &failure.signature.to_string()));
        let _ = writeln!(
            out,
            "  under {seeds}, the first {:#x}; the shortest story {:#x}: {}, event {}",
            failure.first_seed, failure.seed, failure.client, failure.event
        );
        let _ = writeln!(out, "  {}", failure.says);
        if !failure.drawn.is_empty() {
            let _ = writeln!(out, "  {}", paint.on(Tone::Faint, &format!("drawn: {}", failure.drawn.join("; "))));
        }
        let _ = writeln!(out, "  again: {}\n", exploration.again(failure.seed));
    }
    let reached = Mark::ALL.len() - exploration.never_reached.len();
    let _ = writeln!(out, "marks: {reached} of {} reached", Mark::ALL.len());
    if !exploration.never_reached.is_empty() {
        let _ = writeln!(out, "  never: {}", exploration.never_reached.join(", "));
    }
    let (mark, tone) = if explored.failures.is_empty() { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
    let _ = writeln!(
        out,
        "{} {}, {} rep-days, {} requests: {}",
        paint.on(tone, mark),
        counted(explored.seeds, "seed", "seeds"),
        count(explored.rep_days),
        count(explored.requests),
        counted(explored.failures.len() as u64, "kind of failure", "kinds of failures"),
    );
    out
}
