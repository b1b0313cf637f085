//! What is one lot of a dated future worth, and what may it gain or lose? It fades into its
//! settlement as an option does, so that it moves with less than the price inside the window.
//!
//! > `value = F′ = φ · A + (1 − φ) · F`, `R_k = weight_k · (1 − φ) · F · s_k`
//!
//! Outside the window it moves with all of the forward. There is no volatility in it.

use crate::fading::{Faded, Fading};
use crate::fixed::{Level, Premium};
use crate::lot::{exponent_of, price_of, Lot, LotArray};
use crate::quote::Values;
use crate::risk_array::{weighted_away, Shock, SHOCKS_MAX};
use crate::steps::Basis;
use crate::OptionError;
use plimsoll_units::{divide, wide, Price, Ratio, Value};

/// What to value; prices are in quote atoms per lot.
#[derive(Clone, Copy, Debug)]
pub struct FutureRequest<'a> {
    /// The price of now.
    pub spot: Price,
    /// The least that it may be.
    pub spot_low: Price,
    /// The most that it may be.
    pub spot_high: Price,
    /// How much the forward is above the price.
    pub basis: Basis,
    /// What of the settlement price is fixed.
    pub fading: Fading,
    /// The scenarios; their volatilities mean nothing here.
    pub shocks: &'a [Shock; SHOCKS_MAX],
}

/// One lot, valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FutureQuote {
    /// What it is worth; low and high at both ends of the band.
    pub values: Values,
    /// What it may gain or lose.
    pub array: LotArray,
    /// What of it moves with the price.
    pub carried: Value,
}

/// One lot's value and risk. Outcomes are rounded away from zero.
///
/// Errors: `BandInverted` unless `spot_low ≤ spot ≤ spot_high`; `NotionalOutOfRange` unless the
/// largest of the forward, and a quarter of the band's upper end and of the average so far is from 1 to
/// below 2^61 quote atoms; `LevelOutOfRange` where any of them is below 2^-42 of that, or a move more than
/// eight times it; `ShockOutOfRange` below minus one; `WeightOutOfRange`.
pub fn quote_future(request: &FutureRequest) -> Result<FutureQuote, OptionError> {
    if request.spot_low > request.spot || request.spot > request.spot_high {
        return Err(OptionError::BandInverted);
    }
    let forward =
        |spot: Price| request.basis.forward(spot).map_err(|_| OptionError::NotionalOutOfRange);
    let larger = request.fading.with_room(forward(request.spot)?, forward(request.spot_high)?)?;
    let exponent = exponent_of(larger)?;
    let faded = |spot: Price| -> Result<Faded, OptionError> {
        let level = Level::from_price_floor(forward(spot)?, exponent)?;
        request.fading.faded(level, exponent)
    };
    let price = |faded: &Faded| price_of(faded.forward.get(), wide::widen_i16(exponent));
    let now = faded(request.spot)?;
    let lot = Lot {
        exponent: wide::widen_i16(exponent),
        forward: now.forward.get(),
        carried: now.carried,
        share: now.share,
        lessened: 0,
        pace: 1,
    };
    let mut outcomes = [Premium::ZERO; SHOCKS_MAX];
    for (outcome, shock) in outcomes.iter_mut().zip(request.shocks) {
        *outcome = moved_away(now.carried, shock)?;
    }
    let carried = lot.carried_value();
    Ok(FutureQuote {
        values: Values {
            low: price(&faded(request.spot_low)?)?,
            fair: price(&now)?,
            high: price(&faded(request.spot_high)?)?,
        },
        array: lot.array(&outcomes, carried),
        carried,
    })
}

/// `weight · level · shock`, away from zero.
fn moved_away(level: u64, shock: &Shock) -> Result<Premium, OptionError> {
    if shock.price.unsigned_abs() > Ratio::PARTS && shock.price < 0 {
        return Err(OptionError::ShockOutOfRange);
    }
    if shock.weight > Ratio::ONE {
        return Err(OptionError::WeightOutOfRange);
    }
    // Below 2^62 · 2^31.
    let (high, low) = wide::mul_u64(level << Premium::BITS, shock.price.unsigned_abs().into());
    let (floor, is_exact) =
        divide::div_u96(high, low, Ratio::PARTS).ok_or(OptionError::LevelOutOfRange)?;
    let size = floor.saturating_add(wide::widen_bool(!is_exact));
    if size >> Level::BITS >> Premium::BITS != 0 {
        return Err(OptionError::LevelOutOfRange);
    }
    let change =
        if shock.price < 0 { size.cast_signed().wrapping_neg() } else { size.cast_signed() };
    Ok(weighted_away(Premium::new(change), shock.weight))
}
