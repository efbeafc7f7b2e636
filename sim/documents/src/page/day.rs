//! The run over its day, as charts.

use fieldday_folder::series::{Columns, DisturbedTime, MetricColumn, SeriesFile};
use fieldday_folder::summary::OutcomeClass;
use fieldday_kernel::time::{Span, Time};
use fieldday_paint::chart::{Axis, Heat, Kind, Line, LineChart, Mark, Scale, Tick};
use fieldday_paint::units;

/// Between the times below a chart: as short as there is room for.
const STEPS_S: [i64; 21] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800,
    604_800,
];
/// Columns of a chart at most: more would be thinner than what a pointer can hit.
const COLUMNS: usize = 160;
/// How attempts ended that were not answered as expected, with the name for people and the colour.
const ERRORS: [(&str, &str, &str); 7] = [
    drawn(OutcomeClass::ServerError, "c6"),
    drawn(OutcomeClass::TimedOut, "c8"),
    drawn(OutcomeClass::NotTheApi, "c4"),
    drawn(OutcomeClass::ConnectionFailed, "c3"),
    drawn(OutcomeClass::RateLimited, "c2"),
    drawn(OutcomeClass::Refused, "c7"),
    drawn(OutcomeClass::NotTheTarget, "c5"),
];
const fn drawn(class: OutcomeClass, colour: &'static str) -> (&'static str, &'static str, &'static str) {
    (class.as_str(), class.label(), colour)
}
/// What reps do, one at a time.
const ACTIVITIES: [(&str, &str, &str); 5] = [
    ("recording", "recording", "c1"),
    ("visiting", "visiting", "c2"),
    ("driving", "driving", "c3"),
    ("between", "between visits", "c4"),
    ("homeward", "on the way home, or there", "c5"),
];
/// Timeout classes, with their names for people.
const CLASSES: [(&str, &str, &str); 5] = [
    ("recording", "recording operations", "c1"),
    ("read", "reads", "c4"),
    ("update", "writes", "c3"),
    ("health", "health", "c7"),
    ("transfer", "audio transfer", "c5"),
];

/// A series in as many columns as a chart has.
pub(super) struct Day<'a> {
    file: &'a SeriesFile,
    /// The number of bins that a column of the chart adds up.
    step: usize,
    labels: Vec<String>,
    axis: Axis,
}

