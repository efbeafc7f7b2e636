//! A document as Markdown, for a job's summary or a chat.

use super::{Block, Body, Document, Medium, Number, Place, Section, Table};
use crate::line;
use crate::text::markdown;
use std::fmt::Write as _;

impl Document {
    /// The document as Markdown, without what other media alone show.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let verdict = self.verdict.as_ref().filter(|verdict| verdict.place != Place::Page);
        if let Some(verdict) = verdict {
            let said = if verdict.place == Place::First { &verdict.headline } else { &verdict.word };
            line!(out, "## {} {}\n", verdict.mark.sign, markdown(said));
            verdict.reasons.iter().for_each(|reason| line!(out, "- {}", markdown(reason)));
        }
        write_blocks(&mut out, self.lead.iter().filter(|block| block.on.is(Medium::Markdown)));
        let level = if verdict.is_some() { 3 } else { 2 };
        self.sections.iter().for_each(|section| section.markdown(&mut out, level));
        out
    }
}

impl Section {
    /// Adds it as Markdown under a heading of that level, if it has anything to say there.
    pub fn markdown(&self, out: &mut String, level: usize) {
        let blocks: Vec<_> = self.shown(Medium::Markdown).collect();
        if !blocks.is_empty() {
            let tag = self.tag.map_or(String::new(), |tag| format!(" ({tag})"));
            let gap = if out.is_empty() { "" } else { "\n" };
            line!(out, "{gap}{} {}{tag}", "#".repeat(level), markdown(&self.title));
            write_blocks(out, blocks.into_iter());
        }
    }
}

fn write_blocks<'a>(out: &mut String, blocks: impl Iterator<Item = &'a Block>) {
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        if !block.title.is_empty() {
            line!(out, "**{}**\n", markdown(&block.title));
        }
        match &block.body {
            Body::Text(text) => line!(out, "{}", markdown(text)),
            Body::List(items) => {
                for item in items {
                    let mark = item.mark.map_or(String::new(), |mark| format!("{} ", mark.sign));
                    let name =
                        if item.name.is_empty() { String::new() } else { format!("**{}**", markdown(&item.name)) };
                    let colon = if item.name.is_empty() || item.text.is_empty() { "" } else { ": " };
                    line!(out, "- {mark}{name}{colon}{}", markdown(&item.text));
                    item.more.iter().for_each(|more| line!(out, "  - {}", markdown(more)));
                }
            }
            Body::Table(table) => out.push_str(&table.markdown()),
            Body::Pairs(pairs) => pairs.iter().for_each(|(title, text)| line!(out, "- {title}: {}", markdown(text))),
            Body::Numbers(numbers) => numbers.iter().for_each(|Number { what, value, note }| {
                let note = if note.is_empty() { String::new() } else { format!(" ({})", markdown(note)) };
                line!(out, "- {what}: **{}**{note}", markdown(value));
            }),
            Body::Paste(what, text) => line!(out, "- {what}: `{text}`"),
            Body::Chart(_) => {}
        }
    }
}

impl Table {
    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let shown = self.shown(Medium::Markdown);
        let (mark, rule) = if self.is_marked() { ("| ", "| --- ") } else { ("", "") };
        let heads: Vec<String> = shown.iter().map(|(_, column)| markdown(column.head)).collect();
        line!(out, "{mark}| {} |", heads.join(" | "));
        let rules: Vec<&str> = shown.iter().map(|(_, column)| if column.is_figures { "---:" } else { "---" }).collect();
        line!(out, "{rule}| {} |", rules.join(" | "));
        for row in &self.rows {
            if self.is_marked() {
                let _ = write!(out, "| {} ", row.mark.map_or("", |mark| mark.sign));
            }
            let cell =
                |(place, _): &(usize, _)| row.cells.get(*place).map_or(String::new(), |cell| markdown(&cell.text));
            line!(out, "| {} |", shown.iter().map(cell).collect::<Vec<_>>().join(" | "));
        }
        out
    }
}
