//! The Prometheus text format: whatever an exporter may write is read as it was meant, and whatever else is no page.

use fieldday_metrics::text::{Kind, NotMetrics, read};
use proptest::prelude::*;

/// As a client library writes it.
fn written(name: &str, labels: &[(String, String)], value: f64) -> String {
    let escaped = |value: &str| value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let value = if value.is_infinite() {
        if value > 0.0 { "+Inf".into() } else { "-Inf".into() }
    } else {
        format!("{value:?}")
    };
    if labels.is_empty() { format!("{name} {value}\n") } else { format!("{name}{{{}}} {value}\n", labels.join(",")) }
}

proptest! {
    #[test]
    fn what_an_exporter_writes_is_read_as_it_was_meant(
        rows in prop::collection::vec(
            ("[a-zA-Z_:][a-zA-Z0-9_:]{0,20}", prop::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", any::<String>()), 0..4), any::<f64>()),
            0..20,
        ),
        timed in any::<bool>(),
    ) {
        let rows: Vec<_> = rows.into_iter().filter(|(.., value)| !value.is_nan()).collect();
        let mut text = String::from("# HELP x What it is: {\"not\" a sample\n\n");
        for (name, labels, value) in &rows {
            let line = written(name, labels, *value);
            text.push_str(&if timed { line.replace('\n', " 1765432100000\n") } else { line });
        }
        let page = read(&text).unwrap();
        prop_assert_eq!(page.samples.len(), rows.len());
        for (sample, (name, labels, value)) in page.samples.iter().zip(&rows) {
            let read: Vec<(String, String)> = sample.labels.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            prop_assert_eq!((sample.name, &read, sample.value), (name.as_str(), labels, *value));
        }
    }

    #[test]
    fn any_other_text_is_read_or_refused_and_nothing_else(text in any::<String>()) {
        let lines = text.split('\n').count();
        match read(&text) {
            Ok(page) => prop_assert!(page.samples.len() <= lines),
            Err(NotMetrics { line }) => prop_assert!((1..=lines).contains(&line)),
        }
    }

    #[test]
    fn a_page_that_was_cut_is_refused_or_has_fewer_samples(cut in 0usize..200) {
        let whole = "# TYPE a counter\na{b=\"c\\\"d\"} 1.5\na{b=\"é\"} 2\nlast_one 17\n".repeat(3);
        let cut = (0..=cut.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        let samples = read(&whole).unwrap().samples.len();
        prop_assert!(read(&whole[..cut]).map_or(true, |page| page.samples.len() <= samples));
    }
}

#[test]
fn the_examples_of_the_format_are_read() {
    let text = r#"
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000
# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
# TYPE open gauge
open{ a = "b" , } 3
# TYPE lag histogram
lag_bucket{le="0.05"} 24054 # {trace="x"} 0.04
# EOF
"#;
    let page = read(text).unwrap();
    assert_eq!(page.samples.len(), 7);
    assert_eq!(page.samples[2].labels[0], ("path", r"C:\DIR\FILE.TXT".into()));
    assert_eq!(page.samples[2].labels[1].1, "Cannot find file:\n\"FILE.TXT\"");
    assert_eq!(page.samples[4].value, f64::INFINITY);
    assert_eq!(page.kinds["open"], Kind::Gauge);
    assert!(page.is_counter("http_requests_total") && !page.is_counter("open") && page.is_counter("untyped_total"));
}

#[test]
fn what_is_none_of_it_is_refused_with_the_line() {
    let wrong = [
        ("<!DOCTYPE html>\n<html>", 1),
        ("a 1\nb\n", 2),
        ("a 1\nb 1 2 3\n", 2),
        ("a{b=\"c} 1", 1),
        ("a{b=c} 1", 1),
        ("a{b=\"c\" d=\"e\"} 1", 1),
        ("1a 1", 1),
        ("a one", 1),
        ("a infinity", 1),
        ("a 0x10", 1),
        ("{\"status\":\"ok\"}", 1),
    ];
    for (text, line) in wrong {
        assert_eq!(read(text).unwrap_err(), NotMetrics { line }, "{text:?}");
    }
}
