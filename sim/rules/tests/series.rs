//! A run over its day: bins that add up in any order, and what reps were doing within them.

mod common;

use common::*;
use fieldday_api::SmolStr;
use fieldday_history::event::{Client, ClientKind, EventKind, NoAnswer, Trigger, UserAction};
use fieldday_history::{Event, OutcomeClass};
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::{Activity, BINS_MAX, BUCKETS, Measures, SERIES_CLASSES, Waypoint};

/// A Wednesday morning.
fn six() -> Time {
    Time::parse("2026-06-10T06:00:00Z").unwrap()
}

fn measured(starts: Time, events: &[Event]) -> Measures {
    let mut measures = Measures::new();
    measures.cell(starts);
    events.iter().for_each(|event| measures.on(event));
    measures
}

fn sums(measures: &Measures) -> (u64, u64, u64, u64) {
    let bins = measures.series.bins();
    let latencies = |bin: &fieldday_rules::Bin| -> u64 {
        let classes = (0..SERIES_CLASSES.len()).filter_map(|class| bin.latencies.of(class));
        classes.flatten().map(|n| u64::from(*n)).sum()
    };
    let sum = |of: &dyn Fn(&fieldday_rules::Bin) -> u64| bins.iter().map(of).sum();
    (sum(&|b| b.offered), sum(&|b| b.achieved), sum(&|b| b.attempts), sum(&latencies))
}

fn spent(measures: &Measures, what: Activity) -> u64 {
    measures.series.bins().iter().map(|bin| bin.spent_us[what as usize]).sum::<u64>() / 1_000_000
}

fn ended(measures: &Measures, class: OutcomeClass) -> u64 {
    measures.series.bins().iter().map(|bin| bin.outcomes[class as usize]).sum()
}

#[test]
fn calls_and_their_ends_stand_in_the_bins_of_their_moments() {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    let broken = s.send(REP, TAP, get());
    s.fail(&broken, 503);
    let again = s.again(&broken);
    s.wait(Span::seconds(40)).lapse(&again, NoAnswer::Timeout);
    let refused = s.send(REP, TAP, get());
    s.fail(&refused, 403);
    let measures = measured(six(), &s.events);
    let (offered, achieved, attempts, latencies) = sums(&measures);
    // Three calls began, the first and the last were answered for good; all four attempts took their time.
    assert_eq!((offered, achieved, attempts, latencies), (3, 2, 4, 4));
    assert_eq!(ended(&measures, OutcomeClass::ServerError), 1);
    assert_eq!(ended(&measures, OutcomeClass::Refused), 1);
    assert_eq!(ended(&measures, OutcomeClass::TimedOut), 1);
    let bins = measures.series.bins();
    assert_eq!((measures.series.width(), bins[0].offered), (Span::seconds(1), 2));
    assert!(bins.last().unwrap().attempts == 1 && bins.len() > 40, "the last call came forty seconds later");
    assert!(measures.series.begins() >= six());
}

#[test]
fn whoever_puts_the_day_to_the_test_is_not_part_of_it() {
    let mut s = Stream::new();
    for kind in [ClientKind::Intruder, ClientKind::Auditor] {
        let who = Client {
            name: "x".into(),
            tenant: "t".into(),
            user_id: "u".into(),
            rep_id: None,
            role: fieldday_api::names::Role::Manager,
            kind,
        };
        s.say(77, EventKind::Client(Box::new(who)));
        s.call(77, get(), detail(&visit()));
    }
    assert_eq!(sums(&measured(six(), &s.events)), (0, 0, 0, 0));
    s.call(REP, get(), detail(&visit()));
    assert_eq!(sums(&measured(six(), &s.events)).0, 1);
}

#[test]
fn a_reps_time_is_spent_on_one_thing_after_the_other() {
    let mut s = Stream::new();
    let id = || SmolStr::from("appt_1");
    let mut deed = |what: UserAction, then: Span| {
        s.say(REP, EventKind::Person(what)).wait(then);
    };
    deed(UserAction::LeavesHome, Span::minutes(10));
    deed(UserAction::DrivesTo { appointment_id: id() }, Span::minutes(30));
    deed(UserAction::Arrives { appointment_id: id() }, Span::minutes(5));
    deed(UserAction::Records { appointment_id: id() }, Span::minutes(60));
    deed(UserAction::StopsRecording { appointment_id: id() }, Span::minutes(1));
    deed(UserAction::PicksOutcome { appointment_id: id() }, Span::minutes(9));
    deed(UserAction::GoesHome, Span::minutes(20));
    s.say(REP, EventKind::Network { online: false })
        .wait(Span::minutes(7))
        .say(REP, EventKind::Network { online: true });
    s.day_ends(REP, 0);
    let measures = measured(six(), &s.events);
    let minutes = Activity::ALL.map(|what| spent(&measures, what) / 60);
    assert_eq!(minutes[..6], [10 + 9, 30, 6, 60, 27, 7], "{:?}", Activity::ALL);
    // No bin has more of a rep's time than it lasts.
    let width = measures.series.width().as_micros().unsigned_abs();
    assert!(measures.series.bins().iter().all(|bin| bin.spent_us[..5].iter().sum::<u64>() <= width));
    let marks: Vec<&Waypoint> = measures.tracks.all()[0].marks.iter().map(|(_, mark)| mark).collect();
    assert!(
        matches!(
            marks[..],
            [
                Waypoint::LeavesHome,
                Waypoint::DrivesTo(_),
                Waypoint::Arrives(_),
                Waypoint::Records,
                Waypoint::StopsRecording,
                Waypoint::GoesHome,
                Waypoint::Offline,
                Waypoint::Online,
                Waypoint::Ended
            ]
        ),
        "{marks:?}"
    );
}

