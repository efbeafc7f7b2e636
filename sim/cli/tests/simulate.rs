//! `fieldday capacity --simulate`, from outside: a fleet's day, tables, standing for several, and what cannot be simulated.

mod common;

use common::{fieldday, flat, read_output, room, said};
use serde_json::Value;
use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Command, Stdio};

const BASE: [&str; 4] = ["capacity", "--simulate", "weekday", "--format"];

/// The document of a simulation, after the exit code that is expected.
fn simulated(expected: i32, words: &[&str]) -> Value {
    let (code, text, err) = said(&[&BASE[..], &["json"], words].concat());
    assert_eq!(code, expected, "{words:?}: {text}{err}");
    serde_json::from_str(&text).unwrap()
}
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_day_holds_or_breaks_by_its_plant_and_is_the_same_on_any_number_of_threads() {
    let words = ["--reps", "200", "--instances", "1", "--threads"];
    let one = simulated(0, &[&words[..], &["1"]].concat());
    assert_eq!(one, simulated(0, &[&words[..], &["2"]].concat()));
    let schema: Value = serde_json::from_str(include_str!("../../capacity/schemas/simulation.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &one), "{one}");
    assert_eq!((&one["outcome"]["reps"], &one["outcome"]["holds"]), (&Value::from(200), &Value::Bool(true)));
    let totals = &one["outcome"]["totals"];
    // Every request ends one way or another.
    let ends = ["served", "rate_limited", "turned_away", "timed_out", "broken"].map(|end| number(&totals[end]));
    assert_eq!(number(&totals["offered"]), ends.iter().sum::<f64>(), "{totals}");
    // One worker with room for nobody beside it turns people away.
    let tight = simulated(1, &["--reps", "200", "--instances", "1", "--workers", "1", "--queue", "0"]);
    assert_eq!(tight["outcome"]["holds"], Value::Bool(false));
    assert!(number(&tight["outcome"]["totals"]["turned_away"]) > 0.0, "{}", tight["outcome"]["totals"]);
}

#[test]
fn a_rep_who_stands_for_several_brings_their_load() {
    let offered = |words: &[&str]| {
        let of = simulated(0, &[&["--reps", "600", "--instances", "2"], words].concat());
        (number(&of["outcome"]["totals"]["offered"]), number(&of["outcome"]["cost"]["visits"]), of)
    };
    let (each, visits, _) = offered(&[]);
    let (standing, fewer, of) = offered(&["--each-for", "4"]);
    assert!((standing / each - 1.0).abs() < 0.15, "{standing} requests, and {each} when all are simulated");
    assert!(fewer < visits / 3.0, "{fewer} visits to reps, and {visits} when all are simulated");
    assert_eq!(of["outcome"]["reps"], 600);
    assert!(of["outcome"]["assumptions"].to_string().contains("stands for 4"), "it is said");
}

#[test]
fn a_table_is_a_page_too_with_the_verdict_of_each_point() {
    let room = room("simulate-table");
    let page = room.join("table.html");
    // One worker and two who wait are enough for twenty reps, and turn some of a thousand away; 64 such instances do not.
    let words =
        ["--reps", "20,1000", "--instances", "1,64", "--workers", "1", "--queue", "2", "--window", "07:00-11:00"];
    let table = simulated(0, &[&words[..], &["--html", page.to_str().unwrap()]].concat());
    let points = table["grid"]["points"].as_array().unwrap();
    let of: Vec<_> =
        points.iter().map(|point| (number(&point["reps"]), number(&point["instances"]), &point["holds"])).collect();
    let (held, exceeded) = (&Value::Bool(true), &Value::Bool(false));
    assert_eq!(of, [(20.0, 1.0, held), (20.0, 64.0, held), (1_000.0, 1.0, exceeded), (1_000.0, 64.0, held)]);
    assert_eq!(points[2]["exceeded"][0], "plant.hold.refused_ppm");
    assert_eq!(table["answer"][0], "3 of 4 points hold every limit: weekday.");
    let page = fs::read_to_string(&page).unwrap();
    let cells = |mark: &str, reps: &str| page.matches(&format!("{mark} {reps}</th>")).count();
    assert_eq!([cells("✓", "20"), cells("✓", "1,000"), cells("✗", "1,000")], [2, 1, 1]);
    assert!(page.contains("id=\"chart-grid-latency\"") && page.contains("1,000 reps: 64 instances are enough."));
}

#[test]
fn a_table_advises_at_each_point_that_exceeds_a_limit_and_says_how_long_that_takes() {
    let room = room("simulate-advice");
    let page = room.join("table.html");
    let words =
        ["--reps", "20,600", "--instances", "1,16", "--workers", "1", "--queue", "2", "--window", "07:00-10:00"];
    let words = [&words[..], &["--advise", "--html", page.to_str().unwrap()]].concat();
    let (code, text, err) = said(&[&BASE[..], &["json"], &words].concat());
    assert_eq!(code, 0, "{text}{err}");
    let table: Value = serde_json::from_str(&text).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../capacity/schemas/simulation.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &table), "{text}");
    let points = table["grid"]["points"].as_array().unwrap();
    let exceeded: Vec<&Value> = points.iter().filter(|point| point["holds"] == false).collect();
    assert!(points.iter().all(|point| point.get("advice").is_some() == (point["holds"] == false)), "{text}");
    let [point] = exceeded.as_slice() else { panic!("{text}") };
    let enough = number(&point["advice"]["instances"]);
    assert!(point["reps"] == 600 && (2.0..=16.0).contains(&enough), "{point}");
    assert_eq!(point["advice"]["policies"].as_array().unwrap().len(), 4, "three other ways of retrying: {point}");
    let says = format!("Advice for 600 reps: {enough} instances are enough");
    assert!(table["answer"].to_string().contains(&says), "{}", table["answer"]);
    assert!(err.contains("advice: at most ") && err.contains("simulated days"), "{err}");
    let tried = err.lines().filter(|line| line.starts_with("advice, day ")).count();
    assert!(tried > 3 && err.contains(&format!("advice, day {tried} of ")), "{err}");
    assert!(err.contains("600 reps on 1 instance, retries 1 with jitter: "), "{err}");
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains(&says) && page.contains("id=\"advice\"") && page.contains("retries 1 with jitter"));
}

