//! Rules of shifts (§0.2, §2.4).
//!
//! - `shift.clock-in.once`: one shift per rep and date; a repeated clock-in returns it with the same id and `clock_in_at`
//!   (or 400, which the app answers with a look at `shifts/today`). A conflict is neither.
//! - `shift.clock-out.once`: a repeated clock-out returns the same shift with the same `clock_out_at`. So it is never
//!   refused while there is a shift today, whether or not an earlier one landed.
//! - `shift.today`: from an acknowledged clock-in to local midnight, `shifts/today` returns that shift.
//!
//! What a shift says of itself never changes once it is said, so the first two need no order but for a read that began
//! before the clock-out was known. Which attempt of a doubtful clock-in landed first does not matter: it is the first
//! that counts, and every answer shows it.

use crate::exchanges::{Effect, Exchange, SentAttempt};
use crate::facts::{Facts, shifts};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{ById, PerClient, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::shifts::Shift;
use fieldday_kernel::time::{Date, Span, Time, Zone};

/// Decides `shift.clock-in.once`.
#[derive(Default)]
pub(crate) struct ClockInOnce {
    /// Where in the stream each rep's clock-ins were sent that were not refused.
    sent: ById<Vec<u64>>,
}

/// The most clock-ins that are remembered of a rep.
const CLOCK_INS: usize = 8;

impl Judge for ClockInOnce {
    const RULES: &'static [Rule] = &[Rule::ShiftClockInOnce];
    const SENT: Ops = Ops::of(&[Op::ClockIn]);
    const ENDED: Ops = Ops::of(&[Op::ClockIn, Op::ClockOut, Op::ShiftToday]);

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if let Call::ClockIn { rep_id, .. } = &*s.attempt.call {
            push_bounded(self.sent.entry(rep_id.clone()).or_default(), CLOCK_INS, s.attempt.sent_seq);
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if let (Call::ClockIn { rep_id, .. }, Effect::None) = (&**x.call, x.effect()) {
            return self.refused(rep_id, x, facts, notes);
        }
        let Some(shown) = shifts::shown(x) else { return };
        let Some(known) = facts.shift_day(shown) else { return };
        let same = known.id == shown.id && known.clock_in_at == shown.clock_in_at;
        if same && x.op != Op::ClockIn {
            return;
        }
        let part = if known.since > x.sent_seq { Part::ClockInConcurrent } else { Part::ClockInRepeat };
        notes.judge(part, x, same, || {
            let (id, at) = (&known.id, known.clock_in_at);
            let (date, now_id, now_at) = (shown.shift_date, &shown.id, shown.clock_in_at);
            format!("expected one shift on {date}, {id} with clock_in_at {at}, got {now_id} with {now_at}").about(id)
        });
    }
}

impl ClockInOnce {
    /// A repeat is answered with the shift, or with 400 (§0.2), and never with a conflict or as if there were no rep.
    fn refused(&mut self, rep_id: &SmolStr, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(sent) = self.sent.get_mut(rep_id) else { return };
        sent.retain(|seq| *seq != x.sent_seq);
        // Whoever may not act for the rep is refused, whatever there is.
        if !facts.may_act_for(x.client, rep_id) {
            return;
        }
        let day = date(x, notes).and_then(|date| facts.shift_on(rep_id, date));
        if let (Some(day), Some(status @ (400 | 404 | 422))) = (day.filter(|day| day.since < x.sent_seq), x.refusal()) {
            // 422 is a matter of form, and told as that.
            return notes.judge(Part::ClockInRepeat, x, status != 404, || {
                format!("expected a repeated clock-in to answer with {} or 400, got {status}", day.id)
            });
        }
        if x.refusal() == Some(409) && !sent.is_empty() {
            notes.broken(Part::ClockInConcurrent, x, || {
                format!("expected a clock-in of {rep_id} beside another to answer with the shift or 400, got 409")
            });
        }
    }
}

/// Decides `shift.clock-out.once`.
#[derive(Default)]
pub(crate) struct ClockOutOnce;

impl Judge for ClockOutOnce {
    const RULES: &'static [Rule] = &[Rule::ShiftClockOutOnce];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::ClockIn, Op::ClockOut, Op::ShiftToday]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if let (Call::ClockOut { rep_id }, Some(400 | 404 | 409 | 422)) = (&**x.call, x.refusal()) {
            return refused(rep_id, x, facts, notes);
        }
        let Some(shown) = shifts::shown(x) else { return };
        let Some(day) = facts.shift_day(shown) else { return };
        let Some(known) = day.clock_out_at else { return };
        if shifts::reopens(day, x) {
            return notes.reading(Reading::ShiftReopened, x, || {
                format!("expected {} to keep clock_out_at {}, a clock-in answered without it", shown.id, known.value)
            });
        }
        let same = match shown.clock_out_at {
            Some(at) => at == known.value,
            // A read that began before may show the shift as it was; one that began later misses the rep's own write.
            None => known.since > x.sent_seq || (x.op == Op::ShiftToday && day.out_acked.is_some()),
        };
        if same && x.op == Op::ShiftToday {
            return;
        }
        let part = if x.op == Op::ClockIn { Part::ClockOutReopen } else { Part::ClockOutRepeat };
        // A clock-in that was sent before may show the shift as it was.
        let is_case = x.op == Op::ClockOut || known.since < x.sent_seq;
        notes.judge_if(is_case, part, x, same, || {
            let (id, at) = (&shown.id, known.value);
            match shown.clock_out_at {
                Some(now) => format!("expected {id} to keep clock_out_at {at}, got {now}"),
                None => format!("expected {id} to keep clock_out_at {at}, got null: the shift is open again"),
            }
            .about(id)
        });
    }
}

