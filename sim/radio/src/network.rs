//! What mobile networks do, from `fixtures/network.toml`, which names the source of every figure.

use crate::quantiles::Quantiles;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::{Arc, LazyLock};

/// The kind of network that a phone finds in a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Radio {
    /// The phone finds no network.
    None,
    /// 3G, from masts at the edge of the territory.
    ThreeG,
    /// LTE: the usual network.
    Lte,
    /// 5G: in the middle of towns.
    FiveG,
}

/// What one radio gives to a phone that stands, or drives.
#[derive(Clone, PartialEq, Debug)]
pub struct RadioProfile {
    /// The distribution of round trips, in microseconds.
    rtt: Quantiles,
    /// What moves down in kbit/s, and what moves up.
    pub(crate) downlink: Quantiles,
    pub(crate) uplink: Quantiles,
    /// Packets lost on the way out or back, of a million.
    pub loss_ppm: u32,
    /// The median downlink bandwidth in kbit/s.
    pub downlink_kbit_s: i64,
    /// The median uplink bandwidth in kbit/s.
    pub uplink_kbit_s: i64,
    /// Good slots followed by a bad one, of a million.
    pub enter_ppm: u32,
    /// Bad slots followed by a good one, of a million.
    pub leave_ppm: u32,
    /// Bad states that end the connection, of a million.
    pub break_ppm: u32,
    /// The mean of the exponential whose whole part, and one, is how many slots the good state lasts.
    pub(crate) good_mean: f64,
    /// The same mean for the bad state.
    pub(crate) bad_mean: f64,
}

impl RadioProfile {
    /// The round trip of which `at_ppm` of a million are quicker.
    pub fn rtt(&self, at_ppm: u32) -> Span {
        Span::micros(self.rtt.at(at_ppm))
    }
    /// The long-run share of bad slots, of a million.
    pub fn bad_ppm(&self) -> u32 {
        let (enter, leave) = (u64::from(self.enter_ppm), u64::from(self.leave_ppm));
        (enter * 1_000_000).checked_div(enter + leave).unwrap_or(0) as u32
    }
}

/// A network: six bearers, and how connections behave on it. It serialises as its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// `us-2024`
    pub name: String,
    /// What the profile is like, in a sentence.
    pub about: String,
    /// The tool whose users know it, if it is the setting of one: no measurement, but the same figures everywhere.
    pub preset_of: Option<String>,
    /// For each of 3G, LTE and 5G, the profile of a phone that stands, then of one that drives.
    bearers: [RadioProfile; 6],
    /// A connection is closed after so long without use.
    pub idle_close: Span,
    /// A transfer is given up after so long without a byte.
    pub stall: Span,
    /// What a lost packet costs beside a round trip.
    pub retransmit: Span,
    /// How long a transfer stands still while the phone changes from one radio to another.
    pub handover: Span,
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.name)
    }
}

impl Profile {
    /// What that radio gives; of no radio, what the worst one gives.
    pub fn bearer(&self, radio: Radio, moving: bool) -> &RadioProfile {
        &self.bearers[Profile::class(radio, moving)]
    }
    /// The number of a radio and a motion.
    pub(crate) fn class(radio: Radio, moving: bool) -> usize {
        (radio as usize).saturating_sub(1) * 2 + usize::from(moving)
    }
    /// The shortest way to the backend, or back, that any of its radios ever gives.
    pub fn least_one_way(&self) -> Span {
        let least = self.bearers.iter().map(|bearer| bearer.rtt.least() / 2).min();
        Span::micros(least.unwrap_or(0))
    }
    pub(crate) fn bearer_of(&self, class: usize) -> &RadioProfile {
        &self.bearers[class]
    }
}

#[cfg(test)]
impl Profile {
    /// Without lost packets and bad seconds.
    pub(crate) fn calm(mut self) -> Profile {
        self.bearers.iter_mut().for_each(|b| (b.loss_ppm, b.enter_ppm, b.break_ppm) = (0, 0, 0));
        self
    }
    /// With bad seconds that never end and break nothing.
    pub(crate) fn always_bad(mut self) -> Profile {
        for bearer in &mut self.bearers {
            (bearer.enter_ppm, bearer.leave_ppm, bearer.break_ppm) = (1_000_000, 0, 0);
            (bearer.good_mean, bearer.bad_mean) = (mean_of(1_000_000), mean_of(0));
        }
        self
    }
}

