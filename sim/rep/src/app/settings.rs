//! How the app is set up: the figures of the spec that a scenario may set, and its choice where the spec contradicts
//! itself.

use super::defects::Defects;
use fieldday_api::defaults;
use fieldday_api::pace::Pace;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// The settings of the app, from the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// A recording starts only within this distance of the visit's place.
    pub geofence_m: u32,
    /// A token with less life left than this is fetched anew.
    pub refresh_margin: Span,
    /// How long the durable store takes to write.
    pub write_takes: Span,
    /// How many entries a list loads at first, and with every scroll.
    pub page: u32,
    /// After this long a presigned URL is taken for expired.
    pub url_life: Span,
    /// The reading in which the audio has 30 s too (the spec's §0.4 taken literally).
    pub audio_has_30_s: bool,
    /// The reading in which a recording start is queued too (§0.4 lists it both ways).
    pub start_is_queued: bool,
    /// The reading in which a queued clock-in carries no time and is sent whatever the day.
    pub bare_clock_in: bool,
    /// Whether the endpoints that §1 calls "if implemented" are used.
    pub optional_endpoints: bool,
    /// After how long this person cancels a call in the foreground.
    pub patience: Span,
    /// How a call that failed is tried again.
    pub retrying: Retrying,
    /// The factors by which the protocol's own times pass faster than specified.
    pub pace: Pace,
    /// The defects of the app that are switched on.
    pub defects: Defects,
}

/// How a call that failed is tried again. The spec's way (§0.3) is the default; others are for whoever asks what they would
/// change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retrying {
    /// The greatest number of retries of a call.
    pub retries: u32,
    /// Waits are drawn evenly from nothing to the spec's wait and as much again (so the mean stays), and what waits for the
    /// network or for the minute goes out within that minute, not at its beginning.
    pub jitter: bool,
}

impl Default for Retrying {
    fn default() -> Retrying {
        Retrying { retries: defaults::RETRIES, jitter: false }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            geofence_m: defaults::GEOFENCE_M,
            refresh_margin: defaults::REFRESH_MARGIN,
            write_takes: Span::millis(4),
            page: defaults::FIRST_PAGE,
            url_life: Span::minutes(defaults::UPLOAD_URL_LIFE_MINUTES as i64),
            audio_has_30_s: false,
            start_is_queued: false,
            bare_clock_in: false,
            optional_endpoints: false,
            patience: Span::seconds(30),
            retrying: Retrying::default(),
            pace: Pace::SPECIFIED,
            defects: Defects::default(),
        }
    }
}
