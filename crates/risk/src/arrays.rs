//! What may a lot of an option gain or lose?
//!
//! A row that does not move one to one with its underlying's price (an option, or a dated future
//! while its settlement price is being averaged) is described by a **risk array**: what one lot
//! of it gains in each scenario. Somebody else priced it; here it is a table.

use crate::{RiskError, Scenario, ScenarioSet, SCENARIOS_MAX};
use plimsoll_units::{divide, wide, MathError, Price, Ratio, Value};

/// A place in a table of the market, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Place(u16);

impl Place {
    /// In no table.
    pub const NONE: Self = Self(u16::MAX);

    /// Entry `index` of the table; the largest number means none.
    #[inline]
    pub const fn new(index: u16) -> Self {
        Self(index)
    }

    /// Is there no entry?
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }

    /// The entry, if the table has it.
    #[inline]
    pub fn find<T>(self, table: &[T]) -> Option<&T> {
        if self.is_none() {
            return None;
        }
        table.get(usize::from(self.0))
    }
}

/// What a lot pays at expiry, if the underlying's final price is `S` per lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payoff {
    /// `max(S − strike, 0)`.
    Call {
        /// Quote atoms per lot.
        strike: Price,
    },
    /// `max(strike − S, 0)`.
    Put {
        /// Quote atoms per lot.
        strike: Price,
    },
    /// `S`: a dated future whose settlement price is being averaged.
    Linear,
}

/// What a long lot gains in each scenario, in offset binary: zero is written as 2^31.
///
/// A half word with a sign costs the chain's machine three instructions to read, one without a
/// sign a single one; and every check reads sixteen for every option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Outcomes([u32; SCENARIOS_MAX]);

impl Outcomes {
    /// How zero is written.
    pub const OFFSET: u32 = 1 << 31;

    /// Outcomes by their numbers.
    #[inline]
    pub fn new(numbers: [i32; SCENARIOS_MAX]) -> Self {
        Self(numbers.map(|one| one.cast_unsigned() ^ Self::OFFSET))
    }

    /// Outcomes that are in offset binary already.
    #[inline]
    pub const fn from_offset_binary(raised: [u32; SCENARIOS_MAX]) -> Self {
        Self(raised)
    }

    /// The numbers.
    #[inline]
    pub fn get(&self) -> [i32; SCENARIOS_MAX] {
        self.0.map(|one| (one ^ Self::OFFSET).cast_signed())
    }

    /// As they are written: each too large by [`Outcomes::OFFSET`].
    #[inline]
    pub(crate) const fn raised(&self) -> &[u32; SCENARIOS_MAX] {
        &self.0
    }
}

/// What one lot of an array row may gain or lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskArray {
    /// What a long lot gains in each scenario, weighted, in units of `2^shift` value steps
    /// (`2^(shift−48)` quote atoms), rounded away from zero by who made it. Zeros where the set
    /// has fewer scenarios.
    pub outcomes: Outcomes,
    /// The notional that a lot moves with (Δ · P · lot), signed, in the same unit.
    pub delta: i64,
    /// The unit; at most 63. Rows of one underlying are added fastest where they agree in it.
    pub shift: u8,
    /// What a lot is worth, in the same unit; not below zero.
    pub fair: i64,
    /// What a long lot counts at when opening, in the same unit; not above the fair value.
    pub low: i64,
    /// What a short lot counts at when opening, in the same unit; not below the fair value.
    pub high: i64,
    /// Required of a short lot on top, whatever the scenarios say, in the unit of the outcomes.
    pub short_floor: i64,
    /// What is paid in the end.
    pub payoff: Payoff,
    /// Unix seconds. Rows of one expiry are settled at one price.
    pub expires_at: i64,
    /// How much of what is paid in the end is known by now?
    pub phase: Phase,
}

/// How much of what a contract pays in the end is known?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing: it follows the price.
    Open,
    /// A part, while the settlement price is being averaged: it no longer follows the price one to one.
    Fading,
    /// All of it: it needs no price any more.
    Settled,
}

impl RiskArray {
    /// What so many lots are worth, exactly.
    #[inline]
    pub fn value(&self, lots: i64) -> Result<Value, MathError> {
        self.units(self.fair, lots)
    }

    /// What so many lots count at when opening, exactly.
    #[inline]
    pub(crate) fn strict_value(&self, lots: i64) -> Result<Value, MathError> {
        self.units(self.strict(lots), lots)
    }

    /// What a lot counts at when opening, on the side of so many.
    #[inline]
    pub(crate) const fn strict(&self, lots: i64) -> i64 {
        if lots < 0 {
            self.high
        } else {
            self.low
        }
    }

    fn units(&self, per_lot: i64, lots: i64) -> Result<Value, MathError> {
        Value::from_scaled(per_lot, self.shift)?.times(lots)
    }
}

/// Bits behind the point of a linear factor.
pub(crate) const FACTOR_BITS: u8 = 27;

/// What a row that moves one to one with the price gains in each scenario, per notional and
/// weighted: `scan · s_k · w_k`, in 2^-27.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearShocks {
    /// Up to sixteen times the notional on either side.
    pub factors: [i32; SCENARIOS_MAX],
}

impl LinearShocks {
    /// The shocks of a set at a scan range, each the nearest one. Depends on settings alone, so
    /// that it can be computed once and stored. `OutOfRange` for a shock beyond sixteen times the
    /// notional.
    pub fn new(set: &ScenarioSet, scan: Ratio) -> Result<Self, RiskError> {
        let mut factors = [0; SCENARIOS_MAX];
        for (factor, scenario) in factors.iter_mut().zip(set.iter()) {
            *factor = linear_factor(scenario, scan)?;
        }
        Ok(Self { factors })
    }
}

/// `scan · shock · weight` in 2^-27, the nearest.
fn linear_factor(scenario: &Scenario, scan: Ratio) -> Result<i32, MathError> {
    /// A thousand million, twice: three times parts per million.
    const PARTS: u32 = 1_000_000_000;
    const HALF: u128 = 500_000_000_000_000_000;
    let Scenario { shock, weight, .. } = *scenario;
    let damped = u64::from(shock.unsigned_abs()).saturating_mul(u64::from(weight.ppm()));
    let (high, low) = wide::mul_u64(damped, u64::from(scan.ppm()));
    // Below 2^96, since a sound set's damped shock is below 10^13.
    if high >> 32 != 0 {
        return Err(MathError::OutOfRange);
    }
    let raised = (wide::join(high, low) << FACTOR_BITS).wrapping_add(HALF);
    let (high, low) = divide::div_u128_u32(wide::high_u64(raised), wide::low_u64(raised), PARTS);
    let (high, low) = divide::div_u128_u32(high, low, PARTS);
    let size = i64::try_from(low).map_err(|_| MathError::OutOfRange)?;
    let factor = if shock < 0 { size.wrapping_neg() } else { size };
    match (high, i32::try_from(factor)) {
        (0, Ok(factor)) => Ok(factor),
        _ => Err(MathError::OutOfRange),
    }
}
