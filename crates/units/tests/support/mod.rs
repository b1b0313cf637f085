//! Exact reference numbers, and random words that like to sit at the edges.
#![allow(dead_code)]

use num_bigint::BigInt;
use num_rational::BigRational;
use plimsoll_units::Price;
use proptest::prelude::*;

/// Words of every size, with the neighbours of powers of two far more often than chance.
pub fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => any::<u64>(),
        2 => (any::<u64>(), 0u32..64).prop_map(|(x, shift)| x >> shift),
        2 => (0u32..64, 0u64..5).prop_map(|(k, d)| (1u64 << k).wrapping_add(d).wrapping_sub(2)),
        1 => (0u64..4).prop_map(|d| u64::MAX - d),
    ]
}

/// The same for signed words.
pub fn signed_word() -> impl Strategy<Value = i64> {
    prop_oneof![word().prop_map(|x| x as i64), word().prop_map(|x| (x >> 1) as i64)]
}

/// The same for double words, with either word often zero or full.
pub fn double_word() -> impl Strategy<Value = u128> {
    let half = || prop_oneof![3 => word(), 1 => Just(0u64), 1 => Just(u64::MAX)];
    (half(), half()).prop_map(|(high, low)| (high as u128) << 64 | low as u128)
}

/// The same for signed double words.
pub fn signed_double_word() -> impl Strategy<Value = i128> {
    (double_word(), 0u32..128).prop_map(|(x, shift)| (x as i128) >> shift)
}

/// A normalised mantissa and any exponent that real prices have, and some that they have not.
pub fn price() -> impl Strategy<Value = Price> {
    let mantissa = prop_oneof![word(), Just(0u64), Just(1 << 63), Just(u64::MAX)];
    (mantissa, -200i16..=100).prop_map(|(m, e)| Price::from_parts(m | 1 << 63, e).unwrap())
}

/// Prices within a few powers of two of one.
pub fn factor() -> impl Strategy<Value = Price> {
    (word(), -70i16..=-56).prop_map(|(m, e)| Price::from_parts(m | 1 << 63, e).unwrap())
}

pub fn big(x: impl Into<BigInt>) -> BigInt {
    x.into()
}

pub fn rational(x: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(x.into())
}

/// `2^exponent`, exactly.
pub fn power_of_two(exponent: i64) -> BigRational {
    let power = rational(big(1) << exponent.unsigned_abs());
    if exponent < 0 {
        power.recip()
    } else {
        power
    }
}

/// `10^exponent`, exactly.
pub fn power_of_ten(exponent: i32) -> BigRational {
    let power = rational(big(10).pow(exponent.unsigned_abs()));
    if exponent < 0 {
        power.recip()
    } else {
        power
    }
}

/// A price, exactly.
pub fn exact(price: Price) -> BigRational {
    let (mantissa, exponent) = price.parts();
    rational(mantissa) * power_of_two(exponent.into())
}

/// `|found - wanted| <= 2^-bits · |wanted|`.
pub fn close(found: &BigRational, wanted: &BigRational, bits: i64) -> bool {
    let distance = found - wanted;
    let zero = rational(0);
    let magnitude = |x: &BigRational| if *x < zero { -x } else { x.clone() };
    magnitude(&distance) <= magnitude(wanted) * power_of_two(-bits)
}

/// A number as `i128`, if it is one.
pub fn narrow(x: &BigInt) -> Option<i128> {
    i128::try_from(x).ok()
}
