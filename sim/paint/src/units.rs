//! Numbers for people: each with its unit, short enough for a column.

/// `12,345`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 rule`, `2 rules`
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Microseconds: `850 µs`, `76 ms`, `1.20 s`, `30.0 s`, `4.1 min`, `2.2 h`.
pub fn micros(us: u64) -> String {
    let seconds = us / 1_000_000;
    match us {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..10_000_000 => format!("{seconds}.{:02} s", us / 10_000 % 100),
        10_000_000..120_000_000 => format!("{seconds}.{} s", us / 100_000 % 10),
        120_000_000..7_200_000_000 => format!("{}.{} min", seconds / 60, seconds / 6 % 10),
        _ => format!("{}.{} h", count(seconds / 3_600), seconds / 360 % 10),
    }
}

/// Whether there are samples enough for a percentile, given in thousandths: 1/(1-p) of them. With fewer it would be the greatest
/// value, or made up between two.
pub fn enough(count: u64, per_mille: u64) -> bool {
    count.saturating_mul(1_000u64.saturating_sub(per_mille)) >= 1_000
}

/// In place of a percentile for which there are too few samples: `n/a (n 8)`.
pub fn too_few(samples: u64) -> String {
    format!("n/a (n {})", count(samples))
}

/// A limit: whole seconds or minutes, without fractions that say nothing.
pub fn limit(us: u64) -> String {
    if us.is_multiple_of(1_000_000) && us < 120_000_000 { format!("{} s", us / 1_000_000) } else { micros(us) }
}

/// A round span beside an axis: `10 ms`, `1 s`, `10 min`, `1 h`.
pub fn tick(us: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms")];
    let unit = UNITS.iter().find(|(unit, _)| us >= *unit && us.is_multiple_of(*unit));
    unit.map_or_else(|| micros(us), |(unit, word)| format!("{} {word}", us / unit))
}

/// A share: `0 %`, `<0.01 %`, `0.25 %`, `12.5 %`, `100 %`; `-` of nothing.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    match () {
        () if part == 0 => "0 %".to_owned(),
        () if part == whole => "100 %".to_owned(),
        () if percent < 0.01 => "<0.01 %".to_owned(),
        () if percent < 9.995 => format!("{percent:.2} %"),
        () => format!("{:.1} %", percent.min(99.9)),
    }
}

/// A share in parts of a million, as [`share`] has it.
pub fn ppm(ppm: u64) -> String {
    share(ppm, 1_000_000)
}

/// A share as a fraction of one, as [`share`] has it; of what is above the whole, whole percents.
pub fn fraction(x: f64) -> String {
    if x > 1.0 { format!("{:.0} %", x * 100.0) } else { share((x * 1e9).round() as u64, 1_000_000_000) }
}

/// A ratio, given as its logarithm: `+21 %`, `-3.4 %`, `+0.0 %`.
pub fn change(log: f64) -> String {
    let percent = libm::expm1(log) * 100.0;
    match percent {
        x if !x.is_finite() => "-".to_owned(),
        x if x.abs() < 0.05 => "+0.0 %".to_owned(),
        x if x.abs() < 9.95 => format!("{x:+.1} %"),
        x if x < 999.5 => format!("{x:+.0} %"),
        x => format!("+{} %", count(x.round() as u64)),
    }
}

/// The same without its sign: `3.4 %`.
pub fn extent(log: f64) -> String {
    change(log.abs()).trim_start_matches('+').to_owned()
}

/// A rate or another number with three digits that count: `0.42`, `13.5`, `512`, `1,234,567`.
pub fn number(x: f64) -> String {
    match x {
        x if !x.is_finite() || x < 0.0 => "-".to_owned(),
        x if x < 10.0 => format!("{x:.2}"),
        x if x < 100.0 => format!("{x:.1}"),
        x => count(x.round() as u64),
    }
}
/// A time that somebody waits for, in words: `40 s`, `12 minutes`, begun ones included.
pub fn lasts(seconds: f64) -> String {
    match seconds.max(0.0).ceil() as u64 {
        s @ 0..120 => format!("{s} s"),
        s => counted(s.div_ceil(60), "minute", "minutes"),
    }
}

/// Seconds of a machine: `0.42 s`, `75 s`.
pub fn seconds(s: f64) -> String {
    format!("{} s", number(s))
}

/// Bytes: `512 B`, `3.2 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{} kB", number(n as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", number(n as f64 / 1e6)),
        _ => format!("{} GB", number(n as f64 / 1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_of_a_number_reads_well() {
        let counts: Vec<_> = [0, 12, 999, 1_000, 12_345, 1_234_567].map(count).into();
        assert_eq!(counts, ["0", "12", "999", "1,000", "12,345", "1,234,567"]);
        let spans: Vec<_> = [0, 850, 76_400, 1_204_000, 30_060_000, 245_000_000, 7_800_000_000].map(micros).into();
        assert_eq!(spans, ["0 s", "850 µs", "76 ms", "1.20 s", "30.0 s", "4.0 min", "2.1 h"]);
        assert_eq!([limit(30_000_000), limit(300_000_000)], ["30 s", "5.0 min"]);
        let shares = [share(0, 0), share(0, 9), share(1, 100_000), share(1, 400), share(1, 8), share(8, 8)];
        assert_eq!(shares, ["-", "0 %", "<0.01 %", "0.25 %", "12.5 %", "100 %"]);
        assert_eq!(
            [fraction(0.0042), fraction(0.125), fraction(0.99999), fraction(1.2)],
            ["0.42 %", "12.5 %", "99.9 %", "120 %"]
        );
        assert_eq!(fraction(0.1), "10.0 %");
        assert_eq!([ppm(899_990), ppm(42), ppm(1_000_000)], ["90.0 %", "<0.01 %", "100 %"]);
        assert_eq!([number(0.4234), number(13.49), number(1_234_567.2)], ["0.42", "13.5", "1,234,567"]);
        let ratios = [1.214, 0.966, 1.0, 0.5, 2.0].map(|ratio| change(libm::log(ratio)));
        assert_eq!(ratios, ["+21 %", "-3.4 %", "+0.0 %", "-50 %", "+100 %"]);
        assert_eq!(extent(libm::log(1.034)), "3.4 %");
        assert_eq!([bytes(12), bytes(3_200_000)], ["12 B", "3.20 MB"]);
        assert_eq!([counted(1, "rule", "rules"), counted(2, "rule", "rules")], ["1 rule", "2 rules"]);
    }

    #[test]
    fn a_percentile_needs_as_many_samples_as_make_one_beyond_it() {
        for (per_mille, needed) in [(500, 2), (950, 20), (990, 100), (999, 1_000)] {
            assert!(enough(needed, per_mille) && !enough(needed - 1, per_mille), "{per_mille}");
        }
        assert_eq!(too_few(8), "n/a (n 8)");
    }

    #[test]
    fn a_share_below_the_whole_never_reads_as_the_whole() {
        assert_eq!(share(99_999, 100_000), "99.9 %");
    }
}
