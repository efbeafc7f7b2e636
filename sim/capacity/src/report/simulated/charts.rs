//! The charts of a simulated day, over local time.

use super::moments::{axis_title, moment, per_s, ticks};
use crate::simulate::{Bin, Happening, Outcome, Tally, Times};
use fieldday_kernel::time::Time;
use fieldday_paint::chart::{Axis, Kind, Line, LineChart, Mark, Scale};
use fieldday_paint::units::{count, enough, fraction, micros, number};

/// A day over time, and perhaps the same without the change that was asked about.
struct Course<'a> {
    outcome: &'a Outcome,
    without: Option<&'a Outcome>,
    labels: Vec<String>,
    axis: Axis,
    marks: Vec<Mark>,
}

/// What happens at a known time. Words stand beside the last of its kind, where there is room for them: the same in another
/// zone has none.
fn marks(outcome: &Outcome) -> Vec<Mark> {
    let all = outcome.until.since(outcome.from).as_micros().max(1) as f64;
    let place = |at: Time| (at.since(outcome.from).as_micros() as f64 / all).clamp(0.0, 1.0);
    let is_last = |number: usize, what: &str| outcome.happenings[number + 1..].iter().all(|later| later.what != what);
    let mark = |(number, of): (usize, &Happening)| Mark {
        from: place(of.from),
        until: place(of.until),
        words: if is_last(number, &of.what) { of.what.clone() } else { String::new() },
    };
    outcome.happenings.iter().enumerate().map(mark).collect()
}

/// The charts of a day, one below the other, as SVG.
pub(super) fn of_day(outcome: &Outcome, without: Option<&Outcome>) -> String {
    let zone = outcome.zone();
    let labels = outcome.bins.iter().map(|bin| moment(outcome.from, bin.at, &zone)).collect();
    let axis = Axis::even(axis_title(&outcome.zone), &ticks(&outcome.bins, outcome.from, &zone));
    let course = Course { outcome, without, labels, axis, marks: marks(outcome) };
    [course.load(), course.utilisation(), course.queue(), course.latency()].concat()
}

