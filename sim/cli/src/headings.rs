//! The headings of the help. The heading under which an option stands is what it needs: the reader of the help and the check
//! of the command line (`options.rs`) use the same words.

/// Of a run on the wall clock.
pub const LIVE: &str = "With --target mock or a URL";
/// Of a run on the virtual clock.
pub const VIRTUAL: &str = "Without --target";
/// Of the tool's own mock.
pub const MOCK: &str = "With --target mock";
/// Of the tool's own mock, and of the simulated plant.
pub const SERVED: &str = "With --target mock or --simulate";
/// Options of a simulated fleet.
pub const SIMULATED: &str = "With --simulate";
/// Of two targets that are run in turn.
pub const IN_TURN: &str = "With --interleave";
/// Of runs that there are already.
pub const RUN_BEFORE: &str = "Without --interleave";
