//! What a scenario file may say: the network, and what goes wrong. The comments are the schema's descriptions.

use super::words;
use crate::persona::Bounds;
use fieldday_api::defaults;
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::{Figures, MishapKind};
use fieldday_api::readings::{ClockInRepeat, PageBeyond};
use fieldday_kernel::time::TimeOfDay;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The mobile network of the reps' phones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The network profile, by its name in fixtures/network.toml.
    #[schemars(schema_with = "words::profiles_schema")]
    pub profile: String,
    /// File of your own measurements, used in place of the profile's bandwidths and bad seconds: a .csv file with the columns
    /// time_s, up_kbit_s, down_kbit_s and, in place of the profile's round trips, rtt_ms; or the uplink in mahimahi's format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// With an uplink in mahimahi's format: the file of the downlink; default: the profile's bandwidths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_down: Option<String>,
    /// Measurements for the phones of a persona's reps, by the persona's name, in place of every other trace.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::persona_traces_schema")]
    pub personas: IndexMap<String, TraceFiles>,
    /// Measurements for the phones in a territory, by the territory's name, in place of `trace`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(schema_with = "words::territory_traces_schema")]
    pub territories: IndexMap<String, TraceFiles>,
    /// Percentage of eligible areas with 5G.
    #[schemars(range(max = 100))]
    pub five_g_percent: u32,
    /// Number of valleys without network per territory.
    #[schemars(range(max = 500))]
    pub valleys: u32,
    /// Number of road stretches without network per territory.
    #[schemars(range(max = 500))]
    pub dead_roads: u32,
    /// Number of areas with only 3G per territory.
    #[schemars(range(max = 500))]
    pub old_masts: u32,
    /// Share of phones that lose the network for a longer time once per day.
    #[schemars(range(max = 1_000_000))]
    pub gap_ppm: u32,
    /// Length of such a gap in minutes: minimum and maximum.
    #[schemars(schema_with = "words::bounds_to::<600>")]
    pub gap_minutes: Bounds,
    /// Share of lunch breaks at a place whose Wi-Fi has a captive portal.
    #[schemars(range(max = 1_000_000))]
    pub portal_ppm: u32,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            profile: "us-2024".to_owned(),
            trace: None,
            trace_down: None,
            personas: IndexMap::new(),
            territories: IndexMap::new(),
            five_g_percent: 100,
            valleys: 5,
            dead_roads: 8,
            old_masts: 4,
            // Over 20 % of the links were down for more than ten minutes a day (Baltrunas et al., IMC 2014).
            gap_ppm: 200_000,
            gap_minutes: (10, 25),
            portal_ppm: 150_000,
        }
    }
}

/// Files of your own measurements of a network, for some of the phones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceFiles {
    /// File of the measurements, in the formats of `network.trace`.
    pub trace: String,
    /// With an uplink in mahimahi's format: the file of the downlink; default: the profile's bandwidths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_down: Option<String>,
}

/// How often the app on a phone is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Kills {
    /// Probability of each possible kill per rep and day, in parts per million.
    #[schemars(range(max = 1_000_000))]
    pub ppm: u32,
    /// Greatest number of kills per rep and day.
    #[schemars(range(max = 50))]
    pub at_most: u32,
}

/// Processing of recordings by the simulated Shunya: duration and failures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shunya {
    /// Duration of a transcription in seconds: minimum and maximum.
    #[schemars(schema_with = "words::bounds_to::<86_400>")]
    pub transcription_s: Bounds,
    /// Duration of an analysis in seconds: minimum and maximum.
    #[schemars(schema_with = "words::bounds_to::<86_400>")]
    pub analysis_s: Bounds,
    /// Share of sessions whose processing fails.
    #[schemars(range(max = 1_000_000))]
    pub fails_ppm: u32,
    /// Share of fields that are null.
    #[schemars(range(max = 1_000_000))]
    pub nulls_ppm: u32,
}

impl Default for Shunya {
    fn default() -> Shunya {
        Shunya { transcription_s: (15, 90), analysis_s: (10, 60), fails_ppm: 10_000, nulls_ppm: 30_000 }
    }
}

