//! Do the hand-written kernels say what arbitrary precision says, at every edge?

mod support;

use num_bigint::BigInt;
use plimsoll_units::{divide, wide};
use proptest::prelude::*;
use support::*;

fn unsigned(x: &BigInt) -> Option<u128> {
    u128::try_from(x).ok()
}

/// Quotient rounded down and whether it was exact, of non-negative numbers.
fn cut(num: BigInt, den: BigInt) -> (BigInt, bool) {
    let exact = &num % &den == big(0);
    (num / den, exact)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn leading_zeros_are_those_of_the_host(x in word()) {
        prop_assert_eq!(wide::leading_zeros(x), x.leading_zeros());
        prop_assert_eq!(wide::leading_zeros(0), 64);
    }

    #[test]
    fn product_of_words_is_the_exact_product(a in word(), b in word()) {
        let (high, low) = wide::mul_u64(a, b);
        prop_assert_eq!(wide::join(high, low), u128::from(a) * u128::from(b));
    }

    #[test]
    fn product_of_double_words_is_the_exact_product(a in double_word(), b in double_word()) {
        let (high, low) = wide::mul_u128(a, b);
        prop_assert_eq!((big(high) << 128) + big(low), big(a) * big(b));
    }

    #[test]
    fn product_of_a_double_word_and_a_half_word_is_exact(a in double_word(), b in word()) {
        let (high, low) = wide::mul_u128_u32(a, b as u32);
        prop_assert_eq!((big(high) << 128) + big(low), big(a) * big(b as u32));
    }

    #[test]
    fn product_of_96_and_32_bits_is_exact_with_its_sign(x in signed_double_word(), n in signed_word()) {
        let fits = (-(1_i128 << 95)..1 << 95).contains(&x) && i32::try_from(n).is_ok();
        let wanted = fits.then(|| i128::try_from(big(x) * big(n)).unwrap());
        prop_assert_eq!(wide::mul_i96_i32(x, n), wanted);
        let short = (x >> 32, i64::from(n as i32));
        prop_assert_eq!(wide::mul_i96_i32(short.0, short.1), Some(short.0 * i128::from(short.1)));
    }

    #[test]
    fn quotient_by_a_divisor_with_an_empty_lower_half_is_exact(
        high in word(), low in word(), den in word(),
    ) {
        let den = (den | 1 << 63) & !0xffff_ffff;
        let high = high % den;
        let (quotient, rest) = divide::div_2by1(high, low, den);
        let num = wide::join(high, low);
        prop_assert_eq!(u128::from(quotient), num / u128::from(den));
        prop_assert_eq!(u128::from(rest), num % u128::from(den));
    }

    #[test]
    fn short_amounts_scale_like_long_ones(
        amount in any::<i32>(), factor in word(), exponent in -70i64..=40,
    ) {
        let amount = i64::from(amount);
        let wanted = rational(amount) * rational(factor) * power_of_two(exponent);
        let floor = wanted.floor().to_integer();
        let found = wide::scale_i64(amount, factor, exponent);
        prop_assert_eq!(found, narrow(&floor).map(|floor| (floor, wanted.is_integer())));
    }

    #[test]
    fn scaled_word_is_the_floor_and_knows_whether_it_is_exact(
        amount in signed_word(), factor in word(), exponent in -200i64..=140,
    ) {
        let wanted = rational(amount) * rational(factor) * power_of_two(exponent);
        let floor = wanted.floor().to_integer();
        let found = wide::scale_i64(amount, factor, exponent);
        prop_assert_eq!(found, narrow(&floor).map(|floor| (floor, wanted.is_integer())));
    }

    #[test]
    fn scaled_double_word_is_the_floor_and_knows_whether_it_is_exact(
        x in double_word(), factor in word(), exponent in -270i64..=140,
    ) {
        let wanted = rational(x) * rational(factor) * power_of_two(exponent);
        let floor = unsigned(&wanted.floor().to_integer());
        let found = wide::scale_u128(x, factor, exponent);
        prop_assert_eq!(found, floor.map(|floor| (floor, wanted.is_integer())));
    }

    #[test]
    fn division_of_a_product_by_a_half_word_is_exact_in_256_bits(
        x in double_word(), num in word(), den in word(),
    ) {
        let (num, den) = (num as u32, (den as u32).max(1));
        let (quotient, exact) = cut(big(x) * big(num), big(den));
        let wanted = unsigned(&quotient).map(|quotient| (quotient, exact));
        prop_assert_eq!(divide::mul_div_u32(x, num, den), wanted);
    }

    #[test]
    fn division_of_three_half_words_is_exact(high in word(), low in word(), den in word()) {
        let (high, den) = (high & 0xffff_ffff, (den as u32).max(1));
        let (quotient, exact) = cut(big(wide::join(high, low)), big(den));
        let wanted = u64::try_from(&quotient).ok().map(|quotient| (quotient, exact));
        prop_assert_eq!(divide::div_u96(high, low, den), wanted);
    }

    #[test]
    fn division_of_a_double_word_by_a_half_word_is_exact(
        high in word(), low in word(), den in word(),
    ) {
        let den = (den as u32).max(1);
        let (upper, lower) = divide::div_u128_u32(high, low, den);
        prop_assert_eq!(wide::join(upper, lower), wide::join(high, low) / u128::from(den));
    }

    #[test]
    fn division_of_two_words_by_one_gives_quotient_and_remainder(
        high in word(), low in word(), den in word(),
    ) {
        let den = den | 1 << 63;
        let high = high % den;
        let (quotient, rest) = divide::div_2by1(high, low, den);
        let num = wide::join(high, low);
        prop_assert_eq!(u128::from(quotient), num / u128::from(den));
        prop_assert_eq!(u128::from(rest), num % u128::from(den));
    }

    #[test]
    fn division_of_a_256_bit_product_is_exact(
        a in double_word(), b in double_word(), den in double_word(),
    ) {
        let wanted = (den != 0).then(|| cut(big(a) * big(b), big(den))).and_then(
            |(quotient, exact)| Some((unsigned(&quotient)?, exact)),
        );
        prop_assert_eq!(divide::mul_div_u128(a, b, den), wanted);
    }

    // Quotients built backwards, so that the estimates of the digits are often wrong by two.
    #[test]
    fn division_finds_a_quotient_that_was_multiplied_out(
        quotient in double_word(), den in double_word(), rest in double_word(),
    ) {
        let den = den.max(1);
        let num = big(quotient) * big(den) + big(rest % den);
        let (high, low): (BigInt, BigInt) = (&num >> 128, &num & ((big(1) << 128) - 1));
        prop_assert_eq!(
            divide::div_u256(unsigned(&high).unwrap(), unsigned(&low).unwrap(), den),
            Some((quotient, rest % den == 0))
        );
    }

    #[test]
    fn sign_is_put_back_where_it_fits(magnitude in double_word(), negative in any::<bool>()) {
        let wanted = if negative { -big(magnitude) } else { big(magnitude) };
        prop_assert_eq!(wide::signed_i128(magnitude, negative), narrow(&wanted));
        let word = magnitude as u64;
        let wanted = if negative { -big(word) } else { big(word) };
        let like = if negative { -1 } else { 1 };
        prop_assert_eq!(wide::checked_with_sign_of(word, like), i64::try_from(&wanted).ok());
    }

    #[test]
    fn word_moved_to_the_left_is_multiplied_by_a_power_of_two(x in signed_word(), count in 0u32..64) {
        let found = wide::shl_i64(x, count);
        prop_assert_eq!(BigInt::from(found), BigInt::from(x) << count);
        prop_assert_eq!(wide::shr_i128(found, count), Some((x, true)));
    }

    #[test]
    fn double_word_moved_to_the_right_is_the_floor(x in signed_double_word(), count in 0u32..64) {
        let floor = BigInt::from(x) >> count;
        let exact = &floor << count == BigInt::from(x);
        let wanted = i64::try_from(floor).ok().map(|floor| (floor, exact));
        prop_assert_eq!(wide::shr_i128(x, count), wanted);
    }

    #[test]
    fn narrowing_refuses_what_does_not_fit(x in signed_double_word(), word in word()) {
        prop_assert_eq!(wide::narrow_i64(x), i64::try_from(x).ok());
        prop_assert_eq!(wide::narrow_u32(word), u32::try_from(word).ok());
        prop_assert_eq!(wide::signed(word), i64::try_from(word).ok());
        prop_assert_eq!(wide::shl48(word as i64), i128::from(word as i64) << 48);
    }
}

#[test]
fn largest_digits_divide_without_a_wrap() {
    // All digits at their largest: the estimate needs both corrections.
    let den = (1u64 << 63) | 0xffff_ffff;
    let num = wide::join(den - 1, u64::MAX);
    let (quotient, rest) = divide::div_2by1(den - 1, u64::MAX, den);
    assert_eq!(u128::from(quotient), num / u128::from(den));
    assert_eq!(u128::from(rest), num % u128::from(den));
    assert_eq!(divide::mul_div_u128(u128::MAX, u128::MAX, u128::MAX), Some((u128::MAX, true)));
    assert_eq!(divide::div_u256(u128::MAX - 1, u128::MAX, u128::MAX), Some((u128::MAX, false)));
}

#[test]
fn division_by_zero_is_refused_by_every_kernel_that_may_meet_it() {
    assert_eq!(divide::mul_div_u128(1, 1, 0), None);
    assert_eq!(divide::div_u256(0, 0, 0), None);
    assert_eq!(divide::div_u96(0, 1, 0), None);
    assert_eq!(divide::mul_div_u32(1, 1, 0), None);
}
