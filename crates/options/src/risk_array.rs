//! What is gained or lost in each scenario?
//!
//! `R_k = weight_k · (value at F(1 + s_k) and σ(1 + v_k) − value now)`, for one unit of the option;
//! a row of `q` units then gains `q · R_k`. The whole array costs two logarithms and a value for
//! each scenario; what scenarios share (strike, time, a price that did not change) is computed
//! once.

use crate::black76::{Market, Spread, Terms};
use crate::fixed::{Level, Log, Premium};
use crate::ln::ln;
use crate::root::{total_deviation, RootTime};
use crate::OptionError;
use plimsoll_units::{divide, wide, Ratio};

/// Scenarios of an array.
pub const SHOCKS_MAX: usize = 16;

/// One in parts per million.
const ONE: i64 = 1_000_000;

/// One way in which the market could move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shock {
    /// Relative move of the forward, `s_k`, in parts per million; not below minus one.
    pub price: i32,
    /// Relative move of the volatility, `v_k`, in parts per million; not below minus one.
    pub volatility: i32,
    /// Part of the outcome that counts; at most one.
    pub weight: Ratio,
}

impl Shock {
    /// Nothing moves, nothing counts: what a shorter set is filled up with.
    pub const NONE: Self = Self { price: 0, volatility: 0, weight: Ratio::ZERO };
}

/// The array. A weighted outcome is rounded away from zero, so that a loss is never less than it
/// should be, for either side; with a weight of one it is exactly the difference of two values.
///
/// A shocked level is the nearest one, and at least one step; a shocked volatility is the nearest
/// one, and at most the largest. `ShockOutOfRange` for a shock below minus one, `WeightOutOfRange`
/// for a weight above one, `LevelOutOfRange` where a shocked forward is beyond [`Level::MAX`].
pub fn risk_array(
    terms: Terms,
    market: Market,
    shocks: &[Shock; SHOCKS_MAX],
) -> Result<[Premium; SHOCKS_MAX], OptionError> {
    let root = RootTime::new(market.time);
    let log_strike = ln(terms.strike);
    let spread = |(forward, log): (Level, Log)| Spread::new(forward, log, terms.strike, log_strike);
    let here = (market.forward, ln(market.forward));
    let now = spread(here).value(terms.kind, total_deviation(market.volatility, root));
    let mut array = [Premium::ZERO; SHOCKS_MAX];
    let mut last = (0, here);
    for (outcome, shock) in array.iter_mut().zip(shocks) {
        if shock.weight > Ratio::ONE {
            return Err(OptionError::WeightOutOfRange);
        }
        if shock.price != last.0 {
            let level = shocked_level(market.forward, shock.price)?;
            last = (shock.price, (level, ln(level)));
        }
        let volatility = shocked_volatility(market.volatility, shock.volatility)?;
        let then = spread(last.1).value(terms.kind, total_deviation(volatility, root));
        let change = then.get().wrapping_sub(now.get());
        *outcome = weighted_away(Premium::new(change), shock.weight);
    }
    Ok(array)
}

/// `1 + shock` in parts per million; `ShockOutOfRange` below zero.
#[inline]
fn factor(shock: i32) -> Result<u32, OptionError> {
    let factor = ONE.wrapping_add(i64::from(shock));
    u32::try_from(factor).map_err(|_| OptionError::ShockOutOfRange)
}

/// `level · (1 + shock)`, the nearest level.
#[inline]
fn shocked_level(level: Level, shock: i32) -> Result<Level, OptionError> {
    let factor = wide::widen(factor(shock)?);
    let (high, low) = wide::mul_u64(level.get(), factor);
    // Below 2^46 · 2^32: half a million more stays below 2^96.
    let (low, carry) = low.overflowing_add(u64::from(Ratio::PARTS / 2));
    let high = high.wrapping_add(wide::widen_bool(carry));
    match divide::div_u96(high, low, Ratio::PARTS) {
        Some((0, _)) => Ok(Level::MIN),
        Some((steps, _)) => Level::new(steps),
        None => Err(OptionError::LevelOutOfRange),
    }
}

/// `volatility · (1 + shock)`, the nearest one.
#[inline]
fn shocked_volatility(volatility: Ratio, shock: i32) -> Result<Ratio, OptionError> {
    // Two words of 32 bits; half a million more fits beside their product.
    let product = wide::widen(volatility.ppm()).wrapping_mul(wide::widen(factor(shock)?));
    let raised = product.saturating_add(u64::from(Ratio::PARTS / 2));
    let ppm = raised.checked_div(u64::from(Ratio::PARTS)).unwrap_or(0);
    Ok(Ratio::from_wide_saturating(ppm))
}

/// `change · weight`, away from zero, for a weight of at most one.
#[inline]
pub(crate) fn weighted_away(change: Premium, weight: Ratio) -> Premium {
    if weight == Ratio::ONE {
        return change;
    }
    let (high, low) = wide::mul_u64(change.get().unsigned_abs(), wide::widen(weight.ppm()));
    // The product is below 2^83, and the quotient no more than the change.
    let magnitude = match divide::div_u96(high, low, Ratio::PARTS) {
        Some((floor, true)) => floor,
        Some((floor, false)) => floor.wrapping_add(1),
        None => 0,
    };
    Premium::new(wide::with_sign_of(magnitude, change.get()))
}
