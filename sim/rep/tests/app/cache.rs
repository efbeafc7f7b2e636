//! The cache, by itself: what a screen shows again depends on it, and no rule sees into it.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::wire::extras::Health;
use fieldday_kernel::time::{Date, Span, Time};
use fieldday_rep::app::cache::{Cache, Key};
use std::sync::Arc;

fn answer() -> Arc<Response> {
    Arc::new(Response::ok(Answer::Health(Health { status: SmolStr::new_static("ok") })))
}
fn appointment(id: &str) -> Key {
    Key::Appointment(id.into())
}
fn calls(cache: &Cache) -> Vec<u32> {
    cache.entries().map(|cached| cached.call).collect()
}

#[test]
fn what_is_gone_leaves_the_cache_and_nothing_else_does() {
    let mut cache = Cache::default();
    let today = Key::Today(Date::from_days(20_000));
    for (call, key) in
        [appointment("a"), Key::Thread("a".into()), appointment("b"), today.clone()].into_iter().enumerate()
    {
        cache.put(key, answer(), call as u32, Time::from_micros(0));
    }
    assert!(cache.evict("a"), "there was something");
    assert!(!cache.evict("a"), "and is no more");
    assert_eq!(calls(&cache), [2, 3]);
    assert!(cache.get(&appointment("a")).is_none() && cache.get(&today).is_some());
}

#[test]
fn a_newer_answer_takes_the_place_of_the_older_and_the_oldest_goes_when_it_is_full() {
    let mut cache = Cache::default();
    for call in 0..64 {
        cache.put(appointment(&call.to_string()), answer(), call, Time::from_micros(0));
    }
    cache.put(appointment("0"), answer(), 100, Time::from_micros(7));
    assert_eq!(
        (cache.entries().count(), cache.get(&appointment("0")).map(|c| (c.call, c.at))),
        (64, Some((100, Time::from_micros(7))))
    );
    cache.put(appointment("one more"), answer(), 101, Time::from_micros(8));
    assert_eq!(cache.entries().count(), 64);
    assert!(cache.get(&appointment("0")).is_none() && cache.get(&appointment("1")).is_some());
}

#[test]
fn each_kind_of_screen_has_the_lifetime_that_the_spec_names_and_its_subject() {
    let date = Date::from_days(20_000);
    let kinds = [
        (Key::Today(date), Span::minutes(5), Some(date.to_string())),
        (Key::Past(date), Span::hours(24), Some(date.to_string())),
        (Key::CompletedTasks, Span::hours(1), None),
        (Key::Shift, Span::minutes(1), None),
        (Key::Thread("c".into()), Span::minutes(15), Some("c".into())),
        (appointment("a"), Span::ZERO, Some("a".into())),
        (Key::OpenTasks, Span::ZERO, Some("open tasks".into())),
        (Key::Wins, Span::ZERO, None),
    ];
    for (key, lifetime, subject) in kinds {
        assert_eq!((key.lifetime(), key.subject().map(String::from)), (lifetime, subject), "{key:?}");
    }
}
