//! A trend as a page: one file that needs nothing else, in the style of a run's report.

use super::words::{sign, when, word};
use super::{CapacityLine, ChangePoint, Group, NightLine, SeriesLine, Trend};
use crate::lines::PERCENTILES;
use askama::Template;
use fieldday_paint::chart::{Kind, Line, LineChart, Scale};
use fieldday_paint::frame::Frame;
use fieldday_paint::units::{change, count, micros};
use std::path::{Component, Path, PathBuf};

/// Colours of the three percentiles.
const COLOURS: [&str; 3] = ["c2", "c1", "c3"];
/// Colours of limits beside one another.
const LIMIT_COLOURS: [&str; 8] = ["c1", "c3", "c4", "c6", "c7", "c8", "c2", "c5"];

#[derive(Template)]
#[template(path = "trend.html")]
struct Body<'a> {
    trend: &'a Trend,
    verdict: &'static str,
    headline: String,
    groups: Vec<GroupView<'a>>,
    capacity: String,
}

struct GroupView<'a> {
    id: String,
    group: &'a Group,
    nights: Vec<NightView<'a>>,
    charts: Vec<String>,
    limits: Vec<String>,
}

struct NightView<'a> {
    night: &'a NightLine,
    link: Option<String>,
    changed: Option<&'a ChangePoint>,
}

impl NightView<'_> {
    fn sign(&self) -> &'static str {
        sign(self.night.outcome)
    }
    fn word(&self) -> &'static str {
        word(self.night.outcome)
    }
    fn class(&self) -> &'static str {
        match self.word() {
            "held" => "is-held",
            "broken" => "is-broken",
            _ => "is-doubt",
        }
    }
    fn when(&self) -> String {
        when(&self.night.started_at)
    }
    fn requests(&self) -> String {
        count(self.night.requests)
    }
}

/// The page. `at` is where it will lie: links to reports go from there.
pub fn html(trend: &Trend, at: &Path) -> String {
    let groups: Vec<GroupView<'_>> =
        trend.groups.iter().enumerate().map(|(place, group)| view(place, group, at)).collect();
    let mut sections: Vec<(String, String)> = groups.iter().map(|view| (view.id.clone(), view.group.title())).collect();
    if !trend.capacity.is_empty() {
        sections.push(("capacity".to_owned(), "Capacity".to_owned()));
    }
    if !trend.skipped.is_empty() {
        sections.push(("skipped".to_owned(), "Skipped folders".to_owned()));
    }
    let last: Vec<&NightLine> = trend.groups.iter().filter_map(|group| group.nights.last()).collect();
    let verdict = match () {
        () if last.is_empty() => "invalid",
        () if last.iter().any(|night| word(night.outcome) == "broken") => "broken",
        () if last.iter().all(|night| word(night.outcome) == "held") => "held",
        () => "invalid",
    };
    let headline = match trend.groups.as_slice() {
        [] => format!("There are no nights in {}", trend.place),
        [one] => one.ended(),
        many => format!("{} kinds of nights; of the last of each, {} held", many.len(), held(&last)),
    };
    let body = Body { trend, verdict, headline, groups, capacity: capacity(&trend.capacity) };
    let sections: Vec<(&str, String)> = sections.iter().map(|(id, words)| (id.as_str(), words.clone())).collect();
    let frame = Frame {
        title: "Nights",
        kind: "Trend",
        sections: &sections,
        // Writing to memory: it cannot fail.
        body: &body.render().unwrap_or_default(),
        data: &[],
        scripts: &[],
    };
    frame.html()
}

fn held(last: &[&NightLine]) -> usize {
    last.iter().filter(|night| word(night.outcome) == "held").count()
}

