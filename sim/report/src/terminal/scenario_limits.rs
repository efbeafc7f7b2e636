//! The limits that the scenario sets, each with what was measured, how far that is from the bound, and over how many.

use crate::limits::{LimitResult, LimitUnit, LimitVerdict};
use crate::summary::Summary;
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, micros};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};

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
            figure(actual(limit)).tone(tone),
            figure(limit.margin.map_or("-".to_owned(), |by| signed(by, limit.unit))),
            figure(count(limit.sample_count)),
            words(limit.note.clone().unwrap_or_default()).tone(Tone::Faint),
        ]);
    }
    out.push_str(&table.render_within(paint, 2, &[2]));
}

/// What was measured: `≥5.00 s` where attempts were given up.
pub(crate) fn actual(limit: &LimitResult) -> String {
    let value = limit.actual.map_or("-".to_owned(), |value| shown(value, limit.unit));
    if limit.at_least { format!("≥{value}") } else { value }
}

/// What it was to be.
pub(crate) fn bound(limit: &LimitResult) -> String {
    shown(limit.bound, limit.unit)
}

pub(crate) fn signed(by: i64, unit: LimitUnit) -> String {
    let sign = if by < 0 { "−" } else { "+" };
    format!("{sign}{}", shown(by.unsigned_abs(), unit))
}

fn shown(value: u64, unit: LimitUnit) -> String {
    match unit {
        LimitUnit::Micros => micros(value),
        LimitUnit::Ppm => percent(value),
        LimitUnit::MilliPerSecond => format!("{}.{} /s", count(value / 1_000), value % 1_000 / 100),
    }
}

/// Exactly: a share must not round to its limit. `99.9 %`, `0.0042 %`.
fn percent(ppm: u64) -> String {
    let (whole, fraction) = (ppm / 10_000, format!("{:04}", ppm % 10_000));
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} %"),
        fraction => format!("{whole}.{fraction} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_exactly_and_margins_with_their_sign() {
        let shares: Vec<_> = [0, 42, 5_000, 999_000, 999_999, 1_000_000].map(percent).into();
        assert_eq!(shares, ["0 %", "0.0042 %", "0.5 %", "99.9 %", "99.9999 %", "100 %"]);
        assert_eq!(signed(-160_000, LimitUnit::Micros), "−160 ms");
        assert_eq!(signed(2_340, LimitUnit::MilliPerSecond), "+2.3 /s");
    }
}
