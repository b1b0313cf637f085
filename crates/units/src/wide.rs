//! How are wide integers multiplied, divided and shifted where the machine has only 64 bits?
//!
//! On the chain's virtual machine a 64-bit multiplication, division or shift is one instruction,
//! while the 128-bit ones are library calls of hundreds. So everything here is written from 64-
//! and 32-bit words, and 128-bit numbers are only put together (`join`) and taken apart
//! (`high_u64`, `low_u64`), which costs nothing. This is also the only file in which a number may
//! change its type by `as`; each such place says why nothing is lost.
//!
//! Wrapping operations are used where a comment shows that nothing wraps, because a checked one
//! would pay for a branch that is never taken.
#![allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

/// The low half of a word.
const LOW: u64 = 0xffff_ffff;

// The bounds that license the wrapping sums of `mul_u64` and `mul_div_u32`: a product of two
// half-words plus two more half-words still fits one word.
const _: () = assert!(LOW as u128 * LOW as u128 + 2 * LOW as u128 == u64::MAX as u128);

/// The low word. The cut is the meaning of the function.
#[inline(always)]
pub const fn low_u64(x: u128) -> u64 {
    x as u64
}

/// The high word.
#[inline(always)]
pub const fn high_u64(x: u128) -> u64 {
    (x >> 64) as u64
}

/// `high * 2^64 + low`.
#[inline(always)]
pub const fn join(high: u64, low: u64) -> u128 {
    ((high as u128) << 64) | low as u128
}

/// The same number in a wider word.
#[inline(always)]
pub const fn widen(x: u32) -> u64 {
    x as u64
}

/// The same number in a narrower word, if it fits.
#[inline(always)]
pub const fn narrow_u32(x: u64) -> Option<u32> {
    if x > LOW {
        return None;
    }
    Some(x as u32)
}

/// The same number in a narrower word, if it fits.
#[inline(always)]
pub const fn narrow_i64(x: i128) -> Option<i64> {
    let narrow = x as i64;
    if narrow as i128 == x {
        Some(narrow)
    } else {
        None
    }
}

/// The same number in a wider word.
#[inline(always)]
pub const fn widen_i16(x: i16) -> i64 {
    x as i64
}

/// The same number in a wider word.
#[inline(always)]
pub const fn widen_u32_i64(x: u32) -> i64 {
    x as i64
}

/// One or nothing.
#[inline(always)]
pub const fn widen_bool(x: bool) -> u64 {
    x as u64
}

/// The low bits of a number that is known to fit them.
#[inline(always)]
pub const fn low_i16(x: i64) -> i16 {
    debug_assert!(x as i16 as i64 == x);
    x as i16
}

/// The low bits of a number that is known to fit them: a count of places.
#[inline(always)]
pub const fn low_u32(x: i64) -> u32 {
    debug_assert!(x as u32 as i64 == x);
    x as u32
}

/// A place in a table.
#[inline(always)]
pub const fn widen_index(x: u32) -> usize {
    x as usize
}

/// A non-negative number that `i64` holds too, if it does.
#[inline(always)]
pub const fn signed(x: u64) -> Option<i64> {
    if x > i64::MAX as u64 {
        return None;
    }
    Some(x as i64)
}

/// `x * 2^48`: 64 bits and 48 more always fit.
#[inline(always)]
pub const fn shl48(x: i64) -> i128 {
    join((x >> 16) as u64, (x as u64) << 48) as i128
}

/// `magnitude` with the sign of `like`, for a magnitude that is known to be at most |like|: that
/// is what makes the cast exact, since |like| <= 2^63 and equality only for the smallest number.
#[inline(always)]
pub const fn with_sign_of(magnitude: u64, like: i64) -> i64 {
    debug_assert!(magnitude <= like.unsigned_abs());
    if like < 0 {
        (magnitude as i64).wrapping_neg()
    } else {
        magnitude as i64
    }
}

/// `magnitude` with the sign of `like`, if it fits.
#[inline]
pub const fn checked_with_sign_of(magnitude: u64, like: i64) -> Option<i64> {
    const LIMIT: u64 = 1 << 63;
    if like < 0 {
        if magnitude > LIMIT {
            return None;
        }
        // -2^63 is its own negation in two's complement, and the right answer.
        Some((magnitude as i64).wrapping_neg())
    } else {
        signed(magnitude)
    }
}

/// `magnitude`, negated where `negative`, if it fits.
#[inline]
pub const fn signed_i128(magnitude: u128, negative: bool) -> Option<i128> {
    const LIMIT: u128 = 1 << 127;
    if negative {
        if magnitude > LIMIT {
            return None;
        }
        Some((magnitude as i128).wrapping_neg())
    } else {
        if magnitude >= LIMIT {
            return None;
        }
        Some(magnitude as i128)
    }
}

/// `a * b` as (high, low) words, from four half-word products.
#[inline(always)]
pub const fn mul_u64(a: u64, b: u64) -> (u64, u64) {
    let (a1, a0) = (a >> 32, a & LOW);
    let (b1, b0) = (b >> 32, b & LOW);
    let low = a0.wrapping_mul(b0);
    // Each sum is one product and at most two half-words: see the assertion above.
    let middle = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let cross = a0.wrapping_mul(b1).wrapping_add(middle & LOW);
    let high = a1.wrapping_mul(b1).wrapping_add(middle >> 32).wrapping_add(cross >> 32);
    (high, (cross << 32) | (low & LOW))
}