fn view<'a>(place: usize, group: &'a Group, at: &Path) -> GroupView<'a> {
    let labels: Vec<String> = group.nights.iter().map(|night| when(&night.started_at)).collect();
    let night = |(row, night): (usize, &'a NightLine)| NightView {
        night,
        link: night.has_report.then(|| link(at, &Path::new(&night.folder).join("report.html"))),
        changed: group.changes.iter().find(|point| point.night == row as u64),
    };
    let mut endpoints: Vec<&str> = Vec::new();
    for line in &group.series {
        if !endpoints.contains(&line.op.as_str()) {
            endpoints.push(&line.op);
        }
    }
    // What stepped comes first.
    let has_step = |op: &str| {
        let series = |step: &super::StepLine| group.series[step.series as usize].op == op;
        group.changes.iter().any(|point| point.lines.iter().any(series))
    };
    endpoints.sort_by_key(|op| !has_step(op));
    let chart = |(number, op): (usize, &&str)| endpoint(group, op, &labels, &format!("g{place}-e{number}"));
    GroupView {
        id: format!("group-{place}"),
        group,
        nights: group.nights.iter().enumerate().map(night).rev().collect(),
        charts: endpoints.iter().enumerate().map(chart).collect(),
        limits: limits(group, &labels, place),
    }
}

