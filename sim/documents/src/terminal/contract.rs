//! How the answers differ from the spec in form, and which endpoints never succeeded.

use fieldday_folder::ContractGroup;
use fieldday_folder::summary::{ContractPart, ContractSeverity, Summary};
use fieldday_paint::line;
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, words, wrapped};
use std::fmt::Write as _;

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
    heading(out, paint, "CONTRACT", "how answers differ from the spec in form, by what came of it");
    for group in part.groups() {
        title(out, &group, paint);
        for word in &group.words {
            let text = format!("{} in {}: {}", word.saw, counted(word.answers, "answer", "answers"), word.all_places());
            wrapped(&text, paint.prose(6)).iter().enumerate().for_each(|(number, text)| {
                line!(out, "{}{text}", if number == 0 { "    · " } else { "      " });
            });
        }
    }
    if part.more > 0 {
        line!(out, "  and {} times others that there was no room to tell apart", count(part.more));
    }
}

fn title(out: &mut String, group: &ContractGroup<'_>, paint: Paint) {
    let (mark, tone) = match group.first.severity {
        ContractSeverity::Note => ("!", Tone::Doubt),
        ContractSeverity::Broken => ("✗", Tone::Bad),
    };
    line!(out, "  {}  §{}", paint.on(tone, &format!("{mark} {}", group.first.kind)), group.first.section);
    wrapped(&group.says(), paint.prose(4)).iter().for_each(|text| line!(out, "    {}", paint.on(Tone::Faint, text)));
}
