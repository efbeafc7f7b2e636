//! Rep shifts (§2.4).

use crate::names::{RecordingMode, ShiftStatus};
use crate::private::Private;
use fieldday_kernel::time::{Date, Time, TimeOfDay};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Body of `POST /reps/{rep_id}/shifts/clock-in` (§2.4.1).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ClockIn {
    /// Now when absent. A queued clock-in says when it was meant.
    pub desired_start_time: Option<Time>,
    /// Private: free text.
    pub notes: Option<Private>,
}

/// A shift (§2.4.1). The answer of a clock-out (§2.4.2) leaves the schedule out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shift {
    /// `shift_…`
    pub id: SmolStr,
    /// The rep who works this shift.
    pub rep_id: SmolStr,
    /// The tenant's local date.
    pub shift_date: Date,
    /// When it began.
    pub clock_in_at: Time,
    /// When it ended, if it has.
    pub clock_out_at: Option<Time>,
    /// At work or done.
    pub status: ShiftStatus,
    /// By the tenant's local time; none if the tenant has no schedule.
    #[serde(default)]
    pub scheduled_start: Option<TimeOfDay>,
    /// By the tenant's local time; none if the tenant has no schedule.
    #[serde(default)]
    pub scheduled_end: Option<TimeOfDay>,
}

/// Answer of `POST …/clock-in` and `GET …/today` (§2.4.1, §2.4.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShiftDay {
    /// The shift.
    pub shift: Shift,
    /// When work counts from.
    pub effective_start_time: Time,
    /// When work counts to.
    pub effective_end_time: Time,
    /// The tenant's default.
    pub recording_mode: RecordingMode,
    /// The tenant's policy.
    pub allow_location_tracking: bool,
    /// The tenant's policy.
    pub allow_recording: bool,
}
