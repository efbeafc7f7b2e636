//! A trend as a document: the nights of each group, what changed and when, what did not hold.

use super::charts::{Columns, capacity, endpoints, limits};
use super::words::{mark, sparkline, when};
use super::{Group, NightLine, SeriesLine, Trend};
use crate::lines::PERCENTILES;
use crate::links::{link, to_page};
use fieldday_folder::quoted;
use fieldday_folder::summary::{Outcome, verdict_word};
use fieldday_paint::chart::sparkline as sparkline_of;
use fieldday_paint::document::{
    Body, Cell, Document, Item, Mark, Number, On, Place, Row, Section, Table, Verdict, figures, words,
};
use fieldday_paint::frame::escaped;
use fieldday_paint::units::{change, count, counted, micros, share};
use std::path::Path;

/// Steps of one night that are listed; a page's charts have all.
const STEPS_MOST: usize = 6;
/// Nights that a page shows at once; of more the newest, and the rest to whoever opens it.
const SHOWN: usize = 20;
const NEWEST: usize = 14;
const NO_CHANGE: &str = "no latency changed by more than chance";

impl Trend {
    /// As a document. `at` is where its page will lie: links to reports go from there.
    pub fn document(&self, at: &Path) -> Document {
        let mut lead = Section::default();
        if self.groups.is_empty() && self.capacity.is_empty() {
            lead.add(On::Text, "", Body::Text(format!("there are no runs in {}", self.place)));
        }
        // Of several kinds of nights each section has its own numbers.
        if let [group] = self.groups.as_slice() {
            lead.add(On::Page, "In numbers", Body::Numbers(numbers(group)));
        }
        let mut sections: Vec<Section> =
            self.groups.iter().enumerate().map(|(place, group)| self.of_group(place, group, at)).collect();
        let mut searches = Table::new([words("began"), words("scenario"), words("carries")]);
        for search in &self.capacity {
            let began = Cell { link: to_page(at, &search.folder, "capacity.html"), ..when(&search.began).into() };
            searches.row([began, search.asked().into(), search.words().into()]);
        }
        let mut of_capacity = Section::new("capacity", "Capacity");
        of_capacity.add(On::Page, "", Body::Chart(capacity(&self.capacity)));
        of_capacity.add(On::All, "", Body::Table(searches));
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
        let (word, headline, about) = match self.groups.as_slice() {
            [] => ("no nights".to_owned(), format!("There are no runs in {}", self.place), String::new()),
            [one] if one.fails_more().is_some() => ("more failures".to_owned(), one.last_night(), one.title()),
            [one] => (last.first().map_or("", |last| verdict_word(*last)).to_owned(), one.last_night(), one.title()),
            many => {
                let kinds = many.len();
                (
                    format!("{held} of {kinds} held"),
                    format!("{held} of the newest runs of {kinds} kinds held"),
                    String::new(),
                )
            }
        };
        let of = |group: &Group| if self.groups.len() > 1 { format!("{}: ", group.title()) } else { String::new() };
        let mut reasons = Vec::new();
        for group in &self.groups {
            reasons.push(format!("{}{}", of(group), group.ended()));
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
        Verdict { mark, word, headline, reasons, about, place: Place::Page }
    }

    fn of_group(&self, place: usize, group: &Group, at: &Path) -> Section {
        let clock = if group.clock == "wire" { "Wire latency" } else { "Latency of attempts as the app sees them" };
        let mut section = Section { is_name: true, ..Section::new(format!("group-{place}"), group.title()) };
        section.note = format!(
            "{clock}. A change is marked if hardly any other order of the same runs shows one as large; at most one in twenty series without a change has a mark."
        );
        // On the page of one kind of nights the answer says all of this.
        let here = if self.groups.len() == 1 { On::Text } else { On::All };
        section.add(here, "", Body::Text(group.ended()));
        section.add(here, "", Body::Text(group.fails_more().unwrap_or_default()));
        if group.changes.is_empty() {
            section.add(here, "", Body::Text(NO_CHANGE.to_owned()));
        }
        let item = |text: String| Item { text, ..Item::default() };
        let changed = group.changes.iter().map(|point| item(format!("changed {}", point.words())));
        section.add(if here == On::All { On::Files } else { On::Markdown }, "", Body::List(changed.collect()));
        let out = group.outliers.iter().map(|night| Item::marked(Mark::NOTE, night.words()));
        section.add(here, "Nights that stand out", Body::List(out.collect()));
        if here == On::All {
            section.add(On::Page, "", Body::Numbers(numbers(group)));
        }
        section.add(On::Page, "Percentiles over all nights", Body::Table(drawn(group)));
        let nights = nights(group, at);
        section.add(On::Text, "Nights", Body::Table(nights.clone()));
        let all = nights.rows.len();
        if all > SHOWN {
            section.add(On::Page, "The last nights", Body::Table(nights.of_rows(all - NEWEST..all)));
            let folded = Some(format!("All {} nights", count(all as u64)));
            section.add(On::Page, "", Body::Table(Table { folded, ..nights }));
        } else {
            section.add(On::Page, "Nights", Body::Table(nights));
        }
        section.add(
            On::Page,
            "The last night compared with those before it",
            Body::Paste("compare", self.compare(group)),
        );
        section.add(On::Text, "Percentiles, one bar per night", Body::Table(sparklines(group)));
        section.add(On::Terminal, "Changed", Body::Table(steps(group)));
        let of = counted(group.nights.len() as u64, "night", "nights");
        let mut rules = Table::new(["rule", "broken", "inconclusive or not exercised", "in the last run"].map(words));
        for rule in &group.rules {
            let (broken, open) = (rule.nights_that(&["broken"]), rule.nights_that(&["inconclusive", "not-exercised"]));
            let (mark, broken) =
                (if broken > 0 { Mark::BAD } else { Mark::DOUBT }, format!("broken in {broken} of {of}"));
            let last = format!("{} in the last", rule.last().replace('-', " "));
            rules.marked(mark, [rule.rule.clone(), broken, format!("not decided in {open}"), last]);
        }
        section.add(On::All, "Rules that did not hold in every run", Body::Table(rules));
        let mut limited = Table::new(["limit", "exceeded", "last value"].map(words));
        for limit in &group.limits {
            let mark = if limit.exceeded() > 0 { Mark::BAD } else { Mark::GOOD };
            let exceeded = format!("exceeded in {} of {of}", limit.exceeded());
            limited.marked(mark, [limit.text.clone(), exceeded, format!("last {}", limit.last())]);
        }
        section.add(On::All, "Limits", Body::Table(limited));
        let columns = Columns::of(&group.nights.iter().map(|night| night.started_at.as_str()).collect::<Vec<_>>());
        section.add(On::Page, "", Body::Chart(limits(group, &columns, place).join("\n")));
        section.add(On::Page, "Latency by endpoint", Body::Chart(endpoints(group, &columns, place).join("\n")));
        section
    }
    /// The line that compares a group's last night with the seven before it; none where there are too few.
    fn compare(&self, group: &Group) -> String {
        match group.nights.as_slice() {
            [_, .., last] => {
                format!("fieldday compare {} --baseline last:7 --results {}", quoted(&last.folder), quoted(&self.place))
            }
            _ => String::new(),
        }
    }
}

/// What matters most about a group.
fn numbers(group: &Group) -> Vec<Number> {
    let (Some(first), Some(last)) = (group.nights.first(), group.nights.last()) else { return Vec::new() };
    let date = |of: &NightLine| of.started_at.get(..10).unwrap_or(&of.started_at).to_owned();
    let dates = match (date(first), date(last)) {
        (first, last) if first == last => first,
        (first, last) => format!("{first} to {last}"),
    };
    let all = count(group.nights.len() as u64);
    let held = group.nights.iter().filter(|night| night.outcome == Outcome::Held).count() as u64;
    let number = |what, value: String, note: String| Number { what, value, note };
    let mut numbers = vec![number("nights", all.clone(), dates), number("held", count(held), format!("of {all}"))];
    if last.reached > 0 {
        let note = format!("of {} attempts in the last night", count(last.reached));
        numbers.push(number("errors", share(last.errors, last.reached), note));
    }
    let changes = count(group.changes.len() as u64);
    numbers.push(number("latency changes", changes, "nights from which on a latency differs".to_owned()));
    let out = count(group.outliers.len() as u64);
    numbers.push(number("nights that stand out", out, "compared one by one".to_owned()));
    numbers
}

/// Each endpoint's percentiles over all nights, as a page draws them.
fn drawn(group: &Group) -> Table {
    let mut table = Table::new(["endpoint", "p50", "p95", "p99"].map(words));
    let mut endpoints: Vec<&SeriesLine> = Vec::new();
    for line in &group.series {
        if !endpoints.iter().any(|of| of.op == line.op) {
            endpoints.push(line);
        }
    }
    for endpoint in endpoints {
        let mut cells: Vec<Cell> = vec![endpoint.label.as_str().into()];
        for (percentile, _) in PERCENTILES {
            let of = |line: &&SeriesLine| line.op == endpoint.op && line.percentile == percentile;
            let line = group.series.iter().find(of);
            let values: Vec<Option<f64>> =
                line.into_iter().flat_map(|line| &line.values_us).map(|value| value.map(|us| us as f64)).collect();
            let known = line.and_then(|line| usual_and_last(&line.values_us));
            let said = known.map_or("too few samples".to_owned(), |(usual, last)| {
                format!("usually {}, last {}", micros(usual), micros(last))
            });
            let drawn = format!("{}<small class=\"whole\">{}</small>", sparkline_of(&values), escaped(&said));
            cells.push(Cell { drawn: Some(drawn), ..Cell::default() });
        }
        table.row(cells);
    }
    table
}

/// The median of the values that are known, and the last of them.
fn usual_and_last(values_us: &[Option<u64>]) -> Option<(u64, u64)> {
    let mut known: Vec<u64> = values_us.iter().flatten().copied().collect();
    let last = known.last().copied()?;
    known.sort_unstable();
    Some((known[known.len() / 2], last))
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
        let began = escaped(&when(&night.started_at));
        let drawn = match &link {
            Some(link) => format!("<a class=\"whole\" href=\"{}\">{began}</a>", escaped(link)),
            None => format!("<span class=\"whole\">{began}</span>"),
        };
        let not_held = [&night.rules_broken[..], &night.limits_exceeded[..]].concat();
        let why = match &night.not_used {
            Some(why) => format!("not used: {why}"),
            None if not_held.is_empty() => night.reasons.first().cloned().unwrap_or_default(),
            None => not_held.join(", "),
        };
        let changed = group.changes.iter().find(|point| point.night == number as u64);
        let cells = vec![
            verdict_word(night.outcome).into(),
            Cell { drawn: Some(drawn), ..when(&night.started_at).into() },
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
        let Some((usual, last)) = usual_and_last(&line.values_us) else { continue };
        table.row([
            line.label.clone(),
            line.percentile.clone(),
            sparkline(&line.values_us),
            micros(usual),
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
