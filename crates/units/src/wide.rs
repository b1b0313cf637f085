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

mod double;

pub use double::{leading_zeros, mul_u128, mul_u128_u32};

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

/// The same number in a wider word.
#[inline(always)]
pub const fn widen_u8_i64(x: u8) -> i64 {
    x as i64
}

/// One or nothing.
#[inline(always)]
pub const fn widen_bool(x: bool) -> u64 {
    x as u64
}

/// The lowest quarter of a word. The cut is the meaning of the function.
#[inline(always)]
pub const fn low_u16(x: u64) -> u16 {
    x as u16
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

/// The same number in a wider word.
#[inline(always)]
pub const fn widen_u8(x: u8) -> u32 {
    x as u32
}

/// The upper six bits of a word: a place in a table of 64.
#[inline(always)]
pub const fn upper_six(x: u64) -> usize {
    (x >> 58) as usize
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

/// `x * 2^count` for fewer than 64 places: 64 bits and 63 more always fit.
#[inline(always)]
pub const fn shl_i64(x: i64, count: u32) -> i128 {
    debug_assert!(count < 64);
    // Two shifts for what is carried, since one of 64 places is not a shift.
    let high = (x >> 1).wrapping_shr(63u32.wrapping_sub(count));
    join(high as u64, (x as u64).wrapping_shl(count)) as i128
}

/// `x / 2^count` toward minus infinity for fewer than 64 places, and whether that was exact;
/// `None` where it does not fit.
#[inline(always)]
pub const fn shr_i128(x: i128, count: u32) -> Option<(i64, bool)> {
    debug_assert!(count < 64);
    let (high, low) = ((x >> 64) as i64, x as u64);
    let below = low.wrapping_shr(count);
    let kept = (below | ((high as u64) << 1).wrapping_shl(63u32.wrapping_sub(count))) as i64;
    if high.wrapping_shr(count) != kept >> 63 {
        return None;
    }
    Some((kept, below.wrapping_shl(count) == low))
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

/// True for the numbers of [-2^31, 2^31): what is above them is nothing but their sign.
#[inline(always)]
const fn is_half_word(x: i64) -> bool {
    let above = x >> 31;
    above == 0 || above == -1
}

/// `x * n` for `x` of 96 bits and `n` of 32, both with their signs; `None` for larger ones. What
/// every position of every account passes: two products of half-words instead of four of words.
#[inline(always)]
pub const fn mul_i96_i32(x: i128, n: i64) -> Option<i128> {
    let (high, low) = ((x >> 64) as i64, x as u64);
    if !is_half_word(high) || !is_half_word(n) {
        return None;
    }
    // |high * count| <= 2^62, and what the lower products carry is below 2^32.
    let count = n.unsigned_abs();
    let bottom = (low & LOW).wrapping_mul(count);
    let middle = (low >> 32).wrapping_mul(count).wrapping_add(bottom >> 32);
    let top = high.wrapping_mul(count as i64).wrapping_add((middle >> 32) as i64);
    let product = join(top as u64, (middle << 32) | (bottom & LOW)) as i128;
    // At most 2^126, so that its negation fits.
    Some(if n < 0 { product.wrapping_neg() } else { product })
}

/// `amount * factor * 2^exponent` rounded down (toward minus infinity), and whether that was
/// exact; `None` where it does not fit. The hottest kernel of the exchange: every row of every
/// account passes here.
///
/// The product is formed in two's complement, |factor * amount| < 2^127, so that an arithmetic
/// shift to the right *is* the floor, for both signs, without a branch.
#[inline(always)]
pub const fn scale_i64(amount: i64, factor: u64, exponent: i64) -> Option<(i128, bool)> {
    let size = amount.unsigned_abs();
    // Exponents from -63 to 30.
    if size > LOW || exponent.wrapping_add(63) as u64 > 93 {
        return scale_long_i64(amount, factor, exponent);
    }
    // Most rows: two products instead of four, and |product| < 2^96, so that 30 places to the left
    // lose nothing.
    let bottom = (factor & LOW).wrapping_mul(size);
    let middle = (factor >> 32).wrapping_mul(size).wrapping_add(bottom >> 32);
    let (high, low) = ((middle >> 32) as i64, (middle << 32) | (bottom & LOW));
    let (high, low) = if amount < 0 {
        (high.wrapping_add((low != 0) as i64).wrapping_neg(), low.wrapping_neg())
    } else {
        (high, low)
    };
    // Two shifts where one could be of 64 places, which is not a shift.
    if exponent < 0 {
        let count = exponent.wrapping_neg() as u32;
        let spread = 64u32.wrapping_sub(count);
        let kept = low.wrapping_shr(count) | (high as u64).wrapping_shl(spread);
        let exact = low.wrapping_shl(spread) == 0;
        return Some((join(high.wrapping_shr(count) as u64, kept) as i128, exact));
    }
    let count = exponent as u32;
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(count));
    let high = high.wrapping_shl(count) as u64 | carried;
    Some((join(high, low.wrapping_shl(count)) as i128, true))
}

/// [`scale_i64`] for every amount and exponent.
#[inline(never)]
const fn scale_long_i64(amount: i64, factor: u64, exponent: i64) -> Option<(i128, bool)> {
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
