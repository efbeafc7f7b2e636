//! A trend as a document: the nights of each group, what changed and when, what did not hold.

use super::charts::{capacity, endpoints, limits};
use super::words::{mark, sparkline, when};
use super::{Group, Trend};
use fieldday_folder::summary::{Outcome, verdict_word};
use fieldday_paint::document::{
    Body, Cell, Document, Item, Mark, On, Place, Row, Section, Table, Verdict, figures, words,
};
use fieldday_paint::units::{change, count, counted, micros, share};
use std::path::{Component, Path, PathBuf};

/// Steps of one night that are listed; a page's charts have all.
const STEPS_MOST: usize = 6;
const NO_CHANGE: &str = "no latency changed by more than chance";

impl Trend {
    /// As a document. `at` is where its page will lie: links to reports go from there.
    pub fn document(&self, at: &Path) -> Document {
        let mut lead = Section::default();
        if self.groups.is_empty() && self.capacity.is_empty() {
            lead.add(On::Text, "", Body::Text(format!("there are no runs in {}", self.place)));
        }
        let mut sections: Vec<Section> =
            self.groups.iter().enumerate().map(|(place, group)| of_group(place, group, at)).collect();
        let mut searches = Table::new([words("began"), words("scenario"), words("carries")]);
        for search in &self.capacity {
            searches.row([when(&search.began), search.scenario.clone(), search.words()]);
        }
        let mut of_capacity = Section::new("capacity", "Capacity");
        of_capacity.add(On::Page, "", Body::Chart(capacity(&self.capacity)));
        of_capacity.add(On::Text, "", Body::Table(searches));
        sections.push(of_capacity);
        let mut skipped = Section::new("skipped", "Skipped folders");
        skipped.note = "these could not be read".to_owned();
        let items = self.skipped.iter().map(|skipped| Item::marked(Mark::NOTE, &*skipped.why));
        skipped.add(On::All, "", Body::List(items.collect()));
        sections.push(skipped);
        Document {
            kind: "Trend",
            title: "Nights".to_owned(),
            verdict: Some(self.verdict()),
            lead: lead.blocks,
            sections,
        }
    }

    fn verdict(&self) -> Verdict {
        let last: Vec<Outcome> = self.groups.iter().filter_map(|group| Some(group.nights.last()?.outcome)).collect();
        let held = last.iter().filter(|outcome| **outcome == Outcome::Held).count();
        let mark = match () {
            () if last.contains(&Outcome::Broken) => Mark::BAD,
            () if self.groups.iter().any(|group| group.fails_more().is_some()) => Mark::BAD,
            () if !last.is_empty() && held == last.len() => Mark::GOOD,
            () => Mark::DOUBT,
        };
        let headline = match self.groups.as_slice() {
            [] => format!("There are no runs in {}", self.place),
            [one] => one.ended(),
            many => format!("{} kinds of runs; {held} of their newest runs held", many.len()),
        };
        let of = |group: &Group| if self.groups.len() > 1 { format!("{}: ", group.title()) } else { String::new() };
        let mut reasons = Vec::new();
        for group in &self.groups {
            reasons.extend(group.fails_more().map(|says| format!("{}{says}", of(group))));
            reasons.extend(group.changes.iter().map(|point| format!("{}changed {}", of(group), point.words())));
            reasons.extend(group.outliers.iter().map(|night| format!("{}{}", of(group), night.words())));
            if group.changes.is_empty() {
                reasons.push(format!("{}{NO_CHANGE}", of(group)));
            }
        }
        if !self.skipped.is_empty() {
            reasons.push(format!(
                "{} skipped: it could not be read",
                counted(self.skipped.len() as u64, "folder", "folders")
            ));
        }
        Verdict { mark, word: "nights".to_owned(), headline, reasons, about: String::new(), place: Place::Page }
    }
}

