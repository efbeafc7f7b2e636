//! Comparisons of made-up runs, of which it is known what changed.

mod made;

use fieldday_compare::{
    ChangeKind, ChangeLimit, CompareError, Comparison, Direction, Outcome, PercentileChange, Question, Says, TestKind,
    compare,
};
use fieldday_folder::nights::{Night, Nights};
use made::Made;
use std::path::Path;

const SCHEMA: &str = include_str!("../schemas/comparison.schema.json");

fn nights(days: std::ops::Range<i64>, change: impl Fn(Made) -> Made) -> Vec<Night> {
    days.map(|day| change(Made::new(day)).night()).collect()
}
fn asked(new: Vec<Night>, baseline: Vec<Night>) -> Comparison {
    compare(Question { new, baseline, ..Question::default() }).unwrap()
}
fn line<'a>(comparison: &'a Comparison, op: &str, percentile: &str) -> &'a PercentileChange {
    comparison.lines.iter().find(|line| line.op == op && line.percentile == percentile).unwrap()
}
fn limits(texts: &[&str]) -> Vec<ChangeLimit> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn five_runs_a_side_find_a_slow_down_of_a_fifth_and_say_so_everywhere() {
    let new = nights(20..25, |made| made.slower("update-appointment", 1, 1.2));
    let comparison = asked(new, nights(10..15, |made| made));
    let slow = line(&comparison, "update-appointment", "p95");
    assert_eq!((slow.says, comparison.method.test), (Says::Slower, TestKind::Permutation));
    let [low, high] = slow.interval.unwrap();
    assert!(low > 1.05 && low < slow.ratio && slow.ratio < high && high < 1.4, "{slow:?}");
    assert!(slow.p.unwrap() <= 0.05);
    assert_eq!((comparison.verdict.outcome, comparison.verdict.exit_code), (Outcome::Worse, 1));
    assert_eq!(comparison.lines.iter().filter(|line| line.says == Says::Slower).count(), 1);
    let text = comparison.document(Path::new("comparison.html")).terminal(fieldday_paint::Paint::new(false));
    assert!(text.contains("CHANGED") && text.contains("✗ PATCH appointments/{id}") && text.ends_with('\n'), "{text}");
    assert!(text.contains("1 percentile slower: PATCH appointments/{id} p95 +"), "{text}");
    let markdown = comparison.document(Path::new("comparison.html")).markdown();
    assert!(markdown.starts_with("## ✗ worse") && markdown.contains("| PATCH appointments/{id} | p95 |"), "{markdown}");
}

