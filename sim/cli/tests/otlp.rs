//! A run's metrics and its span, as a collector gets them: `cargo test -p fieldday --features otlp --test otlp`.

mod common;

use common::{room, said};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};
use prost::Message;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

/// Stands in for a collector: takes so many requests, answers each with this status, and gives paths and bodies.
fn collector(requests: usize, status: &'static str) -> (String, JoinHandle<BTreeMap<String, Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = thread::spawn(move || {
        let mut taken = BTreeMap::new();
        while taken.len() < requests {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let (mut path, mut length, mut line) = (String::new(), 0, String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                let told = line.trim().to_ascii_lowercase();
                if let Some(asked) = told.strip_prefix("post ") {
                    path = asked.split(' ').next().unwrap().to_owned();
                }
                if let Some(bytes) = told.strip_prefix("content-length: ") {
                    length = bytes.parse().unwrap();
                }
                assert!(!told.starts_with("content-type:") || told == "content-type: application/x-protobuf", "{told}");
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            write!(&stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            taken.insert(path, body);
        }
        taken
    });
    (url, taken)
}

fn value(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value?;
    match found {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The values of a gauge whose points have this attribute.
fn points(metric: &Metric, key: &str, wanted: &str) -> Vec<f64> {
    let Some(Data::Gauge(gauge)) = &metric.data else { panic!("{} is no gauge", metric.name) };
    let points = gauge.data_points.iter().filter(|point| value(&point.attributes, key).as_deref() == Some(wanted));
    points
        .map(|point| match point.value {
            Some(number_data_point::Value::AsDouble(value)) => value,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_collector_gets_what_the_summary_says() {
    let out = room("otlp-run");
    let (url, taken) = collector(2, "200 OK");
    let args = ["run", "demo", "--defect", "task-created-twice", "--out", out.to_str().unwrap(), "--otlp", &url];
    let (code, _, stderr) = said(&args);
    assert_eq!(code, 1, "{stderr}");
    let taken = taken.join().unwrap();
    let folder = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(folder.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();

    let metrics = ExportMetricsServiceRequest::decode(&taken["/v1/metrics"][..]).unwrap();
    let of = &metrics.resource_metrics[0];
    let resource = &of.resource.as_ref().unwrap().attributes;
    assert_eq!(value(resource, "service.name").as_deref(), Some("fieldday"));
    assert_eq!(value(resource, "fieldday.seed").as_deref(), Some("0x1"));
    let metric = |name: &str| of.scope_metrics[0].metrics.iter().find(|metric| metric.name == name).unwrap();
    assert_eq!(points(metric("fieldday.run_verdict"), "verdict", "broken"), [1.0]);
    assert_eq!(metric("fieldday.endpoint_latency").unit, "s");
    let broken: f64 = points(metric("fieldday.rule_cases"), "result", "broken").iter().sum();
    let expected: u64 = summary["rules"].as_array().unwrap().iter().map(|rule| rule["broken"].as_u64().unwrap()).sum();
    assert!(expected > 0 && broken == expected as f64, "{broken} {expected}");

    let traces = ExportTraceServiceRequest::decode(&taken["/v1/traces"][..]).unwrap();
    let span = &traces.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.name, "run demo");
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano && span.start_time_unix_nano > 0);
    assert_eq!(span.status.as_ref().unwrap().code, 2, "an error");
    assert_eq!(value(&span.attributes, "fieldday.exit_code").as_deref(), Some("1"));
}

#[test]
fn a_collector_that_is_not_there_or_refuses_is_told_and_the_run_stays_what_it_was() {
    let out = room("otlp-gone");
    let (code, stdout, stderr) = said(&["run", "demo", "--out", out.to_str().unwrap(), "--otlp", "http://127.0.0.1:9"]);
    assert!(code == 2 && stdout.contains("✓ held"), "{stdout}");
    assert!(stderr.contains("http://127.0.0.1:9") && stderr.contains("--otlp URL"), "{stderr}");
    let folder = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let folder = folder.to_str().unwrap();
    let (code, _, stderr) = said(&["report", folder, "--otlp", "collector:4318"]);
    assert!(code == 2 && stderr.contains("not an http:// or https:// URL"), "{stderr}");
    let (url, refuses) = collector(1, "403 Forbidden");
    let (code, _, stderr) = said(&["report", folder, "--otlp", &url]);
    assert!(code == 2 && stderr.contains("by OTLP"), "{stderr}");
    refuses.join().unwrap();
    let (url, taken) = collector(2, "200 OK");
    let (code, _, stderr) = said(&["report", folder, "--otlp", &url]);
    assert_eq!((code, taken.join().unwrap().len()), (0, 2), "{stderr}");
}
