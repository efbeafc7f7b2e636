//! A shard's part of a level, and the level that all parts come to.

use crate::excerpt::Offered;
use crate::level::{About, Level};
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Span;
use fieldday_rules::disturbed::Happened;
use fieldday_rules::{Measures, Traffic};
use fieldday_scenario::limits::Limit;
use serde::{Deserialize, Serialize};

/// A level counts if it sent what it offered, but for this share, and for a few requests.
const OFF_MOST: f64 = 0.05;
const OFF_FEW: f64 = 3.0;

/// A shard's part of a level, which it passes to the first shard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LevelPart {
    /// The load that the shard offered in the measured part.
    pub offered: Offered,
    /// The shard's requests on the wire, with when each began and ended.
    pub traffic: Traffic,
    /// Latencies and endings of the shard's requests, over which limits are judged.
    pub measures: Measures,
    /// Rules of the API that the target broke, by name, sorted once parts are merged.
    pub rules_broken: Vec<String>,
    /// The reason why the part, and so the level, does not count; none if it does.
    pub invalid: Option<String>,
    /// The reason why the level was stopped early, if the target was overloaded.
    pub suffered: Option<String>,
    /// The planned disturbances with when each took place, from the beginning of the measured part; of the shard that disturbs.
    pub disturbed: Vec<Happened>,
    /// When that shard's part ended, from the beginning of the measured part, if before its time.
    pub ended: Option<Span>,
}

impl LevelPart {
    /// Adds another shard's part of the same level.
    pub fn merge(&mut self, shard: u32, other: LevelPart) {
        self.offered.merge(other.offered);
        self.traffic.merge(other.traffic);
        self.traffic.carried.sort_by_key(|one| one.ended_us);
        self.measures.merge(&other.measures);
        self.rules_broken.extend(other.rules_broken);
        self.rules_broken.sort();
        self.rules_broken.dedup();
        let of = |why: String| format!("shard {shard}: {why}");
        let join = |mine: Option<String>, other: Option<String>| match (mine, other.map(of)) {
            (Some(mine), Some(other)) => Some(format!("{mine}; {other}")),
            (mine, other) => mine.or(other),
        };
        self.invalid = join(self.invalid.take(), other.invalid);
        self.suffered = join(self.suffered.take(), other.suffered);
        self.disturbed.extend(other.disturbed);
        self.ended = self.ended.into_iter().chain(other.ended).min();
    }
    /// The level that it is, with what is known beside it.
    pub fn level(self, about: About, limits: &[Limit]) -> Level {
        let LevelPart { offered, traffic, measures, rules_broken, invalid, suffered, disturbed, ended } = self;
        // Why a target suffered is why it was stopped: then it does not matter that too little was sent.
        let invalid = invalid.or_else(|| why_off(&offered, &traffic)).filter(|_| suffered.is_none());
        Level::new(
            About { offered: Some(offered), rules_broken, invalid, suffered, disturbed, ended, ..about },
            &traffic,
            &measures,
            limits,
        )
    }
}

/// Why a level that did not send what it offered does not count.
fn why_off(offered: &Offered, traffic: &Traffic) -> Option<String> {
    let lasts = traffic.lasts().as_micros();
    let sent =
        traffic.carried.iter().filter(|one| one.op != Op::PutAudio && (0..lasts).contains(&one.began_us)).count();
    let off = (sent as f64 - offered.requests as f64).abs();
    (off > offered.requests as f64 * OFF_MOST + OFF_FEW).then(|| {
        format!("{sent} requests were sent, and {} were due: more than {:.0} % off", offered.requests, OFF_MOST * 100.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::Span;
    use fieldday_rules::Carried;

    fn part(began_us: &[i64]) -> LevelPart {
        let mut traffic = Traffic::new(Span::ZERO, Span::seconds(2));
        let carried = |at: &i64| Carried { op: Op::ListTasks, began_us: *at, ended_us: at + 1_000, good: true };
        traffic.carried.extend(began_us.iter().map(carried));
        let endpoints = vec![crate::day::Asked { op: Op::ListTasks, requests_per_s: began_us.len() as f64 / 2.0 }];
        let requests = began_us.len() as u64;
        LevelPart {
            offered: Offered { requests, requests_per_s: requests as f64 / 2.0, endpoints },
            traffic,
            measures: Measures::new(),
            rules_broken: Vec::new(),
            invalid: None,
            suffered: None,
            disturbed: Vec::new(),
            ended: None,
        }
    }

    #[test]
    fn parts_of_a_level_become_one_whose_load_is_their_sum() {
        let mut all = part(&[500_000]);
        all.merge(1, part(&[300_000, 1_900_000]));
        all.merge(2, LevelPart { invalid: Some("its processors were busy".to_owned()), ..part(&[700_000]) });
        let began: Vec<i64> = all.traffic.carried.iter().map(|one| one.began_us).collect();
        assert_eq!(began, [300_000, 500_000, 700_000, 1_900_000]);
        let level = all.level(About::of(200, Default::default()), &[]);
        assert_eq!((level.requests, level.offered.unwrap().requests_per_s), (4, 2.0));
        assert_eq!(level.invalid.as_deref(), Some("shard 2: its processors were busy"));
        // Alone it would be invalid: it sent less than was offered to all.
        let mut less = part(&[500_000]);
        less.offered.requests = 20;
        let level = less.level(About::of(200, Default::default()), &[]);
        assert!(level.invalid.unwrap().contains("1 requests were sent, and 20 were due"));
    }
}
