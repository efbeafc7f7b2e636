//! People do not do things on the second. Appointments begin on the quarter of an hour; whoever keeps them arrives, rings and
//! taps about then, and what a fleet sends is spread accordingly.

mod common;

use common::{events_of, plan, scenario};
use fieldday_history::event::UserAction;
use fieldday_history::{Event, EventKind};
use std::collections::BTreeMap;

const RECORDING: &str = "starts recording";
const SEEDS: [u64; 3] = [1, 2, 3];
const SECOND_US: i64 = 1_000_000;
const QUARTER_US: i64 = 900 * SECOND_US;

/// The days of 200 reps under a seed.
fn events(seed: u64) -> Vec<Event> {
    let plan = plan(scenario("weekday", 200), seed);
    (0..plan.cells()).flat_map(|cell| events_of(&plan, cell)).collect()
}

/// Of how many moments, in per cent, the distance to a multiple of `every` is at most `within`.
fn percent_near(moments: &[i64], every: i64, within: i64) -> f64 {
    let near = moments.iter().filter(|at| {
        let past = at.rem_euclid(every);
        past.min(every - past) <= within
    });
    near.count() as f64 * 100.0 / moments.len() as f64
}

/// The name of a variant, without what is in it.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// The moments of everything that clients do, by kind: what people do by its name, what is sent by its endpoint.
fn moments(seed: u64) -> BTreeMap<String, Vec<i64>> {
    let mut moments: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in events(seed) {
        let kind = match &event.what {
            EventKind::Person(UserAction::Records { .. } | UserAction::RecordsLate { .. }) => RECORDING.into(),
            EventKind::Person(action) => variant(action),
            EventKind::Sent(sent) => format!("{} of {}", sent.request.op().label(), variant(&sent.cause)),
            _ => continue,
        };
        // Cells begin at a full hour, so their first midnight does for the quarters of every time zone of the scenario.
        moments.entry(kind).or_default().push(event.at.as_micros());
    }
    moments
}

#[test]
fn nothing_that_people_and_apps_do_keeps_to_the_quarter_of_an_hour_or_to_whole_seconds() {
    let mut moments: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for seed in SEEDS {
        let of_seed = self::moments(seed);
        let recordings = &of_seed[RECORDING];
        let share = percent_near(recordings, QUARTER_US, 2 * SECOND_US);
        eprintln!("seed {seed}: {share:.2} % of {} recordings start on a quarter", recordings.len());
        assert!(recordings.len() > 700 && share < 3.0, "seed {seed}: {share} % of {}", recordings.len());
        of_seed.into_iter().for_each(|(kind, of)| moments.entry(kind).or_default().extend(of));
    }
    let mut told = Vec::new();
    for (kind, moments) in &moments {
        // An even spread would have 0.44 % within two seconds of a quarter of an hour, and 2 % within 10 ms of a second.
        let (quarter, second) =
            (percent_near(moments, QUARTER_US, 2 * SECOND_US), percent_near(moments, SECOND_US, 10_000));
        let line = format!("{kind}: {} times, {quarter:.2} % on a quarter, {second:.2} % on a second", moments.len());
        eprintln!("{line}");
        // Fewer say nothing about per cents.
        if moments.len() >= 150 && (quarter > 3.0 || second > 5.0) {
            told.push(line);
        }
    }
    assert_eq!(told, Vec::<String>::new());
}
