//! The limits that the scenario sets, each with what was measured, how far that is from the bound, and over how many.

use fieldday_folder::summary::Summary;
use fieldday_paint::text::heading;
use fieldday_paint::units::count;
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};
use fieldday_rules::limits::LimitVerdict;

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    if summary.scenario_limits.is_empty() {
        return;
    }
    heading(out, paint, "SCENARIO LIMITS", "what the scenario asks for on top of the spec");
    let mut table = Table::default();
    let titles = ["actual", "margin", "samples"];
    let mut head = vec![words("")];
    head.extend(titles.map(|title| figure(title).tone(Tone::Faint)));
    table.row(head);
    for limit in &summary.scenario_limits {
        let (mark, tone) = match limit.verdict {
            LimitVerdict::Held => ("✓", Tone::Plain),
            LimitVerdict::Exceeded => ("✗", Tone::Bad),
            LimitVerdict::Inconclusive => ("?", Tone::Doubt),
        };
        table.row([
            words(format!("{mark} {}", limit.text)).tone(tone),
            figure(limit.actual_words()).tone(tone),
            figure(limit.margin_words().unwrap_or_else(|| "-".to_owned())),
            figure(count(limit.sample_count)),
            words(limit.note.clone().unwrap_or_default()).tone(Tone::Faint),
        ]);
    }
    out.push_str(&table.render_within(paint, 2, &[2]));
}
