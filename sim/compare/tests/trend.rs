//! Trends of made-up nights, of which it is known what changed and when.

mod made;

use fieldday_compare::trend::{Asked, Trend, trend};
use made::Made;
use std::path::{Path, PathBuf};

const SCHEMA: &str = include_str!("../schemas/trend.schema.json");

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&room);
    std::fs::create_dir_all(&room).unwrap();
    room
}
fn nights(place: &Path, days: std::ops::Range<i64>, change: impl Fn(Made) -> Made) {
    days.for_each(|day| {
        change(Made::new(day)).folder(place);
    });
}
fn all(place: &Path) -> Trend {
    trend(place, &Asked::default()).unwrap()
}

#[test]
fn a_slow_down_that_stays_is_marked_at_its_night_and_one_that_is_mended_twice() {
    let place = room("trend-steps");
    nights(&place, 0..10, |made| made);
    nights(&place, 10..20, |made| made.slower("clock-in", 2, 1.35));
    nights(&place, 20..30, |made| made);
    let trend = all(&place);
    let group = &trend.groups[0];
    assert_eq!(group.changes.iter().map(|point| point.night).collect::<Vec<_>>(), [10, 20]);
    let [up, down] = [0, 1].map(|at| &group.changes[at].lines[0]);
    assert!(up.label == "POST clock-in" && up.percentile == "p99" && (1.25..1.45).contains(&up.ratio), "{up:?}");
    assert!((0.68..0.80).contains(&down.ratio) && group.changes.iter().all(|point| point.lines.len() == 1));
    assert_eq!(group.changes[0].started_at, "2026-06-11T02:00:00Z");
}

#[test]
fn one_night_that_is_far_slower_stands_out_and_one_that_is_a_little_slower_does_not() {
    let place = room("trend-outliers");
    nights(&place, 0..9, |made| made);
    nights(&place, 9..10, |made| made.slower("clock-in", 2, 20.0));
    nights(&place, 10..12, |made| made);
    nights(&place, 12..13, |made| made.slower("clock-in", 2, 1.3));
    let trend = all(&place);
    let group = &trend.groups[0];
    assert!(group.changes.is_empty(), "one night is no step: {:?}", group.changes);
    let [night] = &group.outliers[..] else { panic!("{:?}", group.outliers) };
    assert_eq!((night.night, night.started_at.as_str(), night.lines.len()), (9, "2026-06-10T02:00:00Z", 1));
    let line = &night.lines[0];
    assert!(
        line.label == "POST clock-in" && line.percentile == "p99" && (16.0..25.0).contains(&line.times),
        "{line:?}"
    );
    let text = trend.document(&place).terminal(fieldday_paint::Paint::new(false));
    assert!(text.contains("2026-06-10 02:00 stands out: POST clock-in p99"), "{text}");
    assert!(text.contains('█') && text.contains('▁'), "a sparkline: {text}");
}

#[test]
fn a_night_with_fewer_than_five_before_it_or_after_a_step_is_not_said_to_stand_out() {
    let place = room("trend-outliers-few");
    nights(&place, 0..4, |made| made);
    nights(&place, 4..5, |made| made.slower("clock-in", 2, 20.0));
    assert!(all(&place).groups[0].outliers.is_empty());
    let place = room("trend-outliers-step");
    nights(&place, 0..10, |made| made);
    nights(&place, 10..20, |made| made.slower("clock-in", 2, 3.0));
    let trend = all(&place);
    assert_eq!(trend.groups[0].changes.len(), 1);
    assert!(trend.groups[0].outliers.is_empty(), "a step is told once: {:?}", trend.groups[0].outliers);
}

#[test]
fn a_night_that_is_not_used_is_in_the_table_and_moves_no_mark() {
    let place = room("trend-unused");
    nights(&place, 0..8, |made| made);
    for (day, outcome) in [(8, "invalid"), (9, "interrupted")] {
        let slow = Made::new(day).slower("clock-in", 1, 9.0);
        slow.but(|made| (made.outcome, made.complete) = (outcome, outcome == "invalid")).folder(&place);
    }
    nights(&place, 10..18, |made| made.slower("clock-in", 1, 1.4));
    let trend = all(&place);
    let group = &trend.groups[0];
    assert_eq!(group.changes.iter().map(|point| point.night).collect::<Vec<_>>(), [10]);
    assert!(group.nights[8].not_used.is_some() && group.nights[9].not_used.is_some() && group.nights.len() == 18);
    assert!(group.series.iter().all(|line| line.values_us[8].is_none() && line.values_us[9].is_none()));
}

