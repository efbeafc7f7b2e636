//! `app.upload-checks-first` (§0.2): before an upload is repeated, the app looks whether it already happened.
//!
//! An upload is repeated where the audio is put, or its report sent, in another call than before. A further attempt of
//! the same call after a 5xx is the retry of §0.3, and needs no look. Which session audio is of is told by its size: the last that
//! began with it.

use crate::exchanges::{ClientEvent, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;

const RULE: Rule = Rule::AppUploadChecksFirst;
/// The most uploads that are remembered of a rep.
const UPLOADS: usize = 32;

#[derive(Default)]
pub(crate) struct UploadChecks {
    uploads: PerClient<Vec<Upload>>,
}

struct Upload {
    session_id: SmolStr,
    bytes: u64,
    /// The call in which the audio was last put, and that of the last report.
    put: Option<u32>,
    report: Option<u32>,
    /// The session was read since the last of them.
    looked: bool,
}

impl Judge for UploadChecks {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::of(&[Op::PutAudio, Op::UploadAudio]);
    const ENDED: Ops = Ops::of(&[Op::GetRecording]);

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        if let EventKind::UploadBegan { session_id, bytes } = t.what {
            let (session_id, bytes) = (session_id.clone(), *bytes);
            let upload = Upload { session_id, bytes, put: None, report: None, looked: false };
            push_bounded(self.uploads.of(t.client.index), UPLOADS, upload);
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if s.attempt.attempt > 0 {
            return;
        }
        let uploads = self.uploads.of(s.client.index);
        let upload = match &*s.attempt.call {
            Call::PutAudio { bytes, .. } => uploads.iter_mut().rev().find(|upload| upload.bytes == *bytes),
            Call::UploadAudio { session_id, .. } => uploads.iter_mut().find(|upload| upload.session_id == *session_id),
            _ => None,
        };
        let Some(upload) = upload else { return };
        let before = if s.attempt.op == Op::PutAudio { &mut upload.put } else { &mut upload.report };
        let repeats = before.replace(s.attempt.number);
        let looked = std::mem::take(&mut upload.looked);
        if let Some(before) = repeats {
            notes.judge(RULE, s, looked, || {
                format!("expected a read of {} before call {before} is repeated, there was none", upload.session_id)
            });
        } else {
            // The report after the audio is no repeat, and a look before the audio is good for it too.
            upload.looked = looked;
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let (Call::GetRecording { session_id }, true) = (&**x.call, x.response().is_some()) else { return };
        let upload = self.uploads.of(x.client.index).iter_mut().find(|upload| upload.session_id == *session_id);
        upload.into_iter().for_each(|upload| upload.looked = true);
    }
}
