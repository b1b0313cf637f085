//! What do the quotes say, as numbers?

use std::collections::BTreeSet;

use plimsoll_options::{greeks, implied_volatility, Fixed, Market, Moneyness, Variance, YEAR};
use plimsoll_units::{Ratio, Seconds};

use crate::quotes::{Expiry, Observed, Quote, Weight, STRIKES_MIN};
use crate::FitError;

/// One part of a number with so many bits behind the point.
const fn step(bits: u32) -> f64 {
    1.0 / ((1_u64 << bits) as f64)
}

/// How far from the forward slices are checked, in `ln(K/F)`.
const REACH: i64 = 8 << Moneyness::BITS;

/// The least variance that a slice may have, in the unit of a [`Point`].
pub const VARIANCE_MIN: f64 = Variance::MIN.get() as f64 * step(Variance::BITS);

/// The least volatility that a slice may have.
const VOLATILITY_MIN: Ratio = Ratio::from_ppm(10_000);

/// One quote.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// `ln(K/F)`.
    pub k: f64,
    /// The variance of a year.
    pub variance: f64,
    /// How much the square of the variance's error counts.
    pub weight: f64,
}

/// The points of an expiry.
#[derive(Clone, Debug)]
pub struct Points {
    /// Those that count.
    pub points: Vec<Point>,
    /// Until the expiry.
    pub time: Seconds,
    /// The same.
    pub years: f64,
    /// How far the price moves until then, by the volatility nearest to the forward, in `ln(K/F)`.
    pub deviation: f64,
}

/// A fixed number as a float, exactly.
pub fn float(fixed: Fixed) -> f64 {
    fixed.get() as f64 * step(Fixed::BITS)
}

/// A time in years of 365 days.
pub fn years(time: Seconds) -> f64 {
    time.get() as f64 / YEAR.get() as f64
}

/// The volatility that a quote stands for.
pub fn volatility(expiry: &Expiry, row: usize, quote: &Quote) -> Result<Ratio, FitError> {
    match quote.observed {
        Observed::Volatility(volatility) => Ok(volatility),
        Observed::Premium(premium) => {
            implied_volatility(quote.terms, expiry.forward, expiry.time, premium)
                .map_err(|why| FitError::NoVolatility { row, why })
        }
    }
}

impl Points {
    /// Reads an expiry; errors are those that [`crate::fit_slice`] names for quotes.
    pub fn of(expiry: &Expiry) -> Result<Self, FitError> {
        if expiry.time.is_zero() {
            return Err(FitError::Expired);
        }
        let mut points = Vec::with_capacity(expiry.quotes.len());
        let mut strikes = BTreeSet::new();
        for (row, quote) in expiry.quotes.iter().enumerate() {
            let point = point(expiry, row, quote)?;
            if point.weight > 0.0 {
                points.push(point);
                strikes.insert(quote.terms.strike);
            }
        }
        let strikes = strikes.len();
        if strikes < STRIKES_MIN {
            return Err(FitError::TooFewStrikes { strikes });
        }
        let middle = points.iter().min_by(|x, y| x.k.abs().total_cmp(&y.k.abs()));
        let years = years(expiry.time);
        let deviation = middle.map_or(0.0, |point| (point.variance * years).sqrt());
        Ok(Self { points, time: expiry.time, years, deviation })
    }
}

impl Points {
    /// The cost of a slice that is off everywhere by all of the variance.
    pub fn unit(&self) -> f64 {
        self.points
            .iter()
            .fold(0.0, |sum, point| sum + point.weight * point.variance * point.variance)
    }
}

/// One quote as numbers.
fn point(expiry: &Expiry, row: usize, quote: &Quote) -> Result<Point, FitError> {
    let k = Moneyness::of(quote.terms.strike, expiry.forward).get();
    if k.abs() > REACH {
        return Err(FitError::StrikeOutOfReach { row });
    }
    if quote.spread.is_some_and(|spread| spread.bid > spread.ask) {
        return Err(FitError::BidAboveAsk { row });
    }
    let volatility = volatility(expiry, row, quote)?;
    let sigma = f64::from(volatility.ppm()) / f64::from(Ratio::PARTS);
    let variance = sigma * sigma;
    if volatility < VOLATILITY_MIN {
        return Err(FitError::VolatilityTooLow { row });
    }
    let weight = weight(expiry, row, quote, volatility)?;
    // A volatility's error is the variance's over twice the volatility.
    Ok(Point { k: k as f64 * step(Moneyness::BITS), variance, weight: weight / (4.0 * variance) })
}

/// How much the square of the volatility's error counts; not negative.
pub fn weight(
    expiry: &Expiry,
    row: usize,
    quote: &Quote,
    volatility: Ratio,
) -> Result<f64, FitError> {
    let weight = match quote.weight {
        Weight::Given(weight) => weight,
        Weight::Vega => {
            let Expiry { forward, time, .. } = *expiry;
            float(greeks(quote.terms, Market { forward, volatility, time }).vega)
        }
    };
    match weight.is_finite() && weight >= 0.0 {
        true => Ok(weight),
        false => Err(FitError::WeightOutOfRange { row }),
    }
}
