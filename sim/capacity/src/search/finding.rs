//! What a search found.

use super::{Ending, Knee, Range, Standing, by_disturbance, curve, edge, knee};
use crate::level::Level;
use fieldday_paint::units::{count, counted, number};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A target sheds load if more than this share of its requests failed.
const SHEDS_FROM: f64 = 0.01;

/// The result of a search: between which numbers of reps a limit begins to be exceeded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Why the search ended.
    pub ending: Ending,
    /// The greatest number of reps that held every limit, below the smallest that exceeded one.
    pub carries: Option<u64>,
    /// The greatest number of reps that held every limit with the required confidence.
    pub low: Option<u64>,
    /// The smallest number of reps that exceeded a limit with the required confidence; none if none did.
    pub high: Option<u64>,
    /// Requests served per second at that number of reps.
    pub requests_per_s: Option<f64>,
    /// Requests in flight at that number of reps.
    pub in_flight: Option<f64>,
    /// The limits that were exceeded first, at the smallest number of reps that exceeded any.
    pub breaks_first: Vec<String>,
    /// Where more load begins to cost more latency than it brings throughput.
    pub knee: Option<Knee>,
    /// Notes and warnings about the result, a sentence each, for people.
    pub notes: Vec<String>,
}

impl Range {
    /// The result as these levels tell it, if the search ended with them.
    pub fn finding(&self, levels: &[Level], ending: Ending) -> Finding {
        let known = self.known(levels);
        let (low, high) = edge(&known);
        let suffers =
            levels.iter().filter(|level| level.counts() && level.suffered.is_some()).map(|level| level.reps).min();
        let (sure_low, sure_high) = match low {
            // Nothing held: there is no edge among the levels.
            None => (None, known.iter().find(|of| of.1.standing == Standing::Broken).map(|of| *of.0)),
            Some(at) => {
                let (least, most) = self.interval(levels, at, high);
                let most = most.into_iter().chain(suffers).min();
                (least.map(|least| least.min(at)), most.map(|most| most.max(high.unwrap_or(most))))
            }
        };
        let curve = curve(levels);
        let at = low.and_then(|low| curve.iter().find(|point| point.reps == low));
        let broken: Vec<&Level> = levels.iter().filter(|of| of.counts() && Some(of.reps) == high).collect();
        let breaks = |of: &(&str, Standing)| !of.1.holds();
        let mut breaks_first: Vec<String> =
            self.by_limit(&broken).iter().filter(|of| breaks(of)).map(|of| of.0.to_owned()).collect();
        breaks_first.extend(by_disturbance(&broken).into_iter().filter(|of| !of.1.holds()).map(|of| of.0));
        breaks_first.extend(broken.iter().filter_map(|level| level.suffered.clone()).take(1));
        Finding {
            ending,
            carries: low,
            low: sure_low,
            high: sure_high,
            requests_per_s: at.map(|point| point.requests_per_s),
            in_flight: at.map(|point| point.in_flight),
            breaks_first,
            // A level that was disturbed is no steady state: its mean latency is no point of the curve.
            knee: knee(&curve).filter(|_| self.disturbing.is_none()),
            notes: self.notes(levels, low, high, ending),
        }
    }
    fn notes(&self, levels: &[Level], low: Option<u64>, high: Option<u64>, ending: Ending) -> Vec<String> {
        let (Range { from, to, .. }, mut notes) = (self, Vec::new());
        match ending {
            Ending::NeverHolds => notes.push(format!(
                "a limit is exceeded even at {}, the smallest number allowed; use a lower --from, or limits that this target can meet",
                counted(*from, "rep", "reps")
            )),
            Ending::NeverBreaks => notes.push(format!(
                "no limit was exceeded up to {}, the greatest number allowed; use a higher --to",
                counted(*to, "rep", "reps")
            )),
            Ending::GeneratorGaveUp => notes.push(
                "the generator could not keep up before a limit was exceeded, so the result is a lower bound; use a machine with more cores, or a lower --speed"
                    .to_owned(),
            ),
            Ending::DisturbanceUndecided => notes.push(
                "a planned disturbance decided nothing, so the search ended; mend its commands, and try them with `fieldday run --disturb`"
                    .to_owned(),
            ),
            Ending::OutOfTime => notes.push(
                "the time that the search was given is over, so this is the best answer for that time; --resume FOLDER continues, and a longer --within narrows the interval"
                    .to_owned(),
            ),
            Ending::Interrupted => notes.push("interrupted; --resume FOLDER continues".to_owned()),
            Ending::Found => {}
        }
        let known = self.known(levels);
        notes.extend(high.and_then(|high| shed(levels, high)));
        if let Some(high) = high {
            let above: Vec<String> =
                known.iter().filter(|(reps, of)| **reps > high && of.standing.holds()).map(|of| count(*of.0)).collect();
            if !above.is_empty() {
                let above = above.join(", ");
                notes.push(format!(
                    "{} exceeded a limit, though {above} did not: the target's performance varies",
                    counted(high, "rep", "reps")
                ));
            }
        }
        for reps in low.into_iter().chain(high) {
            if let Some(of) = known.get(&reps).filter(|of| !of.standing.is_sure() && ending == Ending::Found) {
                let looks = if of.standing.holds() { "held" } else { "broken" };
                let times = if of.times == 1 { "once".to_owned() } else { format!("{} times", of.times) };
                notes.push(format!(
                    "{}, measured {times}, probably {looks}, but not with {:.0} % confidence; use a longer --level",
                    counted(reps, "rep", "reps"),
                    self.confidence * 100.0
                ));
            }
        }
        let invalid = levels.iter().filter(|level| !level.counts()).count();
        if let Some(first) = levels.iter().find_map(|level| level.invalid.as_ref()) {
            let times = if invalid == 1 { "1 level does".to_owned() } else { format!("{invalid} levels do") };
            notes.push(format!("{times} not count: {first}"));
        }
        notes
    }
}

/// A note on how much a target still serves that refuses or fails a part of the load; none if it refuses next to nothing.
fn shed(levels: &[Level], reps: u64) -> Option<String> {
    let of = || levels.iter().filter(|level| level.counts() && level.reps == reps);
    let mean = |figure: &dyn Fn(&Level) -> f64| of().map(figure).sum::<f64>() / of().count().max(1) as f64;
    let (served, all) = (mean(&|level| level.served_per_s), mean(&|level| level.requests_per_s));
    (served < all * (1.0 - SHEDS_FROM)).then(|| {
        format!(
            "at {} the target served {} of {} requests per second, and failed or refused the others",
            counted(reps, "rep", "reps"),
            number(served),
            number(all)
        )
    })
}
