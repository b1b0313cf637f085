//! What is one lot worth, and what may it gain or lose? All that an instrument's account holds of
//! an option, from prices, the surface and the time.
//!
//! Prices become levels in steps of a power of two, `2^u` quote atoms, chosen so that the larger of
//! strike and forward has 43 bits: three more are left for scenarios, a price of eight times it.
//! Where the band of the price, or the average so far, reaches beyond four times it, as after a crash
//! that the stable price has not followed, a quarter of that has 43 bits instead.
//! The conversion cuts at 2^-42 of the larger one; back to a price it is exact.
//!
//! A price cannot be zero: where an option is worth less than a step of a premium, 2^-58 of the
//! larger of strike and forward, that step is its price.

use crate::black76::{value_nearest, Kind, Market, Terms};
use crate::fading::{Faded, Fading};
use crate::fixed::{Level, Premium};
use crate::greeks::greeks;
use crate::lot::{exponent_of, price_of, Lot, LotArray, LotGreeks};
use crate::risk_array::{risk_array, Shock, SHOCKS_MAX};
use crate::steps::Basis;
use crate::svi::Slice;
use crate::OptionError;
use plimsoll_units::{wide, Price, Ratio};

/// What to value.
#[derive(Clone, Copy, Debug)]
pub struct QuoteRequest<'a> {
    /// Call or put.
    pub kind: Kind,
    /// The strike, in quote atoms per lot.
    pub strike: Price,
    /// The price of now, in quote atoms per lot.
    pub spot: Price,
    /// The least that the price may be.
    pub spot_low: Price,
    /// The most that it may be.
    pub spot_high: Price,
    /// How much the forward is above the price.
    pub basis: Basis,
    /// Volatilities of the expiry.
    pub slice: &'a Slice,
    /// How uncertain they are, relative to themselves; at most one.
    pub confidence: Ratio,
    /// The time to expiry, and what of the settlement price is fixed, in quote atoms per lot.
    pub fading: Fading,
    /// The scenarios.
    pub shocks: &'a [Shock; SHOCKS_MAX],
}

/// One lot, valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionQuote {
    /// What it is worth.
    pub values: Values,
    /// How that changes.
    pub greeks: LotGreeks,
    /// What it may gain or lose.
    pub array: LotArray,
    /// The volatility of its strike.
    pub volatility: Ratio,
}

/// What one lot is worth, in quote atoms: `low ≤ fair ≤ high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values {
    /// The least over what is uncertain.
    pub low: Price,
    /// The value.
    pub fair: Price,
    /// The most over what is uncertain.
    pub high: Price,
}

/// One lot's value and risk.
///
/// - The volatility is that of the strike over the forward of the price of now, and stays it for the
///   band of the price and for the scenarios.
/// - `low` and `high` are the least and the most over both ends of the band and both ends of the
///   volatility, `σ · (1 ∓ confidence)`, cut and raised to the next part per million; and `fair`.
///
/// Errors: `BandInverted` unless `spot_low ≤ spot ≤ spot_high`; `ConfidenceOutOfRange` above one;
/// `NotionalOutOfRange` unless the largest of strike, forward, and a quarter of the band's upper end and
/// of the average so far is from 1 to below 2^61 quote atoms; `LevelOutOfRange` where any of them is
/// below 2^-42 of that, or a scenario more than eight times it; `ShockOutOfRange`, `WeightOutOfRange` of
/// the scenarios.
pub fn quote(request: &QuoteRequest) -> Result<OptionQuote, OptionError> {
    if request.spot_low > request.spot || request.spot > request.spot_high {
        return Err(OptionError::BandInverted);
    }
    let (below, above) = volatility_factors(request.confidence)?;
    let pricing = Pricing::new(request)?;
    let forward = pricing.level(request.spot)?;
    let volatility = request.slice.volatility_of(pricing.terms.strike, forward);
    let (market, faded) = pricing.market(forward, volatility)?;
    let black = greeks(pricing.terms, market);
    let (mut low, mut high) = (black.value, black.value);
    let least = scaled_ppm(volatility, below, false);
    let most = scaled_ppm(volatility, above, true);
    for spot in [request.spot_low, request.spot_high] {
        let forward = pricing.level(spot)?;
        low = low.min(pricing.value(forward, least)?);
        high = high.max(pricing.value(forward, most)?);
    }
    let lot = pricing.lot(&faded);
    let greeks = lot.greeks(&black);
    let mut shocks = *request.shocks;
    for shock in &mut shocks {
        *shock = faded.shock(*shock)?;
    }
    let outcomes = risk_array(pricing.terms, market, &shocks)?;
    Ok(OptionQuote {
        values: Values {
            low: pricing.price(low)?,
            fair: pricing.price(black.value)?,
            high: pricing.price(high)?,
        },
        greeks,
        array: lot.array(&outcomes, greeks.delta),
        volatility,
    })
}

