//! The line between the phone and the backend: what it adds, a captive portal, tokens, and days that pass faster than the clock.

use crate::harness::*;
use crate::station::attempt_for;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::names::Role;
use fieldday_history::event::{Cause, NoAnswer};
use fieldday_kernel::time::{Span, Zone};
use fieldday_radio::air::{Spot, SpotKind};
use fieldday_radio::place::Point;
use fieldday_radio::track::Leg;
use fieldday_rep::station::{AccessLink, DayClock};
use fieldday_rep::transport::AttemptOutcome;
use fieldday_rep::transport::scripted::{Reply, TokenReply};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

fn bench_on(line: AccessLink) -> Bench {
    Bench::new(|_| {}, line, Zone::utc(), start())
}
fn asks(bench: &Bench, patience: i64) -> (AttemptOutcome, i64) {
    attempt_for(bench, (1, 0), Call::Health, Cause::Tap, patience)
}
fn spot(kind: SpotKind) -> AccessLink {
    mobile_in(|air| air.spots.push(Spot { name: "here".into(), place: Point::default(), kind }))
}
/// The phone comes to stay where it is.
fn arrives(bench: &Bench, place: Point) {
    bench.phone.station.follow(Leg::stay(place, bench.executor.handle().now()));
}
/// When a token came that is waited for until then, or that none did.
fn fetches(bench: &Bench, until: i64) -> (bool, i64) {
    let (station, done) = (bench.phone.station.clone(), Rc::new(Cell::new(None)));
    let (told, clock) = (done.clone(), bench.executor.handle());
    bench.executor.handle().spawn(async move {
        let issued = station.fetch_token(at(until)).await;
        told.set(Some((issued.is_some(), ms(clock.now()))));
    });
    bench.run_to(until);
    done.take().expect("it ends by its deadline")
}

#[test]
fn a_steady_line_takes_its_time_there_and_back() {
    let bench = bench_on(AccessLink::direct(Span::millis(30)));
    bench.next(Call::Health.op(), [Reply::After(Span::millis(100), Arc::new(Response::ok(Answer::Stored)))]);
    assert!(matches!(asks(&bench, 3_000), (AttemptOutcome::Answered(_), 160)));
    assert_eq!(bench.times(Call::Health.op()), [30]);
}

#[test]
fn a_token_counts_that_is_there_by_the_deadline() {
    let reply = |ms| TokenReply::Issued { after: Span::millis(ms), lives: Span::seconds(60) };
    for (until, came) in [(1_000, (true, 160)), (160, (true, 160)), (159, (false, 159)), (50, (false, 50))] {
        let bench = bench_on(AccessLink::direct(Span::millis(30)));
        bench.backend.tokens(reply(100));
        assert_eq!(fetches(&bench, until), came);
    }
    // Without a network that is known after three seconds.
    for (until, known) in [(10_000, 3_000), (2_000, 2_000)] {
        let bench = bench_on(mobile(&[(0, 60_000)]));
        assert_eq!(fetches(&bench, until), (false, known));
        assert!(bench.backend.tokens_asked().is_empty());
    }
    // Lost on its way back, it is waited for until the deadline.
    let bench = bench_on(mobile(&[(500, 60_000)]));
    bench.backend.tokens(reply(1_000));
    assert_eq!(fetches(&bench, 10_000), (false, 10_000));
}

#[test]
fn a_captive_portal_answers_with_its_page_and_no_token() {
    let bench = bench_on(spot(SpotKind::Portal { accepted_after: Span::minutes(4) }));
    arrives(&bench, Point::default());
    let (page, took) = asks(&bench, 3_000);
    let AttemptOutcome::Answered(page) = page else { panic!() };
    assert!(page.status == 200 && matches!(page.answer, Answer::Foreign(_)) && bench.seen().is_empty());
    assert!(bench.phone.station.online(), "the phone sees a network");
    let (outcome, waited) = asks(&bench, took);
    assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Timeout)) && waited == took);
    let now = bench.now();
    assert_eq!(fetches(&bench, now + 10_000), (false, now + 3_000));
    // Nobody but the backend settles anything.
    bench.done(|app| async move { app.complete_task(&"a".into()).await });
    bench.run_to(200_000);
    assert_eq!((bench.queue(), bench.seen().len()), (vec![1], 0));
    bench.run_to(400_000);
    assert_eq!((bench.queue().len(), bench.seen().len()), (0, 1));
}

#[test]
fn whoever_waits_for_the_network_has_it_when_they_leave_the_place_without_one() {
    let basement = || spot(SpotKind::Basement { after: Span::ZERO, lasts: Span::minutes(10) });
    for (leaves, back) in [(None, 600_000), (Some(60_000), 60_000)] {
        let bench = bench_on(basement());
        arrives(&bench, Point::default());
        let (station, done) = (bench.phone.station.clone(), Rc::new(Cell::new(None)));
        let (told, clock) = (done.clone(), bench.executor.handle());
        bench.executor.handle().spawn(async move {
            station.network_back().await;
            told.set(Some(ms(clock.now())));
        });
        bench.run_to(leaves.unwrap_or(0));
        assert_eq!(done.get(), None);
        if leaves.is_some() {
            arrives(&bench, Point::metres(5_000, 0));
        }
        bench.run_to(700_000);
        assert_eq!(done.get(), Some(back));
    }
}

