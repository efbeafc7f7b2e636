//! Which columns differ, by the greatest statistic of all columns: Westfall and Young's step-down max-T.
//!
//! The chance that one column or more is called different although none is (and so, the more, the share of false ones among
//! those called different) is at most the level, whatever the columns have in common. A single column's p-value under 252
//! permutations is 0.008 at least, and would never pass a correction for 54 columns: that the greatest of all is compared
//! with the greatest of all is what makes five runs a side enough.

use super::moderate::Moderated;
use super::relabel::Contrasts;

/// Values: a column a thing measured, in it a value a row.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The columns. Those rows that have a mean are centred already.
    values: Vec<Vec<f64>>,
    /// Columns of a family vary alike, as far as is known: their variances are drawn towards each other.
    family: Vec<usize>,
    /// Degrees of freedom that are left beside the contrast.
    pub freedom: f64,
}

/// The result of the test for one column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tested {
    /// The contrast of length one: the difference over √(1/new + 1/base).
    pub effect: f64,
    /// The variance of the column, moderated by that of the others of its family.
    pub variance: f64,
    /// The p-value, adjusted for all columns; none if nothing could be tested.
    pub p: Option<f64>,
}

impl Columns {
    /// The first `grouped` rows have an unknown mean in common if nothing differs; the rest vary about 0.
    pub fn grouped(mut values: Vec<Vec<f64>>, family: Vec<usize>, grouped: usize) -> Columns {
        let rows = values.first().map_or(0, Vec::len);
        for column in &mut values {
            let mean = column[..grouped].iter().sum::<f64>() / grouped as f64;
            column[..grouped].iter_mut().for_each(|x| *x -= mean);
        }
        Columns { values, family, freedom: rows as f64 - 2.0 }
    }
    /// Differences of pairs, which vary about 0 if nothing differs.
    pub fn paired(values: Vec<Vec<f64>>, family: Vec<usize>) -> Columns {
        let rows = values.first().map_or(0, Vec::len);
        Columns { values, family, freedom: rows as f64 - 1.0 }
    }
    fn squares(&self) -> Vec<f64> {
        self.values.iter().map(|column| column.iter().map(|x| x * x).sum()).collect()
    }
    /// All columns' effects and moderated variances in a direction.
    fn along(&self, direction: &[f64], squares: &[f64]) -> Vec<(f64, f64)> {
        let effect = |column: &Vec<f64>| column.iter().zip(direction).map(|(x, c)| x * c).sum::<f64>();
        let effects: Vec<f64> = self.values.iter().map(effect).collect();
        let left = |(square, effect): (&f64, &f64)| ((square - effect * effect) / self.freedom).max(0.0);
        let variances: Vec<f64> = squares.iter().zip(&effects).map(left).collect();
        let families = self.family.iter().max().map_or(0, |most| most + 1);
        let learned: Vec<Moderated> = (0..families)
            .map(|family| {
                let theirs = variances.iter().zip(&self.family).filter(|(_, of)| **of == family).map(|(v, _)| *v);
                Moderated::learn(&theirs.collect::<Vec<_>>(), self.freedom)
            })
            .collect();
        let moderated = variances.iter().zip(&self.family).map(|(v, family)| learned[*family].of(*v, self.freedom));
        effects.iter().copied().zip(moderated).collect()
    }
}

/// On which side of nothing a difference counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// A difference in either direction counts.
    Both,
    /// Only a positive difference counts.
    Above,
}

/// Tests all columns together: the greatest statistic of each relabelling gives the p-values.
pub fn test(columns: &Columns, contrasts: &Contrasts, side: Side) -> Vec<Tested> {
    if columns.values.is_empty() || columns.freedom <= 0.0 {
        return Vec::new();
    }
    let squares = columns.squares();
    let statistic = |(effect, variance): &(f64, f64)| match side {
        _ if *effect == 0.0 => 0.0,
        Side::Both => effect.abs() / libm::sqrt(*variance),
        Side::Above => effect / libm::sqrt(*variance),
    };
    let seen = columns.along(&contrasts.directions[0], &squares);
    let observed: Vec<f64> = seen.iter().map(statistic).collect();
    let mut order: Vec<usize> = (0..observed.len()).collect();
    order.sort_by(|a, b| observed[*b].total_cmp(&observed[*a]));
    // How many ways have, among this column and those after it, one as great as this.
    let mut reached = vec![0_usize; order.len()];
    for direction in &contrasts.directions {
        let now = columns.along(direction, &squares);
        let mut greatest = f64::NEG_INFINITY;
        for (place, column) in order.iter().enumerate().rev() {
            greatest = greatest.max(statistic(&now[*column]));
            // As great but for rounding is as great.
            reached[place] += usize::from(greatest >= observed[*column] * (1.0 - 1e-9) - 1e-12);
        }
    }
    let mut tested: Vec<Tested> =
        seen.iter().map(|(effect, variance)| Tested { effect: *effect, variance: *variance, p: None }).collect();
    let mut p = 0.0_f64;
    for (place, column) in order.iter().enumerate() {
        p = p.max(reached[place] as f64 / contrasts.directions.len() as f64);
        tested[*column].p = Some(p);
    }
    tested
}
