//! What a shard of `fieldday prove` leaves in its file, and the proof that all of them come to.

use crate::failure::Failure;
use crate::{file, machine};
use fieldday_documents::live_proof::{LiveProof, Made};
use fieldday_documents::proof::Proof;
use fieldday_engine::live_trial::LiveTrial;
use fieldday_engine::prove::{Clean, PassTrial, Trial};
use fieldday_plan::shard::Shard;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the format of a shard's file.
const SCHEMA: u32 = 1;

/// The trials of one shard of a proof, as its file holds them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofPart {
    schema: u32,
    /// The build that made them: judges of two builds are not the same judges.
    build: String,
    /// The line that makes all of it, in one piece.
    pub of: String,
    pub shard: Shard,
    /// Whether all trials of the shard were made.
    pub complete: bool,
    trials: Trials,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trials {
    Model { seeds: u64, cap: u64, trials: Vec<Trial>, passes: Vec<PassTrial>, clean: Clean },
    Mock { seeds: u64, at_once: u64, wall_s: f64, trials: Vec<LiveTrial> },
}

/// A proof on the virtual clock or over HTTP.
pub enum AnyProof {
    Model(Proof),
    Mock(LiveProof),
}

impl ProofPart {
    pub fn new(of: String, shard: Shard, complete: bool, trials: Trials) -> ProofPart {
        ProofPart { schema: SCHEMA, build: machine::build(), of, shard, complete, trials }
    }
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        // Plain data of strings and numbers: it cannot fail.
        file::replace(path, &(serde_json::to_string(self).unwrap_or_default() + "\n"))
    }
    /// Reads one back; says what is wrong with it.
    pub fn from_json(text: &str) -> Result<ProofPart, String> {
        let part: ProofPart = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if part.schema != SCHEMA || part.build != machine::build() {
            return Err("another build of fieldday wrote it, and its judges may differ".to_owned());
        }
        match &part.trials {
            Trials::Model { clean, .. } if !clean.is_countable() => {
                Err("its counts are impossible, so the file is damaged".to_owned())
            }
            _ => Ok(part),
        }
    }
    /// What parts come to, in the order of their shards. All are of one kind, since they are of one line.
    pub fn merge(parts: Vec<ProofPart>, complete: bool) -> Option<AnyProof> {
        let mut parts = parts.into_iter().map(|part| part.trials);
        let mut all = parts.next()?;
        for part in parts {
            match (&mut all, part) {
                (
                    Trials::Model { trials, passes, clean, .. },
                    Trials::Model { trials: more, passes: made, clean: lived, .. },
                ) => {
                    trials.extend(more);
                    passes.extend(made);
                    clean.merge(lived);
                }
                (
                    Trials::Mock { at_once, wall_s, trials, .. },
                    Trials::Mock { at_once: a, wall_s: w, trials: more, .. },
                ) => {
                    trials.extend(more);
                    // Side by side, on machines of their own: it took as long as the longest.
                    (*at_once, *wall_s) = ((*at_once).max(a), wall_s.max(w));
                }
                _ => return None,
            }
        }
        Some(all.proof(complete))
    }
}

impl Trials {
    pub fn proof(&self, complete: bool) -> AnyProof {
        match self {
            Trials::Model { seeds, cap, trials, passes, clean } => {
                AnyProof::Model(Proof::new(*seeds, *cap, trials, clean, complete).with_passes(passes))
            }
            Trials::Mock { seeds, at_once, wall_s, trials } => AnyProof::Mock(LiveProof::new(
                trials,
                Made { seeds: *seeds, at_once: *at_once, complete, wall_s: *wall_s },
            )),
        }
    }
}
