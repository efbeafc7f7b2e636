use super::*;
use crate::synthetic::{TARGET, Target};

/// Measures whatever is asked for, until the search is done.
fn search(range: &Range, mut measure: impl FnMut(u64, f64) -> Level) -> (Vec<Level>, Ending) {
    let mut levels = Vec::new();
    for _ in 0..100 {
        match range.next(&levels) {
            Next::Measure { reps, for_s, .. } => levels.push(measure(reps, for_s)),
            Next::Done(ending) => return (levels, ending),
        }
    }
    panic!("no end after {:?}", levels.iter().map(|level| level.reps).collect::<Vec<_>>());
}

fn reps(levels: &[Level]) -> Vec<u64> {
    levels.iter().map(|level| level.reps).collect()
}

#[test]
fn the_edge_of_a_queue_is_found_within_the_resolution_and_the_interval_holds_the_truth() {
    for workers in [1, 2, 4, 16] {
        let target = Target { workers, ..TARGET };
        let range = Range { resolution: 0.02, ..Range::default() };
        let (levels, ending) = search(&range, |reps, for_s| target.level(reps, for_s));
        let finding = range.finding(&levels, ending);
        let truth = target.truth();
        assert_eq!(ending, Ending::Found);
        let carries = finding.carries.unwrap() as f64;
        assert!(
            carries <= truth + 1.0 && truth <= carries * 1.03 + 1.0,
            "{workers} workers: {carries}, in truth {truth}"
        );
        assert!(finding.low.unwrap() as f64 <= truth && truth <= finding.high.unwrap() as f64, "{finding:?}");
        assert_eq!(finding.breaks_first, ["wire p95 < 100 ms"]);
        assert!(levels.len() < 40, "{} levels", levels.len());
        let little = finding.in_flight.unwrap() / finding.requests_per_s.unwrap();
        assert!(little > target.service_s && little < target.bound_s, "reps, requests and concurrency are all told");
    }
}

#[test]
fn levels_at_the_edge_are_measured_again_until_it_is_sure_or_often_enough() {
    let range = Range { shortest_s: 2.0, longest_s: 2.0, ..Range::default() };
    let (levels, ending) = search(&range, |reps, for_s| TARGET.level(reps, for_s));
    let known = range.known(&levels);
    let finding = range.finding(&levels, ending);
    let edge = known[&finding.carries.unwrap()];
    assert!(edge.standing.is_sure() || edge.times == range.repeats, "{edge:?}");
    assert!(known.values().any(|of| of.times > 1));
    assert!(finding.notes.iter().any(|note| note.contains("confidence")), "{:?}", finding.notes);
}

#[test]
fn a_level_lasts_until_every_percentile_means_something() {
    let slow = Target { rate_per_rep: 0.01, ..TARGET };
    let range = Range { shortest_s: 10.0, ..Range::default() };
    let Next::Measure { reps: 10, for_s: 10.0, .. } = range.next(&[]) else { panic!("nothing is known yet") };
    let level = slow.level(10, 10.0);
    let Next::Measure { for_s, .. } = range.next(std::slice::from_ref(&level)) else { panic!("it goes on") };
    // 10 / (1 − 0.95) = 200 samples of 0.2 a second are 1,000 s: no more than the longest.
    assert_eq!(for_s, 600.0);
    let busy = Target { rate_per_rep: 0.2, ..TARGET };
    let Next::Measure { reps: 20, for_s, .. } = range.next(&[busy.level(10, 10.0)]) else { panic!("it goes on") };
    assert!((for_s - 50.0).abs() < 1e-9, "{for_s}");
}

#[test]
fn a_target_that_never_holds_is_said_to_and_what_was_measured_is_kept() {
    let range = Range::default();
    let (levels, ending) = search(&range, |reps, for_s| Target { service_s: 0.09, ..TARGET }.level(reps, for_s));
    assert_eq!((ending, reps(&levels)), (Ending::NeverHolds, vec![10]));
    let finding = range.finding(&levels, ending);
    assert_eq!((finding.carries, finding.breaks_first.len()), (None, 1));
    assert!(finding.notes[0].contains("--from"), "{:?}", finding.notes);
}

#[test]
fn a_target_that_never_breaks_is_measured_to_the_greatest_and_that_is_said() {
    let range = Range { to: 100, ..Range::default() };
    let (levels, ending) = search(&range, |reps, for_s| TARGET.level(reps, for_s));
    assert_eq!(ending, Ending::NeverBreaks);
    let finding = range.finding(&levels, ending);
    assert_eq!((finding.carries, finding.high), (Some(100), None));
    assert!(range.known(&levels).len() >= 6, "enough for the models: {:?}", reps(&levels));
    assert!(finding.notes[0].contains("no limit was exceeded"), "{:?}", finding.notes);
}

