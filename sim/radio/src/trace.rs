//! What somebody measured of their own network over time, to be used in place of what a profile draws.
//!
//! Two formats are read. A file whose name ends in `.csv` has a header and a row for each moment from which on something is
//! so: `time_s,up_kbit_s,down_kbit_s`, and `rtt_ms` if round trips were measured. Any other file is one of mahimahi's: a
//! line for each moment, in whole milliseconds, at which a packet of 1,500 bytes may leave, for one direction.
//!
//! When it ends, a trace begins anew. Each phone begins at a moment of its own in it, which the seed decides, so that not
//! all of them are in the same tunnel at once.

use fieldday_kernel::time::{Span, Time};
use serde::{Serialize, Serializer};
use std::fmt;

/// The bits of a packet in mahimahi's format: 1,500 bytes.
const PACKET_BITS: i64 = 12_000;
/// Packets are counted in stretches of so many milliseconds. Ours: shorter ones make rates of one packet or none.
const STRETCH_MS: i64 = 100;
/// Round trips below this count as this. A simulation of capacity lets its cells run ahead of each other by half of it, and
/// no mobile network is so quick in the tables of `fixtures/network.toml`.
pub const LEAST_RTT: Span = Span::millis(30);
/// A trace may be so long: a day.
const LONGEST_S: i64 = 86_400;
/// The most that a field may be: 100 Gbit/s, or a minute and a half.
const MOST: f64 = 100_000_000.0;

/// Measurements of a network over time, which repeat from their beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The file, or the files, as the scenario names them.
    pub name: String,
    /// What moves up, in kbit/s.
    pub(crate) up: Series,
    /// What moves down, in kbit/s; none if the profile decides it.
    pub(crate) down: Option<Series>,
    /// How long a round trip takes, in microseconds; none if the profile decides it.
    pub(crate) rtt: Option<Series>,
}

/// It serialises as the names of its files.
impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.name)
    }
}

/// A value over time, which repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Series {
    /// From when on, in microseconds from the beginning, and which value. The first is from 0.
    steps: Vec<(i64, i64)>,
    /// The time after which it repeats, in microseconds.
    length: i64,
}

/// A file that is no trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1; none if it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong with it, and what is expected.
    pub problem: String,
}

impl std::error::Error for TraceError {}
impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl Trace {
    /// Reads one. `file` is its name, which decides the format. `down` is the name and the text of a second file, in
    /// mahimahi's format, for the other direction.
    pub fn parse(file: &str, text: &str, down: Option<(&str, &str)>) -> Result<Trace, TraceError> {
        if is_csv(file) {
            return csv(file, text);
        }
        let (up, mut name) = (packets(file, text)?, file.to_owned());
        let down = down.map(|(down, text)| {
            name = format!("{file}, {down}");
            packets(down, text)
        });
        Ok(Trace { name, up, down: down.transpose()?, rtt: None })
    }
    /// How long it lasts before it begins anew.
    pub fn length(&self) -> Span {
        Span::micros(self.up.length)
    }
}

/// Whether a file of that name has rows with both directions, rather than one direction's packets.
pub fn is_csv(file: &str) -> bool {
    file.to_ascii_lowercase().ends_with(".csv")
}

impl Series {
    /// What it is at a moment, and until when.
    pub fn at(&self, at: Time) -> (i64, Time) {
        let within = at.micros().rem_euclid(self.length);
        let next = self.steps.partition_point(|(from, _)| *from <= within);
        let end = self.steps.get(next).map_or(self.length, |(from, _)| *from);
        (self.steps[next - 1].1, Time::from_micros(at.micros() + end - within))
    }
    /// The same with values that repeat left out. They come in order of time, from 0.
    fn new(steps: impl IntoIterator<Item = (i64, i64)>, length: i64) -> Series {
        let mut kept: Vec<(i64, i64)> = Vec::new();
        for step in steps {
            if kept.last().is_none_or(|(_, value)| *value != step.1) {
                kept.push(step);
            }
        }
        Series { steps: kept, length }
    }
    /// Whether it is 0 all the time.
    fn is_nothing(&self) -> bool {
        self.steps.iter().all(|(_, value)| *value == 0)
    }
}

/// What is wrong with a line.
fn wrong(file: &str, line: usize, problem: impl Into<String>) -> TraceError {
    TraceError { file: file.to_owned(), line: Some(line), problem: problem.into() }
}

const COLUMNS: [&str; 4] = ["time_s", "up_kbit_s", "down_kbit_s", "rtt_ms"];

