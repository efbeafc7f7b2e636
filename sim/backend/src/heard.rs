//! What is read of a request before anything is done about it.
//!
//! Every endpoint refuses in the same order; the first that applies is the answer:
//!
//! 1. The route: 404 for a path that nobody documented, 405 for another method. A router does not ask who is there.
//! 2. The token: 401. Health and the presigned URLs ask for none.
//! 3. Whether the endpoint is implemented: 404 for an optional one that is switched off.
//! 4. The role: 403. Before the body, so that who may not call an endpoint learns nothing of what it takes.
//! 5. The shape of query and body: 400, `INVALID_REQUEST` for the query, `VALIDATION_ERROR` for the body.
//! 6. The rows that it names, one by one: 404 for another tenant's, 403 for another rep's. Before the values, so that who
//!    may not see a row learns nothing of what would fit it.
//! 7. The values: 400 where one is out of its range or two contradict each other.
//! 8. The state: 400 for what does not go now.
//!
//! A request that is refused changes nothing. `tenant_id`, wherever it stands, and `X-Company-Id` are not looked at: the
//! tenant is the token's.

use crate::defects::{BackendDefect, Defects};
use crate::ids;
use crate::request::{Request, Target};
use fieldday_api::SmolStr;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::http::{decode_after_blanks, op_of};
use std::borrow::Cow;

/// A request that was read.
pub(crate) struct ParsedRequest<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) call: Result<Cow<'a, Call>, Misread>,
    /// The tenant that it claims to be of beside its token. Only a defect believes it.
    pub(crate) claims_tenant: Option<SmolStr>,
}

/// A request that is no call.
pub(crate) struct Misread {
    /// Whether its route is known: then token and role are looked at before it is refused.
    pub(crate) is_routed: bool,
    pub(crate) error: Box<ErrorBody>,
}

/// A request as it stands on a wire.
pub(crate) struct Wire<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// So many blanks go before the body.
    pub(crate) blanks: u32,
    pub(crate) body: &'a [u8],
    pub(crate) company_id: Option<&'a str>,
}

impl<'a> ParsedRequest<'a> {
    pub(crate) fn of(request: &Request<'a>, defects: Defects) -> ParsedRequest<'a> {
        let target = Target::of(request);
        match request.call {
            Call::Raw(raw) => ParsedRequest::raw(raw, target, defects),
            typed => ParsedRequest { target, call: Ok(Cow::Borrowed(typed)), claims_tenant: None },
        }
    }

    fn raw(raw: &RawCall, target: Target<'a>, defects: Defects) -> ParsedRequest<'a> {
        let wire = Wire {
            method: raw.method.as_str(),
            path: &raw.path,
            query: &raw.query,
            blanks: raw.padding,
            body: raw.body.as_bytes(),
            company_id: raw.company_id.as_deref(),
        };
        ParsedRequest::wire(&wire, target, defects)
    }

    pub(crate) fn wire(wire: &Wire<'_>, target: Target<'a>, defects: Defects) -> ParsedRequest<'a> {
        let request_id = ids::request_id(target.key);
        let asked = (wire.method, wire.path, wire.query);
        let read = |body: &[u8]| decode_after_blanks(wire.blanks, asked, body, &request_id);
        let mut call = read(wire.body);
        if let Err(error) = &call
            && defects.has(BackendDefect::UnknownValuesIgnored)
            && error.detail.error_code == ErrorCode::ValidationError
            && let Some(body) = without_what_is_not_understood(wire.body, |body| read(body).is_ok())
        {
            call = read(&body);
        }
        let is_routed = op_of(wire.method, wire.path).is_some();
        let in_query = wire.query.split('&').find_map(|pair| pair.strip_prefix("tenant_id="));
        ParsedRequest {
            target,
            call: call.map(Cow::Owned).map_err(|error| Misread { is_routed, error }),
            claims_tenant: in_query.or(wire.company_id).map(SmolStr::new),
        }
    }
}

/// The body without the one field that keeps it from being read.
fn without_what_is_not_understood(body: &[u8], is_read: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    fields.keys().find_map(|name| {
        let mut others = fields.clone();
        others.remove(name);
        serde_json::to_vec(&others).ok().filter(|body| is_read(body))
    })
}
