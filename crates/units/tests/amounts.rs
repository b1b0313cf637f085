//! Do values, shares, ratios, fractions and products round as their names say?

mod support;

use num_rational::BigRational;
use plimsoll_units::products::{cut_floor, fee_ceil, notional_exact};
use plimsoll_units::{
    BaseLots, Fraction, Index, MathError, PriceTicks, QuoteAtoms, Ratio, Seconds, Shares, Slot,
    Slots, TickSize, TokenAtoms, UnixSeconds, Value,
};
use proptest::prelude::*;
use support::*;

fn floor(x: &BigRational) -> Option<i128> {
    narrow(&x.floor().to_integer())
}

fn ceil(x: &BigRational) -> Option<i128> {
    narrow(&x.ceil().to_integer())
}

fn raw(value: Result<Value, MathError>) -> Option<i128> {
    value.ok().map(Value::get)
}

#[test]
fn quantities_add_within_their_unit_and_refuse_to_wrap() {
    let max = QuoteAtoms::new(i64::MAX);
    let min = QuoteAtoms::new(i64::MIN);
    assert_eq!(QuoteAtoms::new(3).checked_sub(QuoteAtoms::new(5)), Ok(QuoteAtoms::new(-2)));
    assert_eq!(max.checked_add(QuoteAtoms::new(1)), Err(MathError::Overflow));
    assert_eq!(min.checked_neg(), Err(MathError::Overflow));
    assert_eq!(min.abs(), Err(MathError::Overflow));
    assert_eq!(QuoteAtoms::new(-7).abs(), Ok(QuoteAtoms::new(7)));
    assert_eq!(Slots::new(1).checked_sub(Slots::new(2)), Err(MathError::Overflow));
    assert_eq!(format!("{}", BaseLots::new(-12)), "-12");
}

#[test]
fn clock_that_steps_back_has_elapsed_nothing() {
    assert_eq!(Slot::new(10).elapsed_since(Slot::new(4)), Slots::new(6));
    assert_eq!(Slot::new(4).elapsed_since(Slot::new(10)), Slots::ZERO);
    let (first, last) = (UnixSeconds::new(i64::MIN), UnixSeconds::new(i64::MAX));
    assert_eq!(last.elapsed_since(first), Seconds::new(u64::MAX));
    assert_eq!(first.elapsed_since(last), Seconds::ZERO);
    assert_eq!(last.checked_add(Seconds::new(1)), Err(MathError::Overflow));
    assert_eq!(Slot::new(1).checked_add(Slots::new(2)), Ok(Slot::new(3)));
}

#[test]
fn notional_of_a_short_is_negative_and_exact() {
    // 3 lots short at 2,500 ticks of 40 atoms per lot: -300,000 atoms.
    let (lots, ticks, tick) = (BaseLots::new(-3), PriceTicks::new(2_500), TickSize::new(40));
    assert_eq!(notional_exact(lots, ticks, tick), Ok(QuoteAtoms::new(-300_000)));
    let far = PriceTicks::new(u64::MAX);
    assert_eq!(notional_exact(lots, far, tick), Err(MathError::Overflow));
    let edge = notional_exact(BaseLots::new(-1), PriceTicks::new(1 << 62), TickSize::new(2));
    assert_eq!(edge, Ok(QuoteAtoms::new(i64::MIN)));
}

#[test]
fn fee_is_rounded_up_and_cut_is_rounded_down() {
    let rate = Ratio::from_ppm(500); // 5 basis points
    assert_eq!(fee_ceil(QuoteAtoms::new(-10_001), rate), Ok(QuoteAtoms::new(6))); // 5.0005
    assert_eq!(fee_ceil(QuoteAtoms::new(10_000), rate), Ok(QuoteAtoms::new(5)));
    assert_eq!(cut_floor(QuoteAtoms::new(11_999), rate), Ok(QuoteAtoms::new(5)));
    assert_eq!(fee_ceil(QuoteAtoms::ZERO, Ratio::MAX), Ok(QuoteAtoms::ZERO));
    assert_eq!(fee_ceil(QuoteAtoms::new(i64::MIN), Ratio::ONE), Err(MathError::Overflow));
}

