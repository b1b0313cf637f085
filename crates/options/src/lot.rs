//! How is a lot's risk written in few bits? Outcomes as half-words that share one power of two.
//!
//! > `outcome = ± outcomes[k] · 2^shift · 2^-48` quote atoms
//!
//! The shift is the least at which every outcome fits 31 bits and a sign, and the delta 63; so an
//! outcome is off by less than 2^-30 of the largest one, away from zero: a loss is never short, for
//! either side.

use crate::fixed::{price_floor, Premium};
use crate::greeks::Greeks;
use crate::risk_array::SHOCKS_MAX;
use crate::OptionError;
use plimsoll_units::{wide, Price, Value};

/// What one lot may gain or lose in each scenario, to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotArray {
    /// Gain of a long lot, in `2^(shift − 48)` quote atoms, away from zero.
    pub outcomes: [i32; SHOCKS_MAX],
    /// Notional that a long lot moves with, `Δ · P · lot`, in the same unit, cut toward minus
    /// infinity.
    pub delta: i64,
    /// Places that outcomes and delta are to be shifted by, for steps of a [`Value`].
    pub shift: u8,
}

/// How the value of a lot changes, in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotGreeks {
    /// As the price moves by 1 (100 %): `Δ · P · lot`.
    pub delta: Value,
    /// Of that, as the price moves by 1 (100 %).
    pub gamma: Value,
    /// As the volatility of the slice rises by 1 (100 %).
    pub vega: Value,
    /// As a day passes, at the pace of now.
    pub theta: Value,
}

/// Bits of the larger of strike and forward.
const LEVEL_BITS: i16 = 43;

/// How many quote atoms a step of a lot's levels is, as a power of two, from −42 to 18; for the
/// larger of strike and forward, from 1 to below 2^61 quote atoms.
pub(crate) fn exponent_of(larger: Price) -> Result<i16, OptionError> {
    let (_, own) = larger.parts();
    // From 2^0 to 2^61: a mantissa has 64 bits.
    if !(-63..=-3).contains(&own) {
        return Err(OptionError::NotionalOutOfRange);
    }
    Ok(own.wrapping_add(64).wrapping_sub(LEVEL_BITS))
}

/// A number of steps of `2^exponent` quote atoms as a price.
pub(crate) fn price_of(steps: u64, exponent: i64) -> Result<Price, OptionError> {
    price_floor(wide::join(0, steps), exponent).ok_or(OptionError::NotionalOutOfRange)
}

/// A lot's levels: how many quote atoms a step is, and what of them moves with the price.
pub(crate) struct Lot {
    /// A step of a level is `2^exponent` quote atoms; from −42 to 18.
    pub exponent: i64,
    /// The forward, in steps.
    pub forward: u64,
    /// What of it moves with the price.
    pub carried: u64,
    /// The same as a share of the forward, in steps of 2^-32.
    pub share: u64,
    /// What a volatility of the slice counts with, times the price, in steps.
    pub lessened: u64,
    /// How fast the time value leaves, in terms of Black's theta.
    pub pace: i64,
}

/// Bits behind the point of a [`Value`].
const VALUE_BITS: i64 = 48;

impl Lot {
    /// A number of steps of 2^-32 times a level, as a value, toward minus infinity. Below
    /// `2^32 · 2^46 · 2^18` quote atoms in any case that can be, and saturates.
    fn value(&self, number: i64, level: u64) -> Value {
        let exponent = self.exponent.wrapping_add(VALUE_BITS).wrapping_sub(32);
        match wide::scale_i64(number, level, exponent) {
            Some((floor, _)) => Value::new(floor),
            None if number < 0 => Value::new(i128::MIN),
            None => Value::MAX,
        }
    }

    /// What of the forward moves with the price.
    pub fn carried_value(&self) -> Value {
        self.value(1 << 32, self.carried)
    }

    /// Greeks of Black's formula as those of a lot. Gamma, the only one that has no bound, saturates
    /// at 2^79 quote atoms.
    pub fn greeks(&self, greeks: &Greeks) -> LotGreeks {
        // The gamma of a forward that moves by a share of the price: the share's square.
        let gamma = wide::scale_i64(greeks.gamma.get(), self.share, -32);
        let gamma = gamma.and_then(|(floor, _)| wide::narrow_i64(floor)).unwrap_or(i64::MAX);
        LotGreeks {
            delta: self.value(greeks.delta.get(), self.carried),
            gamma: self.value(gamma, self.carried),
            vega: self.value(greeks.vega.get(), self.lessened),
            theta: self.value(greeks.theta.get().saturating_mul(self.pace), self.forward),
        }
    }

    /// The array, from outcomes in steps of a premium and the delta as a value.
    pub fn array(&self, outcomes: &[Premium; SHOCKS_MAX], delta: Value) -> LotArray {
        // A step of a premium in steps of a value, as a power of two: from −10 to 50.
        let exponent = self.exponent.wrapping_add(VALUE_BITS).wrapping_sub(16);
        let largest = outcomes.iter().map(|one| one.get().unsigned_abs()).max().unwrap_or(0);
        let excess = bits(largest).wrapping_add(exponent).wrapping_sub(31).max(0);
        let mut shift = excess.max(bits_wide(delta).wrapping_sub(63));
        // Away from zero can be one bit more.
        if away(largest, exponent.wrapping_sub(shift)) >> 31 != 0 {
            shift = shift.wrapping_add(1);
        }
        let places = exponent.wrapping_sub(shift);
        LotArray {
            outcomes: outcomes.map(|one| {
                let size = i32::try_from(away(one.get().unsigned_abs(), places));
                let size = size.unwrap_or(i32::MAX);
                if one < Premium::ZERO {
                    size.wrapping_neg()
                } else {
                    size
                }
            }),
            delta: shifted(delta, shift),
            // At most 62 and 50, less 31.
            shift: u8::try_from(shift).unwrap_or(u8::MAX),
        }
    }
}

/// How many bits a magnitude has.
fn bits(magnitude: u64) -> i64 {
    64_i64.wrapping_sub(wide::widen_u32_i64(wide::leading_zeros(magnitude)))
}

/// The same of a value; for a negative one of the number below its magnitude.
fn bits_wide(value: Value) -> i64 {
    let raw = value.get() ^ (value.get() >> 127);
    let raw = raw.unsigned_abs();
    match wide::high_u64(raw) {
        0 => bits(wide::low_u64(raw)),
        high => bits(high).wrapping_add(64),
    }
}

/// `magnitude · 2^places`, up, where that fits a word.
fn away(magnitude: u64, places: i64) -> u64 {
    let count = u32::try_from(places.unsigned_abs()).unwrap_or(u32::MAX);
    if places >= 0 {
        return magnitude.checked_shl(count).unwrap_or(0);
    }
    let kept = magnitude.checked_shr(count).unwrap_or(0);
    let is_exact = kept.checked_shl(count) == Some(magnitude);
    kept.wrapping_add(wide::widen_bool(!is_exact && magnitude != 0))
}

/// `value / 2^shift`, toward minus infinity, for what fits a word then.
fn shifted(value: Value, shift: i64) -> i64 {
    let raw = value.get().checked_shr(wide::low_u32(shift)).unwrap_or(0);
    wide::narrow_i64(raw).unwrap_or(i64::MAX)
}
