//! `app.private` (§0.3, §0.5): no token, phone number, e-mail, name or address in a log line.
//!
//! That events, histories and reports hold none is a matter of types; what the app writes into its own log is told by kind.

use crate::exchanges::ClientEvent;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::private::PrivateKind;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;

#[derive(Default)]
pub(crate) struct PrivateLog;

impl Judge for PrivateLog {
    const RULES: &'static [Rule] = &[Rule::AppPrivate];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::NONE;

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        let (EventKind::Logged { leaks, call, .. }, true) = (t.what, t.client.is_phone()) else { return };
        notes.judge(Rule::AppPrivate, t, leaks.is_none(), || {
            let what = match leaks {
                Some(PrivateKind::Token) => "a token",
                Some(PrivateKind::Phone) => "a phone number",
                Some(PrivateKind::Email) => "an e-mail address",
                None => "nothing",
            };
            format!("expected nothing private in the log, the line about call {call} holds {what}")
        });
    }
}
