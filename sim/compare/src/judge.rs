//! What the values of some runs say about each thing that was measured: that it changed, that it did not change by more than
//! so much, or that these runs cannot tell.
//!
//! A value is the logarithm of a percentile of an endpoint in one run, so that a difference is a ratio. The run is the unit:
//! requests of one run have its luck in common. That something changed is said by [the greatest statistic](crate::stats::max_t); how much, by an interval of
//! Student's t with the moderated variance, each end of which is on the wrong side in at most one case of twenty.

use crate::stats::max_t::{Columns, Side, Tested, test};
use crate::stats::moderate::Moderated;
use crate::stats::relabel::{Contrasts, Null, smallest_p_of_groups, smallest_p_of_pairs};
use crate::stats::student;

/// The share of comparisons of like runs in which anything may be called changed. What is promised is 5 %: the rest is room
/// for nights that are not quite alike.
pub const LEVEL: f64 = 0.04;
/// The part of the interval that is wanted: each end is wrong in at most one case of twenty.
pub const INTERVAL: f64 = 0.9;
/// The smallest effect that matters is this at least, however alike nights were: 5 %.
pub const MARGIN_LEAST: f64 = 0.05;
/// And this at most, however they differed: 25 %.
pub const MARGIN_MOST: f64 = 0.25;
/// And this if there is no history to learn it from: 10 %.
pub const MARGIN_UNKNOWN: f64 = 0.10;
/// Pairs of neighbouring nights from which it can be learned.
pub const HISTORY_MIN: usize = 4;
/// Of two nights that are alike, so many in a hundred differ by less than the smallest effect that matters: 95, by the normal
/// quantile.
const ORDINARY: f64 = 1.959_963_985;
/// Degrees of freedom below which nothing is tested.
const FREEDOM_MIN: f64 = 2.0;
/// What a change must come to, in standard errors, to stand out among some fifty things that were measured.
const STANDS_OUT: f64 = 3.5;
/// More runs than this a side are asked of nobody.
pub const RUNS_MOST: usize = 100;

/// The values of all runs that a comparison rests on.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// A column a thing measured. In it: a value for each new run, one for each of the baseline, and the differences of
    /// neighbouring nights of the history, each over √2.
    pub columns: Vec<Vec<f64>>,
    /// Columns of a family vary alike, as far as is known.
    pub family: Vec<usize>,
    /// The number of new runs.
    pub new: usize,
    /// The number of runs in the baseline.
    pub base: usize,
    /// The number of differences between neighbouring nights of the history.
    pub history: usize,
    /// Each new run has its twin in the baseline, in the same order: the same seed on both sides.
    pub paired: bool,
}

/// The test that a comparison rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Design {
    /// Distribution-free, or as if values were log-normal.
    By(Null),
    /// No test: there are too few runs, and no history.
    Nothing,
}

/// The conclusion for a column, with its figures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Judged {
    /// The difference of the means of the logarithms: new less baseline.
    pub mid: f64,
    /// Its interval; none if nothing is known of how much runs vary.
    pub interval: Option<(f64, f64)>,
    /// The p-value, adjusted for all columns.
    pub p: Option<f64>,
    /// The smallest effect that matters, as a logarithm.
    pub margin: f64,
    /// Whether it changed, by the p-value and the margin.
    pub says: Says,
}

/// The conclusion for a column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Says {
    /// The difference is more than chance explains.
    Changed,
    /// It did not change by more than the interval has, which is less than what matters.
    NoMoreThan(f64),
    /// These runs cannot tell; so many more a side probably could, if that can be said and they are not too many.
    CannotTell(Option<usize>),
}

impl Sample {
    /// The test that these runs allow.
    pub fn design(&self) -> Design {
        let freedom = (self.new + self.base + self.history) as f64 - 2.0;
        match () {
            () if self.new == 0 || self.base == 0 => Design::Nothing,
            () if self.is_in_pairs() => Design::By(Null::SignFlips),
            () if smallest_p_of_groups(self.new, self.base) <= LEVEL => Design::By(Null::Permutations),
            () if freedom >= FREEDOM_MIN => Design::By(Null::Rotations),
            () => Design::Nothing,
        }
    }
    /// Whether there are pairs enough for flips of signs to show anything. With fewer, what the pairs have in common only
    /// makes the test of two groups careful.
    fn is_in_pairs(&self) -> bool {
        self.paired && self.new == self.base && smallest_p_of_pairs(self.new) <= LEVEL
    }
    /// The directions by which it is judged.
    fn contrasts(&self) -> Option<Contrasts> {
        match self.design() {
            Design::By(Null::SignFlips) => Some(Contrasts::sign_flips(self.new)),
            Design::By(Null::Permutations) => Some(Contrasts::permutations(self.new, self.base, self.history)),
            Design::By(Null::Rotations) => Some(Contrasts::rotations(self.new, self.base, self.history)),
            Design::Nothing => None,
        }
    }
    /// The columns as the test wants them, with every new value lowered by so much.
    fn lowered(&self, by: f64) -> Columns {
        let (new, base) = (self.new, self.base);
        if self.is_in_pairs() {
            let of = |column: &Vec<f64>| (0..new).map(|run| column[run] - by - column[new + run]).collect();
            return Columns::paired(self.columns.iter().map(of).collect(), self.family.clone());
        }
        let lower = |column: &Vec<f64>| {
            let mut column = column.clone();
            column[..new].iter_mut().for_each(|value| *value -= by);
            column
        };
        Columns::grouped(self.columns.iter().map(lower).collect(), self.family.clone(), new + base)
    }
    /// How long the contrast of length one is in logarithms.
    fn scale(&self) -> f64 {
        let (new, base) = (self.new as f64, self.base as f64);
        libm::sqrt(if self.is_in_pairs() { 1.0 / new } else { 1.0 / new + 1.0 / base })
    }
    /// The same runs with only the columns at these places.
    pub fn only(&self, columns: &[usize]) -> Sample {
        let pick = |column: &usize| (self.columns[*column].clone(), self.family[*column]);
        let (columns, family) = columns.iter().map(pick).unzip();
        Sample { columns, family, ..*self }
    }
    fn mid(&self, column: usize) -> f64 {
        let values = &self.columns[column];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        mean(&values[..self.new]) - mean(&values[self.new..self.new + self.base])
    }
    /// The smallest effects that matter, as logarithms: what two like nights differ by in 19 of 20 cases.
    pub fn margins(&self) -> Vec<f64> {
        let (from, nights) = (self.new + self.base, self.history);
        if nights < HISTORY_MIN {
            return vec![libm::log(1.0 + MARGIN_UNKNOWN); self.columns.len()];
        }
        let variance = |column: &Vec<f64>| column[from..].iter().map(|x| x * x).sum::<f64>() / nights as f64;
        let variances: Vec<f64> = self.columns.iter().map(variance).collect();
        let of_family = |family: usize| {
            let theirs = variances.iter().zip(&self.family).filter(|(_, of)| **of == family).map(|(v, _)| *v);
            Moderated::learn(&theirs.collect::<Vec<_>>(), nights as f64)
        };
        let margin = |(variance, family): (&f64, &usize)| {
            let moderated = of_family(*family).of(*variance, nights as f64);
            let ordinary = ORDINARY * libm::sqrt(2.0 * moderated);
            ordinary.clamp(libm::log(1.0 + MARGIN_LEAST), libm::log(1.0 + MARGIN_MOST))
        };
        variances.iter().zip(&self.family).map(margin).collect()
    }

