//! A recording of an earlier day, with what Shunya made of it.

use super::rep::RepMaker;
use super::tenant::TenantMaker;
use super::texts::{OBJECTIONS, TRANSCRIPTS};
use crate::keys::{id, row};
use fieldday_api::SmolStr;
use fieldday_api::fixed::{Fixed, Score, Seconds};
use fieldday_api::names::{AnalysisOutcome, AudioStorage, LeadQuality, Outcome, Processing, RecordingMode};
use fieldday_api::wire::recordings::{Analysis, RecordingSession, Transcript};
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::{Span, Time};

const SPEAKERS: [SmolStr; 2] = [SmolStr::new_static("rep"), SmolStr::new_static("customer")];
const TIPS: [SmolStr; 2] =
    [SmolStr::new_static("Ask for the decision."), SmolStr::new_static("Let the customer finish.")];
const STAGES: [SmolStr; 4] = [
    SmolStr::new_static("introduction"),
    SmolStr::new_static("discovery"),
    SmolStr::new_static("presentation"),
    SmolStr::new_static("closing"),
];

/// A share between 0 and 1, by any number.
fn share(draw: u64) -> Option<Score> {
    Some(Fixed((draw % 10_001) as i64))
}

impl TenantMaker<'_> {
    /// The recording of a past appointment: in full mode, or in ghost mode for every eighth.
    pub(super) fn past_session(
        &mut self,
        rep: &RepMaker,
        appointment: u64,
        appointment_id: &SmolStr,
        (start, end): (Time, Time),
        outcome: Outcome,
        stream: &mut Stream,
    ) {
        let draw = stream.bits();
        let ghost = draw & 7 == 0;
        let session = id("session_", row(appointment, "session", 0));
        let length = end.since(start);
        let audio_url = (!ghost).then(|| SmolStr::from(format!("s3://otto-recordings/{session}.m4a")));
        self.data.sessions.push(RecordingSession {
            rep_id: rep.rep_id.clone(),
            appointment_id: appointment_id.clone(),
            started_at: start + Span::seconds(40),
            ended_at: Some(end),
            mode: if ghost { RecordingMode::Ghost } else { RecordingMode::Full },
            transcription_status: Processing::Completed,
            analysis_status: Processing::Completed,
            audio_url,
            audio_storage_mode: Some(if ghost { AudioStorage::NotStored } else { AudioStorage::Persistent }),
            audio_duration_seconds: (!ghost).then_some(Fixed(length.as_millis())) as Option<Seconds>,
            // 68 kbit/s, as the spec's example has it.
            audio_size_bytes: (!ghost).then_some(length.as_seconds() as u64 * 8500),
            transcript: Some(Transcript {
                transcript_text: (!ghost || self.data.policy.ghost_keeps_transcript)
                    .then(|| TRANSCRIPTS.pick(draw >> 8)),
                speaker_labels: Some(SPEAKERS.to_vec()),
                confidence_score: share(8000 + (draw >> 16) % 2000),
                uwc_job_id: Some(id("uwc_", draw)),
                is_ghost_mode: ghost,
                transcript_restricted: ghost,
            }),
            analysis: Some(analysis(draw.rotate_left(23), outcome)),
            id: session,
        });
    }
}

fn analysis(draw: u64, outcome: Outcome) -> Analysis {
    let stages = 1 + (draw & 3) as usize;
    Analysis {
        objections: Some(vec![SmolStr::new_static("price")]),
        objection_details: Some(vec![OBJECTIONS.pick(draw >> 2)]),
        sentiment_score: share(draw >> 4),
        engagement_score: share(draw >> 8),
        coaching_tips: Some(TIPS.to_vec()),
        sop_stages_completed: Some(STAGES[..stages].to_vec()),
        sop_stages_missed: Some(STAGES[stages..].to_vec()),
        // 0 to 10.
        sop_compliance_score: Some(Fixed((draw >> 16 & 0xffff) as i64)),
        lead_quality: Some(if outcome == Outcome::Won { LeadQuality::Hot } else { LeadQuality::Warm }),
        conversion_probability: share(draw >> 24),
        meeting_segments: Some(STAGES.to_vec()),
        outcome: Some(match outcome {
            Outcome::Won => AnalysisOutcome::Won,
            Outcome::Lost => AnalysisOutcome::Lost,
            Outcome::NoShow => AnalysisOutcome::NoShow,
            Outcome::Rescheduled => AnalysisOutcome::Rescheduled,
            Outcome::Pending => AnalysisOutcome::Qualified,
        }),
        outcome_confidence: share(draw >> 32),
    }
}
