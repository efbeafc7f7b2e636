//! Pages of lists (§0.3): exact, whatever the limit and the offset.

use crate::config::Readings;
use crate::refusal::Refusal;
use fieldday_api::readings::PageBeyond;

/// The part of a list that is asked for, as the list goes by in order.
#[derive(Debug)]
pub(crate) struct Window<K> {
    offset: u32,
    limit: u32,
    passed: u32,
    taken: u32,
    /// The key just before the page, once it went by; and whether its equals are (wrongly) left out.
    before: Option<K>,
    skips_ties: bool,
}

impl<K: PartialEq> Window<K> {
    /// Checks what is asked for: a limit of 0 is refused, one beyond the maximum refused or cut.
    pub(crate) fn new(
        limit: Option<u32>,
        offset: Option<u32>,
        readings: &Readings,
        policy: PageBeyond,
        skips_ties: bool,
    ) -> Result<Window<K>, Refusal> {
        let mut limit = limit.unwrap_or(readings.page_default);
        if limit == 0 {
            return Err(Refusal::request("limit must be at least 1").about("field", "limit"));
        }
        if limit > readings.page_max {
            match policy {
                PageBeyond::Refuse => {
                    return Err(Refusal::request("limit is beyond the maximum").about("field", "limit"));
                }
                PageBeyond::Cut => limit = readings.page_max,
            }
        }
        Ok(Window { offset: offset.unwrap_or(0), limit, passed: 0, taken: 0, before: None, skips_ties })
    }
    /// Whether the next entry, whose place in the order is `key`, is on the page.
    pub(crate) fn takes(&mut self, key: K) -> bool {
        let index = self.passed;
        self.passed += 1;
        if index < self.offset {
            if index + 1 == self.offset {
                self.before = Some(key);
            }
            return false;
        }
        if self.taken == self.limit || (self.skips_ties && self.before.as_ref() == Some(&key)) {
            return false;
        }
        self.taken += 1;
        true
    }
    /// Leaves the offset to whoever asks: what applies it before the filter.
    pub(crate) fn take_offset(&mut self) -> u32 {
        std::mem::take(&mut self.offset)
    }
    /// An entry goes by that is on no page.
    pub(crate) fn passes(&mut self) {
        self.passed += 1;
    }
    /// How many entries went by.
    pub(crate) fn total(&self) -> u32 {
        self.passed
    }
    /// A guess of how many entries the page will have, given how many there may be.
    pub(crate) fn capacity(&self, entries: usize) -> usize {
        entries.saturating_sub(self.offset as usize).min(self.limit as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(list: &[u8], limit: u32, offset: u32, skips_ties: bool) -> (Vec<usize>, u32) {
        let policy = PageBeyond::Refuse;
        let mut window =
            Window::new(Some(limit), Some(offset), &Readings::default(), policy, skips_ties).expect("a legal limit");
        let page = (0..list.len()).filter(|i| window.takes(list[*i])).collect();
        (page, window.total())
    }

    proptest! {
        #[test]
        fn pages_put_together_are_the_list(mut list in proptest::collection::vec(0_u8..20, 0..80), limit in 1_u32..30) {
            list.sort_unstable();
            let mut together = Vec::new();
            for offset in (0..100).step_by(limit as usize) {
                let (page, total) = page(&list, limit, offset, false);
                prop_assert_eq!(total as usize, list.len());
                prop_assert!(page.len() <= limit as usize);
                together.extend(page);
            }
            prop_assert_eq!(together, (0..list.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_limit_of_zero_is_refused_and_one_beyond_the_maximum_is_refused_or_cut() {
        let make = |limit, policy| Window::<u8>::new(Some(limit), None, &Readings::default(), policy, false);
        assert!(make(0, PageBeyond::Cut).is_err());
        assert!(make(1_001, PageBeyond::Refuse).is_err());
        assert_eq!(make(1_001, PageBeyond::Cut).unwrap().limit, 1_000);
        assert_eq!(make(1_000, PageBeyond::Refuse).unwrap().limit, 1_000);
    }

    #[test]
    fn the_defect_leaves_ties_out() {
        let list = [1, 2, 2, 2, 3];
        assert_eq!(page(&list, 2, 2, true).0, [4], "the twos at 2 and 3 tie with the one before the page");
        assert_eq!(page(&list, 2, 2, false).0, [2, 3]);
    }
}
