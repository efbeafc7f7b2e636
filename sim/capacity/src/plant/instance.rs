//! Instances, and how the load balancer chooses one.

use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::Time;
use fieldday_scenario::plant::Balancer;
use std::collections::VecDeque;

/// The purpose of the load balancer's draws.
const CHOICE: Purpose = Purpose::new("plant.balancer");

/// A request's place in the plant's table, and whose place it was then: a place is given to others later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Ticket {
    pub slot: u32,
    pub turn: u32,
}

/// The state of an instance for the load balancer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// It takes requests.
    Taking,
    /// It takes no new requests and ends those that it has.
    Draining,
    /// It was lost or has drained, and its number may be used again.
    Gone,
}

/// An instance of the deployment: so many workers with a queue.
pub(super) struct Instance {
    pub state: State,
    pub busy: u32,
    /// Waiting for a worker, oldest first; some may have been given up since.
    pub waiting: VecDeque<Ticket>,
    /// How many of `waiting` have not been given up.
    pub waiting_live: u32,
    /// Until then it is cold after its start, and work takes longer.
    pub cold_until: Time,
}

impl Instance {
    pub(super) fn new(cold_until: Time) -> Instance {
        Instance { state: State::Taking, busy: 0, waiting: VecDeque::new(), waiting_live: 0, cold_until }
    }
    pub(super) fn load(&self) -> u32 {
        self.busy + self.waiting_live
    }
}

/// The load balancer: the instances that take requests, in the order of their numbers.
pub(super) struct Choice {
    pub taking: Vec<u32>,
    seed: u64,
    how: Balancer,
    turn: usize,
}

impl Choice {
    pub(super) fn new(how: Balancer, seed: u64) -> Choice {
        Choice { taking: Vec::new(), seed, how, turn: 0 }
    }
    pub(super) fn joins(&mut self, instance: u32) {
        let place = self.taking.partition_point(|other| *other < instance);
        self.taking.insert(place, instance);
    }
    pub(super) fn leaves(&mut self, instance: u32) {
        self.taking.retain(|other| *other != instance);
    }
    /// The instance for the request of that key; none if none takes requests.
    pub(super) fn choose(&mut self, instances: &[Instance], key: u64) -> Option<u32> {
        let load = |instance: &&u32| instances[**instance as usize].load();
        match self.how {
            Balancer::RoundRobin => {
                self.turn = (self.turn + 1) % self.taking.len().max(1);
                self.taking.get(self.turn).copied()
            }
            Balancer::LeastConnections => self.taking.iter().min_by_key(load).copied(),
            Balancer::TwoChoices => {
                let mut stream = Stream::new(self.seed, CHOICE, key, 0, 0);
                let (one, other) = (stream.pick(&self.taking)?, stream.pick(&self.taking)?);
                Some(if load(&other) < load(&one) { *other } else { *one })
            }
        }
    }
}
