//! What Shunya makes of a recording (§3): drawn when it is enqueued, seen when somebody looks.

use crate::Backend;
use crate::defects::BackendDefect;
use crate::ids;
use crate::pipeline::{NEVER, Pipeline, Step};
use crate::state::{At, SessionRow};
use crate::times::Quantiles;
use fieldday_api::SmolStr;
use fieldday_api::fixed::{Fixed, Score};
use fieldday_api::names::{AnalysisOutcome, LeadQuality, Processing, RecordingMode};
use fieldday_api::private::Private;
use fieldday_api::wire::recordings::{Analysis, Transcript};
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};

const TIMES: Purpose = Purpose::new("shunya times");
const HEARD: Purpose = Purpose::new("shunya transcript");
const ANALYSED: Purpose = Purpose::new("shunya analysis");
const WEBHOOK: Purpose = Purpose::new("shunya webhook sent again");
impl SessionRow {
    /// Whether a repeated start returns it: it runs, or its audio is still to come.
    pub(crate) fn is_open(&self) -> bool {
        let session = &self.session;
        session.ended_at.is_none() || session.mode != RecordingMode::Ghost && self.reported.is_none()
    }
    /// Forgets what was made of it: two defects do.
    pub(crate) fn start_over(&mut self) {
        self.pipeline = None;
        self.next_change = NEVER;
        self.answer = None;
        let session = &mut self.session;
        (session.transcription_status, session.analysis_status) = (Processing::NotStarted, Processing::NotStarted);
        (session.transcript, session.analysis) = (None, None);
    }
}

impl Backend {
    /// Hands a session to Shunya once it was stopped and its audio is there (a ghost session's audio went with the
    /// recording itself). Never twice.
    pub(crate) fn enqueue_if_ready(&mut self, now: Time, at: At) {
        let row = self.session(at);
        let audio = row.reported.is_some() || row.session.mode == RecordingMode::Ghost;
        if row.pipeline.is_some() || row.session.ended_at.is_none() || !audio {
            return;
        }
        // A session of an earlier day that the data set gave as done stays done.
        if row.session.transcription_status != Processing::NotStarted {
            return;
        }
        let tenant = &self.tenants[usize::from(at.tenant)].id;
        let fate = self.mishaps.shunya(now, tenant, row.key);
        let times = &self.config.shunya;
        let mut stream = Stream::new(self.seed, TIMES, row.key, 0, 0);
        let mut step = |from: Time, work: &Quantiles, fails_ppm: u32, fails: bool| {
            let begins = from + fate.stretch(self.shunya.queue.draw(&mut stream));
            let ends = begins + fate.stretch(work.draw(&mut stream));
            Step { begins, ends, fails: stream.bernoulli(fails_ppm) || fails }
        };
        let mut transcription = step(now, &self.shunya.transcription, times.transcription_fail_ppm, fate.fails);
        let analysis = step(transcription.ends, &self.shunya.analysis, times.analysis_fail_ppm, false);
        // A webhook that was not taken at once is sent again a minute later.
        let sent_again = Stream::new(self.seed, WEBHOOK, row.key, 0, 0).bernoulli(250_000);
        let overtaken = sent_again && !transcription.fails && self.has(BackendDefect::WebhookOutOfOrder);
        if overtaken {
            transcription.ends = transcription.ends.max(analysis.ends) + Span::minutes(1);
        }
        let row = self.session_mut(at);
        row.next_change = transcription.begins;
        row.pipeline = Some(Pipeline { transcription, analysis, overtaken });
    }

    /// Brings a session up to `now`.
    pub(crate) fn settle(&mut self, now: Time, at: At) {
        if now < self.session(at).next_change {
            return;
        }
        let ghost_text = self.tenants[usize::from(at.tenant)].policy.ghost_keeps_transcript;
        let heard = TranscriptDraws {
            seed: self.seed,
            null_ppm: self.config.shunya.null_ppm,
            scale: if self.has(BackendDefect::ScoresInPercent) { 100 } else { 1 },
        };
        let shows_words = self.has(BackendDefect::GhostShowsWords);
        let row = self.session_mut(at);
        let Some(pipeline) = row.pipeline else { return };
        let (transcription, analysis, change) = pipeline.at(now);
        let session = &mut row.session;
        if transcription == Processing::Completed && session.transcript.is_none() {
            let ghost = session.mode == RecordingMode::Ghost;
            let keeps_text = !ghost || ghost_text;
            let mut transcript = heard.transcript(row.key, ghost, keeps_text || shows_words);
            transcript.transcript_restricted = !keeps_text;
            session.transcript = Some(transcript);
        }
        if analysis == Processing::Completed && session.analysis.is_none() {
            session.analysis = Some(heard.analysis(row.key));
        }
        (session.transcription_status, session.analysis_status) = (transcription, analysis);
        row.next_change = change;
        row.answer = None;
    }
}

