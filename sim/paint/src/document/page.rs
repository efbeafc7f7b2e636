//! A document as a page: one file that needs nothing else.

use super::{Block, Body, Document, Item, Medium, Number, Section, Table, Verdict};
use crate::Tone;
use crate::frame::{Frame, escaped};
use crate::line;
use std::fmt::Write as _;

impl Document {
    /// The document as a page: one file of HTML, with its styles in it.
    pub fn html(&self) -> String {
        // The lead belongs to the answer: it is what matters most about it.
        let mut lead = String::new();
        let is_answered = self.verdict.is_some();
        let heading = if is_answered { "h2" } else { "h3" };
        blocks(&mut lead, self.lead.iter().filter(|block| block.on.is(Medium::Page)), heading, &self.title);
        let mut body = self.verdict.as_ref().map_or(lead.clone(), |of| verdict(of, &lead));
        let mut sections: Vec<(&str, String)> = Vec::new();
        if is_answered {
            sections.push(("verdict", "The answer".to_owned()));
        }
        for of in self.sections.iter().filter(|section| section.is_on_page()) {
            sections.push((&of.id, of.title.clone()));
            body.push_str(&of.html());
        }
        Frame { title: &self.title, kind: self.kind, sections: &sections, body: &body, data: &[], scripts: &[] }.html()
    }
}

/// The answer, with what matters most about it: the first screen, as every page has it.
fn verdict(of: &Verdict, lead: &str) -> String {
    let class = match of.mark.tone {
        Tone::Good => "held",
        Tone::Bad => "broken",
        _ => "invalid",
    };
    let mut out = format!(
        "<section id=\"verdict\" class=\"verdict {class}\" aria-labelledby=\"verdict-title\">\n<p class=\"word\">{}</p>\n<h1 id=\"verdict-title\">{}</h1>\n",
        escaped(&of.word),
        escaped(&of.headline)
    );
    if !of.about.is_empty() {
        line!(out, "<p class=\"about\">{}</p>", escaped(&of.about));
    }
    if !of.reasons.is_empty() {
        let reasons: String = of.reasons.iter().map(|reason| format!("<li>{}</li>\n", escaped(reason))).collect();
        line!(out, "<ul>\n{reasons}</ul>");
    }
    out + lead + "</section>\n"
}

/// Blocks as HTML, for a page that is not a document as a whole: with the tag of their titles, and the name of those that have
/// none.
pub fn html(blocks_of: &[Block], heading: &str, label: &str) -> String {
    let mut out = String::new();
    blocks(&mut out, blocks_of.iter().filter(|block| block.on.is(Medium::Page)), heading, label);
    out
}

impl Section {
    /// Whether it has anything to say on a page.
    pub fn is_on_page(&self) -> bool {
        self.shown(Medium::Page).next().is_some()
    }
    /// The section as HTML; empty if it has nothing for a page.
    pub fn html(&self) -> String {
        if !self.is_on_page() {
            return String::new();
        }
        let tag = self.tag.map_or(String::new(), |tag| format!(" <small class=\"is-quiet\">{}</small>", escaped(tag)));
        let mut out = format!("<section id=\"{}\">\n<h2>{}{tag}</h2>\n", escaped(&self.id), escaped(&self.title));
        if !self.note.is_empty() {
            line!(out, "<p>{}</p>", escaped(&self.note));
        }
        blocks(&mut out, self.shown(Medium::Page), "h3", &self.title);
        out + "</section>\n"
    }
}

