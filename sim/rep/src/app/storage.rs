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

/// The phone's durable store for the app.
#[derive(Default)]
pub struct Storage {
    /// Actions that wait to be sent, oldest first.
    pub queue: VecDeque<Queued>,
    /// How many actions were ever queued, which is the number of the last one.
    pub actions: u32,
    /// Whether the tenant forbids recording, as far as the last answer about the shift said.
    pub recording_is_off: bool,
    /// The recording that is under way.
    pub recording: Option<Recording>,
    /// Audio that waits to be stored, oldest first.
    pub uploads: VecDeque<Upload>,
    /// The task that may have been created, and under which call: it is not created again without a yes.
    pub in_doubt: Option<(u32, TaskCreate)>,
    /// Sessions that were recorded here: what there is to read back at the end of the day.
    pub sessions: Vec<SmolStr>,
    /// The state of defects that survives the app.
    pub for_defects: Stored,
    /// The last answers that screens showed.
    pub cache: Cache,
}

/// An action in the offline queue.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The action's number on this phone, from 1.
    pub action: u32,
    /// The request that will be sent for it.
    pub request: Arc<Call>,
    /// The local date on which the person took it.
    pub taken_on: Date,
}

/// A recording that is under way, or whose audio is.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The id of the appointment that is recorded.
    pub appointment_id: SmolStr,
    /// The id of the backend's session; a stand-in while a queued start is not answered.
    pub session_id: SmolStr,
    /// The mode that the backend confirmed, or that a queued start asks for.
    pub mode: RecordingMode,
    /// Where it was started: a repeated start says the same.
    pub location: Location,
    /// When the microphone was switched on, by the phone's clock.
    pub began: Time,
    /// Where the audio goes, if it goes anywhere.
    pub upload_url: Option<Private>,
    /// When that URL was received, by the phone's clock.
    pub url_given: Time,
}

/// Audio that is to be uploaded.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The recording that the audio is of.
    pub recording: Recording,
    /// The length of the audio, from the microphone's on to its off.
    pub duration: Span,
    /// The size of the audio, in bytes.
    pub bytes: u64,
    /// When the first try began, by the phone's clock; none before it.
    pub began: Option<Time>,
    /// The audio's address in the object store; none before it is stored.
    pub stored_as: Option<SmolStr>,
}
