//! In wiremock: the handler is a responder.

use crate::handler::{Arrival, Handler, Outcome};
use wiremock::{Request, Respond, ResponseTemplate};

/// For tests of a client in Rust: the model backend as what a wiremock server answers. wiremock keeps every request and
/// answers one at a time, so it is no target for load; that is what [`crate::Mock`] is for.
///
/// A request takes effect as it comes, and its answer is held back for as long as it would have been worked on: so racy
/// defects, which need two requests that overlap, do not show here. wiremock breaks no connection in place of an answer:
/// where [`crate::Mock`] breaks it, this answers 502 without a body, as a proxy does whose upstream went away.
impl Respond for Handler {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let arrival = Arrival {
            method: request.method.as_str(),
            path: request.url.path(),
            query: request.url.query().unwrap_or_default(),
            authorization: header("authorization"),
            company_id: header("x-company-id"),
            host: header("host"),
            body: &request.body,
            uploaded: request.body.len() as u64,
        };
        let pending = self.arrive(&arrival);
        let takes = pending.takes().duration();
        let reply = match pending.take_effect() {
            Outcome::Answered(reply) => reply,
            Outcome::Cut => return ResponseTemplate::new(502),
        };
        let mut template = ResponseTemplate::new(reply.status).set_delay(takes);
        for (name, value) in reply.headers() {
            template = template.insert_header(name, value);
        }
        match reply.body {
            Some(body) => template.set_body_raw(body, "application/json"),
            None => template,
        }
    }
}
