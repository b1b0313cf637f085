//! Products of double words, from the words' products and their carries; and where a word begins.

use super::{high_u64, join, low_u64, mul_u64, upper_six, widen, widen_bool, widen_u8, LOW};

/// A de Bruijn sequence: its products with the 64 numbers of nothing but ones on the right differ
/// in their upper six bits.
const SEQUENCE: u64 = 0x03f7_9d71_b4cb_0a89;

/// Zeros above the ones, at the place that those six bits name.
const ZEROS: [u8; 64] = zeros();

/// Evaluated by the compiler only.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
const fn zeros() -> [u8; 64] {
    let mut table = [64; 64];
    let mut count = 0;
    while count < 64 {
        let place = upper_six(SEQUENCE.wrapping_mul(u64::MAX >> count));
        assert!(table[place] == 64);
        table[place] = count;
        count += 1;
    }
    table
}

/// Zeros above the highest set bit; 64 for zero. The target has no instruction for it, and what
/// the compiler puts in its place is longer than a look into a table. It folds where the number is
/// a constant.
#[inline]
pub const fn leading_zeros(x: u64) -> u32 {
    if x == 0 {
        return 64;
    }
    let x = x | (x >> 1);
    let x = x | (x >> 2);
    let x = x | (x >> 4);
    let x = x | (x >> 8);
    let x = x | (x >> 16);
    let ones = x | (x >> 32);
    // Six bits: a place of the table, always.
    #[allow(clippy::indexing_slicing)]
    widen_u8(ZEROS[upper_six(SEQUENCE.wrapping_mul(ones))])
}

/// `a * b` as (high, low) double words.
#[inline]
pub const fn mul_u128(a: u128, b: u128) -> (u128, u128) {
    let (a1, a0) = (high_u64(a), low_u64(a));
    let (b1, b0) = (high_u64(b), low_u64(b));
    let (w1, w0) = mul_u64(a0, b0);
    let (x2, x1) = mul_u64(a1, b0);
    let (y2, y1) = mul_u64(a0, b1);
    let (z3, z2) = mul_u64(a1, b1);
    let (w1, carry_x) = w1.overflowing_add(x1);
    let (w1, carry_y) = w1.overflowing_add(y1);
    // The carries go where the sum of all products needs them; the product fits 256 bits, so
    // that the top word cannot wrap.
    let (w2, carry_2x) = z2.overflowing_add(x2);
    let (w2, carry_2y) = w2.overflowing_add(y2);
    let (w2, carry_2c) = w2.overflowing_add(widen_bool(carry_x).wrapping_add(widen_bool(carry_y)));
    let w3 = z3
        .wrapping_add(widen_bool(carry_2x))
        .wrapping_add(widen_bool(carry_2y))
        .wrapping_add(widen_bool(carry_2c));
    (join(w3, w2), join(w1, w0))
}

/// `x * n` as (high, low) double words; the high one is below 2^32.
#[inline]
pub const fn mul_u128_u32(x: u128, n: u32) -> (u128, u128) {
    let (high, low, n) = (high_u64(x), low_u64(x), widen(n));
    // Each product plus the carried half-word fits: see the assertion above.
    let p0 = (low & LOW).wrapping_mul(n);
    let p1 = (low >> 32).wrapping_mul(n).wrapping_add(p0 >> 32);
    let p2 = (high & LOW).wrapping_mul(n).wrapping_add(p1 >> 32);
    let p3 = (high >> 32).wrapping_mul(n).wrapping_add(p2 >> 32);
    let upper = (p3 << 32) | (p2 & LOW);
    let lower = (p1 << 32) | (p0 & LOW);
    (join(0, p3 >> 32), join(upper, lower))
}
