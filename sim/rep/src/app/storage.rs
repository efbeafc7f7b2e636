//! What survives the app: the offline queue, recordings and audio on their way, and the cache.
//!
//! A change counts as written when `App::write` has returned; whoever is killed before that finds
//! the old state. So changes are made after the wait, in one step, with no await point between.

use super::cache::Cache;
use super::defects::Stored;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::names::RecordingMode;
use fieldday_api::private::Private;
use fieldday_api::wire::recordings::Location;
use fieldday_api::wire::tasks::TaskCreate;
use fieldday_kernel::time::{Date, Span, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// The durable store.
#[derive(Default)]
pub struct Storage {
    /// Actions that wait to be sent, oldest first.
    pub queue: VecDeque<Queued>,
    /// How many actions were ever queued.
    pub actions: u32,
    /// Whether the tenant forbids recording, as far as the last answer about the shift said.
    pub recording_is_off: bool,
    /// The recording that runs.
    pub recording: Option<Recording>,
    /// Audio that waits to be stored, oldest first.
    pub uploads: VecDeque<Upload>,
    /// The task that may have been created, and under which call: it is not created again without a yes.
    pub in_doubt: Option<(u32, TaskCreate)>,
    /// Sessions that were recorded here: what there is to read back at the end of the day.
    pub sessions: Vec<SmolStr>,
    /// What some bugs of the app keep here.
    pub for_defects: Stored,
    /// What was last read.
    pub cache: Cache,
}

/// An action that waits.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The action's number, unique for the phone.
    pub action: u32,
    /// What will be sent.
    pub request: Arc<Call>,
    /// The local date on which the person took it.
    pub taken_on: Date,
}

/// A recording that runs.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The appointment that is recorded.
    pub appointment_id: SmolStr,
    /// The session.
    pub session_id: SmolStr,
    /// The recording mode that the backend confirmed.
    pub mode: RecordingMode,
    /// Where it was started: a repeated start says the same.
    pub location: Location,
    /// Since when the microphone is on.
    pub began: Time,
    /// Where the audio goes, if it goes anywhere.
    pub upload_url: Option<Private>,
    /// When that URL was given.
    pub url_given: Time,
}

/// Audio on its way to the store.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The recording it is of.
    pub recording: Recording,
    /// The length of the audio.
    pub duration: Span,
    /// The size of the audio in bytes.
    pub bytes: u64,
    /// When it was first tried.
    pub began: Option<Time>,
    /// Where it is, once it is stored.
    pub stored_as: Option<SmolStr>,
}
