//! The closed sets of names that answers and requests use, and what deployments are known to call them.

use crate::names::*;

/// A closed set of names.
#[derive(Debug)]
pub struct NameSet {
    /// What the set is called in a scenario's `[dialect.names]`.
    pub name: &'static str,
    /// The names that the specification has for its values.
    pub words: &'static [&'static str],
    /// What the spec itself calls them elsewhere: as good as its names.
    pub(super) same: &'static [(&'static str, &'static str)],
    /// What deployments are known to call them.
    pub(super) known: &'static [(&'static str, &'static str)],
}

const fn set(name: &'static str, words: &'static [&'static str], known: &'static [(&str, &str)]) -> NameSet {
    NameSet { name, words, same: &[], known }
}

const NO_SHOW: (&str, &str) = ("noshow", "no_show");

pub(super) static RECORDING_MODE: NameSet =
    // Nothing is recorded when it is off: of the spec's modes, ghost keeps least.
    set("recording_mode", RecordingMode::WORDS, &[("normal", "full"), ("off", "ghost")]);
pub(super) static AUDIO_STORAGE: NameSet = set("audio_storage", AudioStorage::WORDS, &[("none", "not_stored")]);
pub(super) static PROCESSING: NameSet = set(
    "processing",
    Processing::WORDS,
    &[("pending", "not_started"), ("queued", "not_started"), ("processing", "in_progress"), ("done", "completed")],
);
pub(super) static SHIFT_STATUS: NameSet =
    set("shift_status", ShiftStatus::WORDS, &[("clocked_in", "active"), ("clocked_out", "completed")]);
pub(super) static APPOINTMENT_STATUS: NameSet =
    set("appointment_status", AppointmentStatus::WORDS, &[("canceled", "cancelled"), NO_SHOW]);
pub(super) static OUTCOME: NameSet = set("outcome", Outcome::WORDS, &[NO_SHOW]);
pub(super) static TASK_STATUS: NameSet =
    set("task_status", TaskStatus::WORDS, &[("pending", "open"), ("done", "completed"), ("canceled", "cancelled")]);
pub(super) static ASSIGNEE: NameSet =
    NameSet { name: "assignee", words: Assignee::WORDS, same: &[("rep", "sales_rep")], known: &[] };
pub(super) static PRIORITY: NameSet = set("priority", Priority::WORDS, &[("urgent", "high"), ("normal", "medium")]);
pub(super) static TASK_SOURCE: NameSet = set("task_source", TaskSource::WORDS, &[]);
pub(super) static SENDER_ROLE: NameSet =
    set("sender_role", SenderRole::WORDS, &[("rep", "sales_rep"), ("contact", "customer"), ("otto", "ai")]);
pub(super) static DIRECTION: NameSet =
    set("direction", Direction::WORDS, &[("incoming", "inbound"), ("outgoing", "outbound")]);
pub(super) static LEAD_STATUS: NameSet = set("lead_status", LeadStatus::WORDS, &[]);
pub(super) static LEAD_QUALITY: NameSet = set("lead_quality", LeadQuality::WORDS, &[]);
pub(super) static ANALYSIS_OUTCOME: NameSet = set("analysis_outcome", AnalysisOutcome::WORDS, &[NO_SHOW]);

/// Every closed set of names in the API.
pub static NAME_SETS: &[&NameSet] = &[
    &APPOINTMENT_STATUS,
    &OUTCOME,
    &TASK_STATUS,
    &ASSIGNEE,
    &PRIORITY,
    &TASK_SOURCE,
    &RECORDING_MODE,
    &AUDIO_STORAGE,
    &PROCESSING,
    &SHIFT_STATUS,
    &SENDER_ROLE,
    &DIRECTION,
    &LEAD_STATUS,
    &LEAD_QUALITY,
    &ANALYSIS_OUTCOME,
];

impl NameSet {
    /// What the spec calls one of its names elsewhere, if it does.
    pub fn elsewhere(&self, own: &str) -> Option<&'static str> {
        self.same.iter().find(|(_, of)| *of == own).map(|(other, _)| *other)
    }
    /// The spec's own word, if this is one (or what the spec calls it elsewhere).
    pub(super) fn own(&self, word: &str) -> Option<&'static str> {
        let same = || self.same.iter().find(|(other, _)| *other == word).map(|(_, own)| *own);
        self.words.iter().copied().find(|own| *own == word).or_else(same)
    }
    /// The spec's word that a deployment is known to call so, whatever its case.
    pub(super) fn guess(&self, word: &str) -> Option<&'static str> {
        let plain: String =
            word.chars().map(|c| if matches!(c, '-' | ' ') { '_' } else { c.to_ascii_lowercase() }).collect();
        let known = || self.known.iter().find(|(other, _)| *other == plain).map(|(_, own)| *own);
        self.own(&plain).or_else(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_lead_to_the_sets_own_and_hide_none_of_them() {
        for set in NAME_SETS {
            for (other, own) in set.same.iter().chain(set.known) {
                assert!(set.words.contains(own), "{}: {own}", set.name);
                assert!(!set.words.contains(other), "{}: {other}", set.name);
            }
        }
    }
}
