//! Keeps what an exporter tells over a run, in bounded memory: so many series, so many values of each. Where there would be more
//! values, neighbours are put together, and the greater one stays: what was full for a moment still shows.

use crate::figures::{FULL, MetricFigures, TargetMetrics, Unit, title};
use crate::known::{self, Wanted};
use crate::text::{Page, Sample};
use crate::{Exporter, text};
use fieldday_api::private::scrub;
use fieldday_api::redact::line_without_secrets;
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::{Span, Time};
use fieldday_scenario::Metric;
use std::collections::BTreeMap;

/// Series of an exporter at most.
pub const MOST_SERIES: usize = 64;
/// Values of a series at most.
const MOST_VALUES: usize = 4_096;
/// Letters of a label's value that are kept.
const LABEL_CHARS: usize = 60;

/// Keeps what one exporter tells.
pub struct Keeper {
    wanted: Vec<Wanted>,
    /// Whether pools are looked for by their names.
    finds_pools: bool,
    exporter: Exporter,
    series: Vec<Kept>,
    places: BTreeMap<Id, Option<usize>>,
    left_out: u64,
}

/// Which series: the metric, and the labels that tell it from others.
type Id = (String, Vec<(String, String)>);

/// A series with the values that were scraped.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    /// What the metric measures, in words.
    pub what: String,
    /// The name of the metric, as the exporter has it.
    pub name: String,
    /// The labels of the series, without those that may be private.
    pub labels: BTreeMap<String, String>,
    /// The unit of `values` and `of`.
    pub unit: Unit,
    /// The capacity of the resource, as the last scrape had it; none if no scrape had it.
    pub of: Option<f64>,
    /// The number of times that a counter began anew, because its process had started again.
    pub restarts: u64,
    /// From which value on it is full, as the user says.
    full_from: Option<f64>,
    /// When each value was scraped, and the value.
    values: Vec<(Time, f64)>,
    /// A counter's last value, and that of the counter of how much there is.
    before: Option<(Time, f64, Option<f64>)>,
}

/// What the exporters of a run had, in bounded memory.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Observed {
    /// The exporters, with their failed scrapes.
    pub exporters: Vec<Exporter>,
    /// The series, with their values.
    pub series: Vec<Kept>,
    /// Series for which there was no room.
    pub left_out: u64,
}

/// What one scrape says of one thing.
struct Told {
    used: f64,
    of: Option<f64>,
}

impl Keeper {
    /// Keeps the metrics that the user names, or the well-known ones. `url` is without what is secret.
    pub fn new(url: String, named: &[Metric]) -> Keeper {
        Keeper {
            wanted: if named.is_empty() { known::well_known() } else { named.iter().map(known::named).collect() },
            finds_pools: named.is_empty(),
            exporter: Exporter { url, ..Exporter::default() },
            series: Vec::new(),
            places: BTreeMap::new(),
            left_out: 0,
        }
    }
    /// Counts a failed scrape; `why` is kept if it is the first.
    pub fn gap(&mut self, why: impl Into<String>) {
        self.exporter.scrapes += 1;
        self.exporter.failed += 1;
        self.exporter.why.get_or_insert(why.into());
        // Nothing is known of the time between: a rate over it would hide the gap.
        self.series.iter_mut().for_each(|series| series.before = None);
    }
    /// A scrape brought a text at this moment.
    pub fn scraped(&mut self, at: Time, body: &[u8]) {
        let page = match std::str::from_utf8(body) {
            Ok(text) => text::read(text).map_err(|wrong| match text.trim_start().starts_with('<') {
                true => "it answers with a page of HTML, not with metrics".to_owned(),
                false => format!("line {} of its answer is not in the Prometheus text format", wrong.line),
            }),
            Err(_) => Err("its answer is not text".to_owned()),
        };
        match page {
            Ok(page) if page.samples.is_empty() => self.gap("its answer holds no metric"),
            Ok(page) => {
                self.exporter.scrapes += 1;
                self.add(at, &page);
            }
            Err(why) => self.gap(why),
        }
    }
    fn add(&mut self, at: Time, page: &Page<'_>) {
        let mut by_name: BTreeMap<&str, Vec<&Sample<'_>>> = BTreeMap::new();
        page.samples.iter().for_each(|sample| by_name.entry(sample.name).or_default().push(sample));
        let pools = if self.finds_pools { known::pools(page) } else { Vec::new() };
        let wanted = std::mem::take(&mut self.wanted);
        for wanted in wanted.iter().chain(&pools) {
            let is_counter = page.is_counter(&wanted.used);
            for (group, told) in told(wanted, &by_name) {
                let id = (wanted.used.clone(), group);
                if let Some(place) = self.place(id, wanted) {
                    self.series[place].add(at, &told, is_counter, wanted.is_free);
                }
            }
        }
        self.wanted = wanted;
    }
    /// Where a series is; none if there is no room for it.
    fn place(&mut self, id: Id, wanted: &Wanted) -> Option<usize> {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        if self.series.len() >= MOST_SERIES {
            // Those that have no room are not remembered one by one, or an exporter could fill the memory with new names.
            if self.places.len() < 4 * MOST_SERIES {
                self.left_out += 1;
                self.places.insert(id, None);
            }
            return None;
        }
        let place = self.series.len();
        self.series.push(Kept {
            what: wanted.what.clone(),
            name: wanted.used.clone(),
            labels: id.1.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
            unit: wanted.unit,
            of: None,
            restarts: 0,
            full_from: wanted.full.map(|full| full as f64),
            values: Vec::new(),
            before: None,
        });
        self.places.insert(id, Some(place));
        Some(place)
    }
    /// Ends the observation and gives what was kept.
    pub fn finish(self) -> Observed {
        Observed { exporters: vec![self.exporter], series: self.series, left_out: self.left_out }
    }
}

