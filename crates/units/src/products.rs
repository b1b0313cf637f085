//! Which quantity times which gives which? The closed table: what is not here, in [`crate::Price`],
//! [`crate::Value`] or [`crate::Shares`] is not a product that means something.
//!
//! | left | times | right | gives | rounding |
//! |---|---|---|---|---|
//! | lots | · | ticks · tick size | quote atoms | exact |
//! | quote atoms | · | ratio | quote atoms | up in magnitude |
//! | token atoms or lots | · | price | value | [`crate::Price::value_floor`], `_ceil` |
//! | value | · | ratio, price, fraction, value / value | value | floor, ceil |
//! | value | · | whole number | value | exact |
//! | shares | · | index | token atoms | floor |
//! | shares | · | index | shares at index one | floor, ceil |
//! | index | · | 1 + growth | index | floor, ceil |

use crate::{divide, wide, BaseLots, MathError, PriceTicks, QuoteAtoms, Ratio, TickSize};

/// What `lots` are worth at `ticks`: lots · ticks · tick size, exactly, with the sign of the
/// lots. `Overflow` beyond 2^63 quote atoms.
#[inline]
pub const fn notional_exact(
    lots: BaseLots,
    ticks: PriceTicks,
    tick: TickSize,
) -> Result<QuoteAtoms, MathError> {
    let Some(atoms_per_lot) = ticks.get().checked_mul(tick.get()) else {
        return Err(MathError::Overflow);
    };
    let (high, low) = wide::mul_u64(lots.get().unsigned_abs(), atoms_per_lot);
    if high != 0 {
        return Err(MathError::Overflow);
    }
    match wide::checked_with_sign_of(low, lots.get()) {
        Some(atoms) => Ok(QuoteAtoms::new(atoms)),
        None => Err(MathError::Overflow),
    }
}

/// The fee on a notional of either sign: |notional| · rate, rounded up, never negative.
/// `Overflow` beyond 2^63 quote atoms.
#[inline]
pub const fn fee_ceil(notional: QuoteAtoms, rate: Ratio) -> Result<QuoteAtoms, MathError> {
    match part_of(notional.get().unsigned_abs(), rate) {
        Some((floor, exact)) => {
            let fee = if exact { Some(floor) } else { floor.checked_add(1) };
            match fee {
                Some(fee) => positive(fee),
                None => Err(MathError::Overflow),
            }
        }
        None => Err(MathError::Overflow),
    }
}

/// The part of an amount of either sign that is given back (a rebate, a cut): |amount| · rate,
/// rounded down, never negative. `Overflow` beyond 2^63 quote atoms.
#[inline]
pub const fn cut_floor(amount: QuoteAtoms, rate: Ratio) -> Result<QuoteAtoms, MathError> {
    match part_of(amount.get().unsigned_abs(), rate) {
        Some((floor, _)) => positive(floor),
        None => Err(MathError::Overflow),
    }
}

/// `magnitude * rate`, rounded down, and whether that was exact.
#[inline]
const fn part_of(magnitude: u64, rate: Ratio) -> Option<(u64, bool)> {
    let (high, low) = wide::mul_u64(magnitude, wide::widen(rate.ppm()));
    // `high` is below 2^32, since the rate is: division by 10^6 < 2^20 leaves one word exactly
    // where the first remainder's digit is zero.
    divide::div_u96(high, low, Ratio::PARTS)
}

const fn positive(atoms: u64) -> Result<QuoteAtoms, MathError> {
    match wide::checked_with_sign_of(atoms, 1) {
        Some(atoms) => Ok(QuoteAtoms::new(atoms)),
        None => Err(MathError::Overflow),
    }
}
