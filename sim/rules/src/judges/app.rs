//! Rules that bind the phone. Office clients are no phones, and nobody judges them here.

mod backoff;
mod bearer;
mod create_task_asks;
mod forbidden_final;
mod geofence;
mod polling;
mod queue;
mod queue_only;
mod refresh_once;
mod request_id;
mod timeouts;

pub(crate) use backoff::Backoff;
pub(crate) use bearer::Bearer;
pub(crate) use create_task_asks::CreateTaskAsks;
pub(crate) use forbidden_final::ForbiddenFinal;
pub(crate) use geofence::Geofence;
pub(crate) use polling::Polling;
pub(crate) use queue::Queue;
pub(crate) use queue_only::QueueOnly;
pub(crate) use refresh_once::RefreshOnce;
pub(crate) use request_id::RequestId;
pub(crate) use timeouts::Timeouts;
