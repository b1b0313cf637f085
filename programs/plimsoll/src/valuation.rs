//! What a lot of a contract is worth before it settles, and what it may gain or lose. Clients on the
//! host call the same function.

use anchor_lang::bytemuck::Zeroable;
use anchor_lang::prelude::*;
use plimsoll_options::{
    quote, quote_future, Basis, Fading, FutureRequest, Kind, LotArray, LotGreeks, QuoteRequest,
    Shock, Values, SHOCKS_MAX,
};
use plimsoll_risk::{Payoff, ScenarioSet, UnderlyingTerms};
use plimsoll_units::{Price, Ratio, UnixSeconds, Value};

use crate::error::{Named, PlimsollError};
use crate::state::{Expiry, Instrument, StoredArray, Underlying};

/// One in parts per million.
const PARTS: i64 = 1_000_000;
/// Bits of an outcome beside its sign.
const OUTCOME_BITS: u32 = 31;
/// Bits of a value beside its sign.
const WORD_BITS: u32 = 63;

/// A lot's values and outcomes, in steps of a value.
struct Lot {
    low: Value,
    fair: Value,
    high: Value,
    delta: Value,
    gamma: Value,
    vega: Value,
    theta: Value,
    outcomes: [i128; SHOCKS_MAX],
}

/// The array of a contract at the price, by the surface as it is read now.
///
/// The least and the largest value are taken over the confidence of the surface, so that it widens what
/// opening needs. The scenarios are not: a publisher's word, or its silence, may make nobody
/// liquidatable at once.
///
/// Errors: `OptionOutOfRange`, `MathOverflow`.
pub fn value(
    instrument: &Instrument,
    underlying: &Underlying,
    expiry: &Expiry,
    terms: &UnderlyingTerms,
    now: UnixSeconds,
) -> Result<StoredArray> {
    let confidence = expiry.confidence(now).min(Ratio::ONE);
    let shocks = shocks(underlying, expiry)?;
    let lot = instrument.lot()?;
    let per_lot = |price: Price| price.checked_mul(lot).named();
    let [low, spot, high] = [per_lot(terms.low)?, per_lot(terms.price)?, per_lot(terms.high)?];
    let at = UnixSeconds::new(expiry.expires_at);
    let fading = Fading::of(&expiry.settlement()?, at, now).scaled(lot).named()?;
    let kind = match instrument.payoff()? {
        Payoff::Linear => None,
        Payoff::Call { strike } => Some((Kind::Call, strike)),
        Payoff::Put { strike } => Some((Kind::Put, strike)),
    };
    let valued = match kind {
        None => future([low, spot, high], fading, &shocks)?,
        Some((kind, strike)) => {
            let publication = expiry.publication()?;
            option(&QuoteRequest {
                kind,
                strike,
                spot,
                spot_low: low,
                spot_high: high,
                basis: fading_basis(publication.basis, fading)?,
                slice: &publication.slice,
                confidence,
                fading,
                shocks: &shocks,
            })?
        }
    };
    let floor = match kind {
        None => Value::ZERO,
        Some(_) => {
            let whole = spot.value_ceil(1).named()?;
            whole.mul_ratio_ceil(Ratio::from_ppm(expiry.short_floor_ppm)).named()?
        }
    };
    let whole = spot.value_ceil(1).named()?;
    let mut array = pack(&valued, whole, floor)?;
    array.refreshed_at = now.get();
    array.price = terms.price.into();
    array.per_price = terms.price.recip().named()?.into();
    array.fading = u8::from(fading.is_inside());
    array.seconds_max = expiry.array_seconds_max;
    array.move_max = fixed_share(expiry.array_move_ppm);
    Ok(array)
}

/// The basis fades in the last day before the settlement window, and is nothing within: what is averaged
/// is the index price itself.
fn fading_basis(basis: Basis, fading: Fading) -> Result<Basis> {
    let wait = fading.wait().get().min(DAY);
    // Below a million times 86,400; sBPF divides unsigned numbers only.
    let size = u64::from(basis.ppm().unsigned_abs()).saturating_mul(wait);
    let size = size.checked_div(DAY).unwrap_or(0);
    let size = i32::try_from(size).map_err(|_| PlimsollError::MathOverflow)?;
    let ppm = if basis.ppm() < 0 { size.saturating_neg() } else { size };
    Ok(Basis::new(ppm).map_err(|_| PlimsollError::BasisOutOfBounds)?)
}

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The scenarios as moves of price and volatility. What falls by more than all falls by all.
fn shocks(underlying: &Underlying, expiry: &Expiry) -> Result<[Shock; SHOCKS_MAX]> {
    let set: ScenarioSet = underlying.scenario_set()?;
    let scan = i64::from(underlying.scan_lower_ppm);
    let volatility = i64::from(expiry.volatility_scan_ppm);
    let part = |shock: i32, range: i64| {
        let product = i64::from(shock).saturating_mul(range);
        let away = product.unsigned_abs().div_ceil(PARTS.unsigned_abs());
        let size = i64::try_from(away).unwrap_or(i64::MAX);
        let moved = if shock < 0 { size.saturating_neg() } else { size };
        i32::try_from(moved.max(PARTS.saturating_neg())).map_err(|_| PlimsollError::OutOfRange)
    };
    let mut shocks = [Shock::NONE; SHOCKS_MAX];
    for (slot, scenario) in shocks.iter_mut().zip(set.iter()) {
        *slot = Shock {
            price: part(scenario.shock, scan)?,
            volatility: part(scenario.volatility, volatility)?,
            weight: scenario.weight,
        };
    }
    Ok(shocks)
}

