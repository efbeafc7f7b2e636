//! What planned disturbances did to a level: what came of each, which requests a limit counts beside them, and how the level went
//! meanwhile.

use fieldday_kernel::time::Span;
use fieldday_rules::disturbed::{DisturbanceResult, HOLDS_FOR, Happened, judge_all};
use fieldday_rules::limit_result::LimitVerdict;
use fieldday_rules::limits::is_beyond;
use fieldday_rules::{Carried, Traffic};
use fieldday_scenario::Disturbance;
use fieldday_scenario::limits::Limit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The commands of a disturbance may take so long together before a level is too short for its recovery.
const COMMANDS_TAKE: Span = Span::seconds(5);
/// The course of a level has no more slices than this …
const SLICES_MOST: usize = 60;
/// … and none is shorter.
const SLICE_LEAST: Span = Span::seconds(1);

/// The time that planned disturbances take of each level.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disturbing {
    /// A level is measured for so many seconds at least: until the recovery from its last disturbance is judged.
    pub needs_s: f64,
    /// Seconds of a level during which limits may be exceeded: of all disturbances, with the recovery that is allowed. A level is
    /// measured for so much longer.
    pub takes_s: f64,
}

impl Disturbing {
    /// The time that these take; none if there are none.
    pub fn of(planned: &[Disturbance]) -> Option<Disturbing> {
        let lasts = |of: &Disturbance| f64::from(of.lasts_s) + f64::from(of.holds_again_within_s);
        let needs_s = planned.iter().map(needs_s).reduce(f64::max)?;
        Some(Disturbing { needs_s, takes_s: planned.iter().map(lasts).sum() })
    }
    /// The length of a level of which so many seconds are wanted beside its disturbances.
    pub fn lengthened(self, for_s: f64) -> f64 {
        (for_s + self.takes_s).max(self.needs_s)
    }
}

/// How long a level must be for one disturbance, in seconds: until its recovery is judged.
pub fn needs_s(of: &Disturbance) -> f64 {
    let seen = HOLDS_FOR + COMMANDS_TAKE;
    f64::from(of.at_s) + f64::from(of.lasts_s) + f64::from(of.holds_again_within_s) + seen.as_seconds() as f64
}

/// The first disturbance that begins before it could be seen how the target recovers from one before it: the place of both.
pub fn too_early(planned: &[Disturbance]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|place| planned[*place].at_s);
    let ends_s = |of: &Disturbance| i64::from(of.at_s) + i64::from(of.lasts_s) + HOLDS_FOR.as_seconds();
    let is_early = |two: &&[usize]| i64::from(planned[two[1]].at_s) < ends_s(&planned[two[0]]);
    order.windows(2).find(is_early).map(|two| (two[0], two[1]))
}

/// What came of a planned disturbance during a level.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelDisturbance {
    /// When it began, in seconds after the beginning of the measured part; absent if its moment did not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_s: Option<f64>,
    /// When it was undone, in seconds after the beginning of the measured part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_s: Option<f64>,
    /// Its verdict, as in the report of a run.
    pub result: DisturbanceResult,
}

/// What the wire carried in a slice of a level that was disturbed, by when requests began.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseSlice {
    /// When the slice begins, in seconds after the beginning of the measured part.
    pub from_s: f64,
    /// The number of requests that began in it.
    pub requests: u64,
    /// Those of them that were not answered as expected.
    pub failed: u64,
    /// The 95th percentile of the latency on the wire of those that were, in microseconds; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_us: Option<u64>,
}

/// Judges what happened, in the order in which it began. `ends` is when the level ended.
pub(crate) fn judged(happened: &[Happened], limits: &[Limit], traffic: &Traffic, ends: Span) -> Vec<LevelDisturbance> {
    let seconds = |at: Span| at.as_micros() as f64 / 1e6;
    let of = |(of, result): (&Happened, DisturbanceResult)| LevelDisturbance {
        from_s: of.at.map(|(from, _)| seconds(from)),
        until_s: of.at.map(|(_, until)| seconds(until)),
        result,
    };
    happened.iter().zip(judge_all(happened, limits, traffic, ends)).map(of).collect()
}

/// Why a level that was disturbed shows nothing: a command that failed, or a recovery that was not seen to its end.
pub(crate) fn why_undecided(happened: &[Happened], judged: &[LevelDisturbance]) -> Option<String> {
    let why = |of: &LevelDisturbance| {
        let note = of.result.note.as_deref().unwrap_or("nothing is known of it");
        format!("the disturbance {:?} decided nothing: {note}", of.result.name)
    };
    let failed = happened.iter().zip(judged).find(|(of, _)| of.trouble.is_some()).map(|(_, of)| of);
    let verdict = |is: LimitVerdict| judged.iter().find(move |of| of.result.verdict == is);
    // One that is known to have broken a limit is enough.
    let open = verdict(LimitVerdict::Inconclusive).filter(|_| verdict(LimitVerdict::Exceeded).is_none());
    failed.or(open).map(why)
}

