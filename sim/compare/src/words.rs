//! The words of a comparison.

use crate::{ChangeKind, Comparison, Method, Outcome, PercentileChange, RunLine, Says, TestKind};
use fieldday_paint::units::{change, counted, extent};

/// The sections of lines, with id, title, lines and note, in the order in which they matter.
pub(crate) const SECTIONS: [(&str, &str, &[Says], &str); 3] = [
    ("changed", "Changed", &[Says::Slower, Says::Faster], "larger than chance and than the relevant amount"),
    ("open", "Inconclusive", &[Says::CannotTell], "these runs neither show a relevant change nor rule one out"),
    ("same", "No relevant difference", &[Says::NoDifference], "a difference greater than the given one is ruled out"),
];

impl Comparison {
    /// The lines of a section: of what changed the greatest first, else in the spec's order.
    pub(crate) fn lines_that(&self, say: &[Says]) -> Vec<&PercentileChange> {
        let mut lines: Vec<&PercentileChange> = self.lines.iter().filter(|line| say.contains(&line.says)).collect();
        if say.contains(&Says::Slower) {
            lines.sort_by(|a, b| log(b.ratio).abs().total_cmp(&log(a.ratio).abs()));
        }
        lines
    }
}

fn log(ratio: f64) -> f64 {
    libm::log(ratio)
}

impl PercentileChange {
    /// `+21 %`
    pub(crate) fn mid(&self) -> String {
        change(log(self.ratio))
    }
    /// `[+15 %, +27 %]`
    pub(crate) fn ends(&self) -> String {
        self.interval.map_or_else(
            || "[unknown]".to_owned(),
            |[low, high]| format!("[{}, {}]", change(log(low)), change(log(high))),
        )
    }
    /// `p 0.008`
    pub(crate) fn p_words(&self) -> String {
        match self.p {
            None => String::new(),
            Some(p) if p < 0.001 => "p < 0.001".to_owned(),
            Some(p) => format!("p {p:.3}"),
        }
    }
    /// What it comes to, in a phrase.
    pub(crate) fn phrase(&self) -> String {
        match self.says {
            Says::Slower => "slower".to_owned(),
            Says::Faster => "faster".to_owned(),
            Says::NoDifference => {
                format!("no difference greater than {}", extent(log(self.no_more_than.unwrap_or(1.0))))
            }
            Says::CannotTell if self.at_limit => "attempts were given up there, so the value is unknown".to_owned(),
            Says::CannotTell => match self.more_runs {
                Some(more) => format!("{} per side would tell", counted(more, "more run", "more runs")),
                None => "even 100 more runs per side would not be enough".to_owned(),
            },
        }
    }
}

impl Outcome {
    /// The word for it in sentences and tables.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Outcome::NoWorse => "not worse",
            Outcome::Worse => "worse",
            Outcome::CannotTell => "inconclusive",
        }
    }
}

impl ChangeKind {
    /// The word for it in tables.
    pub(crate) fn words(self) -> &'static str {
        match self {
            ChangeKind::Rule => "rule",
            ChangeKind::Limit => "limit",
            ChangeKind::ContractBroken => "contract",
            ChangeKind::ContractNote => "contract (note)",
            ChangeKind::Hazard => "hazard",
            ChangeKind::Mark => "mark",
        }
    }
}

/// `smoke at http://127.0.0.1:8000`, of runs that are alike.
pub(crate) fn what(runs: &[RunLine]) -> String {
    let mut targets: Vec<&str> = runs.iter().map(|run| run.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    let scenario = runs.first().map_or("", |run| run.scenario.as_str());
    let many = if targets.len() > 2 { " and others" } else { "" };
    targets.truncate(2);
    format!("{scenario} at {}{many}", targets.join(", "))
}

/// How it was judged, in a sentence each.
pub(crate) fn method(comparison: &Comparison) -> Vec<String> {
    let method = &comparison.method;
    let runs = |n: usize| counted(n as u64, "run", "runs");
    let against = format!("{} against {}", runs(comparison.new.len()), runs(comparison.baseline.len()));
    let pairs = if method.paired { ", of the same seeds" } else { "" };
    let mut said = vec![format!("{against}{pairs}; {}", by(method))];
    let clock = if method.clock == "wire" { "wire latency" } else { "latency of attempts as the app sees them" };
    let share = |x: f64| format!("{:.0} %", x * 100.0);
    said.push(format!(
        "{clock}; intervals of {}; at most {} of comparisons without a difference show a change",
        share(method.interval),
        share(method.level)
    ));
    let known = match (method.history_pairs, comparison.lines.iter().map(|line| line.matters).max_by(f64::total_cmp)) {
        (pairs, Some(most)) if pairs >= crate::judge::HISTORY_MIN as u64 => format!(
            "relevant difference learned from {}: more than {}",
            counted(method.history_nights, "earlier run", "earlier runs"),
            extent(log(most))
        ),
        (_, Some(most)) => {
            format!("relevant difference: {}, as there is no history to learn it from", extent(log(most)))
        }
        (_, None) => return said,
    };
    said.push(known);
    said
}

fn by(method: &Method) -> &'static str {
    match method.test {
        TestKind::Permutation => "tested by permutations of the runs",
        TestKind::SignFlip => "tested pair by pair",
        TestKind::Rotation => "too few runs for permutations, so latencies are assumed log-normal between runs",
        TestKind::Identical => "the same events on both sides",
        TestKind::None => "too few runs, and no history",
    }
}
