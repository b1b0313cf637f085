//! What is it worth? Values of rows, equity and requirements, finer than an atom.
//!
//! A sum over thirty rows must not drift by thirty atoms, and a dust position in a cheap token
//! must not be worth nothing; so values carry 48 bits behind the point of a quote atom.

use crate::fraction::FRACTION_BITS;
use crate::{divide, wide, Fraction, MathError, Price, QuoteAtoms, Ratio};

quantity! { signed
    /// A worth in quote atoms, in steps of 2^-48; up to 2^79 atoms on either side of zero.
    Value(i128)
}

/// Bits behind the point.
pub(crate) const VALUE_BITS: i64 = 48;

/// Which way does a result go that lies between two steps?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceil,
}

/// A magnitude that was cut (exact or not) becomes a value with the sign that it had.
#[inline]
fn signed(
    cut: Option<(u128, bool)>,
    negative: bool,
    rounding: Rounding,
) -> Result<Value, MathError> {
    let (floor, exact) = cut.ok_or(MathError::Overflow)?;
    // Cutting a negative number's magnitude was a ceil; so the floor is one further out.
    let out = !exact && negative == (rounding == Rounding::Floor);
    let magnitude = if out { floor.checked_add(1).ok_or(MathError::Overflow)? } else { floor };
    wide::signed_i128(magnitude, negative).map(Value::new).ok_or(MathError::Overflow)
}

impl Value {
    /// The smallest step: 2^-48 quote atoms.
    pub const STEP: Self = Self::new(1);

    /// `self · n`, exactly: so much for each of `n` lots. `Overflow` beyond 2^79 quote atoms.
    #[inline(always)]
    pub const fn times(self, n: i64) -> Result<Self, MathError> {
        match wide::mul_i96_i32(self.get(), n) {
            Some(product) => Ok(Self::new(product)),
            None => self.times_long(n),
        }
    }

    /// [`Value::times`] for every value and number.
    #[inline(never)]
    const fn times_long(self, n: i64) -> Result<Self, MathError> {
        let (size, count) = (self.get().unsigned_abs(), n.unsigned_abs());
        let product = if wide::high_u64(size) == 0 {
            let (high, low) = wide::mul_u64(wide::low_u64(size), count);
            wide::join(high, low)
        } else {
            match wide::scale_u128(size, count, 0) {
                Some((product, _)) => product,
                None => return Err(MathError::Overflow),
            }
        };
        match wide::signed_i128(product, self.is_negative() != (n < 0)) {
            Some(raw) => Ok(Self::new(raw)),
            None => Err(MathError::Overflow),
        }
    }

    /// Whole atoms as a value, exactly; every `i64` fits.
    #[inline]
    pub const fn from_quote(atoms: QuoteAtoms) -> Self {
        Self::new(wide::shl48(atoms.get()))
    }

    /// Whole atoms, toward minus infinity. `Overflow` beyond 2^63 atoms.
    #[inline]
    pub const fn to_quote_floor(self) -> Result<QuoteAtoms, MathError> {
        match wide::narrow_i64(self.get() >> VALUE_BITS) {
            Some(atoms) => Ok(QuoteAtoms::new(atoms)),
            None => Err(MathError::Overflow),
        }
    }

    /// Whole atoms, toward plus infinity. `Overflow` beyond 2^63 atoms.
    #[inline]
    pub const fn to_quote_ceil(self) -> Result<QuoteAtoms, MathError> {
        match self.get().checked_add((1 << VALUE_BITS) - 1) {
            Some(raised) => Self::new(raised).to_quote_floor(),
            None => Err(MathError::Overflow),
        }
    }

    /// `x` units of `2^shift` steps each, exactly; `OutOfRange` for a shift beyond 63.
    #[inline(always)]
    pub fn from_scaled(x: i64, shift: u8) -> Result<Self, MathError> {
        match shift {
            0..=63 => Ok(Self::new(wide::shl_i64(x, u32::from(shift)))),
            _ => Err(MathError::OutOfRange),
        }
    }

    /// In units of `2^shift` steps, toward minus and toward plus infinity; `None` where that does
    /// not fit, or for a shift beyond 63.
    #[inline]
    pub fn to_scaled(self, shift: u8) -> Option<(i64, i64)> {
        if shift > 63 {
            return None;
        }
        let (floor, exact) = wide::shr_i128(self.get(), u32::from(shift))?;
        Some((floor, if exact { floor } else { floor.checked_add(1)? }))
    }

    /// `self · ratio`, exact but for the last step, toward minus infinity.
    #[inline]
    pub fn mul_ratio_floor(self, ratio: Ratio) -> Result<Self, MathError> {
        self.mul_ratio(ratio, Rounding::Floor)
    }

    /// `self · ratio`, exact but for the last step, toward plus infinity.
    #[inline]
    pub fn mul_ratio_ceil(self, ratio: Ratio) -> Result<Self, MathError> {
        self.mul_ratio(ratio, Rounding::Ceil)
    }

