//! Exit codes beside those of verdicts. docs/exit-codes.md lists all of them.

/// The command line or a file is wrong.
pub const WRONG: u8 = 2;
/// The target cannot be used, and the run did not begin.
pub const UNUSABLE: u8 = 3;
/// Nothing can be said: a result is missing, or differs from the one it should equal.
pub const INCONCLUSIVE: u8 = 4;
/// The command was interrupted; what it had is kept.
pub const INTERRUPTED: u8 = 130;
