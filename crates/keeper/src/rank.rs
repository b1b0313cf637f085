//! Which account first? The one that is missing the most.

use plimsoll_risk::Health;
use plimsoll_units::{MathError, Value};

/// An account below its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<K> {
    /// Which account.
    pub key: K,
    /// What it is missing: requirement less equity, positive.
    pub shortfall: Value,
}

impl<K> Candidate<K> {
    /// The account if it is below its line, or in an episode (`lasting`) and so not yet let go.
    pub fn of(key: K, health: &Health, lasting: bool) -> Result<Option<Self>, MathError> {
        let shortfall = health.requirement.checked_sub(health.equity)?;
        Ok((shortfall.is_positive() || lasting).then_some(Self { key, shortfall }))
    }
}

/// Largest shortfall first; the keys decide between equals, so that everybody who looks at the
/// same accounts gets the same order.
pub fn rank<K: Ord>(candidates: &mut [Candidate<K>]) {
    candidates.sort_by(|a, b| b.shortfall.cmp(&a.shortfall).then_with(|| a.key.cmp(&b.key)));
}