fn of_group(place: usize, group: &Group, at: &Path) -> Section {
    let clock = if group.clock == "wire" { "Wire latency" } else { "Latency of attempts as the app sees them" };
    let mut section = Section { is_name: true, ..Section::new(format!("group-{place}"), group.title()) };
    section.note = format!(
        "{clock}. A change is marked if hardly any other order of the same runs shows one as large; at most one in twenty series without a change has a mark."
    );
    section.add(On::All, "", Body::Text(group.ended()));
    section.add(On::All, "", Body::Text(group.fails_more().unwrap_or_default()));
    if group.changes.is_empty() {
        section.add(On::All, "", Body::Text(NO_CHANGE.to_owned()));
    }
    let item = |text: String| Item { text, ..Item::default() };
    let changed = group.changes.iter().map(|point| item(format!("changed {}", point.words())));
    section.add(On::Files, "", Body::List(changed.collect()));
    let out = group.outliers.iter().map(|night| Item::marked(Mark::NOTE, night.words()));
    section.add(On::All, "Nights that stand out", Body::List(out.collect()));
    section.add(On::All, "Nights", Body::Table(nights(group, at)));
    section.add(On::All, "Percentiles, a sign a night", Body::Table(sparklines(group)));
    section.add(On::Terminal, "Changed", Body::Table(steps(group)));
    let of = counted(group.nights.len() as u64, "night", "nights");
    let mut rules = Table::new(["rule", "broken", "inconclusive or not exercised", "in the last run"].map(words));
    for rule in &group.rules {
        let (broken, open) = (rule.nights_that(&["broken"]), rule.nights_that(&["inconclusive", "not-exercised"]));
        let (mark, broken) = (if broken > 0 { Mark::BAD } else { Mark::DOUBT }, format!("broken in {broken} of {of}"));
        rules.marked(mark, [rule.rule.clone(), broken, format!("open in {open}"), rule.last().to_owned()]);
    }
    section.add(On::All, "Rules that did not hold in every run", Body::Table(rules));
    let mut limited = Table::new(["limit", "exceeded", "last value"].map(words));
    for limit in &group.limits {
        let mark = if limit.exceeded() > 0 { Mark::BAD } else { Mark::GOOD };
        let exceeded = format!("exceeded in {} of {of}", limit.exceeded());
        limited.marked(mark, [limit.text.clone(), exceeded, format!("last {}", limit.last())]);
    }
    section.add(On::All, "Limits", Body::Table(limited));
    let labels: Vec<String> = group.nights.iter().map(|night| when(&night.started_at)).collect();
    section.add(On::Page, "", Body::Chart(limits(group, &labels, place).join("\n")));
    section.add(On::Page, "Latency by endpoint", Body::Chart(endpoints(group, &labels, place).join("\n")));
    section
}

fn nights(group: &Group, at: &Path) -> Table {
    let mut table = Table::new([
        words("outcome"),
        words("night"),
        figures("requests"),
        figures("errors"),
        words("why"),
        words("changed here").on(On::Page),
    ]);
    table.is_by_time = true;
    for (number, night) in group.nights.iter().enumerate() {
        let report = Path::new(&night.folder).join("report.html");
        let link = night.has_report.then(|| link(at, &report));
        let not_held = [&night.rules_broken[..], &night.limits_exceeded[..]].concat();
        let why = match &night.not_used {
            Some(why) => format!("not used: {why}"),
            None if not_held.is_empty() => night.reasons.first().cloned().unwrap_or_default(),
            None => not_held.join(", "),
        };
        let changed = group.changes.iter().find(|point| point.night == number as u64);
        let cells = vec![
            verdict_word(night.outcome).into(),
            Cell { link, ..when(&night.started_at).into() },
            count(night.requests).into(),
            if night.reached > 0 { share(night.errors, night.reached) } else { "-".to_owned() }.into(),
            why.into(),
            changed.map_or(String::new(), super::ChangePoint::words).into(),
        ];
        table.rows.push(Row { mark: Some(mark(night.outcome)), cells });
    }
    table
}

/// Each percentile over the nights, with the first and the last of those shown.
fn sparklines(group: &Group) -> Table {
    let mut table = Table::new([
        words("endpoint"),
        words("percentile"),
        words("nights, the oldest first"),
        figures("usual"),
        figures("last"),
    ]);
    for line in &group.series {
        let mut known: Vec<u64> = line.values_us.iter().flatten().copied().collect();
        let Some(last) = known.last().copied() else { continue };
        known.sort_unstable();
        table.row([
            line.label.clone(),
            line.percentile.clone(),
            sparkline(&line.values_us),
            micros(known[known.len() / 2]),
            micros(last),
        ]);
    }
    table
}

/// From which night on what is different, by more than chance.
fn steps(group: &Group) -> Table {
    let columns = [words("from"), words("endpoint"), words("percentile"), words("change"), words("in the last run")];
    let mut table = Table::new(columns);
    for point in &group.changes {
        let from = format!("{}, p {:.3}", when(&point.started_at), point.p);
        for (number, step) in point.lines.iter().take(STEPS_MOST).enumerate() {
            let last = group.series[step.series as usize].values_us.iter().rev().find_map(|value| *value);
            let mut cells = [
                from.clone(),
                step.label.clone(),
                step.percentile.clone(),
                change(libm::log(step.ratio)),
                last.map_or_else(String::new, micros),
            ];
            if number == 0 {
                table.marked(Mark::FROM, cells);
            } else {
                cells[0].clear();
                table.row(cells);
            }
        }
        if let Some(more) = point.lines.len().checked_sub(STEPS_MOST + 1) {
            table.row([String::new(), format!("and {} more", more + 1)]);
        }
    }
    table
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
