//! Are prices as good as they claim? Against exact rational numbers.

mod support;

use num_rational::BigRational;
use plimsoll_units::{MathError, Price, Ratio, Value};
use proptest::prelude::*;
use support::*;

fn decimal(mantissa: u64, exponent: i32) -> Price {
    Price::from_decimal(mantissa, exponent).unwrap()
}

/// A value in steps of 2^-48, exactly.
fn steps(value: Value) -> BigRational {
    rational(value.get())
}

#[test]
fn decimals_that_fit_are_exact() {
    assert_eq!(decimal(100_000_000, -8), Price::ONE);
    assert_eq!(decimal(1, 0), Price::ONE);
    assert_eq!(decimal(5, -1), Price::ONE.half().unwrap());
    assert_eq!(decimal(12_500_000, -8), decimal(125, -3));
    assert_eq!(Price::from_integer(1_000).unwrap(), decimal(1, 3));
    assert_eq!(Price::ONE.parts(), (1 << 63, -63));
}

#[test]
fn one_dollar_sol_lot_is_worth_what_a_person_says() {
    // 150.25 USD per SOL, quote of 6 decimals at 1 USD, SOL of 9: 0.15025 quote atoms per atom.
    let usd = decimal(15_025_000_000, -8);
    let price = usd.checked_div(Price::ONE).unwrap().checked_mul(decimal(1, -3)).unwrap();

    // 2 SOL = 300.50 USD = 300,500,000 quote atoms, to less than a thousandth of an atom.
    let value = price.value_floor(2_000_000_000).unwrap();
    assert!(Value::new(300_500_000 << 48).checked_sub(value).unwrap() < Value::new(1 << 38));
    assert_eq!(value.to_quote_ceil().unwrap().get(), 300_500_000);

    // Debts of the same amount are never worth less than the asset.
    let debt = price.value_floor(-2_000_000_000).unwrap();
    assert!(debt.checked_add(value).unwrap() <= Value::ZERO);
}

#[test]
fn nothing_is_not_a_price() {
    assert_eq!(Price::from_decimal(0, 5), Err(MathError::OutOfRange));
    assert_eq!(Price::from_integer(0), Err(MathError::OutOfRange));
    assert_eq!(Price::from_parts(0, 0), Err(MathError::OutOfRange));
    assert_eq!(Price::from_parts(u64::MAX >> 1, 0), Err(MathError::OutOfRange));
    assert_eq!(Price::from_parts(u64::MAX, 1025), Err(MathError::OutOfRange));
    assert_eq!(Price::from_parts(u64::MAX, i16::MIN), Err(MathError::OutOfRange));
    assert_eq!(Price::ONE.mul_ratio(Ratio::ZERO), Err(MathError::OutOfRange));
    assert_eq!(Price::ONE.checked_sub(Price::ONE), Err(MathError::OutOfRange));
    assert_eq!(Price::from_decimal(1, 65), Err(MathError::OutOfRange));
    assert_eq!(Price::from_decimal(1, i32::MIN), Err(MathError::OutOfRange));
}

#[test]
fn prices_beyond_the_exponents_are_an_overflow() {
    let huge = Price::from_parts(u64::MAX, 1024).unwrap();
    let tiny = Price::from_parts(1 << 63, -1024).unwrap();
    assert_eq!(huge.checked_mul(huge), Err(MathError::Overflow));
    assert_eq!(huge.checked_add(huge), Err(MathError::Overflow));
    assert_eq!(tiny.checked_mul(tiny), Err(MathError::Overflow));
    assert_eq!(tiny.half(), Err(MathError::Overflow));
    assert_eq!(huge.value_floor(1), Err(MathError::Overflow));
    assert_eq!(huge.value_floor(0), Ok(Value::ZERO));
    assert_eq!(tiny.value_floor(i64::MAX), Ok(Value::ZERO));
    assert_eq!(tiny.value_floor(-1), Ok(Value::new(-1)));
    assert_eq!(tiny.value_ceil(1), Ok(Value::STEP));
    assert_eq!(Price::distance_ratio_ceil(huge, tiny), Ratio::MAX);
    assert_eq!(Price::distance_ratio_ceil(tiny, huge), Ratio::ONE);
}

