//! Are slices recovered from the quotes that they give?

mod support;

use plimsoll_options::{value_nearest, Market};
use plimsoll_surface::{fit_slice, report, Expiry, Neighbours, Observed, Weight};
use plimsoll_units::{Ratio, Seconds};
use support::options::fit::variance;
use support::options::Random;
use support::{days, numbers, quote, smile, smile_of};

/// `a, b, ρ, m, σ`, how long, and how far the strikes reach: short and long, skewed either way,
/// with `a` below zero and above, round and sharp.
const SLICES: [([f64; 5], Seconds, f64); 6] = [
    ([0.04, 0.4, -0.4, 0.05, 0.1], days(365), 1.0),
    ([-0.05, 0.9, 0.1, 0.05, 0.3], days(180), 1.2),
    ([0.15, 1.2, -0.3, 0.02, 0.15], days(30), 0.6),
    ([0.1, 4.0, 0.25, 0.01, 0.05], days(3), 0.25),
    ([0.3, 0.2, -0.9, 0.1, 0.2], days(730), 1.5),
    ([0.25, 0.0, 0.0, 0.0, 0.1], days(90), 0.8),
];

/// Volatilities are quoted to the nearest 10^-6, and given so: each is half a step off.
const STEP: f64 = 1e-6;

#[test]
fn a_slice_is_recovered_from_its_own_volatilities() {
    for (terms, time, reach) in SLICES {
        let expiry = smile_of(time, terms, reach);
        let fitted = fit_slice(&expiry, &Neighbours::default()).unwrap();
        assert_eq!(fitted.refused, None, "{terms:?}");
        assert_eq!(fitted.slice, fitted.free);
        let off = report(&expiry, &fitted.slice, |_| true).unwrap().volatility;
        println!("{terms:?}: {:?}, off by {:.1e}", numbers(&fitted.slice), off.largest);
        assert!(off.largest <= 3.0 * STEP, "{terms:?}: {off:?}");
    }
}

#[test]
fn its_numbers_come_back_where_the_quotes_tell_them_apart() {
    for (terms, time, reach) in &SLICES[..4] {
        let expiry = smile_of(*time, *terms, *reach);
        let found = numbers(&fit_slice(&expiry, &Neighbours::default()).unwrap().slice);
        for (number, asked) in found.iter().zip(terms) {
            assert!((number - asked).abs() < 1e-3 * asked.abs().max(0.05), "{found:?}, {terms:?}");
        }
    }
}

#[test]
fn premiums_tell_the_same_as_volatilities() {
    let (terms, time, reach) = SLICES[1];
    let by_volatility = smile_of(time, terms, reach);
    let mut by_premium = by_volatility.clone();
    for quote in &mut by_premium.quotes {
        let Observed::Volatility(volatility) = quote.observed else {
            continue;
        };
        let market = Market { forward: by_premium.forward, volatility, time };
        quote.observed = Observed::Premium(value_nearest(quote.terms, market));
    }
    assert_eq!(
        fit_slice(&by_premium, &Neighbours::default()),
        fit_slice(&by_volatility, &Neighbours::default())
    );
}

/// The same expiry with noise of half a point of volatility, even, either way.
fn with_noise(expiry: &Expiry, random: &mut Random) -> (Expiry, f64) {
    let mut noisy = expiry.clone();
    let mut squares = 0.0;
    for quote in &mut noisy.quotes {
        let Observed::Volatility(volatility) = quote.observed else {
            continue;
        };
        let noise = random.word() as f64 / 2_f64.powi(64) - 0.5;
        squares += (noise * 0.01).powi(2);
        let ppm = f64::from(volatility.ppm()) + noise * 1e4;
        quote.observed = Observed::Volatility(Ratio::from_ppm(ppm.round() as u32));
        quote.weight = Weight::Given(1.0);
    }
    (noisy, (squares / expiry.quotes.len() as f64).sqrt())
}

