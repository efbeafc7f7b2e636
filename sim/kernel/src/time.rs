//! Time as integers: microseconds since the Unix epoch, spans of microseconds, calendar dates, times of day, and the
//! UTC offsets of a time zone as a table. Nothing here reads a clock.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment: microseconds since 1970-01-01T00:00:00Z. On the wire, RFC 3339 in UTC (`2025-01-20T14:00:00Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// A length of time in microseconds; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Time {
    /// The time so many microseconds after 1970-01-01 00:00 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Time(micros)
    }
    /// The microseconds since 1970-01-01 00:00 UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// The time that passed since `earlier`; negative if `earlier` is later.
    pub const fn since(self, earlier: Time) -> Span {
        Span(self.0 - earlier.0)
    }
    /// Parses RFC 3339; a time without an offset is taken as UTC.
    pub fn parse(text: &str) -> Option<Time> {
        if let Ok(t) = DateTime::parse_from_rfc3339(text) {
            return Some(Time(t.timestamp_micros()));
        }
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        Some(Time(naive.and_utc().timestamp_micros()))
    }
}

impl Span {
    /// The span of length zero.
    pub const ZERO: Span = Span(0);
    /// A span of `n` microseconds.
    pub const fn micros(n: i64) -> Self {
        Span(n)
    }
    /// A span of `n` milliseconds.
    pub const fn millis(n: i64) -> Self {
        Span(n * 1_000)
    }
    /// A span of `n` seconds.
    pub const fn seconds(n: i64) -> Self {
        Span(n * 1_000_000)
    }
    /// A span of `n` minutes.
    pub const fn minutes(n: i64) -> Self {
        Span(n * 60_000_000)
    }
    /// A span of `n` hours.
    pub const fn hours(n: i64) -> Self {
        Span(n * 3_600_000_000)
    }
    /// The whole span in microseconds; negative if it goes back in time.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// The span in whole milliseconds, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0 / 1_000
    }
    /// The span in whole seconds, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000_000
    }
    /// The span as a duration of the standard library; one of nothing if it is negative.
    pub const fn duration(self) -> std::time::Duration {
        std::time::Duration::from_micros(if self.0 < 0 { 0 } else { self.0.unsigned_abs() })
    }
    /// The span that is `n` times as long.
    pub const fn times(self, n: i64) -> Span {
        Span(self.0 * n)
    }
    /// What is left of it where time passes `n` times as fast.
    pub const fn sped_up(self, n: u32) -> Span {
        Span(self.0 / if n == 0 { 1 } else { n as i64 })
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0 + span.0)
    }
}
impl Sub<Span> for Time {
    type Output = Time;
    fn sub(self, span: Span) -> Time {
        Time(self.0 - span.0)
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0 + other.0)
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        self.0 += other.0;
    }
}
impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0 - other.0)
    }
}

/// A time in UTC in the form of RFC 3339, for a year of four digits.
type Text = [u8; 27];