/// One endpoint's percentiles, and their level between steps.
fn endpoint(group: &Group, op: &str, labels: &[String], id: &str) -> String {
    let series: Vec<(usize, &SeriesLine)> = group.series.iter().enumerate().filter(|(_, line)| line.op == op).collect();
    let mut lines: Vec<Line> = series
        .iter()
        .filter_map(|(_, line)| {
            let percentile = PERCENTILES.iter().position(|(name, _)| *name == line.percentile)?;
            let values = line.values_us.iter().map(|value| value.map(|us| us as f64)).collect();
            Some(Line { name: line.percentile.clone(), colour: COLOURS[percentile], values })
        })
        .collect();
    let mut said = Vec::new();
    for (place, line) in &series {
        let steps: Vec<(usize, f64)> = group
            .changes
            .iter()
            .flat_map(|point| point.lines.iter().map(move |step| (point.night as usize, step)))
            .filter(|(_, step)| step.series as usize == *place)
            .map(|(night, step)| (night, libm::log(step.ratio)))
            .collect();
        for (night, by) in &steps {
            said.push(format!("{} {} from {} on", line.percentile, change(*by), labels[*night]));
        }
        if !steps.is_empty() {
            lines.push(Line {
                name: format!("level of {}", line.percentile),
                colour: "bad",
                values: levels(line, &steps),
            });
        }
    }
    let scale = Scale::log(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let title = series.first().map_or(op, |(_, line)| line.label.as_str());
    let note = if said.is_empty() { String::new() } else { format!("Changed: {}.", said.join("; ")) };
    let last = |line: &Line| {
        let last = line.values.iter().rev().find_map(|value| *value);
        last.map(|us| format!("{} {}", line.name, micros(us as u64)))
    };
    let alt = format!(
        "{title} over {} nights, in the last one {}. {note}",
        labels.len(),
        lines.iter().take(series.len()).filter_map(last).collect::<Vec<_>>().join(", ")
    );
    let chart = LineChart {
        id,
        title,
        alt,
        note,
        kind: Kind::Lines,
        scale,
        columns: "night",
        labels,
        lines,
        rules: Vec::new(),
        words: |us| micros(us.round() as u64),
        more: Vec::new(),
    };
    chart.html()
}

/// The geometric mean of the nights between two steps, in each of them.
fn levels(line: &SeriesLine, steps: &[(usize, f64)]) -> Vec<Option<f64>> {
    let mut edges = vec![0];
    edges.extend(steps.iter().map(|(night, _)| *night));
    edges.push(line.values_us.len());
    let mut levels = Vec::new();
    for part in edges.windows(2) {
        let logs: Vec<f64> =
            line.values_us[part[0]..part[1]].iter().filter_map(|value| value.map(|us| libm::log(us as f64))).collect();
        let mean = (!logs.is_empty()).then(|| libm::exp(logs.iter().sum::<f64>() / logs.len() as f64));
        levels.extend(std::iter::repeat_n(mean, part[1] - part[0]));
    }
    levels
}

/// The scenario's limits, as shares of their bounds.
fn limits(group: &Group, labels: &[String], place: usize) -> Vec<String> {
    let share = |value: Option<u64>, bound: u64| value.filter(|_| bound > 0).map(|value| value as f64 / bound as f64);
    let lines: Vec<Line> = group
        .limits
        .iter()
        .enumerate()
        .map(|(number, limit)| Line {
            name: limit.text.clone(),
            colour: LIMIT_COLOURS[number % LIMIT_COLOURS.len()],
            values: limit.values.iter().map(|value| share(*value, limit.bound)).collect(),
        })
        .collect();
    let chart = |(number, lines): (usize, &[Line])| {
        let values = lines.iter().flat_map(|line| line.values.iter().copied().flatten());
        let chart = LineChart {
            id: &format!("g{place}-l{number}"),
            title: "The scenario's limits",
            alt: format!("{} limits over {} nights, as shares of their bounds", lines.len(), labels.len()),
            note: "What was measured, as a share of the bound.".to_owned(),
            kind: Kind::Lines,
            scale: Scale::linear(values.chain([1.0])),
            columns: "night",
            labels,
            lines: lines.to_vec(),
            rules: vec![(1.0, "bound".to_owned())],
            words: |share| format!("{:.0} %", share * 100.0),
            more: Vec::new(),
        };
        chart.html()
    };
    lines.chunks(LIMIT_COLOURS.len()).enumerate().map(chart).collect()
}

fn capacity(searches: &[CapacityLine]) -> String {
    if searches.is_empty() {
        return String::new();
    }
    let of = |which: fn(&CapacityLine) -> Option<u64>| -> Vec<Option<f64>> {
        searches.iter().map(|search| which(search).map(|reps| reps as f64)).collect()
    };
    let lines = vec![
        Line { name: "carries".to_owned(), colour: "c1", values: of(|search| search.carries) },
        Line { name: "for certain".to_owned(), colour: "c2", values: of(|search| search.low) },
        Line { name: "too many for certain".to_owned(), colour: "c3", values: of(|search| search.high) },
    ];
    let scale = Scale::linear(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let labels: Vec<String> = searches.iter().map(|search| when(&search.began)).collect();
    let chart = LineChart {
        id: "capacity-chart",
        title: "Reps that a target carries",
        alt: searches.last().map_or_else(String::new, |last| format!("The last search: {}", last.words())),
        note: String::new(),
        kind: Kind::Lines,
        scale,
        columns: "search",
        labels: &labels,
        lines,
        rules: Vec::new(),
        words: |reps| count(reps.round() as u64),
        more: vec![(
            "scenario and target".to_owned(),
            searches.iter().map(|search| format!("{} at {}", search.scenario, search.target)).collect(),
        )],
    };
    chart.html()
}

/// From the page to a file, as a link. Both are where the command was called from, or absolute.
fn link(page: &Path, file: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (page, file) = (whole(page), whole(file));
    let from: Vec<Component<'_>> = page.parent().unwrap_or(&page).components().collect();
    let to: Vec<Component<'_>> = file.components().collect();
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let mut relative = PathBuf::new();
    (same..from.len()).for_each(|_| relative.push(".."));
    to[same..].iter().for_each(|part| relative.push(part));
    let encode = |c: char| match c {
        '%' => "%25".to_owned(),
        '#' => "%23".to_owned(),
        '?' => "%3F".to_owned(),
        ':' => "%3A".to_owned(),
        ' ' => "%20".to_owned(),
        '\\' => "/".to_owned(),
        c => c.to_string(),
    };
    relative.to_string_lossy().chars().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_go_from_where_the_page_lies() {
        let from = |page: &str, file: &str| link(Path::new(page), Path::new(file));
        assert_eq!(from("results/trend.html", "results/a b#1/report.html"), "a%20b%231/report.html");
        assert_eq!(from("/x/pages/trend.html", "/x/results/night/report.html"), "../results/night/report.html");
        assert_eq!(from("trend.html", "results/night/report.html"), "results/night/report.html");
    }
}
