//! How far may a reference follow the market?
//!
//! A price that was pumped within minutes must not open new risk, and one that leapt must not
//! liquidate anybody. Both are judged against a reference that follows the oracle with a limited
//! slope: a slow one (the stable price) and a fast one (the jump reference).

use crate::RiskError;
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds};

/// A price that follows another with a limited slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlopeLimited {
    /// Where it is.
    pub price: Price,
    /// When it was last moved.
    pub updated: UnixSeconds,
}

impl SlopeLimited {
    /// Moves toward `target` by at most `price · slope · min(now − updated, catch_up_max)`, and
    /// never past it. A clock that stands still or goes back moves nothing. The catch-up limit
    /// bounds what one first step after a halt may do.
    ///
    /// Steps compound: what is 10 % in one step can be 10.5 % in many small ones (`e^0.1 − 1`), so
    /// that refreshing more often gains a manipulator next to nothing.
    pub fn advance(
        self,
        target: Price,
        now: UnixSeconds,
        slope_per_second: Ratio,
        catch_up_max: Seconds,
    ) -> Result<Self, RiskError> {
        let elapsed = now.elapsed_since(self.updated);
        if elapsed.is_zero() {
            return Ok(self);
        }
        let seconds = elapsed.min(catch_up_max).get();
        let step_ppm = u64::from(slope_per_second.ppm()).saturating_mul(seconds);
        let step = Ratio::from_wide_saturating(step_ppm);
        let price = if target > self.price {
            let up = Ratio::from_wide_saturating(step_ppm.saturating_add(Ratio::ONE.ppm().into()));
            self.price.mul_ratio(up)?.min(target)
        } else {
            match Ratio::ONE.checked_sub(step) {
                Ok(down) if !down.is_zero() => self.price.mul_ratio(down)?.max(target),
                // A step of the whole price or more reaches any lower target.
                _ => target,
            }
        };
        Ok(Self { price, updated: now })
    }
}
