//! What is the logarithm of a level?
//!
//! `F = 2^e · m` with `1 <= m < 2`; a number `c` from a table of 128 brings `m · c` just under one,
//! exactly, since 46 bits times 17 fit a word; the rest `r = 1 − m · c < 1/128` goes into a
//! polynomial for `−ln(1 − r) / r`. The method is Tang's (1990), with one-sided remainders.

use crate::fixed::{Level, Log};
use crate::polynomial::polynomial;
use crate::tables::ln::{CELLS, LN2, LN2_REST, SERIES};
use plimsoll_units::wide;

/// `ln` of a number of steps, within 2^-56.
///
/// Levels that follow each other are at least 2^-46 apart in it, which is why it never stands
/// still nor falls.
#[inline]
pub fn ln(level: Level) -> Log {
    // At least the 18 bits that a level leaves unused.
    let zeros = wide::leading_zeros(level.get());
    let mantissa = level.get().wrapping_shl(zeros) >> (64 - Level::BITS);
    let exponent = wide::widen(63u32.wrapping_sub(zeros));
    let cell = usize::try_from((mantissa >> (Level::BITS - 8)) & 127).unwrap_or(0);
    let (reciprocal, start) = CELLS.get(cell).copied().unwrap_or((0, 0));
    // In steps of 2^-62; below 2^55, so that nothing leaves the word by the shift.
    let rest = (1_u64 << 62).wrapping_sub(mantissa.wrapping_mul(reciprocal));
    let u = rest << 9;
    let (series, _) = wide::mul_u64(u, polynomial(&SERIES.0, &SERIES.1, u));
    let whole = exponent.wrapping_mul(LN2).wrapping_add(exponent.wrapping_mul(LN2_REST) >> 16);
    Log(whole.wrapping_add(start).wrapping_sub(series >> 12))
}
