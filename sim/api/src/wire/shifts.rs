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
    /// A note of the rep: free text. Private.
    pub notes: Option<Private>,
}

/// A shift (§2.4.1). The answer of a clock-out (§2.4.2) leaves the schedule out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shift {
    /// `shift_…`
    pub id: SmolStr,
    /// The rep who works this shift.
    pub rep_id: SmolStr,
    /// The tenant's local date on which the shift began.
    pub shift_date: Date,
    /// The time at which the rep clocked in.
    pub clock_in_at: Time,
    /// The time at which the rep clocked out; none before.
    pub clock_out_at: Option<Time>,
    /// Active until the rep clocks out.
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
    /// The rep's shift of the date.
    pub shift: Shift,
    /// The time from which the rep counts as at work.
    pub effective_start_time: Time,
    /// The time until which the rep counts as at work.
    pub effective_end_time: Time,
    /// The mode in which the tenant's reps record by default.
    pub recording_mode: RecordingMode,
    /// Whether the tenant's policy lets the app track the rep's location.
    pub allow_location_tracking: bool,
    /// Whether the tenant's policy lets the rep record.
    pub allow_recording: bool,
}
