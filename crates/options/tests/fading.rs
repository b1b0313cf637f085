//! Does an option fade into its settlement without a jump, and is a quote still right after the price
//! moved?

mod support;

use plimsoll_options::{
    quote, Fading, Fixed, OptionError, OptionQuote, Settlement, Slice, SliceTerms, COVERED_MIN,
    WINDOW,
};
use plimsoll_units::{Price, Seconds, UnixSeconds, Value};
use support::lots::{number, price, Setting, EXPIRY};
use support::{surface, Random};

/// So many seconds from the expiry.
fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds::new(EXPIRY.get() + seconds)
}

/// A settlement sampled at one price each minute, from and to these seconds.
fn steady(from: i64, to: i64, price: Price) -> Settlement {
    let mut settlement = Settlement::default();
    for second in (from..=to).step_by(60).chain([to]) {
        settlement.sample(price, at(second), EXPIRY).unwrap();
    }
    settlement
}

fn value(value: Value) -> f64 {
    value.get() as f64 / 2_f64.powi(48)
}

/// A quote of a lot with these samples behind it.
fn faded(setting: &Setting, settlement: &Settlement, seconds: i64) -> OptionQuote {
    let fading = Fading::of(settlement, EXPIRY, at(seconds));
    quote(&Setting { fading, ..setting.clone() }.request()).unwrap()
}

#[test]
fn share_that_is_fixed_goes_by_what_is_covered() {
    let fixed = |settlement: &Settlement, seconds: i64| {
        let fading = Fading::of(settlement, EXPIRY, at(seconds));
        (fading.fixed(), fading.wait(), fading.rest())
    };
    let none = Settlement::default();
    let (zero, seconds) = (Seconds::ZERO, Seconds::new);
    assert_eq!(fixed(&none, -5_000), (0, seconds(3_200), WINDOW));
    assert_eq!(fixed(&none, -1_801), (0, seconds(1), WINDOW));
    assert_eq!(fixed(&none, -1_800), (0, zero, WINDOW));
    // Nothing was sampled: half an hour after the expiry all of the least cover is ahead.
    assert_eq!(fixed(&none, -1_000), (0, zero, seconds(1_000)));
    assert_eq!(fixed(&none, 1_800), (0, zero, COVERED_MIN));
    let half = steady(-1_800, -900, price(100.0));
    assert_eq!(fixed(&half, -900), (1 << 31, zero, seconds(900)));
    // A third of the window went by unseen: 300 of 900 seconds are fixed, not 900 of 1,800.
    let late = steady(-1_200, -900, price(100.0));
    assert_eq!(fixed(&late, -900), ((1 << 32) / 4, zero, seconds(900)));
    // 300 seconds are covered 100 before the expiry: 600 are missing.
    let short = steady(-400, -100, price(100.0));
    assert_eq!(fixed(&short, -100), ((1 << 32) / 3, zero, seconds(600)));
    let all = steady(-1_800, 0, price(100.0));
    assert_eq!(fixed(&all, 0), (1 << 32, zero, zero));
    assert_eq!(fixed(&all, 999), (1 << 32, zero, zero));
    assert_eq!(Fading::of(&all, EXPIRY, EXPIRY).average(), price(100.0));
}

#[test]
fn average_is_taken_into_the_units_of_a_lot() {
    let fading = Fading::of(&steady(-1_800, -900, price(100.0)), EXPIRY, at(-900));
    let scaled = fading.scaled(price(1_000_000.0)).unwrap();
    assert_eq!(scaled.average(), price(100_000_000.0));
    assert_eq!((scaled.fixed(), scaled.rest()), (fading.fixed(), fading.rest()));
    let largest = Price::from_parts(u64::MAX, 1_024).unwrap();
    assert_eq!(fading.scaled(largest), Err(OptionError::NotionalOutOfRange));
}

#[test]
fn nothing_jumps_where_the_window_begins() {
    let mut random = Random(21);
    for _ in 0..500 {
        let setting = Setting::random(&mut random);
        let none = Settlement::default();
        let before = faded(&setting, &none, -1_801);
        let begin = faded(&setting, &none, -1_800);
        let spot = number(setting.spot);
        let near = |a: f64, b: f64, bound: f64| assert!((a - b).abs() <= bound, "{a} {b} {bound}");
        // One second of 601, 0.42 % of a vega of a third of half an hour.
        let second = value(before.greeks.vega) * 1.5 / 1_202.0 * 2.0 + spot * 1e-8;
        near(number(before.values.fair), number(begin.values.fair), second);
        near(value(before.greeks.delta), value(begin.greeks.delta), spot * 0.004);
        near(value(before.greeks.vega), value(begin.greeks.vega), spot * 4e-6);
        near(value(before.greeks.theta), value(begin.greeks.theta), spot * 0.002);
    }
}

