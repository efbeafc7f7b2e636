//! Whether a model that was fitted may be used: nothing in a report rests on one that does not fit, that has too few levels, or
//! that contradicts what was measured.

use super::breaks::Breaks;
use crate::demand::{self, Demand, Unfit};
use crate::journal::Header;
use crate::level::Level;
use crate::search::Finding;
use crate::usl::{self, TooFew, Usl};
use fieldday_paint::units::{count, counted, number};

/// Throughputs may be off by so much, as the root of the mean squared relative error.
const THROUGHPUT_OFF_MOST: f64 = 0.1;
/// A level may have served so many times what the model says is possible: a share of noise.
const BEYOND_FULL_MOST: f64 = 1.05;
/// The modelled edge may be off by so large a factor from levels that held or broke.
const EDGE_OFF_MOST: f64 = 1.25;

/// The levels and the result of the search, which a fitted model must not contradict.
pub(super) struct Trust<'a> {
    levels: Vec<&'a Level>,
    finding: &'a Finding,
    /// How long one more level takes, in seconds.
    level_s: f64,
}

impl<'a> Trust<'a> {
    pub fn new(header: &Header, levels: &'a [Level], finding: &'a Finding) -> Trust<'a> {
        let longest = levels.iter().map(|level| level.measured_s).fold(header.range.shortest_s, f64::max);
        let levels = levels.iter().filter(|level| level.counts() && level.suffered.is_none()).collect();
        Trust { levels, finding, level_s: longest + f64::from(header.warm_up_s) }
    }
    /// So many levels more, and how long they take.
    fn more(&self, levels: usize) -> String {
        let minutes = (levels as f64 * self.level_s / 60.0).ceil() as u64;
        let (levels, minutes) =
            (counted(levels as u64, "more level", "more levels"), counted(minutes, "minute", "minutes"));
        format!("{levels} of other numbers of reps would help, about {minutes}")
    }
    /// The law, or why it is not used.
    pub fn usl(&self, fitted: Result<Usl, TooFew>) -> Result<Usl, String> {
        let not_used = |why: String| Err(format!("the Universal Scalability Law is not used: {why}"));
        let usl = match fitted {
            Ok(usl) => usl,
            Err(TooFew(has)) => {
                let lacks = self.more(usl::LEVELS_MIN - has);
                return not_used(format!(
                    "it needs levels at {} concurrencies, and there are {has}; {lacks}",
                    usl::LEVELS_MIN
                ));
            }
        };
        let mut at: Vec<f64> = usl.residuals.iter().map(|of| of.in_flight).collect();
        at.sort_by(f64::total_cmp);
        at.dedup_by(|a, b| (*a / *b - 1.0).abs() < 0.01);
        let (least, most) = (at.first().copied().unwrap_or(0.0), at.last().copied().unwrap_or(0.0));
        match () {
            () if at.len() < usl::LEVELS_MIN => {
                let lacks = self.more(usl::LEVELS_MIN - at.len());
                not_used(format!(
                    "it needs levels at {} concurrencies, and there are {}; {lacks}",
                    usl::LEVELS_MIN,
                    at.len()
                ))
            }
            () if most < usl::IN_FLIGHT_MIN => not_used(format!(
                "never more than {} requests were in flight on average, and it says what they cost each other; levels of more reps would help",
                number(most)
            )),
            () if most < usl::RANGE_MIN * least => not_used(format!(
                "concurrency ranges only from {} to {}; levels over a factor of {} would help",
                number(least),
                number(most),
                usl::RANGE_MIN
            )),
            () if usl.error() > THROUGHPUT_OFF_MOST => not_used(format!(
                "it differs from the measured throughput by {:.0} %, more than {:.0} %; longer levels (--level) would help if the target itself does not vary",
                usl.error() * 100.0,
                THROUGHPUT_OFF_MOST * 100.0
            )),
            () => Ok(usl),
        }
    }
    /// The queueing model with where it puts each limit's edge, or why it is not used.
    pub fn queue(&self, fitted: Result<(Vec<Breaks>, Demand), Unfit>) -> Result<(Vec<Breaks>, Demand), String> {
        let not_used = |why: String| Err(format!("the queueing model is not used: {why}"));
        let (breaks, queue) = match fitted {
            Ok(fitted) => fitted,
            Err(Unfit::TooFew(has)) => {
                let lacks = self.more(demand::LEVELS_MIN - has);
                return not_used(format!("it needs {} levels, and there are {has}; {lacks}", demand::LEVELS_MIN));
            }
            Err(why @ Unfit::Off { .. }) => {
                return not_used(format!(
                    "{why}; longer levels (--level) would help if the target is a queue for workers that are alike"
                ));
            }
            Err(why) => return not_used(why.to_string()),
        };
        let served = self.levels.iter().map(|level| level.requests_per_s).fold(0.0, f64::max);
        if served > queue.saturates_at * BEYOND_FULL_MOST {
            return not_used(format!(
                "its workers would be full at {} requests per second, and {} were served; {}",
                number(queue.saturates_at),
                number(served),
                self.more(2)
            ));
        }
        if let Some(why) = self.contradiction(&breaks) {
            return not_used(why);
        }
        Ok((breaks, queue))
    }
    /// Where the modelled edge is not where levels held and broke.
    fn contradiction(&self, breaks: &[Breaks]) -> Option<String> {
        let first = breaks.first()?;
        let edge = count(first.reps.round() as u64);
        let held = self.finding.low.filter(|held| first.reps * EDGE_OFF_MOST < *held as f64);
        let broke = self.finding.high.filter(|broke| first.reps > *broke as f64 * EDGE_OFF_MOST);
        let broke = broke.filter(|_| self.finding.breaks_first.contains(&first.limit));
        match (held, broke) {
            (Some(held), _) => Some(format!(
                "it has {} exceeded at {edge} reps, and {} held it; {}",
                first.limit,
                count(held),
                self.more(2)
            )),
            (_, Some(broke)) => Some(format!(
                "it has {} held up to {edge} reps, and {} exceeded it; {}",
                first.limit,
                count(broke),
                self.more(2)
            )),
            _ => None,
        }
    }
}
