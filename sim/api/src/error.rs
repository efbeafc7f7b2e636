//! The error envelope and its codes (§0.3, §4).

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The codes of §4, and the statuses that the spec leaves without one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// 401: the token has expired.
    TokenExpired,
    /// 401: the token names no tenant.
    MissingTenantId,
    /// 401: no token, or one that does not verify.
    InvalidToken,
    /// 404: no such thing, or not of this tenant.
    NotFound,
    /// 400: the body is not what the endpoint takes.
    ValidationError,
    /// 400: the query, or the state it meets, does not allow it.
    InvalidRequest,
    /// 403: not for this role, or another rep's.
    RbacViolation,
    /// 500: the server failed. Also sent with 502, 503 and 504.
    InternalError,
    /// 429: too many requests. §4 has no code for it.
    RateLimited,
    /// 405: a method the path does not have. §4 has no code for it.
    MethodNotAllowed,
    /// A code that the spec does not know (read from a live target, never sent by the model).
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The status that §4 gives the code (the usual one where §4 is silent).
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::TokenExpired | ErrorCode::MissingTenantId | ErrorCode::InvalidToken => 401,
            ErrorCode::NotFound => 404,
            ErrorCode::ValidationError | ErrorCode::InvalidRequest => 400,
            ErrorCode::RbacViolation => 403,
            ErrorCode::RateLimited => 429,
            ErrorCode::MethodNotAllowed => 405,
            ErrorCode::InternalError | ErrorCode::Unknown => 500,
        }
    }
    /// The code as it stands in answers.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorCode::TokenExpired => "TOKEN_EXPIRED",
            ErrorCode::MissingTenantId => "MISSING_TENANT_ID",
            ErrorCode::InvalidToken => "INVALID_TOKEN",
            ErrorCode::NotFound => "NOT_FOUND",
            ErrorCode::ValidationError => "VALIDATION_ERROR",
            ErrorCode::InvalidRequest => "INVALID_REQUEST",
            ErrorCode::RbacViolation => "RBAC_VIOLATION",
            ErrorCode::InternalError => "INTERNAL_ERROR",
            ErrorCode::RateLimited => "RATE_LIMITED",
            ErrorCode::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            ErrorCode::Unknown => "UNKNOWN",
        }
    }
    /// Whether §4 allows the code with `status`.
    pub fn agrees_with(self, status: u16) -> bool {
        match status {
            400 | 401 | 403 | 404 => self.status() == status,
            500..=599 => self == ErrorCode::InternalError,
            // The spec has no code for any other status: it keeps its status with any code.
            _ => true,
        }
    }
}

/// The [stand-in](crate::call::Response::stand_ins) of an error whose code is there, and is none that the spec knows: the code
/// of its status is read instead.
pub const UNKNOWN_CODE: &str = "detail.error_code (unknown)";

/// The content of `detail` in an error answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// The machine-readable code, one of those in §4.
    pub error_code: ErrorCode,
    /// What went wrong, for people; it holds no private value.
    pub message: SmolStr,
    /// The id to give the backend team; §0.3 calls it `trace_id` too.
    #[serde(alias = "trace_id")]
    pub request_id: SmolStr,
    /// Ids and field names that the error is about.
    #[serde(default)]
    pub details: BTreeMap<SmolStr, SmolStr>,
}

/// The body of every 4xx and 5xx.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The one field of the envelope.
    pub detail: ErrorDetail,
}

impl ErrorBody {
    /// An error with a code, a message and the request's id.
    pub fn new(code: ErrorCode, message: impl Into<SmolStr>, request_id: impl Into<SmolStr>) -> ErrorBody {
        let detail = ErrorDetail {
            error_code: code,
            message: message.into(),
            request_id: request_id.into(),
            details: BTreeMap::new(),
        };
        ErrorBody { detail }
    }
    /// Adds a detail.
    pub fn about(mut self, key: &str, value: impl Into<SmolStr>) -> ErrorBody {
        self.detail.details.insert(key.into(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_reads_as_the_spec_shows_it() {
        let text = r#"{"detail":{"error_code":"NOT_FOUND","message":"Appointment not found",
            "request_id":"req_abc123xyz","details":{"appointment_id":"appt_123"}}}"#;
        let body: ErrorBody = serde_json::from_str(text).unwrap();
        let made = ErrorBody::new(ErrorCode::NotFound, "Appointment not found", "req_abc123xyz");
        assert_eq!(body, made.about("appointment_id", "appt_123"));
        let again: ErrorBody = serde_json::from_str(&serde_json::to_string(&body).unwrap()).unwrap();
        assert_eq!(again, body);
    }

    #[test]
    fn a_trace_id_serves_as_request_id_and_an_unknown_code_is_read() {
        let body: ErrorBody =
            serde_json::from_str(r#"{"detail":{"error_code":"TEAPOT","message":"","trace_id":"t1"}}"#).unwrap();
        assert_eq!(body.detail.request_id, "t1");
        assert_eq!(body.detail.error_code, ErrorCode::Unknown);
    }

    #[test]
    fn codes_agree_with_their_own_status_alone() {
        assert!(ErrorCode::NotFound.agrees_with(404));
        assert!(!ErrorCode::NotFound.agrees_with(403));
        assert!(ErrorCode::InternalError.agrees_with(503));
        assert!(!ErrorCode::NotFound.agrees_with(500));
        assert!(ErrorCode::InvalidRequest.agrees_with(409), "the spec has no code for 409");
    }
}
