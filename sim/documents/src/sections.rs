//! Parts of a run's report that read the same on a terminal, in Markdown and on a page. Each is made once, as a section; where a
//! medium has less room, the section has fewer rows for it and says how many are left out.

use crate::{tables, target};
use fieldday_folder::ContractGroup;
use fieldday_folder::summary::{Case, ContractSeverity, Difference, NotExercised, Summary};
use fieldday_paint::document::{Body, Item, Mark, On, Section, Table, figures, words};
use fieldday_paint::units::{count, counted};

/// Rows of failures on a terminal, and in Markdown.
const FAILURES: (usize, usize) = (15, 5);
/// Series of the target in Markdown.
const SERIES: usize = 12;
/// The most findings that Markdown shows.
const FINDINGS: usize = 4;
/// Endpoints at which a hazard was measured: on a terminal, and in Markdown.
const MEASURED: (usize, usize) = (3, 1);

/// Two runs of the same scenario and seed that differ, and where.
pub(crate) fn difference(summary: &Summary) -> Section {
    let mut section = Section::new("difference", "Difference");
    section.note = "two runs of the same scenario and seed".to_owned();
    let difference = summary.verification.as_ref().and_then(|verification| verification.difference.as_ref());
    section.add(On::All, "", Body::List(difference.map(differs).into_iter().collect()));
    section
}

fn differs(of: &Difference) -> Item {
    let text = format!("{} differs; its first {} events agree", of.cell, count(of.agreed_until));
    let event = |event: &Option<String>| event.clone().unwrap_or_else(|| "(had ended)".to_owned());
    let more = match of.event {
        None => vec![
            "Run alone, several times, the cell was the same each time: threads or recording are the cause.".to_owned(),
        ],
        Some(number) => vec![
            format!("the first event that differs is number {}", count(number)),
            format!("one:   {}", event(&of.one)),
            format!("other: {}", event(&of.other)),
        ],
    };
    Item { more, ..Item::marked(Mark::BAD, text) }
}

/// How long calls took on each clock. On the wall clock the target's own time comes first: what the phone saw has the simulated
/// network in it.
pub(crate) fn clocks(summary: &Summary) -> Section {
    let note = "wire: time at the target; due: from the planned moment; felt: how long the rep waited";
    of_table("clocks", "Clocks", note, tables::clocks(summary))
}

/// Each endpoint against the time limit of the specification.
pub(crate) fn endpoints(summary: &Summary) -> Section {
    let note = "attempts as the phone saw them, against the spec's time limits";
    let mut section = of_table("endpoints", "Limits", note, tables::endpoints(summary));
    section.add(On::Terminal, "", Body::Text(tables::ENDPOINTS_SAY.to_owned()));
    section
}

/// The limits of the scenario, and those that are built in.
pub(crate) fn scenario_limits(summary: &Summary) -> Section {
    let note = "limits in addition to the spec's: the scenario's own, and the built-in ones";
    of_table("limits", "Scenario limits", note, tables::scenario_limits(summary))
}

/// What reps waited for and lost.
pub(crate) fn felt(summary: &Summary) -> Section {
    let note = format!("over {}", counted(summary.felt.rep_days, "rep's day", "reps' days"));
    let table = if summary.felt.rep_days > 0 { tables::felt(&summary.felt) } else { Table::default() };
    of_table("felt", "What reps felt", &note, table)
}

fn of_table(id: &str, title: &str, note: &str, table: Table) -> Section {
    let mut section = Section::new(id, title);
    section.note = note.to_owned();
    section.add(On::Screens, "", Body::Table(table));
    section
}

/// What the target answered where it failed.
pub(crate) fn failures(summary: &Summary) -> Section {
    let mut section = Section::new("failures", "Failures");
    section.note = "attempts not answered as expected, the most frequent first".to_owned();
    let all = tables::failures(summary);
    let kinds = all.rows.len();
    for (on, most) in [(On::Terminal, FAILURES.0), (On::Markdown, FAILURES.1)] {
        section.add(on, "", Body::Table(all.of_rows(0..kinds.min(most))));
        section.add(on, "", Body::Text(left_out(kinds, most, "more kind", "more kinds")));
    }
    section.add(On::Page, "", Body::Table(all.of_rows(0..kinds.min(FAILURES.0))));
    let rest = counted(kinds.saturating_sub(FAILURES.0) as u64, "more kind", "more kinds");
    section.add(On::Page, "", Body::Table(Table { folded: Some(rest), ..all.of_rows(FAILURES.0.min(kinds)..kinds) }));
    section
}

/// What the target's exporters told, and what they did not.
pub(crate) fn target(summary: &Summary) -> Section {
    let mut section = Section::new("target", "The target");
    section.note = target::SAYS.to_owned();
    let Some(metrics) = &summary.target_metrics else { return section };
    let all = target::table(summary);
    let series = all.rows.len();
    section.add(On::Markdown, "", Body::Table(all.of_rows(0..series.min(SERIES))));
    section.add(On::Markdown, "", Body::Text(left_out(series, SERIES, "more series", "more series")));
    section.add(On::Screens, "", Body::Table(all));
    section.add(On::Page, "", Body::Text("The charts are below those of the latencies.".to_owned()));
    target::notes(metrics).into_iter().for_each(|note| section.add(On::All, "", Body::Text(note)));
    section
}

