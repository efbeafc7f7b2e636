//! The report as Markdown.

use super::Report;
use super::document::{Part, parts};
use std::fmt::Write as _;

pub(super) fn render(report: &Report) -> String {
    let mut out = format!("# How many reps {} carries\n\n", report.asked.target);
    report.answer.iter().for_each(|sentence| {
        let _ = writeln!(out, "- {sentence}");
    });
    let _ = writeln!(
        out,
        "\nScenario `{}`, seed {}, speed {}; limits: {}. Again: `{}`\n",
        report.asked.scenario,
        report.asked.seed,
        report.asked.speed,
        report.asked.limits.iter().map(|limit| format!("`{limit}`")).collect::<Vec<_>>().join(", "),
        report.asked.reproduce
    );
    parts(report).iter().for_each(|part| write_part(&mut out, part));
    out
}

/// Writing to memory: it cannot fail.
fn write_part(out: &mut String, part: &Part) {
    let kind = part.kind.word().map_or(String::new(), |word| format!(" ({word})"));
    let _ = writeln!(out, "## {}{kind}\n", part.title);
    part.says.iter().for_each(|sentence| {
        let _ = writeln!(out, "{sentence}\n");
    });
    if part.rows.is_empty() {
        return;
    }
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let _ = writeln!(out, "| {} |", part.heads.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(part.heads.len()));
    for row in &part.rows {
        let _ = writeln!(out, "| {} |", row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | "));
    }
    out.push('\n');
}
