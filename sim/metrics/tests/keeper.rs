//! What is kept of what exporters tell: which series, their rates, what was full, in bounded memory, nothing private.

use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::keeper::MOST_SERIES;
use fieldday_metrics::{Keeper, Kept, Observed};
use fieldday_scenario::Metric;

fn second(n: i64) -> Time {
    Time::from_micros(1_781_000_000_000_000) + Span::seconds(n)
}

/// What is kept of these pages, one a second.
fn kept(named: &[&str], pages: &[&str]) -> Observed {
    let named: Vec<Metric> = named.iter().map(|text| Metric::parse(text).unwrap()).collect();
    let mut keeper = Keeper::new("http://127.0.0.1:9/metrics".to_owned(), &named);
    for (n, page) in pages.iter().enumerate() {
        match page.strip_prefix("gap: ") {
            Some(why) => keeper.gap(why),
            None => keeper.scraped(second(n as i64), page.as_bytes()),
        }
    }
    keeper.finish()
}

fn columns(of: &Kept, n: usize) -> Vec<Option<f64>> {
    of.columns(second(0), Span::seconds(1), n)
}

#[test]
fn a_counter_is_a_rate_and_one_that_begins_anew_is_a_gap_and_no_negative_rate() {
    let page = |n: f64| format!("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {n}\n");
    let pages = [page(10.0), page(10.5), page(12.0), page(0.25), page(1.25)];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let observed = kept(&[], &pages);
    let [cpu] = observed.series.as_slice() else { panic!("{observed:?}") };
    assert_eq!(columns(cpu, 5), [None, Some(0.5), Some(1.5), None, Some(1.0)]);
    assert_eq!((cpu.title().as_str(), cpu.restarts), ("process CPU", 1));
}

#[test]
fn a_failed_scrape_is_a_gap_of_every_series_and_its_cause_is_kept_once() {
    let pages =
        ["a_total 1\nb 5\n", "gap: connection refused", "gap: it answers 500", "a_total 9\nb 6\n", "a_total 11\nb 7\n"];
    let observed = kept(&["a_total", "b"], &pages);
    assert_eq!(columns(&observed.series[0], 5), [None, None, None, None, Some(2.0)]);
    assert_eq!(columns(&observed.series[1], 5), [Some(5.0), None, None, Some(6.0), Some(7.0)]);
    let exporter = &observed.exporters[0];
    assert_eq!((exporter.scrapes, exporter.failed, exporter.why.as_deref()), (5, 2, Some("connection refused")));
    let says = observed.figures(None).gaps();
    assert_eq!(says, ["2 of 5 scrapes of http://127.0.0.1:9/metrics failed; the first cause: connection refused"]);
}

#[test]
fn html_json_and_nothing_are_gaps_with_their_cause() {
    let cause = |page: &str| kept(&[], &[page]).exporters[0].why.clone().unwrap();
    assert_eq!(cause("<html><body>Sign in</body></html>"), "it answers with a page of HTML, not with metrics");
    assert_eq!(cause("a 1\n{\"b\": 1}"), "line 2 of its answer is not in the Prometheus text format");
    assert_eq!(cause("# only a comment\n"), "its answer holds no metric");
}

#[test]
fn what_is_used_of_what_there_is_can_be_full() {
    let page = |used: u32, fds: u32| {
        format!(
            "db_pool_in_use{{db=\"main\"}} {used}\ndb_pool_size{{db=\"main\"}} 20\ndb_pool_waits_total 9\n\
             process_open_fds {fds}\nprocess_max_fds 1024\n"
        )
    };
    let pages = [page(3, 50), page(19, 60), page(20, 60), page(20, 55)];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let figures = kept(&[], &pages).figures(None);
    let names: Vec<&str> = figures.series.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(names, ["process_open_fds", "db_pool_in_use"]);
    assert_eq!(figures.full(), ["db pool (db=main): 20 of 20, at 75.0 % of the scrapes"]);
    let pool = &figures.series[1];
    assert_eq!((pool.median, pool.greatest, pool.of, pool.full), (19.0, 20.0, Some(20.0), 3));
    assert_eq!(pool.first_full.as_deref(), Some(second(1).to_string().as_str()));
}

