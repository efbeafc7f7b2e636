//! Cases as they are recorded.

use crate::Pass;
use crate::actor::{Actor, Reply};
use crate::together::together;
use fieldday_api::call::Call;
use fieldday_api::rules::Rule;
use fieldday_history::EventKind;
use fieldday_history::event::{CheckOutcome, Checked};
use fieldday_kernel::time::Span;

/// A case in the making: which rule, what was tried, whose call decides it.
pub(crate) struct Case<'a> {
    pub by: &'a Actor,
    pub rule: Rule,
    pub check: String,
    pub reply: Option<&'a Reply>,
}

impl Case<'_> {
    fn ends(self, outcome: CheckOutcome) {
        let (call, op) = (self.reply.map(|reply| reply.call), self.reply.map(|reply| reply.op));
        let checked = Checked { rule: self.rule, check: self.check.into(), call, op, outcome };
        self.by.station.record(EventKind::Checked(Box::new(checked)));
    }
    /// Ends the case: held or broken. `came` is called only if it is broken.
    pub fn judge(self, holds: bool, expected: impl Into<String>, came: impl FnOnce() -> String) {
        self.ends(match holds {
            true => CheckOutcome::Held,
            false => CheckOutcome::Broken { expected: expected.into().into(), came: came().into() },
        });
    }
    /// The reply must be a success, of which `wrong` has nothing to say. Without a decision of the target, nobody can say.
    pub fn succeeds(self, expected: &str, wrong: impl FnOnce(&Reply) -> Option<String>) {
        let Some(reply) = self.reply else { return self.undecided() };
        if !reply.is_decided() {
            return self.undecided();
        }
        let came = if reply.success().is_some() { wrong(reply) } else { Some(reply.says()) };
        self.judge(came.is_none(), expected, || came.unwrap_or_default());
    }
    /// The reply must be a refusal with one of these statuses.
    pub fn refuses(self, statuses: &[u16], expected: &str) {
        let Some((status, reply)) = self.reply.and_then(|reply| Some((reply.status()?, reply))) else {
            return self.undecided();
        };
        // An error of the server refuses nothing, and lets nothing through.
        if status >= 500 || !reply.is_decided() && !(400..500).contains(&status) {
            return self.undecided();
        }
        let came = reply.says();
        self.judge(statuses.contains(&status), expected, || came);
    }
    /// Ends the case: nobody can say whether the rule held.
    pub fn undecided(self) {
        self.ends(CheckOutcome::Undecided);
    }
}

/// The statuses of a request that is not what the endpoint takes. 422 is a matter of form, and told as that.
pub(crate) const MALFORMED: &[u16] = &[400, 422];

impl Pass {
    /// Begins a case of a rule; `reply` is the answer that will decide it.
    pub(crate) fn case<'a>(
        &self,
        by: &'a Actor,
        rule: Rule,
        check: impl Into<String>,
        reply: impl Into<Option<&'a Reply>>,
    ) -> Case<'a> {
        Case { by, rule, check: check.into(), reply: reply.into() }
    }
    /// A rule, or a part of it, that could not be put to the test.
    pub(crate) fn untested(&self, rule: Rule, check: &str, why: &str) {
        let case = Case { by: self.rep(), rule, check: check.to_owned(), reply: None };
        case.ends(CheckOutcome::Untested { why: why.into() });
    }
    /// Sends one request `times` times at once; the answers in the order of sending.
    pub(crate) async fn at_once(&self, by: &Actor, call: &Call, times: usize) -> Vec<Reply> {
        // A token in hand first: else each would fetch its own, and be late by that.
        by.claims().await;
        together((0..times).map(|_| Box::pin(by.ask(call.clone())) as _)).await
    }
    /// Waits for a moment between two requests that must not be taken for one.
    pub(crate) async fn later(&self) {
        self.rep().station.sleep(Span::millis(1_100)).await;
    }
}
