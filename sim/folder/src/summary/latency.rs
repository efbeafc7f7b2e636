//! Endpoints: how their attempts ended and how long these took, on the wire, from when they were due and as felt; and limits.

use fieldday_history::OutcomeClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One endpoint's latency against the spec's limit, attempt by attempt, as phones and desks measured it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// Its timeout class: endpoints of a class are judged together.
    pub class: String,
    /// The limit on the time of an answer; absent for the audio itself.
    pub limit_us: Option<u64>,
    /// The number of attempts that were sent, retries included.
    pub attempts: u64,
    /// How the attempts ended, by outcome class.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Attempts that were answered in any way.
    pub answered: u64,
    /// The number of answers with a status of 4xx.
    pub client_errors: u64,
    /// The number of answers with a status of 5xx.
    pub server_errors: u64,
    /// Answers that are not the API's, such as a captive portal's page.
    pub foreign: u64,
    /// Attempts that were given up after the limit.
    pub timed_out: u64,
    /// Attempts that found no network.
    pub unreachable: u64,
    /// Attempts whose connection broke before the answer was complete.
    pub broken_off: u64,
    /// Attempts that their person cancelled.
    pub cancelled: u64,
    /// Attempts that ended because the app was killed.
    pub killed: u64,
    /// The latency of attempts that succeeded or timed out; the latter count with the time at which they were given up.
    pub latency: Percentiles,
    /// The latency with each other failed attempt counted as slower than any answer; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_failures: Option<PercentilesWithFailures>,
    /// Attempts that were answered in any way, or timed out.
    #[serde(default)]
    pub judged: u64,
    /// The attempts that took longer than the limit, because of the backend or the network.
    pub beyond: u64,
    /// The result for the limit.
    pub mark: LimitMark,
    /// The `wire` latency: the time that the target itself took. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Percentiles>,
    /// The time to open a connection, of the attempts that opened one. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Percentiles>,
    /// The `due` latency: from the moment at which an attempt was due. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Percentiles>,
    /// The `felt` latency, with queue, link and retries. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub felt: Option<Percentiles>,
}

impl Limit {
    /// Attempts that could be beyond the limit. Summaries of older versions say how many latencies there are alone, which were
    /// as many.
    pub fn judged_attempts(&self) -> u64 {
        if self.judged > 0 { self.judged } else { self.latency.count }
    }
}

/// How attempts ended, each counted once. Errors are all but `expected` and `not_the_target`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Answered as expected: 2xx, or a refusal that the day plans.
    pub expected: u64,
    /// Refused unexpectedly, with a 4xx.
    pub refused: u64,
    /// Refused with the status 429.
    pub rate_limited: u64,
    /// Answered with a status of 5xx.
    pub server_error: u64,
    /// Not an answer of the API: a redirect, a page, or something unreadable.
    pub not_the_api: u64,
    /// Not answered for as long as the client waits.
    pub timed_out: u64,
    /// No connection was made, or it broke before the answer was whole.
    pub connection_failed: u64,
    /// Lost, cut or cancelled by the simulated phone or network.
    pub not_the_target: u64,
}

impl Outcomes {
    /// Attempts that the target is answerable for.
    pub fn reached(&self) -> u64 {
        self.expected + self.errors()
    }
    /// The attempts that were not answered as expected.
    pub fn errors(&self) -> u64 {
        self.refused
            + self.rate_limited
            + self.server_error
            + self.not_the_api
            + self.timed_out
            + self.connection_failed
    }
    /// The sum of both, class by class.
    #[must_use]
    pub fn plus(&self, other: &Outcomes) -> Outcomes {
        Outcomes {
            expected: self.expected + other.expected,
            refused: self.refused + other.refused,
            rate_limited: self.rate_limited + other.rate_limited,
            server_error: self.server_error + other.server_error,
            not_the_api: self.not_the_api + other.not_the_api,
            timed_out: self.timed_out + other.timed_out,
            connection_failed: self.connection_failed + other.connection_failed,
            not_the_target: self.not_the_target + other.not_the_target,
        }
    }
    /// Each count under the name of its class.
    pub fn by_class(&self) -> [(OutcomeClass, u64); OutcomeClass::ALL.len()] {
        OutcomeClass::ALL.map(|class| {
            let n = match class {
                OutcomeClass::Expected => self.expected,
                OutcomeClass::Refused => self.refused,
                OutcomeClass::RateLimited => self.rate_limited,
                OutcomeClass::ServerError => self.server_error,
                OutcomeClass::NotTheApi => self.not_the_api,
                OutcomeClass::TimedOut => self.timed_out,
                OutcomeClass::ConnectionFailed => self.connection_failed,
                OutcomeClass::NotTheTarget => self.not_the_target,
            };
            (class, n)
        })
    }
}