    #[inline]
    fn mul_ratio(self, ratio: Ratio, rounding: Rounding) -> Result<Self, MathError> {
        if ratio == Ratio::ONE {
            return Ok(self);
        }
        let product = divide::mul_div_u32(self.get().unsigned_abs(), ratio.ppm(), Ratio::PARTS);
        signed(product, self.is_negative(), rounding)
    }

    /// `self · factor`, exact but for the last step, toward minus infinity. The price is used as
    /// a pure factor here: low over mid, say.
    #[inline]
    pub fn mul_price_floor(self, factor: Price) -> Result<Self, MathError> {
        self.mul_float(factor.mantissa(), factor.exponent(), Rounding::Floor)
    }

    /// `self · factor`, exact but for the last step, toward plus infinity.
    #[inline]
    pub fn mul_price_ceil(self, factor: Price) -> Result<Self, MathError> {
        self.mul_float(factor.mantissa(), factor.exponent(), Rounding::Ceil)
    }

    /// `self · factor / 2^bits`, exact but for the last step, toward minus infinity.
    pub fn mul_binary_floor(self, factor: i32, bits: u8) -> Result<Self, MathError> {
        let size = u64::from(factor.unsigned_abs());
        let product =
            wide::scale_u128(self.get().unsigned_abs(), size, i64::from(bits).wrapping_neg());
        signed(product, self.is_negative() != (factor < 0), Rounding::Floor)
    }

    /// `self · fraction`, exact but for the last step, toward minus infinity.
    #[inline]
    pub fn mul_fraction_floor(self, fraction: Fraction) -> Result<Self, MathError> {
        self.mul_float(fraction.get(), -FRACTION_BITS, Rounding::Floor)
    }

    /// `self · fraction`, exact but for the last step, toward plus infinity.
    #[inline]
    pub fn mul_fraction_ceil(self, fraction: Fraction) -> Result<Self, MathError> {
        self.mul_float(fraction.get(), -FRACTION_BITS, Rounding::Ceil)
    }

    #[inline]
    fn mul_float(
        self,
        mantissa: u64,
        exponent: i64,
        rounding: Rounding,
    ) -> Result<Self, MathError> {
        let product = wide::scale_u128(self.get().unsigned_abs(), mantissa, exponent);
        signed(product, self.is_negative(), rounding)
    }

    /// `self · num / den` through a product of 256 bits, toward minus infinity.
    /// `DivisionByZero` for a denominator of zero.
    pub fn mul_div_floor(self, num: Self, den: Self) -> Result<Self, MathError> {
        self.mul_div(num, den, Rounding::Floor)
    }

    /// `self · num / den` through a product of 256 bits, toward plus infinity.
    /// `DivisionByZero` for a denominator of zero.
    pub fn mul_div_ceil(self, num: Self, den: Self) -> Result<Self, MathError> {
        self.mul_div(num, den, Rounding::Ceil)
    }

    fn mul_div(self, num: Self, den: Self, rounding: Rounding) -> Result<Self, MathError> {
        if den.is_zero() {
            return Err(MathError::DivisionByZero);
        }
        let (a, b, d) = (self.get(), num.get(), den.get());
        let quotient = divide::mul_div_u128(a.unsigned_abs(), b.unsigned_abs(), d.unsigned_abs());
        signed(quotient, (a < 0) ^ (b < 0) ^ (d < 0), rounding)
    }

    /// `self / den` in parts per million, rounded down, saturating at [`Ratio::MAX`].
    /// `OutOfRange` if one of them is negative, `DivisionByZero` for a denominator of zero.
    #[inline]
    pub fn ratio_floor(self, den: Self) -> Result<Ratio, MathError> {
        self.ratio(den, Rounding::Floor)
    }

    /// `self / den` in parts per million, rounded up, saturating at [`Ratio::MAX`].
    /// `OutOfRange` if one of them is negative, `DivisionByZero` for a denominator of zero.
    #[inline]
    pub fn ratio_ceil(self, den: Self) -> Result<Ratio, MathError> {
        self.ratio(den, Rounding::Ceil)
    }

    fn ratio(self, den: Self, rounding: Rounding) -> Result<Ratio, MathError> {
        if self.is_negative() || den.is_negative() {
            return Err(MathError::OutOfRange);
        }
        if den.is_zero() {
            return Err(MathError::DivisionByZero);
        }
        let (high, low) = wide::mul_u128_u32(self.get().unsigned_abs(), Ratio::PARTS);
        let den = den.get().unsigned_abs();
        let Some((quotient, exact)) = divide::div_u256(high, low, den) else {
            return Ok(Ratio::MAX);
        };
        if wide::high_u64(quotient) != 0 {
            return Ok(Ratio::MAX);
        }
        let up = rounding == Rounding::Ceil && !exact;
        let quotient = wide::low_u64(quotient);
        Ok(Ratio::from_wide_saturating(if up { quotient.saturating_add(1) } else { quotient }))
    }
}
