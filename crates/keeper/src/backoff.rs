//! When is something tried again after a refusal? Later each time, so that one account that cannot be
//! taken does not keep the keeper from the others.

use std::collections::BTreeMap;

use plimsoll_units::{Slot, Slots};

/// Slots to wait after the first refusal (about four seconds); twice as many after each further.
const SLOTS_MIN: u64 = 10;
/// Doublings at most.
const DOUBLINGS_MAX: u32 = 6;

/// What was refused, and until when it is left alone.
#[derive(Clone, Debug)]
pub struct Backoff<K> {
    waiting: BTreeMap<K, (u32, Slot)>,
}

impl<K> Default for Backoff<K> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Backoff<K> {
    /// May it be tried?
    pub fn is_due(&self, what: &K, now: Slot) -> bool {
        self.waiting.get(what).is_none_or(|(_, until)| now >= *until)
    }

    /// It was refused.
    pub fn refused(&mut self, what: &K, now: Slot) {
        let times = self.waiting.get(what).map_or(0, |(times, _)| *times);
        let wait = Slots::new(SLOTS_MIN << times.min(DOUBLINGS_MAX));
        let until = now.checked_add(wait).unwrap_or(now);
        self.waiting.insert(*what, (times.saturating_add(1), until));
    }

    /// It went through: it starts afresh.
    pub fn forget(&mut self, what: &K) {
        self.waiting.remove(what);
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_client::Address;

    use super::*;

    #[test]
    fn each_refusal_doubles_the_wait_until_a_bid_succeeds() {
        let account = Address::new_from_array([1; 32]);
        let mut backoff = Backoff::default();
        assert!(backoff.is_due(&account, Slot::new(100)));

        backoff.refused(&account, Slot::new(100));
        assert!(!backoff.is_due(&account, Slot::new(109)));
        assert!(backoff.is_due(&account, Slot::new(110)));

        backoff.refused(&account, Slot::new(110));
        assert!(!backoff.is_due(&account, Slot::new(129)));
        assert!(backoff.is_due(&account, Slot::new(130)));

        backoff.forget(&account);
        backoff.refused(&account, Slot::new(130));
        assert!(backoff.is_due(&account, Slot::new(140)));
    }
}
