//! What can go wrong with a backend that keeps the specification: one list of kinds for scenarios, plans and backends.

use crate::endpoint::Op;
use fieldday_kernel::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Kinds of failures of the backend.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MishapKind {
    /// Answers with `status` and has no effect.
    ErrorBeforeCommit,
    /// Takes effect and answers with `status`.
    ErrorAfterCommit,
    /// Takes effect and sends no answer.
    LostAnswer,
    /// Answers `extra_ms` milliseconds later than it would.
    Slow,
    /// Answers 429 with a `Retry-After` of `retry_after_s`.
    RateLimit,
    /// The backend is down from `from` to `until`.
    Restart,
    /// Shunya takes `factor` times as long.
    ShunyaSlow,
    /// Shunya's processing of the recording fails.
    ShunyaFails,
}

impl MishapKind {
    /// The figure that it needs, by the name of its field; the other figures mean nothing to it.
    pub const fn figure(self) -> Option<&'static str> {
        match self {
            MishapKind::ErrorBeforeCommit | MishapKind::ErrorAfterCommit => Some("status"),
            MishapKind::Slow => Some("extra_ms"),
            MishapKind::RateLimit => Some("retry_after_s"),
            MishapKind::ShunyaSlow => Some("factor"),
            MishapKind::LostAnswer | MishapKind::Restart | MishapKind::ShunyaFails => None,
        }
    }
}

/// How much goes wrong. Each kind reads its own [figure](MishapKind::figure).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Figures {
    /// The status of error answers: 500 to 599.
    pub status: u16,
    /// The delay of slow answers, in milliseconds.
    pub extra_ms: u32,
    /// What the `Retry-After` of a rate limit says.
    pub retry_after_s: u32,
    /// The factor on the time that Shunya takes.
    pub factor: u32,
}

impl Default for Figures {
    fn default() -> Figures {
        Figures { status: 500, extra_ms: 1, retry_after_s: 1, factor: 1 }
    }
}

/// Something that goes wrong with the backend for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mishap {
    /// `cell-0/mishap/restart-1`: part of the key of its draws.
    pub name: String,
    /// What goes wrong. Every kind goes by the time at which a request arrives, or a recording is handed to Shunya.
    pub kind: MishapKind,
    /// The figures of the kind: status, delay, factor.
    pub figures: Figures,
    /// The time from which it strikes.
    pub from: Time,
    /// The time until which it strikes, exclusive.
    pub until: Time,
    /// How many requests (or recordings) in a million it strikes.
    pub rate_ppm: u32,
    /// Which endpoints: all of them if empty. What strikes recordings does not ask.
    pub ops: Vec<Op>,
    /// Only this tenant's requests; everybody's when absent.
    pub tenant: Option<SmolStr>,
}