#[test]
fn deposit_is_floored_and_debt_is_ceiled() {
    // At an index of 1.5 one atom is 2^48 / 1.5 shares, which is not a whole number.
    let index = Index::new(3 << 63);
    let deposit = Shares::from_atoms_floor(TokenAtoms::new(100), index).unwrap();
    let debt = Shares::from_atoms_floor(TokenAtoms::new(-100), index).unwrap();
    assert_eq!(deposit.to_atoms_floor(index), Ok(TokenAtoms::new(99)));
    assert_eq!(debt.to_atoms_floor(index), Ok(TokenAtoms::new(-101)));
    assert_eq!(
        Shares::from_atoms_ceil(TokenAtoms::new(100), index).unwrap().get(),
        deposit.get() + 1
    );
    let none = Index::new(0);
    assert_eq!(Shares::from_atoms_floor(TokenAtoms::new(1), none), Err(MathError::DivisionByZero));
}

#[test]
fn fraction_is_clamped_to_the_whole_and_refuses_negatives() {
    let value = |raw| Value::new(raw);
    assert_eq!(Fraction::of_floor(value(3), value(2)), Ok(Fraction::ONE));
    assert_eq!(Fraction::of_floor(value(0), value(2)), Ok(Fraction::ZERO));
    assert_eq!(Fraction::of_floor(value(1), value(0)), Err(MathError::DivisionByZero));
    assert_eq!(Fraction::of_floor(value(-1), value(2)), Err(MathError::OutOfRange));
    assert_eq!(Fraction::of_floor(value(1), value(-2)), Err(MathError::OutOfRange));
    assert_eq!(Fraction::new((1 << 63) + 1), Err(MathError::OutOfRange));
    assert_eq!(Fraction::ONE.of_lots_away(i64::MIN), i64::MIN);
    assert_eq!(Fraction::new(1).unwrap().of_lots_away(-1), -1);
    assert_eq!(Fraction::new(1).unwrap().of_lots_floor(-1), 0);
}

