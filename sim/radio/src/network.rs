//! What mobile networks do, from `fixtures/network.toml`, which names the source of every figure.

use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::{Arc, LazyLock};

/// What a phone has in a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Radio {
    /// There is no network.
    None,
    /// 3G, from masts at the edge of the territory.
    ThreeG,
    /// LTE, the usual network.
    Lte,
    /// 5G, in town.
    FiveG,
}

/// What one radio gives to a phone that stands, or drives.
#[derive(Clone, PartialEq, Debug)]
pub struct RadioProfile {
    /// Round trips: (parts per million, µs), ascending.
    rtt: [(u32, i64); 5],
    /// Packets lost on the way out or back, of a million.
    pub loss_ppm: u32,
    /// The median downlink bandwidth in kbit/s.
    pub downlink_kbit_s: i64,
    /// The mean uplink bandwidth in kbit/s.
    pub uplink_kbit_s: i64,
    /// Good slots followed by a bad one, of a million.
    pub enter_ppm: u32,
    /// Bad slots followed by a good one, of a million.
    pub leave_ppm: u32,
    /// Bad states that end the connection, of a million.
    pub break_ppm: u32,
    /// The mean of the exponential whose whole part, and one, is how many slots the good state lasts.
    pub(crate) good_mean: f64,
    /// The same of the bad state.
    pub(crate) bad_mean: f64,
}

impl RadioProfile {
    /// The round trip of which `at_ppm` of a million are quicker.
    pub fn rtt(&self, at_ppm: u32) -> Span {
        let mut before = self.rtt[0];
        for after in self.rtt {
            if at_ppm <= after.0 {
                let (run, rise) = (i64::from(after.0 - before.0).max(1), after.1 - before.1);
                return Span::micros(before.1 + rise * i64::from(at_ppm - before.0) / run);
            }
            before = after;
        }
        Span::micros(before.1)
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
    /// `ordinary`
    pub name: String,
    /// What the profile is like, in a sentence.
    pub about: String,
    /// Of 3G, LTE, 5G: standing, driving.
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
        let least = self.bearers.iter().map(|bearer| bearer.rtt(0).as_micros() / 2).min();
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

/// The file's form.
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
        pub handover_ms: i64,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Profile {
        pub name: String,
        pub about: String,
        pub five_g_standing: RadioProfile,
        pub five_g_driving: RadioProfile,
        pub lte_standing: RadioProfile,
        pub lte_driving: RadioProfile,
        pub three_g_standing: RadioProfile,
        pub three_g_driving: RadioProfile,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RadioProfile {
        pub rtt_ms: [i64; 3],
        pub loss_ppm: u32,
        pub downlink_kbit_s: i64,
        pub uplink_kbit_s: i64,
        pub bad: Bad,
        pub break_ppm: u32,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Bad {
        pub enter_ppm: u32,
        pub leave_ppm: u32,
    }
}

impl From<file::RadioProfile> for RadioProfile {
    fn from(file: file::RadioProfile) -> RadioProfile {
        let [p50, p90, p99] = file.rtt_ms.map(|ms| ms * 1000);
        // The ends are not published: three quarters of the median at the low one, a half more than p99 at the high one
        // where the tail is long.
        let (least, most) = if p50 == p99 { (p50, p99) } else { (p50 * 3 / 4, p99 * 3 / 2) };
        RadioProfile {
            rtt: [(0, least), (500_000, p50), (900_000, p90), (990_000, p99), (1_000_000, most)],
            loss_ppm: file.loss_ppm,
            downlink_kbit_s: file.downlink_kbit_s,
            uplink_kbit_s: file.uplink_kbit_s,
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
        Arc::new(Profile {
            name: p.name,
            about: p.about,
            bearers: bearers.map(RadioProfile::from),
            idle_close: Span::seconds(connection.idle_close_s),
            stall: Span::seconds(connection.stall_s),
            retransmit: Span::millis(connection.retransmit_ms),
            handover: Span::millis(connection.handover_ms),
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
        let ordinary = named("ordinary").unwrap();
        let published = [
            (Radio::FiveG, false, [69, 76, 220]),
            (Radio::FiveG, true, [75, 85, 186]),
            (Radio::Lte, true, [84, 101, 330]),
            (Radio::ThreeG, true, [124, 294, 535]),
        ];
        for (radio, moving, quantiles) in published {
            let bearer = ordinary.bearer(radio, moving);
            let read = [500_000, 900_000, 990_000].map(|ppm| bearer.rtt(ppm).as_millis());
            assert_eq!(read, quantiles, "{radio:?} moving: {moving}");
            assert!(bearer.rtt(0) < bearer.rtt(500_000) && bearer.rtt(999_999) > bearer.rtt(990_000));
        }
    }

    #[test]
    fn bad_shares_are_those_of_the_fit() {
        let lte = named("ordinary").unwrap().bearer(Radio::Lte, true);
        assert_eq!(lte.bad_ppm() / 1000, 123, "0.024 / (0.024 + 0.17)");
        assert_eq!(named("clean").unwrap().bearer(Radio::Lte, true).bad_ppm(), 0);
    }
}
