//! The report on a terminal.

use super::Report;
use super::document::{Kind, Part, parts};
use crate::search::Ending;
use fieldday_paint::{Paint, Table, Tone, figure, words};
use std::fmt::Write as _;

/// The day is long: on a terminal the pages' table of it would push the answer out of sight.
const LONG: usize = 24;

pub(super) fn render(report: &Report, paint: Paint) -> String {
    let asked = &report.asked;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}",
        paint.on(Tone::Strong, &format!("CAPACITY  {}, seed {}, against {}", asked.scenario, asked.seed, asked.target))
    );
    let (mark, tone) = match report.measured.finding.ending {
        Ending::Found => ("✓", Tone::Good),
        Ending::NeverHolds => ("✗", Tone::Bad),
        Ending::NeverBreaks | Ending::GeneratorGaveUp | Ending::Interrupted => ("?", Tone::Doubt),
    };
    for (place, sentence) in report.answer.iter().enumerate() {
        let mark = if place == 0 { paint.on(tone, mark) } else { " ".to_owned() };
        let _ = writeln!(out, "  {mark} {sentence}");
    }
    for part in parts(report) {
        if part.rows.len() <= LONG {
            write_part(&mut out, &part, paint);
        }
    }
    let _ = writeln!(out, "\n  again: {}", asked.reproduce);
    out
}

/// Writing to memory: it cannot fail.
fn write_part(out: &mut String, part: &Part, paint: Paint) {
    let title = part.title.to_uppercase();
    let kind = part.kind.word().unwrap_or_default();
    let _ = writeln!(out, "\n{}  {}", paint.on(Tone::Strong, &title), paint.on(Tone::Faint, kind));
    part.says.iter().for_each(|sentence| {
        let _ = writeln!(out, "  {sentence}");
    });
    let mut table = Table::default();
    if part.rows.is_empty() {
        return;
    }
    if part.kind == Kind::Plain {
        // Sentences are no columns.
        part.rows.iter().for_each(|row| {
            let _ = writeln!(out, "    {}  {}", row[0], paint.on(Tone::Faint, &row[1..].join(", ")));
        });
        return;
    }
    let entry = |text: &str| if is_figure(text) { figure(text) } else { words(text) };
    // A head stands as its column does: a column of figures to the right.
    let heads = part.heads.iter().enumerate().map(|(column, head)| {
        let right = part.rows.iter().all(|row| row.get(column).is_none_or(|text| text.is_empty() || is_figure(text)));
        if right { figure(*head).tone(Tone::Faint) } else { words(*head).tone(Tone::Faint) }
    });
    table.row(heads.collect::<Vec<_>>());
    for row in &part.rows {
        table.row(row.iter().map(|text| entry(text)).collect::<Vec<_>>());
    }
    out.push_str(&table.render(paint, 4));
}

fn is_figure(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-<≥".contains(c)) && text.len() < 24
}
