//! How dense is the normal distribution?
//!
//! `exp(−z²/2) = 2^(−n/32) · exp(r)` with the least `n` that makes `r` positive: the power of two
//! is a shift by `n / 32` places and a table of 32 numbers, and `r < ln 2 / 32` goes into a
//! polynomial. The method is Tang's (1989), with one-sided remainders.

use crate::fixed::Deviations;
use crate::polynomial::polynomial;
use crate::tables::exp::{DENSITY, SERIES, STEP, STEPS};
use plimsoll_units::wide;

/// A density `mantissa · 2^−(64 + shift)`, its mantissa above 2^61: as exact where it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    /// In steps of `2^−(64 + shift)`.
    pub mantissa: u64,
    /// Places to the right; at most 87.
    pub shift: u32,
}

impl Density {
    /// In steps of 2^-64, cut.
    #[inline]
    pub fn floor(self) -> u64 {
        self.mantissa.checked_shr(self.shift).unwrap_or(0)
    }
}

/// Where the density is taken as that of 11: below 2^-89 it is nothing here.
pub(crate) const Z_MAX: Deviations = Deviations(11 << Deviations::BITS);

/// `φ(z) = exp(−z²/2) / √(2π)`, with a relative error below 2^-53 and, for `z` up to one, 2^-56.
/// Beyond eleven deviations the answer is that at eleven.
#[inline]
pub fn density(z: Deviations) -> Density {
    let z = z.get().min(Z_MAX.get());
    let (high, low) = wide::mul_u64(z, z);
    // z²/2 in steps of 2^-58: the square has steps of 2^-118.
    let half_square = (high << 3) | (low >> 61);
    let (count, _) = wide::mul_u64(half_square, STEPS);
    // In steps of 2^-52. Where an integer is near, the larger `n` is taken; the polynomial is good
    // beyond the end of its cell, but there is none for a negative remainder.
    let n = (count.wrapping_add(1 << 30) >> 52).wrapping_add(1);
    // Modulo one, which is right since the remainder is below one.
    let rest = n.wrapping_mul(STEP).wrapping_sub(half_square << 6);
    let cell = usize::try_from(n & 31).unwrap_or(0);
    let start = DENSITY.get(cell).copied().unwrap_or(0);
    let (high, low) = wide::mul_u64(start, polynomial(&SERIES.0, &SERIES.1, rest << 5));
    let shift = wide::narrow_u32(n >> 5).unwrap_or(0);
    Density { mantissa: (high << 1) | (low >> 63), shift }
}