impl<'a> Day<'a> {
    pub fn new(file: &'a SeriesFile) -> Day<'a> {
        let step = file.bins().div_ceil(COLUMNS).max(1);
        let label = |first: usize| clock(file, first as i64 * file.bin_s, file.bin_s * (step as i64));
        let labels: Vec<String> = (0..file.bins()).step_by(step).map(label).collect();
        let lasts = labels.len() as i64 * step as i64 * file.bin_s;
        Day {
            file,
            step,
            labels,
            axis: Axis::first_of(STEPS_S.iter().map(|step_s| round_times(file, lasts, *step_s)).collect()),
        }
    }
    /// What stands below the charts: round times of the day's clock.
    pub(super) fn axis(&self) -> &Axis {
        &self.axis
    }
    /// How long a column lasts, in seconds.
    fn column_s(&self) -> f64 {
        (self.file.bin_s * self.step as i64) as f64
    }
    /// What the charts' columns are.
    pub fn note(&self) -> String {
        let wide = units::tick(self.file.bin_s.unsigned_abs() * self.step as u64 * 1_000_000);
        let dates = match self.file.dates.as_slice() {
            [] => String::new(),
            [date] => format!(" on {date}"),
            dates => format!("; {} dates, laid over one another", dates.len()),
        };
        format!("Of reps and the office. Times are those of {}{dates}. A column is {wide}.", self.file.zone)
    }
    fn summed(&self, list: &[u64]) -> Vec<u64> {
        list.chunks(self.step).map(|bins| bins.iter().sum()).collect()
    }
    fn greatest(&self, list: &[u64]) -> Vec<u64> {
        list.chunks(self.step).map(|bins| bins.iter().copied().max().unwrap_or(0)).collect()
    }
    /// A sum a column, by so many seconds.
    fn rate(&self, list: &[u64], seconds: f64) -> Vec<Option<f64>> {
        self.summed(list).into_iter().map(|sum| Some(sum as f64 / seconds)).collect()
    }
    /// Attempts of these classes by bucket, a column.
    fn buckets(&self, class: impl Fn(&str) -> bool) -> Vec<Vec<u64>> {
        let rows = self.file.columns.bucket_bounds_us.len().saturating_sub(1);
        let mut columns = vec![vec![0; rows]; self.labels.len()];
        for (_, bins) in self.file.columns.latency.iter().filter(|(name, _)| class(name)) {
            for (place, bin) in bins.iter().enumerate() {
                let Some(column) = columns.get_mut(place / self.step) else { continue };
                for (bucket, count) in bin {
                    if let Some(row) = column.get_mut(*bucket as usize) {
                        *row += u64::from(*count);
                    }
                }
            }
        }
        columns
    }
    /// When the target was disturbed on purpose.
    fn marks(&self) -> Vec<Mark> {
        let lasts = Span::seconds(self.file.bin_s).times(self.labels.len() as i64 * self.step as i64);
        let place = |at: Time| {
            (at.since(self.file.starts_at).as_micros() as f64 / lasts.as_micros().max(1) as f64).clamp(0.0, 1.0)
        };
        let mark = |of: &DisturbedTime| Mark { from: place(of.from), until: place(of.until), words: of.name.clone() };
        self.file.disturbances.iter().map(mark).collect()
    }
    /// What the target's exporters told.
    pub(super) fn metrics(&self) -> &'a [MetricColumn] {
        &self.file.metrics
    }
    /// The greatest value a column, none where none is known.
    pub(super) fn greatest_of(&self, list: &[Option<f64>]) -> Vec<Option<f64>> {
        list.chunks(self.step).map(|bins| bins.iter().flatten().copied().reduce(f64::max)).collect()
    }
    pub(super) fn chart(&self, id: &'a str, title: &'a str, kind: Kind, lines: Vec<Line>) -> LineChart<'_> {
        let tops: Vec<f64> = match kind {
            Kind::Lines | Kind::Dots => lines.iter().flat_map(|line| line.values.iter().flatten().copied()).collect(),
            Kind::Stacked | Kind::Bars => {
                let sum =
                    |column: usize| lines.iter().filter_map(|line| line.values.get(column).copied().flatten()).sum();
                (0..self.labels.len()).map(sum).collect()
            }
        };
        LineChart {
            id,
            title,
            alt: String::new(),
            note: String::new(),
            kind,
            scale: Scale::linear(tops.into_iter()),
            columns: "Time",
            labels: &self.labels,
            lines,
            marks: self.marks(),
            rules: Vec::new(),
            words: units::number,
            more: Vec::new(),
        }
    }

    pub fn latency(&self) -> String {
        let counts = self.buckets(|class| class != "transfer");
        let bounds: Vec<f64> = self.file.columns.bucket_bounds_us.iter().map(|us| *us as f64).collect();
        let used = |row: &usize| counts.iter().any(|column| column[*row] > 0);
        let rows = bounds.len().saturating_sub(1);
        let (Some(first), Some(last)) = ((0..rows).find(used), (0..rows).rev().find(used)) else {
            return String::new();
        };
        let percentiles = [(0.5, "p50", "h6"), (0.95, "p95", "c3"), (0.99, "p99", "ink")];
        let of = |q: f64| counts.iter().map(|column| percentile(column, &bounds, q)).collect::<Vec<_>>();
        let lines: Vec<Line> = percentiles
            .into_iter()
            .map(|(q, name, colour)| Line { name: name.to_owned(), colour, values: of(q) })
            .collect();
        let worst =
            lines[2].values.iter().zip(&self.labels).filter_map(|(value, label)| Some((value.as_ref()?, label)));
        let worst = worst.max_by(|a, b| a.0.total_cmp(b.0));
        let alt = worst.map_or_else(String::new, |(value, label)| {
            format!("The 99th percentile is greatest at {label}, with {}", units::micros(*value as u64))
        });
        let samples = counts.iter().map(|column| units::count(column.iter().sum())).collect();
        Heat {
            id: "chart-latency",
            title: "How long attempts took",
            alt,
            note:
                "All calls but the audio itself; the stronger the colour, the more attempts ended then. Values are good to a tenth."
                    .to_owned(),
            labels: &self.labels,
            bounds: bounds[first..=last + 1].to_vec(),
            counts: counts.iter().map(|column| column[first..=last].to_vec()).collect(),
            lines,
            marks: self.marks(),
            rules: Vec::new(),
            words: |us| units::micros(us as u64),
            more: vec![("attempts".to_owned(), samples)],
        }
        .html_over(&self.axis)
    }
    /// The 95th percentile of each timeout class.
    pub fn classes(&self) -> String {
        let bounds: Vec<f64> = self.file.columns.bucket_bounds_us.iter().map(|us| *us as f64).collect();
        let line = |(class, name, colour): &(&str, &str, &'static str)| {
            let counts = self.buckets(|of| of == *class);
            let values: Vec<_> = counts.iter().map(|column| percentile(column, &bounds, 0.95)).collect();
            let is_there = values.iter().any(Option::is_some);
            is_there.then(|| Line { name: (*name).to_owned(), colour, values })
        };
        let lines: Vec<Line> = CLASSES.iter().filter_map(line).collect();
        let values: Vec<f64> = lines.iter().flat_map(|line| line.values.iter().flatten().copied()).collect();
        LineChart {
            alt: "A line a timeout class".to_owned(),
            note: "95 of 100 attempts that ended then took no longer.".to_owned(),
            scale: Scale::time(values.into_iter()),
            words: |us| units::micros(us as u64),
            ..self.chart("chart-classes", "p95 by timeout class", Kind::Lines, lines)
        }
        .html_over(&self.axis)
    }
    /// Calls that began and calls that were answered.
    pub fn load(&self) -> String {
        let (seconds, unit) =
            if self.column_s() < 60.0 { (self.column_s(), "second") } else { (self.column_s() / 60.0, "minute") };
        let columns = &self.file.columns;
        let line = |name: &str, colour, list| Line { name: name.to_owned(), colour, values: self.rate(list, seconds) };
        let lines = vec![
            line("attempts", "c5", &columns.attempts),
            line("offered", "c3", &columns.offered),
            line("achieved", "c1", &columns.achieved),
        ];
        LineChart {
            alt: format!(
                "Calls a {unit}: how many began, how many were answered for good, and how many attempts that took"
            ),
            note: format!(
                "Calls a {unit}. Offered: calls that began then. Achieved: calls that were answered for good then."
            ),
            ..self.chart("chart-load", "Offered and achieved requests", Kind::Lines, lines)
        }
        .html_over(&self.axis)
    }
    pub fn errors(&self) -> String {
        let lines = self.rows(&ERRORS, &self.file.columns.errors, 1.0);
        if lines.is_empty() {
            return "<p class=\"none\">No attempt went wrong.</p>".to_owned();
        }
        LineChart {
            alt: "How many attempts went wrong, by kind".to_owned(),
            note: "Attempts that were not answered as expected, when they ended; what the simulated phone or network lost or cancelled is no error of the target."
                .to_owned(),
            words: |n| units::count(n as u64),
            ..self.chart("chart-errors", "Errors by kind", Kind::Bars, lines)
        }
        .html_over(&self.axis)
    }
    pub fn activities(&self) -> String {
        let seconds = self.column_s();
        let lines = self.rows(&ACTIVITIES, &self.file.columns.rep_seconds, seconds);
        LineChart {
            alt: "How many reps were doing what".to_owned(),
            note: format!("How many of {} at once, on the mean.", units::counted(self.file.reps, "rep", "reps")),
            ..self.chart("chart-reps", "What reps were doing", Kind::Stacked, lines)
        }
        .html_over(&self.axis)
    }
    /// Reps without network, and reps whose queue is being sent.
    pub fn offline(&self) -> String {
        let kinds = [("offline", "without network", "c6"), ("flushing", "sending their queue", "c1")];
        let lines = self.rows(&kinds, &self.file.columns.rep_seconds, self.column_s());
        if lines.is_empty() {
            return String::new();
        }
        LineChart {
            alt: "How many reps had no network, and how many were sending what they had queued".to_owned(),
            note: "How many reps at once, on the mean.".to_owned(),
            ..self.chart("chart-offline", "Offline and flushing", Kind::Lines, lines)
        }
        .html_over(&self.axis)
    }
    pub fn queues(&self) -> String {
        let Columns { action_seconds, queue_max, drains, drain_max_ms, .. } = &self.file.columns;
        let longest = self.greatest(queue_max);
        if longest.iter().all(|length| *length == 0) {
            return "<p class=\"none\">Nothing was queued.</p>".to_owned();
        }
        let lines = vec![
            Line {
                name: "waiting, of all reps".to_owned(),
                colour: "c1",
                values: self.rate(action_seconds, self.column_s()),
            },
            Line {
                name: "longest queue of one rep".to_owned(),
                colour: "c3",
                values: longest.iter().map(|length| Some(*length as f64)).collect(),
            },
        ];
        let emptied = self.summed(drains);
        let slowest = self.greatest(drain_max_ms);
        let slowest = |column: usize| {
            if emptied[column] > 0 { units::micros(slowest[column] * 1_000) } else { "–".to_owned() }
        };
        LineChart {
            alt: "How many actions waited on queues".to_owned(),
            note: "Actions on the phones' offline queues. The table also has how many queues became empty after a time without \
                   network, and how long the slowest took for it."
                .to_owned(),
            more: vec![
                ("emptied after an outage".to_owned(), emptied.iter().map(|n| units::count(*n)).collect()),
                ("slowest drain".to_owned(), (0..emptied.len()).map(slowest).collect()),
            ],
            ..self.chart("chart-queues", "Queue lengths", Kind::Lines, lines)
        }
        .html_over(&self.axis)
    }
    /// How long queues took to become empty.
    pub fn drains(&self) -> String {
        let emptied = self.summed(&self.file.columns.drains);
        if emptied.iter().all(|n| *n == 0) {
            return String::new();
        }
        let slowest = self.greatest(&self.file.columns.drain_max_ms);
        let value = |(n, ms): (&u64, &u64)| (*n > 0).then_some((ms * 1_000).max(1_000) as f64);
        let values: Vec<Option<f64>> = emptied.iter().zip(&slowest).map(value).collect();
        let line = Line { name: "slowest drain".to_owned(), colour: "c1", values: values.clone() };
        LineChart {
            alt: "How long the slowest queue took that became empty then".to_owned(),
            note: "From the network's return to an empty queue: the slowest of those that ended then.".to_owned(),
            scale: Scale::time(values.into_iter().flatten()),
            words: |us| units::micros(us as u64),
            more: vec![("queues emptied".to_owned(), emptied.iter().map(|n| units::count(*n)).collect())],
            ..self.chart("chart-drains", "Drain after outages", Kind::Dots, vec![line])
        }
        .html_over(&self.axis)
    }
    /// Rows of a table of lists, those that are not all nought.
    fn rows(
        &self,
        kinds: &[(&str, &str, &'static str)],
        lists: &std::collections::BTreeMap<String, Vec<u64>>,
        seconds: f64,
    ) -> Vec<Line> {
        let line = |(word, name, colour): &(&str, &str, &'static str)| {
            let list = lists.get(*word).filter(|list| list.iter().any(|n| *n > 0))?;
            Some(Line { name: (*name).to_owned(), colour, values: self.rate(list, seconds) })
        };
        kinds.iter().filter_map(line).collect()
    }
}

/// The times at which the day's clock shows a whole multiple of so many seconds.
fn round_times(file: &SeriesFile, lasts_s: i64, step_s: i64) -> Vec<Tick> {
    let begins = (file.starts_at + Span::seconds(file.offset_s)).micros().div_euclid(1_000_000);
    let first = begins.div_euclid(step_s) * step_s - begins;
    // An axis has room for eight at most.
    let times = (first..lasts_s).step_by(step_s.unsigned_abs() as usize).filter(|after_s| *after_s >= 0).take(9);
    times.map(|after_s| Tick { at: after_s as f64 / lasts_s as f64, words: clock(file, after_s, step_s) }).collect()
}

/// What the day's clock shows so many seconds after the series begins.
fn clock(file: &SeriesFile, after_s: i64, column_s: i64) -> String {
    let local = file.starts_at + Span::seconds(after_s + file.offset_s);
    let second = local.micros().div_euclid(1_000_000);
    let first_day = (file.starts_at + Span::seconds(file.offset_s)).micros().div_euclid(86_400_000_000);
    let (day, of_day) = (second.div_euclid(86_400) - first_day, second.rem_euclid(86_400));
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let later = if day > 0 { format!("+{day} d ") } else { String::new() };
    match column_s {
        0..60 => format!("{later}{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{later}{hour:02}:{minute:02}"),
    }
}

/// A percentile of counts by bucket, evenly spread within each; none where there are too few samples for it.
fn percentile(counts: &[u64], bounds: &[f64], quantile: f64) -> Option<f64> {
    let all: u64 = counts.iter().sum();
    if !units::enough(all, (quantile * 1_000.0).round() as u64) {
        return None;
    }
    let wanted = quantile * all as f64;
    let mut passed = 0.0;
    for (row, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = *count as f64;
        if passed + count >= wanted {
            let (from, to) = (bounds[row], bounds[row + 1]);
            return Some(from + (to - from) * ((wanted - passed) / count));
        }
        passed += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_buckets_lie_within_them() {
        let bounds = [0.0, 10.0, 20.0, 40.0];
        assert_eq!(percentile(&[0, 0, 0], &bounds, 0.5), None);
        assert_eq!(percentile(&[10, 0, 0], &bounds, 0.5), Some(5.0));
        assert_eq!(percentile(&[50, 0, 50], &bounds, 0.99), Some(39.6));
        assert_eq!(percentile(&[50, 0, 49], &bounds, 0.99), None, "99 samples are too few");
    }
}
