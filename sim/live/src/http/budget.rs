//! What answers that are being read hold, together. Each may be long; a target that gives everybody a long one at once must not
//! fill this machine's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So much of each answer is not counted: as much as any page of a list has.
const FREE: u64 = 256 << 10;

/// The most bytes that answers of a run may hold at once, beyond what each has free.
#[derive(Clone, Debug)]
pub struct AnswerBudget {
    held: Arc<AtomicU64>,
    most: u64,
}

/// What one answer holds of it, until it is let go of.
#[derive(Debug)]
pub struct HeldBytes {
    of: AnswerBudget,
    bytes: u64,
}

impl Default for AnswerBudget {
    fn default() -> AnswerBudget {
        AnswerBudget::of(64 << 20)
    }
}

impl AnswerBudget {
    /// A budget of so many bytes.
    pub fn of(most: u64) -> AnswerBudget {
        AnswerBudget { held: Arc::default(), most }
    }
    /// How much they may hold, in MiB.
    pub(super) fn most_mib(&self) -> u64 {
        self.most >> 20
    }
    /// Begins to count the bytes of an answer; they are given back when the result is dropped.
    pub(super) fn begin(&self) -> HeldBytes {
        HeldBytes { of: self.clone(), bytes: 0 }
    }
    /// What all answers hold now.
    #[cfg(test)]
    fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

impl HeldBytes {
    /// The answer has so many bytes by now. False if that is too much with what the others hold.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let counted = (bytes as u64).saturating_sub(FREE);
        let more = counted.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        self.bytes += more;
        self.of.held.fetch_add(more, Ordering::Relaxed) + more <= self.of.most
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.of.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_share_what_there_is_and_give_it_back() {
        let budget = AnswerBudget::of(1 << 20);
        let (mut one, mut other) = (budget.begin(), budget.begin());
        assert!(one.grow_to(1 << 20) && one.grow_to((1 << 20) + 1));
        assert!(!other.grow_to(1 << 20), "together they are too large");
        drop(other);
        assert!(budget.begin().grow_to(FREE as usize), "short ones are free");
        let mut third = budget.begin();
        assert!(third.grow_to(FREE as usize + 1_000));
        drop((one, third));
        assert_eq!(budget.held(), 0);
    }
}
