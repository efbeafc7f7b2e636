//! Why a request is refused: the error of §4 before it knows its request's id.

use crate::ids;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_kernel::time::Span;

/// An error answer in the making.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: ErrorCode,
    status: u16,
    message: &'static str,
    about: Option<(&'static str, SmolStr)>,
}

impl Refusal {
    pub(crate) const fn new(code: ErrorCode, message: &'static str) -> Refusal {
        Refusal { code, status: code.status(), message, about: None }
    }
    /// 400: the body is not what the endpoint takes.
    pub(crate) const fn validation(message: &'static str) -> Refusal {
        Refusal::new(ErrorCode::ValidationError, message)
    }
    /// 400: the query, or the state it meets, does not allow it.
    pub(crate) const fn request(message: &'static str) -> Refusal {
        Refusal::new(ErrorCode::InvalidRequest, message)
    }
    /// The refusal with the error code of a wrong body.
    pub(crate) fn into_body_error(self) -> Refusal {
        Refusal { code: ErrorCode::ValidationError, ..self }
    }
    /// The row is not there, or not the caller's to see: 404.
    pub(crate) const fn not_found(message: &'static str) -> Refusal {
        Refusal::new(ErrorCode::NotFound, message)
    }
    /// The caller may not do that: 403.
    pub(crate) const fn forbidden(message: &'static str) -> Refusal {
        Refusal::new(ErrorCode::RbacViolation, message)
    }
    /// 409, for which §4 has no code.
    pub(crate) fn conflict(message: &'static str) -> Refusal {
        Refusal { status: 409, ..Refusal::request(message) }
    }
    /// With the id or field it is about.
    pub(crate) fn about(mut self, key: &'static str, value: &str) -> Refusal {
        self.about = Some((key, SmolStr::new(value)));
        self
    }
    /// The answer to the request of that key.
    pub(crate) fn answer(self, key: u64) -> Response {
        let mut body = ErrorBody::new(self.code, SmolStr::new_static(self.message), ids::request_id(key));
        if let Some((about, value)) = self.about {
            body = body.about(about, value);
        }
        Response::of(self.status, Answer::Error(Box::new(body)))
    }
}

/// The answer of a server that failed with `status`, or of a gateway that refuses with it.
pub fn failure(status: u16, retry_after: Option<Span>, key: u64) -> Response {
    let (code, message) = match status {
        429 => (ErrorCode::RateLimited, "Too many requests"),
        502 => (ErrorCode::InternalError, "Bad gateway"),
        503 => (ErrorCode::InternalError, "Service unavailable"),
        504 => (ErrorCode::InternalError, "Gateway timeout"),
        _ => (ErrorCode::InternalError, "Internal server error"),
    };
    let body = ErrorBody::new(code, SmolStr::new_static(message), ids::request_id(key));
    Response { retry_after, ..Response::of(status, Answer::Error(Box::new(body))) }
}
