//! What do the array rows of one underlying come to?
//!
//! Outcomes are summed where that is cheap: a quantity times an outcome is one product of a word,
//! and as long as the rows agree in their unit and have fewer than 2^32 lots in all, so is the sum
//! (2^32 lots of 2^31 units each). What does not fit goes to sums of two words, exactly.

use crate::arrays::FACTOR_BITS;
use crate::margin::Check;
use crate::{LinearShocks, RiskArray, RiskError, SCENARIOS_MAX};
use plimsoll_units::Value;

/// Array rows of one underlying that the bound at expiry can see. More are judged, but without a
/// bound.
pub(crate) const BOUND_ROWS_MAX: usize = 24;

/// Which scenarios are looked at?
#[derive(Clone, Copy)]
pub(crate) enum Scope<'w> {
    /// All of them: the worst one counts.
    All,
    /// One for each underlying, (underlying, scenario); none for those that are not named.
    Named(&'w [(u16, u8)]),
}

impl Scope<'_> {
    /// The scenarios of an underlying: from where, and how many.
    fn range(self, underlying: u16) -> Result<(usize, usize), RiskError> {
        let Self::Named(names) = self else {
            return Ok((0, SCENARIOS_MAX));
        };
        match names.iter().find(|(index, _)| *index == underlying) {
            None => Ok((0, 0)),
            Some(&(_, scenario)) if usize::from(scenario) < SCENARIOS_MAX => {
                Ok((usize::from(scenario), 1))
            }
            Some(&(_, scenario)) => Err(RiskError::NoSuchScenario { scenario }),
        }
    }
}

/// A row as the bound at expiry sees it.
#[derive(Clone, Copy)]
pub(crate) struct BoundRow<'a> {
    pub(crate) array: &'a RiskArray,
    pub(crate) quantity: i64,
}

/// The sums over the array rows of one underlying.
pub(crate) struct ArraySums<'a> {
    /// Value of the long rows at their fair price.
    pub(crate) long: Value,
    /// Magnitude of the value of the short rows at their fair price.
    pub(crate) short: Value,
    /// For opening: value of all rows at the strict price of their side.
    pub(crate) strict: Value,
    /// Notional that the rows move with.
    pub(crate) delta: Value,
    /// The same of the short rows alone.
    pub(crate) delta_short: Value,
    /// What is required of the short rows on top.
    pub(crate) floors: Value,
    /// First scenario of the sums below, and their number.
    first: usize,
    count: usize,
    /// Outcomes of all rows, in units of `2^shift` steps.
    near: [i64; SCENARIOS_MAX],
    shift: u8,
    /// Lots in `near`, long and short: below 2^32.
    lots: u64,
    /// What is not in `near`.
    far: Option<[Value; SCENARIOS_MAX]>,
    rows: [Option<BoundRow<'a>>; BOUND_ROWS_MAX],
    held: usize,
}

impl<'a> ArraySums<'a> {
    /// Of no rows yet, and of no underlying: see [`ArraySums::restart`].
    pub(crate) const fn new() -> Self {
        Self {
            long: Value::ZERO,
            short: Value::ZERO,
            strict: Value::ZERO,
            delta: Value::ZERO,
            delta_short: Value::ZERO,
            floors: Value::ZERO,
            first: 0,
            count: 0,
            near: [0; SCENARIOS_MAX],
            shift: 0,
            lots: 0,
            far: None,
            rows: [None; BOUND_ROWS_MAX],
            held: 0,
        }
    }

    /// Begins an underlying. What the arrays hold is written over by its first rows: emptying half
    /// a kilobyte for each underlying would cost as much as a row.
    pub(crate) fn restart(&mut self, scope: Scope<'_>, underlying: u16) -> Result<(), RiskError> {
        (self.first, self.count) = scope.range(underlying)?;
        (self.long, self.short, self.strict) = (Value::ZERO, Value::ZERO, Value::ZERO);
        (self.delta, self.delta_short) = (Value::ZERO, Value::ZERO);
        self.floors = Value::ZERO;
        (self.lots, self.shift, self.held) = (0, 0, 0);
        self.far = None;
        Ok(())
    }

