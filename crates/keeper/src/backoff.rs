//! When is an account tried again after a refusal? Later each time, so that one account that
//! cannot be taken does not keep the keeper from the others.

use std::collections::BTreeMap;

use plimsoll_client::Address;
use plimsoll_units::{Slot, Slots};

/// Slots to wait after the first refusal (about four seconds); twice as many after each further.
const SLOTS_MIN: u64 = 10;
/// Doublings at most.
const DOUBLINGS_MAX: u32 = 6;

/// Accounts that refused, and until when they are left alone.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    waiting: BTreeMap<Address, (u32, Slot)>,
}

impl Backoff {
    /// May the account be tried?
    pub fn is_due(&self, account: &Address, now: Slot) -> bool {
        self.waiting.get(account).is_none_or(|(_, until)| now >= *until)
    }

    /// The account refused a bid.
    pub fn refused(&mut self, account: &Address, now: Slot) {
        let times = self.waiting.get(account).map_or(0, |(times, _)| *times);
        let wait = Slots::new(SLOTS_MIN << times.min(DOUBLINGS_MAX));
        let until = now.checked_add(wait).unwrap_or(now);
        self.waiting.insert(*account, (times.saturating_add(1), until));
    }

    /// The account took a bid: it starts afresh.
    pub fn forget(&mut self, account: &Address) {
        self.waiting.remove(account);
    }
}

#[cfg(test)]
mod tests {
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