impl Time {
    /// Its text, by whole seconds where it is one; none if its year has not four digits. Nothing is written more often in a
    /// history and in bodies, so it makes no string of its own.
    fn text(self, buffer: &mut Text) -> Option<&str> {
        // Without its zone, which chrono would add anew for each figure.
        let t = DateTime::<Utc>::from_timestamp_micros(self.0)?.naive_utc();
        if !(0..=9_999).contains(&t.year()) {
            return None;
        }
        *buffer = *b"0000-00-00T00:00:00.000000Z";
        let micros = t.and_utc().timestamp_subsec_micros();
        for (figure, end, digits) in [
            (t.year().unsigned_abs(), 4, 4),
            (t.month(), 7, 2),
            (t.day(), 10, 2),
            (t.hour(), 13, 2),
            (t.minute(), 16, 2),
            (t.second(), 19, 2),
            (micros, 26, 6),
        ] {
            let mut left = figure;
            for digit in buffer[end - digits..end].iter_mut().rev() {
                *digit = b'0' + (left % 10) as u8;
                left /= 10;
            }
        }
        let length = if micros == 0 { 20 } else { 27 };
        buffer[length - 1] = b'Z';
        std::str::from_utf8(&buffer[..length]).ok()
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text(&mut [0; 27]) {
            return f.write_str(text);
        }
        let format = if self.0 % 1_000_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(t) => f.write_str(&t.to_rfc3339_opts(format, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.unsigned_abs() {
            0..1_000 => write!(f, "{} µs", self.0),
            1_000..1_000_000 => write!(f, "{} ms", self.0 / 1_000),
            1_000_000..120_000_000 => write!(f, "{}.{} s", self.0 / 1_000_000, (self.0 / 100_000 % 10).abs()),
            _ => write!(f, "{} min", self.0 / 60_000_000),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.text(&mut [0; 27]) {
            _ if !s.is_human_readable() => s.serialize_i64(self.0),
            Some(text) => s.serialize_str(text),
            None => s.collect_str(self),
        }
    }
}
impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return i64::deserialize(d).map(Time);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        // What no calendar has, such as the beginning of time in a zone's table, is written as microseconds.
        let micros = || text.strip_suffix("us").and_then(|micros| micros.parse().ok()).map(Time);
        let time = Time::parse(&text).or_else(micros);
        time.ok_or_else(|| D::Error::custom(format_args!("{text:?} is not an RFC 3339 time")))
    }
}

/// A calendar date, as days since 1970-01-01. On the wire, `2025-01-20`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(i32);

impl Date {
    /// The date so many days after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Date(days)
    }
    /// The number of days since 1970-01-01; negative before.
    pub const fn days(self) -> i32 {
        self.0
    }
    /// Parses `YYYY-MM-DD`; none for anything else.
    pub fn parse(text: &str) -> Option<Date> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Date(date.num_days_from_ce() - 719_163))
    }
    /// The date `n` days later (earlier, if negative).
    pub const fn plus_days(self, n: i32) -> Date {
        Date(self.0 + n)
    }
    fn naive(self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(self.0.checked_add(719_163)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.naive() {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "day {}", self.0),
        }
    }
}
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Date {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i32(self.0) }
    }
}
impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return i32::deserialize(d).map(Date);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Date::parse(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is not a date (YYYY-MM-DD)")))
    }
}

/// A time of day, as seconds since local midnight. On the wire, `07:00:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeOfDay(u32);

impl TimeOfDay {
    /// The time so many hours and minutes after midnight.
    pub const fn hm(hours: u32, minutes: u32) -> Self {
        TimeOfDay(hours * 3600 + minutes * 60)
    }
    /// The number of seconds since midnight.
    pub const fn seconds(self) -> u32 {
        self.0
    }
    /// Parses `HH:MM` or `HH:MM:SS`; none for anything else.
    pub fn parse(text: &str) -> Option<TimeOfDay> {
        let format = if text.matches(':').count() == 1 { "%H:%M" } else { "%H:%M:%S" };
        let time = NaiveTime::parse_from_str(text, format).ok()?;
        Some(TimeOfDay(time.num_seconds_from_midnight()))
    }
}
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}
impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_u32(self.0) }
    }
}
impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return u32::deserialize(d).map(TimeOfDay);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        TimeOfDay::parse(&text)
            .ok_or_else(|| D::Error::custom(format_args!("{text:?} is not a time of day (HH:MM:SS)")))
    }
}

/// The UTC offsets of one time zone over the period of interest, as a table: so local dates need no zone database and
/// no clock where they are computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The IANA name, for people.
    pub name: String,
    /// From when (inclusive, ascending) which offset east of UTC holds, in seconds. The first holds for ever before.
    pub offsets: Vec<(Time, i32)>,
}

