//! What some values are in JSON whose own types know no schema: for the schema of a simulation alone.

use schemars::JsonSchema;

/// A length of time, in microseconds.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is only described")]
pub struct Micros(i64);

/// How an app tries a call again that failed.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is only described")]
pub struct RetryingForm {
    /// The greatest number of retries of a call.
    retries: u32,
    /// Whether the waits between them are drawn at random, with the same mean.
    jitter: bool,
}
