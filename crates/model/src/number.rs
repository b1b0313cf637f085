//! Exact fractions, and what lies close enough to one.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// An exact number.
pub type Exact = BigRational;

/// Bits behind a quote atom in a value, behind a token atom in a share.
pub const FRACTION_BITS: u32 = 48;
/// Bits behind the point of an index.
pub const INDEX_BITS: u32 = 64;

/// A whole number.
pub fn whole(value: impl Into<BigInt>) -> Exact {
    Exact::from_integer(value.into())
}

/// Parts per million.
pub fn ppm(parts: impl Into<BigInt>) -> Exact {
    Exact::new(parts.into(), BigInt::from(1_000_000))
}

/// Parts per billion.
pub fn ppb(parts: impl Into<BigInt>) -> Exact {
    Exact::new(parts.into(), BigInt::from(1_000_000_000))
}

/// `raw / 2^bits`.
pub fn binary(raw: impl Into<BigInt>, bits: u32) -> Exact {
    Exact::new(raw.into(), BigInt::one() << bits)
}

/// A value of 2^-48 steps.
pub fn value(raw: i128) -> Exact {
    binary(raw, FRACTION_BITS)
}

/// `mantissa · 2^exponent`.
pub fn float(mantissa: u64, exponent: i64) -> Exact {
    let bits = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
    match exponent < 0 {
        true => binary(mantissa, bits),
        false => whole(BigInt::from(mantissa) << bits),
    }
}

/// Ten to a power.
pub fn ten(power: i32) -> Exact {
    let magnitude = whole(BigInt::from(10).pow(power.unsigned_abs()));
    match power < 0 {
        true => magnitude.recip(),
        false => magnitude,
    }
}

/// Zero.
pub fn zero() -> Exact {
    Exact::zero()
}

/// One.
pub fn one() -> Exact {
    Exact::one()
}

/// Toward minus infinity; what no word holds is far beyond what any field does.
pub fn floor(exact: &Exact) -> i128 {
    let floored = exact.floor().to_integer();
    let edge = if floored.is_negative() { i128::MIN } else { i128::MAX };
    floored.to_i128().unwrap_or(edge)
}

/// Toward plus infinity.
pub fn ceil(exact: &Exact) -> i128 {
    floor(&-exact).saturating_neg()
}

/// In steps of 2^-48, toward minus infinity.
pub fn steps_floor(exact: &Exact) -> i128 {
    floor(&(exact * whole(BigInt::one() << FRACTION_BITS)))
}

/// The part above zero.
pub fn positive(exact: Exact) -> Exact {
    if exact.is_negative() {
        zero()
    } else {
        exact
    }
}

/// The lesser of two.
pub fn least(one: Exact, other: Exact) -> Exact {
    if one <= other {
        one
    } else {
        other
    }
}

/// The greater of two.
pub fn most(one: Exact, other: Exact) -> Exact {
    if one >= other {
        one
    } else {
        other
    }
}

/// Between two bounds, both included.
pub fn clamp(exact: Exact, low: Exact, high: Exact) -> Exact {
    most(low, least(exact, high))
}

/// What a computation with rounded prices and rounded steps may differ by, for something of this
/// size: a price loses less than 2^-62 of itself per operation, a sum of values a step per term.
pub fn slack(size: &Exact) -> Exact {
    size.abs() * binary(1, 57) + binary(1, 40)
}

/// A number that is known up to rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The exact number.
    pub exact: Exact,
    /// How far off the program may be to either side.
    pub slack: Exact,
}

impl Near {
    /// A number that the program has exactly.
    pub fn certain(exact: Exact) -> Self {
        Self { exact, slack: zero() }
    }

    /// The least that the program may have.
    pub fn low(&self) -> Exact {
        &self.exact - &self.slack
    }

    /// The most that the program may have.
    pub fn high(&self) -> Exact {
        &self.exact + &self.slack
    }

    /// Sum.
    pub fn plus(&self, other: &Self) -> Self {
        Self { exact: &self.exact + &other.exact, slack: &self.slack + &other.slack }
    }

    /// Difference.
    pub fn minus(&self, other: &Self) -> Self {
        Self { exact: &self.exact - &other.exact, slack: &self.slack + &other.slack }
    }

    /// Product with an exact number.
    pub fn times(&self, factor: &Exact) -> Self {
        Self { exact: &self.exact * factor, slack: &self.slack * factor.abs() }
    }

    /// Certainly at least zero?
    pub fn surely_not_negative(&self) -> bool {
        !self.low().is_negative()
    }

    /// Certainly below zero?
    pub fn surely_negative(&self) -> bool {
        self.high().is_negative()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_the_way_that_it_says() {
        let half = Exact::new(BigInt::from(-7), BigInt::from(2));
        assert_eq!((floor(&half), ceil(&half)), (-4, -3));
        assert_eq!(steps_floor(&binary(-1, 49)), -1);
        assert_eq!(float(3, -1) + float(3, 1), whole(7) + binary(1, 1));
        assert_eq!(ten(-2) * ten(2), one());
    }

    #[test]
    fn what_lies_within_the_slack_is_certain_of_neither_side() {
        let near = Near { exact: whole(1), slack: whole(2) };
        assert!(!near.surely_negative() && !near.surely_not_negative());
        assert!(near.minus(&Near::certain(whole(4))).surely_negative());
    }
}
