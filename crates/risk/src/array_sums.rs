//! What do the array rows of one underlying come to?
//!
//! Outcomes are summed where that is cheap: a quantity times an outcome is one product of a word,
//! and as long as the rows agree in their unit and have fewer than 2^31 lots in all, so is the sum
//! (2^31 lots of 2^31 units each, and as much again for linear rows). What does not fit goes to
//! sums of two words, exactly.

use crate::arrays::FACTOR_BITS;
use crate::margin::Check;
use crate::{LinearShocks, RiskArray, RiskError, SCENARIOS_MAX};
use plimsoll_units::{MathError, Value};

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
    /// First scenario of the sums below, and their number.
    first: usize,
    count: usize,
    /// What is summed in a word, in units of `2^shift` steps: outcomes of all rows, the notional
    /// that they move with, that of the short ones, and what these require at least.
    near: [i64; SCENARIOS_MAX],
    near_delta: i64,
    near_delta_short: i64,
    near_floors: i64,
    shift: u8,
    /// Lots in these, long and short: below 2^31.
    lots: u64,
    /// What is in none of these.
    far: Option<Far>,
    rows: [Option<BoundRow<'a>>; BOUND_ROWS_MAX],
    held: usize,
}

/// Sums of two words, for what does not fit one.
#[derive(Clone, Copy)]
struct Far {
    outcomes: [Value; SCENARIOS_MAX],
    delta: Value,
    delta_short: Value,
    floors: Value,
}

impl Far {
    const NONE: Self = Self {
        outcomes: [Value::ZERO; SCENARIOS_MAX],
        delta: Value::ZERO,
        delta_short: Value::ZERO,
        floors: Value::ZERO,
    };
}

impl<'a> ArraySums<'a> {
    /// Of no rows yet, and of no underlying: see [`ArraySums::restart`].
    pub(crate) const fn new() -> Self {
        Self {
            long: Value::ZERO,
            short: Value::ZERO,
            strict: Value::ZERO,
            first: 0,
            count: 0,
            near: [0; SCENARIOS_MAX],
            near_delta: 0,
            near_delta_short: 0,
            near_floors: 0,
            shift: 0,
            lots: 0,
            far: None,
            rows: [None; BOUND_ROWS_MAX],
            held: 0,
        }
    }

    /// Begins an underlying. What the lists hold is written over by its rows: emptying half a
    /// kilobyte for each underlying would cost as much as a row.
    #[inline]
    pub(crate) fn restart(&mut self, scope: Scope<'_>, underlying: u16) -> Result<(), RiskError> {
        (self.first, self.count) = scope.range(underlying)?;
        (self.long, self.short, self.strict) = (Value::ZERO, Value::ZERO, Value::ZERO);
        (self.near_delta, self.near_delta_short, self.near_floors) = (0, 0, 0);
        (self.lots, self.shift, self.held) = (0, 0, 0);
        self.far = None;
        Ok(())
    }

    /// The rows for the bound at expiry; `None` if there are too many.
    pub(crate) fn rows(&self) -> Option<&[Option<BoundRow<'a>>]> {
        self.rows.get(..self.held)
    }

    /// Notional that the rows move with.
    pub(crate) fn delta(&self) -> Result<Value, MathError> {
        let near = Value::from_scaled(self.near_delta, self.shift)?;
        self.far.map_or(Ok(near), |far| near.checked_add(far.delta))
    }

    /// The same of the short rows alone.
    pub(crate) fn delta_short(&self) -> Result<Value, MathError> {
        let near = Value::from_scaled(self.near_delta_short, self.shift)?;
        self.far.map_or(Ok(near), |far| near.checked_add(far.delta_short))
    }

    /// What the short rows require at least.
    pub(crate) fn floors(&self) -> Result<Value, MathError> {
        let near = Value::from_scaled(self.near_floors, self.shift)?;
        self.far.map_or(Ok(near), |far| near.checked_add(far.floors))
    }

