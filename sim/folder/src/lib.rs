//! What a run comes to as plain data, and the folder in which it is kept.
//!
//! Begin with [`Summary`]: it is made of what came of a run, holds all that is said of it, and is `summary.json`. A
//! [`Folder`] keeps it with everything else, so that a kill at any moment leaves a folder that says it is incomplete;
//! [`RunFolder`] reads one again, [`check`] judges its history once more, [`nights`] and the [`store`] look at many. Nothing here
//! has a clock: what the machine took is told by whoever ran it.

pub mod bounded;
mod build;
mod cases;
pub mod check;
mod contract;
mod findings;
mod folder;
pub mod hlog;
pub mod merge;
pub mod nights;
pub mod pack;
mod reader;
mod recipe;
pub mod series;
pub mod shard;
pub mod store;
pub mod summary;
mod writer;

pub use build::{DisturbedFacts, Facts};
pub use cases::{CellClock, cell_of, cells_to_look_at};
pub use contract::{ContractGroup, ContractWord};
pub use folder::{Folder, FolderError, HISTORY, Host, RUN_SCHEMA, RunFile, VIRTUAL, put};
pub use reader::{Compared, RunFolder, RunFolderError};
pub use recipe::{Recipe, quoted};
pub use summary::{ON_THE_VIRTUAL_CLOCK, Outcome, Summary};
pub use writer::{RunFolderOutcome, RunFolderWriter};

/// The JSON schema of `summary.json`, as it is written.
pub fn summary_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Summary>().to_value()
}
