//! What has to be typed to get the same run again.

use crate::summary::{ON_THE_VIRTUAL_CLOCK, Outcome, Summary};
use fieldday_plan::shard::Shard;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All that decides a run, as the command line takes it. Threads and recording decide nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Recipe {
    /// A scenario's name, or the path of its file.
    pub scenario: String,
    /// The number that all random draws derive from.
    pub seed: u64,
    /// Whether the seed draws the scenario's features as well.
    pub swarm: bool,
    /// The number of reps, where it is not the scenario's.
    pub reps: Option<u64>,
    /// The date of the day, where it is not the scenario's: `2026-06-10`.
    pub date: Option<String>,
    /// Elements taken out of the plan.
    pub without: Vec<String>,
    /// Defects built in beside the scenario's.
    pub defects: Vec<String>,
    /// The part of the run that is wanted, if not all is.
    pub shard: Option<Shard>,
    /// Of a live run: its target, and how it is driven, as words of the command line.
    pub live: Vec<String>,
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fieldday run {} --seed {:#x}", quoted(&self.scenario), self.seed)?;
        if self.swarm {
            f.write_str(" --swarm")?;
        }
        if let Some(reps) = self.reps {
            write!(f, " --reps {reps}")?;
        }
        if let Some(date) = &self.date {
            write!(f, " --date {}", quoted(date))?;
        }
        for name in &self.without {
            write!(f, " --without {}", quoted(name))?;
        }
        for name in &self.defects {
            write!(f, " --defect {}", quoted(name))?;
        }
        if let Some(shard) = self.shard {
            write!(f, " --shard {shard}")?;
        }
        for word in &self.live {
            write!(f, " {}", quoted(word))?;
        }
        Ok(())
    }
}

impl Summary {
    /// The lines to paste after a run, each with what it gives: none of a run that held.
    pub fn to_paste(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if self.verdict.outcome == Outcome::Held {
            return lines;
        }
        lines.push(("again", self.reproduce.clone()));
        // A live run's failures are told as stories in its folder: no seed gives them again.
        let is_virtual = self.ran.target == ON_THE_VIRTUAL_CLOCK;
        if is_virtual && self.verdict.outcome == Outcome::Broken && !self.violations.is_empty() {
            let shrink = self.reproduce.replacen("fieldday run", "fieldday shrink", 1);
            lines.push(("small", shrink.trim_end_matches(" --record").to_owned()));
        }
        lines
    }
}

/// The word in quotes, where a shell would not take it for one word without.
pub fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./,:@%+=".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_whatever_is_in_it() {
        let plain = Recipe { scenario: "weekday".into(), seed: 0x5eed, ..Recipe::default() };
        assert_eq!(plain.to_string(), "fieldday run weekday --seed 0x5eed");
        let odd = Recipe {
            scenario: "my day's.toml".into(),
            seed: 1,
            swarm: true,
            reps: Some(20),
            date: Some("2026-06-10".into()),
            without: vec!["cell-0/tenant-1/rep-07".into()],
            defects: vec!["stale-read".into()],
            shard: Shard::new(2, 8).ok(),
            live: Vec::new(),
        };
        assert_eq!(
            odd.to_string(),
            r"fieldday run 'my day'\''s.toml' --seed 0x1 --swarm --reps 20 --date 2026-06-10 --without cell-0/tenant-1/rep-07 --defect stale-read --shard 2/8"
        );
    }
}
