//! What a run comes to, for people and for programs.
//!
//! A [`Summary`] is made of what came of a run and holds all that is said of it, as plain data: the [terminal]
//! shows it, `summary.json` is it. A [`Folder`] keeps it with everything else, so that a kill at any moment leaves a
//! folder that says it is incomplete. The [catalogue] lists what can be judged and what can be broken. Nothing here has a
//! clock: what the machine took is told by whoever ran it.

mod build;
mod cases;
pub mod catalogue;
pub mod check;
pub mod compare;
mod contract;
mod diagram;
pub mod documents;
pub mod explored;
mod folder;
pub mod har;
pub mod hlog;
mod kept;
pub mod nights;
pub mod page;
pub mod proof;
mod recipe;
pub mod script;
pub mod series;
pub mod stats;
pub mod stepper;
pub mod store;
pub mod story;
pub mod summary;
pub mod terminal;
pub mod timeline;
pub mod trend;
pub mod view;

pub use build::Facts;
pub use cases::{CellClock, cell_of, cells_to_look_at};
pub use folder::{Folder, FolderError, HISTORY, Host, RUN_SCHEMA, RunFile, VIRTUAL};
pub use kept::{Compared, Kept, KeptError};
pub use recipe::Recipe;
pub use summary::{Outcome, Summary};

/// The JSON schema of `summary.json`, as it is written.
pub fn summary_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Summary>().to_value()
}