/// How many requests were beyond a limit, and of how many, of those that were over with the level and for which `counts` holds: in each
/// of so many slices. By the wire's clock, whatever the limit's: what makes neighbours alike is the target's queue.
pub(crate) fn sliced(
    limit: &Limit,
    traffic: &Traffic,
    slices: usize,
    counts: impl Fn(&Carried) -> bool,
) -> Vec<(u64, u64)> {
    let mut counted = vec![(0, 0); slices];
    let lasts = traffic.lasts().as_micros().max(1);
    for one in traffic.over().filter(|one| limit.scope.holds(one.op) && counts(one)) {
        let place = (one.ended_us.max(0) as usize).saturating_mul(slices) / lasts as usize;
        let slice = &mut counted[place.min(slices - 1)];
        slice.0 += u64::from(is_beyond(limit, one));
        slice.1 += 1;
    }
    counted
}

/// How a level went, slice by slice.
pub(crate) fn course(traffic: &Traffic) -> Vec<CourseSlice> {
    let lasts = traffic.lasts().as_micros().max(1);
    let most = i64::try_from(SLICES_MOST).unwrap_or(i64::MAX);
    let step = lasts.div_euclid(most).max(SLICE_LEAST.as_micros());
    // Whole seconds, which people can read on an axis.
    let step = (step + 999_999) / 1_000_000 * 1_000_000;
    let within = |from: i64| traffic.carried.iter().filter(move |one| (from..from + step).contains(&one.began_us));
    let slice = |place: i64| {
        let from = place * step;
        let mut took: Vec<u64> = within(from).filter(|one| one.good).map(|one| one.took_us()).collect();
        took.sort();
        let requests = within(from).count() as u64;
        let rank = (took.len() * 95).div_ceil(100);
        CourseSlice {
            from_s: from as f64 / 1e6,
            requests,
            failed: requests - took.len() as u64,
            p95_us: rank.checked_sub(1).and_then(|place| took.get(place)).copied(),
        }
    };
    (0..(lasts + step - 1) / step).map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::{About, Level};
    use crate::search::{Range, Standing};
    use fieldday_api::endpoint::Op;
    use fieldday_history::OutcomeClass;
    use fieldday_rules::Measures;

    fn planned(at_s: u32, lasts_s: u32, holds_again_within_s: u32) -> Disturbance {
        Disturbance {
            name: "stopped".to_owned(),
            at_s,
            run: "true".to_owned(),
            undo: None,
            lasts_s,
            timeout_s: 60,
            may_break: Vec::new(),
            holds_again_within_s,
        }
    }
    fn limits() -> Vec<Limit> {
        vec![Limit::parse("wire p95 < 300 ms").unwrap()]
    }
    fn happened(may_break: &[&str], trouble: Option<&str>) -> Happened {
        Happened {
            name: "stopped".to_owned(),
            at: Some((Span::seconds(20), Span::seconds(30))),
            began: None,
            ended: None,
            may_break: may_break.iter().map(|text| (*text).to_owned()).collect(),
            holds_again_within: Span::seconds(10),
            trouble: trouble.map(str::to_owned),
        }
    }
    /// A minute with 20 requests a second, which are slow from the 20th second until `slow_until`.
    fn level(disturbed: Vec<Happened>, slow_until: i64, suffered: Option<&str>) -> Level {
        let (mut traffic, mut measures) = (Traffic::new(Span::ZERO, Span::seconds(60)), Measures::default());
        for n in 0..1_199_i64 {
            let began_us = n * 50_000;
            let is_slow = (20_000_000..slow_until * 1_000_000).contains(&began_us);
            let took_us = if is_slow { 900_000 } else { 20_000 };
            let one = Carried { op: Op::ListTasks, began_us, ended_us: began_us + took_us, good: true };
            traffic.carried.push(one);
            if one.ended_us <= 60_000_000 {
                measures.record_wire(one.op, Span::micros(took_us));
                measures.record_ended(one.op, OutcomeClass::Expected, 1);
            }
        }
        traffic.carried.sort_by_key(|one| one.ended_us);
        let suffered = suffered.map(str::to_owned);
        let about = About { disturbed, suffered, ..About::of(10, Default::default()) };
        Level::new(about, &traffic, &measures, &limits())
    }
    fn standing(levels: &[&Level]) -> Standing {
        Range::default().standing(levels)
    }
    const MAY: &[&str] = &["wire p95 < 300 ms"];

    #[test]
    fn a_limit_is_held_by_the_requests_beside_a_disturbance_that_may_break_it_and_its_recovery() {
        let undisturbed = level(Vec::new(), 35, None);
        assert!(!standing(&[&undisturbed]).holds(), "a quarter of the requests are slow: {:?}", undisturbed.limits[0]);
        assert_eq!((undisturbed.disturbances.len(), undisturbed.course.len()), (0, 0));
        let disturbed = level(vec![happened(MAY, None)], 35, None);
        let limit = &disturbed.limits[0];
        assert_eq!(limit.result.verdict, LimitVerdict::Held, "{limit:?}");
        // Without the 20 s from its beginning to the end of the time that recovery may take.
        assert_eq!(limit.share.map(|share| (share.beyond, share.of)), Some((0, 799)), "{limit:?}");
        assert_eq!(disturbed.disturbances[0].result.verdict, LimitVerdict::Held);
        assert_eq!((disturbed.disturbances[0].from_s, disturbed.disturbances[0].until_s), (Some(20.0), Some(30.0)));
        assert_eq!(standing(&[&disturbed, &disturbed]), Standing::Held);
        // One disturbance is one observation: a second one makes sure of it.
        assert_eq!(standing(&[&disturbed]), Standing::LooksHeld);
    }

    #[test]
    fn a_level_does_not_hold_if_a_limit_breaks_that_should_not_or_holds_again_too_late() {
        let not_allowed = level(vec![happened(&[], None)], 30, None);
        assert_eq!(not_allowed.disturbances[0].result.not_allowed, MAY);
        let late = level(vec![happened(MAY, None)], 45, None);
        assert_eq!(late.disturbances[0].result.held_again_after_us, Some(15_000_000));
        for of in [&not_allowed, &late] {
            assert!(of.counts() && !standing(&[of]).holds(), "{:?}", of.disturbances);
            assert_eq!(standing(&[of, of]), Standing::Broken);
        }
        assert_eq!(
            Range::default().finding(std::slice::from_ref(&late), crate::search::Ending::Found).breaks_first.len(),
            2
        );
        let low = Level { reps: 5, ..level(vec![happened(MAY, None)], 35, None) };
        let high = Level { reps: 10, ..level(vec![happened(&[], None)], 22, None) };
        let levels = [&low, &low, &high, &high].map(Level::clone);
        let finding = Range::default().finding(&levels, crate::search::Ending::Found);
        assert_eq!((finding.carries, finding.high), (Some(5), Some(10)));
        assert_eq!(finding.breaks_first, ["the disturbance \"stopped\""]);
    }

    #[test]
    fn a_level_of_which_a_command_failed_does_not_count_and_names_the_disturbance() {
        let failed = level(vec![happened(MAY, Some("`run` failed (exit status: 3)"))], 20, None);
        let why = "the disturbance \"stopped\" decided nothing: `run` failed (exit status: 3)";
        assert_eq!((failed.invalid.as_deref(), failed.is_undecided()), (Some(why), true));
        // That is no sign of a generator that fell behind: the same number of reps is asked for again.
        let range = Range::default();
        let asked_again =
            |levels: &[Level]| matches!(range.next(levels), crate::search::Next::Measure { reps: 10, .. });
        assert!(asked_again(std::slice::from_ref(&failed)) && asked_again(&[failed.clone(), failed]));
        // A target that was overloaded before the moment of the disturbance does not hold.
        let trouble = Some("the run ended before its moment came");
        let over = Happened { at: None, ..happened(MAY, trouble) };
        let stopped = level(vec![over], 20, Some("stopped early: 1 of 2 requests failed"));
        assert!(stopped.counts() && !stopped.is_undecided() && standing(&[&stopped]) == Standing::Broken);
    }

    #[test]
    fn a_level_is_so_long_that_each_recovery_can_be_judged_and_as_much_is_measured_beside_it() {
        assert_eq!(Disturbing::of(&[]), None);
        let of = Disturbing::of(&[planned(5, 10, 20), planned(60, 10, 30)]).unwrap();
        assert_eq!(of, Disturbing { needs_s: 110.0, takes_s: 70.0 });
        assert_eq!((of.lengthened(30.0), of.lengthened(90.0)), (110.0, 160.0));
        assert_eq!(too_early(&[planned(60, 10, 30), planned(5, 10, 20)]), None);
        assert_eq!(too_early(&[planned(18, 10, 30), planned(5, 10, 20)]), Some((1, 0)));
    }

    #[test]
    fn the_course_of_a_level_shows_when_it_was_slow() {
        let course = level(vec![happened(MAY, None)], 35, None).course;
        assert_eq!((course.len(), course[19].p95_us, course[20].p95_us), (60, Some(20_000), Some(900_000)));
        assert_eq!((course[20].from_s, course[20].requests, course[20].failed), (20.0, 20, 0));
    }
}
