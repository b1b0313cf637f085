//! How much of the normal distribution lies beyond?
//!
//! By Mills' ratio, the tail over the density: it falls slowly and smoothly from 1.25 to 1/z, so
//! that few polynomials give it with the same absolute error everywhere. On each cell, a fit of
//! degree 11 in the distance from the cell's right end: Mills' ratio is completely monotone, hence
//! all coefficients are positive.

use crate::exp::density;
use crate::fixed::{Deviations, Fixed};
use crate::polynomial::polynomial;
use crate::tables::mills::MILLS;
use plimsoll_units::wide;

/// `M(z) = N(−z) / φ(z)` in steps of 2^-63, within 2^-57.
#[inline]
pub fn mills(z: Deviations) -> u64 {
    let z = z.get();
    // Cells of an eighth up to two, and eight in each octave above.
    let (first, shift) = match z >> 60 {
        0 => (0, 56),
        1 => (8, 57),
        2..=3 => (16, 58),
        4..=7 => (24, 59),
        _ => (32, 60),
    };
    let cell = usize::try_from(z.wrapping_shr(shift)).unwrap_or(0).wrapping_add(first);
    let Some((large, small)) = MILLS.get(cell) else {
        return 0;
    };
    // One less the place in the cell, and less 2^-64: what counts of a cell is where it ends.
    let u = !z.wrapping_shl(64u32.wrapping_sub(shift));
    polynomial(large, small, u)
}

/// `N(−z)`, what lies beyond `z` on one side; the nearest step of 2^-32.
pub fn tail(z: Deviations) -> Fixed {
    let density = density(z);
    let (high, _) = wide::mul_u64(density.mantissa, mills(z));
    // In steps of 2^-63.
    let tail = high.checked_shr(density.shift).unwrap_or(0);
    Fixed::new((tail.wrapping_add(1 << 30) >> 31).cast_signed())
}
