//! Zone tables from the IANA database, for the weeks around a day.

use chrono::{DateTime, Offset, TimeZone};
use fieldday_kernel::time::{Span, Time, Zone};

/// How far the table reaches to either side.
const REACH: Span = Span::hours(24 * 40);

/// The offsets of a zone in the forty days on either side of `around`; none if the database has no such zone.
pub fn zone(iana: &str, around: Time) -> Option<Zone> {
    let tz: chrono_tz::Tz = iana.parse().ok()?;
    let (first, last) = (around - REACH, around + REACH);
    let mut offsets = vec![(Time::from_micros(i64::MIN), offset(tz, first)?)];
    let mut at = first;
    while at < last {
        let next = at + Span::hours(12);
        let now = offset(tz, next)?;
        if offsets.last().is_some_and(|(_, before)| *before != now) {
            offsets.push((change(tz, at, next, now)?, now));
        }
        at = next;
    }
    Some(Zone { name: iana.to_owned(), offsets })
}

/// Whether the database has a zone of that name.
pub fn is_known(iana: &str) -> bool {
    iana.parse::<chrono_tz::Tz>().is_ok()
}

/// The names of all zones.
pub fn names() -> impl Iterator<Item = &'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name())
}

/// The second from which `offset_after` holds; it does not at `from`, and does at `until`.
fn change(tz: chrono_tz::Tz, from: Time, until: Time, offset_after: i32) -> Option<Time> {
    let (mut before, mut after) = (from.micros() / 1_000_000, until.micros() / 1_000_000);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset(tz, Time::from_micros(middle * 1_000_000))? == offset_after {
            after = middle;
        } else {
            before = middle;
        }
    }
    Some(Time::from_micros(after * 1_000_000))
}

/// The offset from UTC at that time, in seconds, positive to the east.
fn offset(tz: chrono_tz::Tz, at: Time) -> Option<i32> {
    let utc = DateTime::from_timestamp_micros(at.micros())?.naive_utc();
    Some(tz.offset_from_utc_datetime(&utc).fix().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_the_change_over_of_both_seasons() {
        let spring = zone("America/New_York", Time::parse("2026-03-08T12:00:00Z").unwrap()).unwrap();
        assert_eq!(spring.offsets[1], (Time::parse("2026-03-08T07:00:00Z").unwrap(), -4 * 3600));
        let autumn = zone("America/Los_Angeles", Time::parse("2026-11-01T12:00:00Z").unwrap()).unwrap();
        assert_eq!(autumn.offsets[1], (Time::parse("2026-11-01T09:00:00Z").unwrap(), -8 * 3600));
        let phoenix = zone("America/Phoenix", Time::parse("2026-03-08T12:00:00Z").unwrap()).unwrap();
        assert_eq!(phoenix.offsets.len(), 1, "Phoenix keeps its clocks");
        assert_eq!(zone("Atlantis/Poseidonis", Time::from_micros(0)), None);
    }
}