#[test]
fn figures_of_a_part_of_the_run_are_of_that_part_alone() {
    let pages = ["x 1\n", "x 9\n", "x 5\n"];
    let observed = kept(&["x full 9"], &pages);
    assert_eq!(observed.figures(None).full().len(), 1);
    let part = observed.figures(Some((second(2), second(3))));
    assert_eq!((part.series[0].values, part.series[0].greatest, part.full().len()), (1, 5.0, 0));
}

#[test]
fn processors_of_a_node_and_states_of_connections_are_summed() {
    let page = |busy: f64, idle: f64| {
        format!(
            "node_cpu_seconds_total{{cpu=\"0\",mode=\"user\"}} {busy}\nnode_cpu_seconds_total{{cpu=\"1\",mode=\"user\"}} {busy}\n\
             node_cpu_seconds_total{{cpu=\"0\",mode=\"idle\"}} {idle}\nnode_cpu_seconds_total{{cpu=\"1\",mode=\"idle\"}} {idle}\n\
             pg_stat_activity_count{{datname=\"otto\",state=\"active\",server=\"db:5432\"}} 7\n\
             pg_stat_activity_count{{datname=\"otto\",state=\"idle\",server=\"db:5432\"}} 13\n\
             pg_settings_max_connections{{server=\"db:5432\"}} 100\n\
             node_memory_MemAvailable_bytes 3e9\nnode_memory_MemTotal_bytes 8e9\n"
        )
    };
    let (first, second) = (page(10.0, 90.0), page(10.75, 90.25));
    let figures = kept(&[], &[&first, &second]).figures(None);
    let of = |what: &str| {
        let of = figures.series.iter().find(|of| of.what == what).unwrap();
        (of.greatest, of.of.unwrap())
    };
    assert_eq!((of("node CPU"), of("node memory")), ((1.5, 2.0), (5e9, 8e9)));
    assert_eq!(of("Postgres connections"), (20.0, 100.0));
}

#[test]
fn a_bound_of_nought_or_of_no_end_is_none() {
    let page = "redis_memory_used_bytes 5\nredis_memory_max_bytes 0\nprocess_open_fds 3\nprocess_max_fds 1.8446744073709552e+19\n";
    let figures = kept(&[], &[page]).figures(None);
    assert!(figures.series.len() == 2 && figures.series.iter().all(|of| of.of.is_none()), "{figures:?}");
}

#[test]
fn values_without_end_are_none() {
    let pages = ["x +Inf\ny{a=\"1\"} 1e308\npg_stat_activity_count 1e308\npg_stat_activity_count 1e308\n", "x NaN\n"];
    let observed = kept(&[], &pages);
    assert!(observed.figures(None).series.is_empty(), "{observed:?}");
    assert!(kept(&["x"], &pages).figures(None).series.is_empty());
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut keeper = Keeper::new(String::new(), &[Metric::parse("x").unwrap()]);
    for n in 0..20_000 {
        // Some series that stay, and new ones again and again.
        let page = format!("x{{a=\"stays\"}} {}\nx{{a=\"{n}\"}} 1\n", n % 1_000);
        keeper.scraped(second(n), page.as_bytes());
    }
    let observed = keeper.finish();
    assert_eq!(observed.series.len(), MOST_SERIES);
    assert!(observed.left_out > 0);
    let figures = observed.figures(None);
    let stays = figures.series.iter().find(|of| of.labels["a"] == "stays").unwrap();
    assert!(stays.values <= 4_096 && stays.greatest == 999.0, "{stays:?}");
}

#[test]
fn labels_are_kept_without_what_is_private() {
    let page = "x{user=\"ada@example.com\",url=\"postgres://otto:hunter2@db/otto\",phone=\"(415) 555-0182\"} 1\n";
    let text = format!("{:?}", kept(&["x"], &[page]).figures(None));
    assert!(!text.contains("ada") && !text.contains("hunter2") && !text.contains("555"), "{text}");
    assert!(text.contains("@db/otto"), "{text}");
}
