//! Words below a chart: as many as have room, on a desk and on a phone, and never one over another.

use super::scale::{Scale, Tick};

/// Words below a chart at most.
const MOST: usize = 8;
/// How wide a figure's field is at least, in widths of a digit: on a desk, and on a phone.
const DESK: f64 = 78.0;
const PHONE: f64 = 34.0;
/// The room between two words, in widths of a digit.
const GAP: f64 = 2.0;
/// Numbers that range over more than this factor stand on a logarithmic axis.
const WIDE: f64 = 20.0;
/// Of ticks that have no room, every second is tried, and so on.
const EVERY: [usize; 6] = [1, 2, 3, 4, 6, 12];

/// The horizontal axis of a chart: title, labels and their places.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Axis {
    /// What it shows, with its unit: it stands under the axis. Empty for none.
    pub title: String,
    /// Where each column stands, from 0 to 1; evenly if there are none.
    pub places: Vec<f64>,
    pub(super) desk: Vec<Word>,
    pub(super) phone: Vec<Word>,
}

/// A word below a chart.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word {
    pub words: String,
    /// Where its middle is, from 0 to 1.
    pub at: f64,
    /// Half its width, in widths of a digit: it stays so far from both ends.
    pub half: f64,
}

impl Axis {
    /// Of columns with a label each: the first, the last, and some between them.
    pub fn of_columns(labels: &[String]) -> Axis {
        Axis::of_some(labels.len(), |_, column| labels[column].clone())
    }
    /// Of so many columns: the first, the last, and some between them. The words of a column may depend on which column has
    /// the words before it.
    pub fn of_some(columns: usize, words: impl Fn(Option<usize>, usize) -> String) -> Axis {
        let last = columns.saturating_sub(1);
        let choice = |count: usize| {
            let mut before = None;
            let mut ticks = Vec::new();
            for number in 0..count {
                let gaps = count.saturating_sub(1).max(1);
                let column = (number * last + gaps / 2) / gaps;
                let at = (column as f64 + 0.5) / columns as f64;
                ticks.push(Tick { at, words: words(before.replace(column), column) });
            }
            ticks
        };
        Axis::first_of((columns.min(1)..=columns.min(MOST)).rev().map(choice).collect())
    }
    /// The first of these choices that has room; nothing if none has.
    pub fn first_of(choices: Vec<Vec<Tick>>) -> Axis {
        let within = |width| choices.iter().find_map(|ticks| placed(ticks, width)).unwrap_or_default();
        Axis { desk: within(DESK), phone: within(PHONE), ..Axis::default() }
    }
    /// Of even columns, with a title and as many of these ticks as have room.
    pub fn even(title: impl Into<String>, ticks: &[Tick]) -> Axis {
        Axis { title: title.into(), ..Axis::first_of(EVERY.map(|every| some(ticks, every)).into()) }
    }
    /// An axis of numbers, one a column, in ascending order: logarithmic if they range far and none is below one.
    pub fn numbers(title: impl Into<String>, columns: &[f64], words: fn(f64) -> String) -> Axis {
        let (least, most) =
            columns.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), x| (least.min(*x), most.max(*x)));
        let is_wide = least >= 1.0 && most > WIDE * least;
        let scale = if is_wide { Scale::log(columns.iter().copied()) } else { Scale::linear(columns.iter().copied()) };
        let title: String = title.into();
        let title = if is_wide { format!("{title}, logarithmic") } else { title };
        Axis { places: columns.iter().map(|x| scale.place(*x)).collect(), ..Axis::even(title, &scale.ticks(words)) }
    }
    /// Whether no words stand below the chart.
    pub(super) fn has_no_words(&self) -> bool {
        self.desk.is_empty() && self.phone.is_empty()
    }
}

fn some(ticks: &[Tick], every: usize) -> Vec<Tick> {
    ticks.iter().step_by(every).cloned().collect()
}

/// The words at their places; none if they are too many, or have no room beside one another.
fn placed(ticks: &[Tick], width: f64) -> Option<Vec<Word>> {
    let (mut words, mut free_from) = (Vec::new(), f64::NEG_INFINITY);
    for Tick { at, words: text } in ticks {
        let half = text.chars().count() as f64 / 2.0;
        let middle = (at * width).min(width - half).max(half);
        if middle - half < free_from {
            return None;
        }
        free_from = middle + half + GAP;
        words.push(Word { words: text.clone(), at: *at, half });
    }
    (words.len() <= MOST).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(of: &[Word]) -> Vec<&str> {
        of.iter().map(|word| word.words.as_str()).collect()
    }

    #[test]
    fn the_first_and_the_last_column_always_have_words_and_none_stands_over_another() {
        for columns in [1, 2, 3, 14, 60, 400] {
            for long in [2, 7, 11, 15] {
                let labels: Vec<String> = (0..columns).map(|column| format!("{column:0long$}")).collect();
                let axis = Axis::of_columns(&labels);
                for (shown, width) in [(&axis.desk, DESK), (&axis.phone, PHONE)] {
                    let (first, last) = (shown.first().unwrap(), shown.last().unwrap());
                    assert_eq!((&first.words, &last.words), (&labels[0], &labels[columns - 1]), "{columns} {long}");
                    assert!(shown.len() <= 8 && (columns == 1 || shown.len() > 1));
                    let middle = |word: &Word| (word.at * width).min(width - word.half).max(word.half);
                    for pair in shown.windows(2) {
                        let room = middle(&pair[1]) - pair[1].half - middle(&pair[0]) - pair[0].half;
                        assert!(room >= GAP - 1e-9, "{columns} columns, {long} digits: {pair:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn there_are_as_many_words_as_have_room() {
        let labels: Vec<String> = (0..22).map(|column| format!("{column:06}")).collect();
        let axis = Axis::of_columns(&labels);
        assert_eq!((axis.desk.len(), axis.phone.len()), (8, 4));
        assert_eq!(words(&axis.phone), ["000000", "000007", "000014", "000021"]);
        assert_eq!(Axis::of_columns(&[]), Axis::default());
    }

    #[test]
    fn numbers_stand_where_they_belong() {
        let whole = |x: f64| format!("{x:.0}");
        let near = Axis::numbers("Instances", &[1.0, 2.0, 8.0], whole);
        assert_eq!((near.title.as_str(), &near.places), ("Instances", &vec![0.125, 0.25, 1.0]));
        assert_eq!(words(&near.desk), ["0", "2", "4", "6", "8"]);
        let far = Axis::numbers("Reps", &[100.0, 1_000.0, 10_000.0], whole);
        assert_eq!(far.title, "Reps, logarithmic");
        assert!(far.places.iter().zip([0.0, 0.5, 1.0]).all(|(place, at)| (place - at).abs() < 1e-9), "{far:?}");
    }

    #[test]
    fn of_ticks_that_have_no_room_some_are_left_out() {
        let ticks: Vec<Tick> =
            (0..24).map(|hour| Tick { at: f64::from(hour) / 24.0, words: format!("{hour:02}:00") }).collect();
        let axis = Axis::even("Local time, UTC-04:00", &ticks);
        assert_eq!(words(&axis.desk), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
        assert_eq!(words(&axis.phone), ["00:00", "12:00"]);
        assert!(Axis::even("Day", &[]).has_no_words());
    }

    #[test]
    fn words_may_depend_on_those_before_them() {
        let axis = Axis::of_some(3, |before, column| format!("{before:?} {column}"));
        assert_eq!(words(&axis.desk), ["None 0", "Some(0) 1", "Some(1) 2"]);
    }
}