/// Zeros above the highest set bit; 64 for zero. The target has no instruction for it, and what
/// the compiler puts in its place is longer than six comparisons. Written out rather than as a
/// loop, so that it is never run as one, and folds where the number is a constant.
#[inline]
pub const fn leading_zeros(x: u64) -> u32 {
    if x == 0 {
        return 64;
    }
    let (mut x, mut zeros) = (x, 0);
    if x >> 32 == 0 {
        (x, zeros) = (x << 32, 32);
    }
    if x >> 48 == 0 {
        (x, zeros) = (x << 16, zeros | 16);
    }
    if x >> 56 == 0 {
        (x, zeros) = (x << 8, zeros | 8);
    }
    if x >> 60 == 0 {
        (x, zeros) = (x << 4, zeros | 4);
    }
    if x >> 62 == 0 {
        (x, zeros) = (x << 2, zeros | 2);
    }
    if x >> 63 == 0 {
        zeros |= 1;
    }
    zeros
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

/// `amount * factor * 2^exponent` rounded down (toward minus infinity), and whether that was
/// exact; `None` where it does not fit. The hottest kernel of the exchange: every row of every
/// account passes here.
///
/// The product is formed in two's complement, |factor * amount| < 2^127, so that an arithmetic
/// shift to the right *is* the floor, for both signs, without a branch.
#[inline]
pub const fn scale_i64(amount: i64, factor: u64, exponent: i64) -> Option<(i128, bool)> {
    let (high, low) = mul_u64(amount as u64, factor);
    // Reading the amount as unsigned added 2^64 * factor where it is negative.
    let high = (high as i64).wrapping_sub((factor & (amount >> 63) as u64) as i64);
    if exponent < 0 {
        let count = exponent.unsigned_abs();
        if count < 64 {
            // Two shifts for the lost bits, since one of 64 places is not a shift.
            let lost = (low << 1) << 63u64.wrapping_sub(count);
            let carried = ((high as u64) << 1) << 63u64.wrapping_sub(count);
            let low = low.wrapping_shr(count as u32) | carried;
            let high = high.wrapping_shr(count as u32);
            return Some((join(high as u64, low) as i128, lost == 0));
        }
        return Some(scale_far_right(high, low, count));
    }
    if exponent >= 128 {
        return if high | low as i64 == 0 { Some((0, true)) } else { None };
    }
    match shl_i128(high, low, exponent as u64) {
        Some(shifted) => Some((shifted, true)),
        None => None,
    }
}

/// The rest of [`scale_i64`]: a shift to the right by 64 places or more.
#[cold]
const fn scale_far_right(high: i64, low: u64, count: u64) -> (i128, bool) {
    if count >= 128 {
        return ((high >> 63) as i128, high == 0 && low == 0);
    }
    let count = (count as u32).wrapping_sub(64);
    let kept = high.wrapping_shr(count);
    (kept as i128, low == 0 && kept.wrapping_shl(count) == high)
}

/// A shift to the left by less than 128 places, `None` where a bit or the sign would be lost.
#[inline]
const fn shl_i128(high: i64, low: u64, count: u64) -> Option<i128> {
    let (high, low, count) = if count < 64 {
        (high, low, count as u32)
    } else {
        // The high word must be nothing but the sign of the low one.
        if high != (low as i64) >> 63 {
            return None;
        }
        (low as i64, 0, (count as u32).wrapping_sub(64))
    };
    let shifted = high.wrapping_shl(count);
    if shifted.wrapping_shr(count) != high {
        return None;
    }
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(count));
    Some(join(shifted as u64 | carried, low.wrapping_shl(count)) as i128)
}

/// `x * factor * 2^exponent` rounded down, and whether that was exact; `None` where it does not
/// fit 128 bits. For magnitudes.
#[inline]
pub const fn scale_u128(x: u128, factor: u64, exponent: i64) -> Option<(u128, bool)> {
    let (w1, w0) = mul_u64(low_u64(x), factor);
    let (high2, high1) = mul_u64(high_u64(x), factor);
    let (w1, carry) = w1.overflowing_add(high1);
    // The product is below 2^192: no wrap in its top word.
    let w2 = high2.wrapping_add(carry as u64);
    if exponent >= 0 {
        if w2 != 0 {
            return None;
        }
        return shl_u128(w1, w0, exponent.unsigned_abs());
    }
    let count = exponent.unsigned_abs();
    let (w2, w1, w0, below) = match count {
        0..=63 => (w2, w1, w0, 0),
        64..=127 => (0, w2, w1, w0),
        128..=191 => (0, 0, w2, w1 | w0),
        _ => (0, 0, 0, w2 | w1 | w0),
    };
    let count = (count & 63) as u32;
    let spread = 63u32.wrapping_sub(count);
    if w2.wrapping_shr(count) != 0 {
        return None;
    }
    let high = w1.wrapping_shr(count) | (w2 << 1).wrapping_shl(spread);
    let low = w0.wrapping_shr(count) | (w1 << 1).wrapping_shl(spread);
    let lost = (w0 << 1).wrapping_shl(spread) | below;
    Some((join(high, low), lost == 0))
}

/// A shift to the left of an unsigned double word, `None` where a bit would be lost.
const fn shl_u128(high: u64, low: u64, count: u64) -> Option<(u128, bool)> {
    let (high, low) = match count {
        _ if high | low == 0 => return Some((0, true)),
        0..=63 => (high, low),
        64..=127 if high == 0 => (low, 0),
        _ => return None,
    };
    let count = (count & 63) as u32;
    let shifted = high.wrapping_shl(count);
    if shifted.wrapping_shr(count) != high {
        return None;
    }
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(count));
    Some((join(shifted | carried, low.wrapping_shl(count)), true))
}