/// Cases that break no rule: the specification leaves them open, or the scenario accepts them.
pub(crate) fn findings(summary: &Summary) -> Section {
    let mut section = Section::new("findings", "Findings");
    section.note = "cases that the specification leaves open or the scenario accepts; no rule is broken".to_owned();
    let items: Vec<Item> = summary
        .findings
        .iter()
        .map(|of| {
            let why = of.why.as_ref().map(|why| format!("why: {why}"));
            let more = [Some(of.sentence.clone()), why, of.first.as_ref().map(first)].into_iter().flatten().collect();
            let cases = format!("{}, §{}", counted(of.count, "case", "cases"), of.section);
            Item { more, ..Item::about(Mark::NOTE, of.of.clone(), cases) }
        })
        .collect();
    let all = items.len();
    section.add(On::Markdown, "", Body::List(items.iter().take(FINDINGS).cloned().collect()));
    section.add(On::Markdown, "", Body::Text(left_out(all, FINDINGS, "more finding", "more findings")));
    section.add(On::Screens, "", Body::List(items));
    let muted = summary.rules.iter().filter_map(|rule| Some((rule, rule.muted.as_ref()?)));
    let muted = muted.map(|(rule, muted)| {
        Item::about(Mark::OPEN, rule.rule.clone(), format!("{} here: {}", muted.weight.as_str(), muted.why))
    });
    // A terminal has them below the table of rules.
    section.add(On::Page, "", Body::List(muted.collect()));
    section
}

/// What harms people although no rule is broken.
pub(crate) fn hazards(summary: &Summary) -> Section {
    let mut section = Section::new("hazards", "Hazards");
    section.note = "no rule is broken, but people can be harmed".to_owned();
    for (on, most) in [(On::Terminal, MEASURED.0), (On::Markdown, MEASURED.1), (On::Page, usize::MAX)] {
        let items = summary.hazards.iter().filter(|hazard| hazard.count > 0).map(|of| {
            let mut more = vec![of.sentence.clone()];
            more.extend(of.measured.iter().take(most).cloned());
            more.push(left_out(of.measured.len(), most, "more endpoint", "more endpoints"));
            more.extend(of.first.as_ref().map(first));
            more.retain(|line| !line.is_empty());
            Item { more, ..Item::about(Mark::NOTE, of.hazard.clone(), counted(of.count, "case", "cases")) }
        });
        section.add(on, "", Body::List(items.collect()));
    }
    section
}

/// How answers differ from the specification in form.
pub(crate) fn contract(summary: &Summary) -> Section {
    let mut section = Section::new("contract", "Contract");
    section.note = "how answers differ from the spec in form, by what came of it".to_owned();
    let Some(part) = &summary.contract else { return section };
    let groups = part.groups();
    section.add(On::Terminal, "", Body::List(groups.iter().map(difference_of_form).collect()));
    let mut table = Table::new([
        words("kind"),
        words("expected, and what came of it"),
        words("found, and where"),
        figures("answers"),
        words("weight"),
    ]);
    for of in &groups {
        let weight = match of.first.severity {
            ContractSeverity::Broken => "broken",
            ContractSeverity::Note => "note",
        };
        let found: Vec<String> = of.words.iter().map(|word| format!("{}: {}", word.saw, word.all_places())).collect();
        let says = format!("{} (§{})", of.says(), of.first.section);
        table.marked(mark(of), [of.first.kind.clone(), says, found.join("; "), count(of.answers), weight.to_owned()]);
    }
    section.add(On::Page, "", Body::Table(table));
    if part.more > 0 {
        let more =
            format!("{}, for which there was no room", counted(part.more, "more difference", "more differences"));
        section.add(On::Screens, "", Body::Text(more));
    }
    section
}

fn mark(of: &ContractGroup<'_>) -> Mark {
    match of.first.severity {
        ContractSeverity::Broken => Mark::BAD,
        ContractSeverity::Note => Mark::NOTE,
    }
}

fn difference_of_form(of: &ContractGroup<'_>) -> Item {
    let mut more = vec![of.says()];
    more.extend(of.words.iter().map(|word| {
        format!("· {} in {}: {}", word.saw, counted(word.answers, "answer", "answers"), word.all_places())
    }));
    Item { more, ..Item::about(mark(of), of.first.kind.clone(), format!("§{}", of.first.section)) }
}

/// Endpoints that never succeeded, and what was not tried.
pub(crate) fn not_exercised(summary: &Summary) -> Section {
    let mut section = Section::new("not-exercised", "Not exercised");
    section.note = "endpoints that never succeeded, and what was not tried".to_owned();
    let mut table = Table::new([words("endpoint").obvious(), words("part of the day"), words("what it answered")]);
    for of in &summary.not_exercised_parts {
        let NotExercised { label, part, tried, .. } = of;
        let mark = if *tried == 0 { Mark::CUT } else { Mark::BAD };
        table.marked(mark, [label.clone(), part.clone(), of.says()]);
    }
    section.add(On::Screens, "", Body::Table(table));
    section
}

fn first(case: &Case) -> String {
    format!("first: {}, {}, {}", case.says, case.local, case.who)
}

/// How many there are beyond the first `most`; empty if there are none.
fn left_out(all: usize, most: usize, one: &str, many: &str) -> String {
    match all.saturating_sub(most) {
        0 => String::new(),
        more => format!("and {} in summary.json", counted(more as u64, one, many)),
    }
}
