//! Rep shifts (§2.4): one a rep and local date.

use crate::auth::Caller;
use crate::defects::BackendDefect;
use crate::refusal::Refusal;
use crate::state::{At, Kind, RepRow, ShiftRow, Tenant};
use crate::{Backend, Seen, ids};
use fieldday_api::call::Answer;
use fieldday_api::names::ShiftStatus;
use fieldday_api::readings::ClockInRepeat;
use fieldday_api::wire::shifts::{ClockIn, Shift, ShiftDay};
use fieldday_kernel::time::{Date, Span, Time, Zone};

/// By how much the reads of the stale defect lag.
pub(crate) const LAG: Span = Span::seconds(5);

impl Backend {
    /// `POST /reps/{rep_id}/shifts/clock-in`: the shift of the day, made if there is none.
    pub(crate) fn clock_in(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        rep_id: &str,
        body: &ClockIn,
        key: u64,
        seen: Option<Seen>,
    ) -> Result<Answer, Refusal> {
        let rep = self.own_rep(caller, rep_id)?;
        let today = self.today(rep.tenant, now);
        let desired = body.desired_start_time.unwrap_or(now);
        if desired > now || self.today(rep.tenant, desired) != today {
            let refusal = Refusal::request("desired_start_time is not earlier today");
            return Err(refusal.about("field", "desired_start_time"));
        }
        let there = self.shift_of(rep, today);
        let existing = match seen {
            Some(Seen::Shift(seen)) if self.has(BackendDefect::ClockInRace) => seen,
            // It was not there on arrival, and the unique constraint says that it is now.
            Some(Seen::Shift(None)) if there.is_some() => return Err(Refusal::conflict("The shift exists already")),
            _ if self.has(BackendDefect::ClockInTwice) => None,
            _ => there,
        };
        let Some(row) = existing else {
            let row = self.new_shift(rep, today, desired, now, key);
            return Ok(self.shift_day(rep.tenant, row));
        };
        if self.config.clock_in_repeat == ClockInRepeat::Refuse {
            return Err(Refusal::request("already clocked in"));
        }
        if self.has(BackendDefect::ClockInMovesStart) {
            self.tenants[usize::from(rep.tenant)].shifts[row as usize].shift.clock_in_at = now;
        }
        Ok(self.shift_day(rep.tenant, row))
    }

    /// `POST /reps/{rep_id}/shifts/clock-out`: ends the day's shift, once.
    pub(crate) fn clock_out(&mut self, now: Time, caller: &Caller<'_>, rep_id: &str) -> Result<Answer, Refusal> {
        let rep = self.own_rep(caller, rep_id)?;
        let today = self.today(rep.tenant, now);
        let row = self.shift_of(rep, today).ok_or(Refusal::request("not clocked in"))?;
        let keys_collide = self.has(BackendDefect::KeysSharedAcrossRoutes);
        let (moves, refuses) =
            (self.has(BackendDefect::ClockOutMovesEnd), self.has(BackendDefect::ClockOutAgainRefused));
        let shift = &mut self.tenants[usize::from(rep.tenant)].shifts[row as usize].shift;
        if keys_collide {
            // The stored answer of the clock-in, which had the same key.
            return Ok(Answer::Shift(shift.clone()));
        }
        if shift.clock_out_at.is_some() && refuses {
            return Err(Refusal::request("no active shift"));
        }
        if shift.clock_out_at.is_none() || moves {
            shift.clock_out_at = Some(now);
            shift.status = ShiftStatus::Completed;
        }
        Ok(Answer::Shift(Shift { scheduled_start: None, scheduled_end: None, ..shift.clone() }))
    }

    /// Answers `GET /reps/{rep_id}/shifts/today`.
    pub(crate) fn shift_today(&self, now: Time, caller: &Caller<'_>, rep_id: &str) -> Result<Answer, Refusal> {
        let rep = self.own_rep(caller, rep_id)?;
        let row = self.shift_of(rep, self.today(rep.tenant, now));
        let lags = |row: &u32| {
            let written = self.tenants[usize::from(rep.tenant)].shifts[*row as usize].written_at;
            self.has(BackendDefect::StaleRead) && now.since(written) < LAG
        };
        let row = row.filter(|row| !lags(row)).ok_or(Refusal::not_found("No shift today"))?;
        Ok(self.shift_day(rep.tenant, row))
    }

    /// What a racy clock-in finds as it arrives.
    pub(crate) fn shift_on_arrival(&self, at: Time, rep_id: &str) -> Option<u32> {
        let (kind, found) = *self.ids.get(rep_id)?;
        let rep = self.rep_at(kind, found)?;
        self.shift_of(rep, self.today(rep.tenant, at))
    }

    /// Whether the rep is at work: it clocked in today and has not clocked out.
    pub(crate) fn on_shift(&self, now: Time, rep: At) -> bool {
        let row = self.shift_of(rep, self.today(rep.tenant, now));
        let shifts = &self.tenants[usize::from(rep.tenant)].shifts;
        row.is_some_and(|row| shifts[row as usize].shift.status == ShiftStatus::Active)
    }

    /// The tenant's local date: whose midnight ends a shift.
    fn today(&self, tenant: u16, now: Time) -> Date {
        if self.has(BackendDefect::ShiftDateUtc) {
            return Zone::utc().date(now);
        }
        let zone = &self.tenants[usize::from(tenant)].zone;
        if self.has(BackendDefect::ShiftDateDst) {
            return Zone::utc().date(now + zone.offset(self.start));
        }
        zone.date(now)
    }

    /// The rep's shift of that date: the newest, where defects made several.
    fn shift_of(&self, rep: At, date: Date) -> Option<u32> {
        let tenant = &self.tenants[usize::from(rep.tenant)];
        let of_date = |row: &&u32| tenant.shifts[**row as usize].shift.shift_date == date;
        tenant.reps[rep.row as usize].shifts.iter().rev().find(of_date).copied()
    }

    fn new_shift(&mut self, rep: At, date: Date, clock_in_at: Time, now: Time, key: u64) -> u32 {
        let tenant = &mut self.tenants[usize::from(rep.tenant)];
        let row = tenant.shifts.len() as u32;
        let RepRow { rep_id, shifts, .. } = &mut tenant.reps[rep.row as usize];
        let shift = Shift {
            id: ids::named("shift_", key),
            rep_id: rep_id.clone(),
            shift_date: date,
            clock_in_at,
            clock_out_at: None,
            status: ShiftStatus::Active,
            scheduled_start: Some(tenant.policy.scheduled_start),
            scheduled_end: Some(tenant.policy.scheduled_end),
        };
        shifts.push(row);
        self.ids.insert(shift.id.clone(), (Kind::Shift, At { tenant: rep.tenant, row }));
        tenant.shifts.push(ShiftRow { shift, written_at: now });
        row
    }

    fn shift_day(&self, tenant: u16, row: u32) -> Answer {
        let Tenant { shifts, zone, policy, .. } = &self.tenants[usize::from(tenant)];
        let shift = shifts[row as usize].shift.clone();
        let scheduled_end = zone.at(shift.shift_date, policy.scheduled_end);
        Answer::ShiftDay(Box::new(ShiftDay {
            effective_start_time: shift.clock_in_at,
            effective_end_time: shift.clock_out_at.unwrap_or(scheduled_end.max(shift.clock_in_at)),
            recording_mode: policy.recording_mode,
            allow_location_tracking: policy.allow_location_tracking,
            allow_recording: policy.allow_recording,
            shift,
        }))
    }
}
