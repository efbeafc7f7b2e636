//! A request as it reaches the backend.

use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::http::op_of;
use fieldday_api::token::Credential;

/// One attempt of a call, as it reaches the backend.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The call that this is an attempt of.
    pub call: &'a Call,
    /// The credential that the attempt carries.
    pub credential: &'a Credential,
    /// The identity of this attempt, unlike that of any other: everything that the backend draws or names for it is keyed
    /// by it.
    pub key: u64,
}

/// What strikes a request, and what is drawn for it, goes by this: where it leads, who sent it, and its identity.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) op: Op,
    pub(crate) credential: &'a Credential,
    pub(crate) key: u64,
}

impl<'a> Target<'a> {
    pub(crate) fn of(request: &Request<'a>) -> Target<'a> {
        let op = match request.call {
            Call::Raw(raw) => op_of(raw.method.as_str(), &raw.path).unwrap_or(raw.op),
            typed => typed.op(),
        };
        Target { op, credential: request.credential, key: request.key }
    }
}