fn refused(rep_id: &str, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    // Whoever may not act for the rep is refused, whatever there is.
    if !facts.may_act_for(x.client, rep_id) {
        return;
    }
    let Some(date) = date(x, notes) else { return };
    if let Some(day) = facts.shift_on(rep_id, date).filter(|day| day.since < x.sent_seq) {
        notes.broken(Part::ClockOutRepeat, x, || {
            format!(
                "expected the clock-out of {}, which is today's, to answer 200 with the shift, it was refused with {}",
                day.id,
                x.refusal().unwrap_or_default()
            )
            .about(&day.id)
        });
    }
}

/// Decides `shift.today`.
#[derive(Default)]
pub(crate) struct Today {
    clocked_in: PerClient<Option<ClockedIn>>,
}

struct ClockedIn {
    date: Date,
    id: SmolStr,
    since: u64,
}

impl Judge for Today {
    const RULES: &'static [Rule] = &[Rule::ShiftToday];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::ClockIn, Op::ClockOut, Op::ShiftToday]);

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if let Some(shown) = shifts::shown(x) {
            says_date(shown, x, notes);
        }
        match &**x.call {
            Call::ClockIn { rep_id, body } if x.client.is(rep_id) => {
                let shown = shifts::shown(x).filter(|_| x.shows("id"));
                let (Some(shown), Some(date)) = (shown, date(x, notes)) else { return };
                // One that was meant for another day says nothing about today.
                if body.desired_start_time.is_none_or(|at| x.client.zone.date(at) == date) {
                    let clocked_in = ClockedIn { date, id: shown.id.clone(), since: x.ended_seq };
                    *self.clocked_in.of(x.client.index) = Some(clocked_in);
                }
            }
            Call::ShiftToday { rep_id } if x.client.is(rep_id) => {
                let Some(known) = self.clocked_in.of(x.client.index) else { return };
                if known.since > x.sent_seq || date(x, notes) != Some(known.date) {
                    return;
                }
                let id = &known.id;
                match (shifts::shown(x), x.refusal()) {
                    (Some(shown), _) => notes.judge(Part::TodayShown, x, shown.id == *id, || {
                        format!("expected today's shift to be {id}, got {}", shown.id).about(id)
                    }),
                    (None, Some(status @ 400..500)) if !matches!(status, 401 | 403 | 408 | 429) => {
                        notes.broken(Part::TodayShown, x, || {
                            format!("expected today's shift to be {id}, which was acknowledged, got {status}").about(id)
                        });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// A shift's date is the tenant's, not that of UTC: the date on which it began, and of today's shift today's.
fn says_date(shown: &Shift, x: &Exchange<'_>, notes: &mut Notes) {
    let apart = |at: Time| match Zone::utc().date(at) == x.client.zone.date(at) {
        true => Part::TodayDate,
        false => Part::TodayDateApart,
    };
    let (id, says, began) = (&shown.id, shown.shift_date, x.client.zone.date(shown.clock_in_at));
    notes.judge(apart(shown.clock_in_at), x, says == began, || {
        format!(
            "expected shift_date {began} of {id}, the date of its clock_in_at in the tenant's time zone, got {says}"
        )
    });
    if x.op == Op::ShiftToday
        && let Some(today) = date(x, notes)
        && says == began
    {
        notes.judge(apart(notes.settings.start + x.sent_at), x, says == today, || {
            format!("expected the shift of {today}, which is today, got {id} of {says}")
        });
    }
}

/// The local date on which the exchange happened, wherever in it and whatever the target's clock; none around midnight.
pub(super) fn date(x: &Exchange<'_>, notes: &Notes) -> Option<Date> {
    let (start, leeway) = (notes.settings.start, notes.settings.leeway);
    let first = x.client.zone.date(start + (x.sent_at - leeway));
    (x.client.zone.date(start + (x.ended_at + leeway.max(Span::ZERO))) == first).then_some(first)
}
