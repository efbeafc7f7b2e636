//! Where the specification contradicts itself or leaves a choice: the readings that a scenario may choose and a backend follows,
//! and those that a target may follow without anybody being guilty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The answer to a repeated clock-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockInRepeat {
    /// The shift that is there (2.4.1).
    #[default]
    ReturnShift,
    /// 400 "already clocked in" (0.2).
    Refuse,
}

/// The answer to a `limit` beyond the maximum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PageBeyond {
    /// The request is refused with an error.
    #[default]
    Refuse,
    /// The maximum applies in its place.
    Cut,
}

macro_rules! readings {
    ($($reading:ident $name:literal $section:literal $sentence:literal;)+) => {
        /// Something that a target does and that the specification does not decide. It is told with its number and its first
        /// case, and never breaks a rule.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Reading { $(#[doc = $sentence] #[serde(rename = $name)] $reading),+ }
        impl Reading {
            /// Every reading, in the order of declaration.
            pub const ALL: &'static [Reading] = &[$(Reading::$reading),+];
            /// The name in reports and JSON.
            pub const fn name(self) -> &'static str { match self { $(Reading::$reading => $name),+ } }
            /// The sections of the specification that leave it open.
            pub const fn section(self) -> &'static str { match self { $(Reading::$reading => $section),+ } }
            /// What the target does, and why nobody is guilty, in one sentence.
            pub const fn sentence(self) -> &'static str { match self { $(Reading::$reading => $sentence),+ } }
        }
    };
}

readings! {
    GhostUploadUrl "reading.ghost-upload-url" "2.3.1, 3.5" "The answer to a ghost start names an upload URL; only stored audio would break a rule.";
    EphemeralAudioUrl "reading.ephemeral-audio-url" "2.3.1" "An ephemeral session shows an audio_url: the specification does not say for how long its audio is there.";
    EndBeforeStart "reading.end-before-start" "2.1.3" "An appointment whose end lies before its start is accepted: the specification has no rule against it.";
    NegativeDealSize "reading.negative-deal-size" "2.1.3" "A deal_size below zero is accepted: the specification names no minimum.";
    OverdueCountOfFilter "reading.overdue-count-of-filter" "2.2.1" "overdue_count counts what the list's filter shows, where others count all tasks of the rep.";
    OpenIncludesOverdue "reading.open-includes-overdue" "2.2.1" "A list of open tasks holds overdue ones, too: the specification has overdue as a status and as a flag.";
    ThreadNewestFirst "reading.thread-newest-first" "2.5.1" "A thread comes newest first: the specification does not say in which order messages come.";
    NewSessionAfterStop "reading.new-session-after-stop" "0.2, 2.3.1" "A start during or after a stop creates another session: the stopped session is no longer active.";
    AssignmentIgnored "reading.assignment-ignored" "2.1.3" "An assigned_rep_id in an update is ignored: the specification's body has no such field.";
    ShiftReopened "reading.shift-reopened" "2.4.1" "A clock-in after the clock-out opens the day's shift again: the specification does not say what it does.";
    AppointmentsPaged "reading.appointments-paged" "0.3, 2.1.1" "A day's list is cut at a page: one section says that all lists page, another that this one does not.";
    RowNotThere "reading.row-not-there" "0.3" "A planned row is missing at the target, as a read just before showed, so attempts on it are inconclusive.";
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_named_alike_and_in_their_order() {
        for (index, reading) in Reading::ALL.iter().enumerate() {
            assert_eq!(*reading as usize, index);
            assert!(reading.name().starts_with("reading."), "{reading}");
            assert!(reading.sentence().ends_with('.') && !reading.section().is_empty(), "{reading}");
            assert_eq!(serde_json::to_string(reading).unwrap(), format!("\"{reading}\""));
        }
    }
}
