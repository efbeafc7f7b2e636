//! Shifts: what was last known of each rep's days, and since when.

use crate::exchanges::Exchange;
use crate::facts::known::Known;
use crate::tables::{ById, Table, digest, entry, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::wire::shifts::Shift;
use fieldday_kernel::time::{Date, Time};

/// The most days that are remembered of a rep.
const DAYS: usize = 4;

/// A rep's shift of one date.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub date: Date,
    pub id: SmolStr,
    pub clock_in_at: Time,
    /// Since when the shift is known to be.
    pub since: u64,
    pub clock_out_at: Option<Known<Time>>,
    /// The place in the event stream since which a clock-out is acknowledged.
    pub out_acked: Option<u64>,
}

/// The shift that an answer shows.
pub(crate) fn shown<'a>(x: &'a Exchange<'_>) -> Option<&'a Shift> {
    match x.success() {
        Some(Answer::ShiftDay(day)) => Some(&day.shift),
        Some(Answer::Shift(shift)) => Some(shift),
        _ => None,
    }
}

/// Whether a clock-in that was sent after the clock-out was known shows the shift open.
pub(crate) fn reopens(day: &Day, x: &Exchange<'_>) -> bool {
    let open = shown(x).is_some_and(|shift| shift.clock_out_at.is_none());
    open && x.op == Op::ClockIn && x.shows("clock_out_at") && day.clock_out_at.is_some_and(|out| out.since < x.sent_seq)
}

/// The shifts of a cell, by rep.
#[derive(Debug, Default)]
pub(crate) struct Shifts(Table<u64, Vec<Day>>);

/// A rep, by whichever of its ids an answer names it.
pub(crate) fn rep(id: &str, people: &ById<u32>) -> u64 {
    people.get(id).map_or_else(|| digest(id) | 1 << 63, |person| u64::from(*person))
}

impl Shifts {
    /// What is known of a rep's date.
    pub fn day(&self, rep_id: &str, date: Date, people: &ById<u32>) -> Option<&Day> {
        self.0.get(&rep(rep_id, people))?.iter().find(|day| day.date == date)
    }
    pub fn learn(&mut self, x: &Exchange<'_>, people: &ById<u32>) {
        // What does not say which shift it is, or since when, is no knowledge to hold another answer against.
        let says = ["id", "shift_date", "clock_in_at"].iter().all(|field| x.shows(field));
        let Some(shift) = shown(x).filter(|_| says) else { return };
        let place = entry(&mut self.0, &rep(&shift.rep_id, people));
        let days = &mut self.0[place];
        let since = x.ended_seq;
        let place = days.iter().position(|day| day.date == shift.shift_date).unwrap_or_else(|| {
            let (date, id, clock_in_at) = (shift.shift_date, shift.id.clone(), shift.clock_in_at);
            let day = Day { date, id, clock_in_at, since, clock_out_at: None, out_acked: None };
            push_bounded(days, DAYS, day);
            days.len() - 1
        });
        let day = &mut days[place];
        match shift.clock_out_at {
            Some(value) => drop(day.clock_out_at.get_or_insert(Known { value, since })),
            // A clock-in that opens the shift again begins anew.
            None if reopens(day, x) => (day.clock_out_at, day.out_acked) = (None, None),
            None => {}
        }
        if matches!(**x.call, Call::ClockOut { .. }) {
            day.out_acked.get_or_insert(since);
        }
    }
}
