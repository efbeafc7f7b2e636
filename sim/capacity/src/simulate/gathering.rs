//! A barrier for windows of microseconds: whoever is early looks again for a while before it makes room for others.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So often it is looked before others are let run.
const LOOKS: u32 = 4_000;

/// A place where a number of threads wait for each other, again and again.
pub(super) struct Gathering {
    of: usize,
    here: AtomicUsize,
    round: AtomicUsize,
}

impl Gathering {
    pub(super) fn new(of: usize) -> Gathering {
        Gathering { of, here: AtomicUsize::new(0), round: AtomicUsize::new(0) }
    }
    /// Waits until everybody is here. True for the last one to come: whatever the others wrote before, it sees.
    pub(super) fn wait(&self) -> bool {
        let round = self.round.load(Ordering::Acquire);
        if self.here.fetch_add(1, Ordering::AcqRel) + 1 == self.of {
            self.here.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return true;
        }
        let mut looks = 0;
        while self.round.load(Ordering::Acquire) == round {
            looks += 1;
            if looks < LOOKS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        false
    }
}