    /// Judges all columns together, so that the p-values are adjusted for their number.
    pub fn judge(&self) -> Vec<Judged> {
        let margins = self.margins();
        let Some(contrasts) = self.contrasts() else {
            let more = 4_usize.saturating_sub(self.new.min(self.base));
            let unknown = |(column, margin): (usize, &f64)| Judged {
                mid: self.mid(column),
                interval: None,
                p: None,
                margin: *margin,
                says: Says::CannotTell(Some(more)),
            };
            return margins.iter().enumerate().map(unknown).collect();
        };
        let columns = self.lowered(0.0);
        let t = student::quantile(f64::midpoint(1.0, INTERVAL), columns.freedom);
        let tested = test(&columns, &contrasts, Side::Both);
        tested.iter().zip(margins).map(|(tested, margin)| self.one(tested, margin, t)).collect()
    }
    fn one(&self, tested: &Tested, margin: f64, t: f64) -> Judged {
        let (mid, half) = (tested.effect * self.scale(), t * libm::sqrt(tested.variance) * self.scale());
        let (low, high) = (mid - half, mid + half);
        let widest = low.abs().max(high.abs());
        let says = match () {
            // A difference too small to matter is one all the same, but nobody need hear of it.
            () if widest <= margin => Says::NoMoreThan(widest),
            // The test and the interval ask different things of the same runs; what holds by one alone is not told.
            () if tested.p.is_some_and(|p| p <= LEVEL) && (low > 0.0 || high < 0.0) => Says::Changed,
            () => Says::CannotTell(self.more(mid, libm::sqrt(tested.variance), margin)),
        };
        Judged { mid, interval: Some((low, high)), p: tested.p, margin, says }
    }
    /// How many more runs a side would tell, if the difference stays what it is: enough for the interval to lie within what
    /// does not matter, or for the difference to stand out.
    fn more(&self, mid: f64, deviation: f64, margin: f64) -> Option<usize> {
        let now = self.new.min(self.base);
        let tells = |runs: usize| {
            let n = runs as f64;
            let (scale, freedom) =
                if self.is_in_pairs() { (libm::sqrt(1.0 / n), n - 1.0) } else { (libm::sqrt(2.0 / n), 2.0 * n - 2.0) };
            let half = student::quantile(f64::midpoint(1.0, INTERVAL), freedom) * deviation * scale;
            mid.abs() + half <= margin || mid.abs() >= STANDS_OUT * deviation * scale
        };
        ((now + 1).max(4)..=now + RUNS_MOST).find(|runs| tells(*runs)).map(|runs| runs - now)
    }

    /// Whether every column of these is within a limit on its change, or some column is beyond it for certain. The limit is a
    /// logarithm.
    pub fn limit(&self, columns: &[usize], judged: &[Judged], limit: f64) -> Within {
        let of_them = columns.iter().map(|column| &judged[*column]);
        if columns.is_empty() {
            return Within::CannotTell;
        }
        if of_them.clone().all(|one| one.interval.is_some_and(|(_, high)| high <= limit)) {
            return Within::Yes;
        }
        let Some(contrasts) = self.contrasts() else { return Within::CannotTell };
        let tested = test(&self.only(columns).lowered(limit), &contrasts, Side::Above);
        let beyond = tested.iter().zip(columns).filter(|(tested, _)| tested.p.is_some_and(|p| p <= LEVEL));
        let beyond: Vec<usize> = beyond.map(|(_, column)| *column).collect();
        if beyond.is_empty() { Within::CannotTell } else { Within::No(beyond) }
    }
}

/// How some columns stand to a limit on their change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Within {
    /// All columns are within the limit.
    Yes,
    /// The columns at these places are beyond the limit.
    No(Vec<usize>),
    /// The runs are too few, or vary too much, to decide it.
    CannotTell,
}
