//! What a level offers: parts of simulated days, one a client, from the busiest window of the day.
//!
//! Everybody of a level's plan lives the day on the virtual clock. Of each client's day a level plays a part, which begins
//! anywhere in the window: so clients are in every phase of it from the first second on. Where each part begins is chosen so that
//! the parts together offer what so many reps ask in the window on average, at any time of the level: the load of
//! a level follows from the number of reps alone, and is steady.

use crate::day::Asked;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_history::event::ClientKind;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::{Span, Time, TimeOfDay, Zone};
use fieldday_rep::player::{Line, Script, about, made_by};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many moments at which a client's part may begin are compared.
const CANDIDATES: u64 = 48;
/// The load is made even over so many parts of a level's time.
const PARTS: usize = 32;
/// So often every client's moment is chosen again, with those of the others as they are.
const ROUNDS: u64 = 3;
/// The golden section: moments that are moved on by it from client to client cover the window evenly.
const GOLDEN_PPM: u64 = 618_034;

/// The offered load of a level: requests that were due, sent or not.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// Requests that were due in the measured part.
    pub requests: u64,
    /// Requests due per second of the wall clock.
    pub requests_per_s: f64,
    /// Requests due per second of the wall clock, by endpoint.
    pub endpoints: Vec<Asked>,
}

impl Offered {
    /// Adds what another shard offered at the same time.
    pub fn merge(&mut self, other: Offered) {
        self.requests += other.requests;
        self.requests_per_s += other.requests_per_s;
        for of in other.endpoints {
            match self.endpoints.iter_mut().find(|known| known.op == of.op) {
                Some(known) => known.requests_per_s += of.requests_per_s,
                None => self.endpoints.push(of),
            }
        }
        self.endpoints.sort_by_key(|of| of.op);
    }
}

/// A request of a simulated day that was answered with success.
struct Done {
    /// Microseconds since midnight of the local day.
    at_us: i64,
    call: Arc<Call>,
    makes: Option<SmolStr>,
}

/// The successful requests of a client's simulated day, by time.
struct Lived {
    cell: u32,
    name: SmolStr,
    done: Vec<Done>,
}

/// The simulated days of a plan's clients, from which levels take their parts.
#[derive(Default)]
pub struct Cast {
    office: bool,
    reps: u64,
    lived: Vec<Lived>,
}

/// The scripts that the clients of a level play, and when their requests are due.
pub struct Schedule {
    /// The script of each client, by the cell's index in the plan and the client's name.
    pub scripts: BTreeMap<u32, BTreeMap<SmolStr, Script>>,
    /// When each request is due since the scripts began, in order of time.
    due: Vec<(Span, Op)>,
}

