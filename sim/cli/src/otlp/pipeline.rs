//! OpenTelemetry's own pipeline, filled once and emptied at once.

use fieldday_documents::metrics::{Base, families};
use fieldday_folder::{Outcome, RunFile, Summary};
use fieldday_kernel::time::Time;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{Span, Status, Tracer, TracerProvider};
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::error::Error;
use std::time::{Duration, SystemTime};

/// A collector that takes longer has no part in a night's verdict.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn send(url: &str, run: &RunFile, summary: &Summary) -> Result<(), Box<dyn Error>> {
    let url = url.trim_end_matches('/');
    metrics(&format!("{url}/v1/metrics"), run, summary)?;
    span(&format!("{url}/v1/traces"), run, summary)
}

/// The attributes that go with every metric of the run.
fn resource(run: &RunFile, summary: &Summary) -> Resource {
    let facts = [
        ("service.version", &summary.version),
        ("fieldday.scenario", &summary.ran.scenario),
        ("fieldday.target", &run.target),
        ("fieldday.seed", &run.seed),
        ("fieldday.fingerprint", &summary.fingerprint),
    ];
    let facts = facts.map(|(name, value)| KeyValue::new(name, value.clone()));
    Resource::builder_empty().with_service_name("fieldday").with_attributes(facts).build()
}

fn metrics(endpoint: &str, run: &RunFile, summary: &Summary) -> Result<(), Box<dyn Error>> {
    let exporter = MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_endpoint(endpoint).with_timeout(PATIENCE).build()?;
    let reader = PeriodicReader::builder(exporter).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).with_resource(resource(run, summary)).build();
    let meter = provider.meter("fieldday");
    for family in families(run, summary) {
        let gauge = meter.f64_gauge(format!("fieldday.{}", family.name)).with_description(family.help);
        let gauge = match family.unit {
            Base::None => gauge.build(),
            Base::Seconds => gauge.with_unit("s").build(),
            Base::Ratio => gauge.with_unit("1").build(),
        };
        for sample in family.samples {
            let labels: Vec<KeyValue> =
                sample.labels.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect();
            gauge.record(sample.value, &labels);
        }
    }
    // Ending it sends what is in it.
    Ok(provider.shutdown()?)
}

/// The run, from its beginning to its end.
fn span(endpoint: &str, run: &RunFile, summary: &Summary) -> Result<(), Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_endpoint(endpoint).with_timeout(PATIENCE).build()?;
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource(run, summary)).build();
    let tracer = provider.tracer("fieldday");
    let verdict = &summary.verdict;
    let attributes = [
        KeyValue::new("fieldday.verdict", verdict.outcome.as_str()),
        KeyValue::new("fieldday.exit_code", i64::from(verdict.exit_code)),
        KeyValue::new("fieldday.requests", i64::try_from(summary.totals.requests).unwrap_or(i64::MAX)),
        KeyValue::new("fieldday.reps", i64::try_from(summary.ran.reps).unwrap_or(i64::MAX)),
        KeyValue::new("fieldday.reproduce", summary.reproduce.clone()),
    ];
    let builder = tracer.span_builder(format!("run {}", summary.ran.scenario));
    let mut span = builder.with_start_time(moment(run.started_at)).with_attributes(attributes).start(&tracer);
    if verdict.outcome != Outcome::Held {
        span.set_status(Status::error(verdict.reasons.join("; ")));
    }
    span.end_with_timestamp(run.ended_at.map_or_else(SystemTime::now, moment));
    drop(span);
    Ok(provider.shutdown()?)
}

fn moment(at: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.micros().max(0).unsigned_abs())
}