    /// Adds a row of `quantity` lots, worth `value` at their fair price.
    #[inline(always)]
    pub(crate) fn add(
        &mut self,
        array: &'a RiskArray,
        quantity: i64,
        value: Value,
        check: Check,
    ) -> Result<(), RiskError> {
        if check == Check::Initial {
            self.strict = self.strict.checked_add(array.strict_value(quantity)?)?;
        }
        if quantity < 0 {
            self.short = self.short.checked_sub(value)?;
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
        let (Ok(delta), Ok(floor)) = (i32::try_from(array.delta), i32::try_from(array.short_floor))
        else {
            return self.add_far(array, quantity);
        };
        if lots > u64::from(u32::MAX >> 1) || array.shift != self.shift {
            return self.add_far(array, quantity);
        }
        self.lots = lots;
        // See the head of the file: nothing wraps.
        let delta = quantity.wrapping_mul(i64::from(delta));
        self.near_delta = self.near_delta.wrapping_add(delta);
        if quantity < 0 {
            self.near_delta_short = self.near_delta_short.wrapping_add(delta);
            let floor = quantity.wrapping_mul(i64::from(floor));
            self.near_floors = self.near_floors.wrapping_sub(floor);
        }
        if is_first {
            return self.begin_outcomes(array, quantity);
        }
        if self.count == SCENARIOS_MAX {
            // By eight: the loop itself would cost half as much again as what it does.
            let eights = self.near.as_chunks_mut::<8>().0.iter_mut();
            for (near, outcomes) in eights.zip(array.outcomes.as_chunks::<8>().0) {
                add_eight(near, outcomes, |near, outcome| {
                    near.wrapping_add(quantity.wrapping_mul(outcome))
                });
            }
            return Ok(());
        }
        let outcomes = array.outcomes.iter().skip(self.first).take(self.count);
        for (near, outcome) in self.near.iter_mut().zip(outcomes) {
            *near = near.wrapping_add(quantity.wrapping_mul(i64::from(*outcome)));
        }
        Ok(())
    }

    /// The first row's outcomes, in the place of what was there.
    #[inline]
    fn begin_outcomes(&mut self, array: &RiskArray, quantity: i64) -> Result<(), RiskError> {
        if self.count == SCENARIOS_MAX {
            let eights = self.near.as_chunks_mut::<8>().0.iter_mut();
            for (near, outcomes) in eights.zip(array.outcomes.as_chunks::<8>().0) {
                add_eight(near, outcomes, |_, outcome| quantity.wrapping_mul(outcome));
            }
            return Ok(());
        }
        let outcomes = array.outcomes.iter().skip(self.first).take(self.count);
        for (near, outcome) in self.near.iter_mut().zip(outcomes) {
            *near = quantity.wrapping_mul(i64::from(*outcome));
        }
        Ok(())
    }

    /// Adds what does not fit beside the others.
    #[inline(never)]
    fn add_far(&mut self, array: &RiskArray, quantity: i64) -> Result<(), RiskError> {
        if self.lots == 0 {
            self.near = [0; SCENARIOS_MAX];
        }
        let far = self.far.get_or_insert(Far::NONE);
        let delta = Value::from_scaled(array.delta, array.shift)?.times(quantity)?;
        far.delta = far.delta.checked_add(delta)?;
        if quantity < 0 {
            far.delta_short = far.delta_short.checked_add(delta)?;
            let floor = Value::from_scaled(array.short_floor, array.shift)?.times(quantity)?;
            far.floors = far.floors.checked_sub(floor)?;
        }
        let outcomes = array.outcomes.iter().skip(self.first).take(self.count);
        let in_a_word = quantity.unsigned_abs() <= u64::from(u32::MAX);
        for (sum, outcome) in far.outcomes.iter_mut().zip(outcomes) {
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
        let near = self.near.get(..self.count)?;
        let (mut least, mut worst) = (0, self.first);
        if net.is_zero() {
            for (gain, index) in near.iter().zip(self.first..) {
                if *gain < least {
                    (least, worst) = (*gain, index);
                }
            }
        } else {
            let net = NearValue::new(net, self.shift)?;
            let factors = shocks.factors.get(self.first..)?;
            let mut index = self.first;
            // Both below 2^62.
            if net.is_narrow() {
                for (near, factor) in near.iter().zip(factors) {
                    let gain = near.wrapping_add(net.times_narrow(*factor));
                    if gain < least {
                        (least, worst) = (gain, index);
                    }
                    index = index.wrapping_add(1);
                }
            } else {
                for (near, factor) in near.iter().zip(factors) {
                    let gain = near.wrapping_add(net.times(*factor));
                    if gain < least {
                        (least, worst) = (gain, index);
                    }
                    index = index.wrapping_add(1);
                }
            }
        }
        let worst = if least == 0 { 0 } else { worst };
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
        let far = self.far.map_or([Value::ZERO; SCENARIOS_MAX], |far| far.outcomes);
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

/// Makes new sums of old ones and outcomes. See the head of the file: nothing wraps.
#[inline(always)]
fn add_eight(near: &mut [i64; 8], outcomes: &[i32; 8], sum: impl Fn(i64, i64) -> i64) {
    let add = |near: &mut i64, outcome: i32| *near = sum(*near, i64::from(outcome));
    let [a, b, c, d, e, f, g, h] = near;
    let [s, t, u, v, w, x, y, z] = *outcomes;
    add(a, s);
    add(b, t);
    add(c, u);
    add(d, v);
    add(e, w);
    add(f, x);
    add(g, y);
    add(h, z);
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