#[test]
fn last_seconds_lead_to_what_is_paid() {
    let setting = Setting::at_the_money();
    for (average, strike) in [(151e6, 150e6), (149e6, 150e6)] {
        let setting = Setting { strike: price(strike), ..setting.clone() };
        let settlement = steady(-1_800, 0, price(average));
        let found = faded(&setting, &settlement, 0);
        let paid: f64 = average - strike;
        assert!((number(found.values.fair) - paid.max(0.0)).abs() < 1e-3);
        assert_eq!(found.values.low, found.values.high);
        // Nothing moves any more.
        assert_eq!(found.array.outcomes, [0; 16]);
        assert_eq!(found.greeks.delta, Value::ZERO);
    }
}

#[test]
fn delta_is_lessened_by_what_is_fixed() {
    // Deep in the money, at 0 %, 25 %, 50 %, 75 % of the window.
    let setting = Setting { strike: price(100e6), ..Setting::at_the_money() };
    for quarter in 0..4 {
        let seconds = -1_800 + 450 * quarter;
        let settlement = steady(-1_800, seconds, setting.spot);
        let found = faded(&setting, &settlement, seconds);
        let delta = value(found.greeks.delta) / 150e6;
        assert!((delta - (1.0 - 0.25 * quarter as f64)).abs() < 1e-9, "{delta}");
        assert!((number(found.values.fair) - 50e6).abs() < 1e-3);
    }
}

/// The mean of a lognormal path's rest, by drawing it second by second.
#[test]
fn value_inside_is_that_of_simulated_averages() {
    let mut random = Random(22);
    let setting = Setting::at_the_money();
    let flat = Slice::new(surface::terms([1.0, 0.0, 0.0, 0.0, 0.1])).unwrap();
    let setting = Setting { slice: flat, ..setting };
    for (seconds, average, strike) in [(-1_800, 150e6, 150.1e6), (-1_200, 150.2e6, 150e6)] {
        let setting = Setting { strike: price(strike), ..setting.clone() };
        let settlement = steady(-1_800, seconds, price(average));
        let found = number(faded(&setting, &settlement, seconds).values.fair);
        let rest = seconds.unsigned_abs();
        let fixed = 1.0 - rest as f64 / 1_800.0;
        let sd = (10.0 / 31_536_000.0_f64).sqrt();
        let (paths, mut sum, mut squares) = (20_000, 0.0, 0.0);
        for _ in 0..paths {
            // Steps of ten seconds; twelve uniforms less six are near enough to a normal.
            let (mut log, mut total) = (0.0_f64, 0.0);
            for _ in 0..rest / 10 {
                let before = log.exp();
                let normal: f64 =
                    (0..12).map(|_| random.word() as f64 / 2_f64.powi(64)).sum::<f64>() - 6.0;
                log += sd * normal - sd * sd / 2.0;
                total += (before + log.exp()) / 2.0 * 10.0;
            }
            let paid = fixed * average + (1.0 - fixed) * 150e6 * total / rest as f64 - strike;
            sum += paid.max(0.0);
            squares += paid.max(0.0).powi(2);
        }
        let mean = sum / f64::from(paths);
        let error = ((squares / f64::from(paths) - mean * mean) / f64::from(paths)).sqrt();
        assert!((found - mean).abs() < 4.0 * error, "{found} {mean} {error}");
        assert!(error < 0.02 * mean, "{error} of {mean}");
    }
}

#[test]
fn value_that_goes_along_by_delta_is_short_by_a_bounded_amount() {
    let (mut random, mut worst) = (Random(23), 0_f64);
    let mut marks = 0;
    for turn in 0..3_000 {
        let mut setting = Setting::random(&mut random);
        // A volatility that does not depend on the strike, since delta does not know of a smile.
        let SliceTerms { a, .. } = setting.slice.terms();
        let flat = SliceTerms { a, b: Fixed::ZERO, ..setting.slice.terms() };
        setting.slice = Slice::new(flat).unwrap();
        let spot = number(setting.spot);
        if spot < 1e4 {
            continue;
        }
        let found = quote(&setting.request()).unwrap();
        let r = [0.001, -0.001, 0.005, -0.005, 0.02, -0.02][turn % 6];
        // As a check reads an array between two refreshes.
        let along = number(found.values.fair) + r * value(found.greeks.delta);
        let (mut then, mut gamma) = (setting.clone(), 0_f64);
        for part in 0..=20 {
            let there = price(spot * (1.0 + r * f64::from(part) / 20.0));
            (then.spot, then.spot_low, then.spot_high) = (there, there, there);
            // With the strike so far from the money that it is nothing, gamma is too.
            gamma = gamma.max(value(quote(&then.request()).unwrap().greeks.gamma));
        }
        let right = quote(&then.request()).unwrap();
        let short = number(right.values.fair) - along;
        let forward = number(setting.basis.forward(setting.spot).unwrap());
        let noise = spot * 1e-9 + 1e-6;
        assert!(short >= -noise, "{short} {setting:?}");
        assert!(short <= forward * r.abs() + noise);
        // Between the twenty points gamma may be a little larger, where it is a spike at all.
        assert!(short <= 0.6 * r * r * gamma.max(0.02 * spot) * 1.6 + noise, "{short} {setting:?}");
        worst = worst.max(short / spot);
        marks += 1;
    }
    println!("{marks} values, at most {worst:e} of the price too low");
    assert!(marks > 1_500);
}