#[test]
fn a_phone_was_not_online_before_it_came_here() {
    let bench = bench_on(mobile(&[]));
    bench.run_to(600_000);
    arrives(&bench, Point::metres(10, 0));
    bench.run_to(900_000);
    assert_eq!(bench.phone.station.online_for(), Some(Span::minutes(5)));
    assert_eq!(bench.phone.station.here(), Point::metres(10, 0));
    let steady = bench_on(AccessLink::direct(Span::ZERO));
    arrives(&steady, Point::metres(20, 0));
    let fix = steady.phone.station.fix(1);
    assert_eq!(
        (steady.phone.station.here(), fix.point, fix.accuracy_m),
        (Point::metres(20, 0), Point::metres(20, 0), 5)
    );
}

#[test]
fn a_day_that_passes_ten_times_as_fast_moves_people_and_networks_and_not_the_protocol() {
    let day = DayClock { from: start(), day_from: start(), speed: 10 };
    let bench = Bench::unopened(|_| {}, mobile(&[(0, 10_000)]), Zone::utc(), start(), day);
    bench.run_to(0);
    let station = bench.phone.station.clone();
    let (outcome, took) = asks(&bench, 500);
    assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Unreachable)) && took == 5, "{took}");
    let done = Rc::new(Cell::new(None));
    let (told, clock, waits) = (done.clone(), bench.executor.handle(), station.clone());
    bench.executor.handle().spawn(async move {
        waits.network_back().await;
        told.set(Some(ms(clock.now())));
    });
    bench.run_to(5_000);
    assert_eq!(done.get(), Some(1_000));
    assert_eq!(station.day_now(), at(50_000));
    let (outcome, took) = asks(&bench, 3_000);
    assert!(matches!(outcome, AttemptOutcome::Answered(_)) && (100..200).contains(&took), "{took}");
}

#[test]
fn lateness_is_of_the_first_attempt_of_what_a_person_does_next() {
    let bench = bench();
    let station = &bench.phone.station;
    bench.run_to(10_000);
    station.was_due(at(7_000));
    for (call, attempt, cause) in [(1, 0, Cause::Poll), (2, 1, Cause::Tap), (3, 0, Cause::Tap), (4, 0, Cause::Tap)] {
        attempt_for(&bench, (call, attempt), Call::Health, cause, 1_000);
    }
    let late = [1, 2, 3, 4].map(|call| station.late(call, 0).as_seconds());
    assert_eq!(late, [0, 0, 3, 0]);
    // Whoever was due before the window opened is not late: the window is.
    let day = DayClock { from: start(), day_from: start(), speed: 1 };
    let bench = Bench::unopened(|_| {}, AccessLink::direct(Span::ZERO), Zone::utc(), start(), day);
    bench.run_to(10_000);
    for (due, seconds) in [(-1, 0), (0, 10)] {
        bench.phone.station.was_due(at(due));
        attempt_for(&bench, (9 + seconds, 0), Call::Health, Cause::Tap, 1_000);
        assert!(
            (i64::from(seconds)..=i64::from(seconds) + 1)
                .contains(&bench.phone.station.late(9 + seconds, 0).as_seconds())
        );
    }
}

#[test]
fn the_last_thirty_two_late_calls_are_remembered() {
    let bench = bench();
    for call in 1..=33 {
        bench.run(1_000);
        bench.phone.station.was_due(at(bench.now() - 500));
        attempt_for(&bench, (call, 0), Call::Health, Cause::Tap, 200);
    }
    let late = |call| bench.phone.station.late(call, 0).as_millis();
    assert_eq!([late(1), late(2), late(33)], [0, 500, 500]);
    // Whoever is in time is not remembered.
    attempt_for(&bench, (34, 0), Call::Health, Cause::Tap, 200);
    assert_eq!([late(2), late(34)], [500, 0]);
}

#[test]
fn a_station_knows_whose_it_is() {
    let bench = bench();
    let station = &bench.phone.station;
    let identity = station.identity();
    assert_eq!((identity.tenant.as_deref(), identity.user.as_deref()), (Some("org_1"), Some("user_1")));
    assert_eq!(identity.role.as_deref(), Some(Role::SalesRep.claim()));
    assert_eq!((station.client(), station.lingers(), station.day()), (CLIENT, Span::minutes(5), DayClock::real_time()));
    assert_eq!([station.next_fetch(), station.next_fetch(), station.next_fetch()], [1, 2, 3]);
}