#[test]
fn distance_is_a_ratio_of_the_second_price() {
    let (a, b) = (decimal(105, 0), decimal(100, 0));
    assert_eq!(Price::distance_ratio_ceil(a, b), Ratio::from_ppm(50_000));
    assert_eq!(Price::distance_ratio_ceil(b, a), Ratio::from_ppm(47_620)); // 5 / 105, up
    assert_eq!(Price::distance_ratio_ceil(a, a), Ratio::ZERO);
    assert_eq!(Price::distance_ratio_ceil(decimal(1, 12), Price::ONE), Ratio::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn decimals_are_within_2_to_the_minus_62(mantissa in word(), exponent in -64i32..=64) {
        prop_assume!(mantissa != 0);
        let wanted = rational(mantissa) * power_of_ten(exponent);
        prop_assert!(close(&exact(decimal(mantissa, exponent)), &wanted, 62));
    }

    #[test]
    fn storage_gives_back_what_was_stored(price in price()) {
        let (mantissa, exponent) = price.parts();
        prop_assert_eq!(Price::from_parts(mantissa, exponent), Ok(price));
    }

    #[test]
    fn products_and_quotients_are_cut_after_63_bits(a in price(), b in price()) {
        let (x, y) = (exact(a), exact(b));
        let product = exact(a.checked_mul(b).unwrap());
        prop_assert!(product <= &x * &y && close(&product, &(&x * &y), 63));
        let quotient = exact(a.checked_div(b).unwrap());
        prop_assert!(quotient <= &x / &y && close(&quotient, &(&x / &y), 63));
        let inverse = exact(b.recip().unwrap());
        prop_assert!(close(&inverse, &y.recip(), 63));
        let sum = exact(a.checked_add(b).unwrap());
        prop_assert!(sum <= &x + &y && close(&sum, &(&x + &y), 62));
        match a.checked_sub(b) {
            Ok(difference) => prop_assert!(close(&exact(difference), &(x - y), 62)),
            Err(error) => prop_assert!(x <= y && error == MathError::OutOfRange),
        }
    }

    #[test]
    fn neighbours_subtract_without_cancellation(a in factor(), b in factor()) {
        prop_assume!(a != b);
        let difference = a.max(b).checked_sub(a.min(b)).unwrap();
        prop_assert!(close(&exact(difference), &(exact(a.max(b)) - exact(a.min(b))), 63));
    }

    #[test]
    fn order_is_the_order_of_the_numbers(a in price(), b in price()) {
        prop_assert_eq!(a.cmp(&b), exact(a).cmp(&exact(b)));
    }

    #[test]
    fn ratio_of_a_price_is_cut_after_63_bits(a in price(), ppm in word()) {
        let ppm = (ppm as u32).max(1);
        let wanted = exact(a) * rational(ppm) / rational(1_000_000);
        let found = exact(a.mul_ratio(Ratio::from_ppm(ppm)).unwrap());
        prop_assert!(found <= wanted && close(&found, &wanted, 62));
        prop_assert_eq!(a.mul_ratio(Ratio::ONE), Ok(a));
    }

    #[test]
    fn value_is_the_floor_and_the_ceil_of_the_exact_product(
        price in price(), amount in signed_word(),
    ) {
        let wanted = exact(price) * rational(amount) * power_of_two(48);
        let floor = narrow(&wanted.floor().to_integer());
        prop_assert_eq!(price.value_floor(amount).ok().map(Value::get), floor);
        // The ceil is given wherever the floor fits, and is exact there.
        let ceil = price.value_ceil(amount).ok().map(Value::get);
        prop_assert_eq!(ceil, floor.and_then(|_| narrow(&wanted.ceil().to_integer())));
    }

    #[test]
    fn distance_is_the_exact_one_rounded_up(a in factor(), b in factor()) {
        let (x, y) = (exact(a), exact(b));
        let wanted = if x > y { (&x - &y) / &y } else { (&y - &x) / &y } * rational(1_000_000);
        let wanted = wanted.min(rational(u32::MAX)); // where it saturates
        let found = rational(Price::distance_ratio_ceil(a, b).ppm());
        // Rounded up, unless it lay less than 2^-61 of itself above a whole number.
        prop_assert!(found >= wanted.floor() && found < wanted + rational(1));
    }

    /// Bounds of oracles: compared by products, and never more lenient than exact numbers.
    #[test]
    fn bounds_are_exceeded_where_the_exact_numbers_exceed_them(
        a in factor(), b in factor(), ppm in word(),
    ) {
        let (x, y, limit) = (exact(a), exact(b), ppm as u32);
        let bound = &y * rational(limit) / rational(1_000_000);
        let distance = if x > y { &x - &y } else { &y - &x };
        let ratio = Ratio::from_ppm(limit);
        for (found, part) in [(a.exceeds(ratio, b), &x), (a.is_apart(b, ratio), &distance)] {
            prop_assert!(found || *part <= bound);
            // Alignment cuts a unit of the larger mantissa: 2^-63 of the larger price at most.
            let slack = (&x + &y) * rational(5_000) * power_of_two(-63);
            prop_assert!(!found || part + slack > bound);
        }
        prop_assert!(!a.is_apart(a, Ratio::ZERO));
    }

    /// Where nothing has to be aligned, nothing is cut: exact, to the last bit of a mantissa.
    #[test]
    fn prices_of_one_exponent_are_apart_exactly_where_they_are(
        a in word(), b in word(), near in 0u64..4, ppm in word(), exponent in -1024i16..=1024,
    ) {
        let of = |mantissa: u64| Price::from_parts(mantissa | 1 << 63, exponent).unwrap();
        let limit = ppm as u32;
        // Anywhere, side by side, and at the very edge of the bound.
        let edge = of(b).parts().0.saturating_add(
            u64::try_from(u128::from(of(b).parts().0) * u128::from(limit) / 1_000_000)
                .unwrap_or(u64::MAX),
        );
        let pairs = [
            (of(a), of(b)),
            (of(b ^ near), of(b)),
            (of(edge), of(b)),
            (of(edge.saturating_add(1)), of(b)),
        ];
        for (a, b) in pairs {
            let (x, y) = (exact(a), exact(b));
            let distance = if x > y { &x - &y } else { &y - &x };
            let bound = &y * rational(limit) / rational(1_000_000);
            prop_assert_eq!(a.is_apart(b, Ratio::from_ppm(limit)), distance > bound);
        }
    }

    /// The whole chain from two oracle prices to a value, as the program walks it: the relative
    /// error stays below 10^-9 and one step of 2^-48 atoms, and nothing wraps.
    #[test]
    fn valuation_is_good_to_a_part_in_a_billion(
        usd in 1u64..=1_000_000_000_000_000_000, // 10^-9 to 10^9 USD in steps of 10^-9
        quote_usd in 900_000_000u64..=1_100_000_000,
        token_decimals in 0i32..=12,
        quote_decimals in prop_oneof![Just(6i32), 0i32..=12],
        amount in signed_word(),
    ) {
        let scale = quote_decimals - token_decimals;
        let price = decimal(usd, -9)
            .checked_div(decimal(quote_usd, -9)).unwrap()
            .checked_mul(Price::pow10(scale).unwrap()).unwrap();
        let wanted = rational(amount) * rational(usd) / rational(quote_usd)
            * power_of_ten(scale) * power_of_two(48);
        match price.value_floor(amount) {
            Ok(value) => {
                let error = steps(value) - &wanted;
                let zero = rational(0);
                let error = if error < zero { -error } else { error };
                let size = if wanted < zero { -wanted } else { wanted };
                prop_assert!(error <= size * power_of_ten(-9) + rational(1));
            }
            // Only what lies within the error of the largest value may be refused.
            Err(_) => prop_assert!(
                wanted > rational(i128::MAX) * rational(999_999_999) * power_of_ten(-9)
                    || wanted < rational(i128::MIN) * rational(999_999_999) * power_of_ten(-9)
            ),
        }
    }
}
