//! Where reps are, and what the mobile network does to their phones there.
//!
//! [Places](place) lie in the plane of a [territory]; a phone is on a [leg](track) of its way, under the [air] of its tenant:
//! regions of [coverage], holes and spots, and a [profile](network) of measured round-trip times, losses and gaps, or a
//! [trace] of somebody's own measurements. A [`Link`](link::Link) decides the fate of every attempt that a phone makes, from where it is, when, and the seed.
//!
//! Nothing here has a clock or does I/O.

pub mod air;
pub mod coverage;
pub mod link;
pub mod network;
pub mod place;
mod quantiles;
pub mod territory;
pub mod trace;
pub mod track;
