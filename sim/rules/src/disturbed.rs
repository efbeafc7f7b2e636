//! What limits were exceeded while a target was disturbed on purpose, and how long until all of them held again. By the wire,
//! whatever clock a limit reads, and by when requests began: those that hang belong to what made them hang.

use crate::limit_result::{LimitResult, LimitVerdict};
use crate::limits;
use crate::traffic::Traffic;
use fieldday_kernel::time::Span;
use fieldday_paint::units;
use fieldday_scenario::limits::{Limit, Measure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All limits hold again from the first moment on of which they hold for so long.
pub const HOLDS_FOR: Span = Span::seconds(5);
/// Moments that are tried lie so far apart.
const STEP: Span = Span::seconds(1);

/// What is known of a disturbance of the run once the run is over: when it took place, and what it may break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Happened {
    /// The name of the disturbance.
    pub name: String,
    /// From when until when, counted as the traffic's times are; none if its moment did not come.
    pub at: Option<(Span, Span)>,
    /// When it began, in UTC; none if its moment did not come.
    pub began: Option<String>,
    /// When it was undone, in UTC; none if it was not.
    pub ended: Option<String>,
    /// The limits that may be exceeded meanwhile, as the scenario has them.
    pub may_break: Vec<String>,
    /// After its end every limit holds again within this time.
    pub holds_again_within: Span,
    /// Why the disturbance shows nothing, such as a command that failed; none if it went as planned.
    pub trouble: Option<String>,
}

/// The result of a disturbance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisturbanceResult {
    /// The name of the disturbance.
    pub name: String,
    /// When it began, in UTC; absent if the run ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// When it was undone, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Limits that were exceeded during the disturbance, and that may be.
    pub exceeded: Vec<String>,
    /// Limits that were exceeded during the disturbance, and that may not be.
    pub not_allowed: Vec<String>,
    /// The time from its end until every limit held again, in microseconds; absent if they did not, or if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_again_after_us: Option<u64>,
    /// The time within which every limit must hold again, in microseconds.
    pub holds_again_within_us: u64,
    /// Exceeded if a limit was exceeded that may not be, or if the limits did not hold again in time.
    pub verdict: LimitVerdict,
    /// The reason why it is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl DisturbanceResult {
    /// The result in words, for reports.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if !self.not_allowed.is_empty() {
            words.push(format!("exceeded meanwhile, and should not be: {}", self.not_allowed.join(", ")));
        }
        if !self.exceeded.is_empty() {
            words.push(format!("exceeded meanwhile, as may be: {}", self.exceeded.join(", ")));
        }
        let within = units::limit(self.holds_again_within_us);
        words.push(match (self.held_again_after_us, &self.note) {
            (_, Some(note)) => format!("inconclusive: {note}"),
            (Some(after), None) => format!("every limit held again {} after it, of {within}", units::micros(after)),
            (None, None) => format!("not every limit held again within {within}"),
        });
        words.join("; ")
    }
}

/// Whether a limit was exceeded by requests that began in a part of the traffic; none if there were none, or if it is a limit
/// that a part of a run does not decide.
fn is_exceeded(limit: &Limit, traffic: &Traffic, part: impl Fn(i64) -> bool) -> Option<bool> {
    let (mut all, mut beyond, mut sum) = (0_u64, 0_u64, 0_u64);
    for one in traffic.carried.iter().filter(|one| limit.scope.holds(one.op) && part(one.began_us)) {
        all += 1;
        sum += one.took_us();
        beyond += u64::from(limits::is_beyond(limit, one));
    }
    match limit.measure {
        _ if all == 0 => None,
        Measure::Requests | Measure::Growth => None,
        Measure::Mean => Some(!limit.side.holds(sum / all, limit.bound)),
        // Of few requests one may always be beyond, unless none may.
        _ => Some(beyond as f64 > (limits::allowed(limit) * all as f64).ceil()),
    }
}

