//! 128-bit products and quotients from 64-bit instructions.
//!
//! Nothing here may multiply, divide or shift by a variable at 128 bits: that would call the very
//! functions that this module makes. Sums, differences and shifts by 64 are plain register work.
//! Small operands leave early, since most products and quotients of the program are small.

const HALF: u32 = 32;
const LOW: u64 = 0xffff_ffff;

/// The upper 64 bits.
#[inline(always)]
fn high(value: u128) -> u64 {
    (value >> 64) as u64
}

/// The lower 64 bits.
#[inline(always)]
fn low(value: u128) -> u64 {
    value as u64
}

#[inline(always)]
fn join(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

/// The whole product of two 64-bit values, in 32-bit halves:
/// `a · b = a1·b1·2^64 + (a1·b0 + a0·b1)·2^32 + a0·b0`.
#[inline(always)]
fn product(a: u64, b: u64) -> u128 {
    if (a | b) <= LOW {
        return u128::from(a.wrapping_mul(b));
    }
    let (a1, a0) = (a >> HALF, a & LOW);
    let (b1, b0) = (b >> HALF, b & LOW);
    let bottom = a0.wrapping_mul(b0);
    // None of the sums overflows: (2^32 − 1)^2 + 2·(2^32 − 1) = 2^64 − 1.
    let cross = a1.wrapping_mul(b0).wrapping_add(bottom >> HALF);
    let other = a0.wrapping_mul(b1).wrapping_add(cross & LOW);
    let top = a1.wrapping_mul(b1).wrapping_add(cross >> HALF).wrapping_add(other >> HALF);
    join(top, (other << HALF) | (bottom & LOW))
}

/// `a · b mod 2^128`.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let whole = product(low(a), low(b));
    if (high(a) | high(b)) == 0 {
        return whole;
    }
    let cross = high(a).wrapping_mul(low(b)).wrapping_add(low(a).wrapping_mul(high(b)));
    join(high(whole).wrapping_add(cross), low(whole))
}

/// `⌊n / d⌋`.
#[inline(always)]
pub fn divide(n: u128, d: u128) -> u128 {
    if high(d) == 0 {
        divide_by_one_word(n, low(d))
    } else {
        u128::from(divide_by_two_words(n, d))
    }
}

/// `n − d · ⌊n / d⌋`.
#[inline(always)]
pub fn remainder(n: u128, d: u128) -> u128 {
    if (high(n) | high(d)) == 0 {
        return u128::from(low(n) % low(d));
    }
    if high(d) == 0 {
        // The remainder is below `d`, so that the lower words alone give it.
        let quotient = low(divide_by_one_word(n, low(d)));
        return u128::from(low(n).wrapping_sub(quotient.wrapping_mul(low(d))));
    }
    n.wrapping_sub(multiply(u128::from(divide_by_two_words(n, d)), d))
}

/// `n / d` towards zero, modulo `2^128`.
#[inline(always)]
pub fn divide_signed(n: i128, d: i128) -> i128 {
    let quotient = divide(n.unsigned_abs(), d.unsigned_abs()) as i128;
    if (n ^ d) < 0 {
        quotient.wrapping_neg()
    } else {
        quotient
    }
}

/// What `n / d` towards zero leaves, with the sign of `n`.
#[inline(always)]
pub fn remainder_signed(n: i128, d: i128) -> i128 {
    let rest = remainder(n.unsigned_abs(), d.unsigned_abs()) as i128;
    if n < 0 {
        rest.wrapping_neg()
    } else {
        rest
    }
}

#[inline(always)]
fn divide_by_one_word(n: u128, d: u64) -> u128 {
    if high(n) == 0 {
        return u128::from(low(n) / d);
    }
    if d <= LOW {
        return divide_by_half_word(n, d);
    }
    let (top, rest) = (high(n) / d, high(n) % d);
    join(top, divide_below(rest, low(n), d))
}

/// Long division in digits of 32 bits: each partial remainder is below `d`, so that with the next
/// digit it fits a word.
#[inline(always)]
fn divide_by_half_word(n: u128, d: u64) -> u128 {
    let (top, rest) = (high(n) / d, high(n) % d);
    let upper = (rest << HALF) | (low(n) >> HALF);
    let (q1, rest) = (upper / d, upper % d);
    let lower = (rest << HALF) | (low(n) & LOW);
    // q1 < 2^32, because `rest` was below `d`.
    join(top, (q1 << HALF) | (lower / d))
}

/// `⌊n / d⌋` for `d ≥ 2^64`: below `2^64`.
///
/// A quotient of the leading words is at most one too large once lowered by one (Hacker's Delight,
/// 9-5): estimate from `n / 2` and `d` scaled so that its leading bit is set, then correct.
#[inline(always)]
fn divide_by_two_words(n: u128, d: u128) -> u64 {
    if n < d {
        return 0;
    }
    let shift = high(d).leading_zeros();
    let leading = shift_left_high(high(d), low(d), shift);
    let half = n >> 1;
    // high(half) < 2^63 ≤ leading.
    let estimate = divide_below(high(half), low(half), leading);
    // ⌊estimate · 2^shift / 2^63⌋, and shift ≤ 63.
    let scaled = estimate >> (63 - shift);
    let quotient = scaled.saturating_sub(1);
    let rest = n.wrapping_sub(multiply(u128::from(quotient), d));
    if rest >= d {
        quotient.wrapping_add(1)
    } else {
        quotient
    }
}

/// The upper word of `(high, low) << shift`, for `shift ≤ 63`.
#[inline(always)]
fn shift_left_high(high: u64, low: u64, shift: u32) -> u64 {
    // In two steps, since a shift by 64 is not a shift by zero.
    (high << shift) | ((low >> 1) >> (63 - shift))
}

/// `⌊(high · 2^64 + low) / d⌋` for `high < d`: the quotient of a single word, by Knuth's
/// algorithm D with two digits of 32 bits.
#[inline(never)]
fn divide_below(high: u64, low: u64, d: u64) -> u64 {
    let shift = d.leading_zeros();
    let d = d << shift;
    let upper = shift_left_high(high, low, shift);
    let lower = low << shift;
    let q1 = digit(upper, lower >> HALF, d);
    // Below `d`, thus exact although the words wrap.
    let rest = (upper << HALF).wrapping_add(lower >> HALF).wrapping_sub(q1.wrapping_mul(d));
    let q0 = digit(rest, lower & LOW, d);
    (q1 << HALF).wrapping_add(q0)
}

/// One digit: `⌊(rest · 2^32 + next) / d⌋` for `rest < d` and the leading bit of `d` set. The
/// estimate from the upper half of `d` is at most two too large.
#[inline(always)]
fn digit(rest: u64, next: u64, d: u64) -> u64 {
    let (d1, d0) = (d >> HALF, d & LOW);
    let mut quotient = rest / d1;
    let mut left = rest % d1;
    while quotient > LOW || quotient.wrapping_mul(d0) > ((left << HALF) | next) {
        quotient = quotient.wrapping_sub(1);
        left = left.wrapping_add(d1);
        if left > LOW {
            break;
        }
    }
    quotient
}
