//! Values of options: what is typed, and what it stands for.

use crate::machine;
use fieldday_kernel::time::{Date, Time, TimeOfDay};
use fieldday_scenario::Metric;
use std::time::Duration;

/// Reads a seed, decimal or hexadecimal; `_` may stand between digits.
pub fn seed(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    let read = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        None => None,
    };
    read.ok_or_else(|| {
        "a seed is a number from 0 to 18446744073709551615, or the same in hexadecimal: 0x5eed".to_owned()
    })
}

/// Reads a date that a scenario may have.
pub fn date(text: &str) -> Result<Date, String> {
    let within = Date::parse("2000-01-01")..=Date::parse("2099-12-31");
    let date = Date::parse(text).ok_or("a date is a year, a month and a day: 2026-06-10")?;
    if within.contains(&Some(date)) { Ok(date) } else { Err("dates must be from 2000-01-01 to 2099-12-31".to_owned()) }
}

/// Reads a window of the day, `07:30-09:00`: two local times, the first before the second.
pub fn window(text: &str) -> Result<(TimeOfDay, TimeOfDay), String> {
    let read = text.split_once('-').and_then(|(from, until)| Some((TimeOfDay::parse(from)?, TimeOfDay::parse(until)?)));
    match read {
        Some((from, until)) if from < until => Ok((from, until)),
        Some(_) => Err("the window must open before it closes".to_owned()),
        None => Err("a window is two times of day: 07:30-09:00".to_owned()),
    }
}

/// Reads a moment with its zone, `2026-06-10T02:00:00Z`, that has not passed by this machine's clock.
pub fn moment(text: &str) -> Result<Time, String> {
    let moment = Time::parse(text).ok_or("a moment is a date and time with its zone: 2026-06-10T02:00:00Z")?;
    if moment < machine::now() { Err(format!("{moment} has passed")) } else { Ok(moment) }
}

/// Reads how long something may take: `90s`, `15m` or `2h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('h') => (number, 3_600),
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) => (number, 1),
        None => return Err("a number with its unit, for example 90s, 15m or 2h".to_owned()),
    };
    match number.parse::<u64>() {
        Ok(number @ 1..=100_000) => Ok(Duration::from_secs(number * seconds)),
        _ => Err("a whole number from 1 with its unit, for example 90s, 15m or 2h".to_owned()),
    }
}

/// The day that data are for: the present one of each tenant, or a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    Today,
    On(Date),
}

/// Reads `today` or a date from 2000 to 2099.
pub fn day(text: &str) -> Result<Day, String> {
    if text == "today" { Ok(Day::Today) } else { date(text).map(Day::On) }
}

/// Reads a metric to scrape, in the form that scenario files have, too.
pub fn metric(text: &str) -> Result<Metric, String> {
    Metric::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_in_both_bases_and_nothing_else_is_a_seed() {
        assert_eq!([seed("7"), seed("0x5EED"), seed("1_000")], [Ok(7), Ok(0x5eed), Ok(1000)]);
        assert_eq!(seed("0xffff_ffff_ffff_ffff"), Ok(u64::MAX));
        assert!(["", "0x", "-1", "+1", "0x+1", "seven", "18446744073709551616"].iter().all(|text| seed(text).is_err()));
    }

    #[test]
    fn dates_are_bounded_as_in_a_scenario_file() {
        assert!(date("2026-06-10").is_ok());
        assert!(["1999-12-31", "2100-01-01", "2026-02-30", "today"].iter().all(|text| date(text).is_err()));
    }

    #[test]
    fn times_have_a_unit_and_are_not_endless() {
        assert_eq!(duration("90s").map(|time| time.as_secs()), Ok(90));
        assert_eq!(duration("2h").map(|time| time.as_secs()), Ok(7_200));
        for text in ["", "s", "10", "1d", "-1m", "0s", "ä", "99999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_has_a_zone_and_is_yet_to_come() {
        assert!(moment("2000-01-01T00:00:00Z").unwrap_err().contains("has passed"));
        assert!(moment("tomorrow").unwrap_err().contains("2026-06-10T02:00:00Z"));
        assert!(moment("2099-06-10T02:00:00+02:00").is_ok());
    }
}
