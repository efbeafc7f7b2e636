//! Why a target cannot be used, and what to do about it.

use super::refused::{TokenTrouble, ahead_words};
use crate::http::NoConnection;
use fieldday_kernel::time::Span;
use std::borrow::Cow;

/// Why a target cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unusable {
    /// No connection can be made.
    #[error("{target} cannot be reached: {why}")]
    Unreachable {
        /// The base URL of the target.
        target: String,
        /// What the operating system or TLS reported.
        why: NoConnection,
    },
    /// A connection is made, and no answer comes over it.
    #[error("{target} does not answer: {why}")]
    Silent {
        /// The base URL of the target.
        target: String,
        /// The reason in a few words.
        why: String,
    },
    /// The API is somewhere else.
    #[error("{at} answers {status}, a redirect to {}", location.as_deref().unwrap_or("an unnamed location"))]
    Redirected {
        /// The URL that was asked.
        at: String,
        /// The HTTP status, 300 to 399.
        status: u16,
        /// The header `Location`, without what may be secret in it.
        location: Option<String>,
        /// The base URL of the place that it names.
        base: Option<String>,
    },
    /// There is no API at this path.
    #[error("{at} answers 404{}", if meant.is_some() { ": the path is repeated" } else { ": no API at this path" })]
    NoApi {
        /// The URL that was asked.
        at: String,
        /// The base URL that is probably meant.
        meant: Option<String>,
    },
    /// The target answers with errors of its own.
    #[error("{at} answers {status} with {what}, {times} times in a row")]
    Failing {
        /// The URL that was asked.
        at: String,
        /// The HTTP status of the last answer.
        status: u16,
        /// The kind of body that came with it.
        what: String,
        /// How often the target was asked, in vain.
        times: u32,
    },
    /// Something else answers where the API should be.
    #[error("{at} answers {status} with {what} instead of JSON")]
    NotTheApi {
        /// The URL that was asked.
        at: String,
        /// The HTTP status of the answer.
        status: u16,
        /// The kind of body that came.
        what: String,
    },
    /// Answers that cannot be read.
    #[error("{at} answers in {what}, which cannot be read")]
    Unreadable {
        /// The URL that was asked.
        at: String,
        /// The encoding or character set.
        what: String,
    },
    /// There is nobody's data in it.
    #[error("the database of {target} is empty: {asked} of its reps have no appointment today and no task")]
    Empty {
        /// The base URL of the target.
        target: String,
        /// The number of reps whose rows were asked for.
        asked: usize,
    },
    /// No token could be had for a rep.
    #[error("no token for a rep: {why}")]
    NoToken {
        /// What the token source reported.
        why: String,
        /// What the user can do about it, in a sentence.
        hint: &'static str,
    },
    /// The target refuses the token of a rep.
    #[error("{target} answers {status} to the token of a rep, at {endpoint}: {trouble}")]
    TokenRefused {
        /// The base URL of the target.
        target: String,
        /// The HTTP status of the refusal.
        status: u16,
        /// The endpoint that refused the token.
        endpoint: &'static str,
        /// The reason why it is refused.
        trouble: TokenTrouble,
    },
    /// The clocks differ by too much.
    #[error("the clock of {target} is {}", ahead_words(*ahead))]
    ClockDiffers {
        /// The base URL of the target.
        target: String,
        /// How far ahead of this machine the target's clock is; negative if behind.
        ahead: Span,
    },
    /// The clocks differ by more than tokens allow.
    #[error(
        "the clock of {target} is {}, too much for tokens that live for {} s with a leeway of {} s",
        ahead_words(*ahead), life.as_seconds(), leeway.as_seconds()
    )]
    OutOfTime {
        /// The base URL of the target.
        target: String,
        /// How far ahead of this machine the target's clock is; negative if behind.
        ahead: Span,
        /// How long a token is valid from its issue.
        life: Span,
        /// For how long after its end it is still taken.
        leeway: Span,
    },
}

impl Unusable {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Unusable::Unreachable { why, .. } => why.hint(),
            Unusable::Silent { .. } => "check that an HTTP server listens there and answers curl",
            Unusable::Redirected { base: Some(base), .. } => {
                return format!("if that is the target, use it: --target {base}").into();
            }
            Unusable::Redirected { .. } => {
                "redirects are not followed, so that no token is sent elsewhere; use the final address as the target"
            }
            Unusable::NoApi { meant: Some(meant), .. } => {
                return format!("/api/v1 is added to the base URL: try {meant}").into();
            }
            Unusable::NoApi { .. } => "the base URL is everything before /api/v1: check its host and path",
            Unusable::Failing { .. } => "see the target's log; a run would measure only this failure",
            Unusable::NotTheApi { .. } => {
                "check that this is the address of the API, not of a web page or a proxy login"
            }
            Unusable::Unreadable { .. } => "answers must be uncompressed JSON in UTF-8",
            Unusable::Empty { .. } => {
                "export a scenario's data with `fieldday fixtures export`, and load it, for example by `provision` in [data]: docs/data.md"
            }
            Unusable::NoToken { hint, .. } => hint,
            Unusable::TokenRefused { trouble, .. } => trouble.hint(),
            Unusable::ClockDiffers { .. } => "correct one of the clocks, or raise `clock_difference_s` in [live]",
            Unusable::OutOfTime { .. } => {
                "correct one of the clocks, or raise `life_s` in [tokens]; `leeway_s` in [switches] is the leeway of the target"
            }
        };
        hint.into()
    }
}
