//! `report.html` of real runs: what is in it, what must not be, and how large it is.

use fieldday_documents::page::Report;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, RunOutcome, run};
use fieldday_folder::check::check;
use fieldday_folder::series::{Ground, SERIES_SCHEMA, SeriesFile};
use fieldday_folder::{Facts, Folder, HISTORY, Host, RUN_SCHEMA, Recipe, RunFile, RunFolder, Summary, VIRTUAL};
use fieldday_history::file::{FORMAT, Header};
use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::Keeper;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use fieldday_stories::sequences::Stories;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn plan(scenario: &str, reps: u64, defects: &[&str]) -> Plan {
    let mut scenario = Scenario::load(scenario).unwrap();
    scenario.with_reps(reps);
    scenario.defects = defects.iter().map(|name| (*name).to_owned()).collect();
    Plan::new(Arc::new(scenario), 1).unwrap()
}

fn run_file(plan: &Plan) -> RunFile {
    RunFile {
        schema: RUN_SCHEMA,
        complete: true,
        version: "0".into(),
        target: VIRTUAL.into(),
        seed: "0x1".into(),
        reproduce: "fieldday run weekday".into(),
        started_at: Time::parse("2026-06-10T12:30:00.25Z").unwrap(),
        ended_at: None,
        shard: None,
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: plan.scenario().as_ref().clone(),
    }
}

fn ran(plan: &Plan, mut folder: Option<&mut Folder>, stop: bool) -> RunOutcome {
    let stop = AtomicBool::new(stop);
    let keep = Keep { history: folder.is_some(), events: false };
    run(plan, &Options { threads: 1, keep, stop: &stop }, |cell| {
        if let Some(folder) = &mut folder {
            folder.add_cell(&cell).unwrap();
        }
        ControlFlow::Continue(())
    })
    .unwrap()
}

fn summary(plan: &Plan, outcome: &RunOutcome) -> Summary {
    let recipe = Recipe { scenario: "weekday".into(), seed: 1, reps: Some(12), ..Recipe::default() };
    Summary::new(Facts { recipe, threads: 1, wall_s: 0.5, ..Facts::default() }, plan, outcome)
}

/// A recorded run in a folder of a test's own, with its page.
fn kept(name: &str, plan: &Plan) -> (PathBuf, Summary) {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&out);
    let mut folder = Folder::create(&out, &run_file(plan)).unwrap();
    let (scenario, seed, start) = (plan.scenario().name.clone(), plan.seed(), plan.start());
    folder.begin_history(&Header { fieldday_history: FORMAT, version: "0".into(), scenario, seed, start }).unwrap();
    let outcome = ran(plan, Some(&mut folder), false);
    folder.end_history(Some(outcome.fingerprint)).unwrap();
    let summary = summary(plan, &outcome);
    folder.put_summary(&summary).unwrap();
    fieldday_documents::put(&folder, &run_file(plan), &summary, &SeriesFile::new(&Ground::of_plan(plan), &outcome))
        .unwrap();
    folder.close(&run_file(plan)).unwrap();
    (folder.path().to_owned(), summary)
}

fn page(summary: &Summary, plan: &Plan, series: Option<&SeriesFile>) -> String {
    Report { folder: None, summary, run: &run_file(plan), series, stories: &Stories::new() }.html()
}

