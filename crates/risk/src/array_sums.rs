//! What do the array rows of one underlying come to?
//!
//! Outcomes are summed where that is cheap: a quantity times an outcome is one product of a word,
//! and as long as the rows agree in their unit and have fewer than 2^31 lots in all, so is the sum
//! (2^31 lots of 2^31 units each, and as much again for linear rows). What does not fit goes to
//! sums of two words, exactly.
//!
//! Outcomes are read in offset binary, so that a sum in a word is too large by the offset times the
//! signed sum of lots. That product is taken off once, in the end. On the way a sum may wrap; what
//! is left in the end fits a word, and sums modulo 2^64 are exact where their result fits.

use crate::arrays::FACTOR_BITS;
use crate::margin::Check;
use crate::{LinearShocks, Outcomes, RiskArray, RiskError, SCENARIOS_MAX};
use plimsoll_units::{MathError, Price, Value};

/// Array rows of one underlying that the bound at expiry can see. More are judged, but without a
/// bound.
pub(crate) const BOUND_ROWS_MAX: usize = 24;

/// A row with a risk array.
#[derive(Clone, Copy)]
pub(crate) struct BoundRow<'a> {
    pub(crate) array: &'a RiskArray,
    /// What a lot is of, at the index price (quote atoms per lot).
    pub(crate) notional: Price,
    pub(crate) quantity: i64,
}

/// The sums over the array rows of one underlying.
///
/// In this order in memory, so that no more than four words side by side are emptied for an
/// underlying: more would be a call of `memset`, ten times as dear.
#[repr(C)]
pub(crate) struct ArraySums<'a> {
    /// Outcomes of all rows, summed in a word as all that is `near`, in units of `2^shift` steps; all
    /// too large by [`ArraySums::raised`].
    near: [i64; SCENARIOS_MAX],
    /// Fair value of the long rows, and magnitude of that of the short ones.
    near_long: i64,
    near_short: i64,
    /// For opening: value of all rows at the strict price of their side.
    near_strict: i64,
    /// Lots in these sums, long and short: below 2^31.
    lots: u64,
    /// Notional that the rows move with, and that of the short ones.
    near_delta: i64,
    near_delta_short: i64,
    /// What the short rows require at least.
    near_floors: i64,
    shift: u8,
    /// Rows in the list.
    held: usize,
    /// Lots in these sums, the long ones less the short ones.
    net_lots: i64,
    /// What is in none of these.
    far: Option<Far>,
    rows: [Option<BoundRow<'a>>; BOUND_ROWS_MAX],
}

/// Sums of two words, for what does not fit one.
#[derive(Clone, Copy)]
struct Far {
    outcomes: [Value; SCENARIOS_MAX],
    long: Value,
    short: Value,
    strict: Value,
    delta: Value,
    delta_short: Value,
    floors: Value,
}

impl Far {
    const NONE: Self = Self {
        outcomes: [Value::ZERO; SCENARIOS_MAX],
        long: Value::ZERO,
        short: Value::ZERO,
        strict: Value::ZERO,
        delta: Value::ZERO,
        delta_short: Value::ZERO,
        floors: Value::ZERO,
    };
}

impl<'a> ArraySums<'a> {
    /// Of no rows yet, and of no underlying: see [`ArraySums::restart`].
    pub(crate) const fn new() -> Self {
        Self {
            near: [0; SCENARIOS_MAX],
            near_long: 0,
            near_short: 0,
            near_strict: 0,
            lots: 0,
            net_lots: 0,
            near_delta: 0,
            near_delta_short: 0,
            near_floors: 0,
            shift: 0,
            held: 0,
            far: None,
            rows: [None; BOUND_ROWS_MAX],
        }
    }

    /// Begins an underlying. What the lists hold is written over by its rows: emptying half a
    /// kilobyte for each underlying would cost as much as a row.
    #[inline]
    pub(crate) fn restart(&mut self) {
        (self.near_long, self.near_short, self.near_strict) = (0, 0, 0);
        (self.near_delta, self.near_delta_short, self.near_floors) = (0, 0, 0);
        (self.lots, self.net_lots, self.shift, self.held) = (0, 0, 0, 0);
        self.far = None;
    }

    /// The rows for the bound at expiry; `None` if there are too many.
    pub(crate) fn rows(&self) -> Option<&[Option<BoundRow<'a>>]> {
        self.rows.get(..self.held)
    }

    /// Fair value of the long rows.
    pub(crate) fn long(&self) -> Result<Value, MathError> {
        self.with_far(self.near_long, |far| far.long)
    }

    /// Fair value of all rows.
    pub(crate) fn fair(&self) -> Result<Value, MathError> {
        // Neither is below zero.
        let near = self.near_long.wrapping_sub(self.near_short);
        match &self.far {
            None => Value::from_scaled(near, self.shift),
            Some(far) => {
                let far = far.long.checked_sub(far.short)?;
                Value::from_scaled(near, self.shift)?.checked_add(far)
            }
        }
    }

    /// For opening: value of all rows at the strict price of their side.
    pub(crate) fn strict(&self) -> Result<Value, MathError> {
        self.with_far(self.near_strict, |far| far.strict)
    }

