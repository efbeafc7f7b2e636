//! The rules of the specification as small judges over events, and the measures of what people felt.
//!
//! [`Judges`] take one cell's events in their order and give [`Findings`]: for every rule how often it was exercised,
//! broken, or could not be decided, and the first [violations](Violation). [`Measures`] take the same events and give
//! latencies and what a person felt of them. Both add up over cells.
//!
//! The scenario's own [limits] are judged over the measures, and the [verdict] weighs all of it: it decides the exit code.
//!
//! # What a judge may believe
//!
//! A judge sees what clients saw and nothing else. A request whose end its client does not know (no answer, a 5xx,
//! something foreign in place of an answer) may have happened, may happen later, or never; judges keep the *set* of what
//! is still possible, and a rule is broken only where that set runs empty. Two things are ordered only if the end of one
//! stands before the sending of the other in the stream. A system without defects trips no judge, ever.
//!
//! # How an event travels
//!
//! The exchange tracker joins what was sent with its end into an [`Exchange`]. The facts look at it first: which
//! appointments, tasks, sessions and shifts it shows, and what of that is impossible after all that was known. Then every
//! judge is asked, with the facts as they were before; then the facts learn from it.
//!
//! # How to add a judge
//!
//! 1. A file in `judges/` with a type that implements `Judge`: `RULES` names what it decides, and of the hooks it takes
//!    those it needs, `SENT` and `ENDED` naming the endpoints that matter to it. State by client goes into a `PerClient`,
//!    by id into a `ById`, and must be bounded per rep. What is told but not yet listened to stands in `is_heard`.
//! 2. A line in `bench!` in `judge.rs`. A test of that file fails while a rule has no judge.
//! 3. `notes.held(rule)` for every case that was decided well, `notes.broken(…)` with a sentence that says what was
//!    expected and what was seen, without private values, and `notes.inconclusive(rule)` for a case that nobody can decide.
//! 4. In `tests/`, a stream that trips it and one that does not, the doubtful cases among the latter.

mod arrays;
mod contract;
pub mod disturbed;
mod exchanges;
mod facts;
mod failing;
mod findings;
pub mod growth;
mod judge;
mod judges;
pub mod limit_result;
pub mod limits;
mod marks;
mod measures;
mod notes;
mod settings;
mod signature;
mod stand_ins;
mod tables;
mod told;
mod traffic;
pub mod verdict;

pub use contract::{Contract, ContractFinding};
pub use exchanges::{ClientInfo, Effect, Exchange, OpenAttempt, PreviousAttempt, PreviousEnd};
pub use failing::{Failing, Tries, always_failing, part_of};
pub use findings::{
    CLASSES, Findings, Hazard, HazardCase, Hazards, Punctuality, ReadingCase, Readings, RuleCount, RuleVerdict,
    Violation,
};
pub use judge::{Judges, is_judged};
pub use marks::{Mark, Marks};
pub use measures::{
    Activity, AnswerBins, BINS_MAX, BUCKETS, Bin, Failure, FailureKind, Failures, Felt, GrowthPoint, Latencies,
    LazyHistogram, LiveClocks, Measures, OpMeasures, Plateau, SERIES_CLASSES, Series, TRACKS_MAX, Track, Tracks,
    Undelivered, Waypoint, bucket_from_us,
};
pub use settings::Settings;
pub use signature::Signature;
pub use told::causes;
pub use traffic::{Carried, Traffic};
