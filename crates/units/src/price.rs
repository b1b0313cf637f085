//! What does one of it cost? Prices from 10^-300 to 10^300 with the same 63 good bits.
//!
//! A token of 0 decimals and one of 12, a bitcoin and a millionth of a cent: quote atoms per
//! token atom span so many magnitudes that no fixed point fits them all. A price is therefore a
//! binary float with a 64-bit mantissa. It is always positive: a price of zero cannot be written.

use crate::decimal::power_of_ten;
use crate::value::VALUE_BITS;
use crate::{divide, wide, MathError, Ratio, Value};
use core::cmp::Ordering;

/// A positive number `mantissa · 2^exponent`, its mantissa's top bit set. It means quote atoms
/// per atom, lot or unit, or US dollars per unit, or a pure factor: what it is a price of is said
/// where it is used. Each operation is cut after 64 bits: a relative error below 2^-63.
// The exponent is a whole word in memory, since it lives in one register anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    // The order of the fields is the order of the numbers: the exponent decides first.
    exponent: i64,
    mantissa: u64,
}

const TOP_BIT: u64 = 1 << 63;

/// `part · 10^6 > ratio · whole`, both products in 128 bits.
#[inline]
fn share_exceeds(part: u64, ratio: Ratio, whole: u64) -> bool {
    wide::mul_u64(part, wide::widen(Ratio::PARTS)) > wide::mul_u64(whole, wide::widen(ratio.ppm()))
}

impl Price {
    /// One of the other for one.
    pub const ONE: Self = Self { exponent: -63, mantissa: TOP_BIT };

    /// Exponents stay within plus or minus this: about 10^308, and far from any overflow of the
    /// sums of exponents.
    pub const EXPONENT_MAX: i16 = 1024;

    /// A price from its stored parts. `OutOfRange` for a mantissa whose top bit is not set (zero
    /// too) or an exponent beyond [`Price::EXPONENT_MAX`].
    #[inline]
    pub const fn from_parts(mantissa: u64, exponent: i16) -> Result<Self, MathError> {
        Self::from_words(mantissa, wide::widen_i16(exponent))
    }

    /// The same from whole words, as accounts store them.
    #[inline]
    pub const fn from_words(mantissa: u64, exponent: i64) -> Result<Self, MathError> {
        if mantissa < TOP_BIT {
            return Err(MathError::OutOfRange);
        }
        match Self::bounded(mantissa, exponent) {
            Ok(price) => Ok(price),
            Err(_) => Err(MathError::OutOfRange),
        }
    }

    /// The stored parts: mantissa and exponent.
    #[inline]
    pub const fn parts(self) -> (u64, i16) {
        (self.mantissa, wide::low_i16(self.exponent))
    }

    /// The mantissa: its top bit is set.
    #[inline]
    pub(crate) const fn mantissa(self) -> u64 {
        self.mantissa
    }

    /// The exponent of two.
    #[inline]
    pub(crate) const fn exponent(self) -> i64 {
        self.exponent
    }

    /// A price whose mantissa is known to be normalised; `Overflow` beyond the exponents.
    #[inline]
    const fn bounded(mantissa: u64, exponent: i64) -> Result<Self, MathError> {
        const LIMIT: u64 = wide::widen_i16(Price::EXPONENT_MAX).unsigned_abs();
        debug_assert!(mantissa >= TOP_BIT);
        if exponent.unsigned_abs() > LIMIT {
            return Err(MathError::Overflow);
        }
        Ok(Self { exponent, mantissa })
    }

    /// `mantissa · 10^exponent10`, as oracles publish prices. The relative error is below 2^-62;
    /// what 64 bits can hold (100000000 · 10^-8) is exact. `OutOfRange` for zero and for
    /// exponents beyond 64 on either side.
    pub const fn from_decimal(mantissa: u64, exponent10: i32) -> Result<Self, MathError> {
        let Ok(number) = Self::from_integer(mantissa) else {
            return Err(MathError::OutOfRange);
        };
        let Some((mantissa, exponent)) = power_of_ten(exponent10.unsigned_abs()) else {
            return Err(MathError::OutOfRange);
        };
        let power = Self { exponent, mantissa };
        // Dividing by 10^n keeps decimals exact that a table of 10^-n could not hold.
        if exponent10 < 0 {
            number.checked_div(power)
        } else {
            number.checked_mul(power)
        }
    }

    /// `10^exponent10`, with a relative error below 2^-62; `OutOfRange` beyond 64 on either side.
    #[inline]
    pub const fn pow10(exponent10: i32) -> Result<Self, MathError> {
        Self::from_decimal(1, exponent10)
    }

    /// A whole number as a price, exactly; `OutOfRange` for zero.
    #[inline]
    pub const fn from_integer(number: u64) -> Result<Self, MathError> {
        if number == 0 {
            return Err(MathError::OutOfRange);
        }
        let zeros = wide::leading_zeros(number);
        let exponent = wide::widen_u32_i64(zeros).wrapping_neg();
        Ok(Self { exponent, mantissa: number.wrapping_shl(zeros) })
    }

