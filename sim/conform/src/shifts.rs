//! Clocking in and out, again and again: `shift.clock-in.once`, `shift.clock-out.once`, `shift.today`.

use crate::Pass;
use crate::actor::{Actor, Reply};
use crate::together::together;
use fieldday_api::call::{Answer, Call};
use fieldday_api::names::ShiftStatus;
use fieldday_api::rules::Rule;
use fieldday_api::wire::shifts::{ClockIn, Shift};

use Rule::{ShiftClockInOnce as IN, ShiftClockOutOnce as OUT, ShiftToday as TODAY};

pub(crate) fn clock_in(by: &Actor, notes: Option<&str>) -> Call {
    let notes = notes.map(|notes| notes.to_owned().into());
    Call::ClockIn { rep_id: by.rep_id().clone(), body: ClockIn { desired_start_time: None, notes } }
}
pub(crate) fn clock_out(by: &Actor) -> Call {
    Call::ClockOut { rep_id: by.rep_id().clone() }
}
pub(crate) fn today(by: &Actor) -> Call {
    Call::ShiftToday { rep_id: by.rep_id().clone() }
}

/// The shift in an answer.
pub(crate) fn shift(reply: &Reply) -> Option<&Shift> {
    match reply.success()? {
        Answer::ShiftDay(day) => Some(&day.shift),
        Answer::Shift(shift) => Some(shift),
        _ => None,
    }
}

impl Pass {
    /// Clocks the reps in, each in another way, and again in every way.
    pub(crate) async fn clocks_in(&self) {
        for (by, times) in [(self.rep(), 2), (self.other(), 8), (self.stranger(), 1)] {
            let first = by.ask_until_decided(today(by)).await;
            if first.success().is_some() {
                let why = "the rep has a shift today already, so no first clock-in is left to try";
                self.untested(IN, &format!("the first clock-in, {times} at a time"), why);
            }
            let replies = self.at_once(by, &clock_in(by, None), times).await;
            let Some(known) = replies.iter().find_map(shift).cloned() else {
                self.untested(IN, "repeats of a clock-in", "no clock-in was acknowledged");
                continue;
            };
            for reply in &replies {
                self.same_shift(by, &known, reply, &format!("the first clock-in, {times} at a time"));
            }
            self.is_todays(by, &known, "after the clock-in").await;
            self.has_the_local_date(by, &known, &replies[0]);
            if times > 1 {
                self.clocks_in_again(by, &known).await;
            }
        }
        let (by, rep) = (self.manager(), self.rep());
        let Some(known) = shift(&rep.ask_until_decided(today(rep)).await).cloned() else { return };
        self.same_shift(by, &known, &by.ask(clock_in(rep, None)).await, "a clock-in again, by the manager");
    }
    async fn clocks_in_again(&self, by: &Actor, known: &Shift) {
        self.same_shift(by, known, &by.ask(clock_in(by, None)).await, "a clock-in again, at once");
        self.later().await;
        self.same_shift(by, known, &by.ask(clock_in(by, None)).await, "a clock-in again, later");
        let other_body = clock_in(by, Some("Field Day conformance check"));
        self.same_shift(by, known, &by.ask(other_body).await, "a clock-in again, with other notes");
        for times in [2, 8] {
            for reply in self.at_once(by, &clock_in(by, None), times).await {
                self.same_shift(by, known, &reply, &format!("a clock-in again, {times} at a time"));
            }
        }
        by.ask_and_break(clock_in(by, None)).await;
        self.same_shift(by, known, &by.ask(clock_in(by, None)).await, "a clock-in again, after a broken connection");
        self.is_todays(by, known, "after repeated clock-ins").await;
    }
    /// A repeated clock-in answers the shift, or 400 for being clocked in already.
    pub(crate) fn same_shift(&self, by: &Actor, known: &Shift, reply: &Reply, check: &str) {
        let case = self.case(by, IN, check, reply);
        let expected = format!("shift {} from {}, or 400 for being clocked in already", known.id, known.clock_in_at);
        // 422 is a matter of form, and told as that.
        if matches!(reply.status(), Some(400 | 422)) {
            return case.judge(true, expected, String::new);
        }
        case.succeeds(&expected, |reply| {
            let now = shift(reply)?;
            let same = now.id == known.id && now.clock_in_at == known.clock_in_at;
            (!same).then(|| format!("shift {} from {}", now.id, now.clock_in_at))
        });
    }
    pub(crate) async fn is_todays(&self, by: &Actor, known: &Shift, when: &str) {
        let reply = by.ask_until_decided(today(by)).await;
        let expected = format!("shift {} from {}", known.id, known.clock_in_at);
        self.case(by, TODAY, format!("today's shift {when}"), &reply).succeeds(&expected, |reply| {
            let now = shift(reply)?;
            let same = now.id == known.id && now.clock_in_at == known.clock_in_at && now.rep_id == known.rep_id;
            (!same).then(|| format!("shift {} from {}", now.id, now.clock_in_at))
        });
    }
    /// A shift's date is the tenant's local one.
    pub(crate) fn has_the_local_date(&self, by: &Actor, known: &Shift, reply: &Reply) {
        let date = by.station.zone().date(known.clock_in_at);
        self.case(by, TODAY, "the date of a shift", reply).judge(
            known.shift_date == date,
            format!("shift_date {date}, the tenant's local date at {}", known.clock_in_at),
            || known.shift_date.to_string(),
        );
    }

