//! Service times from what was measured: what a run's target took on the wire, by endpoint, or what a search for capacity
//! fitted to its levels, waits taken off.

use crate::demand::{self, Demand, Unfit};
use crate::journal::{JOURNAL, Journal, JournalError};
use fieldday_api::endpoint::Op;
use fieldday_scenario::plant::{Law, Plant, Service};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An endpoint with fewer measured requests than this gets the distribution of all reads, or of all writes.
const ENOUGH: u64 = 30;
/// Quantiles that are kept, in parts per million.
const KEPT: [u32; 22] = [
    0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 350_000, 400_000, 450_000, 500_000, 550_000, 600_000,
    650_000, 700_000, 750_000, 800_000, 850_000, 900_000, 950_000, 990_000, 1_000_000,
];

/// A folder that service times cannot be taken from.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The folder has no latencies that can be read.
    #[error(
        "{} cannot be read: {source}; --calibrate takes the folder of a run, or of a search for capacity",
        path.display()
    )]
    Unreadable {
        /// The file of latencies.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a histogram log.
    #[error("{} is not a histogram log: {why}", path.display())]
    Broken {
        /// The file of latencies.
        path: PathBuf,
        /// The first error in it.
        why: String,
    },
    /// A run on the virtual clock has no wire.
    #[error(
        "{} has no wire latency for {kind}; use the folder of a run against a target that called {kind}",
        path.display()
    )]
    NothingMeasured {
        /// The file of latencies.
        path: PathBuf,
        /// The kind of requests without latencies: `reads` or `writes`.
        kind: &'static str,
    },
    /// The folder's journal of a capacity search cannot be read.
    #[error("{} is not the journal of a capacity search: {}; {}", .0.path.display(), .0.why, .0.hint)]
    NoJournal(JournalError),
    /// No queueing model fits the levels of the search.
    #[error("{}: {source}", path.display())]
    Unfit {
        /// The journal of the search.
        path: PathBuf,
        /// The reason why no model fits.
        source: Unfit,
    },
}

/// Service times for a plant, with where they come from and how far to trust them.
#[derive(Clone, PartialEq, Debug)]
pub struct Calibration {
    /// The distributions of the time for which requests keep a worker, by endpoint and kind.
    pub service: Service,
    /// How many workers there are, all instances together, if that was fitted.
    pub workers: Option<u32>,
    /// Where the times come from, in words, with the folder.
    pub source: String,
    /// Reasons to distrust them, a sentence each.
    pub warnings: Vec<String>,
    /// How many requests they were measured on, by endpoint.
    pub measured: BTreeMap<Op, u64>,
}

impl Calibration {
    /// The service times that were fitted to the levels of a search, without waits for a worker and the way there and back.
    pub fn fitted(demand: &Demand, source: String) -> Calibration {
        let of = |writes: bool| -> Vec<(f64, f64)> {
            demand.endpoints.iter().filter(|of| of.op.writes() == writes).flat_map(|of| of.work_us()).collect()
        };
        let ops = demand.endpoints.iter().filter_map(|of| Some((of.op, weighted(of.work_us())?))).collect();
        let (reads, writes) = (weighted(of(false)), weighted(of(true)));
        // Of a kind that nothing was called of, the other kind is the best guess.
        let (reads, writes) = (reads.clone().or(writes.clone()), writes.or(reads));
        Calibration {
            service: Service { health: reads.clone(), reads, writes, ops },
            workers: Some(demand.workers),
            source,
            warnings: demand.warnings.clone(),
            measured: BTreeMap::new(),
        }
    }
    /// Makes a plant's instances like what was measured as a whole.
    pub fn put_to(&self, plant: &mut Plant) {
        plant.service = Some(self.service.clone());
        plant.workers = self.workers.unwrap_or(plant.workers);
    }
}

/// Takes service times from a folder: of a search for capacity, or of a run. `workers` is how many the target has, if that is
/// known.
pub fn calibrate(folder: &Path, workers: Option<u32>) -> Result<Calibration, CalibrateError> {
    if folder.join(JOURNAL).exists() { by_search(folder, workers) } else { by_run(folder) }
}

fn by_search(folder: &Path, workers: Option<u32>) -> Result<Calibration, CalibrateError> {
    let read = Journal::read(folder).map_err(CalibrateError::NoJournal)?;
    let unfit = |source| CalibrateError::Unfit { path: folder.join(JOURNAL), source };
    let demand = demand::fit_knowing(&read.levels, workers).map_err(unfit)?;
    let of = &read.header.scenario.name;
    let mut found =
        Calibration::fitted(&demand, format!("fitted to the levels of a search ({of}): {}", folder.display()));
    for endpoint in read.levels.iter().flat_map(|level| &level.endpoints) {
        *found.measured.entry(endpoint.op).or_default() += endpoint.requests;
    }
    Ok(found)
}