#[test]
fn queues_grow_wait_and_drain() {
    let mut s = Stream::new();
    s.say(REP, EventKind::Network { online: false });
    let first = s.queue(REP, patch(noted("a")));
    s.wait(Span::seconds(30));
    let second = s.queue(REP, patch(noted("b")));
    s.wait(Span::seconds(30)).say(REP, EventKind::Network { online: true });
    s.say(REP, EventKind::FlushBegan { trigger: Trigger::NetworkBack, waiting: 2 }).wait(Span::seconds(2));
    s.settle(REP, first).wait(Span::seconds(1)).settle(REP, second).say(REP, EventKind::FlushEnded { waiting: 0 });
    let measures = measured(six(), &s.events);
    let bins = measures.series.bins();
    assert_eq!(bins.iter().map(|bin| bin.waiting_max).max(), Some(2));
    let waited = spent(&measures, Activity::Waiting);
    assert!((95..=97).contains(&waited), "60 + 30 s before the network, 2 × 2 + 1 s after: {waited}");
    assert_eq!(bins.iter().map(|bin| bin.drains).sum::<u64>(), 1);
    let drain = bins.iter().map(|bin| bin.drain_max_us).max().unwrap() / 1_000_000;
    assert!((2..=4).contains(&drain), "{drain}");
    assert!(spent(&measures, Activity::Flushing) >= 2);
    let marks = measures.tracks.all()[0].marks.iter();
    let waiting = marks.filter_map(|(_, mark)| if let Waypoint::Waiting(n) = mark { Some(*n) } else { None });
    assert_eq!(waiting.collect::<Vec<_>>(), [1, 2, 1, 0]);
}

#[test]
fn bins_are_never_many_and_add_up_in_any_order() {
    // A short morning at six in one cell, an afternoon in another, and a night two days later.
    let cell = |waits: Span, calls: u32| {
        let mut s = Stream::new();
        for _ in 0..calls {
            s.call(REP, get(), detail(&visit())).wait(waits);
        }
        s.events
    };
    let (short, long, late) = (cell(Span::seconds(1), 50), cell(Span::minutes(7), 80), cell(Span::seconds(20), 30));
    let starts = [six(), six() + Span::hours(5), six() + Span::hours(48)];
    let of = |which: &[usize]| {
        let mut measures = Measures::new();
        for place in which {
            measures.cell(starts[*place]);
            [&short, &long, &late][*place].iter().for_each(|event| measures.on(event));
        }
        measures
    };
    let together = of(&[0, 1, 2]);
    assert!(together.series.bins().len() <= BINS_MAX && together.series.width() >= Span::minutes(5));
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
        let mut sum = Measures::new();
        order.iter().for_each(|place| sum.merge(&of(&[*place])));
        assert_eq!(sum.series.begins(), together.series.begins(), "{order:?}");
        assert_eq!(sum.series.width(), together.series.width());
        assert_eq!(sum.series.bins(), together.series.bins());
        assert_eq!(sum.series.reps(), together.series.reps());
    }
    assert_eq!(sums(&together).0, 160);
}

#[test]
fn a_year_fits_and_a_cut_day_counts_up_to_its_cut() {
    let mut s = Stream::new();
    s.say(REP, EventKind::Person(UserAction::LeavesHome)).wait(Span::hours(24 * 360));
    s.call(REP, get(), detail(&visit()));
    let mut measures = measured(six(), &s.events);
    assert!(measures.series.bins().len() <= BINS_MAX);
    assert_eq!(spent(&measures, Activity::Between), 0, "the day has not ended");
    measures.close();
    assert!(spent(&measures, Activity::Between) >= 360 * 86_400);
    assert!(measures.series.bins().len() <= BINS_MAX);
    assert_eq!(BUCKETS % 4, 0);
}