fn option(request: &QuoteRequest<'_>) -> Result<Lot> {
    let quoted = quote(request).named()?;
    Lot::new(&quoted.values, &quoted.greeks, &quoted.array)
}

impl Lot {
    fn new(values: &Values, greeks: &LotGreeks, array: &LotArray) -> Result<Self> {
        let floor = |price: Price| price.value_floor(1).named();
        Ok(Self {
            low: floor(values.low)?,
            fair: floor(values.fair)?,
            high: values.high.value_ceil(1).named()?,
            delta: greeks.delta,
            gamma: greeks.gamma,
            vega: greeks.vega,
            theta: greeks.theta,
            outcomes: array.outcomes.map(|one| i128::from(one) << array.shift),
        })
    }
}

/// A future in its settlement window, at the index price as before it.
fn future(
    [spot_low, spot, spot_high]: [Price; 3],
    fading: Fading,
    shocks: &[Shock; SHOCKS_MAX],
) -> Result<Lot> {
    let request = FutureRequest { spot, spot_low, spot_high, basis: Basis::ZERO, fading, shocks };
    let quoted = quote_future(&request).named()?;
    let none = Value::ZERO;
    let greeks = LotGreeks { delta: quoted.carried, gamma: none, vega: none, theta: none };
    Lot::new(&quoted.values, &greeks, &quoted.array)
}

/// One in steps of 2^-32.
const FIXED_ONE: u64 = 1 << 32;

/// Parts per million in 2^-32, cut; at most one.
fn fixed_share(ppm: u32) -> u32 {
    let share = u64::from(ppm).saturating_mul(FIXED_ONE).checked_div(PARTS.unsigned_abs());
    share.and_then(|share| u32::try_from(share).ok()).unwrap_or(u32::MAX)
}

/// Writes a lot in units of a power of two: the least in which outcomes, and the price of what a lot is
/// of, fit 31 bits, and the rest 63. So contracts of one size on one underlying have the same unit,
/// nearly always, and can be added up in it. Outcomes are rounded away from zero, so that no loss is short for either side; least value
/// and floors against the account.
fn pack(lot: &Lot, whole: Value, floor: Value) -> Result<StoredArray> {
    let largest = lot.outcomes.iter().map(|one| one.unsigned_abs()).max().unwrap_or(0);
    let largest = largest.max(whole.get().unsigned_abs());
    let words = [lot.high, lot.delta, floor].map(|one| one.get().unsigned_abs());
    let widest = words.into_iter().max().unwrap_or(0);
    let needed = |magnitude: u128, room: u32| bits(magnitude).saturating_sub(room);
    // One bit more, since rounding up may add one.
    let room = OUTCOME_BITS.saturating_sub(1);
    let shift = needed(largest, room).max(needed(widest, WORD_BITS.saturating_sub(1)));
    let fit = |steps: i128| i64::try_from(steps).map_err(|_| PlimsollError::MathOverflow);
    let down = |value: Value| fit(value.get() >> shift);
    let up = |value: Value| {
        Ok::<_, Error>(down(value)?.saturating_add(i64::from(!is_exact(value, shift))))
    };
    // What only views show may be beyond what can be written.
    let shown = |value: Value| down(value).unwrap_or(i64::MAX);
    let mut outcomes = [0; SHOCKS_MAX];
    for (slot, outcome) in outcomes.iter_mut().zip(&lot.outcomes) {
        let magnitude = Value::new(i128::try_from(outcome.unsigned_abs()).unwrap_or(i128::MAX));
        let size = i32::try_from(up(magnitude)?).map_err(|_| PlimsollError::MathOverflow)?;
        *slot = if outcome.is_negative() { size.saturating_neg() } else { size };
    }
    let shift_word = u8::try_from(shift).map_err(|_| PlimsollError::MathOverflow)?;
    Ok(StoredArray {
        fair: down(lot.fair)?,
        low: down(lot.low)?,
        high: up(lot.high)?,
        delta: down(lot.delta)?,
        short_floor: up(floor)?,
        gamma: shown(lot.gamma),
        vega: shown(lot.vega),
        theta: shown(lot.theta),
        outcomes,
        shift: shift_word,
        ..StoredArray::zeroed()
    })
}

/// Bits of a magnitude.
fn bits(magnitude: u128) -> u32 {
    u128::BITS.saturating_sub(magnitude.leading_zeros())
}

/// True if a value is a whole number of units of `2^shift` steps.
fn is_exact(value: Value, shift: u32) -> bool {
    value.get().trailing_zeros() >= shift || value.is_zero()
}