    /// The rows for the bound at expiry; `None` if there are too many.
    pub(crate) fn rows(&self) -> Option<&[Option<BoundRow<'a>>]> {
        self.rows.get(..self.held)
    }

    /// Adds a row of `quantity` lots, worth `value` at their fair price.
    #[inline(never)]
    pub(crate) fn add(
        &mut self,
        array: &'a RiskArray,
        quantity: i64,
        value: Value,
        check: Check,
    ) -> Result<(), RiskError> {
        if check == Check::Initial {
            let strict = if quantity < 0 { array.high } else { array.low };
            self.strict = self.strict.checked_add(strict.value_floor(quantity)?)?;
        }
        let delta = Value::from_scaled(array.delta, array.shift)?.times(quantity)?;
        self.delta = self.delta.checked_add(delta)?;
        if quantity < 0 {
            self.short = self.short.checked_sub(value)?;
            self.delta_short = self.delta_short.checked_add(delta)?;
            if array.short_floor != 0 {
                let floor = Value::from_scaled(array.short_floor, array.shift)?.times(quantity)?;
                self.floors = self.floors.checked_sub(floor)?;
            }
        } else {
            self.long = self.long.checked_add(value)?;
        }
        if let Some(slot) = self.rows.get_mut(self.held) {
            *slot = Some(BoundRow { array, quantity });
        }
        self.held = self.held.saturating_add(1);
        self.add_outcomes(array, quantity)
    }

    #[inline]
    fn add_outcomes(&mut self, array: &RiskArray, quantity: i64) -> Result<(), RiskError> {
        let lots = self.lots.saturating_add(quantity.unsigned_abs());
        let is_first = self.lots == 0;
        if is_first {
            self.shift = array.shift;
        }
        if lots > u64::from(u32::MAX) || array.shift != self.shift {
            if is_first {
                self.near = [0; SCENARIOS_MAX];
            }
            return self.add_far(array, quantity);
        }
        self.lots = lots;
        let end = self.first.saturating_add(self.count);
        let outcomes = array.outcomes.get(self.first..end).unwrap_or(&[]);
        // See the head of the file: nothing wraps.
        if is_first {
            for (near, outcome) in self.near.iter_mut().zip(outcomes) {
                *near = quantity.wrapping_mul(i64::from(*outcome));
            }
        } else {
            for (near, outcome) in self.near.iter_mut().zip(outcomes) {
                *near = near.wrapping_add(quantity.wrapping_mul(i64::from(*outcome)));
            }
        }
        Ok(())
    }

    /// Adds outcomes that do not fit beside the others.
    fn add_far(&mut self, array: &RiskArray, quantity: i64) -> Result<(), RiskError> {
        let far = self.far.get_or_insert([Value::ZERO; SCENARIOS_MAX]);
        let outcomes = array.outcomes.iter().skip(self.first).take(self.count);
        let in_a_word = quantity.unsigned_abs() <= u64::from(u32::MAX);
        for (sum, outcome) in far.iter_mut().zip(outcomes) {
            let outcome = i64::from(*outcome);
            let gain = if in_a_word {
                Value::from_scaled(quantity.wrapping_mul(outcome), array.shift)?
            } else {
                Value::from_scaled(outcome, array.shift)?.times(quantity)?
            };
            *sum = sum.checked_add(gain)?;
        }
        Ok(())
    }

    /// Loss of these rows and of `net` in linear ones, in the worst of the scenarios that are
    /// looked at; not below zero. And which one that is, the first if there are several, zero
    /// where none loses.
    pub(crate) fn worst(
        &self,
        net: Value,
        shocks: &LinearShocks,
    ) -> Result<(Value, u8), RiskError> {
        if let Some((gain, index)) = self.worst_near(net, shocks) {
            return Ok((Value::from_scaled(gain, self.shift)?.checked_neg()?, index));
        }
        let mut worst = (Value::ZERO, 0);
        self.outcomes(net, shocks, |index, gain| {
            if gain < worst.0 {
                worst = (gain, index);
            }
        })?;
        Ok((worst.0.checked_neg()?, worst.1))
    }

