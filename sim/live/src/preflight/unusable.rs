//! Why a target cannot be used, and what to do about it.

use super::refused::TokenTrouble;
use crate::http::NoConnection;
use fieldday_kernel::time::Span;
use std::borrow::Cow;

/// Why a target cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unusable {
    /// No connection can be made.
    #[error("{target} cannot be reached: {why}")]
    Unreachable {
        /// The base URL.
        target: String,
        /// What the operating system or TLS reported.
        why: NoConnection,
    },
    /// A connection is made, and no answer comes over it.
    #[error("{target} does not answer: {why}")]
    Silent {
        /// The base URL.
        target: String,
        /// How the exchange ended.
        why: String,
    },
    /// The API is somewhere else.
    #[error("{at} answers {status}, a redirect to {}", location.as_deref().unwrap_or("no place that it names"))]
    Redirected {
        /// What was asked.
        at: String,
        /// The status.
        status: u16,
        /// The header `Location`, without what may be secret in it.
        location: Option<String>,
        /// The base URL of the place that it names.
        base: Option<String>,
    },
    /// There is no API at this path.
    #[error("{at} answers 404{}", if meant.is_some() { ": the path is doubled" } else { ": the API is not there" })]
    NoApi {
        /// What was asked.
        at: String,
        /// The base URL that is probably meant.
        meant: Option<String>,
    },
    /// The target fails.
    #[error("{at} answers {status} with {what}, {times} times in a row")]
    Failing {
        /// What was asked.
        at: String,
        /// The status.
        status: u16,
        /// What came with it.
        what: String,
        /// How often it was asked.
        times: u32,
    },
    /// Something else answers where the API should be.
    #[error("{at} answers {status} with {what}, where JSON should be")]
    NotTheApi {
        /// What was asked.
        at: String,
        /// The status.
        status: u16,
        /// What came.
        what: String,
    },
    /// Answers that cannot be read.
    #[error("{at} answers in {what}, which cannot be read")]
    Unreadable {
        /// What was asked.
        at: String,
        /// The encoding or character set.
        what: String,
    },
    /// There is nobody's data in it.
    #[error("the database of {target} is empty: {asked} of its reps have no appointment today and no task at all")]
    Empty {
        /// The base URL.
        target: String,
        /// How many reps were asked for.
        asked: usize,
    },
    /// There is no token.
    #[error("no token for a rep: {why}")]
    NoToken {
        /// What the token source reported.
        why: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The token is not taken.
    #[error("{target} answers {status} to the token of a rep, at {endpoint}: {trouble}")]
    TokenRefused {
        /// The base URL.
        target: String,
        /// The status.
        status: u16,
        /// The endpoint that refused the token.
        endpoint: &'static str,
        /// What is wrong with it.
        trouble: TokenTrouble,
    },
    /// The clocks differ by too much.
    #[error("the clock of {target} is {}", ahead_words(*ahead))]
    ClockDiffers {
        /// The base URL.
        target: String,
        /// How far ahead of this machine the target's clock is; negative if behind.
        ahead: Span,
    },
    /// The clocks differ by more than tokens allow.
    #[error(
        "the clock of {target} is {}, more than tokens allow: they live for {} s, and the leeway is {} s",
        ahead_words(*ahead), life.as_seconds(), leeway.as_seconds()
    )]
    OutOfTime {
        /// The base URL.
        target: String,
        /// How far ahead of this machine the target's clock is; negative if behind.
        ahead: Span,
        /// How long a token lives.
        life: Span,
        /// For how long after its end it is still taken.
        leeway: Span,
    },
}

/// How far a clock is off.
pub(super) fn ahead_words(ahead: Span) -> String {
    format!("{} s {}", ahead.as_seconds().abs(), if ahead > Span::ZERO { "ahead" } else { "behind" })
}

impl Unusable {
    /// What to do about it.
    pub fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Unusable::Unreachable { why, .. } => why.hint(),
            Unusable::Silent { .. } => "is it an HTTP server that listens there, and does it answer curl?",
            Unusable::Redirected { base: Some(base), .. } => {
                return format!("if that is the target, name it: --target {base}").into();
            }
            Unusable::Redirected { .. } => {
                "redirects are not followed: tokens are not for whoever is named there. Name the target itself"
            }
            Unusable::NoApi { meant: Some(meant), .. } => {
                return format!("/api/v1 is added to the base URL: try {meant}").into();
            }
            Unusable::NoApi { .. } => {
                "the base URL is what stands before /api/v1: is a path missing, or one too many, or is it another host?"
            }
            Unusable::Failing { .. } => "look into the target's log: a run would measure its failure alone",
            Unusable::NotTheApi { .. } => {
                "is it the address of the API, and not that of a web page or of a proxy's login?"
            }
            Unusable::Unreadable { .. } => {
                "answers must be JSON in UTF-8, and packed only if that was asked for, which it was not"
            }
            Unusable::Empty { .. } => {
                "`fieldday fixtures export` writes the data of a scenario, and `provision` in [data] loads it: docs/data.md"
            }
            Unusable::NoToken { hint, .. } => hint,
            Unusable::TokenRefused { trouble, .. } => trouble.hint(),
            Unusable::ClockDiffers { .. } => "set one of the clocks, or allow more by `clock_difference_s` in [live]",
            Unusable::OutOfTime { .. } => {
                "set one of the clocks, or let tokens live longer: `life_s` in [tokens]; `leeway_s` in [switches] says what the \
                 target allows"
            }
        };
        hint.into()
    }
}