impl Zone {
    /// The zone without an offset: coordinated universal time.
    pub fn utc() -> Zone {
        Zone { name: "UTC".into(), offsets: vec![(Time(i64::MIN), 0)] }
    }
    /// The offset east of UTC that holds at `at`.
    pub fn offset(&self, at: Time) -> Span {
        let holds = self.offsets.iter().rev().find(|(from, _)| *from <= at).or(self.offsets.first());
        Span::seconds(holds.map_or(0, |(_, seconds)| i64::from(*seconds)))
    }
    /// The local calendar date at `at`.
    pub fn date(&self, at: Time) -> Date {
        let local = at + self.offset(at);
        Date(local.0.div_euclid(86_400_000_000) as i32)
    }
    /// The local time of day at `at`.
    pub fn time_of_day(&self, at: Time) -> TimeOfDay {
        let local = at + self.offset(at);
        TimeOfDay((local.0.rem_euclid(86_400_000_000) / 1_000_000) as u32)
    }
    /// The moment at which local clocks show `of_day` on `date`. In the gap of a spring change it is the moment as far
    /// after midnight as the clock would have shown; of an hour that comes twice it is the first.
    pub fn at(&self, date: Date, of_day: TimeOfDay) -> Time {
        let as_if_utc = Time((i64::from(date.0) * 86_400 + i64::from(of_day.0)) * 1_000_000);
        // The offset is looked up twice: at the guess, and at what the guess gives.
        let early = as_if_utc - self.offset(as_if_utc - Span::hours(14));
        let late = as_if_utc - self.offset(as_if_utc + Span::hours(14));
        let first = early.min(late);
        if first + self.offset(first) == as_if_utc {
            return first;
        }
        early.max(late)
    }
    /// Local midnight at the start of `date`.
    pub fn midnight(&self, date: Date) -> Time {
        self.at(date, TimeOfDay(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Los Angeles around the autumn change of 2026: PDT until 2026-11-01T09:00Z, then PST.
    fn los_angeles() -> Zone {
        let change = Time::parse("2026-11-01T09:00:00Z").unwrap();
        Zone { name: "America/Los_Angeles".into(), offsets: vec![(Time(i64::MIN), -7 * 3600), (change, -8 * 3600)] }
    }

    #[test]
    fn times_print_as_the_spec_shows_them() {
        let time = Time::parse("2025-01-20T14:00:00Z").unwrap();
        assert_eq!(time.to_string(), "2025-01-20T14:00:00Z");
        assert_eq!((time + Span::millis(5)).to_string(), "2025-01-20T14:00:00.005000Z");
        assert_eq!(Time::parse("2025-01-20T14:00:00"), Some(time), "a time without an offset is UTC");
        assert_eq!(Time::parse("2025-01-20T15:00:00+01:00"), Some(time));
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn a_span_is_a_duration_of_as_many_microseconds_and_a_negative_one_of_none() {
        assert_eq!(Span::millis(1_500).duration(), std::time::Duration::from_millis(1_500));
        assert_eq!(Span::micros(-1).duration(), std::time::Duration::ZERO);
    }

    proptest::proptest! {
        #[test]
        fn a_time_is_written_as_chrono_writes_it(micros: i64, whole in -62_167_219_200_i64..253_402_300_800) {
            // Of all there are, most have a year that is not of four digits: those are chrono's own.
            for micros in [micros, micros / 1_000, whole * 1_000_000, whole * 1_000_000 + micros % 1_000_000] {
                let format = if micros % 1_000_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
                let chronos = DateTime::<Utc>::from_timestamp_micros(micros).map(|t| t.to_rfc3339_opts(format, true));
                let time = Time::from_micros(micros);
                proptest::prop_assert_eq!(&time.to_string(), &chronos.unwrap_or_else(|| format!("{micros}us")));
                proptest::prop_assert_eq!(serde_json::to_value(time).unwrap(), serde_json::Value::String(time.to_string()));
            }
        }
    }

    #[test]
    fn an_evening_in_the_west_is_still_the_same_local_date() {
        let zone = los_angeles();
        let evening = Time::parse("2026-06-11T02:30:00Z").unwrap();
        assert_eq!(zone.date(evening), Date::parse("2026-06-10").unwrap());
        assert_eq!(zone.time_of_day(evening), TimeOfDay::hm(19, 30));
    }

    #[test]
    fn the_change_over_day_has_25_hours_and_its_double_hour_counts_once() {
        let zone = los_angeles();
        let sunday = Date::parse("2026-11-01").unwrap();
        let day = zone.midnight(sunday.plus_days(1)).since(zone.midnight(sunday));
        assert_eq!(day, Span::hours(25));
        assert_eq!(zone.at(sunday, TimeOfDay::hm(1, 30)), Time::parse("2026-11-01T08:30:00Z").unwrap());
        assert_eq!(zone.at(sunday, TimeOfDay::hm(8, 0)), Time::parse("2026-11-01T16:00:00Z").unwrap());
    }

    #[test]
    fn the_hour_that_spring_skips_still_names_a_moment() {
        let change = Time::parse("2026-03-08T10:00:00Z").unwrap();
        let zone = Zone { name: "LA".into(), offsets: vec![(Time(i64::MIN), -8 * 3600), (change, -7 * 3600)] };
        let skipped = zone.at(Date::parse("2026-03-08").unwrap(), TimeOfDay::hm(2, 30));
        assert_eq!(skipped, Time::parse("2026-03-08T10:30:00Z").unwrap());
    }
}
