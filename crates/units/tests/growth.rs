//! Are a value's multiples exact, and do indices grow and shares unroll as their names say?

mod support;

use num_rational::BigRational;
use plimsoll_units::{Fraction, Index, MathError, Shares, Value};
use proptest::prelude::*;
use support::*;

fn floor(x: &BigRational) -> Option<i128> {
    narrow(&x.floor().to_integer())
}

fn ceil(x: &BigRational) -> Option<i128> {
    narrow(&x.ceil().to_integer())
}

/// A number as `u128`, if it is one.
fn unsigned(x: &BigRational) -> Option<u128> {
    u128::try_from(x.to_integer()).ok()
}

#[test]
fn a_multiple_of_a_value_fits_to_the_very_edge() {
    let min = Value::new(i128::MIN);
    assert_eq!(min.times(1), Ok(min));
    assert_eq!(min.times(-1), Err(MathError::Overflow));
    assert_eq!(Value::MAX.times(2), Err(MathError::Overflow));
    assert_eq!(Value::new(1 << 64).times(i64::MIN), Ok(min));
    assert_eq!(min.times(0), Ok(Value::ZERO));
}

#[test]
fn unit_of_a_value_is_a_shift_of_one_word() {
    assert_eq!(Value::from_scaled(1, 64), Err(MathError::OutOfRange));
    assert_eq!(Value::new(1).to_scaled(64), None);
    assert_eq!(Value::new(-1).to_scaled(63), Some((-1, 0)));
    // The ceil of the largest floor would be one too many.
    assert_eq!(Value::MAX.to_scaled(63), None);
    assert_eq!(Value::new(((1 << 63) - 1) * 2 + 1).to_scaled(1), None);
}

#[test]
fn index_grows_by_its_rate_and_rounds_as_named() {
    // Half as much again; then a third of a step.
    assert_eq!(Index::ONE.grown_floor(1 << 63), Ok(Index::new(3 << 63)));
    assert_eq!(Index::new(1).grown_floor(1), Ok(Index::new(1)));
    assert_eq!(Index::new(1).grown_ceil(1), Ok(Index::new(2)));
    assert_eq!(Index::new(u128::MAX).grown_floor(0), Ok(Index::new(u128::MAX)));
    assert_eq!(Index::new(u128::MAX).grown_ceil(1), Err(MathError::Overflow));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn value_times_a_whole_number_is_exact(x in signed_double_word(), n in signed_word()) {
        let wanted = narrow(&(big(x) * big(n)));
        prop_assert_eq!(Value::new(x).times(n).ok().map(Value::get), wanted);
    }

    #[test]
    fn scaled_value_is_exact_and_comes_back_in_its_unit(
        x in signed_double_word(),
        word in signed_word(),
        shift in 0u8..64,
    ) {
        let found = Value::from_scaled(word, shift).unwrap();
        prop_assert_eq!(rational(found.get()), rational(word) * power_of_two(shift.into()));
        prop_assert_eq!(found.to_scaled(shift), Some((word, word)));
        let units = rational(x) * power_of_two(-i64::from(shift));
        let wanted = (floor(&units).unwrap(), ceil(&units).unwrap());
        let wanted = i64::try_from(wanted.0).ok().zip(i64::try_from(wanted.1).ok());
        prop_assert_eq!(Value::new(x).to_scaled(shift), wanted);
    }

    #[test]
    fn value_times_a_binary_fraction_is_the_floor(
        x in signed_double_word(),
        factor in signed_word(),
        bits in 0u8..64,
    ) {
        let factor = factor as i32;
        let wanted = rational(x) * rational(factor) * power_of_two(-i64::from(bits));
        let found = Value::new(x).mul_binary_floor(factor, bits);
        prop_assert_eq!(found.ok().map(Value::get), floor(&wanted));
    }

    #[test]
    fn part_of_a_value_is_cut_toward_zero(x in signed_double_word(), part in word()) {
        let fraction = Fraction::new(part >> 1).unwrap();
        let size = rational(x.unsigned_abs()) * rational(part >> 1) * power_of_two(-63);
        let wanted = size.floor().to_integer() * big(x.signum());
        prop_assert_eq!(big(fraction.of_value_floor(Value::new(x)).get()), wanted);
        prop_assert_eq!(Fraction::ONE.of_value_floor(Value::new(x)), Value::new(x));
    }

    #[test]
    fn growth_is_exact_but_for_the_rounding(index in double_word(), growth in double_word()) {
        let wanted = rational(index) * (rational(1) + rational(growth) * power_of_two(-64));
        let found = |x: Result<Index, MathError>| x.ok().map(Index::get);
        let index = Index::new(index);
        prop_assert_eq!(found(index.grown_floor(growth)), unsigned(&wanted.floor()));
        prop_assert_eq!(found(index.grown_ceil(growth)), unsigned(&wanted.ceil()));
    }

    #[test]
    fn shares_at_index_one_are_exact_but_for_the_rounding(
        shares in signed_double_word(), index in double_word(),
    ) {
        let wanted = rational(shares) * rational(index) * power_of_two(-64);
        let found = |x: Result<Shares, MathError>| x.ok().map(Shares::get);
        let (shares, index) = (Shares::new(shares), Index::new(index));
        prop_assert_eq!(found(shares.rebased_floor(index)), floor(&wanted));
        prop_assert_eq!(found(shares.rebased_ceil(index)), ceil(&wanted));
    }
}