/// What no page may hold: anything to load, and nothing that is anybody's.
fn is_self_contained_and_private(html: &str, plan: &Plan) {
    let without_names = html.replace("http://www.w3.org/2000/svg", "");
    for outside in ["http://", "https://", "//cdn", "url(", "@import", "<link rel=\"stylesheet", " src="] {
        assert!(!without_names.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'"));
    assert_eq!(html.matches("<script").count(), html.matches("</script>").count());
    let cell = plan.cell(0);
    let contacts = cell.tenants.iter().flat_map(|tenant| &tenant.data.contacts);
    let canaries: Vec<String> = contacts
        .flat_map(|contact| {
            let name = format!("{} {}", contact.first_name.expose(), contact.last_name.expose());
            [name, contact.phone_number.expose().to_owned(), contact.address.expose().to_owned()]
        })
        .collect();
    assert!(canaries.len() > 50);
    let found: Vec<&String> = canaries.iter().filter(|canary| html.contains(canary.as_str())).collect();
    assert_eq!(found, Vec::<&String>::new());
    assert!(!html.contains("eyJ") && !html.contains("Authorization"));
}

#[test]
fn what_exporters_told_is_drawn_below_the_latencies_with_gaps_where_a_scrape_failed() {
    let plan = plan("weekday", 12, &[]);
    let outcome = ran(&plan, None, false);
    let plain = SeriesFile::new(&Ground::of_plan(&plan), &outcome);
    let mut keeper = Keeper::new("https://db.example.com/metrics".to_owned(), &[]);
    let bin = Span::seconds(plain.bin_s);
    for n in (0..plain.bins() as i64).filter(|n| *n != 3) {
        let page = format!("db_pool_in_use {}\ndb_pool_size 20\nprocess_resident_memory_bytes 5e8\n", n.min(20));
        keeper.scraped(plain.starts_at + bin.times(n), page.as_bytes());
    }
    let observed = keeper.finish();
    let series = plain.clone().with_metrics(&observed);
    let values = &series.metrics[1].values;
    assert_eq!((series.metrics[1].name.as_str(), series.metrics[1].of), ("db_pool_in_use", Some(20.0)));
    assert_eq!(values[..5], [Some(0.0), Some(1.0), Some(2.0), None, Some(4.0)]);
    assert_eq!(serde_json::from_str::<SeriesFile>(&series.to_json()).unwrap(), series);

    let summary = Summary { target_metrics: Some(observed.figures(None)), ..summary(&plan, &outcome) };
    let html = page(&summary, &plan, Some(&series));
    let place = |id: &str| html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id}"));
    let in_order = ["chart-latency", "chart-target-full", "chart-target-bytes", "chart-load", "target"].map(place);
    assert!(in_order.is_sorted(), "{in_order:?}");
    let without = page(&self::summary(&plan, &outcome), &plan, Some(&plain));
    assert!(!without.contains("chart-target") && !without.contains("id=\"target\""));
}

#[test]
fn a_good_run_says_so_and_shows_its_day() {
    let plan = plan("weekday", 12, &[]);
    let (path, summary) = kept("page-good", &plan);
    let html = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(html.contains("class=\"verdict "));
    for id in ["verdict", "endpoints", "day", "queues", "felt", "rules", "map", "facts"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for chart in ["chart-latency", "chart-classes", "chart-load", "chart-errors", "chart-reps"] {
        assert!(html.contains(&format!("id=\"{chart}\"")), "{chart}");
    }
    assert!(summary.rules.iter().all(|rule| html.contains(&rule.rule)), "every rule is in the matrix");
    assert!(html.contains(&summary.fingerprint) && html.contains(&summary.reproduce));
    is_self_contained_and_private(&html, &plan);

    // What the file says, it says again; and the page follows from it.
    let kept = RunFolder::open(&path).unwrap();
    let series = kept.series().unwrap().unwrap();
    assert_eq!((series.schema, series.reps), (SERIES_SCHEMA, 12));
    assert_eq!(series.to_json(), fs::read_to_string(path.join("series.json")).unwrap());
    fs::remove_file(path.join("report.html")).unwrap();
    fieldday_documents::put_again(&kept, &summary, Some(&series)).unwrap();
    assert_eq!(fs::read_to_string(path.join("report.html")).unwrap(), html);
    // Judged again, the history gives the same series.
    assert_eq!(check(&kept, 7).unwrap().series, series);
}

#[test]
fn every_rep_who_is_followed_leaves_home_and_comes_back() {
    let plan = plan("weekday", 12, &[]);
    let series = SeriesFile::new(&Ground::of_plan(&plan), &ran(&plan, None, false));
    let reps: Vec<_> = series.map.tenants.iter().flat_map(|tenant| &tenant.reps).collect();
    assert_eq!((reps.len(), series.map.left_out, series.map.moved), (12, 0, false));
    for rep in &reps {
        let stops: Vec<&[i64]> = rep.way.chunks(4).collect();
        assert!(
            stops.len() > 4 && stops.windows(2).all(|pair| pair[0][0] <= pair[1][0]),
            "{}: in order of time",
            rep.name
        );
        let (first, last) = (stops[0], stops[stops.len() - 1]);
        assert_eq!((first[1], first[2], last[3]), (last[1], last[2], 4), "{}: home again at the end", rep.name);
        assert!(stops.iter().any(|stop| stop[3] == 1) && stops.iter().any(|stop| stop[3] == 2));
        // Whoever records is at a visit; each change of a queue is one, and comes after the one before it.
        let does = |at: i64| stops.iter().rev().find(|stop| stop[0] <= at).map_or(0, |stop| stop[3]);
        for recording in rep.recording.chunks(2) {
            assert!(recording[0] < recording[1] && does(recording[0]) == 2, "{}: {recording:?}", rep.name);
        }
        let queue: Vec<&[i64]> = rep.queue.chunks(2).collect();
        assert!(queue.windows(2).all(|pair| pair[0][0] < pair[1][0] && pair[0][1] != pair[1][1]), "{queue:?}");
    }
    assert!(reps.iter().all(|rep| !rep.recording.is_empty()));
    let grew_and_drained = |queue: &[i64]| queue.chunks(2).any(|of| of[1] > 0) && queue.ends_with(&[0]);
    assert!(reps.iter().any(|rep| grew_and_drained(&rep.queue)), "somebody was offline and sent it all");
    // Each territory has its own clock: four zones in June, none of which changes.
    let clocks: Vec<(&str, &[(i64, i64)])> =
        series.map.tenants.iter().map(|tenant| (tenant.zone.as_str(), tenant.clock.as_slice())).collect();
    let hours = |hours: i64| vec![(0, -hours * 3_600)];
    assert_eq!(clocks[0], ("America/New_York", hours(4).as_slice()));
    assert_eq!(clocks[1], ("America/Chicago", hours(5).as_slice()));
    // The same with a secret is somewhere else, and nothing else differs.
    let outcome = ran(&plan, None, false);
    let ground = |secret| Ground { secret: Some(secret), ..Ground::of_plan(&plan) };
    let moved = SeriesFile::new(&ground(0x1234_5678_9abc), &outcome);
    let home = |series: &SeriesFile| series.map.tenants[0].reps[0].way[1..3].to_vec();
    assert!(moved.map.moved && home(&moved) != home(&series));
    assert_ne!(home(&moved), home(&SeriesFile::new(&ground(0x7777_1111_2222), &outcome)));
    assert_eq!((&moved.columns, &moved.map.tenants[0].land), (&series.columns, &series.map.tenants[0].land));
}

#[test]
fn a_bad_run_draws_what_went_wrong() {
    let plan = plan("weekday", 24, &["tenant-leak-by-cache"]);
    let (path, summary) = kept("page-bad", &plan);
    let html = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(html.contains("verdict broken") && html.contains("id=\"rule-tenancy.isolated\""));
    assert!(html.contains("Sequence diagram: how tenancy.isolated was broken") && html.contains("The steps in words"));
    assert!(html.contains(&summary.violations[0].local) && html.contains("fieldday shrink"));
    is_self_contained_and_private(&html, &plan);
    // Without its history there is no picture, and the page says why.
    fs::remove_file(path.join(HISTORY)).unwrap();
    let kept = RunFolder::open(&path).unwrap();
    fieldday_documents::put_again(&kept, &summary, kept.series().unwrap().as_ref()).unwrap();
    let html = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(html.contains("There is no picture of it") && !html.contains("how tenancy.isolated was broken"));
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let plan = plan("demo", 4, &[]);
    let outcome = ran(&plan, None, false);
    let mut summary = summary(&plan, &outcome);
    let mut series = SeriesFile::new(&Ground::of_plan(&plan), &outcome);
    let evil = "</script><img src=x onerror=alert(1)>\"'";
    summary.ran.scenario = evil.into();
    summary.ran.about = evil.into();
    summary.verdict.reasons = vec![evil.into(), evil.into()];
    summary.reproduce = evil.into();
    summary.limits[0].label = evil.into();
    series.zone = evil.into();
    series.map.tenants[0].metro = evil.into();
    series.map.tenants[0].reps[0].name = evil.into();
    let html = page(&summary, &plan, Some(&series));
    assert!(!html.contains("<img") && !html.contains(evil));
    assert_eq!(html.matches("<script").count(), html.matches("</script>").count());
}

#[test]
fn two_thousand_reps_fit_into_three_megabytes() {
    let plan = plan("weekday", 100, &["tenant-leak-by-cache"]);
    let outcome = ran(&plan, None, false);
    let mut series = SeriesFile::new(&Ground::of_plan(&plan), &outcome);
    let tenants = series.map.tenants.clone();
    assert_eq!(tenants.iter().map(|tenant| tenant.reps.len()).sum::<usize>(), 100);
    (1..20).for_each(|_| series.map.tenants.extend(tenants.iter().cloned()));
    let html = page(&summary(&plan, &outcome), &plan, Some(&series));
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    assert!(html.len() > 500_000, "twenty times as many reps are in it");
}

#[test]
fn empty_cut_and_foreign_folders_have_a_page_that_says_what_it_is() {
    let plan = plan("weekday", 12, &[]);
    let outcome = ran(&plan, None, true);
    let summary = summary(&plan, &outcome);
    let series = SeriesFile::new(&Ground::of_plan(&plan), &outcome);
    let html = page(&summary, &plan, Some(&series));
    assert!(html.contains("This run did not come to its end") && html.contains("verdict interrupted"));
    assert!(!html.contains("chart-latency") && html.contains("Nothing happened in this run"));
    assert!(page(&summary, &plan, None).contains("does not say what happened when"));

    // Killed: neither summary nor series, a history without its end, and a run.json that says so.
    let (path, _) = kept("page-killed", &plan);
    for gone in ["summary.json", "series.json", "report.html"] {
        fs::remove_file(path.join(gone)).unwrap();
    }
    let run = fs::read_to_string(path.join("run.json")).unwrap();
    fs::write(path.join("run.json"), run.replace("\"complete\": true", "\"complete\": false")).unwrap();
    let history = fs::read(path.join(HISTORY)).unwrap();
    fs::write(path.join(HISTORY), &history[..history.len() - 40]).unwrap();
    let kept = RunFolder::open(&path).unwrap();
    let checked = check(&kept, 7).unwrap();
    fieldday_documents::put_again(&kept, &checked.summary, Some(&checked.series)).unwrap();
    let html = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(html.contains("This run did not come to its end") && html.contains("chart-latency"));
    assert!(path.join("series.json").exists(), "what was made anew stays as it is");

    // Of another version.
    let text = fs::read_to_string(path.join("series.json")).unwrap();
    fs::write(path.join("series.json"), text.replacen("\"schema\":1", "\"schema\":99", 1)).unwrap();
    let error = RunFolder::open(&path).unwrap().series().unwrap_err();
    assert!(error.to_string().contains("series.json") && error.to_string().contains("schema 99"), "{error}");
}
