//! Does the implied volatility come back, and is it refused by name where it cannot?

mod support;

use plimsoll_options::{
    greeks, implied_volatility, value_nearest, Kind, Level, OptionError, Premium, Terms,
};
use plimsoll_units::{Ratio, Seconds};
use support::{call, for_each_row, level, market, put, Random};

const VALUES: &str = include_str!("data/values.csv");

/// How much the value moves with 10^-6 of volatility, in steps of a premium.
fn vega_steps(terms: Terms, market: plimsoll_options::Market) -> f64 {
    let vega = greeks(terms, market).vega.get() as f64 / 2_f64.powi(32);
    vega * market.forward.get() as f64 * f64::from(1 << Premium::BITS) * 1e-6
}

#[test]
fn volatility_of_a_true_premium_comes_back_within_1e_6() {
    let (mut found, mut refused, mut worst) = (0, 0, 0);
    let mut worst_vega = (0_f64, String::new());
    for_each_row(VALUES, |row| {
        let (forward, strike) = (row.get::<u64>("forward"), row.get("strike"));
        let market = market(forward, row.get("volatility_ppm"), row.get("seconds"));
        for (terms, column) in [(call(strike), "call_e20"), (put(strike), "put_e20")] {
            // The reference's own value, in steps of a premium, not the crate's.
            let exact = row.get::<i128>(column) * i128::from(forward);
            let scale = 10_i128.pow(20) >> Premium::BITS;
            let premium = Premium::new(((exact + scale / 2) / scale).try_into().unwrap());
            match implied_volatility(terms, market.forward, market.time, premium) {
                Ok(ratio) => {
                    found += 1;
                    worst = worst.max(ratio.ppm().abs_diff(market.volatility.ppm()));
                }
                Err(error) => {
                    refused += 1;
                    let negligible = [
                        OptionError::VegaNegligible,
                        OptionError::AboveBound,
                        OptionError::BelowIntrinsic,
                    ];
                    assert!(negligible.contains(&error), "{terms:?} {market:?}: {error:?}");
                    let steps = vega_steps(terms, market);
                    if steps > worst_vega.0 {
                        worst_vega = (steps, format!("{terms:?} {market:?}"));
                    }
                }
            }
        }
    });
    println!("found {found}, refused {refused}, worst {worst} ppm");
    println!("largest vega refused: {:.3} steps for 1e-6, at {}", worst_vega.0, worst_vega.1);
    assert!(found > 2_500 && worst <= 1, "{found} found, worst {worst}");
    assert!(worst_vega.0 < 1.0, "{worst_vega:?}");
}

#[test]
fn volatility_of_a_value_comes_back_or_is_refused() {
    let mut random = Random(6);
    let (mut found, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let strike = random.magnitude(1 << 30, 1 << 39);
        let ppm = random.magnitude(10_000, 5_000_000) as u32;
        let seconds = random.magnitude(60, 63_072_000);
        let w = f64::from(ppm) / 1e6 * (seconds as f64 / 31_536_000.0).sqrt();
        let z = random.word() as f64 / 2_f64.powi(64) * 10.0 - 5.0;
        let forward = (strike as f64 * (z * w).clamp(-4.6, 4.6).exp()) as u64;
        let market = market(forward, ppm, seconds);
        for terms in [call(strike), put(strike)] {
            let premium = value_nearest(terms, market);
            match implied_volatility(terms, market.forward, market.time, premium) {
                Ok(ratio) => {
                    found += 1;
                    assert!(ratio.ppm().abs_diff(ppm) <= 1, "{terms:?} {market:?}: {ratio}");
                }
                Err(error) => {
                    refused += 1;
                    assert_eq!(error, OptionError::VegaNegligible, "{terms:?} {market:?}");
                    assert!(vega_steps(terms, market) < 1.0, "{terms:?} {market:?}");
                }
            }
        }
    }
    println!("found {found}, refused {refused}");
    assert!(found > 20 * refused, "{found} found, {refused} refused");
}

#[test]
fn premium_that_no_volatility_gives_is_refused_by_name() {
    let (forward, day) = (level(1 << 30), Seconds::new(86_400));
    let ask = |kind: Kind, strike: u64, time: Seconds, raw: i64| {
        let terms = Terms { kind, strike: level(strike) };
        implied_volatility(terms, forward, time, Premium::new(raw))
    };
    let unit = 1_i64 << 46;
    assert_eq!(ask(Kind::Call, 1 << 30, Seconds::ZERO, 1 << 40), Err(OptionError::Expired));
    assert_eq!(ask(Kind::Call, 1 << 30, day, -1), Err(OptionError::BelowIntrinsic));
    assert_eq!(ask(Kind::Call, 1 << 29, day, unit / 2 - 1), Err(OptionError::BelowIntrinsic));
    assert_eq!(ask(Kind::Put, 1 << 31, day, unit - 1), Err(OptionError::BelowIntrinsic));
    assert_eq!(ask(Kind::Put, 1 << 31, day, i64::MIN), Err(OptionError::BelowIntrinsic));
    assert_eq!(ask(Kind::Call, 1 << 30, day, unit), Err(OptionError::AboveBound));
    assert_eq!(ask(Kind::Call, 1 << 29, day, i64::MAX), Err(OptionError::AboveBound));
    assert_eq!(ask(Kind::Put, 1 << 31, day, 2 * unit), Err(OptionError::AboveBound));
    // Intrinsic value alone: any small volatility gives it.
    assert_eq!(ask(Kind::Call, 1 << 29, day, unit / 2), Err(OptionError::VegaNegligible));
    // All but nothing of the bound, within a second.
    let second = Seconds::new(1);
    let error = ask(Kind::Call, 1 << 30, second, unit - 1);
    assert_eq!(error, Err(OptionError::VolatilityOutOfRange));
    // So few steps that 10^-6 of volatility is less than one of a premium.
    let terms = call(100);
    let value = value_nearest(terms, market(100, 600_000, 86_400));
    let coarse = implied_volatility(terms, level(100), day, value);
    assert_eq!(coarse, Err(OptionError::VegaNegligible));
}

#[test]
fn smallest_and_largest_volatility_come_back() {
    let at = level(Level::MAX.get() >> 1);
    for ppm in [1, 2, u32::MAX - 1, u32::MAX] {
        let time = Seconds::new(60);
        let terms = Terms { kind: Kind::Call, strike: at };
        let market = market(at.get(), ppm, 60);
        let found = implied_volatility(terms, at, time, value_nearest(terms, market));
        assert_eq!(found, Ok(Ratio::from_ppm(ppm)));
    }
}
