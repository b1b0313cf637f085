//! Which share of a whole? A slice of an account, of a loss, of a pool: between nothing and all.

use crate::{divide, wide, MathError, Value};

/// A share of a whole in steps of 2^-63, from zero to [`Fraction::ONE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Fraction(u64);

/// Bits behind the point.
pub(crate) const FRACTION_BITS: i64 = 63;

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(1 << FRACTION_BITS);

    /// A share of `raw` times 2^-63; `OutOfRange` above the whole.
    #[inline]
    pub const fn new(raw: u64) -> Result<Self, MathError> {
        if raw > Self::ONE.0 {
            return Err(MathError::OutOfRange);
        }
        Ok(Self(raw))
    }

    /// The share in steps of 2^-63.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Is it nothing?
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Is it all?
    #[inline]
    pub const fn is_one(self) -> bool {
        self.0 == Self::ONE.0
    }

    /// `num / den`, rounded down, and the whole where `num >= den`. `OutOfRange` if one of them
    /// is negative, `DivisionByZero` for a denominator of zero.
    pub fn of_floor(num: Value, den: Value) -> Result<Self, MathError> {
        if num.is_negative() || den.is_negative() {
            return Err(MathError::OutOfRange);
        }
        if den.is_zero() {
            return Err(MathError::DivisionByZero);
        }
        if num >= den {
            return Ok(Self::ONE);
        }
        // num < den, so that num * 2^63 / den < 2^63.
        let num = num.get().unsigned_abs();
        let quotient = divide::div_u256(num >> 65, num << 63, den.get().unsigned_abs())
            .ok_or(MathError::Overflow)?;
        Ok(Self(wide::low_u64(quotient.0)))
    }

    /// This share of `quantity`, away from zero: one indivisible unit is taken whole rather
    /// than left for ever. Never more than the quantity.
    #[inline]
    pub const fn of_lots_away(self, quantity: i64) -> i64 {
        let (floor, exact) = self.of_magnitude(quantity.unsigned_abs());
        // Inexact means that the product was below |quantity|, so that one more still fits.
        wide::with_sign_of(if exact { floor } else { floor.wrapping_add(1) }, quantity)
    }

    /// This share of `quantity`, toward zero.
    #[inline]
    pub const fn of_lots_floor(self, quantity: i64) -> i64 {
        wide::with_sign_of(self.of_magnitude(quantity.unsigned_abs()).0, quantity)
    }

    /// This share of `value`, exact but for the last step of 2^-48 atoms, toward zero.
    #[inline]
    pub const fn of_value_floor(self, value: Value) -> Value {
        // No share exceeds the whole, so that neither step fails.
        match wide::scale_u128(value.get().unsigned_abs(), self.0, -FRACTION_BITS) {
            Some((floor, _)) => match wide::signed_i128(floor, value.is_negative()) {
                Some(raw) => Value::new(raw),
                None => value,
            },
            None => value,
        }
    }

    /// `magnitude * self`, rounded down, and whether that was exact. The product is at most
    /// 2^127, so that its top 64 bits after the shift are all of it.
    #[inline]
    const fn of_magnitude(self, magnitude: u64) -> (u64, bool) {
        // Most small accounts are taken whole.
        if self.0 == Self::ONE.0 {
            return (magnitude, true);
        }
        let (high, low) = wide::mul_u64(magnitude, self.0);
        ((high << 1) | (low >> 63), low << 1 == 0)
    }
}