/// Choices where the specification is silent or contradictory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Whether recording starts go through the offline queue (§0.4 is contradictory).
    pub start_queued: bool,
    /// Whether the PUT of audio has a timeout of 30 s like the API's recording calls.
    pub audio_put_30s: bool,
    /// Whether a queued clock-in omits the time it was made (a defect of the app).
    pub send_bare_clock_in: bool,
    /// Greatest distance from the appointment at which a recording may start, in metres.
    #[schemars(range(min = 20, max = 2000))]
    pub geofence_m: u32,
    /// For how many seconds an expired token is still accepted.
    #[schemars(range(max = 3600))]
    pub leeway_s: u32,
    /// Life of a token in seconds.
    #[schemars(range(min = 5, max = 86_400))]
    pub token_life_s: u32,
    /// Life of a presigned upload URL in minutes.
    #[schemars(range(min = 1, max = 1440))]
    pub url_life_minutes: u32,
    /// Path of the health check.
    pub health_path: String,
    /// Whether Ask Otto and the wins feed exist.
    pub optional_endpoints: bool,
    /// Whether 422 is accepted as 400, as FastAPI sends it.
    pub accept_422: bool,
    /// Default page size: 100 (§2.2.1, §2.5.1) or 50 (§0.3).
    #[schemars(range(min = 1, max = 1000))]
    pub page_default: u32,
    /// The effect of a limit beyond the maximum.
    pub page_beyond: PageBeyond,
    /// Whether the list of appointments is paged, too (§0.3; §2.1.1 says it is not).
    pub appointments_page: bool,
    /// The answer to a repeated clock-in; the specification has both.
    pub clock_in_repeat: ClockInRepeat,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            start_queued: false,
            audio_put_30s: false,
            send_bare_clock_in: false,
            geofence_m: defaults::GEOFENCE_M,
            leeway_s: defaults::LEEWAY.as_seconds() as u32,
            token_life_s: defaults::TOKEN_LIFE.as_seconds() as u32,
            url_life_minutes: defaults::UPLOAD_URL_LIFE_MINUTES,
            health_path: Op::Health.endpoint().path.to_owned(),
            optional_endpoints: false,
            accept_422: false,
            page_default: defaults::PAGE,
            page_beyond: PageBeyond::Refuse,
            appointments_page: false,
            clock_in_repeat: ClockInRepeat::ReturnShift,
        }
    }
}

/// A network outage of a region, which ends for all phones at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The name: letters, digits and hyphens.
    pub name: String,
    /// Local time of the tenant at which it begins.
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// Duration of the outage in minutes.
    #[schemars(range(min = 1, max = 1440))]
    pub minutes: u32,
    /// Percentage of people affected; 100 for all.
    #[serde(default = "everybody")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: u32,
    /// Tenants of each cell; default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<u32>,
}

fn everybody() -> u32 {
    100
}

/// A failure of the backend of each cell that the specification allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mishap {
    /// The name: letters, digits and hyphens.
    pub name: String,
    /// The fault that is injected.
    pub kind: MishapKind,
    /// Start, in the local time of the cell's first tenant; default: all day.
    #[serde(default = "midnight")]
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// End, in the same local time.
    #[serde(default = "end_of_day")]
    #[schemars(with = "String")]
    pub until: TimeOfDay,
    /// Greatest random delay of start and end per cell, in minutes.
    #[serde(default)]
    #[schemars(range(max = 600))]
    pub jitter_minutes: u32,
    /// Requests affected, in parts per million; default: all.
    #[serde(default = "always")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub rate_ppm: u32,
    /// Operations that are affected; default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "words::ops_schema")]
    pub ops: Vec<Op>,
    /// Tenant of each cell; default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<u32>,
    /// For errors: the status, 500 to 599.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 500, max = 599))]
    pub status: Option<u16>,
    /// For `slow`: extra latency in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub extra_ms: Option<u32>,
    /// For `rate-limit`: `Retry-After` in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3600))]
    pub retry_after_s: Option<u32>,
    /// For `shunya-slow`: factor on the processing time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 1000))]
    pub factor: Option<u32>,
}

impl Mishap {
    /// The figures that are given; of the others, which its kind does not read, any.
    pub fn figures(&self) -> Figures {
        let any = Figures::default();
        Figures {
            status: self.status.unwrap_or(any.status),
            extra_ms: self.extra_ms.unwrap_or(any.extra_ms),
            retry_after_s: self.retry_after_s.unwrap_or(any.retry_after_s),
            factor: self.factor.unwrap_or(any.factor),
        }
    }
}

pub(super) fn midnight() -> TimeOfDay {
    TimeOfDay::hm(0, 0)
}
pub(super) fn end_of_day() -> TimeOfDay {
    TimeOfDay::hm(23, 59)
}
pub(super) fn always() -> u32 {
    1_000_000
}
