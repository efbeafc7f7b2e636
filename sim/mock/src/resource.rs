//! Resources with a fixed number of units: workers, a lock, connections. Requests get units in the order in which they ask.
//!
//! A thread that waits wakes some tens or hundreds of microseconds late. If the next request began only then, a worker with a service time
//! of 5 ms would serve 5 % fewer requests than it should. So a request begins at the time at which the one before it should have ended,
//! however late that was noticed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A fixed number of units, each of which one request has at a time.
pub(crate) struct Resource {
    permits: Semaphore,
    free: Mutex<Free>,
}

/// The units that no request has.
struct Free {
    /// The number of units that no request has had yet.
    untouched: usize,
    /// The time from which each of the other units is free.
    since: BinaryHeap<Reverse<Instant>>,
}

/// A unit that a request has until this is dropped.
pub(crate) struct Taken<'a> {
    of: &'a Resource,
    _permit: SemaphorePermit<'a>,
    from: Instant,
    until: Instant,
}

impl Resource {
    /// A resource of so many units, one at least.
    pub(crate) fn of(many: usize) -> Resource {
        let many = many.clamp(1, Semaphore::MAX_PERMITS);
        let free = Mutex::new(Free { untouched: many, since: BinaryHeap::new() });
        Resource { permits: Semaphore::new(many), free }
    }
    /// Waits for a unit, for a request that asked for it at `since`; none if there never will be one.
    pub(crate) async fn take(&self, since: Instant) -> Option<Taken<'_>> {
        let permit = self.permits.acquire().await.ok()?;
        let mut free = self.free();
        let from = match free.untouched.checked_sub(1) {
            Some(left) => {
                free.untouched = left;
                since
            }
            None => free.since.pop().map_or(since, |Reverse(free)| free.max(since)),
        };
        Some(Taken { of: self, _permit: permit, from, until: from })
    }
    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken<'_> {
    /// The time from which the request has the unit.
    pub(crate) fn from(&self) -> Instant {
        self.from
    }
    /// Sets the time from which the next request may have the unit, however late this is dropped.
    pub(crate) fn has_until(&mut self, until: Instant) {
        self.until = until;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // Fields are dropped after this: the permit comes when the time is there.
        self.of.free().since.push(Reverse(self.until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// When each of some requests began that came at these times and take 5 ms each, by a clock that is looked at 1 ms late.
    async fn begins(many: usize, came_ms: &[u64]) -> Vec<u128> {
        let (resource, start) = (Resource::of(many), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut begun = Vec::new();
        let mut held: Vec<Taken<'_>> = Vec::new();
        for came in came_ms {
            if held.len() == many {
                held.sort_by_key(|taken| taken.until);
                held.remove(0);
            }
            let mut taken = resource.take(at(*came)).await.unwrap();
            taken.has_until(taken.from() + Duration::from_millis(5));
            begun.push((taken.from() - start).as_millis());
            held.push(taken);
        }
        begun
    }

    #[tokio::test]
    async fn a_request_begins_when_the_one_before_it_should_have_ended_or_when_it_came() {
        assert_eq!(begins(1, &[0, 1, 2, 30, 31]).await, [0, 5, 10, 30, 35]);
        assert_eq!(begins(2, &[0, 1, 2, 3, 30]).await, [0, 1, 5, 6, 30]);
    }

    #[tokio::test]
    async fn requests_wait_for_one_in_their_order() {
        let (resource, now) = (Resource::of(1), Instant::now());
        let first = resource.take(now).await.unwrap();
        let waits = |number: u32| {
            let resource = &resource;
            async move {
                let mut taken = resource.take(now).await.unwrap();
                taken.has_until(taken.from() + Duration::from_millis(7));
                (number, taken.from() - now)
            }
        };
        let ends = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (second, third, ()) = tokio::join!(waits(2), waits(3), ends);
        assert_eq!([second, third], [(2, Duration::ZERO), (3, Duration::from_millis(7))]);
    }
}
