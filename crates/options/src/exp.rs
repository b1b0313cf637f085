//! What is the exponential of a negative number, and how dense is the normal distribution?
//!
//! `exp(−x) = 2^(−n/32) · exp(r)` with the least `n` that makes `r` positive: the power of two
//! is a shift by `n / 32` places and a table of 32 numbers, and `r < ln 2 / 32` goes into a
//! polynomial. The method is Tang's (1989), with one-sided remainders.

use crate::fixed::{Deviations, Log};
use crate::polynomial::polynomial;
use crate::tables::exp::{DENSITY, ROOT_TWO_PI, SERIES, STEP, STEPS};
use plimsoll_units::{wide, Fraction};

/// A density `mantissa · 2^−(64 + shift)`, its mantissa above 2^61: as exact where it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    /// In steps of `2^−(64 + shift)`.
    pub mantissa: u64,
    /// Places to the right; at most 92.
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
    density_of((high << 3) | (low >> 61))
}

/// `exp(−x)`, within 2^-57; of zero it is a few steps less than one.
pub fn exp_negative(x: Log) -> Fraction {
    let density = density_of(x.get());
    // In steps of 2^-(62 + shift), at most one.
    let (high, _) = wide::mul_u64(density.mantissa, ROOT_TWO_PI);
    let whole = (high << 1).checked_shr(density.shift).unwrap_or(0);
    Fraction::new(whole).unwrap_or(Fraction::ONE)
}

/// `exp(−x) / √(2π)` for `x` in steps of 2^-58.
#[inline(always)]
fn density_of(x: u64) -> Density {
    let (count, _) = wide::mul_u64(x, STEPS);
    // In steps of 2^-52. Where an integer is near, the larger `n` is taken; the polynomial is good
    // beyond the end of its cell, but there is none for a negative remainder.
    let n = (count.wrapping_add(1 << 30) >> 52).wrapping_add(1);
    // Modulo one, which is right since the remainder is below one.
    let rest = n.wrapping_mul(STEP).wrapping_sub(x << 6);
    let cell = usize::try_from(n & 31).unwrap_or(0);
    let start = DENSITY.get(cell).copied().unwrap_or(0);
    let (high, low) = wide::mul_u64(start, polynomial(&SERIES.0, &SERIES.1, rest << 5));
    let shift = wide::narrow_u32(n >> 5).unwrap_or(0);
    Density { mantissa: (high << 1) | (low >> 63), shift }
}
