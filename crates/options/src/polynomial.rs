//! What is a polynomial with positive coefficients, between zero and one?
//!
//! By Horner's rule, from the highest power down. There the sums are small, and the upper bits of
//! `u` are as good as all of them: one multiplication instead of three.

/// The low half of a word.
const LOW: u64 = 0xffff_ffff;

/// `Σ c_n · u^n` in steps of 2^-63, with `u` in steps of 2^-64: the coefficients in `small` come
/// after those in `large`, each list with the lowest power first.
///
/// The small ones must add up to less than 2^34 steps, and all of them to less than two. The sum
/// is too small by less than 17 steps for the small ones and three for each of the large ones.
#[inline(always)]
pub(crate) fn polynomial<const L: usize, const S: usize>(
    large: &[u64; L],
    small: &[u64; S],
    u: u64,
) -> u64 {
    // 34 bits of the sum and 30 of `u` fit a word; what `u` loses is 2^-30 of the sum.
    let upper = u >> 34;
    let start = small
        .iter()
        .rev()
        .fold(0, |sum: u64, coefficient| sum.wrapping_add(*coefficient).wrapping_mul(upper) >> 30);
    let (u1, u0) = (u >> 32, u & LOW);
    let mut sum = start;
    for (index, coefficient) in large.iter().rev().enumerate() {
        if index > 0 {
            sum = product_high(sum, u1, u0);
        }
        sum = sum.wrapping_add(*coefficient);
    }
    sum
}

/// The upper word of `a · u`, less at most two: the product of the lower halves is left out.
#[inline(always)]
fn product_high(a: u64, u1: u64, u0: u64) -> u64 {
    let (a1, a0) = (a >> 32, a & LOW);
    let cross = (a1.wrapping_mul(u0) >> 32).wrapping_add(a0.wrapping_mul(u1) >> 32);
    a1.wrapping_mul(u1).wrapping_add(cross)
}