#[test]
fn kinds_of_nights_stand_apart_and_only_the_last_are_shown_if_that_is_wanted() {
    let place = room("trend-groups");
    nights(&place, 0..4, |made| made);
    nights(&place, 4..7, |made| made.but(|made| made.scenario = "smoke"));
    nights(&place, 7..9, |made| made.but(|made| made.speed = 10));
    let named: Vec<(String, usize)> = all(&place).groups.iter().map(|g| (g.shape.clone(), g.nights.len())).collect();
    let expected = [("4 reps, speed 60", 4), ("4 reps, speed 10", 2), ("4 reps, speed 60", 3)];
    assert_eq!(named, expected.map(|(shape, nights)| (shape.to_owned(), nights)));
    let asked = Asked { scenario: Some("smoke".into()), last: Some(2) };
    let some = trend(&place, &asked).unwrap();
    assert_eq!((some.groups.len(), some.groups[0].nights.len()), (1, 2));
    assert_eq!(some.groups[0].nights[1].started_at, "2026-06-07T02:00:00Z", "the last ones");
}

#[test]
fn every_form_holds_up_with_nothing_one_night_and_names_from_elsewhere() {
    let place = room("trend-forms");
    let none = all(&place);
    assert!(none.document(&place).terminal(fieldday_paint::Paint::new(false)).contains("there are no runs in"));
    assert!(none.document(&place.join("trend.html")).html().contains("There are no runs in"));
    Made::new(1).but(|made| made.limits = vec![("p99 < 1 s for <b>", "exceeded")]).folder(&place);
    std::fs::create_dir(place.join("<i>")).unwrap();
    let one = all(&place);
    let html = one.document(&place.join("trend.html")).html();
    assert!(!html.contains("<b>") && !html.contains("<i>/run") && html.contains("Skipped folders"));
    assert!(one.document(&place).markdown().contains("p99 \\< 1 s for \\<b\\>"));
    assert!(
        one.document(&place)
            .terminal(fieldday_paint::Paint::new(false))
            .contains("✗ p99 < 1 s for <b>  exceeded in 1 of 1 night")
    );
}

#[test]
fn dates_below_its_charts_are_few_and_the_first_and_the_last_night_are_among_them() {
    let dates = |nights_of: i64, first: &str, last: &str| {
        let place = room(&format!("trend-dates-{nights_of}"));
        nights(&place, 0..nights_of, |made| made);
        let html = all(&place).document(&place.join("trend.html")).html();
        std::fs::write(place.join("trend.html"), &html).unwrap();
        let chart = html.split("<figure class=\"chart\"").nth(1).unwrap();
        let on = |size: &str| -> Vec<String> {
            let begins = format!("<span class=\"x {size}\"");
            let spans = chart.split(&begins).skip(1);
            spans.map(|span| span.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
        };
        for shown in [on("desk"), on("phone")] {
            assert!((2..=8).contains(&shown.len()), "{nights_of}: {shown:?}");
            assert_eq!(shown[0], first, "{shown:?}");
            // The year stands with the first date that is in it.
            assert!(shown[shown.len() - 1].starts_with(last), "{shown:?}");
        }
        html
    };
    dates(2, "1 Jun 2026", "2 Jun");
    dates(14, "1 Jun 2026", "14 Jun");
    let sixty = dates(60, "1 Jun 2026", "30 Jul");
    assert!(sixty.contains("All 60 nights") && sixty.contains("The last nights"), "long tables are folded");
    let compare = "fieldday compare ";
    assert!(sixty.contains(compare) && sixty.contains("--baseline last:7"), "the last night can be compared by a line");
    assert_eq!(sixty.matches("<svg class=\"spark\"").count(), 9, "a sparkline for each percentile");
    let year = dates(400, "1 Jun 2026", "5 Jul");
    assert!(year.len() < 3_000_000, "{} bytes", year.len());
}

#[test]
fn its_json_is_as_the_schema_says_and_the_same_every_time() {
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let place = room("trend-json");
    nights(&place, 0..8, |made| made.but(|made| made.limits = vec![("p99 < 1 s", "held")]));
    nights(&place, 8..14, |made| made.slower("clock-in", 2, 1.5).but(|made| made.rules[0].1 = "inconclusive"));
    std::fs::create_dir(place.join("foreign")).unwrap();
    let text = all(&place).to_json();
    assert_eq!(text, all(&place).to_json());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty() && value["skipped"].as_array().unwrap().len() == 1, "{errors:?}");
    assert_eq!(serde_json::from_value::<Trend>(value).unwrap().to_json(), text, "what is written can be read");
}

#[test]
fn the_committed_schema_is_the_one_of_this_version() {
    let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let this = fieldday_compare::trend::schema();
    assert_eq!(committed, this, "`cargo xtask schemas` writes it");
}