impl Course<'_> {
    fn line(&self, name: &str, colour: &'static str, of: impl Fn(&Bin) -> Option<f64>) -> Line {
        Line { name: name.to_owned(), colour, values: self.outcome.bins.iter().map(of).collect() }
    }
    /// The line of the day without the change; none if its pieces are not the same.
    fn before(&self, name: &str, of: impl Fn(&Bin) -> Option<f64>) -> Option<Line> {
        let without = self.without.filter(|without| without.bins.len() == self.outcome.bins.len())?;
        let name = format!("{name}, without the change");
        Some(Line { name, colour: "quiet", values: without.bins.iter().map(of).collect() })
    }
    fn chart(&self, of: LineChart<'_>) -> String {
        LineChart { labels: &self.labels, marks: self.marks.clone(), ..of }.html_over(&self.axis)
    }

    /// Requests that came, were served and were refused, a second, by interval.
    fn load(&self) -> String {
        let rate = |of: fn(&Tally) -> u64| move |bin: &Bin| Some(per_s(of(&bin.tally), bin.span));
        let mut lines = Vec::from_iter(self.before("offered", rate(|of| of.offered)));
        lines.extend([
            self.line("offered", "c1", rate(|of| of.offered)),
            self.line("served", "c7", rate(|of| of.served)),
            self.line("retries", "c3", rate(|of| of.retries)),
            self.line("refused or timed out", "bad", rate(Tally::refused)),
        ]);
        let scale = Scale::linear(all(&lines));
        let note = match self.marks.len() {
            0 => String::new(),
            _ => "Marked is what happens at a known time; by people's local time, in each of their zones.".to_owned(),
        };
        self.chart(LineChart {
            title: "Offered and served load, requests per second",
            note,
            alt: "Requests offered, served, retried and refused per second, over the simulated day.".to_owned(),
            columns: "From",
            words: number,
            ..plain("chart-course", scale, lines)
        })
    }
    /// How busy the workers were, and the database if there is one.
    fn utilisation(&self) -> String {
        let share = |ppm: u32| f64::from(ppm) / 1e6;
        let workers = |bin: &Bin| Some(share(bin.utilisation_ppm));
        let mut lines = Vec::from_iter(self.before("workers", workers));
        lines.push(self.line("workers", "c1", workers));
        if self.outcome.plant.database.is_some() {
            lines.push(self.line("database connections", "c3", |bin| bin.database_ppm.map(share)));
        }
        // A whole that is hardly used would show nothing.
        let scale = match Scale::linear(all(&lines)) {
            Scale::Linear { max } if max < 0.5 => Scale::Linear { max },
            _ => Scale::Linear { max: 1.0 },
        };
        let instances = self.outcome.bins.iter().map(|bin| count(bin.instances.into())).collect();
        self.chart(LineChart {
            title: "Utilisation",
            alt: "The share of the workers' time that was used, over the simulated day.".to_owned(),
            note: "The share of their time for which all workers together were busy.".to_owned(),
            columns: "From",
            words: fraction,
            more: vec![("instances".to_owned(), instances)],
            ..plain("chart-utilisation", scale, lines)
        })
    }
    /// The most requests that waited for a worker, by interval.
    fn queue(&self) -> String {
        let most = |bin: &Bin| Some(bin.queue_max as f64);
        let mut lines = Vec::from_iter(self.before("maximum", most));
        lines.extend([
            self.line("maximum", "c3", most),
            self.line("mean over time", "c1", |bin| Some(bin.queue_mean_milli as f64 / 1e3)),
        ]);
        let scale = Scale::linear(all(&lines).chain([4.0]));
        self.chart(LineChart {
            title: "Queue: requests waiting for a worker",
            alt: "The most requests that waited for a worker and their mean, over the simulated day.".to_owned(),
            columns: "From",
            words: number,
            ..plain("chart-waiting", scale, lines)
        })
    }
    /// How long requests were in the server, by interval.
    fn latency(&self) -> String {
        let us = |times: &Option<Times>, of: fn(&Times) -> fieldday_kernel::time::Span, per_mille: u64| {
            let times = times.as_ref().filter(|times| enough(times.count, per_mille))?;
            Some(of(times).as_micros().max(0) as f64)
        };
        let p95 = |bin: &Bin| us(&bin.of_all, |times| times.p95, 950);
        let mut lines = Vec::from_iter(self.before("p95", p95));
        lines.extend([
            self.line("p50", "c2", |bin| us(&bin.of_all, |times| times.p50, 500)),
            self.line("p95", "c1", p95),
            self.line("p99", "c3", |bin| us(&bin.of_all, |times| times.p99, 990)),
        ]);
        let bound = self.outcome.plant.hold.p95_ms.map(|ms| f64::from(ms) * 1e3);
        let rules: Vec<(f64, String)> =
            bound.map(|us| (us, format!("p95 of each endpoint < {}", micros(us as u64)))).into_iter().collect();
        let scale = Scale::time(all(&lines).chain(rules.iter().map(|rule| rule.0)));
        self.chart(LineChart {
            title: "Latency: time in the server, all endpoints together",
            alt: "Median, 95th and 99th percentile of the time in the server, over the simulated day.".to_owned(),
            note: "Logarithmic. A gap is an interval with too few requests for the percentile.".to_owned(),
            columns: "From",
            rules,
            words: |us| micros(us.round() as u64),
            ..plain("chart-latency-of-day", scale, lines)
        })
    }
}

fn all(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|line| line.values.iter().copied().flatten())
}

/// A chart of lines, before it is said what it shows.
pub(super) fn plain(id: &str, scale: Scale, lines: Vec<Line>) -> LineChart<'_> {
    LineChart {
        id,
        title: "",
        alt: String::new(),
        note: String::new(),
        kind: Kind::Lines,
        scale,
        columns: "",
        labels: &[],
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: number,
        more: Vec::new(),
    }
}
