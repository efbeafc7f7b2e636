//! `app.nulls` (§3.2, §3.5): null in any field that Shunya fills is coped with. No crash over an answer; audio controls where
//! there is audio, the transcript where there is text, the analysis whenever there is one, in ghost mode too.

use crate::exchanges::{ClientEvent, Exchange};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;

const RULE: Rule = Rule::AppNulls;
/// The most sessions that are remembered of a rep.
const SESSIONS: usize = 32;

#[derive(Default)]
pub(crate) struct Nulls {
    /// What there was to show of each session, when it was last read: audio, transcript, analysis.
    sessions: PerClient<Vec<(SmolStr, [bool; 3])>>,
}

impl Judge for Nulls {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::GetRecording]);

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        match t.what {
            EventKind::Crashed { op } => {
                notes.broken(RULE, t, || format!("expected the app to handle an answer to {op}, it crashed"));
            }
            EventKind::Results { session_id, playback, transcript, analysis } => {
                let sessions = self.sessions.of(t.client.index);
                let Some((_, there)) = sessions.iter().find(|(id, _)| id == session_id) else { return };
                let shown = [*playback, *transcript, *analysis];
                let differs = (0..3).find(|part| there[*part] != shown[*part]);
                notes.judge(RULE, t, differs.is_none(), || {
                    let part = differs.map_or("", |part| ["audio controls", "the transcript", "the analysis"][part]);
                    let (expected, seen) =
                        if differs.is_some_and(|part| there[part]) { ("shown", "not") } else { ("absent", "shown") };
                    format!("expected {part} of {session_id} to be {expected}, got {seen}")
                });
            }
            _ => {}
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let (true, Some(Answer::Recording(body))) = (x.client.is_phone(), x.success()) else { return };
        let session = &body.session;
        let transcript = session.transcript.as_ref().is_some_and(|t| t.transcript_text.is_some());
        let there = [session.audio_url.is_some(), transcript, session.analysis.is_some()];
        let sessions = self.sessions.of(x.client.index);
        match sessions.iter_mut().find(|(id, _)| *id == session.id) {
            Some((_, known)) => *known = there,
            None => push_bounded(sessions, SESSIONS, (session.id.clone(), there)),
        }
    }
}
