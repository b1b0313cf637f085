//! What is a polynomial with positive coefficients, between zero and one?

use plimsoll_units::wide;

/// `Σ c_n · u^n` in steps of 2^-63 by Horner's rule, with coefficients in steps of 2^-63, the
/// constant first, and `u` in steps of 2^-64. Cut after each product: less than the number of
/// coefficients in steps too small. The sum of the coefficients must be below two.
#[inline(always)]
pub(crate) fn polynomial<const N: usize>(coefficients: &[u64; N], u: u64) -> u64 {
    coefficients.iter().rev().fold(0, |sum, coefficient| {
        let (high, _) = wide::mul_u64(sum, u);
        high.wrapping_add(*coefficient)
    })
}
