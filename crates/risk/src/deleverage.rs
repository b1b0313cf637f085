//! When may a position be closed against the other side, and what is left of those there?
//!
//! A deleveraging closes `before − after` of a side's `before` lots, from each position its part.
//! Positions go through one by one, at any time and in any order. The fraction of a lot that one
//! position's part leaves over is handed on to the next: all sizes stay whole, no position is
//! further than one lot from its share, and all of them together keep `after` lots exactly.

use plimsoll_units::{BaseLots, MathError, Ratio, Slot, Value};

use crate::liquidation::{above_buffer, LiquidationTerms, ROUNDING_ATOMS};
use crate::{Health, RiskError};

/// The sizes of one deleveraging of one side, and which lots have not gone through it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resizing {
    /// Lots of the side before; positive.
    pub before: u64,
    /// Lots that are left; less than `before`.
    pub after: u64,
    /// Lots, as they were before, of those positions that have not gone through.
    pub waiting: u64,
    /// Fraction of a lot that those who have gone through left over, in parts of `before`; less
    /// than `before`.
    pub remainder: u64,
}

impl Resizing {
    /// Closes `closed` of `before` lots. `OutOfRange` unless `0 < closed <= before`.
    pub fn new(before: BaseLots, closed: BaseLots) -> Result<Self, MathError> {
        let after = before.checked_sub(closed)?;
        if !closed.is_positive() || after.is_negative() {
            return Err(MathError::OutOfRange);
        }
        let whole = |lots: BaseLots| u64::try_from(lots.get()).map_err(|_| MathError::OutOfRange);
        let before = whole(before)?;
        Ok(Self { before, after: whole(after)?, waiting: before, remainder: 0 })
    }

    /// Takes a position of `lots` (either sign) through: what is left of it, with its sign.
    ///
    /// `w = ⌊(|lots| · after + remainder) / before⌋`, and the rest of that division is the next
    /// remainder. `OutOfRange` for more lots than wait.
    pub fn resize(&mut self, lots: BaseLots) -> Result<BaseLots, MathError> {
        let size = lots.get().unsigned_abs();
        let waiting = self.waiting.checked_sub(size).ok_or(MathError::OutOfRange)?;
        let parts = self.parts(size).ok_or(MathError::Overflow)?;
        let before = u128::from(self.before);
        let kept = parts.checked_div(before).ok_or(MathError::DivisionByZero)?;
        let rest = parts.checked_rem(before).ok_or(MathError::DivisionByZero)?;
        let kept = BaseLots::new(i64::try_from(kept).map_err(|_| MathError::Overflow)?);
        self.remainder = u64::try_from(rest).map_err(|_| MathError::Overflow)?;
        self.waiting = waiting;
        match lots.is_negative() {
            true => kept.checked_neg(),
            false => Ok(kept),
        }
    }

    /// Lots that the waiting positions will keep, all together: `(waiting · after + remainder) /
    /// before`, which is a whole number at any time.
    pub fn waiting_after(&self) -> Result<u64, MathError> {
        let parts = self.parts(self.waiting).ok_or(MathError::Overflow)?;
        let kept = parts.checked_div(self.before.into()).ok_or(MathError::DivisionByZero)?;
        u64::try_from(kept).map_err(|_| MathError::Overflow)
    }

    /// True once every position has gone through.
    pub const fn is_over(&self) -> bool {
        self.waiting == 0
    }

    /// `size · after + remainder`, in parts of `before`.
    fn parts(&self, size: u64) -> Option<u128> {
        u128::from(size).checked_mul(self.after.into())?.checked_add(self.remainder.into())
    }
}

/// A position's quote flow after it went through: `flow + (before − after) · price`, exactly.
/// What is closed of a long is sold at `price` per lot, what is closed of a short is bought.
pub fn resized_flow(
    before: BaseLots,
    after: BaseLots,
    flow: Value,
    price: Value,
) -> Result<Value, MathError> {
    flow.checked_add(price.times(before.checked_sub(after)?.get())?)
}

/// What somebody has seen of an account that nobody bids for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Since then it was seen below its line, again and again, and nobody has bid.
    pub since: Slot,
    /// When it was seen last.
    pub seen: Slot,
}

impl Silence {
    /// The account is seen below its line at `now`, and nobody bids. Whoever was not seen for twice
    /// the auction's duration may have been above the line in between: its silence begins anew.
    pub fn seen_at(before: Option<Self>, terms: &LiquidationTerms, now: Slot) -> Self {
        match before {
            Some(silence) if silence.lasts(terms, now) => Self { since: silence.since, seen: now },
            _ => Self { since: now, seen: now },
        }
    }

    fn lasts(&self, terms: &LiquidationTerms, now: Slot) -> bool {
        now.elapsed_since(self.seen).get() <= terms.duration.get().saturating_mul(2)
    }

    /// May positions of the account be closed against the other side? Once its auction has stood at
    /// its end for `deleverage_after`.
    pub fn is_over(&self, terms: &LiquidationTerms, now: Slot) -> bool {
        let waited = terms.duration.get().saturating_add(terms.deleverage_after.get());
        self.lasts(terms, now) && now.elapsed_since(self.since).get() >= waited
    }
}

/// Does a bid that leaves the account so end its silence? One that lifts it to its line, or takes
/// a tenth of its requirement off it: a bid for less could be made for ever, to keep what is below
/// its line from its last resort.
pub fn ends_silence(before: &Health, after: &Health) -> Result<bool, RiskError> {
    let lifted = after.equity >= after.requirement;
    let most = before.requirement.mul_ratio_floor(Ratio::from_ppm(900_000))?;
    Ok(lifted || after.requirement <= most)
}

/// Whether a deleveraging that closes `closed` of `held` lots may leave the account so: its
/// requirement fell, its health rose, it is not above its buffer, unless it was dust or a single lot
/// was closed, and it is not below its line any more, unless the position was closed whole. A
/// bankrupt account's position may always be closed whole, since others bear for it already.
///
/// Errors: `BidRemovesNoRisk`, `HealthNotRaised`, `OvershootsBuffer`, `StaysBelowLine`.
pub fn check_deleveraged(
    terms: &LiquidationTerms,
    before: &Health,
    after: &Health,
    (closed, held): (BaseLots, BaseLots),
) -> Result<(), RiskError> {
    if before.equity.is_negative() && closed == held {
        return Ok(());
    }
    if after.requirement >= before.requirement {
        return Err(RiskError::BidRemovesNoRisk);
    }
    if after.surplus()? <= before.surplus()? {
        return Err(RiskError::HealthNotRaised);
    }
    if before.requirement > terms.dust && closed.abs()? > BaseLots::new(1) {
        let line = above_buffer(terms, after.requirement)?;
        if after.equity > line.checked_add(Value::from_quote(ROUNDING_ATOMS))? {
            return Err(RiskError::OvershootsBuffer);
        }
    }
    // In small pieces an account could make everybody on the other side outdated many times over.
    if closed != held && after.equity < after.requirement {
        return Err(RiskError::StaysBelowLine);
    }
    Ok(())
}