/// The document of a simulation that is interrupted as soon as it says that.
#[cfg(unix)]
fn interrupted_at(says: &str, words: &[&str]) -> Value {
    let mut command = fieldday();
    command.args(BASE).arg("json").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(progress.any(|line| line.unwrap().contains(says)), "{says:?} was not said");
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    // Whatever else it says must have somewhere to go.
    let rest = std::thread::spawn(move || progress.map_while(Result::ok).collect::<Vec<_>>());
    let (code, text, _) = read_output(&child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{text}{:?}", rest.join());
    let answer: Value = serde_json::from_str(&text).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../capacity/schemas/simulation.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &answer), "{text}");
    answer
}

#[cfg(unix)]
#[test]
fn an_interrupted_day_is_told_until_then_and_nothing_is_claimed_of_its_rest() {
    let room = room("simulate-interrupted");
    let page = room.join("day.html");
    let words = ["--reps", "20k", "--limit", "wire p95 < 10 ms", "--html", page.to_str().unwrap()];
    let day = interrupted_at(" % of the day's requests, about ", &words);
    assert_eq!(day["interrupted"], "rest-of-day");
    let (outcome, answer) = (&day["outcome"], day["answer"].as_array().unwrap());
    let says = answer[0].as_str().unwrap();
    assert!(says.starts_with("Interrupted: the day was simulated until ") && says.ends_with("of its rest."), "{says}");
    assert!(number(&outcome["totals"]["offered"]) > 0.0 && outcome["until"].as_str() < Some("2026-06-11"), "{outcome}");
    let whole_day = 24 * 12;
    assert!(outcome["bins"].as_array().unwrap().len() < whole_day, "the rest has no bins");
    assert!(answer[1].as_str().unwrap().contains("until then 1 of 3 limits are exceeded"), "{answer:?}");
    assert!(fs::read_to_string(&page).unwrap().contains("Interrupted (simulated)"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_table_keeps_its_points_and_a_day_whose_advice_is_interrupted_is_kept() {
    let points = ["--reps", "20,10k", "--instances", "1,2,4,8"];
    let table = interrupted_at("20 reps on 2 instances: ", &points);
    let found = table["grid"]["points"].as_array().unwrap().len();
    assert!(table["interrupted"] == "points" && (2..8).contains(&found), "{table}");
    assert_eq!(table["answer"][0], format!("Interrupted: {found} of 8 points of the table were simulated."));
    let tight = ["--reps", "600", "--workers", "1", "--queue", "2", "--window", "07:00-10:00", "--advise"];
    let day = interrupted_at("advice: at most ", &[&tight[..], &["--instances", "1"]].concat());
    assert!(day["interrupted"] == "advice" && day.get("advice").is_none(), "{day}");
    assert_eq!(day["outcome"]["holds"], false, "the day itself is complete");
    assert_eq!(day["answer"][0], "Interrupted: the day is complete, but its advice is missing.");
    // Two points exceed limits; the advice for one of them may be there.
    let table = interrupted_at("advice, day 1 of ", &[&tight[..], &["--instances", "1,2"]].concat());
    assert_eq!((&table["interrupted"], table["grid"]["points"].as_array().unwrap().len()), (&"advice".into(), 2));
}

#[test]
fn the_page_of_a_day_has_the_question_and_charts_over_local_time() {
    let room = room("simulate");
    let page = room.join("day.html");
    let words = ["capacity", "--simulate", "weekday", "--reps", "50", "--window", "07:30-09:00", "--html"];
    let (code, text, err) = said(&[&words[..], &[page.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{text}{err}");
    assert!(text.starts_with("  ✓ 4 instances serve 50 reps of weekday within every limit."), "{text}");
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("Do 4 instances serve 50 reps of weekday within every limit?"), "the question");
    assert_eq!(page.matches("Local time, America/New_York</p>").count(), 4, "four charts name their zone");
    assert!(page.contains(">08:00</span>"), "ticks at round local times");
    let again = "fieldday capacity --simulate weekday --reps 50 --window 07:30-09:00";
    assert!(text.contains(&format!("again: {again}\n")) && page.contains(again), "{text}");
}

#[test]
fn limits_of_the_scenario_and_of_the_command_line_are_judged() {
    let few = ["--reps", "100", "--window", "07:30-09:00"];
    let verdicts = |of: &Value| -> Vec<(String, String)> {
        let limits = of["outcome"]["limits"].as_array().unwrap().iter();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        limits.map(|limit| (word(&limit["result"]["text"]), word(&limit["result"]["verdict"]))).collect()
    };
    let broken = simulated(1, &[&few[..], &["--limit", "wire p95 < 10 ms", "--limit", "error rate < 1 %"]].concat());
    let all = [
        ("plant.hold.refused_ppm", "held"),
        ("plant.hold.late_ppm", "held"),
        ("wire p95 < 10 ms", "exceeded"),
        ("error rate < 1 %", "held"),
    ];
    assert_eq!(verdicts(&broken), all.map(|(limit, verdict)| (limit.to_owned(), verdict.to_owned())));
    // What stands in a scenario is judged as well; of what it cannot judge it says so, and is open. On a network of half a
    // second, attempts are slow however fast the server is.
    let room = room("simulate-limits");
    let file = room.join("mine.toml");
    let scenario = r#"
        name = "mine"
        about = "mine"
        limits = ["wire p95 < 400 ms", "p95 < 400 ms for reads", "felt p50 < 9 s", "growth < 5 %"]
        day = { dates = ["2026-06-10"], leave_home = ["07:00", "07:30"], latest = "17:00" }
        people = { reps = 50, tenants = 2, territories = ["newark"], mix = { steady = 1 } }
        network = { profile = "firefox-gprs" }
    "#;
    fs::write(&file, scenario).unwrap();
    let (code, text, err) = said(&["capacity", "--simulate", file.to_str().unwrap(), "--window", "07:30-09:00"]);
    assert_eq!(code, 1, "{text}{err}");
    for part in ["✓ wire p95 < 400 ms", "✗ p95 < 400 ms for reads", "✓ felt p50 < 9 s", "? growth < 5 %", "attempt p95"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(flat(&text).contains("`attempt` is used instead"), "{text}");
    // Nothing is green that was not put to the test.
    let open = simulated(4, &[&few[..], &["--limit", "wire p99.99 < 30 s"]].concat());
    assert_eq!(verdicts(&open)[2].1, "inconclusive");
}

#[test]
fn a_change_is_compared_with_the_day_without_it() {
    let words = ["--reps", "300", "--window", "07:30-09:00", "--what-if", "monday-storm"];
    let of = simulated(0, &words);
    let peak = |day: &Value| {
        let offered = |bin: &Value| number(&bin["tally"]["offered"]);
        day["bins"].as_array().unwrap().iter().map(offered).fold(0.0, f64::max)
    };
    // Everybody clocks in within a quarter of an hour, in place of one and three quarters.
    assert!(peak(&of["outcome"]) > 2.0 * peak(&of["without"]), "{} and {}", peak(&of["outcome"]), peak(&of["without"]));
    assert_eq!((&of["outcome"]["what_if"], &of["without"]["what_if"]), (&Value::from("monday-storm"), &Value::Null));
    assert!(of["asked"]["question"].as_str().unwrap().starts_with("What if all reps leave home"), "{}", of["asked"]);
    let (code, text, err) = said(&[&["capacity", "--simulate", "weekday"], &words[..]].concat());
    assert!(code == 0 && text.contains("WHAT IF: MONDAY-STORM"), "{text}{err}");
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let cases: [(&[&str], &[&str]); 8] = [
        (&["--reps", "0"], &["--reps", "10k"]),
        (&["--reps", "many"], &["--reps", "1M"]),
        (&["--instances", "8..2"], &["8..2", "ends before it begins"]),
        (&["--what-if", "flood"], &["monday-storm", "slow-shunya"]),
        (&["--calibrate", "/nowhere/at/all"], &["/nowhere/at/all"]),
        (&["--target", "mock"], &["--target", "--simulate"]),
        (&["--limit", "wire p95 < 300"], &["--limit", "wire p95 < 300"]),
        // Before anything is simulated: a million reps take a while.
        (&["--reps", "1M", "--html", "/nowhere/at/all.html"], &["/nowhere/at/all.html"]),
    ];
    for (words, parts) in cases {
        let (code, text, err) = said(&[&BASE[..], &["json"], words].concat());
        assert_eq!(code, 2, "{words:?}: {text}{err}");
        assert!(parts.iter().all(|part| err.contains(part)), "{words:?} should say {parts:?}:\n{err}");
    }
}
