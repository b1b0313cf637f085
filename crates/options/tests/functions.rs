//! How far are logarithm, density and tail from the true ones? Against the tables that
//! `scripts/reference.py` computed, and against themselves where one input follows another.

mod support;

use plimsoll_options::{
    density, exp_negative, ln, mills, tail, total_deviation, Deviations, Level, Log, RootTime,
};
use plimsoll_units::{Ratio, Seconds};
use support::{for_each_row, level, Random};

const LN: &str = include_str!("data/ln.csv");
const EXP: &str = include_str!("data/exp.csv");
const NORMAL: &str = include_str!("data/normal.csv");

/// `raw · 2^-bits` less `true_e20 · 10^-20`.
fn off(raw: u64, bits: u32, true_e20: i128) -> f64 {
    // 10^20 = 5^20 · 2^20: the two are compared in steps of 5^-20 · 2^-bits.
    let scale = 5_i128.pow(20);
    let found = i128::from(raw) * scale;
    let expected = true_e20 << (bits - 20);
    (found - expected) as f64 / scale as f64 / 2_f64.powi(bits.cast_signed())
}

#[test]
fn logarithm_is_within_2_to_the_minus_56() {
    let mut worst = 0_f64;
    for_each_row(LN, |row| {
        let found = ln(level(row.get("level"))).get();
        worst = worst.max(off(found, 58, row.get("ln_e20")).abs());
    });
    println!("worst logarithm: {worst:e}");
    assert!(worst <= 2_f64.powi(-56), "{worst:e}");
}

#[test]
fn exponential_is_within_2_to_the_minus_57() {
    let mut worst = 0_f64;
    for_each_row(EXP, |row| {
        let found = exp_negative(Log::new(row.get("log"))).get();
        worst = worst.max(off(found, 63, row.get("exp_e20")).abs());
    });
    println!("worst exponential: {worst:e}");
    assert!(worst <= 2_f64.powi(-57), "{worst:e}");
    assert_eq!(exp_negative(Log::new(0)).get() >> 5, (1 << 58) - 1);
}

#[test]
fn mills_ratio_is_within_2_to_the_minus_57() {
    let mut worst = 0_f64;
    for_each_row(NORMAL, |row| {
        let found = mills(Deviations::new(row.get("deviations")));
        worst = worst.max(off(found, 63, row.get("mills_e20")).abs());
    });
    println!("worst Mills' ratio: {worst:e}");
    assert!(worst <= 2_f64.powi(-57), "{worst:e}");
}

#[test]
fn density_is_within_2_to_the_minus_53_of_itself() {
    let (mut worst, mut worst_to_one) = (0_f64, 0_f64);
    for_each_row(NORMAL, |row| {
        let raw = row.get::<u64>("deviations");
        let found = density(Deviations::new(raw));
        // The true mantissa has 22 digits; both as multiples of 2^-(64 + shift) · 10^-e.
        let expected = row.get::<i128>("density");
        let exponent = row.get::<i32>("density_e");
        // Scaled by 2^(64 + shift), the true one is about 2^62: what is needed is 2^-53 of that,
        // which a product of two parts of it in floats, each exact to 2^-53, would not give. So
        // the quotient's distance from one is taken in integers, with 10^e in 120 bits.
        let ratio_off = relative_off(found.mantissa, found.shift, expected, exponent);
        worst = worst.max(ratio_off);
        if raw <= 1 << 59 {
            worst_to_one = worst_to_one.max(ratio_off);
        }
    });
    println!("worst density, of itself: {worst:e}; up to one deviation {worst_to_one:e}");
    assert!(worst <= 2_f64.powi(-53), "{worst:e}");
    assert!(worst_to_one <= 2_f64.powi(-56), "{worst_to_one:e}");
}

/// `|a · 2^-(64 + shift) / (b · 10^exponent) − 1|` to 2^-60 or so, for an exponent below zero.
/// Ten to a power is five to it and a shift; powers of five are taken in 63 bits with a shift.
fn relative_off(a: u64, shift: u32, b: i128, exponent: i32) -> f64 {
    // a · 10^n against b · 2^(64 + shift), both normalised to 126 bits.
    let mut product = (a as u128, 0_i32);
    let normal = |mut number: (u128, i32)| {
        let spare = number.0.leading_zeros().cast_signed() - 4;
        number.0 = if spare >= 0 { number.0 << spare } else { number.0 >> -spare };
        (number.0, number.1 - spare)
    };
    for _ in 0..exponent.unsigned_abs() {
        product = normal(product);
        // Five times a number of 124 bits fits; what the next normalising cuts is 2^-121 of it.
        product.0 *= 5;
        product.1 += 1;
    }
    let (left, right) = (normal(product), normal((b.unsigned_abs(), 0)));
    let places = left.1 - right.1 - 64 - shift.cast_signed();
    // The two are equal but for the error, so that their exponents differ by one at most.
    let left = match places {
        0 => left.0,
        1 => left.0 << 1,
        -1 => left.0 >> 1,
        _ => return f64::INFINITY,
    };
    left.abs_diff(right.0) as f64 / right.0 as f64
}

#[test]
fn tail_is_the_nearest_step() {
    for_each_row(NORMAL, |row| {
        let found = tail(Deviations::new(row.get("deviations"))).get();
        let expected = row.get::<i64>("tail_e12") as f64 / 1e12 * 2_f64.powi(32);
        assert!((found as f64 - expected).abs() < 0.51, "{found} {expected}");
    });
}

#[test]
fn logarithm_rises_with_every_level() {
    let mut random = Random(1);
    let ends = [1, Level::MAX.get() - 2_000];
    let cells = (0..128).map(|cell| (1 << 45) + (cell << 38) - 1_000);
    let drawn = (0..2_000).map(|_| random.magnitude(1, Level::MAX.get() - 2_000));
    for start in ends.into_iter().chain(cells).chain(drawn.collect::<Vec<_>>()) {
        for steps in start..start + 2_000 {
            assert!(ln(level(steps)) < ln(level(steps + 1)), "{steps}");
        }
    }
}

#[test]
fn total_deviation_is_the_root_and_rises() {
    let mut random = Random(2);
    for _ in 0..200_000 {
        let ppm = random.magnitude(1, u64::from(u32::MAX) - 1) as u32;
        let seconds = random.magnitude(1, (1 << 34) - 2);
        let deviation = |ppm: u32, seconds: u64| {
            total_deviation(Ratio::from_ppm(ppm), RootTime::new(Seconds::new(seconds))).get()
        };
        let found = deviation(ppm, seconds);
        let expected = f64::from(ppm) / 1e6 * (seconds as f64 / 31_536_000.0).sqrt();
        let expected = expected.min(16.0) * 2_f64.powi(59);
        let bound = 2.0 + expected * 2_f64.powi(-44);
        assert!((found as f64 - expected).abs() <= bound, "{ppm} {seconds}");
        if found < 16 << 59 {
            assert!(deviation(ppm + 1, seconds) > found, "{ppm} {seconds}");
            assert!(deviation(ppm, seconds + 1) > found, "{ppm} {seconds}");
        }
    }
}
