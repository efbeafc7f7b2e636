//! What terminal, Markdown and page say in the same words.

use super::{CapacityLine, ChangePoint, Group, LimitRow, RuleRow};
use fieldday_folder::summary::{Outcome, verdict_word};
use fieldday_paint::document::Mark;
use fieldday_paint::units::{change, count, counted, share};
use fieldday_rules::limits::LimitVerdict;

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

impl LimitRow {
    /// A value of it, with its unit.
    pub(super) fn value(&self, value: u64) -> String {
        self.unit.words(value)
    }
    /// In how many nights it was exceeded.
    pub(super) fn exceeded(&self) -> usize {
        self.verdicts.iter().filter(|verdict| **verdict == Some(LimitVerdict::Exceeded)).count()
    }
    /// The last value.
    pub(super) fn last(&self) -> String {
        self.values.iter().rev().find_map(|value| *value).map_or_else(|| "-".to_owned(), |value| self.value(value))
    }
}

impl CapacityLine {
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
