//! Sums of signed double words.
//!
//! The compiler tells an overflow of two words by comparing the sum with what went in, word by
//! word, which costs as much again as the sum. It shows in the signs alone: a sum left the range
//! exactly where both numbers have one sign and the sum the other (H. S. Warren, Hacker's Delight,
//! 2nd edition, section 2-13).

use super::{high_u64, join, low_u64, widen_bool};

/// The words of a number: the upper one, with the sign, and the lower one.
#[inline(always)]
const fn words(x: i128) -> (u64, u64) {
    (high_u64(x.cast_unsigned()), low_u64(x.cast_unsigned()))
}

/// Is the top bit set?
#[inline(always)]
const fn is_negative(word: u64) -> bool {
    word.cast_signed() < 0
}

/// `a + b`; `None` where it does not fit.
#[inline(always)]
pub const fn add_i128(a: i128, b: i128) -> Option<i128> {
    let ((a1, a0), (b1, b0)) = (words(a), words(b));
    let (low, carry) = a0.overflowing_add(b0);
    let high = a1.wrapping_add(b1).wrapping_add(widen_bool(carry));
    if is_negative((a1 ^ high) & (b1 ^ high)) {
        return None;
    }
    Some(join(high, low).cast_signed())
}

/// `a - b`; `None` where it does not fit.
#[inline(always)]
pub const fn sub_i128(a: i128, b: i128) -> Option<i128> {
    let ((a1, a0), (b1, b0)) = (words(a), words(b));
    let (low, borrow) = a0.overflowing_sub(b0);
    let high = a1.wrapping_sub(b1).wrapping_sub(widen_bool(borrow));
    if is_negative((a1 ^ b1) & (a1 ^ high)) {
        return None;
    }
    Some(join(high, low).cast_signed())
}