/// A request in levels.
struct Pricing<'a> {
    request: &'a QuoteRequest<'a>,
    /// A step of a level is `2^exponent` quote atoms.
    exponent: i16,
    terms: Terms,
}

impl<'a> Pricing<'a> {
    fn new(request: &'a QuoteRequest<'a>) -> Result<Self, OptionError> {
        let larger = forward_of(request, request.spot)?.max(request.strike);
        let most = forward_of(request, request.spot_high)?;
        let exponent = exponent_of(request.fading.with_room(larger, most)?)?;
        let strike = Level::from_price_floor(request.strike, exponent)?;
        Ok(Self { request, exponent, terms: Terms { kind: request.kind, strike } })
    }

    /// The forward of a price.
    fn level(&self, spot: Price) -> Result<Level, OptionError> {
        Level::from_price_floor(forward_of(self.request, spot)?, self.exponent)
    }

    /// What Black's formula takes.
    fn market(&self, forward: Level, volatility: Ratio) -> Result<(Market, Faded), OptionError> {
        let fading = self.request.fading;
        let faded = fading.faded(forward, self.exponent)?;
        let volatility = fading.volatility(volatility, &faded);
        Ok((Market { forward: faded.forward, volatility, time: fading.time() }, faded))
    }

    fn value(&self, forward: Level, volatility: Ratio) -> Result<Premium, OptionError> {
        Ok(value_nearest(self.terms, self.market(forward, volatility)?.0))
    }

    /// A value as a price, one step at least.
    fn price(&self, value: Premium) -> Result<Price, OptionError> {
        let exponent = wide::widen_i16(self.exponent).wrapping_sub(Premium::BITS.into());
        price_of(value.get().max(1).unsigned_abs(), exponent)
    }

    fn lot(&self, faded: &Faded) -> Lot {
        let fading = self.request.fading;
        Lot {
            exponent: wide::widen_i16(self.exponent),
            forward: faded.forward.get(),
            carried: faded.carried,
            share: faded.share,
            lessened: fading.lessened(faded.carried),
            pace: fading.pace(),
        }
    }
}

/// The forward of a price, in quote atoms per lot.
fn forward_of(request: &QuoteRequest, spot: Price) -> Result<Price, OptionError> {
    request.basis.forward(spot).map_err(|_| OptionError::NotionalOutOfRange)
}

/// `1 ∓ confidence` in parts per million.
fn volatility_factors(confidence: Ratio) -> Result<(u32, u32), OptionError> {
    let below = Ratio::PARTS.checked_sub(confidence.ppm());
    let below = below.ok_or(OptionError::ConfidenceOutOfRange)?;
    // At most two millions.
    Ok((below, Ratio::PARTS.saturating_add(confidence.ppm())))
}

/// `volatility · factor`, cut or raised to the next part per million.
fn scaled_ppm(volatility: Ratio, factor: u32, is_raised: bool) -> Ratio {
    let parts = u64::from(Ratio::PARTS);
    let product = wide::widen(volatility.ppm()).wrapping_mul(wide::widen(factor));
    // Two half-words: one more part fits beside their product.
    let raised = if is_raised { parts.wrapping_sub(1) } else { 0 };
    let ppm = product.saturating_add(raised).checked_div(parts).unwrap_or(0);
    Ratio::from_wide_saturating(ppm)
}
