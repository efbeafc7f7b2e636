//! Reps who stand for several: each of their requests comes with those of the others.
//!
//! The others are as busy as the one who is simulated, within a second of it, with work of their own. What becomes of their
//! requests nobody hears: they retry when the simulated one does. So the load is that of all of them, the feedback too, and
//! only its chance is shared; arrivals are a little burstier than those of people who know nothing of each other.
//!
//! Nor does anybody measure how long the others' attempts took. Those of the simulated reps are counted once each: since each
//! of them stands for as many, percentiles and shares would be the same, and a limit would only seem to have more samples.

use fieldday_engine::transport::plant::PlantRequest;
use fieldday_kernel::random::{Purpose, Stream, join_keys};
use fieldday_kernel::time::Span;

/// The purpose of the draws of the others' moments.
const SHADOW: Purpose = Purpose::new("simulate.shadow");
/// The others' requests follow the simulated one's within this time.
const WITHIN: Span = Span::seconds(1);
/// The cell of those that no cell hears of.
pub(super) const NO_CELL: u32 = u32::MAX;

/// The requests of those for whom the one of `arrival` stands, `stands_for` − 1 of them.
pub(super) fn of(arrival: PlantRequest, stands_for: u32) -> impl Iterator<Item = PlantRequest> {
    (1..stands_for).map(move |other| {
        let key = join_keys(arrival.key, u64::from(other));
        let later = Span::micros(Stream::new(0, SHADOW, key, 0, 0).range(0..WITHIN.as_micros()));
        PlantRequest { at: arrival.at + later, deadline: arrival.deadline + later, key, ..arrival }
    })
}