/// Least squares leave 5 of 41 degrees to the noise: about `√(5/41) = 0.35` of it.
#[test]
fn noise_is_averaged_away() {
    let mut random = Random(7);
    for (terms, time, reach) in SLICES {
        let clean = smile(time, 41, reach, |k| variance(terms, k).sqrt());
        let (mut off, mut noise) = (0.0, 0.0);
        for _ in 0..5 {
            let (noisy, size) = with_noise(&clean, &mut random);
            let fitted = fit_slice(&noisy, &Neighbours::default()).unwrap();
            let own = report(&noisy, &fitted.free, |_| true).unwrap();
            // What was fitted cannot be further from the quotes than the truth is, but for the
            // rounding of volatilities and that their squares are what is fitted.
            assert!(own.volatility.rms <= size * 1.02, "{terms:?}: {own:?}, noise {size}");
            off += report(&clean, &fitted.slice, |_| true).unwrap().volatility.rms / 5.0;
            noise += size / 5.0;
        }
        println!("{terms:?}: noise {noise:.5}, off by {off:.5}");
        assert!(off < 0.6 * noise, "{terms:?}: {off} of {noise}");
    }
}

#[test]
fn what_weighs_nothing_is_not_followed_and_what_weighs_more_is_followed_more() {
    let (terms, time, reach) = SLICES[2];
    let mut expiry = smile_of(time, terms, reach);
    let wrong = quote(0.3, 3.0);
    let light = |weight| {
        let mut expiry = expiry.clone();
        expiry.quotes.push(plimsoll_surface::Quote { weight: Weight::Given(weight), ..wrong });
        let fitted = fit_slice(&expiry, &Neighbours::default()).unwrap();
        fitted.free.volatility_of(wrong.terms.strike, expiry.forward).ppm()
    };
    let (none, some, more) = (light(0.0), light(1e-3), light(1e-1));
    expiry.quotes.reverse();
    let without = fit_slice(&expiry, &Neighbours::default()).unwrap().slice;
    let without = without.volatility_of(wrong.terms.strike, expiry.forward).ppm();
    assert!(none.abs_diff(without) <= 3, "{none}, {without}");
    assert!(none < some && some < more, "{none}, {some}, {more}");
}

#[test]
fn the_same_quotes_give_the_same_bits() {
    let (terms, time, reach) = SLICES[3];
    let (noisy, _) = with_noise(&smile_of(time, terms, reach), &mut Random(11));
    let first = fit_slice(&noisy, &Neighbours::default()).unwrap();
    assert_eq!(fit_slice(&noisy, &Neighbours::default()), Ok(first));
}

#[test]
fn a_report_counts_in_volatility_in_forwards_and_in_spreads() {
    let (terms, time, reach) = SLICES[0];
    let mut expiry = smile_of(time, terms, reach);
    let slice = fit_slice(&expiry, &Neighbours::default()).unwrap().slice;
    // All quotes a point above the slice, one two points.
    for quote in &mut expiry.quotes {
        let own = slice.volatility_of(quote.terms.strike, expiry.forward).ppm();
        quote.observed = Observed::Volatility(Ratio::from_ppm(own + 10_000));
    }
    let middle = expiry.quotes[10];
    let own = slice.volatility_of(middle.terms.strike, expiry.forward);
    expiry.quotes[10].observed = Observed::Volatility(Ratio::from_ppm(own.ppm() + 20_000));
    let value = |volatility| {
        value_nearest(middle.terms, Market { forward: expiry.forward, volatility, time })
    };
    // A bid of the slice's own value and an ask of what is quoted: one spread off, and inside.
    let (bid, ask) = (value(own), value(Ratio::from_ppm(own.ppm() + 20_000)));
    expiry.quotes[10].spread = Some(plimsoll_surface::Spread { bid, ask });
    let whole = report(&expiry, &slice, |_| true).unwrap();
    assert_eq!(whole.volatility.rows, 21);
    assert_eq!((whole.volatility.largest, whole.volatility.largest_row), (0.02, Some(10)));
    let rms = ((20.0 * 1e-4 + 4e-4) / 21.0_f64).sqrt();
    assert!((whole.volatility.rms - rms).abs() < 1e-12, "{whole:?}");
    // At the money vega is 0.3989 of the forward for a year: √(1 / 2π), less a little.
    assert!((whole.premium.largest - 0.02 * 0.3989).abs() < 1e-4, "{whole:?}");
    assert_eq!((whole.spread.rows, whole.spread.largest, whole.inside), (1, 1.0, 1));
    let none = report(&expiry, &slice, |_| false).unwrap();
    assert_eq!(none, plimsoll_surface::Report::default());
}