/// A label's value without what is private or secret, and no longer than a table has room for.
fn shown(value: &str) -> String {
    one_line(&line_without_secrets(&scrub(value))).chars().take(LABEL_CHARS).collect()
}

/// What a page says of something, by the labels that tell one from another.
fn told(wanted: &Wanted, by_name: &BTreeMap<&str, Vec<&Sample<'_>>>) -> BTreeMap<Vec<(String, String)>, Told> {
    let samples = |name: &str| by_name.get(name).into_iter().flatten().filter(|sample| sample.value.is_finite());
    let mut told: BTreeMap<_, Told> = BTreeMap::new();
    for sample in samples(&wanted.used).filter(|sample| wanted.counts(sample)) {
        told.entry(wanted.group(sample)).or_insert(Told { used: 0.0, of: None }).used += sample.value;
    }
    let alone = told.len() == 1;
    for sample in wanted.of.iter().flat_map(|of| samples(of)) {
        let group = wanted.group(sample);
        // How much there is may be told without labels, or with others, of the one thing that there is.
        let of = if alone && !told.contains_key(&group) { told.values_mut().next() } else { told.get_mut(&group) };
        if let Some(told) = of {
            *told.of.get_or_insert(0.0) += sample.value;
        }
    }
    told
}

impl Kept {
    fn add(&mut self, at: Time, told: &Told, is_counter: bool, is_free: bool) {
        if is_counter {
            let before = self.before.replace((at, told.used, told.of));
            let Some((from, used, of)) = before else { return };
            if told.used < used {
                // How far it came before it began anew is not known.
                self.restarts += 1;
                return;
            }
            let seconds = at.since(from).as_micros() as f64 / 1e6;
            if seconds > 0.0 {
                let rate = |now: f64, before: f64| (now - before) / seconds;
                self.of = told
                    .of
                    .zip(of)
                    .map(|(now, before)| rate(now, before))
                    .filter(|of| (f64::MIN_POSITIVE..1e18).contains(of));
                self.push(at, rate(told.used, used));
            }
            return;
        }
        // Of what has no bound, exporters say that there is none of it, or more than there can be.
        self.of = told.of.filter(|of| (f64::MIN_POSITIVE..1e18).contains(of));
        match (is_free, self.of) {
            (true, Some(of)) => self.push(at, of - told.used),
            (true, None) => {}
            (false, _) => self.push(at, told.used),
        }
    }
    fn push(&mut self, at: Time, value: f64) {
        // Sums of what is nearly endless are endless, and no document holds that.
        if !value.is_finite() {
            return;
        }
        if self.values.len() >= MOST_VALUES {
            let pairs = self.values.chunks(2);
            self.values = pairs.map(|two| (two[0].0, two.iter().map(|of| of.1).fold(f64::MIN, f64::max))).collect();
        }
        self.values.push((at, value));
    }
    /// What it is, with the labels that tell it from others.
    pub fn title(&self) -> String {
        title(&self.what, &self.labels)
    }
    /// How much there is: what the user says is full, or what was told last.
    pub fn there_is(&self) -> Option<f64> {
        self.full_from.or(self.of)
    }
    fn is_full(&self, value: f64) -> bool {
        self.full_from.or(self.of.map(|of| of * FULL)).is_some_and(|full| value >= full)
    }
    /// Its values by column: the greatest that was scraped in each, none where none was.
    pub fn columns(&self, from: Time, width: Span, columns: usize) -> Vec<Option<f64>> {
        let mut values = vec![None; columns];
        for (at, value) in &self.values {
            let place = at.since(from).as_micros().div_euclid(width.as_micros().max(1));
            let Some(column) = usize::try_from(place).ok().and_then(|place| values.get_mut(place)) else { continue };
            *column = Some(column.map_or(*value, |other: f64| other.max(*value)));
        }
        values
    }
    /// Its figures, of the values from one moment until another; none if there are none.
    fn figures(&self, from: Time, until: Time) -> Option<MetricFigures> {
        let within = || self.values.iter().filter(|(at, _)| (from..until).contains(at));
        let mut sorted: Vec<f64> = within().map(|of| of.1).collect();
        sorted.sort_by(f64::total_cmp);
        let greatest = *sorted.last()?;
        let full = || within().filter(|(_, value)| self.is_full(*value));
        Some(MetricFigures {
            what: self.what.clone(),
            name: self.name.clone(),
            labels: self.labels.clone(),
            unit: self.unit,
            values: sorted.len() as u64,
            median: sorted[(sorted.len() - 1) / 2],
            greatest,
            of: self.there_is(),
            full: full().count() as u64,
            first_full: full().next().map(|(at, _)| at.to_string()),
            restarts: self.restarts,
        })
    }
}

impl Observed {
    /// Adds what another exporter told.
    pub fn merge(&mut self, other: Observed) {
        self.exporters.extend(other.exporters);
        self.series.extend(other.series);
        self.left_out += other.left_out;
    }
    /// The figures, of all values or of those from one moment until another.
    pub fn figures(&self, within: Option<(Time, Time)>) -> TargetMetrics {
        let (from, until) = within.unwrap_or((Time::from_micros(i64::MIN), Time::from_micros(i64::MAX)));
        TargetMetrics {
            exporters: self.exporters.clone(),
            series: self.series.iter().filter_map(|series| series.figures(from, until)).collect(),
            left_out: self.left_out,
        }
    }
}
