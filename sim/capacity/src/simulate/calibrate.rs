//! Service times from a measured run: what its target took on the wire, by endpoint.

use fieldday_api::endpoint::Op;
use fieldday_world::scenario::plant::{Law, Service};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// With fewer measured than this, an endpoint is given what its kind took.
const ENOUGH: u64 = 30;
/// Quantiles that are kept, in parts per million.
const KEPT: [u32; 22] = [
    0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 350_000, 400_000, 450_000, 500_000, 550_000, 600_000,
    650_000, 700_000, 750_000, 800_000, 850_000, 900_000, 950_000, 990_000, 1_000_000,
];

/// A folder that service times cannot be taken from.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}; --calibrate takes the folder of a run", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is no log of histograms.
    #[error("{} is no log of histograms: {why}", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A run on the virtual clock has no wire.
    #[error(
        "{} has no time on the wire for {kind}: take the folder of a run against a target, in which {kind} were called",
        path.display()
    )]
    NothingMeasured {
        /// Which file.
        path: PathBuf,
        /// Reads or writes.
        kind: &'static str,
    },
}

/// Service times, and how much they rest on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calibration {
    /// The laws.
    pub service: Service,
    /// Where they come from, in words.
    pub source: String,
    /// How many requests they were measured on, by endpoint.
    pub measured: BTreeMap<Op, u64>,
}

/// Takes service times from a run's folder.
///
/// Nothing is taken off: what was measured on the wire is taken for the time that a worker is kept. So waits for a worker at
/// the load of the measured run, and the way to the target and back, count as work, and the simulation errs to the slow
/// side. Measure at a load of half or less, near the target.
pub fn calibrate(folder: &Path) -> Result<Calibration, CalibrateError> {
    let path = folder.join("latency.hlog");
    let text = std::fs::read(&path).map_err(|source| CalibrateError::Unreadable { path: path.clone(), source })?;
    let histograms = on_the_wire(&text).map_err(|why| CalibrateError::Broken { path: path.clone(), why })?;
    let kind = |writes: bool| {
        let mut all = empty();
        for histogram in histograms.iter().filter(|(op, _)| op.writes() == writes).map(|(_, h)| h) {
            // Of the same bounds, so it cannot fail.
            let _ = all.add(histogram);
        }
        let kind = if writes { "writes" } else { "reads" };
        law(&all).ok_or_else(|| CalibrateError::NothingMeasured { path: path.clone(), kind })
    };
    let (reads, writes) = (kind(false)?, kind(true)?);
    let well_measured = histograms.iter().filter(|(_, histogram)| histogram.len() >= ENOUGH);
    let ops: BTreeMap<Op, Law> = well_measured.filter_map(|(op, histogram)| Some((*op, law(histogram)?))).collect();
    let measured = histograms.iter().map(|(op, histogram)| (*op, histogram.len())).collect();
    let service = Service { health: Some(reads.clone()), reads: Some(reads), writes: Some(writes), ops };
    let source = format!("measured on the wire: {}", folder.display());
    Ok(Calibration { service, source, measured })
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("bounds of a histogram")
}

fn on_the_wire(text: &[u8]) -> Result<BTreeMap<Op, Histogram<u64>>, String> {
    use base64::Engine as _;
    let (mut found, mut reads) = (BTreeMap::new(), Deserializer::new());
    for entry in IntervalLogIterator::new(text) {
        let LogEntry::Interval(interval) = entry.map_err(|error| format!("{error:?}"))? else { continue };
        let tag = interval.tag().map(|tag| tag.as_str().to_owned()).unwrap_or_default();
        let Some(op) = tag.strip_suffix(".wire").and_then(named) else { continue };
        let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram());
        let bytes = bytes.map_err(|error| format!("{tag}: {error}"))?;
        let histogram: Histogram<u64> =
            reads.deserialize(&mut bytes.as_slice()).map_err(|error| format!("{tag}: {error:?}"))?;
        let all = found.entry(op).or_insert_with(empty);
        all.add(&histogram).map_err(|error| format!("{tag}: {error:?}"))?;
    }
    // The object store is beside the plant.
    found.remove(&Op::PutAudio);
    Ok(found)
}

fn named(word: &str) -> Option<Op> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// The quantiles of a histogram; none of an empty one.
fn law(histogram: &Histogram<u64>) -> Option<Law> {
    let at = |ppm: u32| match ppm {
        0 => histogram.min(),
        1_000_000 => histogram.max(),
        _ => histogram.value_at_quantile(f64::from(ppm) / 1e6),
    };
    let mut points: Vec<(u32, u64)> = KEPT.iter().map(|ppm| (*ppm, at(*ppm))).collect();
    // A histogram's greatest value may lie below the upper end of its last step.
    let most = histogram.max();
    points.iter_mut().for_each(|(_, value)| *value = (*value).min(most));
    (!histogram.is_empty()).then_some(Law::Quantiles { points })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::mean_us;
    use hdrhistogram::serialization::V2DeflateSerializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
    use std::time::Duration;

    /// A run's folder, as `fieldday run` leaves it: one with these histograms, of so many entries around a time.
    fn folder(name: &str, tags: &[(&str, u64, u64)]) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("fieldday-calibrate-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        let (mut text, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
        let mut log = IntervalLogWriterBuilder::new();
        let mut log = log.with_max_value_divisor(1_000.0).begin_log_with(&mut text, &mut serializer).unwrap();
        for (tag, count, around) in tags {
            let mut histogram = empty();
            (0..*count).for_each(|i| histogram.saturating_record(around + i));
            log.write_histogram(&histogram, Duration::ZERO, Duration::from_secs(60), Tag::new(tag)).unwrap();
        }
        std::fs::write(dir.join("latency.hlog"), text).unwrap();
        dir
    }

    #[test]
    fn what_was_measured_on_the_wire_becomes_a_law_and_the_rest_follows_its_kind() {
        let tags = [
            ("list-tasks.wire", 100, 20_000),
            ("list-tasks", 100, 900_000),
            ("get-thread.wire", 3, 50_000),
            ("clock-in.wire", 40, 70_000),
            ("put-audio.wire", 40, 9_000_000),
        ];
        let found = calibrate(&folder("whole", &tags)).unwrap();
        let mean = |op| mean_us(found.service.of(op).unwrap());
        assert!((mean(Op::ListTasks) - 20_050.0).abs() < 40.0, "{}", mean(Op::ListTasks));
        assert!((mean(Op::ClockOut) - 70_020.0).abs() < 60.0, "a write like the others");
        assert!((20_050.0..22_000.0).contains(&mean(Op::GetThread)), "three are too few: {}", mean(Op::GetThread));
        assert!(!found.service.ops.contains_key(&Op::PutAudio));
        assert_eq!(found.measured.get(&Op::GetThread), Some(&3));
    }

    #[test]
    fn a_folder_without_a_wire_says_what_to_do() {
        let said = |name: &str, tags: &[(&str, u64, u64)]| calibrate(&folder(name, tags)).unwrap_err().to_string();
        assert!(said("virtual", &[("list-tasks", 100, 20_000)]).contains("a run against a target"));
        assert!(said("reads", &[("list-tasks.wire", 100, 20_000)]).contains("for writes"));
        let nowhere = calibrate(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(nowhere.contains("latency.hlog") && nowhere.contains("--calibrate"), "{nowhere}");
    }
}
