//! `metrics.prom`: what the run came to as OpenMetrics text, for the textfile collector of the node exporter.
//!
//! Everything is a gauge: each figure is of one run and begins anew with the next, and the node exporter, whose parser is
//! that of the older Prometheus text, knows neither `info` nor the counters of OpenMetrics. Spans are in seconds, shares
//! are ratios. Every sample carries scenario and target, so that files of several nights' kinds can lie in one folder.

mod families;

use super::Source;
use fieldday_folder::RunFile;
use fieldday_folder::summary::Summary;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::io;

/// The unit of a family, in which its name ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// A number of something, or a yes or no.
    None,
    /// The values are seconds.
    Seconds,
    /// The values are shares of 1.
    Ratio,
}

/// A metric family: all gauges.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// Without the prefix and the unit.
    pub name: &'static str,
    /// The text of the family's `HELP` line.
    pub help: &'static str,
    /// The unit of its values, which ends its name.
    pub unit: Base,
    /// One value for each combination of labels.
    pub samples: Vec<Sample>,
}

/// A value with its labels.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// Each label's name and value.
    pub labels: Vec<(&'static str, String)>,
    /// The value, in the family's unit.
    pub value: f64,
}

/// All metrics of a run, in their order.
pub fn families(run: &RunFile, summary: &Summary) -> Vec<Family> {
    families::of(run, summary)
}

impl Family {
    fn new(name: &'static str, help: &'static str, unit: Base) -> Family {
        Family { name, help, unit, samples: Vec::new() }
    }
    fn is(mut self, labels: &[(&'static str, &str)], value: f64) -> Family {
        self.add(labels, value);
        self
    }
    fn add(&mut self, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.samples.push(Sample { labels, value });
    }
}

/// The families in their order: the crate's own are kept in hash maps.
#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in self.0.iter().filter(|family| !family.samples.is_empty()) {
            let unit = match family.unit {
                Base::None => None,
                Base::Seconds => Some(Unit::Seconds),
                Base::Ratio => Some(Unit::Other("ratio".to_owned())),
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, unit.as_ref(), MetricType::Gauge)?;
            for sample in &family.samples {
                ConstGauge::new(sample.value).encode(metric.encode_family(&sample.labels)?)?;
            }
        }
        Ok(())
    }
}

pub(super) fn render(source: &Source<'_>) -> io::Result<String> {
    let everywhere = [("scenario", &source.summary.ran.scenario), ("target", &source.run.target)];
    let everywhere = everywhere.map(|(name, value)| (name.into(), value.clone().into()));
    let mut registry = Registry::with_prefix_and_labels("fieldday", everywhere.into_iter());
    registry.register_collector(Box::new(Families(families(source.run, source.summary))));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(io::Error::other)?;
    Ok(text)
}