    /// Half of it, exactly; `Overflow` below the smallest price.
    #[inline]
    pub const fn half(self) -> Result<Self, MathError> {
        Self::bounded(self.mantissa, self.exponent.wrapping_sub(1))
    }

    /// `2^-count` of it, exactly; `Overflow` below the smallest price.
    #[inline]
    pub const fn halved(self, count: u8) -> Result<Self, MathError> {
        Self::bounded(self.mantissa, self.exponent.wrapping_sub(wide::widen_u8_i64(count)))
    }

    /// Product; `Overflow` beyond the exponents.
    #[inline]
    pub const fn checked_mul(self, other: Self) -> Result<Self, MathError> {
        let (high, low) = wide::mul_u64(self.mantissa, other.mantissa);
        let exponent = self.exponent.wrapping_add(other.exponent);
        // Two numbers of [2^63, 2^64) multiply to one of [2^126, 2^128).
        if high >= TOP_BIT {
            Self::bounded(high, exponent.wrapping_add(64))
        } else {
            Self::bounded((high << 1) | (low >> 63), exponent.wrapping_add(63))
        }
    }

    /// Quotient; `Overflow` beyond the exponents.
    #[inline]
    pub const fn checked_div(self, other: Self) -> Result<Self, MathError> {
        let exponent = self.exponent.wrapping_sub(other.exponent);
        // Either way the dividend's upper word is below the divisor, and the quotient normalised.
        if self.mantissa >= other.mantissa {
            let (high, low) = (self.mantissa >> 1, self.mantissa << 63);
            let (mantissa, _) = divide::div_2by1(high, low, other.mantissa);
            Self::bounded(mantissa, exponent.wrapping_sub(63))
        } else {
            let (mantissa, _) = divide::div_2by1(self.mantissa, 0, other.mantissa);
            Self::bounded(mantissa, exponent.wrapping_sub(64))
        }
    }

    /// One over it; `Overflow` beyond the exponents.
    #[inline]
    pub const fn recip(self) -> Result<Self, MathError> {
        Self::ONE.checked_div(self)
    }

    /// `self · ratio`; `OutOfRange` for a ratio of zero.
    #[inline]
    pub const fn mul_ratio(self, ratio: Ratio) -> Result<Self, MathError> {
        let Ok(parts) = Self::from_integer(wide::widen(ratio.ppm())) else {
            return Err(MathError::OutOfRange);
        };
        // The mantissa times up to 32 bits, as 128 bits from the top, so that little is cut by
        // the division of the 96 upper ones.
        let (high, low) = wide::mul_u64(self.mantissa, parts.mantissa);
        let (quotient, below) = divide::div_u128_u32(high, low, Ratio::PARTS);
        let exponent = self.exponent.wrapping_add(parts.exponent);
        Self::normalised(quotient, below, exponent.wrapping_add(64))
    }

    /// Sum; `Overflow` beyond the exponents.
    #[inline]
    pub const fn checked_add(self, other: Self) -> Result<Self, MathError> {
        let (large, small) = self.ordered(other);
        let (part, _) = small.aligned_to(large);
        let (sum, carry) = large.mantissa.overflowing_add(part);
        if carry {
            Self::bounded((sum >> 1) | TOP_BIT, large.exponent.wrapping_add(1))
        } else {
            Ok(Self { exponent: large.exponent, mantissa: sum })
        }
    }

    /// Difference, exact to 128 bits before the cut, so that nothing cancels; `OutOfRange` where
    /// it would not be positive.
    #[inline]
    pub const fn checked_sub(self, other: Self) -> Result<Self, MathError> {
        let (high, low) = other.aligned_to(self);
        let lost = self.exponent < other.exponent
            || self.exponent == other.exponent && self.mantissa <= other.mantissa;
        if lost {
            return Err(MathError::OutOfRange);
        }
        let (low, borrow) = 0u64.overflowing_sub(low);
        let high = self.mantissa.wrapping_sub(high).wrapping_sub(wide::widen_bool(borrow));
        Self::normalised(high, low, self.exponent)
    }

    /// The larger and the smaller of the two.
    #[inline]
    const fn ordered(self, other: Self) -> (Self, Self) {
        if other.exponent > self.exponent {
            (other, self)
        } else {
            (self, other)
        }
    }

    /// The mantissa at the exponent of a price that is not smaller: (its word, the word below).
    #[inline]
    const fn aligned_to(self, large: Self) -> (u64, u64) {
        let count = large.exponent.wrapping_sub(self.exponent);
        match count {
            0 => (self.mantissa, 0),
            1..=63 => {
                let count = wide::low_u32(count);
                let kept = self.mantissa.wrapping_shr(count);
                (kept, self.mantissa.wrapping_shl(64u32.wrapping_sub(count)))
            }
            64..=127 => (0, self.mantissa.wrapping_shr(wide::low_u32(count))),
            _ => (0, 0),
        }
    }