impl Cast {
    /// A cast of nobody yet; `office` says whether the office's clients play as well.
    pub fn new(office: bool) -> Cast {
        Cast { office, ..Cast::default() }
    }
    /// Adds the events of a cell whose clock starts at `start`. What the simulated network or backend kept from its end is no load of a
    /// target; audio goes to a store.
    pub fn add(&mut self, cell: u32, events: &[Event], start: Time, zone: &Zone, reps: u64) {
        self.reps += reps;
        let mut clients: BTreeMap<u32, Lived> = BTreeMap::new();
        let mut sent: BTreeMap<(u32, u32, u8), (Time, Arc<Call>)> = BTreeMap::new();
        let mut left_out = reassigned(events);
        for event in events {
            match &event.what {
                EventKind::Client(client) => {
                    let plays = client.kind == ClientKind::Phone || (self.office && client.kind == ClientKind::Desk);
                    if plays {
                        let lived = Lived { cell, name: client.name.clone(), done: Vec::new() };
                        clients.insert(event.client, lived);
                    }
                }
                EventKind::Sent(of) if !matches!(of.request.op(), Op::PutAudio) => {
                    let (at, request) = (start + event.at, of.request.clone());
                    sent.insert((event.client, of.call, of.attempt), (at, request));
                }
                EventKind::Answered { call, attempt, response, .. } => {
                    let Some((at, request)) = sent.remove(&(event.client, *call, *attempt)) else { continue };
                    if !response.is_success() {
                        continue;
                    }
                    let makes = made_by(&response.answer);
                    let makes = makes.filter(|_| matches!(*request, Call::StartRecording(_) | Call::CreateTask(_)));
                    let at_us = at.since(zone.midnight(zone.date(at))).as_micros();
                    match clients.get_mut(&event.client) {
                        Some(lived) => lived.done.push(Done { at_us, call: request, makes }),
                        // Nobody makes it at the target.
                        None => left_out.extend(makes),
                    }
                }
                _ => {}
            }
        }
        let mut lived: Vec<Lived> = clients.into_values().collect();
        lived.iter_mut().for_each(|of| of.done.sort_by_key(|done| done.at_us));
        // Twice, since a client may have done something about what another made that is left out.
        for _ in 0..2 {
            lived.iter_mut().for_each(|of| of.leave_out(&mut left_out));
        }
        self.lived.extend(lived);
    }
    /// Requests a second that one rep makes in a window of the day, by endpoint.
    pub fn asks(&self, (from, until): (TimeOfDay, TimeOfDay)) -> Vec<Asked> {
        let window = us(from)..us(until);
        let seconds = f64::from(until.seconds().saturating_sub(from.seconds()).max(1)) * self.reps.max(1) as f64;
        let mut counts: BTreeMap<Op, u64> = BTreeMap::new();
        for done in self.lived.iter().flat_map(|lived| lived.within(window.start, window.end)) {
            *counts.entry(done.call.op()).or_default() += 1;
        }
        counts.into_iter().map(|(op, n)| Asked { op, requests_per_s: n as f64 / seconds }).collect()
    }
    /// What a level plays for so long by the wall, at that speed: together `per_rep_per_s` requests a second of the day for each
    /// rep.
    pub fn schedule(
        &self,
        (from, until): (TimeOfDay, TimeOfDay),
        speed: u32,
        lasts: Span,
        per_rep_per_s: f64,
    ) -> Schedule {
        let speed = i64::from(speed.max(1));
        let part_us = lasts.as_micros().saturating_mul(speed);
        let room_us = (us(until) - us(from) - part_us).max(0);
        let mut schedule = Schedule { scripts: BTreeMap::new(), due: Vec::new() };
        let wanted_part = per_rep_per_s * self.reps as f64 * part_us as f64 / 1e6 / PARTS as f64;
        let clients = self.lived.len().max(1) as f64;
        let mut begin: Vec<i64> = Vec::new();
        let mut offered = [0_i64; PARTS];
        for round in 0..ROUNDS {
            for (number, lived) in self.lived.iter().enumerate() {
                let place = number as u64;
                // In the first round a share of the clients is to offer that share of the load.
                let share = if round == 0 { (number + 1) as f64 / clients } else { 1.0 };
                if let Some(before) = begin.get(number) {
                    let counts = lived.counts(*before, part_us);
                    offered.iter_mut().zip(counts).for_each(|(sum, count)| *sum -= count);
                }
                let moment = |candidate: u64| {
                    let ppm = (candidate * 1_000_000 + place * GOLDEN_PPM % 1_000_000) / CANDIDATES;
                    us(from) + (i128::from(room_us) * i128::from(ppm) / 1_000_000) as i64
                };
                let off = |begins: i64| -> f64 {
                    let counts = lived.counts(begins, part_us);
                    let off =
                        |part: usize| (offered[part] + counts[part]) as f64 - share * wanted_part * (part + 1) as f64;
                    (0..PARTS).map(|part| off(part) * off(part)).sum()
                };
                let candidates = (0..CANDIDATES).map(moment).map(|begins| (begins, off(begins)));
                let begins = candidates.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(us(from), |best| best.0);
                offered.iter_mut().zip(lived.counts(begins, part_us)).for_each(|(sum, count)| *sum += count);
                match begin.get_mut(number) {
                    Some(before) => *before = begins,
                    None => begin.push(begins),
                }
            }
        }
        let needed = self.needed_by_others(&begin, part_us);
        for (lived, begins) in self.lived.iter().zip(begin) {
            let script = lived.script(begins, part_us, speed, &needed);
            schedule.due.extend(script.lines.iter().map(|line| (line.at, line.call.op())));
            schedule.scripts.entry(lived.cell).or_default().insert(lived.name.clone(), script);
        }
        schedule.due.sort();
        schedule
    }
    /// The recordings and tasks that a client's part is about and that another client made, as tasks of the office are. Parts begin at
    /// different times of the day, so these are made before any of them.
    fn needed_by_others(&self, begin: &[i64], lasts_us: i64) -> BTreeSet<SmolStr> {
        let lived = || self.lived.iter().enumerate();
        let made = lived().flat_map(|(number, lived)| lived.done.iter().map(move |done| (done.makes.as_ref(), number)));
        let makers: BTreeMap<&SmolStr, usize> = made.filter_map(|(id, number)| Some((id?, number))).collect();
        let parts = lived().zip(begin).map(|((number, lived), from)| (number, lived.within(*from, from + lasts_us)));
        let of_others = |(number, part): (usize, &[Done])| -> Vec<SmolStr> {
            let ids = part.iter().filter_map(|done| about(&done.call));
            ids.filter(|id| makers.get(id).is_some_and(|maker| *maker != number)).cloned().collect()
        };
        parts.flat_map(of_others).collect()
    }
}