/// The form of the file of profiles.
mod file {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct File {
        pub connection: Connection,
        pub profile: Vec<Profile>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Connection {
        pub idle_close_s: i64,
        pub stall_s: i64,
        pub retransmit_ms: i64,
    }
    /// A profile gives what is everywhere, or each of the six.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Profile {
        pub name: String,
        pub about: String,
        pub preset_of: Option<String>,
        pub handover_ms: i64,
        pub everywhere: Option<RadioProfile>,
        pub five_g_standing: Option<RadioProfile>,
        pub five_g_driving: Option<RadioProfile>,
        pub lte_standing: Option<RadioProfile>,
        pub lte_driving: Option<RadioProfile>,
        pub three_g_standing: Option<RadioProfile>,
        pub three_g_driving: Option<RadioProfile>,
    }
    #[derive(Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RadioProfile {
        pub rtt_ms: RoundTrip,
        pub loss_ppm: u32,
        pub downlink_kbit_s: Rate,
        pub uplink_kbit_s: Rate,
        pub bad: Bad,
        pub break_ppm: u32,
    }
    #[derive(Clone, Copy, Deserialize)]
    #[serde(untagged)]
    pub(super) enum RoundTrip {
        P50P90P99([i64; 3]),
        Even { least: i64, most: i64 },
    }
    #[derive(Clone, Copy, Deserialize)]
    #[serde(untagged)]
    pub(super) enum Rate {
        Around(i64),
        P10P50P90([i64; 3]),
        Always { always: i64 },
    }
    #[derive(Clone, Copy, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Bad {
        pub enter_ppm: u32,
        pub leave_ppm: u32,
    }
}

/// Below this a second is bad (`bad` of the file), so the good ones have this at least.
const BAD_BELOW_KBIT_S: i64 = 100;

impl From<file::RoundTrip> for Quantiles {
    fn from(file: file::RoundTrip) -> Quantiles {
        match file {
            file::RoundTrip::Even { least, most } => Quantiles::even(least * 1000, most * 1000),
            // The ends are not published: three quarters of the median at the low one, a half more than p99 at the high one.
            file::RoundTrip::P50P90P99(ms) => {
                let [p50, p90, p99] = ms.map(|ms| ms * 1000);
                Quantiles::p50_p90_p99(p50 * 3 / 4, [p50, p90, p99], p99 * 3 / 2)
            }
        }
    }
}

impl From<file::Rate> for Quantiles {
    fn from(file: file::Rate) -> Quantiles {
        match file {
            file::Rate::Always { always } => Quantiles::even(always, always),
            // How it is spread is ours: from half to half as much again.
            file::Rate::Around(middle) => Quantiles::triangle(middle),
            // The upper end is ours, too.
            file::Rate::P10P50P90([p10, p50, p90]) => {
                Quantiles::p10_p50_p90(BAD_BELOW_KBIT_S.min(p10), [p10, p50, p90], p90 * 3 / 2)
            }
        }
    }
}

impl From<file::RadioProfile> for RadioProfile {
    fn from(file: file::RadioProfile) -> RadioProfile {
        let (downlink, uplink) = (Quantiles::from(file.downlink_kbit_s), Quantiles::from(file.uplink_kbit_s));
        RadioProfile {
            rtt: file.rtt_ms.into(),
            loss_ppm: file.loss_ppm,
            downlink_kbit_s: downlink.median(),
            uplink_kbit_s: uplink.median(),
            downlink,
            uplink,
            enter_ppm: file.bad.enter_ppm,
            leave_ppm: file.bad.leave_ppm,
            break_ppm: file.break_ppm,
            good_mean: mean_of(file.bad.enter_ppm),
            bad_mean: mean_of(file.bad.leave_ppm),
        }
    }
}

/// The mean of the exponential that gives the geometric sojourn of a state left with `leave_ppm` per slot.
fn mean_of(leave_ppm: u32) -> f64 {
    let stay = 1.0 - f64::from(leave_ppm) / 1e6;
    match leave_ppm {
        0 => 1e15,
        1_000_000.. => 1e-9,
        _ => -1.0 / libm::log(stay),
    }
}

static PROFILES: LazyLock<Vec<Arc<Profile>>> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/network.toml");
    let file: file::File = toml::from_str(text).expect("fixtures/network.toml is checked by a test");
    let connection = &file.connection;
    let profile = |p: file::Profile| {
        let bearers =
            [p.three_g_standing, p.three_g_driving, p.lte_standing, p.lte_driving, p.five_g_standing, p.five_g_driving];
        let bearer = |bearer: Option<file::RadioProfile>| {
            let bearer = bearer.or_else(|| p.everywhere.clone());
            RadioProfile::from(bearer.expect("fixtures/network.toml is checked by a test"))
        };
        Arc::new(Profile {
            name: p.name,
            about: p.about,
            preset_of: p.preset_of,
            bearers: bearers.map(bearer),
            idle_close: Span::seconds(connection.idle_close_s),
            stall: Span::seconds(connection.stall_s),
            retransmit: Span::millis(connection.retransmit_ms),
            handover: Span::millis(p.handover_ms),
        })
    };
    file.profile.into_iter().map(profile).collect()
});

