//! The statistics of comparisons, against values of scipy (`stats_oracle.py` beside this file printed them) and against what
//! must be so whatever the values are.

use fieldday_compare::stats::max_t::{Columns, Side, Tested, test};
use fieldday_compare::stats::moderate::{Moderated, inverse_trigamma, trigamma};
use fieldday_compare::stats::relabel::Contrasts;
use fieldday_compare::stats::steps::{Series, steps};
use fieldday_compare::stats::student;
use proptest::prelude::*;

fn close(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within * b.abs().max(1.0), "{a} is not {b}");
}
fn p(tested: &[Tested]) -> Vec<f64> {
    tested.iter().map(|one| one.p.unwrap()).collect()
}
/// One column, judged by itself.
fn one(new: &[f64], base: &[f64], contrasts: &Contrasts, side: Side) -> f64 {
    let values = new.iter().chain(base).copied().collect();
    p(&test(&Columns::grouped(vec![values], vec![0], new.len() + base.len()), contrasts, side))[0]
}

const NEW: [f64; 5] = [0.12, 0.08, 0.15, 0.02, 0.11];
const BASE: [f64; 5] = [0.01, 0.05, -0.03, 0.06, 0.09];

#[test]
fn special_functions_are_those_of_scipy() {
    let of_scipy = [
        (0.5, 4.93480220054468),
        (1.0, 1.6449340668482266),
        (2.5, 0.4903577561002349),
        (10.0, 0.10516633568168576),
        (40.0, 0.025315103841291032),
    ];
    for (x, y) in of_scipy {
        close(trigamma(x), y, 1e-13);
        close(inverse_trigamma(y), x, 1e-9);
    }
    close(student::quantile(0.95, 8.0), 1.8595480375308973, 1e-9);
    close(student::quantile(0.975, 3.0), 3.1824463052837078, 1e-9);
}

#[test]
fn one_column_by_permutations_is_scipys_permutation_test() {
    let contrasts = Contrasts::permutations(5, 5, 0);
    close(one(&NEW, &BASE, &contrasts, Side::Both), 0.10317460317460317, 1e-12);
    close(one(&NEW, &BASE, &contrasts, Side::Above), 0.051587301587301584, 1e-12);
}

#[test]
fn pairs_by_flips_of_signs_are_scipys() {
    let new = [0.12, 0.08, 0.15, 0.02, 0.11, 0.04, 0.07];
    let base = [0.01, 0.05, -0.03, 0.06, 0.09, 0.03, -0.01];
    let differences = new.iter().zip(base).map(|(a, b)| a - b).collect();
    let tested = test(&Columns::paired(vec![differences], vec![0]), &Contrasts::sign_flips(7), Side::Both);
    close(p(&tested)[0], 0.109375, 1e-12);
}

#[test]
fn the_step_down_is_that_of_westfall_and_young() {
    let one = vec![0.31, 0.25, 0.29, 0.35, 0.01, 0.06, -0.04, 0.03];
    let other = vec![0.02, 0.11, -0.05, 0.08, 0.14, 0.11, 0.17, 0.17];
    let columns = Columns::grouped(vec![one, other], vec![0, 0], 8);
    let tested = test(&columns, &Contrasts::permutations(4, 4, 0), Side::Both);
    // Two columns are too few to moderate anything: the statistics are plain t.
    let t: Vec<f64> = tested.iter().map(|one| one.effect.abs() / one.variance.sqrt()).collect();
    close(t[0], 9.6347585, 1e-7);
    close(t[1], 2.81702366, 1e-7);
    close(p(&tested)[0], 0.02857142857142857, 1e-12);
    close(p(&tested)[1], 0.05714285714285714, 1e-12);
}

/// With one column, turning the space of normal values is Student's t: 9,999 directions give its p-value but for chance,
/// whose deviation is √(p (1 − p) / 9,999).
#[test]
fn one_column_by_rotations_is_students_t() {
    let base = [0.01, 0.05, -0.03, 0.06, 0.09, 0.0, 0.03];
    close(one(&[0.2], &base, &Contrasts::rotations(1, 7, 0), Side::Both), 0.007670878211915473, 0.004);
    let (new, base) = ([0.11, 0.14, 0.09], [0.02, 0.07, 0.05]);
    close(one(&new, &base, &Contrasts::rotations(3, 3, 0), Side::Both), 0.031541483122293296, 0.007);
}

#[test]
fn variances_are_moderated_as_by_limma() {
    let unlike = Moderated::learn(&[0.0004, 0.0025, 0.0100, 0.0009, 0.0361, 0.0016], 8.0);
    close(unlike.weight, 1.5449358527716899, 1e-7);
    close(unlike.prior, 0.0014926346411362366, 1e-9);
    let expected = (unlike.weight * unlike.prior + 8.0 * 0.01) / (unlike.weight + 8.0);
    close(unlike.of(0.01, 8.0), expected, 1e-12);
    let alike = Moderated::learn(&[0.0024, 0.0025, 0.0026, 0.0025, 0.0023], 8.0);
    assert!(alike.weight.is_infinite());
    close(alike.prior, 0.0027995840329966843, 1e-12);
    close(alike.of(0.9, 8.0), alike.prior, 1e-12);
    // Of two nothing can be learned.
    close(Moderated::learn(&[0.1, 0.2], 8.0).of(0.1, 8.0), 0.1, 1e-12);
}