    /// Notional that the rows move with.
    pub(crate) fn delta(&self) -> Result<Value, MathError> {
        self.with_far(self.near_delta, |far| far.delta)
    }

    /// The same of the short rows alone.
    pub(crate) fn delta_short(&self) -> Result<Value, MathError> {
        self.with_far(self.near_delta_short, |far| far.delta_short)
    }

    /// What the short rows require at least.
    pub(crate) fn floors(&self) -> Result<Value, MathError> {
        self.with_far(self.near_floors, |far| far.floors)
    }

    #[inline]
    fn with_far(&self, near: i64, part: impl Fn(&Far) -> Value) -> Result<Value, MathError> {
        let near = Value::from_scaled(near, self.shift)?;
        match &self.far {
            None => Ok(near),
            Some(far) => near.checked_add(part(far)),
        }
    }

    /// Adds a row.
    #[inline(always)]
    pub(crate) fn add(&mut self, row: BoundRow<'a>, check: Check) -> Result<(), RiskError> {
        if let Some(slot) = self.rows.get_mut(self.held) {
            *slot = Some(row);
        }
        // A count of rows.
        self.held = self.held.wrapping_add(1);
        let BoundRow { array, quantity, .. } = row;
        // Below 2^31, and at most 2^63 more.
        let lots = self.lots.wrapping_add(quantity.unsigned_abs());
        let is_first = self.lots == 0;
        if is_first {
            self.shift = array.shift;
        }
        let RiskArray { fair, low, high, delta, short_floor, .. } = *array;
        if !are_half_words([fair, low, high, delta, short_floor])
            || lots > u64::from(u32::MAX >> 1)
            || array.shift != self.shift
        {
            return self.add_far(array, quantity, check);
        }
        self.lots = lots;
        self.net_lots = self.net_lots.wrapping_add(quantity);
        // See the head of the file: nothing wraps.
        let times = |unit: i64| quantity.wrapping_mul(unit);
        let (fair, delta) = (times(array.fair), times(array.delta));
        self.near_delta = self.near_delta.wrapping_add(delta);
        if quantity < 0 {
            self.near_short = self.near_short.wrapping_sub(fair);
            self.near_delta_short = self.near_delta_short.wrapping_add(delta);
            self.near_floors = self.near_floors.wrapping_sub(times(array.short_floor));
        } else {
            self.near_long = self.near_long.wrapping_add(fair);
        }
        if check == Check::Initial {
            self.near_strict = self.near_strict.wrapping_add(times(array.strict(quantity)));
        }
        self.add_outcomes(array, quantity, is_first);
        Ok(())
    }

    #[inline]
    fn add_outcomes(&mut self, array: &RiskArray, quantity: i64, is_first: bool) {
        // By eight: the loop itself would cost half as much again as what it does.
        let eights = self.near.as_chunks_mut::<8>().0.iter_mut();
        let eights = eights.zip(array.outcomes.raised().as_chunks::<8>().0);
        if is_first {
            // In the place of what was there.
            for (near, outcomes) in eights {
                add_eight(near, outcomes, |_, outcome| quantity.wrapping_mul(outcome));
            }
        } else {
            for (near, outcomes) in eights {
                add_eight(near, outcomes, |near, outcome| {
                    near.wrapping_add(quantity.wrapping_mul(outcome))
                });
            }
        }
    }

    /// Adds what does not fit beside the others.
    #[inline(never)]
    fn add_far(&mut self, array: &RiskArray, quantity: i64, check: Check) -> Result<(), RiskError> {
        if self.lots == 0 {
            self.near = [0; SCENARIOS_MAX];
        }
        let far = self.far.get_or_insert(Far::NONE);
        let value = array.value(quantity)?;
        if quantity < 0 {
            far.short = far.short.checked_sub(value)?;
        } else {
            far.long = far.long.checked_add(value)?;
        }
        if check == Check::Initial {
            far.strict = far.strict.checked_add(array.strict_value(quantity)?)?;
        }
        let delta = Value::from_scaled(array.delta, array.shift)?.times(quantity)?;
        far.delta = far.delta.checked_add(delta)?;
        if quantity < 0 {
            far.delta_short = far.delta_short.checked_add(delta)?;
            let floor = Value::from_scaled(array.short_floor, array.shift)?.times(quantity)?;
            far.floors = far.floors.checked_sub(floor)?;
        }
        let in_a_word = quantity.unsigned_abs() <= u64::from(u32::MAX);
        for (sum, outcome) in far.outcomes.iter_mut().zip(array.outcomes.get()) {
            let outcome = i64::from(outcome);
            let gain = if in_a_word {
                Value::from_scaled(quantity.wrapping_mul(outcome), array.shift)?
            } else {
                Value::from_scaled(outcome, array.shift)?.times(quantity)?
            };
            *sum = sum.checked_add(gain)?;
        }
        Ok(())
    }