fn blocks<'a>(out: &mut String, blocks: impl Iterator<Item = &'a Block>, heading: &str, of: &str) {
    for block in blocks {
        if !block.title.is_empty() {
            line!(out, "<{heading}>{}</{heading}>", escaped(&block.title));
        }
        let label = if block.title.is_empty() { of } else { &block.title };
        match &block.body {
            Body::Text(text) => line!(out, "<p class=\"lead\">{}</p>", escaped(text)),
            Body::List(items) => {
                let items: String = items.iter().map(item).collect();
                line!(out, "<ul class=\"items\">\n{items}</ul>");
            }
            Body::Table(table) => match &table.folded {
                None => out.push_str(&table.html(label)),
                Some(words) => {
                    line!(out, "<details><summary>{}</summary>{}</details>", escaped(words), table.html(label));
                }
            },
            Body::Chart(html) => line!(out, "{html}"),
            Body::Pairs(pairs) => {
                let pair = |(title, text): &(&str, String)| format!("<dt>{title}</dt><dd>{}</dd>", escaped(text));
                line!(out, "<dl class=\"pairs\">{}</dl>", pairs.iter().map(pair).collect::<String>());
            }
            Body::Numbers(numbers) => {
                let number = |Number { what, value, note }: &Number| {
                    let [what, value, note] = [what, value.as_str(), note.as_str()].map(escaped);
                    format!("<div><dt>{what}</dt><dd>{value}<small>{note}</small></dd></div>")
                };
                line!(out, "<dl class=\"grid\">{}</dl>", numbers.iter().map(number).collect::<String>());
            }
            Body::Paste(_, text) => {
                let text = escaped(text);
                line!(
                    out,
                    "<div class=\"paste\"><code>{text}</code><button type=\"button\" data-copy=\"{text}\">Copy</button></div>"
                );
            }
        }
    }
}

fn item(of: &Item) -> String {
    let plain = if of.name.is_empty() { "· " } else { "" };
    let mark = of.mark.map_or(plain.to_owned(), |mark| format!("<span{}>{}</span> ", class(mark.tone, ""), mark.sign));
    let name = match (of.name.as_str(), of.link.as_str()) {
        ("", _) => String::new(),
        (name, "") => format!("<strong>{}</strong> ", escaped(name)),
        (name, link) => format!("<a href=\"{}\"><strong>{}</strong></a> ", escaped(link), escaped(name)),
    };
    let more: String = of.more.iter().map(|more| format!("<span class=\"more\">{}</span>", escaped(more))).collect();
    format!("<li>{mark}{name}{}{more}</li>\n", escaped(&of.text))
}

/// The class of a tone, and another.
fn class(tone: Tone, other: &str) -> String {
    let tone = match tone {
        Tone::Good => "is-held",
        Tone::Bad => "is-broken",
        Tone::Doubt => "is-doubt",
        Tone::Faint => "note",
        Tone::Plain | Tone::Strong => "",
    };
    match [other, tone].iter().filter(|class| !class.is_empty()).copied().collect::<Vec<_>>().join(" ").as_str() {
        "" => String::new(),
        classes => format!(" class=\"{classes}\""),
    }
}

impl Table {
    /// As HTML, with a label for who does not see it.
    pub fn html(&self, label: &str) -> String {
        let (shown, label) = (self.shown(Medium::Page), escaped(label));
        let mut out = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{label}\"><table>\n<caption class=\"hidden\">{label}</caption>\n<thead><tr>"
        );
        for (_, column) in &shown {
            let figures = if column.is_figures { "n" } else { "" };
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(Tone::Plain, figures), escaped(column.head));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        let mut ordered: Vec<&super::Row> = self.rows.iter().collect();
        if self.is_by_time {
            ordered.reverse();
        }
        for row in ordered {
            out.push_str("<tr>");
            for (number, (place, column)) in shown.iter().enumerate() {
                let cell = row.cells.get(*place).cloned().unwrap_or_default();
                let mark = row.mark.filter(|_| number == 0);
                let (open, close) = if number == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
                let class = class(mark.map_or(cell.tone, |mark| mark.tone), if column.is_figures { "n" } else { "" });
                let mark = mark.map_or(String::new(), |mark| format!("{} ", mark.sign));
                let text = match (cell.drawn, cell.link) {
                    (Some(html), _) => html,
                    (None, Some(link)) => format!("<a href=\"{}\">{}</a>", escaped(&link), escaped(&cell.text)),
                    (None, None) => escaped(&cell.text),
                };
                let _ = write!(out, "<{open}{class}>{mark}{text}</{close}>");
            }
            out.push_str("</tr>\n");
        }
        out + "</tbody></table></div>\n"
    }
}
