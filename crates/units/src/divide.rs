//! How is a wide number divided by hand?
//!
//! By a divisor of 32 bits, digit by digit in base 2^32: each step is one 64-bit division. By a
//! divisor of 64 or 128 bits with Knuth's algorithm D, whose digits are estimated from the
//! divisor's upper half and corrected at most twice.

use crate::wide::{high_u64, join, low_u64, mul_u128, mul_u64, widen};

/// The low half of a word.
const LOW: u64 = 0xffff_ffff;

/// Quotient and remainder of words. `d` is never zero here: every caller compares with it or
/// knows it; the answer for zero only spares the machine a way to panic.
#[inline(always)]
const fn div_rem(x: u64, d: u64) -> (u64, u64) {
    debug_assert!(d != 0);
    match (x.checked_div(d), x.checked_rem(d)) {
        (Some(quotient), Some(rest)) => (quotient, rest),
        _ => (0, x),
    }
}

/// `a * b / d` rounded down, and whether that was exact. A quotient of two 32-bit products: it
/// may exceed 32 bits. `d` must not be zero.
#[inline]
pub const fn mul_div_rem_u32(a: u32, b: u32, d: u32) -> (u64, bool) {
    let product = (widen(a)).wrapping_mul(widen(b));
    let d = widen(d);
    let (quotient, rest) = div_rem(product, d);
    (quotient, rest == 0)
}

/// `(high * 2^64 + low) / d` for `high < 2^32`, rounded down, and whether that was exact; `None`
/// where it exceeds one word. `d` must not be zero.
#[inline]
pub const fn div_u96(high: u64, low: u64, d: u32) -> Option<(u64, bool)> {
    let d = widen(d);
    if high >= d {
        return None;
    }
    let (digit1, rest) = digit_u32(high, low >> 32, d);
    let (digit0, rest) = digit_u32(rest, low & LOW, d);
    Some(((digit1 << 32) | digit0, rest == 0))
}

/// One step of the division by hand, base 2^32: the remainder so far (below `d` < 2^32) and the
/// next digit give a digit of the quotient and the new remainder.
#[inline(always)]
const fn digit_u32(rest: u64, digit: u64, d: u64) -> (u64, u64) {
    div_rem((rest << 32) | digit, d)
}

/// `(high * 2^64 + low) / d` rounded down, as (high, low) words. `d` must not be zero.
#[inline]
pub const fn div_u128_u32(high: u64, low: u64, d: u32) -> (u64, u64) {
    let d = widen(d);
    let (digit3, rest) = digit_u32(0, high >> 32, d);
    let (digit2, rest) = digit_u32(rest, high & LOW, d);
    let (digit1, rest) = digit_u32(rest, low >> 32, d);
    let (digit0, _) = digit_u32(rest, low & LOW, d);
    ((digit3 << 32) | digit2, (digit1 << 32) | digit0)
}

/// `x * num / den` rounded down, and whether that was exact; `None` where it does not fit.
/// `den` must not be zero. Division by hand in base 2^32.
#[inline]
pub const fn mul_div_u32(x: u128, num: u32, den: u32) -> Option<(u128, bool)> {
    let (high, low) = (high_u64(x), low_u64(x));
    let (n, d) = (widen(num), widen(den));
    // Each product plus the carried half-word fits: see the assertion above.
    let p0 = (low & LOW).wrapping_mul(n);
    let p1 = (low >> 32).wrapping_mul(n).wrapping_add(p0 >> 32);
    let p2 = (high & LOW).wrapping_mul(n).wrapping_add(p1 >> 32);
    let p3 = (high >> 32).wrapping_mul(n).wrapping_add(p2 >> 32);
    let top = p3 >> 32;
    if top >= d {
        return None;
    }
    let (q3, rest) = digit_u32(top, p3 & LOW, d);
    let (q2, rest) = digit_u32(rest, p2 & LOW, d);
    let (q1, rest) = digit_u32(rest, p1 & LOW, d);
    let (q0, rest) = digit_u32(rest, p0 & LOW, d);
    Some((join((q3 << 32) | q2, (q1 << 32) | q0), rest == 0))
}

/// `(high * 2^64 + low) / d` for a divisor with its top bit set and `high < d`: (quotient,
/// remainder). Knuth's algorithm D with two digits of 32 bits (Hacker's Delight, `divlu`).
#[inline]
pub const fn div_2by1(high: u64, low: u64, d: u64) -> (u64, u64) {
    debug_assert!(d >> 63 == 1 && high < d);
    if d & LOW == 0 {
        // By a power of ten up to 10^13, as oracles quote: both digits are plain divisions.
        let (digit1, rest) = div_rem(high, d >> 32);
        let (digit0, rest) = digit_u32(rest, low >> 32, d >> 32);
        return ((digit1 << 32) | digit0, (rest << 32) | (low & LOW));
    }
    let (digit1, rest) = digit_2by1(high, low >> 32, d);
    let (digit0, rest) = digit_2by1(rest, low & LOW, d);
    // The first digit is below 2^32, because high < d.
    ((digit1 << 32) | digit0, rest)
}

