//! The headings of the help. The heading under which an option stands is what it needs: the reader of the help and the check
//! of the command line (`options.rs`) use the same words.

/// Options of a run on the wall clock.
pub const LIVE: &str = "With --target mock or a URL";
/// Options of a run on the virtual clock.
pub const VIRTUAL: &str = "Without --target";
/// The heading of options for the built-in mock.
pub const MOCK: &str = "With --target mock";
/// Options of the built-in mock and of the simulated plant.
pub const SERVED: &str = "With --target mock or --simulate";
/// The heading of options for a simulated deployment.
pub const SIMULATED: &str = "With --simulate";
/// Options for two targets that are run in turn.
pub const IN_TURN: &str = "With --interleave";
/// The heading of options for comparing runs that exist.
pub const RUN_BEFORE: &str = "Without --interleave";
