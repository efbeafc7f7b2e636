//! What happens to the plant: an instance lost, a deployment, slow work.

use super::instance::{Instance, State, Ticket};
use super::{Event, Plant, Stage, When};
use fieldday_api::endpoint::Op;
use fieldday_engine::transport::plant::PlantReply;
use fieldday_kernel::time::Span;
use fieldday_scenario::plant::PlantTroubleWord;
use std::collections::VecDeque;

/// How long an instance has by default to end what it has begun.
const DRAIN_S: u32 = 30;

/// A trouble under way that makes work take longer.
pub(super) struct Slowness {
    trouble: u32,
    pub percent: u32,
    ops: Vec<Op>,
}

impl Slowness {
    pub(super) fn slows(&self, op: Op) -> bool {
        self.ops.is_empty() || self.ops.contains(&op)
    }
}

/// A deployment under way: who is being restarted, and who is still to be.
#[derive(Default)]
pub(super) struct Rolling {
    current: Option<u32>,
    left: VecDeque<u32>,
    drain: Span,
}

impl Plant {
    /// Schedules the begin and the end of each trouble.
    pub(super) fn expect_troubles(&mut self, when: &When) {
        for (i, trouble) in self.troubles.clone().iter().enumerate() {
            let at = |of_day| when.zone.at(when.date, of_day);
            self.schedule(at(trouble.from), Event::Begins(i as u32));
            if trouble.kind != PlantTroubleWord::Deployment {
                self.schedule(at(trouble.until), Event::Ends(i as u32));
            }
        }
    }

    pub(super) fn begins_trouble(&mut self, number: u32, tell: &mut impl FnMut(u32, PlantReply)) {
        let trouble = self.troubles[number as usize].clone();
        match trouble.kind {
            PlantTroubleWord::Slow => {
                let percent = trouble.percent.unwrap_or(100);
                self.slowness.push(Slowness { trouble: number, percent, ops: trouble.ops });
            }
            PlantTroubleWord::InstanceLost => {
                if let Some(last) = self.choice.taking.last().copied() {
                    self.loses(last, tell);
                }
            }
            PlantTroubleWord::Deployment => {
                self.rolling.left.extend(self.choice.taking.iter().copied());
                self.rolling.drain = Span::seconds(i64::from(trouble.drain_s.unwrap_or(DRAIN_S)));
                self.rolls_on();
            }
        }
    }
    pub(super) fn ends_trouble(&mut self, number: u32) {
        match self.troubles[number as usize].kind {
            PlantTroubleWord::Slow => self.slowness.retain(|slowness| slowness.trouble != number),
            PlantTroubleWord::InstanceLost => self.joins(),
            PlantTroubleWord::Deployment => {}
        }
    }

    /// An instance is gone at once, with all that it had.
    fn loses(&mut self, number: u32, tell: &mut impl FnMut(u32, PlantReply)) {
        if self.instances[number as usize].state == State::Gone {
            return;
        }
        self.closes(number);
        // Oldest first: in the order of their places it would depend on who was handed in first.
        let mut had: Vec<_> = (0..)
            .zip(&self.jobs)
            .filter(|(_, job)| job.instance == number && !matches!(job.stage, Stage::Coming | Stage::Free))
            .map(|(slot, job)| (job.arrival.at, job.cell, job.arrival.number, Ticket { slot, turn: job.turn }))
            .collect();
        had.sort();
        had.into_iter().for_each(|(.., ticket)| self.breaks(ticket, tell));
        self.instances[number as usize].waiting.clear();
    }

    /// Drains the next instance of a deployment, unless one is being restarted.
    fn rolls_on(&mut self) {
        if self.rolling.current.is_some() {
            return;
        }
        // Whoever went meanwhile needs no restart.
        while let Some(next) = self.rolling.left.pop_front() {
            if self.instances[next as usize].state == State::Taking {
                self.rolling.current = Some(next);
                self.schedule(self.now + self.rolling.drain, Event::DrainOver(next));
                return self.drains(next);
            }
        }
    }
    /// The time to drain is over, and requests that have not ended lose their connection.
    pub(super) fn drain_is_over(&mut self, number: u32, tell: &mut impl FnMut(u32, PlantReply)) {
        if self.rolling.current == Some(number) && self.instances[number as usize].state == State::Draining {
            self.loses(number, tell);
            self.has_drained(number);
        }
    }
    /// An instance that drained is gone: if that was a deployment's doing, it starts again.
    pub(super) fn has_drained(&mut self, number: u32) {
        if self.rolling.current == Some(number) {
            let starts = Span::seconds(i64::from(self.spec.cold_start.starts_in_s));
            self.schedule(self.now + starts, Event::Back(number));
        }
    }
    /// A restarted instance is back, and the next one's turn has come.
    pub(super) fn is_back(&mut self, number: u32) {
        let cold_until = self.now + Span::seconds(i64::from(self.spec.cold_start.cold_for_s));
        if self.instances[number as usize].state == State::Gone {
            self.instances[number as usize] = Instance::new(cold_until);
            self.choice.joins(number);
            self.gauges.levels.workers += u64::from(self.spec.workers);
        } else {
            // Its number was given to another meanwhile.
            self.opens(cold_until);
        }
        self.rolling.current = None;
        self.rolls_on();
    }
}