#[test]
fn a_level_beyond_the_generator_is_tried_again_and_then_not_used() {
    let range = Range::default();
    let invalid = |reps, for_s| {
        let why = (reps > 150).then(|| "requests were sent late".to_owned());
        Level { invalid: why, ..TARGET.level(reps, for_s) }
    };
    let (levels, ending) = search(&range, invalid);
    assert_eq!(ending, Ending::GeneratorGaveUp);
    let finding = range.finding(&levels, ending);
    assert!(finding.carries.unwrap() > 110 && finding.carries.unwrap() <= 150, "{finding:?}");
    assert!(
        finding.notes.iter().any(|note| note.contains("do not count: requests were sent late")),
        "{:?}",
        finding.notes
    );
    // Once is no proof.
    let mut turn = 0;
    let shaken = |reps, for_s| {
        turn += 1;
        Level { invalid: (turn == 3).then(|| "held up".to_owned()), ..TARGET.level(reps, for_s) }
    };
    assert_eq!(search(&range, shaken).1, Ending::Found);
}

#[test]
fn a_generator_that_fails_at_the_edge_leaves_a_wider_one_and_no_endless_search() {
    let range = Range { resolution: 0.01, ..Range::default() };
    for tight in [330..380, 300..340, 160..330, 20..21, 10..3_000] {
        let invalid = |reps, for_s| Level {
            invalid: tight.contains(&reps).then(|| "requests were sent late".to_owned()),
            ..TARGET.level(reps, for_s)
        };
        let (levels, ending) = search(&range, invalid);
        let finding = range.finding(&levels, ending);
        assert!(finding.carries.is_none_or(|carries| !tight.contains(&carries)), "{tight:?}: {finding:?}");
        assert!(finding.notes.iter().any(|note| note.contains("not count")), "{tight:?}: {:?}", finding.notes);
    }
}

#[test]
fn a_target_that_suffers_breaks_there_at_once() {
    let range = Range::default();
    let suffers = |reps, for_s| Level {
        suffered: (reps > 50).then(|| "half of the requests failed".to_owned()),
        limits: Vec::new(),
        ..TARGET.level(reps, for_s)
    };
    let (levels, ending) = search(&range, suffers);
    let finding = range.finding(&levels, ending);
    assert_eq!((ending, finding.carries, finding.high), (Ending::Found, Some(50), Some(52)));
    assert_eq!(finding.breaks_first, ["half of the requests failed"]);
    assert!(reps(&levels).iter().all(|reps| *reps <= 80), "no further up: {:?}", reps(&levels));
}

#[test]
fn an_interrupted_search_goes_on_as_if_it_had_not_been() {
    let range = Range::default();
    let (whole, _) = search(&range, |reps, for_s| TARGET.level(reps, for_s));
    for cut in 0..whole.len() {
        let mut levels = whole[..cut].to_vec();
        while let Next::Measure { reps, for_s, .. } = range.next(&levels) {
            levels.push(TARGET.level(reps, for_s));
        }
        assert_eq!(levels, whole);
    }
}

#[test]
fn a_target_that_varies_is_told() {
    let range = Range::default();
    let mut levels = vec![TARGET.level(10, 60.0), TARGET.level(40, 60.0)];
    levels.push(Level { suffered: Some("failed".to_owned()), ..TARGET.level(20, 60.0) });
    let finding = range.finding(&levels, Ending::Interrupted);
    assert_eq!((finding.carries, finding.high), (Some(10), Some(20)));
    assert!(finding.notes.iter().any(|note| note.contains("performance varies")), "{:?}", finding.notes);
}

#[test]
fn impossible_ranges_say_what_would_be_right() {
    let wrong = |range: Range| range.check().unwrap_err().to_string();
    assert!(wrong(Range { from: 0, ..Range::default() }).contains("1 or more"));
    assert!(wrong(Range { from: 20, to: 10, ..Range::default() }).contains("--from 20 is more than --to 10"));
    assert!(wrong(Range { step: 1.0, ..Range::default() }).contains("1.1 to 10"));
    assert!(wrong(Range { resolution: f64::NAN, ..Range::default() }).contains("0.05"));
    assert!(wrong(Range { confidence: 1.0, ..Range::default() }).contains("0.95"));
    assert!(wrong(Range { shortest_s: 700.0, ..Range::default() }).contains("--longest"));
    assert_eq!(Range::default().check(), Ok(()));
}
