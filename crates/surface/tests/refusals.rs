//! Is what cannot be fitted refused, by the name of what is wrong?

mod support;

use plimsoll_options::{OptionError, Premium};
use plimsoll_surface::{
    fit_slice, fit_surface, report, Expiry, FitError, Neighbours, Observed, Spread, SurfaceFailure,
    Weight, STRIKES_MIN,
};
use plimsoll_units::{Ratio, Seconds};
use support::{days, quote, slice, smile_of};

const SLICE: [f64; 5] = [0.04, 0.4, -0.4, 0.05, 0.2];

fn expiry() -> Expiry {
    smile_of(days(60), SLICE, 0.6)
}

/// An expiry whose fourth quote was bent.
fn bent(bend: impl Fn(&mut plimsoll_surface::Quote)) -> Result<(), FitError> {
    let mut expiry = expiry();
    bend(&mut expiry.quotes[3]);
    fit_slice(&expiry, &Neighbours::default()).map(|_| ())
}

#[test]
fn too_few_strikes_however_many_quotes() {
    let mut expiry = expiry();
    expiry.quotes.truncate(STRIKES_MIN - 1);
    let twice = expiry.quotes.clone();
    expiry.quotes.extend(twice);
    let mut light = quote(0.1, 0.5);
    light.weight = Weight::Given(0.0);
    expiry.quotes.push(light);
    let why = FitError::TooFewStrikes { strikes: 4 };
    assert_eq!(fit_slice(&expiry, &Neighbours::default()), Err(why));
    // A fifth that counts is enough.
    expiry.quotes.push(quote(0.1, 0.5));
    assert!(fit_slice(&expiry, &Neighbours::default()).is_ok());
    expiry.quotes.clear();
    let why = FitError::TooFewStrikes { strikes: 0 };
    assert_eq!(fit_slice(&expiry, &Neighbours::default()), Err(why));
}

#[test]
fn an_expiry_that_is_past() {
    let expired = Expiry { time: Seconds::ZERO, ..expiry() };
    assert_eq!(fit_slice(&expired, &Neighbours::default()), Err(FitError::Expired));
}

#[test]
fn weights_that_are_none() {
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        let refused = bent(|quote| quote.weight = Weight::Given(weight));
        assert_eq!(refused, Err(FitError::WeightOutOfRange { row: 3 }), "{weight}");
        let mut expiry = expiry();
        expiry.quotes[3].weight = Weight::Given(weight);
        let refused = report(&expiry, &slice(SLICE), |_| true);
        assert_eq!(refused, Err(FitError::WeightOutOfRange { row: 3 }));
    }
}

#[test]
fn strikes_beyond_what_the_checks_look_at() {
    // From a forward of 10^10 steps only far below it is there room for eight.
    let far = |k| bent(move |bent| bent.terms.strike = quote(k, 0.5).terms.strike);
    assert_eq!(far(-8.001), Err(FitError::StrikeOutOfReach { row: 3 }));
    assert_eq!(far(-7.999), Ok(()));
    assert_eq!(far(8.001), Err(FitError::StrikeOutOfReach { row: 3 }));
}

#[test]
fn premiums_without_a_volatility() {
    let refused = |steps: i64| bent(move |q| q.observed = Observed::Premium(Premium::new(steps)));
    let no = |why| Err(FitError::NoVolatility { row: 3, why });
    assert_eq!(refused(-1), no(OptionError::BelowIntrinsic));
    assert_eq!(refused(0), no(OptionError::VegaNegligible));
    assert_eq!(refused(i64::MAX), no(OptionError::AboveBound));
    let mut expiry = expiry();
    expiry.quotes[3].observed = Observed::Premium(Premium::new(-1));
    let refused = report(&expiry, &slice(SLICE), |_| true).map(|_| ());
    assert_eq!(refused, no(OptionError::BelowIntrinsic));
}

#[test]
fn volatilities_that_no_slice_gives() {
    let low = |ppm| bent(move |quote| quote.observed = Observed::Volatility(Ratio::from_ppm(ppm)));
    assert_eq!(low(9_999), Err(FitError::VolatilityTooLow { row: 3 }));
    assert_eq!(low(0), Err(FitError::VolatilityTooLow { row: 3 }));
    assert_eq!(low(10_000), Ok(()));
}

#[test]
fn a_bid_above_its_ask() {
    let (low, high) = (Premium::new(1), Premium::new(2));
    let refused = bent(|quote| quote.spread = Some(Spread { bid: high, ask: low }));
    assert_eq!(refused, Err(FitError::BidAboveAsk { row: 3 }));
    assert_eq!(bent(|quote| quote.spread = Some(Spread { bid: low, ask: low })), Ok(()));
}

#[test]
fn neighbours_that_are_none() {
    let at = |days_early, days_late| {
        let earlier = Some((slice(SLICE), days(days_early)));
        let later = Some((slice(SLICE), days(days_late)));
        fit_slice(&expiry(), &Neighbours { earlier, later, own: None }).map(|_| ())
    };
    assert_eq!(at(60, 90), Err(FitError::ExpiriesOutOfOrder));
    assert_eq!(at(30, 60), Err(FitError::ExpiriesOutOfOrder));
    assert_eq!(at(59, 61), Ok(()));
}

#[test]
fn volatilities_beyond_what_is_stored() {
    let mut expiry = expiry();
    for quote in &mut expiry.quotes {
        quote.observed = Observed::Volatility(Ratio::from_ppm(u32::MAX));
        quote.weight = Weight::Given(1.0);
    }
    let why = plimsoll_options::SurfaceError::TermOutOfRange;
    let refused = fit_slice(&expiry, &Neighbours::default());
    assert_eq!(refused, Err(FitError::NoAdmissibleSlice { why }));
}

#[test]
fn a_surface_names_the_expiry() {
    let mut expiries = vec![expiry(), expiry()];
    let out_of_order = SurfaceFailure { expiry: 1, why: FitError::ExpiriesOutOfOrder };
    assert_eq!(fit_surface(&expiries), Err(out_of_order));
    assert_eq!(out_of_order.to_string(), "expiry 1: expiry does not come after the one before it");
    expiries[1].time = days(90);
    expiries[1].quotes[7].weight = Weight::Given(-1.0);
    let why = FitError::WeightOutOfRange { row: 7 };
    assert_eq!(fit_surface(&expiries), Err(SurfaceFailure { expiry: 1, why }));
    assert_eq!(fit_surface(&[]), Ok(Vec::new()));
}