/// Nothing is taken off: what was measured on the wire is taken for the time that a worker is kept. So waits for a worker at
/// the load of the measured run, and the way to the target and back, count as work, and the simulation errs to the slow
/// side. Measure at a load of half or less, near the target.
fn by_run(folder: &Path) -> Result<Calibration, CalibrateError> {
    let path = folder.join("latency.hlog");
    let text = fieldday_folder::bounded::text(&path)
        .map(String::into_bytes)
        .map_err(|source| CalibrateError::Unreadable { path: path.clone(), source })?;
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
    Ok(Calibration { service, workers: None, source, warnings: Vec::new(), measured })
}

/// Straight lines through the middles of the parts of a distribution, each of some weight; none if there are none.
fn weighted(mut parts: Vec<(f64, f64)>) -> Option<Law> {
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = parts.iter().map(|(_, weight)| weight).sum();
    let (mut below, mut points) = (0.0, Vec::<(u32, u64)>::new());
    for (us, weight) in parts {
        let at_ppm = ((below + weight / 2.0) / all.max(1e-12) * 1e6) as u32;
        below += weight;
        // Of parts that are too thin to be told apart the first is kept.
        if points.last().is_none_or(|(last, _)| *last < at_ppm) {
            points.push((at_ppm.min(1_000_000), us.round() as u64));
        }
    }
    (!points.is_empty()).then_some(Law::Quantiles { points })
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, fieldday_api::defaults::LONGEST_US, 3).expect("bounds of a histogram")
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
    use crate::plant::callers::{at_random, serve, took_us};
    use crate::plant::mean_us;
    use crate::synthetic::{TARGET, Target};
    use fieldday_kernel::time::Span;
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
        let found = calibrate(&folder("whole", &tags), None).unwrap();
        let mean = |op| mean_us(found.service.of(op).unwrap());
        assert!((mean(Op::ListTasks) - 20_050.0).abs() < 40.0, "{}", mean(Op::ListTasks));
        assert!((mean(Op::ClockOut) - 70_020.0).abs() < 60.0, "a write like the others");
        assert!((20_050.0..22_000.0).contains(&mean(Op::GetThread)), "three are too few: {}", mean(Op::GetThread));
        assert!(!found.service.ops.contains_key(&Op::PutAudio));
        assert_eq!(found.measured.get(&Op::GetThread), Some(&3));
    }

    #[test]
    fn what_was_fitted_to_half_of_the_load_makes_a_plant_like_the_target() {
        let full = (f64::from(TARGET.workers) / TARGET.service_s / TARGET.rate_per_rep) as u64;
        let levels: Vec<_> = [5, 10, 20, 30, 40, 50].map(|percent| TARGET.level(full * percent / 100, 60.0)).into();
        let calibration = Calibration::fitted(&demand::fit(&levels).unwrap(), "a test".to_owned());
        let mut plant = Plant { instances: 1, ..Plant::default() };
        calibration.put_to(&mut plant);
        assert_eq!(plant.first_problem(), None);
        let rate = 0.8 * f64::from(TARGET.workers) / TARGET.service_s;
        let arrivals = at_random(Op::ListAppointments, rate, Span::minutes(20));
        let (_, verdicts) = serve(&plant, &arrivals, Span::minutes(20)).unwrap();
        let mut took = took_us(&arrivals, &verdicts);
        took.sort_by(f64::total_cmp);
        let p95 = took[took.len() * 95 / 100];
        let Target { service_s, .. } = TARGET;
        let truth = TARGET.level((rate / TARGET.rate_per_rep) as u64, 60.0).latency.p95_us as f64;
        assert!((p95 / truth - 1.0).abs() < 0.15, "p95 at 80 %: {p95} µs, in truth {truth}");
        let mean = mean_us(calibration.service.of(Op::ListAppointments).unwrap());
        assert!((mean / (service_s * 1e6) - 1.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn a_folder_without_a_wire_says_what_to_do() {
        let said =
            |name: &str, tags: &[(&str, u64, u64)]| calibrate(&folder(name, tags), None).unwrap_err().to_string();
        assert!(said("virtual", &[("list-tasks", 100, 20_000)]).contains("a run against a target"));
        assert!(said("reads", &[("list-tasks.wire", 100, 20_000)]).contains("for writes"));
        let nowhere = calibrate(Path::new("/nowhere/at/all"), None).unwrap_err().to_string();
        assert!(nowhere.contains("latency.hlog") && nowhere.contains("--calibrate"), "{nowhere}");
    }
}