fn csv(file: &str, text: &str) -> Result<Trace, TraceError> {
    let mut lines = lines(text);
    let (first, header) = lines.next().unwrap_or((1, ""));
    let columns: Vec<&str> = header.split(',').map(str::trim).collect();
    if columns != COLUMNS && columns != COLUMNS[..3] {
        let expected = format!("expected `{}`, of which the last may be missing", COLUMNS.join(","));
        return Err(wrong(file, first, format!("the header is {header:?}; {expected}")));
    }
    let (mut rows, mut begin): (Vec<[i64; 4]>, i64) = (Vec::new(), 0);
    for (number, line) in lines {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != columns.len() {
            return Err(wrong(
                file,
                number,
                format!("it has {} fields; the header has {}", fields.len(), columns.len()),
            ));
        }
        let mut row = [0; 4];
        for ((column, field), value) in columns.iter().zip(&fields).zip(&mut row) {
            // Seconds and milliseconds become microseconds; rates stay in kbit/s.
            let units = match *column {
                "time_s" => 1e6,
                "rtt_ms" => 1e3,
                _ => 1.0,
            };
            let read = field.parse::<f64>().ok().filter(|value| (0.0..=MOST).contains(value));
            let read = read.ok_or_else(|| {
                wrong(file, number, format!("`{column}` is {field:?}; expected a number from 0 to {MOST}"))
            })?;
            *value = (read * units).round() as i64;
        }
        if columns.len() == 4 && row[3] == 0 {
            return Err(wrong(file, number, "`rtt_ms` is 0; expected a round trip, or no such column"));
        }
        row[3] = row[3].max(LEAST_RTT.as_micros());
        begin = rows.first().map_or(row[0], |_| begin);
        row[0] -= begin;
        if rows.last().is_some_and(|before| before[0] >= row[0]) {
            return Err(wrong(file, number, "`time_s` is not after the row before; expected times in order"));
        }
        if row[0] > LONGEST_S * 1_000_000 {
            return Err(wrong(file, number, format!("it is more than {LONGEST_S} s after the first row")));
        }
        rows.push(row);
    }
    // Nobody measured how long the last row holds: as long as the one before.
    let length = match rows.as_slice() {
        [] => return Err(TraceError { file: file.to_owned(), line: None, problem: "it has no rows".to_owned() }),
        [_] => 1_000_000,
        [.., before, last] => last[0] + (last[0] - before[0]),
    };
    let series = |column: usize| Series::new(rows.iter().map(|row| (row[0], row[column])), length);
    let (up, down) = (series(1), series(2));
    something_moves(file, &up, "up_kbit_s")?;
    something_moves(file, &down, "down_kbit_s")?;
    let rtt = (columns.len() == 4).then(|| series(3));
    Ok(Trace { name: file.to_owned(), up, down: Some(down), rtt })
}

