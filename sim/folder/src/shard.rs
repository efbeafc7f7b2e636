//! What a shard keeps for the merge: all that was counted and measured, without loss, in `shard.cbor.zst`.
//!
//! It is CBOR in one zstd frame with a checksum. Its size follows from endpoints, rules and bins, not from how many calls there
//! were; only the fingerprints, of which there is one a cell, grow with the run.

use crate::bounded;
use crate::build::Facts;
use fieldday_engine::run::RunOutcome;
use fieldday_plan::shard::Shard;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::Path;

/// The file's name in a run folder.
pub const SHARD: &str = "shard.cbor.zst";
/// The version of its shape.
pub const SHARD_SCHEMA: u32 = 1;
/// More than any shard has: with a fingerprint for each of four million cells.
const MOST_BYTES: u64 = 256 << 20;

/// The content of a shard's file for the merge.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShardState {
    /// The version of this shape.
    pub schema: u32,
    /// The number of the shard, and of how many.
    pub shard: Shard,
    /// The command line and the machine's figures, for the summary.
    pub facts: Facts,
    /// The findings and measures of the shard's cells.
    pub outcome: RunOutcome,
    /// How far this machine's clock was ahead of the target's, in microseconds.
    pub ahead_of_target_us: Option<i64>,
    /// How far it was ahead of the clock of the storage that holds the folder, in microseconds.
    pub ahead_of_storage_us: Option<i64>,
}

/// Something that shards hand to one another, as the bytes of a file: CBOR in one zstd frame with a checksum.
pub fn state_bytes(state: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
    encoder.include_checksum(true)?;
    ciborium::into_writer(state, &mut encoder).map_err(io::Error::other)?;
    encoder.flush()?;
    encoder.finish()
}

/// Reads such a file; more than so many bytes are an error, however small the file is.
pub fn read_state<T: DeserializeOwned>(path: &Path, most_bytes: u64) -> io::Result<T> {
    let file = bounded::open(path)?;
    let mut bytes = Vec::new();
    zstd::Decoder::new(file)?.take(most_bytes + 1).read_to_end(&mut bytes)?;
    let wrong = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    if bytes.len() as u64 > most_bytes {
        return Err(wrong(format!("it is larger than {} MiB, more than any shard has", most_bytes >> 20)));
    }
    ciborium::from_reader(bytes.as_slice()).map_err(|error| wrong(error.to_string()))
}

impl ShardState {
    /// Reads the file of a folder.
    pub fn read(folder: &Path) -> io::Result<ShardState> {
        let state: ShardState = read_state(&folder.join(SHARD), MOST_BYTES)?;
        if state.schema != SHARD_SCHEMA {
            let problem = format!("it has schema {}; this version reads schema {SHARD_SCHEMA}", state.schema);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(state)
    }
}