    /// Clocks the reps out, each in another way, and again in every way.
    pub(crate) async fn clocks_out(&self) {
        for (by, times) in [(self.rep(), 2), (self.other(), 8)] {
            let replies = self.at_once(by, &clock_out(by), times).await;
            let Some(known) = replies.iter().find_map(shift).cloned() else {
                self.untested(OUT, "repeats of a clock-out", "no clock-out was acknowledged");
                continue;
            };
            let ended = known.clock_out_at.is_some() && known.status == ShiftStatus::Completed;
            self.case(by, OUT, "a clock-out", &replies[0]).judge(ended, "a completed shift with its end", || {
                let has_end = if known.clock_out_at.is_some() { "with" } else { "without" };
                format!("status {} {has_end} an end", known.status)
            });
            for reply in &replies {
                self.same_end(by, &known, reply, &format!("the first clock-out, {times} at a time"));
            }
            self.clocks_out_again(by, &known).await;
        }
    }
    async fn clocks_out_again(&self, by: &Actor, known: &Shift) {
        self.same_end(by, known, &by.ask(clock_out(by)).await, "a clock-out again, at once");
        self.later().await;
        self.same_end(by, known, &by.ask(clock_out(by)).await, "a clock-out again, later");
        for times in [2, 8] {
            for reply in self.at_once(by, &clock_out(by), times).await {
                self.same_end(by, known, &reply, &format!("a clock-out again, {times} at a time"));
            }
        }
        by.ask_and_break(clock_out(by)).await;
        self.same_end(by, known, &by.ask(clock_out(by)).await, "a clock-out again, after a broken connection");
        let read = by.ask_until_decided(today(by)).await;
        self.same_end(by, known, &read, "the shift read after its clock-out");
        // A shift a day: the one that is over is answered, or the clock-in is refused.
        let again = by.ask(clock_in(by, None)).await;
        if !again.is_refused() {
            self.same_shift(by, known, &again, "a clock-in after the clock-out");
        }
        // A target may take the day up again (`reading.shift-reopened`): then its old end says nothing any more.
        if shift(&again).is_some_and(|now| now.clock_out_at.is_none()) {
            by.ask(clock_out(by)).await;
            return;
        }
        let both = [clock_out(by), today(by)].map(|call| Box::pin(by.ask(call)) as _);
        for reply in together(both).await {
            self.same_end(by, known, &reply, "a clock-out again, while the shift is read");
        }
    }
    fn same_end(&self, by: &Actor, known: &Shift, reply: &Reply, check: &str) {
        let end = |shift: &Shift| shift.clock_out_at.map_or("none".to_owned(), |at| at.to_string());
        let expected = format!("shift {} with its end {}", known.id, end(known));
        self.case(by, OUT, check, reply).succeeds(&expected, |reply| {
            let now = shift(reply)?;
            let same = now.id == known.id && now.clock_out_at == known.clock_out_at;
            (!same).then(|| format!("shift {} with the end {}", now.id, end(now)))
        });
    }
}
