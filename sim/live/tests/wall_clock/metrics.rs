//! Metrics of a live run's target, scraped from a real exporter over HTTP: one with gauges and a counter that begins anew, one
//! that dies in the middle of the run, and those that answer with something else.

use crate::common::{Day, lived, mock, ready};
use fieldday_kernel::time::{Span, Time};
use fieldday_live::clock::WallClock;
use fieldday_live::prepare::{LiveOptions, PrepareError, prepare};
use fieldday_live::scrape::{ExporterUrl, Scraper};
use fieldday_metrics::{Kept, Observed};
use fieldday_scenario::{Metric, MetricsSettings};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// An exporter on the loopback that answers by the number of the scrape: a whole answer of HTTP, or none for silence.
struct Exporter {
    url: String,
    asked: Arc<AtomicU64>,
    ends: Arc<AtomicBool>,
}

impl Exporter {
    fn serve(answer: impl Fn(u64) -> Option<String> + Send + Sync + 'static) -> Exporter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, ends, answer) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)), Arc::new(answer));
        let (counts, over) = (asked.clone(), ends.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (counts, over, answer) = (counts.clone(), over.clone(), answer.clone());
                std::thread::spawn(move || talk(&mut stream.unwrap(), &counts, &over, &*answer));
            }
        });
        Exporter { url, asked, ends }
    }
    /// Refuses connections from now on, and closes those that are open.
    fn die(&self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn talk(stream: &mut TcpStream, counts: &AtomicU64, over: &AtomicBool, answer: &dyn Fn(u64) -> Option<String>) {
    let mut piece = [0; 4_096];
    while stream.read(&mut piece).is_ok_and(|bytes| bytes > 0) && !over.load(Ordering::Relaxed) {
        match answer(counts.fetch_add(1, Ordering::Relaxed)) {
            Some(answer) => drop(stream.write_all(answer.as_bytes())),
            None => std::thread::sleep(Duration::from_secs(3)),
        }
    }
}

fn ok(body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

const BEGAN: Time = Time::from_micros(1_781_000_000_000_000);

/// What is scraped of these within so many seconds.
fn scraped(urls: &[&str], keep: &[&str], seconds: f64, meanwhile: impl FnOnce()) -> Observed {
    let exporters = urls.iter().map(|url| ExporterUrl::parse(url).unwrap()).collect();
    let keep = keep.iter().map(|text| Metric::parse(text).unwrap()).collect();
    let settings = MetricsSettings { keep, ..MetricsSettings::default() };
    let scraper = Scraper::start(exporters, &settings, Vec::new(), WallClock::showing(BEGAN)).unwrap().unwrap();
    meanwhile();
    std::thread::sleep(Duration::from_secs_f64(seconds));
    scraper.finish()
}

fn values(of: &Kept) -> Vec<f64> {
    of.columns(BEGAN, Span::seconds(1), 20).into_iter().flatten().collect()
}

#[test]
fn gauges_and_a_counter_that_begins_anew_are_scraped_each_second() {
    let exporter = Exporter::serve(|n| {
        let counter = if n < 3 { 100 + 10 * n } else { 10 * (n - 3) };
        ok(&format!(
            "# TYPE jobs_total counter\njobs_total {counter}\ndb_pool_in_use{{db=\"main\",user=\"ada@example.com\"}} {}\n",
            n.min(4)
        ))
    });
    let keep = ["jobs_total", "db_pool_in_use{db=\"main\"} full 4"];
    let observed = scraped(&[&exporter.url], &keep, 6.4, || ());
    let [jobs, pool] = observed.series.as_slice() else { panic!("{observed:?}") };
    let scrapes = exporter.asked.load(Ordering::Relaxed);
    assert!((6..=7).contains(&scrapes) && observed.exporters[0].failed == 0, "{scrapes} {observed:?}");
    assert_eq!(jobs.restarts, 1);
    assert!(values(jobs).iter().all(|rate| (7.0..13.0).contains(rate)), "{jobs:?}");
    assert_eq!(values(pool)[..5], [0.0, 1.0, 2.0, 3.0, 4.0]);
    let figures = observed.figures(None);
    assert_eq!(figures.full().len(), 1);
    assert!(figures.full()[0].contains("db_pool_in_use") && !format!("{figures:?}").contains("ada@"), "{figures:?}");
}

#[test]
fn an_exporter_that_dies_leaves_a_gap_to_the_end_with_its_cause_said_once() {
    let exporter = Exporter::serve(|_| ok("process_open_fds 12\nprocess_max_fds 1024\n"));
    let observed = scraped(&[&exporter.url], &[], 3.0, || {
        std::thread::sleep(Duration::from_millis(2_500));
        exporter.die();
    });
    let [gap] = observed.figures(None).gaps().try_into().unwrap_or_else(|all| panic!("{all:?}"));
    let of = &observed.exporters[0];
    assert!(of.scrapes >= 5 && of.failed >= 2 && of.failed < of.scrapes, "{of:?}");
    assert!(gap.contains("tcp: connection refused") || gap.contains("the connection ended"), "{gap}");
    assert_eq!(values(&observed.series[0])[..3], [12.0; 3]);
}

#[test]
fn html_an_error_silence_and_a_page_that_never_ends_are_gaps() {
    let page = "x".repeat(5 << 20);
    let long = Some(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len()));
    let cause = |answer: Option<String>| {
        let exporter = Exporter::serve(move |_| answer.clone());
        let observed = scraped(&[&exporter.url], &[], 2.5, || ());
        assert!(observed.series.is_empty());
        observed.exporters[0].why.clone().unwrap()
    };
    assert_eq!(cause(ok("<html>Sign in</html>")), "it answers with a page of HTML, not with metrics");
    assert_eq!(cause(Some("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned())), "it answers 500");
    assert_eq!(cause(None), "it did not answer within 2 s");
    assert_eq!(cause(long), "the connection ended: answers of more than 4 MiB at once");
}

#[test]
fn a_run_is_what_it_is_whatever_its_exporters_do() {
    let good = Exporter::serve(|n| ok(&format!("process_resident_memory_bytes {}\n", 1_000_000 + n)));
    let mut scenario = crate::common::demo(5_000);
    scenario.live.metrics.urls = vec![format!("{}/metrics", good.url), "http://otto:hunter2@127.0.0.1:9".to_owned()];
    let Day { outcome, observed, .. } = lived(ready(scenario, mock(|_| {}), None));
    assert!(outcome.run.complete && outcome.run.findings.violations.is_empty());
    assert_eq!(observed.series.len(), 1);
    let gaps = observed.figures(None).gaps();
    assert!(gaps.len() == 1 && gaps[0].contains("http://***@127.0.0.1:9 failed; "), "{gaps:?}");
    assert!(!format!("{observed:?}").contains("hunter2"));
}

#[test]
fn before_a_run_is_said_what_will_be_kept_and_what_cannot_be() {
    let good = Exporter::serve(|_| ok("process_open_fds 12\nhttp_requests_total 5\n"));
    let other = Exporter::serve(|_| ok("http_requests_total 5\n"));
    let mut scenario = crate::common::demo(5_000);
    scenario.live.metrics.urls = vec![good.url.clone(), other.url.clone(), "http://127.0.0.1:9".to_owned()];
    let notes = ready(scenario, mock(|_| {}), None).look().unwrap().notes;
    let says = [
        format!("metrics of {}: open files", good.url),
        format!("metrics of {}: none that is kept; --metric names others", other.url),
        "metrics of http://127.0.0.1:9: tcp: connection refused; the run begins without them".to_owned(),
    ];
    assert!(notes.ends_with(&says), "{notes:?}");
}

#[test]
fn an_exporter_beyond_the_loopback_must_be_allowed() {
    let mut scenario = crate::common::demo(5_000);
    scenario.live.metrics.urls = vec!["https://otto:hunter2@metrics.example.com".to_owned()];
    let prepared = |scenario| prepare(scenario, 1, mock(|_| {}), LiveOptions::default()).map(drop);
    let error = prepared(scenario.clone()).unwrap_err();
    assert!(matches!(&error, PrepareError::MetricsNotAllowed { host } if host == "metrics.example.com"), "{error}");
    scenario.live.allow = vec!["metrics.example.com".to_owned()];
    assert!(prepared(scenario.clone()).is_ok());
    scenario.live.metrics.urls = vec!["metrics".to_owned()];
    assert!(matches!(prepared(scenario).unwrap_err(), PrepareError::NoExporter(_)));
}
