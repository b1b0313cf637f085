//! How much of a token may leave within the hour?

use crate::number::{ceil, floor, ppm, whole};
use crate::step::{unsigned, Step};

/// The time in which a full bucket runs empty.
const HOUR_SECONDS: i64 = 3_600;

/// Which of the two limits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Net,
    Free,
}

impl Step<'_> {
    /// Net outflow per hour at most: a share of all deposits, at least one atom.
    fn outflow_cap(&self, token: usize) -> Option<i128> {
        let one = &self.next.collaterals[token];
        let share = whole(ceil(&one.deposits())) * ppm(one.outflow_ppm);
        (one.outflow_ppm < 1_000_000).then(|| floor(&share).max(1))
    }

    /// What a bucket holds by now, and until when it has run off at least and at most.
    fn drained(&self, token: usize, bucket: Bucket, cap: i128) -> (i128, i64, i64) {
        let one = &self.next.collaterals[token];
        let (level, at) = match bucket {
            Bucket::Net => (one.outflow_level_token_atoms, one.outflow_at),
            Bucket::Free => (one.outflow_free_level_token_atoms, one.outflow_free_at),
        };
        let (level, now) = (i128::from(level), self.now().seconds);
        let elapsed = now.saturating_sub(at).max(0);
        let fallen = floor(&(whole(cap) * whole(elapsed) / whole(HOUR_SECONDS)));
        match fallen < level {
            // What rounding left over runs off later.
            true if cap > 0 => {
                let took = ceil(&(whole(fallen) * whole(HOUR_SECONDS) / whole(cap)));
                let took = i64::try_from(took).unwrap_or(elapsed);
                (level - fallen, at + took, at + took)
            }
            true => (level, at, now.max(at)),
            false => (0, at.max(now), at.max(now)),
        }
    }

    fn set_bucket(&mut self, token: usize, bucket: Bucket, level: i128, at: (i64, i64)) {
        let pick = |seen: &crate::Group| {
            let one = &seen.collaterals[token];
            let at = if bucket == Bucket::Net { one.outflow_at } else { one.outflow_free_at };
            i128::from(at)
        };
        let at = self.adopt("time of the outflow", pick, &whole(at.0), &whole(at.1));
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let one = &mut self.next.collaterals[token];
        match bucket {
            Bucket::Net => {
                one.outflow_level_token_atoms = unsigned(level);
                one.outflow_at = at;
            }
            Bucket::Free => {
                one.outflow_free_level_token_atoms = unsigned(level);
                one.outflow_free_at = at;
            }
        }
    }

    pub(crate) fn flow_in(&mut self, token: usize, amount: u64) {
        if let Some(cap) = self.outflow_cap(token) {
            let (level, from, to) = self.drained(token, Bucket::Net, cap);
            self.set_bucket(token, Bucket::Net, (level - i128::from(amount)).max(0), (from, to));
        }
    }

    pub(crate) fn flow_out(&mut self, token: usize, amount: u64) {
        let Some(cap) = self.outflow_cap(token) else {
            return;
        };
        let one = &self.next.collaterals[token];
        let free_cap = i128::from(one.outflow_free_cap_token_atoms);
        let small = amount <= one.outflow_free_token_atoms;
        let buckets = [(Bucket::Free, free_cap, small), (Bucket::Net, cap, true)];
        for (bucket, cap, _) in buckets.into_iter().filter(|(_, _, open)| *open) {
            let (level, from, to) = self.drained(token, bucket, cap);
            let filled = level + i128::from(amount);
            if filled <= cap {
                self.set_bucket(token, bucket, filled, (from, to));
                return;
            }
        }
        self.require(false, &["OutflowExceeded"]);
    }
}
