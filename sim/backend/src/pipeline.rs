//! When Shunya's steps of a session begin and end.

use crate::config::ShunyaTimes;
use crate::times::Quantiles;
use fieldday_api::names::Processing;
use fieldday_kernel::time::Time;

/// A moment that does not come.
pub(crate) const NEVER: Time = Time::from_micros(i64::MAX);

/// The durations of [`ShunyaTimes`], ready to be drawn.
pub(crate) struct ShunyaTables {
    pub(crate) queue: Quantiles,
    pub(crate) transcription: Quantiles,
    pub(crate) analysis: Quantiles,
}

impl ShunyaTables {
    pub(crate) fn new(times: &ShunyaTimes) -> ShunyaTables {
        ShunyaTables {
            queue: Quantiles::new(times.queue),
            transcription: Quantiles::new(times.transcription),
            analysis: Quantiles::new(times.analysis),
        }
    }
}

/// When each step of a session's processing begins and ends, and whether it fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pipeline {
    pub(crate) transcription: Step,
    pub(crate) analysis: Step,
    /// Whether the news of the transcription came after that of the analysis, and nobody put them in order.
    pub(crate) overtaken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) begins: Time,
    pub(crate) ends: Time,
    pub(crate) fails: bool,
}

impl Step {
    /// Where it stands at `now`, and when that changes.
    fn at(&self, now: Time) -> (Processing, Time) {
        if now < self.begins {
            (Processing::NotStarted, self.begins)
        } else if now < self.ends {
            (Processing::InProgress, self.ends)
        } else if self.fails {
            (Processing::Failed, NEVER)
        } else {
            (Processing::Completed, NEVER)
        }
    }
}

impl Pipeline {
    /// Transcription, analysis, and when either changes next. Without a transcript there is no analysis.
    pub(crate) fn at(&self, now: Time) -> (Processing, Processing, Time) {
        let (transcription, change) = self.transcription.at(now);
        if self.overtaken {
            let (analysis, other) = self.analysis.at(now);
            return (transcription, analysis, change.min(other));
        }
        if transcription != Processing::Completed {
            return (transcription, Processing::NotStarted, change);
        }
        let (analysis, change) = self.analysis.at(now);
        (transcription, analysis, change)
    }
}