/// All profiles, in the fixture's order.
pub fn profiles() -> &'static [Arc<Profile>] {
    &PROFILES
}

/// The profile of that name.
pub fn named(name: &str) -> Option<&'static Arc<Profile>> {
    PROFILES.iter().find(|p| p.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_quantiles_come_back() {
        let published = [
            ("cautious", Radio::FiveG, false, [69, 76, 220]),
            ("cautious", Radio::FiveG, true, [75, 85, 186]),
            ("cautious", Radio::Lte, true, [84, 101, 330]),
            ("cautious", Radio::ThreeG, true, [124, 294, 535]),
            ("us-2024", Radio::FiveG, false, [59, 113, 327]),
            ("us-2024", Radio::FiveG, true, [70, 108, 236]),
            ("us-2024", Radio::Lte, true, [52, 82, 268]),
        ];
        for (name, radio, moving, quantiles) in published {
            let bearer = named(name).unwrap().bearer(radio, moving);
            let read = [500_000, 900_000, 990_000].map(|ppm| bearer.rtt(ppm).as_millis());
            assert_eq!(read, quantiles, "{name} {radio:?} moving: {moving}");
            assert!(bearer.rtt(0) < bearer.rtt(500_000) && bearer.rtt(999_999) > bearer.rtt(990_000));
        }
        let uplinks = [
            (Radio::FiveG, false, [1_500, 10_900, 50_000]),
            (Radio::FiveG, true, [3_300, 31_000, 91_000]),
            (Radio::Lte, true, [900, 5_700, 26_000]),
        ];
        for (radio, moving, quantiles) in uplinks {
            let bearer = named("us-2024").unwrap().bearer(radio, moving);
            assert_eq!([100_000, 500_000, 900_000].map(|ppm| bearer.uplink.at(ppm)), quantiles, "{radio:?}");
            assert_eq!((bearer.uplink.least(), bearer.uplink_kbit_s), (100, quantiles[1]));
        }
    }

    #[test]
    fn bad_shares_are_those_of_the_sources() {
        let bad = |name: &str, radio| named(name).unwrap().bearer(radio, true).bad_ppm() / 1000;
        assert_eq!(bad("cautious", Radio::Lte), 123, "0.024 / (0.024 + 0.17)");
        assert_eq!(bad("us-2024", Radio::FiveG), 10, "1 % below 0.1 Mbit/s");
        assert_eq!(bad("clean", Radio::Lte), 0);
    }

    /// As their tools' documentation has them: kbit/s down and up, and milliseconds of delay.
    #[test]
    fn presets_are_the_same_everywhere_and_have_the_figures_of_their_tools() {
        let published = [
            ("lighthouse-slow-4g", "Lighthouse", 1600, 750, [150, 150]),
            ("firefox-gprs", "Firefox", 50, 20, [500, 500]),
            ("firefox-regular-3g", "Firefox", 750, 250, [100, 100]),
            ("firefox-good-3g", "Firefox", 1500, 750, [40, 40]),
            ("firefox-regular-4g", "Firefox", 4000, 3000, [20, 20]),
            ("android-gprs", "the Android emulator", 80, 40, [150, 550]),
            ("android-edge", "the Android emulator", 237, 118, [80, 400]),
            ("android-umts", "the Android emulator", 1920, 128, [35, 200]),
        ];
        for (name, tool, down, up, [least, most]) in published {
            let preset = named(name).unwrap();
            assert_eq!(preset.preset_of.as_deref(), Some(tool), "{name}");
            for bearer in &preset.bearers {
                assert_eq!((bearer.downlink.at(1), bearer.downlink.at(999_999)), (down, down), "{name}");
                assert_eq!((bearer.uplink.at(1), bearer.uplink.at(999_999)), (up, up), "{name}");
                assert_eq!([0, 1_000_000].map(|ppm| bearer.rtt(ppm).as_millis()), [least, most], "{name}");
                assert_eq!((bearer.loss_ppm, bearer.bad_ppm()), (0, 0), "{name}");
            }
        }
        assert_eq!(profiles().iter().filter(|profile| profile.preset_of.is_some()).count(), published.len());
    }
}
