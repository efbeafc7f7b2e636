//! The two sides of a comparison: which runs may be used, and whether they are alike enough.

use crate::{ChangeLimit, LeftOut};
use fieldday_folder::nights::{Night, unlike};
use std::collections::BTreeSet;

/// The runs to compare, and the limits on their change.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The new runs, at least one of which must be usable.
    pub new: Vec<Night>,
    /// The runs that the new ones are compared with.
    pub baseline: Vec<Night>,
    /// Earlier nights, the oldest first: how much do nights differ when nothing changed?
    pub history: Vec<Night>,
    /// The limits on change that the user gave.
    pub limits: Vec<ChangeLimit>,
    /// Whether runs are compared although they are of different shape.
    pub although_unlike: bool,
}

/// The reasons why runs cannot be compared.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CompareError {
    /// The same run is given twice.
    #[error("{0} is given twice")]
    Twice(String),
    /// The runs are of different shape.
    #[error("these runs are not comparable: {}", .0.join("; "))]
    Unlike(Vec<String>),
    /// A side without a run that may be used.
    #[error("there is no usable {side} run{}", reasons(left_out))]
    NoRun {
        /// The side without a run: `new` or `baseline`.
        side: &'static str,
        /// Why those that there were cannot be used.
        left_out: Vec<LeftOut>,
    },
}

fn reasons(left_out: &[LeftOut]) -> String {
    left_out.iter().map(|out| format!("; {}: {}", out.folder, out.why)).collect()
}

impl CompareError {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> String {
        match self {
            CompareError::Twice(_) => "a run cannot be compared with itself; give other folders".to_owned(),
            CompareError::Unlike(_) => {
                "compare runs of the same scenario, reps, speed and clock; --although-unlike compares them all the same"
                    .to_owned()
            }
            CompareError::NoRun { .. } => {
                "a run that is inconclusive or did not come to its end can't be compared: run it again".to_owned()
            }
        }
    }
    /// Whether there would have been something to compare, had the runs been good.
    pub const fn is_for_want_of_runs(&self) -> bool {
        matches!(self, CompareError::NoRun { .. })
    }
}

/// Runs that may be compared.
#[derive(Debug)]
pub(crate) struct Sides {
    pub new: Vec<Night>,
    pub baseline: Vec<Night>,
    pub history: Vec<Night>,
    pub left_out: Vec<LeftOut>,
    /// Each new run has its twin of the same seed in the baseline, in the same order.
    pub paired: bool,
    /// The twins are the same, event by event.
    pub identical: bool,
    but: Vec<String>,
}

impl Sides {
    pub fn of(question: Question) -> Result<Sides, CompareError> {
        let mut seen = BTreeSet::new();
        for night in question.new.iter().chain(&question.baseline) {
            let place = std::fs::canonicalize(&night.path).unwrap_or_else(|_| night.path.clone());
            if !seen.insert(place) {
                return Err(CompareError::Twice(night.path.display().to_string()));
            }
        }
        let mut left_out = Vec::new();
        let new = usable("new", question.new, &mut left_out)?;
        let mut baseline = usable("baseline", question.baseline, &mut left_out)?;
        let first = &new[0].run;
        let others = new.iter().chain(&baseline).skip(1);
        let but: BTreeSet<String> = others.flat_map(|other| unlike(first, &other.run)).collect();
        let but: Vec<String> = but.into_iter().collect();
        if !but.is_empty() && !question.although_unlike {
            return Err(CompareError::Unlike(but));
        }
        let paired = pair(&new, &mut baseline);
        let same = |(one, other): (&Night, &Night)| {
            one.summary.fingerprint == other.summary.fingerprint && !one.kind().is_live() && !other.kind().is_live()
        };
        let identical = paired && new.iter().zip(&baseline).all(same);
        let is_other = |night: &Night| {
            let place = std::fs::canonicalize(&night.path).unwrap_or_else(|_| night.path.clone());
            !seen.contains(&place)
        };
        let history = question.history.into_iter().filter(|night| night.unusable().is_none() && is_other(night));
        Ok(Sides { history: history.collect(), new, baseline, left_out, paired, identical, but })
    }
    /// Whether they are runs on the wall clock.
    pub fn is_live(&self) -> bool {
        self.new.iter().chain(&self.baseline).all(|night| night.kind().is_live())
    }
    /// What else is not the same on both sides.
    pub fn differences(&self) -> Vec<String> {
        let mut differences = self.but.clone();
        let mut of = |what: &str, of: &dyn Fn(&Night) -> String| {
            let all = |nights: &[Night]| nights.iter().map(of).collect::<BTreeSet<String>>();
            let (new, baseline) = (all(&self.new), all(&self.baseline));
            if new != baseline {
                let said = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join(", ");
                differences.push(format!("{what}: {} against {}", said(new), said(baseline)));
            }
        };
        of("target", &|night| night.summary.ran.target.clone());
        of("Field Day's version", &|night| night.run.version.clone());
        of("built-in defects", &|night| or_none(&night.run.scenario.defects));
        of("elements removed", &|night| or_none(&night.run.scenario.remove));
        of("machine", &|night| {
            let host = &night.run.host;
            let build = if host.optimised { "" } else { ", unoptimised build" };
            format!("{} × {}{build}", host.cores, host.processor.as_deref().unwrap_or(&host.arch))
        });
        differences
    }
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(" ") }
}

fn usable(side: &'static str, nights: Vec<Night>, left_out: &mut Vec<LeftOut>) -> Result<Vec<Night>, CompareError> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for night in nights {
        match night.unusable() {
            Some(why) => bad.push(LeftOut { folder: night.path.display().to_string(), why }),
            None => good.push(night),
        }
    }
    if good.is_empty() {
        return Err(CompareError::NoRun { side, left_out: bad });
    }
    left_out.append(&mut bad);
    Ok(good)
}

/// Puts the baseline in the order of the new runs' seeds, if each seed is there once on both sides. Nights that all have the
/// same seed are no pairs: none belongs to one more than to another.
fn pair(new: &[Night], baseline: &mut [Night]) -> bool {
    let seeds = |nights: &[Night]| nights.iter().map(|night| night.run.seed.clone()).collect::<BTreeSet<_>>();
    let (ours, theirs) = (seeds(new), seeds(baseline));
    if ours != theirs || ours.len() != new.len() || theirs.len() != baseline.len() {
        return false;
    }
    let place = |night: &Night| new.iter().position(|one| one.run.seed == night.run.seed);
    baseline.sort_by_key(place);
    true
}