/// What is drawn into transcripts and analyses.
struct TranscriptDraws {
    seed: u64,
    null_ppm: u32,
    scale: i64,
}

const OBJECTIONS: [&str; 4] = ["price", "timeline", "competitor", "need_spouse_approval"];
const STAGES: [&str; 5] = ["introduction", "discovery", "inspection", "proposal", "close"];
const TIPS: [&str; 3] = ["Ask before you answer", "Name the next step", "Leave room for silence"];
const QUOTES: [&str; 3] = ["That is more than we thought", "We want to talk it over", "Another company was here"];

impl TranscriptDraws {
    fn transcript(&self, key: u64, is_ghost_mode: bool, keeps_text: bool) -> Transcript {
        let stream = &mut Stream::new(self.seed, HEARD, key, 0, 0);
        let text = self.some(stream, |_| Private::from("Rep: Good morning. Customer: Come in, it is about the roof."));
        Transcript {
            transcript_text: text.filter(|_| keeps_text),
            speaker_labels: self.some(stream, |_| ["rep", "customer"].map(SmolStr::new_static).to_vec()),
            confidence_score: self.some(stream, |stream| score(7_000 + stream.below(3_001), self.scale)),
            uwc_job_id: self.some(stream, |_| ids::named("uwc_", key)),
            is_ghost_mode,
            transcript_restricted: !keeps_text,
        }
    }

    fn analysis(&self, key: u64) -> Analysis {
        let stream = &mut Stream::new(self.seed, ANALYSED, key, 0, 0);
        let done = 1 + stream.below(STAGES.len() as u64) as usize;
        Analysis {
            objections: self.some(stream, |stream| few(stream, &OBJECTIONS)),
            objection_details: self
                .some(stream, |stream| few(stream, &QUOTES).iter().map(|q| Private::new(q.clone())).collect()),
            sentiment_score: self.share(stream),
            engagement_score: self.share(stream),
            coaching_tips: self.some(stream, |stream| few(stream, &TIPS)),
            sop_stages_completed: self
                .some(stream, |_| STAGES[..done].iter().copied().map(SmolStr::new_static).collect()),
            sop_stages_missed: self.some(stream, |_| STAGES[done..].iter().copied().map(SmolStr::new_static).collect()),
            sop_compliance_score: self.some(stream, |stream| score(stream.below(100_001), 1)),
            lead_quality: self.some(stream, |stream| one(stream, LeadQuality::ALL)),
            conversion_probability: self.share(stream),
            meeting_segments: self.some(stream, |_| ["rapport", "proposal"].map(SmolStr::new_static).to_vec()),
            outcome: self.some(stream, |stream| one(stream, AnalysisOutcome::ALL)),
            outcome_confidence: self.share(stream),
        }
    }

    /// A field that Shunya may leave out. What it would have been is drawn either way.
    fn some<T>(&self, stream: &mut Stream, draw: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        let null = stream.bernoulli(self.null_ppm);
        let value = draw(stream);
        (!null).then_some(value)
    }

    /// A score between 0 and 1.
    fn share(&self, stream: &mut Stream) -> Option<Score> {
        self.some(stream, |stream| score(stream.below(10_001), self.scale))
    }
}

/// A score from its last place.
fn score(last_place: u64, scale: i64) -> Score {
    Fixed(last_place as i64 * scale)
}

fn few(stream: &mut Stream, from: &[&'static str]) -> Vec<SmolStr> {
    from.iter().copied().filter(|_| stream.bernoulli(400_000)).map(SmolStr::new_static).collect()
}

fn one<T: Copy>(stream: &mut Stream, from: &[T]) -> T {
    from[stream.below(from.len() as u64) as usize]
}