/// The target's failures of one kind: of one endpoint, with the same outcome, status and message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureLine {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// How the attempts ended, as in `outcomes`: `server-error`.
    pub outcome: String,
    /// The answer's status; none if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The message of the answer, with `#` for ids, or the reason why there was no answer.
    pub message: String,
    /// The number of attempts that failed in this way.
    pub count: u64,
    /// The request id of the first that had one, to look for in the target's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When the first of them ended, in UTC.
    pub first: String,
    /// When the last of them ended, in UTC.
    pub last: String,
}

/// The result of an endpoint's limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitMark {
    /// Of the answers of its class, no more than allowed came after the limit.
    Held,
    /// Of the answers of its class, more than allowed came after the limit, and this endpoint has its part in that.
    Exceeded,
    /// There is no limit, or there were too few answers to decide.
    Open,
}

/// Percentiles of attempts of which some failed: a percentile is absent if the attempt at that rank failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentilesWithFailures {
    /// The number of attempts, failed ones included.
    pub count: u64,
    /// The number of attempts that failed.
    pub failed: u64,
    /// The median, in microseconds.
    pub p50_us: Option<u64>,
    /// The 95th percentile, in microseconds.
    pub p95_us: Option<u64>,
    /// The 99th percentile, in microseconds.
    pub p99_us: Option<u64>,
    /// The 99.9th percentile, in microseconds.
    pub p999_us: Option<u64>,
}

/// A distribution in a few figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// The number of samples.
    pub count: u64,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// The 95th percentile, in microseconds.
    pub p95_us: u64,
    /// The 99th percentile, in microseconds.
    pub p99_us: u64,
    /// The 99.9th percentile, in microseconds.
    pub p999_us: u64,
    /// The greatest sample, in microseconds.
    pub max_us: u64,
}

/// Waiting, queues and old data, as reps met them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Felt {
    /// The number of rep-days that came to their end.
    pub rep_days: u64,
    /// The time for which loading indicators were shown.
    pub spinner_us: u64,
    /// The time with a loading indicator by endpoint, the longest first.
    pub spinner_by_endpoint: Vec<Part>,
    /// The number of times that "Retrying..." was shown.
    pub retrying: u64,
    /// Calls that a user cancelled.
    pub cancelled: u64,
    /// The time that phones were without network, in microseconds, over all reps.
    pub offline_us: u64,
    /// The time without network in a rep's day.
    pub offline_by_day: Percentiles,
    /// The time for which screens showed old data, marked as old.
    pub stale_us: u64,
    /// The time with old data by screen, the longest first.
    pub stale_by_screen: Vec<Part>,
    /// The age of the data on the screen; a fresh answer has age 0.
    pub age_shown: Percentiles,
    /// The number of screens that had nothing to show.
    pub nothing_to_show: u64,
    /// The number of queued actions when a queue began to be sent.
    pub queue_length: Lengths,
    /// From the network's return to an empty queue.
    pub queue_drain: Percentiles,
    /// Actions that still waited at the end of a day.
    pub queued_at_end: u64,
    /// The time until audio was stored, with all attempts and pauses.
    pub upload: Percentiles,
    /// Recordings whose audio was not stored at the end of a day.
    pub uploads_unfinished: u64,
    /// Calls that a rep's app made in a day.
    pub calls_by_day: Lengths,
}

/// A part of a span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The name of the component.
    pub of: String,
    /// The time, in microseconds.
    pub us: u64,
}

/// A distribution of counts, of what the field's name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// The number of samples.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 95th percentile.
    pub p95: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The greatest sample.
    pub max: u64,
}
