//! How the answers differ from the spec in form, and which endpoints never succeeded.

use fieldday_folder::summary::{ContractLine, ContractPart, ContractSeverity, Summary};
use fieldday_paint::line;
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words, wrapped};
use std::fmt::Write as _;

/// Differences that are shown; `summary.json` has all.
const SHOWN: usize = 40;

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    if let Some(part) = &summary.contract {
        contract(out, part, paint);
    }
    if summary.not_exercised_parts.is_empty() {
        return;
    }
    heading(out, paint, "NOT EXERCISED", "endpoints that never succeeded, and what was not tried because of them");
    let mut table = Table::default();
    for failing in &summary.not_exercised_parts {
        let label = match failing.tried {
            0 => words(format!("– {}", failing.label)),
            _ => words(format!("✗ {}", failing.label)).tone(Tone::Bad),
        };
        table.row([label, words(failing.part.clone()), words(failing.says())]);
    }
    out.push_str(&table.render_within(paint, 2, &[]));
}

fn contract(out: &mut String, part: &ContractPart, paint: Paint) {
    heading(out, paint, "CONTRACT", "answers that differ from the spec in form, each difference once");
    let shown = &part.findings[..part.findings.len().min(SHOWN)];
    for of_a_kind in shown.chunk_by(|one, next| one.kind == next.kind) {
        title(out, &of_a_kind[0], paint);
        let mut table = Table::default();
        for of in of_a_kind {
            let answers = counted(of.count, "answer", "answers");
            table.row([words(of.label.clone()), words(of.at.clone()), words(of.first.clone()), figure(answers)]);
        }
        out.push_str(&table.render_within(paint, 4, &[]));
    }
    let more = (part.findings.len() - shown.len()) as u64;
    if more > 0 {
        line!(out, "  and {} more, in summary.json", counted(more, "difference", "differences"));
    }
    if part.more > 0 {
        line!(out, "  and {} times others that there was no room to tell apart", count(part.more));
    }
}

fn title(out: &mut String, of: &ContractLine, paint: Paint) {
    let (mark, tone) = match of.severity {
        ContractSeverity::Note => ("!", Tone::Doubt),
        ContractSeverity::Broken => ("✗", Tone::Bad),
    };
    line!(out, "  {}  §{}", paint.on(tone, &format!("{mark} {}", of.kind)), of.section);
    wrapped(&of.sentence, paint.prose(4)).iter().for_each(|text| line!(out, "    {}", paint.on(Tone::Faint, text)));
}
