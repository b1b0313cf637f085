//! Is a dated future worth its forward, and does it fade as its settlement becomes known?

mod support;

use plimsoll_options::{
    quote_future, Basis, Fading, FutureRequest, OptionError, Settlement, Shock, SHOCKS_MAX,
};
use plimsoll_units::{Price, Ratio, UnixSeconds, Value};
use support::lots::{number, price, span, EXPIRY};
use support::Random;

/// Samples of one price over the window's first part, until this second before the expiry.
fn fading(left: i64, average: Price) -> Fading {
    let mut settlement = Settlement::default();
    for second in (-1_800..=-left).step_by(60) {
        settlement.sample(average, UnixSeconds::new(EXPIRY.get() + second), EXPIRY).unwrap();
    }
    Fading::of(&settlement, EXPIRY, UnixSeconds::new(EXPIRY.get() - left))
}

fn request(fading: Fading, shocks: &[Shock; SHOCKS_MAX]) -> FutureRequest<'_> {
    FutureRequest {
        spot: price(150e6),
        spot_low: price(149e6),
        spot_high: price(152e6),
        basis: Basis::new(10_000).unwrap(),
        fading,
        shocks,
    }
}

#[test]
fn future_outside_the_window_is_its_forward() {
    let shocks = span();
    let found = quote_future(&request(fading(86_400, price(1.0)), &shocks)).unwrap();
    let near = |found: f64, right: f64| assert!((found - right).abs() < 1e-3, "{found} {right}");
    near(number(found.values.low), 149e6 * 1.01);
    near(number(found.values.fair), 151.5e6);
    near(number(found.values.high), 152e6 * 1.01);
    let unit = 2_f64.powi(i32::from(found.array.shift) - 48);
    for (outcome, shock) in found.array.outcomes.iter().zip(shocks) {
        let weight = f64::from(shock.weight.ppm()) / 1e6;
        let right = 151.5e6 * f64::from(shock.price) / 1e6 * weight;
        let found = f64::from(*outcome) * unit;
        assert!((found - right).abs() <= unit + 1e-3 && found.abs() >= right.abs() - 1e-3);
    }
    near(found.array.delta as f64 * unit, 151.5e6);
}

#[test]
fn half_of_a_future_is_fixed_in_the_middle_of_the_window() {
    let shocks = span();
    let found = quote_future(&request(fading(900, price(140e6)), &shocks)).unwrap();
    assert!((number(found.values.fair) - (140e6 + 151.5e6) / 2.0).abs() < 1e-3);
    assert!((found.carried.get() as f64 / 2_f64.powi(48) - 151.5e6 / 2.0).abs() < 1e-3);
    let done = quote_future(&request(fading(0, price(140e6)), &shocks)).unwrap();
    assert_eq!(done.array.outcomes, [0; SHOCKS_MAX]);
    assert_eq!((done.carried, done.values.low), (Value::ZERO, done.values.high));
    assert!((number(done.values.fair) - 140e6).abs() < 1e-4);
}

#[test]
fn outcomes_are_never_short_of_the_true_ones() {
    let mut random = Random(31);
    for _ in 0..5_000 {
        let mut shocks = [Shock::NONE; SHOCKS_MAX];
        for shock in &mut shocks {
            shock.price = (random.word() % 3_000_000) as i32 - 1_000_000;
            shock.weight = Ratio::from_ppm((random.word() % 1_000_001) as u32);
        }
        let left = 60 * (random.word() % 40) as i64;
        let setting = request(fading(left, price(150e6)), &shocks);
        let found = quote_future(&setting).unwrap();
        // The delta is what carries, cut.
        let (exact, places) = (found.carried.get(), found.array.shift.max(17));
        for (outcome, shock) in found.array.outcomes.iter().zip(shocks) {
            let right = exact * i128::from(shock.price) * i128::from(shock.weight.ppm());
            let found = (i128::from(*outcome) << found.array.shift) * 1_000_000_000_000;
            assert!(found.abs() >= right.abs() && found.signum() == right.signum());
            // A step of a premium is 2^17 of a value here; a step of an outcome may be more.
            let steps = (2_i128 << places) * 1_000_000_000_000;
            assert!(found.abs() - right.abs() < steps, "{outcome} {shock:?}");
        }
    }
}

#[test]
fn what_crashed_is_valued_while_band_and_average_are_far_above() {
    let shocks = span();
    for high in [7e8, 3e9, 1e14] {
        let setting = request(fading(900, price(high)), &shocks);
        let found = quote_future(&FutureRequest { spot_high: price(high), ..setting }).unwrap();
        assert!((number(found.values.fair) / ((high + 151.5e6) / 2.0) - 1.0).abs() < 1e-6);
        assert!((number(found.values.high) / (high * 1.005) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn what_cannot_be_valued_is_refused_by_name() {
    let shocks = span();
    let right = request(fading(86_400, price(1.0)), &shocks);
    let refused = |request: FutureRequest| quote_future(&request).map(|_| ()).unwrap_err();
    let inverted = OptionError::BandInverted;
    assert_eq!(refused(FutureRequest { spot_low: price(151e6), ..right }), inverted);
    assert_eq!(refused(FutureRequest { spot_high: price(149e6), ..right }), inverted);
    let level = OptionError::LevelOutOfRange;
    assert_eq!(
        refused(FutureRequest { spot_high: price(1e22), ..right }),
        OptionError::NotionalOutOfRange
    );
    let notional = OptionError::NotionalOutOfRange;
    for spot in [price(0.5), price(2_f64.powi(61)), Price::from_parts(u64::MAX, 1_024).unwrap()] {
        let beyond = FutureRequest { spot, spot_low: spot, spot_high: spot, ..right };
        assert_eq!(refused(beyond), notional);
    }
    let one = Shock { price: 0, volatility: 0, weight: Ratio::ONE };
    for (shock, error) in [
        (Shock { price: -1_000_001, ..one }, OptionError::ShockOutOfRange),
        (Shock { price: 20_000_000, ..one }, level),
        (Shock { price: i32::MAX, ..one }, level),
        (Shock { weight: Ratio::MAX, ..one }, OptionError::WeightOutOfRange),
    ] {
        let shocks = [shock; SHOCKS_MAX];
        assert_eq!(refused(FutureRequest { shocks: &shocks, ..right }), error);
    }
}
