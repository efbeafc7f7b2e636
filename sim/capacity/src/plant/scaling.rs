//! Instances that come and go with the load.

use super::instance::{Instance, State};
use super::{Event, Plant};
use crate::simulate::Resource;
use fieldday_kernel::time::{Span, Time};
use fieldday_scenario::plant::{Scaling, ScalingMetric};

/// Autoscaling: what it has seen since it last looked.
pub(super) struct Scaler {
    scaling: Scaling,
    /// How many instances were ordered and have not started yet.
    coming: u32,
    since: Time,
    busy: u128,
    workers: u128,
    waiting: u128,
    instances: u128,
}

impl Scaler {
    pub(super) fn new(scaling: Scaling, since: Time) -> Scaler {
        Scaler { scaling, coming: 0, since, busy: 0, workers: 0, waiting: 0, instances: 0 }
    }
}

impl Plant {
    /// Adds an instance that takes requests at once and is cold until then.
    pub(super) fn opens(&mut self, cold_until: Time) {
        let free = self.instances.iter().position(|instance| instance.state == State::Gone && instance.busy == 0);
        let number = free.unwrap_or(self.instances.len());
        if free.is_some() {
            self.instances[number] = Instance::new(cold_until);
        } else {
            self.instances.push(Instance::new(cold_until));
        }
        self.choice.joins(number as u32);
        self.gauges.levels.workers += u64::from(self.spec.workers);
    }
    /// Takes an instance out of the load balancer; it ends what it has begun.
    pub(super) fn drains(&mut self, number: u32) {
        self.choice.leaves(number);
        self.instances[number as usize].state = State::Draining;
        self.is_idle(number);
    }
    /// Removes an instance with its workers.
    pub(super) fn closes(&mut self, number: u32) {
        self.choice.leaves(number);
        self.instances[number as usize].state = State::Gone;
        self.gauges.levels.workers -= u64::from(self.spec.workers);
    }
    /// An instance may have nothing left to do: one that drains is done then.
    pub(super) fn is_idle(&mut self, number: u32) {
        let instance = &self.instances[number as usize];
        if instance.state == State::Draining && instance.load() == 0 {
            self.closes(number);
            self.has_drained(number);
        }
    }

    /// Autoscaling sees what passed since the last change.
    pub(super) fn scaler_sees(&mut self, until: Time) {
        let levels = self.gauges.levels;
        if let Some(scaler) = &mut self.scaler {
            let span = u128::from(until.since(scaler.since).as_micros().max(0).unsigned_abs());
            scaler.since = until;
            scaler.busy += u128::from(levels.busy) * span;
            scaler.workers += u128::from(levels.workers) * span;
            scaler.waiting += u128::from(levels.waiting) * span;
            scaler.instances += u128::from(levels.instances.max(1)) * span;
        }
    }

    /// Evaluates the scaling metric since the last time, and orders or drains instances.
    pub(super) fn looks(&mut self) {
        let (now, there) = (self.now, self.choice.taking.len() as u32);
        let Some(scaler) = &mut self.scaler else { return };
        let scaling = scaler.scaling;
        let seen = match scaling.metric {
            ScalingMetric::Utilisation => (scaler.busy * 100).checked_div(scaler.workers),
            ScalingMetric::Queue => scaler.waiting.checked_div(scaler.instances),
        };
        let (up, down) = (u128::from(scaling.up), u128::from(scaling.down));
        let wants_more = there == 0 || seen.is_some_and(|seen| seen > up);
        let wants_less = seen.is_some_and(|seen| seen < down) && scaler.coming == 0;
        let count = there + scaler.coming;
        (scaler.busy, scaler.workers, scaler.waiting, scaler.instances) = (0, 0, 0, 0);
        let more = if wants_more { scaling.step.min(scaling.most.saturating_sub(count)) } else { 0 };
        scaler.coming += more;
        self.gauges.full(Resource::Scaling, wants_more && count >= scaling.most, now);
        let starts = Span::seconds(i64::from(scaling.delay_s) + i64::from(self.spec.cold_start.starts_in_s));
        for _ in 0..more {
            self.schedule(now + starts, Event::Joins);
        }
        if wants_less
            && there > scaling.least.max(1)
            && let Some(last) = self.choice.taking.last().copied()
        {
            self.drains(last);
        }
        self.schedule(now + Span::seconds(i64::from(scaling.every_s)), Event::Looks);
    }
    /// An instance that autoscaling asked for, or one in the place of a lost one, is there.
    pub(super) fn joins(&mut self) {
        if let Some(scaler) = &mut self.scaler {
            scaler.coming = scaler.coming.saturating_sub(1);
        }
        let cold_until = self.now + Span::seconds(i64::from(self.spec.cold_start.cold_for_s));
        self.opens(cold_until);
    }
}
