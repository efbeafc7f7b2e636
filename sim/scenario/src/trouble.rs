//! What a scenario file may say: the network, and what goes wrong. The comments are the schema's descriptions.

use super::words;
use crate::persona::Bounds;
use fieldday_api::defaults;
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::{Figures, MishapKind};
use fieldday_api::readings::{ClockInRepeat, PageBeyond};
use fieldday_kernel::time::TimeOfDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// What the radios give, by a name of fixtures/network.toml.
    #[schemars(schema_with = "words::profiles_schema")]
    pub profile: String,
    /// 5G in so many of a hundred areas that would have it.
    #[schemars(range(max = 100))]
    pub five_g_percent: u32,
    /// Valleys without network, a territory.
    #[schemars(range(max = 500))]
    pub valleys: u32,
    /// Stretches of road without network, a territory.
    #[schemars(range(max = 500))]
    pub dead_roads: u32,
    /// Areas with 3G alone, a territory.
    #[schemars(range(max = 500))]
    pub old_masts: u32,
    /// Share of the phones that lose the network for long once in the day, wherever they are.
    #[schemars(range(max = 1_000_000))]
    pub gap_ppm: u32,
    /// The length of a gap in minutes, least and most.
    #[schemars(schema_with = "words::bounds_to::<600>")]
    pub gap_minutes: Bounds,
    /// Share of the lunches at a place whose Wi-Fi has a captive portal.
    #[schemars(range(max = 1_000_000))]
    pub portal_ppm: u32,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            profile: "ordinary".to_owned(),
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

/// Apps that are killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Kills {
    /// Each of a rep's possible kills happens in so many of a million days.
    #[schemars(range(max = 1_000_000))]
    pub ppm: u32,
    /// How many may happen to a rep in a day.
    #[schemars(range(max = 50))]
    pub at_most: u32,
}

/// How Shunya works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shunya {
    /// How long a transcription takes, least and most.
    #[schemars(schema_with = "words::bounds_to::<86_400>")]
    pub transcription_s: Bounds,
    /// How long an analysis takes, least and most.
    #[schemars(schema_with = "words::bounds_to::<86_400>")]
    pub analysis_s: Bounds,
    /// Share of the sessions that fail.
    #[schemars(range(max = 1_000_000))]
    pub fails_ppm: u32,
    /// Share of the fields that come as null.
    #[schemars(range(max = 1_000_000))]
    pub nulls_ppm: u32,
}

impl Default for Shunya {
    fn default() -> Shunya {
        Shunya { transcription_s: (15, 90), analysis_s: (10, 60), fails_ppm: 10_000, nulls_ppm: 30_000 }
    }
}

/// Where the spec is silent or contradicts itself: which reading holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Recording starts go through the offline queue (0.4 says so, and the contrary).
    pub start_queued: bool,
    /// The audio's PUT has 30 s like the API's recording calls.
    pub audio_put_30s: bool,
    /// A queued clock-in says not when it was meant (a defect of the phone).
    pub send_bare_clock_in: bool,
    /// How far from the appointment's place a recording may start.
    #[schemars(range(min = 20, max = 2000))]
    pub geofence_m: u32,
    /// For how long after its end a token is still taken.
    #[schemars(range(max = 3600))]
    pub leeway_s: u32,
    /// How long a token lives.
    #[schemars(range(min = 5, max = 86_400))]
    pub token_life_s: u32,
    /// How long a presigned upload URL lives.
    #[schemars(range(min = 1, max = 1440))]
    pub url_life_minutes: u32,
    /// Where the health check is.
    pub health_path: String,
    /// Ask Otto and the wins feed are there.
    pub optional_endpoints: bool,
    /// 422 is taken for 400, as FastAPI has it.
    pub accept_422: bool,
    /// How many entries a page has when nobody says: 100 (2.2.1, 2.5.1) or 50 (0.3).
    #[schemars(range(min = 1, max = 1000))]
    pub page_default: u32,
    /// What a limit beyond the maximum does.
    pub page_beyond: PageBeyond,
    /// The list of appointments comes in pages too (0.3; 2.1.1 says that it does not).
    pub appointments_page: bool,
    /// What a repeated clock-in answers: both are in the spec.
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

/// A region that loses the network for a while, and gets it back at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// The tenant's local time at which it begins.
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// How long it lasts.
    #[schemars(range(min = 1, max = 1440))]
    pub minutes: u32,
    /// How many of a hundred people live in it; 100 is everywhere.
    #[serde(default = "everybody")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: u32,
    /// Which tenants of each cell; all, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<u32>,
}

fn everybody() -> u32 {
    100
}

/// Something that goes wrong with the backend of each cell, within the spec.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mishap {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// The fault that is injected.
    pub kind: MishapKind,
    /// From when, by the local time of the cell's first tenant; all day when absent.
    #[serde(default = "midnight")]
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// The local time at which it ends.
    #[serde(default = "end_of_day")]
    #[schemars(with = "String")]
    pub until: TimeOfDay,
    /// By how many minutes at most each cell's is later.
    #[serde(default)]
    #[schemars(range(max = 600))]
    pub jitter_minutes: u32,
    /// How many of a million requests it meets; all when absent.
    #[serde(default = "always")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub rate_ppm: u32,
    /// Which operations; all, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "words::ops_schema")]
    pub ops: Vec<Op>,
    /// Which tenant of each cell; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<u32>,
    /// Of errors: the status, 500 to 599.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 500, max = 599))]
    pub status: Option<u16>,
    /// Of `slow`: how much later an answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub extra_ms: Option<u32>,
    /// Of `rate-limit`: what `Retry-After` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3600))]
    pub retry_after_s: Option<u32>,
    /// Of `shunya-slow`: how many times as long it takes.
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