/// Appointments that the office gave to another rep. A target does not take that: no field of an update says so.
fn reassigned(events: &[Event]) -> BTreeSet<SmolStr> {
    let of = |event: &Event| match &event.what {
        EventKind::Sent(sent) => match &*sent.request {
            Call::UpdateAppointment { appointment_id, body } if body.assigned_rep_id.is_some() => {
                Some(appointment_id.clone())
            }
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

impl Lived {
    /// Leaves out what was done about some appointments, recordings and tasks, and about what was made there, which is added to
    /// them.
    fn leave_out(&mut self, gone: &mut BTreeSet<SmolStr>) {
        self.done.retain(|done| {
            let is_of = match &*done.call {
                Call::GetAppointment { appointment_id } | Call::UpdateAppointment { appointment_id, .. } => {
                    gone.contains(appointment_id)
                }
                Call::StartRecording(start) => gone.contains(&start.appointment_id),
                Call::PostWin(win) => gone.contains(&win.appointment_id),
                Call::CreateTask(task) => task.appointment_id.as_ref().is_some_and(|id| gone.contains(id)),
                call => about(call).is_some_and(|id| gone.contains(id)),
            };
            if is_of {
                gone.extend(done.makes.clone());
            }
            !is_of
        });
    }
    fn within(&self, from_us: i64, until_us: i64) -> &[Done] {
        let at = |us: i64| self.done.partition_point(|done| done.at_us < us);
        &self.done[at(from_us)..at(until_us).max(at(from_us))]
    }
    /// How many requests there are from then up to the end of each part.
    fn counts(&self, begins_us: i64, lasts_us: i64) -> [i64; PARTS] {
        let mut counts = [0; PARTS];
        for done in self.within(begins_us, begins_us + lasts_us) {
            let part = i128::from(done.at_us - begins_us) * PARTS as i128 / i128::from(lasts_us.max(1));
            counts[(part as usize).min(PARTS - 1)] += 1;
        }
        (1..PARTS).for_each(|part| counts[part] += counts[part - 1]);
        counts
    }
    /// The part that begins then, with what must be there before, also for others.
    fn script(&self, begins_us: i64, lasts_us: i64, speed: i64, needed_by_others: &BTreeSet<SmolStr>) -> Script {
        let part = self.within(begins_us, begins_us + lasts_us);
        let line = |done: &Done, at: Span| Line { at, call: done.call.clone(), makes: done.makes.clone() };
        let lines: Vec<Line> =
            part.iter().map(|done| line(done, Span::micros((done.at_us - begins_us) / speed))).collect();
        let earlier = &self.done[..self.done.partition_point(|done| done.at_us < begins_us)];
        let is_needed = |done: &&Done| {
            let is_earlier = done.at_us < begins_us;
            let is_about = |made| part.iter().any(|later| about(&later.call) == Some(made));
            done.makes.as_ref().is_some_and(|made| needed_by_others.contains(made) || is_earlier && is_about(made))
        };
        let mut before: Vec<Line> = self.done.iter().filter(is_needed).map(|done| line(done, Span::ZERO)).collect();
        // Nobody records, sees a shift or ends one who is not at work.
        let is_of_work =
            |of: &Line| matches!(*of.call, Call::StartRecording(_) | Call::ClockOut { .. } | Call::ShiftToday { .. });
        if before.iter().chain(&lines).any(is_of_work) {
            let clock_in = earlier.iter().find(|done| matches!(*done.call, Call::ClockIn { .. }));
            before.splice(0..0, clock_in.map(|done| line(done, Span::ZERO)));
        }
        Script { before, lines }
    }
}

impl Schedule {
    /// The load that is due between two moments, counted from when the scripts began.
    pub fn offered(&self, from: Span, until: Span) -> Offered {
        let mut counts: BTreeMap<Op, u64> = BTreeMap::new();
        for (_, op) in self.due.iter().filter(|(at, _)| (from..until).contains(at)) {
            *counts.entry(*op).or_default() += 1;
        }
        let seconds = ((until - from).as_micros() as f64 / 1e6).max(1e-6);
        let requests: u64 = counts.values().sum();
        let endpoints = counts.into_iter().map(|(op, n)| Asked { op, requests_per_s: n as f64 / seconds }).collect();
        Offered { requests, requests_per_s: requests as f64 / seconds, endpoints }
    }
    /// How many requests are due up to `at`, counted from when the scripts began.
    pub fn due_by(&self, at: Span) -> u64 {
        self.due.partition_point(|(due, _)| *due <= at) as u64
    }
    /// How many clients play, in all cells together.
    pub fn clients(&self) -> u64 {
        self.scripts.values().map(|of| of.len() as u64).sum()
    }
    /// How many requests are sent before the scripts begin.
    pub fn before(&self) -> u64 {
        self.scripts.values().flat_map(BTreeMap::values).map(|script| script.before.len() as u64).sum()
    }
}

fn us(at: TimeOfDay) -> i64 {
    i64::from(at.seconds()) * 1_000_000
}

#[cfg(test)]
mod tests;
