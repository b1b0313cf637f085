//! What is a quote worth after the price moved? Between two refreshes, to the first order.
//!
//! With `r` the relative move of the price since, a value moves by `r · delta`, and stays within what
//! exercise at the forward of now would give and what the option can be worth at most. For an option
//! that is convex in the price (each is, outside the window and inside) the tangent lies below: the
//! mark is never above the formula's value by more than roundings, and short of it by at most
//!
//! > `½ · r² · (the largest gamma on the way)`, and `|r| · P · lot`
//!
//! The largest gamma of all is `P · lot · φ(0) / w`. With `w = 5 %` (a day at 95 %, a week at 36 %)
//! and `r` of half a per cent, that is at most 1.0 · 10^-4 of the notional. That is why a quote may be
//! used for a bounded move only: its user holds `r` to a bound and asks for a refresh beyond.

use crate::black76::Kind;
use crate::fixed::price_floor;
use crate::quote::OptionQuote;
use crate::OptionError;
use plimsoll_units::{MathError, Price, Value};

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

/// Where a quote was made, and how it moves; for one lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Call or put.
    pub kind: Kind,
    /// The strike, in quote atoms.
    pub strike: Price,
    /// The price, in quote atoms.
    pub spot: Price,
    /// The forward, what is fixed of it included, in quote atoms.
    pub forward: Price,
    /// What of the forward moves with the price.
    pub carried: Value,
    /// What of the value moves with the price.
    pub delta: Value,
}

/// The values of a quote with the price at `spot_now`; exactly those of the quote where it did not
/// move. Each step of the calculation is cut at 2^-48 quote atoms; a value of nothing is one such
/// step. `NotionalOutOfRange` where a result does not fit.
pub fn mark_at(quote: &OptionQuote, spot_now: Price) -> Result<Values, OptionError> {
    if quote.mark.spot == spot_now {
        return Ok(quote.values);
    }
    quote.mark.moved(&quote.values, spot_now).map_err(|_| OptionError::NotionalOutOfRange)
}

impl Mark {
    fn moved(&self, values: &Values, spot_now: Price) -> Result<Values, MathError> {
        let factor = spot_now.checked_div(self.spot)?;
        let strike = self.strike.value_floor(1)?;
        let forward = self.forward.value_floor(1)?.checked_add(change(self.carried, factor)?)?;
        let forward = forward.max(Value::ZERO);
        let (gain, most) = match self.kind {
            Kind::Call => (forward.checked_sub(strike)?, forward),
            Kind::Put => (strike.checked_sub(forward)?, strike),
        };
        values.moved(change(self.delta, factor)?, gain.max(Value::ZERO), most)
    }
}

/// What `part` changes by as it is multiplied.
pub(crate) fn change(part: Value, factor: Price) -> Result<Value, MathError> {
    part.mul_price_floor(factor)?.checked_sub(part)
}

impl Values {
    /// Each more by `change`, from `least` to `most`, one step at least.
    pub(crate) fn moved(
        &self,
        change: Value,
        least: Value,
        most: Value,
    ) -> Result<Self, MathError> {
        let at = |price: Price| {
            let value = price.value_floor(1)?.checked_add(change)?;
            let value = value.max(least).min(most).max(Value::STEP);
            price_floor(value.get().unsigned_abs(), -VALUE_BITS).ok_or(MathError::Overflow)
        };
        Ok(Self { low: at(self.low)?, fair: at(self.fair)?, high: at(self.high)? })
    }
}

/// Bits behind the point of a [`Value`].
const VALUE_BITS: i64 = 48;
