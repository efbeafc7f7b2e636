//! `read.your-writes` (§0.2): a read after an acknowledged write shows that write, or one that may have come after it.
//!
//! For appointments and tasks field by field, over all clients: whoever wrote last, the read must know. For sessions and
//! shifts by what an acknowledged start, stop, upload or clock-out left.

use crate::exchanges::Exchange;
use crate::facts::views::{ASSIGNED, is_update};
use crate::facts::{Facts, sessions, shifts};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::told::About;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::RecordingMode;
use fieldday_api::names::Role;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;

const RULE: Rule = Rule::ReadYourWrites;

#[derive(Default)]
pub(crate) struct YourWrites;

impl Judge for YourWrites {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let looked = &facts.looked;
        let mut lost = 0;
        let (part, cases) = match is_update(x.op) {
            true => (Part::WritesAnswer, looked.own_writes),
            false => (Part::WritesRead, looked.your_writes),
        };
        for impossible in &looked.impossible {
            let wrong = impossible.wrong;
            // Whose an appointment is, the list does not say: that is for another rule.
            let listed = matches!(x.success(), Some(Answer::Appointments(_))) && wrong.field == ASSIGNED;
            let repeated = impossible.repeat && wrong.named;
            if listed || repeated || !wrong.acked {
                continue;
            }
            lost += 1;
            let what = if wrong.named { "the answer to the update itself does not show it" } else { "it is not shown" };
            notes.broken(part, x, || {
                format!("an acknowledged update is lost, {what}: {}", impossible.says()).about(&impossible.id)
            });
        }
        notes.held_times(part, cases.saturating_sub(lost));
        session(x, facts, notes);
        shift(x, facts, notes);
    }
}

fn session(x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let Call::GetRecording { session_id } = &**x.call else { return };
    let Some(known) = facts.session() else { return };
    let before = |since: Option<u64>| since.is_some_and(|since| since < x.sent_seq);
    if before(known.started) && x.success().is_some() {
        notes.held(Part::WritesSession);
    }
    // To whoever may not see it, it is not there.
    let may_see = known.tenant == Some(x.client.tenant)
        && (x.client.role != Role::SalesRep || known.started_by == Some(x.client.index));
    if x.refusal() == Some(404) && before(known.started) && may_see {
        notes.broken(Part::WritesSession, x, || {
            format!("expected {session_id}, whose start was acknowledged, got 404").about(session_id)
        });
    }
    let Some(shown) = sessions::shown(x) else { return };
    if before(known.stop_acked) && x.shows("ended_at") {
        notes.judge(Part::WritesSession, x, shown.ended_at.is_some(), || {
            format!("expected ended_at of {session_id}, whose stop was acknowledged, got null").about(session_id)
        });
    }
    // Only a target that shows where audio is kept can be asked for it; other modes keep none.
    let kept = shown.mode == RecordingMode::Full && shown.audio_storage_mode.is_some() && x.shows("audio_url");
    if kept && known.uploads.iter().any(|upload| before(upload.acked)) {
        notes.judge(Part::WritesSession, x, shown.audio_url.is_some(), || {
            format!("expected audio_url of {session_id}, whose upload was acknowledged, got null").about(session_id)
        });
    }
}

fn shift(x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    if x.op != Op::ShiftToday {
        return;
    }
    let Some(shown) = shifts::shown(x) else { return };
    let known = facts.shift_day(shown).and_then(|day| day.out_acked);
    if known.is_some_and(|since| since < x.sent_seq) && x.shows("clock_out_at") {
        notes.judge(Part::WritesShift, x, shown.clock_out_at.is_some(), || {
            format!("expected clock_out_at of {}, whose clock-out was acknowledged, got null", shown.id)
                .about(&shown.id)
        });
    }
}