#[test]
fn ratio_saturates_or_refuses_but_never_wraps() {
    assert_eq!(Ratio::MAX.checked_add(Ratio::from_ppm(1)), Err(MathError::Overflow));
    assert_eq!(Ratio::ZERO.checked_sub(Ratio::from_ppm(1)), Err(MathError::Overflow));
    assert_eq!(Ratio::MAX.mul_ceil(Ratio::MAX), Err(MathError::Overflow));
    assert_eq!(Value::MAX.ratio_floor(Value::STEP), Ok(Ratio::MAX));
    assert_eq!(Value::STEP.ratio_ceil(Value::MAX), Ok(Ratio::from_ppm(1)));
    assert_eq!(Value::STEP.ratio_floor(Value::ZERO), Err(MathError::DivisionByZero));
    assert_eq!(Value::new(-1).ratio_floor(Value::STEP), Err(MathError::OutOfRange));
    assert_eq!(Ratio::from_wide(1 << 32), Err(MathError::Overflow));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn value_times_ratio_is_exact_but_for_the_rounding(x in signed_double_word(), ppm in word()) {
        let (value, ratio) = (Value::new(x), Ratio::from_ppm(ppm as u32));
        let wanted = rational(x) * rational(ppm as u32) / rational(1_000_000);
        prop_assert_eq!(raw(value.mul_ratio_floor(ratio)), floor(&wanted));
        prop_assert_eq!(raw(value.mul_ratio_ceil(ratio)), ceil(&wanted));
    }

    #[test]
    fn value_times_price_is_exact_but_for_the_rounding(x in signed_double_word(), by in price()) {
        let wanted = rational(x) * exact(by);
        prop_assert_eq!(raw(Value::new(x).mul_price_floor(by)), floor(&wanted));
        prop_assert_eq!(raw(Value::new(x).mul_price_ceil(by)), ceil(&wanted));
    }

    #[test]
    fn value_times_fraction_is_exact_but_for_the_rounding(
        x in signed_double_word(), part in word(),
    ) {
        let fraction = Fraction::new(part >> 1).unwrap();
        let wanted = rational(x) * rational(part >> 1) * power_of_two(-63);
        prop_assert_eq!(raw(Value::new(x).mul_fraction_floor(fraction)), floor(&wanted));
        prop_assert_eq!(raw(Value::new(x).mul_fraction_ceil(fraction)), ceil(&wanted));
    }

    #[test]
    fn value_times_a_quotient_of_values_is_exact_but_for_the_rounding(
        x in signed_double_word(), num in signed_double_word(), den in signed_double_word(),
    ) {
        let den = if den == 0 { 1 } else { den };
        let (num, den, wanted) = (Value::new(num), Value::new(den),
            rational(x) * rational(num) / rational(den));
        prop_assert_eq!(raw(Value::new(x).mul_div_floor(num, den)), floor(&wanted));
        prop_assert_eq!(raw(Value::new(x).mul_div_ceil(num, den)), ceil(&wanted));
    }

    #[test]
    fn ratio_of_values_is_exact_but_for_the_rounding_and_saturates(
        num in signed_double_word(), den in signed_double_word(),
    ) {
        let (num, den) = (num.unsigned_abs() >> 1, (den.unsigned_abs() >> 1).max(1));
        let wanted = rational(num) * rational(1_000_000) / rational(den);
        let limited = |x: Option<i128>| x.map_or(u32::MAX, |x| x.min(u32::MAX.into()) as u32);
        let (num, den) = (Value::new(num as i128), Value::new(den as i128));
        prop_assert_eq!(num.ratio_floor(den).unwrap().ppm(), limited(floor(&wanted)));
        prop_assert_eq!(num.ratio_ceil(den).unwrap().ppm(), limited(ceil(&wanted)));
    }

    #[test]
    fn product_of_ratios_is_exact_but_for_the_rounding(a in word(), b in word()) {
        let (a, b) = (a as u32, b as u32);
        let wanted = rational(a) * rational(b) / rational(1_000_000);
        let (x, y) = (Ratio::from_ppm(a), Ratio::from_ppm(b));
        let fits = |x: Option<i128>| x.and_then(|x| u32::try_from(x).ok());
        prop_assert_eq!(x.mul_floor(y).ok().map(Ratio::ppm), fits(floor(&wanted)));
        prop_assert_eq!(x.mul_ceil(y).ok().map(Ratio::ppm), fits(ceil(&wanted)));
    }

    #[test]
    fn whole_atoms_of_a_value_round_as_named(x in signed_double_word(), atoms in signed_word()) {
        let wanted = rational(x) * power_of_two(-48);
        let fits = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let found = |x: Result<QuoteAtoms, MathError>| x.ok().map(QuoteAtoms::get);
        prop_assert_eq!(found(Value::new(x).to_quote_floor()), fits(floor(&wanted)));
        prop_assert_eq!(found(Value::new(x).to_quote_ceil()), fits(ceil(&wanted)));
        let atoms = QuoteAtoms::new(atoms);
        prop_assert_eq!(Value::from_quote(atoms).to_quote_floor(), Ok(atoms));
        prop_assert_eq!(Value::from_quote(atoms).to_quote_ceil(), Ok(atoms));
    }

    #[test]
    fn shares_and_atoms_convert_exactly_but_for_the_rounding(
        shares in signed_double_word(), atoms in signed_word(), index in double_word(),
    ) {
        let index = prop_index(index);
        let to = rational(shares) * rational(index.get()) * power_of_two(-112);
        let fits = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let found = Shares::new(shares).to_atoms_floor(index).ok().map(TokenAtoms::get);
        prop_assert_eq!(found, fits(floor(&to)));

        let from = rational(atoms) * power_of_two(112) / rational(index.get());
        let found = |x: Result<Shares, MathError>| x.ok().map(Shares::get);
        let atoms = TokenAtoms::new(atoms);
        prop_assert_eq!(found(Shares::from_atoms_floor(atoms, index)), floor(&from));
        prop_assert_eq!(found(Shares::from_atoms_ceil(atoms, index)), ceil(&from));
    }

    /// Depositing and taking out again never gains an atom, whatever the index.
    #[test]
    fn round_trip_through_shares_never_gains(atoms in 0i64..=1 << 60, growth in word()) {
        let index = Index::new((1 << 64) + u128::from(growth));
        let atoms = TokenAtoms::new(atoms);
        let credited = Shares::from_atoms_floor(atoms, index).unwrap();
        prop_assert!(credited.to_atoms_floor(index).unwrap() <= atoms);
        prop_assert!(Shares::from_atoms_ceil(atoms, index).unwrap() >= credited);
    }

    #[test]
    fn fraction_of_lots_is_exact_but_for_the_rounding(lots in signed_word(), part in word()) {
        let fraction = Fraction::new(part >> 1).unwrap();
        let wanted = rational(lots.unsigned_abs()) * rational(part >> 1) * power_of_two(-63);
        let sign = i128::from(lots.signum());
        let (down, up) = (floor(&wanted).unwrap() * sign, ceil(&wanted).unwrap() * sign);
        prop_assert_eq!(i128::from(fraction.of_lots_floor(lots)), down);
        prop_assert_eq!(i128::from(fraction.of_lots_away(lots)), up);
        // The whole of it is all of it, to the last lot.
        prop_assert_eq!(Fraction::ONE.of_lots_floor(lots), lots);
        prop_assert_eq!(Fraction::ONE.of_lots_away(lots), lots);
    }

    #[test]
    fn fraction_of_values_is_the_floor(num in double_word(), den in double_word()) {
        let (num, den) = (num >> 1, (den >> 1).max(1));
        let wanted = floor(&(rational(num) / rational(den) * power_of_two(63)));
        let found = Fraction::of_floor(Value::new(num as i128), Value::new(den as i128)).unwrap();
        prop_assert_eq!(Some(i128::from(found.get())), wanted.map(|x| x.min(1 << 63)).or(Some(1 << 63)));
    }

    #[test]
    fn fees_and_notionals_match_exact_numbers(
        lots in signed_word(), ticks in word(), tick in word(), ppm in word(),
    ) {
        let wanted = big(lots) * big(ticks) * big(tick);
        let found = notional_exact(BaseLots::new(lots), PriceTicks::new(ticks), TickSize::new(tick));
        // The price of a lot must fit a word, unless there are no lots either way.
        let fits = ticks.checked_mul(tick).and_then(|_| i64::try_from(&wanted).ok());
        prop_assert_eq!(found.ok().map(QuoteAtoms::get), fits);

        let ratio = Ratio::from_ppm(ppm as u32);
        let share = rational(lots.unsigned_abs()) * rational(ppm as u32) / rational(1_000_000);
        let fits = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let (fee, cut) = (fee_ceil(QuoteAtoms::new(lots), ratio), cut_floor(QuoteAtoms::new(lots), ratio));
        prop_assert_eq!(fee.ok().map(QuoteAtoms::get), fits(ceil(&share)));
        prop_assert_eq!(cut.ok().map(QuoteAtoms::get), fits(floor(&share)));
    }
}

/// Indices of every size, and often exactly one.
fn prop_index(raw: u128) -> Index {
    if raw.is_multiple_of(5) {
        Index::ONE
    } else {
        Index::new(raw.max(1))
    }
}
