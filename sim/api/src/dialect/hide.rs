//! Free text and URLs of a success that no type calls private, without what is private in them. Ids stay as they are: the app
//! sends them back.

use crate::call::Answer;
use crate::private::scrub;
use crate::wire::recordings::{Analysis, RecordingSession, Transcript};
use smol_str::SmolStr;
use std::borrow::Cow;

/// Scrubs what a target wrote into an answer by itself, or signed.
pub(super) fn hide(answer: &mut Answer) {
    match answer {
        Answer::Appointments(list) => list.appointments.iter_mut().for_each(|entry| text(&mut entry.service_type)),
        Answer::Appointment(detail) => text(&mut detail.appointment.service_type),
        Answer::Thread(thread) => thread.messages.iter_mut().for_each(|message| text(&mut message.provider)),
        Answer::RecordingStarted(started) => started.shunya_job_config.iter_mut().for_each(text),
        Answer::Recording(body) => session(&mut body.session),
        Answer::Uploaded(done) => text(&mut done.status),
        Answer::Health(health) => text(&mut health.status),
        _ => {}
    }
}

fn session(session: &mut RecordingSession) {
    session.audio_url.iter_mut().for_each(text);
    if let Some(Transcript { speaker_labels, .. }) = &mut session.transcript {
        texts(speaker_labels);
    }
    if let Some(analysis) = &mut session.analysis {
        let Analysis { objections, coaching_tips, sop_stages_completed, sop_stages_missed, meeting_segments, .. } =
            analysis;
        let lists = [objections, coaching_tips, sop_stages_completed, sop_stages_missed, meeting_segments];
        lists.into_iter().for_each(texts);
    }
}

fn texts(list: &mut Option<Vec<SmolStr>>) {
    list.iter_mut().flatten().for_each(text);
}

fn text(value: &mut SmolStr) {
    if let Cow::Owned(scrubbed) = scrub(value) {
        *value = scrubbed.into();
    }
}