#[test]
fn a_step_is_placed_where_it_is_and_a_level_series_has_none() {
    // Deterministic and without a trend: what is left over when multiples of the golden ratio are divided by one.
    let noise = |row: usize, column: usize| ((row * 7 + column * 13 + 1) as f64 * 0.618_033_988_7).fract() * 0.1;
    let series = |column: usize, by: f64| -> Series {
        ((0..24).map(|row| Some(noise(row, column) + if row >= 15 { by } else { 0.0 })).collect(), 0)
    };
    let level: Vec<Series> = (0..6).map(|column| series(column, 0.0)).collect();
    assert_eq!(steps(&level, 0.05), []);
    let stepping: Vec<Series> = (0..6).map(|column| series(column, if column == 2 { 0.3 } else { 0.0 })).collect();
    let found = steps(&stepping, 0.05);
    assert_eq!(found.iter().map(|step| step.row).collect::<Vec<_>>(), [15]);
    let (column, by) = found[0].columns[0];
    assert!(column == 2 && found[0].columns.len() == 1 && (by - 0.3).abs() < 0.05 && found[0].p <= 0.002, "{found:?}");
    // Nights in which it was not measured are passed over.
    let mut holes = stepping.clone();
    [3, 9, 20].into_iter().for_each(|row| holes[2].0[row] = None);
    assert_eq!(steps(&holes, 0.05).iter().map(|step| step.row).collect::<Vec<_>>(), [15]);
    assert_eq!(steps(&[], 0.05), []);
}

fn values(rows: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(prop::collection::vec(-0.5..0.5_f64, rows), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// What is said of each column does not depend on the order of columns, nor on that of runs within a side, nor on the
    /// unit in which latencies are measured.
    #[test]
    fn order_and_unit_say_nothing(columns in values(8), unit in -3.0..3.0_f64) {
        let contrasts = Contrasts::permutations(4, 4, 0);
        let judge = |columns: Vec<Vec<f64>>| {
            let family = vec![0; columns.len()];
            p(&test(&Columns::grouped(columns, family, 8), &contrasts, Side::Both))
        };
        let plain = judge(columns.clone());
        prop_assert!(plain.iter().all(|p| (2.0 / 70.0 - 1e-12..=1.0).contains(p)));
        let mut turned = judge(columns.iter().rev().cloned().collect());
        turned.reverse();
        let mut other = columns.clone();
        for column in &mut other {
            column.iter_mut().for_each(|value| *value += unit);
            column.swap(0, 3);
            column.swap(5, 7);
        }
        for (a, b) in plain.iter().zip(turned).chain(plain.iter().zip(judge(other))) {
            prop_assert!((a - b).abs() < 1e-9, "{} {}", a, b);
        }
    }

    /// Which side is called new turns the sign and nothing else.
    #[test]
    fn the_sides_are_alike(columns in values(10)) {
        let judge = |columns: Vec<Vec<f64>>| {
            let family = vec![0; columns.len()];
            test(&Columns::grouped(columns, family, 10), &Contrasts::permutations(5, 5, 0), Side::Both)
        };
        let swapped = columns.iter().map(|column| [&column[5..], &column[..5]].concat()).collect();
        for (a, b) in judge(columns).iter().zip(judge(swapped)) {
            prop_assert!((a.effect + b.effect).abs() < 1e-12 && (a.p.unwrap() - b.p.unwrap()).abs() < 1e-9);
        }
    }

    /// More columns never make a p-value smaller: that is what adjusting for them means. (Without moderation, which learns
    /// from them.)
    #[test]
    fn more_columns_make_nothing_surer(columns in values(8)) {
        let judge = |columns: &[Vec<f64>]| {
            let family = (0..columns.len()).collect();
            p(&test(&Columns::grouped(columns.to_vec(), family, 8), &Contrasts::permutations(4, 4, 0), Side::Both))
        };
        let (alone, all) = (judge(&columns[..1]), judge(&columns));
        prop_assert!(all[0] >= alone[0] - 1e-12);
    }

    /// A step is never marked where all runs are the same, and adding a constant moves nothing.
    #[test]
    fn steps_go_by_differences(rows in prop::collection::vec(-0.1..0.1_f64, 8..14), by in -2.0..2.0_f64) {
        let series = |by: f64| -> Vec<Series> { vec![(rows.iter().map(|x| Some(x + by)).collect(), 0)] };
        let rows_of = |by: f64| steps(&series(by), 0.05).into_iter().map(|step| step.row).collect::<Vec<_>>();
        prop_assert_eq!(rows_of(0.0), rows_of(by));
        let flat: Vec<Series> = vec![(vec![Some(by); 12], 0)];
        prop_assert_eq!(steps(&flat, 0.05), []);
    }
}