/// One digit of [`div_2by1`]: estimated from the divisor's upper half, at most two too large.
#[inline(always)]
const fn digit_2by1(rest: u64, digit: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & LOW);
    let (mut quotient, mut partial) = div_rem(rest, d1);
    // partial <= 2^32 inside the condition, so that the shift loses nothing.
    while quotient > LOW || quotient.wrapping_mul(d0) > (partial << 32) | digit {
        quotient = quotient.wrapping_sub(1);
        partial = partial.wrapping_add(d1);
        if partial > LOW {
            break;
        }
    }
    // Modulo 2^64, which is exact because the true remainder is below d.
    (quotient, ((rest << 32) | digit).wrapping_sub(quotient.wrapping_mul(d)))
}

/// `a * b / d` through a 256-bit product, rounded down, and whether that was exact; `None` where
/// the quotient does not fit or the divisor is zero.
pub const fn mul_div_u128(a: u128, b: u128, d: u128) -> Option<(u128, bool)> {
    let (high, low) = mul_u128(a, b);
    div_u256(high, low, d)
}

/// `(high * 2^128 + low) / d`, rounded down, and whether that was exact; `None` where the
/// quotient does not fit or the divisor is zero.
pub const fn div_u256(high: u128, low: u128, d: u128) -> Option<(u128, bool)> {
    // high < d is at once "d is not zero" and "the quotient fits".
    if high >= d {
        return None;
    }
    let count = leading_zeros(d);
    let (d, _) = shl_pair(d, 0, count);
    let (high, low) = shl_pair(high, low, count);
    // Most quotients are short: the first digit is then zero, and seen to be.
    let upper = join(low_u64(high), high_u64(low));
    let (q1, rest) = if high_u64(high) == 0 && upper < d {
        (0, upper)
    } else {
        div_3by2(high, high_u64(low), d)
    };
    let (q0, rest) = div_3by2(rest, low_u64(low), d);
    Some((join(q1, q0), rest == 0))
}

/// Zero bits above the highest one.
#[inline]
const fn leading_zeros(x: u128) -> u32 {
    let high = high_u64(x);
    if high != 0 {
        crate::wide::leading_zeros(high)
    } else {
        crate::wide::leading_zeros(low_u64(x)).wrapping_add(64)
    }
}

/// (high, low) shifted to the left by less than 128 places; what leaves `high` is zero bits.
const fn shl_pair(high: u128, low: u128, count: u32) -> (u128, u128) {
    let (w3, w2, w1, w0) = (high_u64(high), low_u64(high), high_u64(low), low_u64(low));
    let (w3, w2, w1, w0) = if count < 64 { (w3, w2, w1, w0) } else { (w2, w1, w0, 0) };
    let count = count & 63;
    let spread = 63u32.wrapping_sub(count);
    let w3 = w3.wrapping_shl(count) | (w2 >> 1).wrapping_shr(spread);
    let w2 = w2.wrapping_shl(count) | (w1 >> 1).wrapping_shr(spread);
    let w1 = w1.wrapping_shl(count) | (w0 >> 1).wrapping_shr(spread);
    (join(w3, w2), join(w1, w0.wrapping_shl(count)))
}

/// `(high * 2^64 + next) / d` for a divisor with its top bit set and `high < d`: (quotient,
/// remainder). The estimate from the top words is at most two too large.
const fn div_3by2(high: u128, next: u64, d: u128) -> (u64, u128) {
    let (u2, u1) = (high_u64(high), low_u64(high));
    let (d1, d0) = (high_u64(d), low_u64(d));
    let (mut quotient, mut partial, mut settled) = if u2 < d1 {
        let (quotient, partial) = div_2by1(u2, u1, d1);
        (quotient, partial, false)
    } else {
        // u2 == d1, because high < d. The estimate is the largest digit; u2 - q*d1 == d1.
        let (partial, carry) = u1.overflowing_add(d1);
        (u64::MAX, partial, carry)
    };
    while !settled {
        let (high, low) = mul_u64(quotient, d0);
        if join(high, low) <= join(partial, next) {
            break;
        }
        quotient = quotient.wrapping_sub(1);
        (partial, settled) = partial.overflowing_add(d1);
    }
    // Modulo 2^128, which is exact because the true remainder is below d.
    let (high, low) = mul_u64(quotient, d0);
    let subtrahend = join(high.wrapping_add(quotient.wrapping_mul(d1)), low);
    (quotient, join(u1, next).wrapping_sub(subtrahend))
}
