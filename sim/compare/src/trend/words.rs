//! What terminal, Markdown and page say in the same words.

use super::{CapacityLine, ChangePoint, Group, LimitRow, OutlierLine, OutlierNight, RuleRow};
use fieldday_folder::summary::{Outcome, verdict_word};
use fieldday_paint::document::Mark;
use fieldday_paint::units::{change, count, counted, micros, share};
use fieldday_rules::limit_result::LimitVerdict;

/// Percentiles of a night that stands out, which are named at most.
const OUTLIERS_MOST: usize = 3;
/// Nights of a sparkline at most: the last ones.
const SPARK_MOST: usize = 40;

/// The mark of an outcome.
pub(super) fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Held => Mark::GOOD,
        Outcome::Broken => Mark::BAD,
        Outcome::Invalid => Mark::DOUBT,
        Outcome::Interrupted => Mark::CUT,
    }
}

/// `2026-06-10 02:00`
pub(super) fn when(started_at: &str) -> String {
    started_at.get(..16).unwrap_or(started_at).replace('T', " ")
}

/// Below a chart: `10 Jun 2026`, then `24 Jun`; of a night on the date that stands before it, the time: `02:00`.
pub(super) fn dated(before: Option<&str>, started_at: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let part = |from: usize, until: usize| started_at.get(from..until).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let Some(month) = month else { return when(started_at) };
    let day = format!("{} {month}", part(8, 10).trim_start_matches('0'));
    match before {
        Some(before) if before.get(..10) == started_at.get(..10) => part(11, 16).to_owned(),
        Some(before) if before.get(..4) == started_at.get(..4) => day,
        _ => format!("{day} {}", part(0, 4)),
    }
}

impl Group {
    /// `nightly at staging.example.com, 2000 reps, speed 20`
    pub(super) fn title(&self) -> String {
        format!("{} at {}, {}", self.scenario, self.target, self.shape)
    }
    /// How its nights ended, in a sentence.
    pub(super) fn ended(&self) -> String {
        let all = self.nights.len() as u64;
        let of = |outcome: Outcome| self.nights.iter().filter(|night| night.outcome == outcome).count() as u64;
        let parts: Vec<String> = [Outcome::Held, Outcome::Broken, Outcome::Invalid, Outcome::Interrupted]
            .into_iter()
            .filter(|outcome| of(*outcome) > 0)
            .map(|outcome| format!("{} {}", count(of(outcome)), verdict_word(outcome)))
            .collect();
        let last = self.nights.last().map_or("", |night| verdict_word(night.outcome));
        format!("{}: {}; the last one: {last}", counted(all, "night", "nights"), parts.join(", "))
    }
    /// The last night in a sentence, for the title of a page.
    pub(super) fn last_night(&self) -> String {
        let all = self.nights.len() as u64;
        let of = if all == 1 { "The only night".to_owned() } else { format!("The last of {} nights", count(all)) };
        let how = match self.nights.last().map(|night| night.outcome) {
            _ if self.fails_more().is_some() => "failed more often than those before it",
            Some(Outcome::Held) => "held",
            Some(Outcome::Broken) => "is broken",
            Some(Outcome::Invalid) => "is inconclusive",
            Some(Outcome::Interrupted) | None => "was interrupted",
        };
        format!("{of} {how}")
    }
    /// That the last night failed more often than those before it, by more than chance; none if it did not.
    pub(super) fn fails_more(&self) -> Option<String> {
        // Of a night that reached nothing, or was written by an older version, nothing can be said.
        self.nights.last().filter(|night| night.reached > 0)?;
        let nights = self.nights.iter().filter(|night| night.reached > 0);
        let runs: Vec<(u64, u64)> = nights.map(|night| (night.errors, night.reached)).collect();
        if !crate::errors::is_last_worse(&runs) {
            return None;
        }
        let (last, before) = runs.split_last()?;
        let of = |run: &(u64, u64)| run.0 as f64 / run.1 as f64;
        let most = before.iter().max_by(|a, b| of(a).total_cmp(&of(b)))?;
        let (now, most) = (share(last.0, last.1), share(most.0, most.1));
        Some(format!(
            "more failures in the last run: {now} of the attempts that reached the target, at most {most} in the runs before"
        ))
    }
}