impl Happened {
    /// What came of it. `ends` is when the run ended, or when the next disturbance began.
    pub fn judge(&self, limits: &[Limit], traffic: &Traffic, ends: Span) -> DisturbanceResult {
        let mut result = DisturbanceResult {
            name: self.name.clone(),
            began: self.began.clone(),
            ended: self.ended.clone(),
            exceeded: Vec::new(),
            not_allowed: Vec::new(),
            held_again_after_us: None,
            holds_again_within_us: self.holds_again_within.as_micros().unsigned_abs(),
            verdict: LimitVerdict::Inconclusive,
            note: self.trouble.clone(),
        };
        let Some((from, until)) = self.at else { return result };
        let during = (from.as_micros(), until.as_micros());
        for limit in limits {
            if is_exceeded(limit, traffic, |at| (during.0..during.1).contains(&at)) == Some(true) {
                let may = self.may_break.iter().any(|text| text == limit.text());
                let list = if may { &mut result.exceeded } else { &mut result.not_allowed };
                list.push(limit.text().to_owned());
            }
        }
        result.held_again_after_us = held_again(limits, traffic, until, ends);
        if self.trouble.is_some() {
            return result;
        }
        let is_late = match result.held_again_after_us {
            Some(after) => after > result.holds_again_within_us,
            None => ends - until >= self.holds_again_within + HOLDS_FOR,
        };
        result.verdict = match result.held_again_after_us {
            _ if is_late || !result.not_allowed.is_empty() => LimitVerdict::Exceeded,
            Some(_) => LimitVerdict::Held,
            None => {
                result.note = Some("the run ended before it was known whether every limit held again".to_owned());
                LimitVerdict::Inconclusive
            }
        };
        result
    }
}

/// How long after a moment every limit held again.
fn held_again(limits: &[Limit], traffic: &Traffic, until: Span, ends: Span) -> Option<u64> {
    let mut at = until;
    while at + HOLDS_FOR <= ends {
        let (from, to) = (at.as_micros(), (at + HOLDS_FOR).as_micros());
        let verdicts = limits.iter().map(|limit| is_exceeded(limit, traffic, |began| (from..to).contains(&began)));
        let decided: Vec<bool> = verdicts.flatten().collect();
        if !decided.is_empty() && !decided.contains(&true) {
            return Some((at - until).as_micros().unsigned_abs());
        }
        at += STEP;
    }
    None
}

/// Judges every disturbance, in the order in which they began.
pub fn judge_all(happened: &[Happened], limits: &[Limit], traffic: &Traffic, ends: Span) -> Vec<DisturbanceResult> {
    let next = |place: usize| happened[place + 1..].iter().find_map(|of| of.at).map_or(ends, |(from, _)| from);
    happened.iter().enumerate().map(|(place, of)| of.judge(limits, traffic, next(place))).collect()
}

/// When a limit may be exceeded: from the beginning of each disturbance that may break it until the time that its recovery may take is
/// over. From and until when, in microseconds of the traffic's times.
pub fn excused(happened: &[Happened], limit: &Limit) -> Vec<(i64, i64)> {
    let of_this = happened.iter().filter(|of| of.may_break.iter().any(|text| text == limit.text()));
    let time = |of: &Happened| of.at.map(|(from, until)| (from, until + of.holds_again_within));
    of_this.filter_map(time).map(|(from, until)| (from.as_micros(), until.as_micros())).collect()
}

/// Lets limits hold that were exceeded only while they might be: until a disturbance's end, and for as long after it as it may take.
pub fn excuse(results: &mut [LimitResult], happened: &[Happened], limits: &[Limit], traffic: &Traffic) {
    for result in results.iter_mut().filter(|of| of.verdict == LimitVerdict::Exceeded) {
        let Some(limit) = limits.iter().find(|limit| limit.text() == result.text) else { continue };
        let parts = excused(happened, limit);
        let is_outside = |at: i64| !parts.iter().any(|(from, until)| (*from..*until).contains(&at));
        if !parts.is_empty() && is_exceeded(limit, traffic, is_outside) == Some(false) {
            result.verdict = LimitVerdict::Held;
            result.note = Some("exceeded only while the target was disturbed on purpose, when it may be".to_owned());
        }
    }
}