fn packets(file: &str, text: &str) -> Result<Series, TraceError> {
    let mut counts: Vec<i64> = Vec::new();
    let mut last = 0;
    for (number, line) in lines(text) {
        let at = line.parse::<i64>().ok().filter(|at| (0..=LONGEST_S * 1000).contains(at)).ok_or_else(|| {
            let most = LONGEST_S * 1000;
            let expected = format!("expected a moment in whole milliseconds, from 0 to {most}, as mahimahi has it");
            wrong(file, number, format!("it is {line:?}; {expected}, or a file whose name ends in .csv"))
        })?;
        if at < last {
            return Err(wrong(file, number, format!("{at} ms is before the line above; expected moments in order")));
        }
        // Mahimahi counts a millisecond's packets to its end: the last line is where the trace begins anew.
        let stretch = ((at - 1).max(0) / STRETCH_MS) as usize;
        counts.resize(counts.len().max(stretch + 1), 0);
        (counts[stretch], last) = (counts[stretch] + 1, at);
    }
    let length = last.max(1);
    let rate = |(number, packets): (usize, &i64)| {
        let from = number as i64 * STRETCH_MS;
        // Bits in a millisecond are kbit/s. The last stretch may be a shorter one.
        (from * 1000, packets * PACKET_BITS / (length - from).clamp(1, STRETCH_MS))
    };
    let series = Series::new(counts.iter().enumerate().map(rate), length * 1000);
    if series.steps.is_empty() {
        return Err(TraceError { file: file.to_owned(), line: None, problem: "it has no lines".to_owned() });
    }
    Ok(series)
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn something_moves(file: &str, series: &Series, column: &str) -> Result<(), TraceError> {
    if series.is_nothing() {
        let problem = format!("`{column}` is 0 in every row: nothing would ever arrive");
        return Err(TraceError { file: file.to_owned(), line: None, problem });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Time {
        Time::from_micros(ms * 1000)
    }
    const DRIVE: &str = "# A tunnel in the middle.\ntime_s,up_kbit_s,down_kbit_s,rtt_ms\n\
                         100,5000,20000,50\n101.5, 0, 0, 200\n103,2500.4,9000,5\n\n";

    #[test]
    fn rows_hold_until_the_next_one_and_begin_anew() {
        let trace = Trace::parse("drive.csv", DRIVE, None).unwrap();
        assert_eq!(trace.length(), Span::millis(4500), "the last row holds as long as the one before");
        assert_eq!(trace.up.at(at(0)), (5000, at(1500)));
        assert_eq!(trace.up.at(at(1500)), (0, at(3000)));
        assert_eq!(trace.up.at(at(4499)), (2500, at(4500)));
        assert_eq!(trace.up.at(at(4500)), (5000, at(6000)));
        assert_eq!(trace.up.at(at(-1)), (2500, at(0)), "also before the beginning");
        assert_eq!(trace.down.unwrap().at(at(3000)).0, 9000);
        let rtt = trace.rtt.unwrap();
        assert_eq!((rtt.at(at(0)).0, rtt.at(at(2000)).0), (50_000, 200_000));
        assert_eq!(rtt.at(at(4000)).0, LEAST_RTT.as_micros(), "quicker ones count as this");
        let short = Trace::parse("drive.CSV", "time_s,up_kbit_s,down_kbit_s\n0,1,2", None).unwrap();
        assert_eq!((short.rtt, short.up.at(at(70)).0), (None, 1));
    }

    #[test]
    fn packets_are_counted_in_stretches_of_a_tenth_of_a_second() {
        // Two packets in the first tenth of a second, none in the second, four in the half stretch at the end.
        let trace = Trace::parse("lte.up", "50\n100\n201\n210\n250\n250\n", None).unwrap();
        assert_eq!(trace.length(), Span::millis(250));
        assert_eq!(trace.up.at(at(0)), (240, at(100)), "24,000 bits in 100 ms");
        assert_eq!(trace.up.at(at(100)), (0, at(200)));
        assert_eq!(trace.up.at(at(249)), (960, at(250)), "48,000 bits in 50 ms");
        assert_eq!((trace.down, trace.rtt), (None, None));
        let both = Trace::parse("lte.up", "1\n", Some(("lte.down", "1\n1\n"))).unwrap();
        assert_eq!(both.name, "lte.up, lte.down");
        assert_eq!((both.up.at(at(0)).0, both.down.unwrap().at(at(0)).0), (12_000, 24_000));
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let head = "time_s,up_kbit_s,down_kbit_s,rtt_ms\n";
        let cases = [
            ("a.csv", "", "a.csv:1: the header is \"\""),
            ("a.csv", "time,up\n0,1", "a.csv:1: the header is \"time,up\"; expected `time_s,"),
            ("a.csv", head, "a.csv: it has no rows"),
            ("a.csv", &format!("{head}0,1,1,50\n\n1,1,1"), "a.csv:4: it has 3 fields; the header has 4"),
            ("a.csv", &format!("{head}0,fast,1,50"), "a.csv:2: `up_kbit_s` is \"fast\"; expected a number"),
            ("a.csv", &format!("{head}0,-1,1,50"), "a.csv:2: `up_kbit_s` is \"-1\""),
            ("a.csv", &format!("{head}0,NaN,1,50"), "a.csv:2: `up_kbit_s` is \"NaN\""),
            ("a.csv", &format!("{head}0,1,1,0"), "a.csv:2: `rtt_ms` is 0"),
            ("a.csv", &format!("{head}5,1,1,50\n5,1,1,50"), "a.csv:3: `time_s` is not after"),
            ("a.csv", &format!("{head}0,1,1,50\n90000,1,1,50"), "a.csv:3: it is more than 86400 s"),
            ("a.csv", &format!("{head}0,0,1,50"), "a.csv: `up_kbit_s` is 0 in every row"),
            ("a.up", "", "a.up: it has no lines"),
            ("a.up", "1\ntwo\n", "a.up:2: it is \"two\"; expected a moment in whole milliseconds"),
            ("a.up", "5\n4\n", "a.up:2: 4 ms is before the line above"),
        ];
        for (file, text, says) in cases {
            let told = Trace::parse(file, text, None).unwrap_err().to_string();
            assert!(told.starts_with(says), "{told}\nfor {says}");
        }
        let other = Trace::parse("a.up", "1\n", Some(("a.down", "x"))).unwrap_err();
        assert_eq!((other.file.as_str(), other.line), ("a.down", Some(1)));
    }
}
