//! A document on a terminal.

use super::{Block, Body, Document, Item, Medium, Number, Place, Row, Section, Table, Verdict};
use crate::text::heading;
use crate::{Paint, Tone, figure, line, words, wrapped};
use std::fmt::Write as _;

impl Document {
    /// The document as text for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        let mut out = String::new();
        if let Some(verdict) = self.verdict.as_ref().filter(|verdict| verdict.place == Place::First) {
            sentence(&mut out, verdict, paint);
            out.push_str(if self.lead.is_empty() { "" } else { "\n" });
        }
        write_blocks(&mut out, self.lead.iter().filter(|block| block.on.is(Medium::Terminal)), paint);
        self.sections.iter().for_each(|section| section.terminal(&mut out, paint));
        if let Some(verdict) = self.verdict.as_ref().filter(|verdict| verdict.place == Place::Last) {
            word(&mut out, verdict, paint);
        }
        out
    }
}

impl Section {
    /// Adds it as text for a terminal, if it has anything to say there.
    pub fn terminal(&self, out: &mut String, paint: Paint) {
        let blocks: Vec<_> = self.shown(Medium::Terminal).collect();
        if blocks.is_empty() {
            return;
        }
        if self.is_name {
            let gap = if out.is_empty() { "" } else { "\n" };
            line!(out, "{gap}{}", paint.on(Tone::Strong, &self.title));
        } else {
            heading(out, paint, &self.title.to_uppercase(), self.tag.unwrap_or(&self.note));
        }
        write_blocks(out, blocks.into_iter(), paint);
    }
}

/// The answer first, then what else there is to it.
fn sentence(out: &mut String, verdict: &Verdict, paint: Paint) {
    let mark = paint.on(verdict.mark.tone, verdict.mark.sign);
    for (place, said) in std::iter::once(&verdict.headline).chain(&verdict.reasons).enumerate() {
        let before = if place == 0 { format!("  {mark} ") } else { "    ".to_owned() };
        hanging(out, &before, said, 4, paint);
    }
}

/// Writes the word of a verdict, and its reasons below.
fn word(out: &mut String, verdict: &Verdict, paint: Paint) {
    line!(out, "\n{}", paint.on(verdict.mark.tone, &format!("{} {}", verdict.mark.sign, verdict.word)));
    verdict.reasons.iter().for_each(|reason| hanging(out, "  ", reason, 4, paint));
}

/// Words on as many lines as they need, all but the first so far to the right.
fn hanging(out: &mut String, before: &str, text: &str, indent: usize, paint: Paint) {
    for (place, text) in wrapped(text, paint.prose(indent)).into_iter().enumerate() {
        line!(out, "{}{text}", if place == 0 { before.to_owned() } else { " ".repeat(indent) });
    }
}

/// An item's mark, name and text. A name is never broken over lines: it can be searched for, and pasted.
fn item_line(out: &mut String, item: &Item, paint: Paint) {
    let (sign, tone) = item.mark.map_or(("·", Tone::Plain), |mark| (mark.sign, mark.tone));
    let sign = paint.on(tone, sign);
    if item.name.is_empty() {
        return hanging(out, &format!("  {sign} "), &item.text, 4, paint);
    }
    let (head, width) = (format!("  {sign} {}", paint.on(tone, &item.name)), item.name.chars().count() + 6);
    if width <= paint.width() / 2 {
        return hanging(out, &format!("{head}  "), &item.text, width, paint);
    }
    line!(out, "{head}");
    hanging(out, "    ", &item.text, 4, paint);
}

fn write_blocks<'a>(out: &mut String, blocks: impl Iterator<Item = &'a Block>, paint: Paint) {
    for block in blocks {
        if !block.title.is_empty() {
            heading(out, paint, &block.title.to_uppercase(), "");
        }
        match &block.body {
            Body::Text(text) => hanging(out, "  ", text, 2, paint),
            Body::List(items) => {
                for item in items {
                    item_line(out, item, paint);
                    item.more.iter().for_each(|more| hanging(out, "    ", more, 4, paint));
                }
            }
            Body::Table(table) => out.push_str(&table.terminal(paint)),
            Body::Pairs(pairs) => {
                let width = pairs.iter().map(|(title, _)| title.chars().count()).max().unwrap_or(0);
                for (title, text) in pairs {
                    let before = format!("  {}  ", paint.on(Tone::Strong, &format!("{title:<width$}")));
                    hanging(out, &before, text, width + 4, paint);
                }
            }
            Body::Numbers(numbers) => {
                let mut lines = crate::Table::default();
                for Number { what, value, note } in numbers {
                    lines.row([
                        words(*what),
                        figure(value.clone()).tone(Tone::Strong),
                        words(note.clone()).tone(Tone::Faint),
                    ]);
                }
                out.push_str(&lines.render_within(paint, 2, &[]));
            }
            Body::Paste(what, text) => line!(out, "\n  {what}: {}", paint.on(Tone::Strong, text)),
            Body::Chart(_) => {}
        }
    }
}

impl Table {
    /// The table as lines of text for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        if self.is_prose {
            let mut out = String::new();
            self.rows.iter().for_each(|row| sentences(&mut out, row, paint));
            return out;
        }
        let shown = self.shown(Medium::Terminal);
        let mut lines = crate::Table::default();
        if shown.iter().any(|(_, column)| column.is_figures && !column.is_obvious) {
            let head = shown.iter().map(|(_, column)| {
                let head = if column.is_obvious { "" } else { column.head };
                if column.is_figures { figure(head) } else { words(head) }.tone(Tone::Faint)
            });
            lines.row(head.collect::<Vec<_>>());
        }
        for row in &self.rows {
            let entries = shown.iter().enumerate().map(|(number, (place, column))| {
                let Some(cell) = row.cells.get(*place) else { return words("") };
                let (text, tone) = match row.mark.filter(|_| number == 0) {
                    Some(mark) => (format!("{} {}", mark.sign, cell.text), mark.tone),
                    None => (cell.text.clone(), cell.tone),
                };
                if column.is_figures { figure(text) } else { words(text) }.tone(tone)
            });
            lines.row(entries.collect::<Vec<_>>());
        }
        let place = |column: &usize| shown.iter().position(|(place, _)| place == column);
        lines.render_within(paint, 2, &self.may_go.iter().filter_map(place).collect::<Vec<_>>())
    }
}

/// Cells that are sentences: a terminal has no columns for them.
fn sentences(out: &mut String, row: &Row, paint: Paint) {
    let mut cells = row.cells.iter().map(|cell| cell.text.as_str());
    let mark = row.mark.map_or("·".to_owned(), |mark| paint.on(mark.tone, mark.sign));
    hanging(out, &format!("  {mark} "), cells.next().unwrap_or_default(), 4, paint);
    let rest = cells.collect::<Vec<_>>().join("; ");
    wrapped(&rest, paint.prose(4)).iter().for_each(|text| line!(out, "    {}", paint.on(Tone::Faint, text)));
}