    /// The price `(high + low / 2^64) · 2^exponent`; `OutOfRange` for zero.
    #[inline]
    const fn normalised(high: u64, low: u64, exponent: i64) -> Result<Self, MathError> {
        if high >= TOP_BIT {
            return Self::bounded(high, exponent);
        }
        let zeros = wide::leading_zeros(high);
        if zeros == 64 {
            let Ok(price) = Self::from_integer(low) else {
                return Err(MathError::OutOfRange);
            };
            return Self::bounded(
                price.mantissa,
                price.exponent.wrapping_add(exponent).wrapping_sub(64),
            );
        }
        let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
        let exponent = exponent.wrapping_sub(wide::widen_u32_i64(zeros));
        Self::bounded(high.wrapping_shl(zeros) | carried, exponent)
    }

    /// What `amount` of it is worth, toward minus infinity: an asset a little less, a debt a
    /// little more. Exact but for the last step of 2^-48 atoms; `Overflow` beyond 2^79 atoms.
    #[inline]
    pub const fn value_floor(self, amount: i64) -> Result<Value, MathError> {
        match wide::scale_i64(amount, self.mantissa, self.exponent.wrapping_add(VALUE_BITS)) {
            Some((floor, _)) => Ok(Value::new(floor)),
            None => Err(MathError::Overflow),
        }
    }

    /// What `amount` of it is worth, toward plus infinity. Exact but for the last step of 2^-48
    /// atoms; `Overflow` beyond 2^79 atoms.
    #[inline]
    pub const fn value_ceil(self, amount: i64) -> Result<Value, MathError> {
        match wide::scale_i64(amount, self.mantissa, self.exponent.wrapping_add(VALUE_BITS)) {
            // An inexact floor lies below a product of less than 2^127: one more fits.
            Some((floor, exact)) => {
                Ok(Value::new(if exact { floor } else { floor.wrapping_add(1) }))
            }
            None => Err(MathError::Overflow),
        }
    }

    /// Is `self` more than `ratio` of `whole`? By cross-multiplication, without a division; what
    /// alignment cuts counts toward yes.
    #[inline]
    pub fn exceeds(self, ratio: Ratio, whole: Self) -> bool {
        let large = self.exponent.max(whole.exponent);
        let (part, lost) = self.shifted_to(large);
        let (whole, _) = whole.shifted_to(large);
        share_exceeds(part.wrapping_add(lost), ratio, whole)
    }

    /// Are the two further apart than `ratio` of `other`? As [`Price::exceeds`].
    #[inline]
    pub fn is_apart(self, other: Self, ratio: Ratio) -> bool {
        // Two prices of one thing mostly have one exponent.
        if self.exponent == other.exponent {
            return share_exceeds(self.mantissa.abs_diff(other.mantissa), ratio, other.mantissa);
        }
        let large = self.exponent.max(other.exponent);
        let (a, lost_a) = self.shifted_to(large);
        let (b, lost_b) = other.shifted_to(large);
        // Only one of the two is shifted; the other has all its 64 bits, so that one more fits.
        let distance = a.abs_diff(b).saturating_add(lost_a.max(lost_b));
        share_exceeds(distance, ratio, b)
    }

    /// The mantissa at a larger exponent, cut, and one where the cut lost something.
    #[inline]
    const fn shifted_to(self, large: i64) -> (u64, u64) {
        let count = large.wrapping_sub(self.exponent);
        if count == 0 {
            return (self.mantissa, 0);
        }
        if count > 63 {
            return (0, 1);
        }
        let count = wide::low_u32(count);
        let kept = self.mantissa.wrapping_shr(count);
        let lost = self.mantissa.wrapping_shl(64u32.wrapping_sub(count)) != 0;
        (kept, wide::widen_bool(lost))
    }

    /// |a - b| / b in parts per million, rounded up, saturating at [`Ratio::MAX`]. Before the
    /// rounding the relative error is below 2^-61.
    pub fn distance_ratio_ceil(a: Self, b: Self) -> Ratio {
        let distance = match a.cmp(&b) {
            Ordering::Equal => return Ratio::ZERO,
            Ordering::Greater => a.checked_sub(b),
            Ordering::Less => b.checked_sub(a),
        };
        match distance.and_then(|distance| distance.checked_div(b)) {
            Ok(quotient) => quotient.to_ratio_ceil(),
            // The quotient left the exponents: upward if a is by far the larger one.
            Err(_) if a > b => Ratio::MAX,
            Err(_) => Ratio::from_ppm(1),
        }
    }

    /// The pure factor in parts per million, rounded up, saturating at [`Ratio::MAX`].
    #[inline]
    pub const fn to_ratio_ceil(self) -> Ratio {
        match wide::scale_i64(wide::widen_u32_i64(Ratio::PARTS), self.mantissa, self.exponent) {
            Some((floor, exact)) => {
                let parts = if exact { floor } else { floor.wrapping_add(1) };
                match wide::narrow_i64(parts) {
                    Some(parts) => Ratio::from_wide_saturating(parts.unsigned_abs()),
                    None => Ratio::MAX,
                }
            }
            None => Ratio::MAX,
        }
    }
}