    /// Loss of these rows and of `net` in linear ones, in the worst scenario; not below zero.
    pub(crate) fn worst(&self, net: Value, shocks: &LinearShocks) -> Result<Value, RiskError> {
        if let Some(gain) = self.worst_near(net, shocks) {
            return Ok(Value::from_scaled(gain.wrapping_neg(), self.shift)?);
        }
        let mut worst = Value::ZERO;
        self.outcomes(net, shocks, |_, gain| worst = worst.min(gain))?;
        Ok(worst.checked_neg()?)
    }

    /// The least gain, at most zero, in units of the sums, rounded down; `None` where it takes
    /// more than a word.
    #[inline]
    fn worst_near(&self, net: Value, shocks: &LinearShocks) -> Option<i64> {
        if self.far.is_some() {
            return None;
        }
        let raised = self.raised();
        if net.is_zero() {
            return Some(self.least(shocks, |_| raised.wrapping_neg()));
        }
        let (floor, ceil) = net.to_scaled(self.shift)?;
        if floor.unsigned_abs().max(ceil.unsigned_abs()) >= 1 << 58 {
            return None;
        }
        let (floor, ceil) = (Halves::of(floor), Halves::of(ceil));
        Some(self.least(shocks, |factor| {
            let factor = i64::from(factor);
            let gain = if factor < 0 { ceil.times(factor) } else { floor.times(factor) };
            gain.wrapping_sub(raised)
        }))
    }

    /// What the sums of outcomes are too large by, modulo 2^64.
    #[inline(always)]
    fn raised(&self) -> i64 {
        self.net_lots.wrapping_mul(i64::from(Outcomes::OFFSET))
    }

    /// The least gain, at most zero, where `linear` makes what must be added to a sum: what linear rows
    /// gain by their factor, less what the sums are too large by.
    #[inline(always)]
    fn least(&self, shocks: &LinearShocks, linear: impl Fn(i32) -> i64) -> i64 {
        let mut least = 0;
        // Both parts of a gain are below 2^62 once the offset is off.
        let mut look = |near: i64, linear: i64| least = least.min(near.wrapping_add(linear));
        // By eight: see `add_outcomes`. Scenarios come in pairs, mostly, which move the volatility
        // alone.
        let eights = self.near.as_chunks::<8>().0.iter();
        for (near, factors) in eights.zip(shocks.factors.as_chunks::<8>().0) {
            let [a, b, c, d, e, f, g, h] = near;
            let [s, t, u, v, w, x, y, z] = factors;
            let first = linear(*s);
            look(*a, first);
            look(*b, if t == s { first } else { linear(*t) });
            let third = linear(*u);
            look(*c, third);
            look(*d, if v == u { third } else { linear(*v) });
            let fifth = linear(*w);
            look(*e, fifth);
            look(*f, if x == w { fifth } else { linear(*x) });
            let seventh = linear(*y);
            look(*g, seventh);
            look(*h, if z == y { seventh } else { linear(*z) });
        }
        least
    }

    /// What these rows and `net` in linear ones gain in each scenario, rounded down.
    pub(crate) fn outcomes(
        &self,
        net: Value,
        shocks: &LinearShocks,
        mut visit: impl FnMut(u8, Value),
    ) -> Result<(), RiskError> {
        let far = self.far.map_or([Value::ZERO; SCENARIOS_MAX], |far| far.outcomes);
        let sums = self.near.iter().zip(&far);
        for ((near, far), (factor, index)) in sums.zip(shocks.factors.iter().zip(0u8..)) {
            let linear = net.mul_binary_floor(*factor, FACTOR_BITS)?;
            let near = near.wrapping_sub(self.raised());
            let gain = Value::from_scaled(near, self.shift)?.checked_add(*far)?;
            visit(index, gain.checked_add(linear)?);
        }
        Ok(())
    }
}

/// Makes new sums of old ones and outcomes. See the head of the file: a sum may wrap on the way.
#[inline(always)]
fn add_eight(near: &mut [i64; 8], outcomes: &[u32; 8], sum: impl Fn(i64, i64) -> i64) {
    let add = |near: &mut i64, outcome: u32| *near = sum(*near, i64::from(outcome));
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

/// A number below 2^58, to be multiplied by linear factors in words.
#[derive(Clone, Copy)]
struct Halves {
    high: i64,
    low: i64,
}

impl Halves {
    #[inline]
    const fn of(number: i64) -> Self {
        Self { high: number >> 32, low: number & 0xffff_ffff }
    }

    /// `number · factor`, toward minus infinity.
    #[inline(always)]
    const fn times(self, factor: i64) -> i64 {
        // |high| <= 2^26 and |factor| <= 2^31: 2^62 after five places to the left.
        let low = self.low.wrapping_mul(factor) >> FACTOR_BITS;
        (self.high.wrapping_mul(factor) << (32 - FACTOR_BITS)).wrapping_add(low)
    }
}

/// True if all of these are numbers of `i32`.
#[inline(always)]
fn are_half_words(numbers: [i64; 5]) -> bool {
    // Raised by 2^31, such a number is one of `u32`.
    let raised = numbers.map(|number| number.wrapping_add(1 << 31).cast_unsigned());
    raised.into_iter().fold(0, |all, one| all | one) >> 32 == 0
}