#[test]
fn its_page_has_the_answer_first_and_leads_to_the_runs() {
    let new = nights(20..25, |made| made.slower("update-appointment", 1, 1.2));
    let mut comparison = asked(new, nights(10..15, |made| made));
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare-page");
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(place.join("my runs/one")).unwrap();
    std::fs::write(place.join("my runs/one/report.html"), "").unwrap();
    comparison.new[0].folder = place.join("my runs/one").display().to_string();
    comparison.new[1].folder = place.join("my runs/two").display().to_string();
    let html = comparison.document(&place.join("comparison.html")).html();
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is not in {html}"));
    let order = [
        "<p class=\"word\">worse</p>",
        "The new runs are worse than the baseline</h1>",
        "demo at mock: 5 runs against 5 runs.",
        "1 percentile slower: PATCH appointments/{id} p95",
        "<dt>slower</dt><dd>1<small>of 9 percentiles</small>",
        "<section id=\"changed\">",
        "data-copy=\"fieldday compare &#39;",
        "<a href=\"my%20runs/one/report.html\">",
    ];
    let places: Vec<usize> = order.iter().map(|text| at(text)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(html.matches("report.html").count(), 1, "there is no link to a report that is not there");
}

#[test]
fn nights_that_vary_little_and_are_alike_show_no_difference() {
    let steady = |made: Made| made.but(|made| made.spread = 0.01);
    let comparison = asked(nights(20..25, steady), nights(10..15, steady));
    assert!(comparison.lines.iter().all(|line| line.says == Says::NoDifference), "{:?}", comparison.lines);
    assert!(comparison.lines.iter().all(|line| line.no_more_than.unwrap() < 1.05 && line.matters < 1.11));
    assert_eq!((comparison.verdict.outcome, comparison.verdict.exit_code), (Outcome::NoWorse, 0));
    assert!(
        comparison
            .document(Path::new("comparison.html"))
            .terminal(fieldday_paint::Paint::new(false))
            .contains("no difference greater than")
    );
}

#[test]
fn one_run_a_side_without_history_cannot_tell_and_is_no_pass() {
    let comparison = asked(nights(20..21, |made| made), nights(10..11, |made| made));
    assert!(comparison.lines.iter().all(|line| line.says == Says::CannotTell && line.interval.is_none()));
    assert_eq!((comparison.method.test, comparison.verdict.exit_code), (TestKind::None, 4));
    let slow = line(&comparison, "clock-in", "p50");
    assert_eq!(slow.more_runs, Some(3));
    let text = comparison.document(Path::new("comparison.html")).terminal(fieldday_paint::Paint::new(false));
    assert!(text.contains("INCONCLUSIVE") && text.contains("3 more runs per side would tell"), "{text}");
}

#[test]
fn one_run_a_side_with_a_history_tells_a_great_change_and_what_nights_differ_by() {
    let question = |times: f64| Question {
        new: nights(40..41, |made| made.slower("clock-in", 1, times)),
        baseline: nights(39..40, |made| made),
        history: nights(0..39, |made| made),
        ..Question::default()
    };
    let comparison = compare(question(1.6)).unwrap();
    assert_eq!((comparison.method.test, comparison.method.history_pairs), (TestKind::Rotation, 19));
    assert_eq!(line(&comparison, "clock-in", "p95").says, Says::Slower);
    // Of nights that vary by 5 %, two differ by up to exp(1.96 √2 · 0.05) − 1 = 14.9 %.
    assert!(comparison.lines.iter().all(|line| (1.10..1.21).contains(&line.matters)), "{:?}", comparison.lines);
    assert!(compare(question(1.0)).unwrap().lines.iter().all(|line| line.says != Says::Slower));
}

#[test]
fn one_run_against_seven_nights_has_a_prediction_interval() {
    let comparison = asked(nights(20..21, |made| made.slower("clock-in", 0, 1.5)), nights(10..17, |made| made));
    assert_eq!(comparison.method.test, TestKind::Rotation);
    let slow = line(&comparison, "clock-in", "p50");
    assert_eq!(slow.says, Says::Slower);
    // Twice the t quantile of 6 degrees of freedom, times the deviation of one new night beside the mean of seven.
    let width = slow.interval.map(|[low, high]| high / low).unwrap();
    assert!((1.08..1.52).contains(&width), "{width}");
}

#[test]
fn six_pairs_of_seeds_are_judged_pair_by_pair_and_nights_of_one_seed_are_no_pairs() {
    let pair = |day: i64| move |made: Made| made.but(|made| made.seed = made.day as u64 - day as u64);
    let comparison = asked(nights(20..26, pair(20)), nights(10..16, pair(10)));
    assert_eq!((comparison.method.test, comparison.method.paired), (TestKind::SignFlip, true));
    let few = asked(nights(20..25, pair(20)), nights(10..15, pair(10)));
    assert_eq!((few.method.test, few.method.paired), (TestKind::Permutation, true));
    let nights = asked(nights(20..26, |made| made), nights(10..16, |made| made));
    assert_eq!((nights.method.test, nights.method.paired), (TestKind::Permutation, false));
}

#[test]
fn the_same_events_on_both_sides_are_no_difference_at_all() {
    let twin = |made: Made| made.but(|made| (made.target, made.fingerprint) = ("model".into(), "f".repeat(32)));
    let mut new = nights(20..21, twin);
    let baseline = nights(10..11, twin);
    new[0].summary.limits = baseline[0].summary.limits.clone();
    let comparison =
        compare(Question { new, baseline, limits: limits(&["p99 not worse than 0 %"]), ..Question::default() });
    let comparison = comparison.unwrap();
    assert_eq!((comparison.method.test, comparison.verdict.outcome), (TestKind::Identical, Outcome::NoWorse));
    assert!(comparison.lines.iter().all(|line| line.no_more_than == Some(1.0) && line.says == Says::NoDifference));
}

#[test]
fn limits_on_change_decide_when_there_are_any() {
    let slow = |times: f64| {
        nights(20..25, move |made| made.but(|made| made.spread = 0.02).slower("update-appointment", 1, times))
    };
    let baseline = || nights(10..15, |made| made.but(|made| made.spread = 0.02));
    let ask = |times: f64, texts: &[&str]| {
        compare(Question { new: slow(times), baseline: baseline(), limits: limits(texts), ..Question::default() })
            .unwrap()
    };
    let p95 = "p95 of patch-appointment not worse than 10 %";
    for (times, texts, outcome) in [
        (1.3, &[p95][..], Outcome::Worse),
        (1.0, &[p95], Outcome::NoWorse),
        (1.10, &[p95], Outcome::CannotTell),
        // Another percentile's limit does not look at this one.
        (1.3, &["p99 not worse than 10 %"], Outcome::NoWorse),
        (1.3, &["p99 not worse than 10 %", p95], Outcome::Worse),
        (1.3, &["p95 not worse than 10 %"], Outcome::Worse),
        (1.0, &["p50 of health not worse than 10 %"], Outcome::CannotTell),
    ] {
        let comparison = ask(times, texts);
        assert_eq!(comparison.verdict.outcome, outcome, "{times} {texts:?}: {:?}", comparison.limits);
    }
    let said = &ask(1.3, &[p95]).limits[0].says;
    assert!(said.starts_with("exceeded by PATCH appointments/{id} p95 +27 %"), "{said}");
}

#[test]
fn unlike_runs_are_refused_and_invalid_ones_never_used() {
    let refused = |change: fn(&mut Made)| {
        let new = nights(20..22, |made| made.but(change));
        compare(Question { new, baseline: nights(10..12, |made| made), ..Question::default() }).unwrap_err()
    };
    let says = |change: fn(&mut Made), what: &str| match refused(change) {
        CompareError::Unlike(but) => assert!(but.iter().any(|but| but.contains(what)), "{but:?}"),
        other => panic!("{other}"),
    };
    says(|made| made.scenario = "smoke", "scenario: smoke and demo");
    says(|made| made.reps = 8, "reps: 8 and 4");
    says(|made| made.speed = 10, "speed: 10 and 60");
    says(|made| made.target = "model".into(), "clock: virtual time and the wall clock");
    let none = refused(|made| made.outcome = "invalid");
    assert!(none.is_for_want_of_runs() && none.to_string().contains("it is inconclusive: made up"), "{none}");

    let mut new = nights(20..25, |made| made);
    new[1] = Made::new(21).but(|made| made.outcome = "invalid").night();
    new[3] = Made::new(23).but(|made| (made.outcome, made.complete) = ("interrupted", false)).night();
    let comparison = asked(new, nights(10..15, |made| made));
    assert_eq!((comparison.new.len(), comparison.left_out.len()), (3, 2));
    assert!(comparison.left_out[0].why.contains("inconclusive") && comparison.left_out[1].why.contains("stopped"));

    let unlike = nights(20..25, |made| made.but(|made| made.reps = 8));
    let question = Question { new: unlike, baseline: nights(10..15, |made| made), ..Question::default() };
    let comparison = compare(Question { although_unlike: true, ..question }).unwrap();
    assert!(comparison.differences.iter().any(|said| said.contains("reps")), "{:?}", comparison.differences);

    let twice = compare(Question { new: nights(1..2, |m| m), baseline: nights(1..2, |m| m), ..Question::default() });
    assert!(matches!(twice, Err(CompareError::Twice(_))));
}

#[test]
fn what_broke_newly_is_worse_whatever_the_latencies() {
    let steady = |made: Made| made.but(|made| made.spread = 0.01);
    let new = nights(20..25, |made| {
        steady(made).but(|made| {
            if made.day == 22 {
                made.rules[1].1 = "broken";
                made.outcome = "broken";
                made.findings = vec![("contract.type", "note")];
                made.hazards = vec!["stale-shown"];
            }
            made.marks.clear();
            made.limits = vec![("p99 < 1 s", "held")];
        })
    });
    let comparison =
        asked(new, nights(10..15, |made| steady(made).but(|made| made.limits = vec![("p99 < 1 s", "exceeded")])));
    let find = |kind: ChangeKind| comparison.changes.iter().find(|change| change.kind == kind).unwrap();
    let rule = find(ChangeKind::Rule);
    assert_eq!((rule.name.as_str(), rule.direction), ("shift.today", Direction::Worse));
    assert_eq!((rule.baseline.as_str(), rule.new.as_str()), ("held in 5 of 5", "broken in 1 of 5, held in 4"));
    assert_eq!(find(ChangeKind::Limit).direction, Direction::Better);
    assert_eq!(find(ChangeKind::Mark).new, "not reached in 5 of 5");
    assert_eq!(
        (find(ChangeKind::Hazard).direction, find(ChangeKind::ContractNote).direction),
        (Direction::Worse, Direction::Worse)
    );
    assert_eq!(comparison.changes.len(), 5, "{:?}", comparison.changes);
    assert_eq!(comparison.verdict.outcome, Outcome::Worse);
    assert!(comparison.verdict.reasons.iter().any(|why| why.contains("newly broken: shift.today")));
    // What was not exercised this time is told, and not broken by that.
    let quiet = asked(
        nights(20..25, |made| steady(made).but(|made| made.rules[1].1 = "not-exercised")),
        nights(10..15, steady),
    );
    let rule = quiet.changes.iter().find(|change| change.kind == ChangeKind::Rule).unwrap();
    assert_eq!((rule.new.as_str(), rule.direction), ("not exercised in 5 of 5", Direction::Other));
    assert_eq!(quiet.verdict.outcome, Outcome::NoWorse);
    // Hazards, marks and notes are told, and are nothing that breaks a comparison.
    let told = asked(
        nights(20..25, |made| steady(made).but(|made| (made.marks, made.hazards) = (vec![], vec!["stale-shown"]))),
        nights(10..15, steady),
    );
    assert_eq!((told.verdict.outcome, told.changes.len()), (Outcome::NoWorse, 2));
}

#[test]
fn what_has_too_few_samples_or_was_given_up_is_not_called_the_same() {
    let rare = |made: Made| made.but(|made| (made.count, made.spread) = (60, 0.01));
    let comparison = asked(nights(20..25, rare), nights(10..15, rare));
    assert!(comparison.lines.iter().all(|line| line.percentile != "p99") && comparison.not_compared.len() == 3);
    assert!(comparison.not_compared[0].why.contains("100 are needed, the smallest has 60"));
    // Every p99 is at the time limit of 5 s: how long the answers would have taken, nobody knows.
    let stuck = |made: Made| {
        made.but(|made| {
            (made.spread, made.timed_out) = (0.0, 70);
            let p99 = |place: f64| 5_000_000.0 / (20_000.0 * place * 6.0);
            made.slower = vec![("clock-in", 2, p99(3.0))];
        })
    };
    let comparison = asked(nights(20..25, stuck), nights(10..15, stuck));
    let p99 = line(&comparison, "clock-in", "p99");
    assert!(p99.at_limit && p99.says == Says::CannotTell, "{p99:?}");
    assert_eq!(comparison.verdict.outcome, Outcome::CannotTell);
}

#[test]
fn the_same_question_has_the_same_answer_and_its_json_is_as_the_schema_says() {
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let slow = |made: Made| made.slower("clock-in", 1, 1.3);
    let pairs = |made: Made| made.but(|made| made.seed = (made.day % 10) as u64);
    let questions: [(Vec<Night>, Vec<Night>); 4] = [
        (nights(20..25, slow), nights(10..15, |made| made)),
        (nights(20..21, |made| made), nights(10..11, |made| made)),
        (nights(20..26, pairs), nights(10..16, pairs)),
        (nights(20..21, slow), nights(10..18, |made| made.but(|made| made.count = 50))),
    ];
    for (new, baseline) in questions {
        let ask = || {
            let limits = limits(&["p99 not worse than 10 %"]);
            compare(Question { new: new.clone(), baseline: baseline.clone(), limits, ..Question::default() }).unwrap()
        };
        let text = ask().to_json();
        assert_eq!(text, ask().to_json());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let read: Comparison = serde_json::from_value(value).unwrap();
        assert_eq!(read.to_json(), text, "what is written can be read");
    }
}

#[test]
fn the_committed_schema_is_the_one_of_this_version() {
    let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let this = fieldday_compare::schema();
    assert_eq!(committed, this, "`cargo xtask schemas` writes it");
}

#[test]
fn nights_are_read_in_order_damaged_ones_are_skipped_and_the_last_good_one_is_found() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nights");
    let _ = std::fs::remove_dir_all(&place);
    for day in [3, 1, 2] {
        Made::new(day).folder(&place);
    }
    Made::new(4).but(|made| made.outcome = "broken").folder(&place);
    Made::new(5).but(|made| made.outcome = "invalid").folder(&place);
    Made::new(6).but(|made| made.target = "http://127.0.0.1:9000".into()).folder(&place);
    Made::new(7).but(|made| made.speed = 10).folder(&place);
    Made::new(8).folder(&place);
    std::fs::write(Made::new(9).folder(&place).join("summary.json"), "{ \"schema\": 1, ").unwrap();
    std::fs::remove_file(Made::new(10).folder(&place).join("summary.json")).unwrap();
    std::fs::create_dir_all(place.join("notes")).unwrap();
    let story = place.join("violations/01-app-queue-durable");
    std::fs::create_dir_all(&story).unwrap();
    std::fs::write(story.join("repro.toml"), "what `fieldday shrink` keeps beside the nights is no night").unwrap();
    std::fs::write(place.join("README.md"), "not a folder").unwrap();

    let nights = Nights::read(&place).unwrap();
    let days: Vec<i64> = nights.nights.iter().map(|night| night.run.started_at.micros() / 86_400_000_000).collect();
    assert!(days.windows(2).all(|pair| pair[0] < pair[1]) && days.len() == 8);
    let why: Vec<&str> = nights.skipped.iter().map(|skipped| skipped.why.as_str()).collect();
    assert_eq!(why.len(), 3);
    assert!(why.iter().any(|why| why.contains("summary.json: expected the summary")), "{why:?}");
    assert!(why.iter().any(|why| why.contains("notes/run.json: no such file")), "{why:?}");
    let newest = nights.nights.last().unwrap();
    // Not the broken one, not the invalid one, not another target's, not another speed's.
    assert!(nights.last_good(newest).unwrap().name().ends_with("-003"));
    let last: Vec<String> = nights.last(3, newest).iter().map(|night| night.name()).collect();
    assert_eq!(last, ["demo-0x1-002", "demo-0x1-003", "demo-0x1-004"], "a night that broke a rule has latencies, too");
    let kept: Vec<String> = nights.last_good_of_each().iter().map(|night| night.name()).collect();
    assert_eq!(kept, ["demo-0x1-006", "demo-0x1-007", "demo-0x1-008"]);
    assert!(nights.last_good(&nights.nights[0]).is_none());
}