    /// The least gain, at most zero, in units of the sums, rounded down; `None` where it takes
    /// more than a word.
    #[inline]
    fn worst_near(&self, net: Value, shocks: &LinearShocks) -> Option<(i64, u8)> {
        if self.far.is_some() {
            return None;
        }
        let net = NearValue::new(net, self.shift)?;
        let end = self.first.saturating_add(self.count);
        let factors = shocks.factors.get(self.first..end)?;
        let (mut least, mut worst) = (0, self.first);
        let mut index = self.first;
        // With half of the lots that fit, a gain has a bit to spare for the linear rows.
        if net.is_narrow() && self.lots < 1 << 31 {
            for (near, factor) in self.near.iter().zip(factors) {
                let gain = near.wrapping_add(net.times_narrow(*factor));
                if gain < least {
                    (least, worst) = (gain, index);
                }
                index = index.wrapping_add(1);
            }
        } else {
            for (near, factor) in self.near.iter().zip(factors) {
                let gain = near.checked_add(net.times(*factor))?;
                if gain < least {
                    (least, worst) = (gain, index);
                }
                index = index.wrapping_add(1);
            }
        }
        let worst = if least < 0 { worst } else { 0 };
        Some((least, u8::try_from(worst).unwrap_or(u8::MAX)))
    }

    /// What these rows and `net` in linear ones gain in each scenario that is looked at, rounded
    /// down.
    pub(crate) fn outcomes(
        &self,
        net: Value,
        shocks: &LinearShocks,
        mut visit: impl FnMut(u8, Value),
    ) -> Result<(), RiskError> {
        let far = self.far.unwrap_or([Value::ZERO; SCENARIOS_MAX]);
        let factors = shocks.factors.iter().skip(self.first).take(self.count);
        for (((near, far), factor), index) in
            self.near.iter().zip(&far).zip(factors).zip(self.first..)
        {
            let linear = net.mul_binary_floor(*factor, FACTOR_BITS)?;
            let gain = Value::from_scaled(*near, self.shift)?.checked_add(*far)?;
            visit(u8::try_from(index).unwrap_or(u8::MAX), gain.checked_add(linear)?);
        }
        Ok(())
    }
}

/// A value in units of `2^shift` steps, to be multiplied by linear factors in one word.
struct NearValue {
    floor: i64,
    ceil: i64,
}

impl NearValue {
    /// Below 2^58 units, so that nothing wraps below.
    fn new(value: Value, shift: u8) -> Option<Self> {
        let (floor, ceil) = value.to_scaled(shift)?;
        (floor.unsigned_abs().max(ceil.unsigned_abs()) < 1 << 58).then_some(Self { floor, ceil })
    }

    /// Below 2^32 units, so that a product with a factor fits a word?
    #[inline]
    fn is_narrow(&self) -> bool {
        self.floor.unsigned_abs().max(self.ceil.unsigned_abs()) < 1 << 32
    }

    /// [`NearValue::times`] of what is narrow: one product.
    #[inline]
    fn times_narrow(&self, factor: i32) -> i64 {
        let units = if factor < 0 { self.ceil } else { self.floor };
        units.wrapping_mul(i64::from(factor)) >> FACTOR_BITS
    }

    /// `value · factor`, toward minus infinity.
    #[inline]
    fn times(&self, factor: i32) -> i64 {
        let units = if factor < 0 { self.ceil } else { self.floor };
        let (high, low) = (units >> 32, units & 0xffff_ffff);
        let factor = i64::from(factor);
        // |high| <= 2^26 and |factor| <= 2^31: 2^62 after five places to the left.
        let low = low.wrapping_mul(factor) >> FACTOR_BITS;
        (high.wrapping_mul(factor) << (32 - FACTOR_BITS)).wrapping_add(low)
    }
}
