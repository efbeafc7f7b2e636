//! Around midnight, where the clock is the pass's own; and the end of the pass.

use crate::actor::Actor;
use crate::tasks::update;
use crate::together::together;
use crate::{Pass, place, shifts};
use fieldday_api::names::TaskStatus;
use fieldday_api::rules::Rule;
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_kernel::time::{Span, Time, Zone};

use Rule::{ShiftClockInOnce as IN, ShiftToday as TODAY};

/// So many of the pass's tasks are closed side by side.
const SIDE_BY_SIDE: usize = 8;

impl Pass {
    /// The shift of the stranger, who is still at work: over midnight UTC, until just before the local midnight, and on the
    /// day after.
    pub(crate) async fn waits_for_midnight(&self) {
        if !self.means.owns_clock {
            let why = "the tool cannot set the target's clock; `fieldday conform` without --target tests this";
            return self.untested(TODAY, "shifts around midnight", why);
        }
        let by = self.stranger();
        let zone = by.station.zone().clone();
        let today = zone.date(by.now());
        let Some(known) = shifts::shift(&by.ask_until_decided(shifts::today(by)).await).cloned() else {
            return self.untested(TODAY, "shifts around midnight", "nobody is at work any more");
        };
        let local = zone.midnight(today.plus_days(1));
        let utc = Zone::utc().midnight(Zone::utc().date(by.now()).plus_days(1));
        let mut moments: Vec<(Time, &str)> = vec![
            (utc + Span::minutes(2), "just after midnight UTC"),
            (local - Span::minutes(70), "an hour before the local midnight"),
            (local - Span::minutes(3), "just before the local midnight"),
        ];
        moments.retain(|(at, _)| *at > by.now() && *at < local);
        moments.sort();
        for (at, when) in moments {
            by.station.sleep_until(at).await;
            self.is_todays(by, &known, when).await;
            self.same_shift(
                by,
                &known,
                &by.ask(shifts::clock_in(by, None)).await,
                &format!("a clock-in again, {when}"),
            );
        }
        by.station.sleep_until(local + Span::minutes(3)).await;
        let read = by.ask_until_decided(shifts::today(by)).await;
        let case = self.case(by, TODAY, "today's shift just after the local midnight", &read);
        if read.is_decided() {
            let yesterdays = shifts::shift(&read).is_some_and(|shift| shift.id == known.id);
            case.judge(!yesterdays, "none, or another than yesterday's", || format!("yesterday's, {}", known.id));
        }
        self.next_day(by, &known.id, "just after the local midnight").await;
        by.station.sleep_until(local + Span::minutes(75)).await;
        self.next_day(by, &known.id, "an hour after the local midnight").await;
    }
    async fn next_day(&self, by: &Actor, yesterdays: &str, when: &str) {
        let reply = by.ask(shifts::clock_in(by, None)).await;
        let date = by.station.zone().date(by.now());
        let case = self.case(by, IN, format!("a clock-in {when}"), &reply);
        case.succeeds(&format!("a shift of {date}"), |reply| {
            let shift = shifts::shift(reply)?;
            let wrong = shift.shift_date != date || shift.id == yesterdays;
            wrong.then(|| format!("{} of {}", shift.id, shift.shift_date))
        });
    }

    /// Closes what the pass made, where the API can: its open tasks.
    pub(crate) async fn clears_up(&self) {
        for who in [place::REP, place::OTHER, place::STRANGER] {
            let by = &self.actors[who];
            let made: Vec<_> = self.rows[who].borrow().tasks.iter().map(|task| task.id.clone()).collect();
            let body = TaskPatch { status: Some(TaskStatus::Cancelled), ..TaskPatch::default() };
            by.claims().await;
            for some in made.chunks(SIDE_BY_SIDE) {
                let closes = some.iter().map(|id| Box::pin(by.ask_until_decided(update(id, body.clone()))) as _);
                together(closes).await;
            }
        }
    }
}