impl ChangePoint {
    /// `since 2026-06-15 02:00: PATCH appointments/{id} p95 +21 %`
    pub(super) fn words(&self) -> String {
        let each = self
            .lines
            .iter()
            .map(|line| format!("{} {} {}", line.label, line.percentile, change(libm::log(line.ratio))));
        format!("since {}: {}", when(&self.started_at), each.collect::<Vec<_>>().join(", "))
    }
}

impl OutlierNight {
    /// `2026-06-15 02:00 stands out: POST clock-in p99 1.02 s, usually 51 ms`
    pub(super) fn words(&self) -> String {
        let each: Vec<String> = self.lines.iter().take(OUTLIERS_MOST).map(OutlierLine::words).collect();
        let more = self.lines.len().saturating_sub(OUTLIERS_MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} stands out: {}{more}", when(&self.started_at), each.join(", "))
    }
}

impl OutlierLine {
    /// `POST clock-in p99 1.02 s, usually 51 ms`
    pub(super) fn words(&self) -> String {
        format!("{} {} {}, usually {}", self.label, self.percentile, micros(self.value_us), micros(self.usual_us))
    }
}

/// The nights' values as a line of signs, one a night: the lowest for the smallest, a space where there is none.
pub(super) fn sparkline(values: &[Option<u64>]) -> String {
    const SIGNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = &values[values.len().saturating_sub(SPARK_MOST)..];
    let logs = || values.iter().flatten().map(|us| libm::log((*us).max(1) as f64));
    let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
    // Nights that are alike are a level line, not a mountain of noise.
    let range = (high - low).max(libm::log(2.0));
    let sign = |us: &Option<u64>| {
        let Some(us) = us else { return ' ' };
        let share = (libm::log((*us).max(1) as f64) - low) / range;
        SIGNS[((share * 7.0).round() as usize).min(7)]
    };
    values.iter().map(sign).collect()
}

impl LimitRow {
    /// A value of it, with its unit.
    pub(super) fn value(&self, value: u64) -> String {
        self.unit.words(value)
    }
    /// In how many nights it was exceeded.
    pub(super) fn exceeded(&self) -> usize {
        self.verdicts.iter().filter(|verdict| **verdict == Some(LimitVerdict::Exceeded)).count()
    }
    /// The last night's value in words; `-` if no night has one.
    pub(super) fn last(&self) -> String {
        self.values.iter().rev().find_map(|value| *value).map_or_else(|| "-".to_owned(), |value| self.value(value))
    }
}

impl CapacityLine {
    /// `staging`, or `staging, disturbed by "instance-lost"`: what was asked.
    pub(super) fn asked(&self) -> String {
        let names: Vec<String> = self.disturbances.iter().map(|name| format!("{name:?}")).collect();
        let scenario = &self.scenario;
        if names.is_empty() { scenario.clone() } else { format!("{scenario}, disturbed by {}", names.join(", ")) }
    }
    /// `1,200 reps, between 1,100 and 1,300`
    pub(super) fn words(&self) -> String {
        let carries = self.carries.map_or_else(|| "no level held".to_owned(), |reps| counted(reps, "rep", "reps"));
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{carries}, between {} and {}", count(low), count(high)),
            (Some(low), None) => format!("{carries}, at least {}", count(low)),
            (None, Some(high)) => format!("{carries}, fewer than {}", count(high)),
            (None, None) => carries,
        }
    }
}

impl RuleRow {
    /// In how many nights it came out as one of these.
    pub(super) fn nights_that(&self, verdicts: &[&str]) -> usize {
        self.verdicts.iter().filter(|verdict| verdicts.contains(&verdict.as_str())).count()
    }
    /// How it came out in the last night.
    pub(super) fn last(&self) -> &str {
        self.verdicts.last().map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_below_a_chart_say_what_is_new() {
        assert_eq!(dated(None, "2026-06-09T02:00:00Z"), "9 Jun 2026");
        assert_eq!(dated(Some("2026-06-09T02:00:00Z"), "2026-06-24T02:00:00Z"), "24 Jun");
        assert_eq!(dated(Some("2025-12-31T02:00:00Z"), "2026-01-01T02:00:00Z"), "1 Jan 2026");
        assert_eq!(dated(Some("2026-06-09T02:00:00Z"), "2026-06-09T14:30:00Z"), "14:30");
        assert_eq!(dated(None, "some time"), "some time");
    }
}
