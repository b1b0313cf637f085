//! The risk array of a contract, as its instrument keeps it.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::SCENARIOS_MAX;
use plimsoll_units::Value;

use super::StoredPrice;
use crate::error::PlimsollError;

/// What one lot is worth and may gain or lose, see `plimsoll_risk::RiskArray`. The unit of values is
/// 2^(shift - 48) quote atoms.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredArray {
    /// When it was refreshed (Unix seconds); zero: never.
    pub refreshed_at: i64,
    /// Index price at which it was refreshed (quote atoms per unit of the underlying).
    pub price: StoredPrice,
    /// One over that price.
    pub per_price: StoredPrice,
    /// Fair value (units).
    pub fair: i64,
    /// The least value that it may have (units).
    pub low: i64,
    /// The largest value that it may have (units).
    pub high: i64,
    /// Notional with which it moves, signed (units).
    pub delta: i64,
    /// Least requirement of a short lot (units).
    pub short_floor: i64,
    /// Change of `delta` per whole move of the price, for views (units).
    pub gamma: i64,
    /// Change of the value per whole point of volatility, one being 100 %, for views (units).
    pub vega: i64,
    /// Change of the value per day, for views (units).
    pub theta: i64,
    /// Weighted gain in each scenario (units).
    pub outcomes: [i32; SCENARIOS_MAX],
    /// The unit's power of two above 2^-48 quote atoms.
    pub shift: u8,
    /// 1 where it was made within the settlement window; checks go by the clock.
    pub fading: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// How long it is good for (seconds).
    pub seconds_max: u32,
    /// How far the price may move from `price` (2^-32 of it).
    pub move_max: u32,
}

impl StoredArray {
    /// What a lot of a settled instrument is worth, exactly: the fair value.
    pub(crate) fn settled_value(&self) -> Result<Value> {
        let steps = i128::from(self.fair).checked_shl(u32::from(self.shift));
        Ok(Value::new(steps.ok_or(PlimsollError::MathOverflow)?))
    }
}
