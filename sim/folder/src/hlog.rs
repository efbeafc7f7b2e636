//! `latency.hlog`: a log of the HdrHistogram tools, with one histogram an endpoint, told apart by their tags: `clock-in` has
//! the attempts, `clock-in.wire`, `.connect`, `.due` and `.felt` what a live run's other clocks measured.

use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Time;
use fieldday_rules::Measures;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};
use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

/// An endpoint's histograms that are not empty, with their tags: of its attempts, and by a live run's clocks.
fn histograms(op: Op, measures: &Measures) -> impl Iterator<Item = (String, &Histogram<u32>)> {
    let (of, word) = (measures.op(op), op.kebab_name());
    let live = &of.live;
    let live = [("wire", &live.wire), ("connect", &live.connect), ("due", &live.due), ("felt", &live.felt)];
    let tagged = live.map(|(clock, took)| (format!("{word}.{clock}"), took));
    let all = std::iter::once((word, &of.took)).chain(tagged);
    all.filter_map(|(tag, took)| took.recorded().map(|took| (tag, took)))
}

/// Writes the latencies of every endpoint that was called. Times are virtual.
pub fn write(out: &mut impl Write, measures: &Measures, start: Time, end: Time) -> io::Result<()> {
    let at = Duration::from_micros(start.micros().max(0).unsigned_abs());
    let during = Duration::from_micros(end.since(start).as_micros().max(0).unsigned_abs());
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Logged by Field Day: one histogram an endpoint, values in microseconds, maxima in milliseconds]")
        .with_start_time(UNIX_EPOCH + at)
        .with_max_value_divisor(1_000.0)
        .begin_log_with(out, &mut serializer)?;
    for (word, took) in Op::ALL.iter().flat_map(|op| histograms(*op, measures)) {
        log.write_histogram(took, Duration::ZERO, during, Tag::new(&word)).map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
        })?;
    }
    Ok(())
}
