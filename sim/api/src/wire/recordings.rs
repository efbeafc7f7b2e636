//! Recording sessions (§2.3) and what Shunya makes of them (§3).

use crate::fixed::{Degrees, Score, Seconds};
use crate::names::{AnalysisOutcome, AudioStorage, LeadQuality, Processing, RecordingMode};
use crate::private::Private;
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The position that the phone reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north of the equator.
    pub lat: Degrees,
    /// Degrees east of Greenwich.
    pub lng: Degrees,
}

/// Body of `POST /recording-sessions/start` (§2.3.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingStart {
    /// The visit that is recorded.
    pub appointment_id: SmolStr,
    /// The id of the rep who records.
    pub rep_id: SmolStr,
    /// Where the phone is when the recording starts.
    #[serde(deserialize_with = "super::from_object")]
    pub location: Location,
    /// The recording mode; `full` when absent.
    pub mode: Option<RecordingMode>,
}

/// Answer of `POST /recording-sessions/start` (§2.3.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingStarted {
    /// `session_…`
    pub recording_session_id: SmolStr,
    /// The mode that the request asked for.
    pub mode: RecordingMode,
    /// How long the audio will be kept, if at all.
    pub audio_storage_mode: AudioStorage,
    /// Where the audio goes by PUT: presigned, so a secret while it lasts. None in ghost mode.
    pub audio_upload_url: Option<Private>,
    /// Always null in the spec.
    #[serde(default)]
    pub shunya_job_config: Option<SmolStr>,
}

/// Body of `POST /recording-sessions/{session_id}/stop` (§2.3.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingStop {
    /// Where the phone is when the recording stops.
    #[serde(deserialize_with = "super::from_object")]
    pub location: Location,
}

/// A recording session (§2.3.2, with what §0.2 and §3 tell the app to read from it).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingSession {
    /// `session_…`
    pub id: SmolStr,
    /// The id of the rep who recorded it.
    pub rep_id: SmolStr,
    /// The visit that is recorded.
    pub appointment_id: SmolStr,
    /// The time at which the recording began.
    pub started_at: Time,
    /// The time at which it was stopped; none while it runs.
    pub ended_at: Option<Time>,
    /// Whether audio, transcript and analysis are kept: full, ghost or ephemeral.
    pub mode: RecordingMode,
    /// The progress of Shunya's first step, which makes the transcript.
    pub transcription_status: Processing,
    /// The progress of Shunya's second step, which makes the analysis.
    pub analysis_status: Processing,
    /// Not in §2.3.2, needed by §0.2: set once the audio is there; null in ghost and ephemeral mode.
    #[serde(default)]
    pub audio_url: Option<SmolStr>,
    /// Not in §2.3.2, needed by §3.5.
    #[serde(default)]
    pub audio_storage_mode: Option<AudioStorage>,
    /// As the app reported it after the upload; none before.
    #[serde(default)]
    pub audio_duration_seconds: Option<Seconds>,
    /// As the app reported it after the upload; none before.
    #[serde(default)]
    pub audio_size_bytes: Option<u64>,
    /// Not in §2.3.2, needed by §3.4.
    #[serde(default)]
    pub transcript: Option<Transcript>,
    /// Not in §2.3.2, needed by §3.5.
    #[serde(default)]
    pub analysis: Option<Analysis>,
}

/// Answer of `POST …/stop` and `GET /recording-sessions/{session_id}` (§2.3.2, §2.3.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingSessionBody {
    /// The session with all its fields.
    pub session: RecordingSession,
}

/// A transcript (§3.1). Everything Shunya makes may be null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transcript {
    /// What was said. Private; may be null in ghost mode.
    pub transcript_text: Option<Private>,
    /// The speaker of each part of the text.
    pub speaker_labels: Option<Vec<SmolStr>>,
    /// How sure Shunya is of the text, from 0 to 1.
    pub confidence_score: Option<Score>,
    /// The id of Shunya's job that made the transcript.
    pub uwc_job_id: Option<SmolStr>,
    /// Whether the session was in ghost mode.
    pub is_ghost_mode: bool,
    /// Whether the text is withheld.
    pub transcript_restricted: bool,
}

/// An analysis (§3.1). Everything Shunya makes may be null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Analysis {
    /// `price`, `timeline`, `competitor`, `need_spouse_approval`
    pub objections: Option<Vec<SmolStr>>,
    /// The objections in detail, with quotes. Private.
    pub objection_details: Option<Vec<Private>>,
    /// The sentiment of the conversation, from 0 (negative) to 1 (positive).
    pub sentiment_score: Option<Score>,
    /// The engagement in the conversation, from 0 to 1.
    pub engagement_score: Option<Score>,
    /// Advice for the rep's next visit.
    pub coaching_tips: Option<Vec<SmolStr>>,
    /// Stages of the sales procedure.
    pub sop_stages_completed: Option<Vec<SmolStr>>,
    /// Stages of the sales procedure.
    pub sop_stages_missed: Option<Vec<SmolStr>>,
    /// How well the sales procedure was kept to, from 0 to 10.
    pub sop_compliance_score: Option<Score>,
    /// How good a lead Shunya takes the customer for.
    pub lead_quality: Option<LeadQuality>,
    /// How likely a sale is, from 0 to 1.
    pub conversion_probability: Option<Score>,
    /// The names of the meeting's phases, in their order.
    pub meeting_segments: Option<Vec<SmolStr>>,
    /// The outcome of the visit, as Shunya heard it.
    pub outcome: Option<AnalysisOutcome>,
    /// How sure Shunya is of that outcome, from 0 to 1.
    pub outcome_confidence: Option<Score>,
}

/// Body of `POST /recording-sessions/{session_id}/upload-audio` (§2.3.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UploadAudio {
    /// The URL at which the audio was stored.
    pub audio_url: SmolStr,
    /// The length of the audio, in seconds.
    pub audio_duration_seconds: Seconds,
    /// The size of the audio, in bytes.
    #[serde(deserialize_with = "super::whole")]
    pub audio_size_bytes: u64,
}

/// Answer of `POST …/upload-audio` (§2.3.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Uploaded {
    /// `uploaded`
    pub status: SmolStr,
    /// `session_…`
    pub recording_session_id: SmolStr,
}
