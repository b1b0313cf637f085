//! What is the most that a book of options can lose?
//!
//! At expiry an option pays by the final price alone, so that a book of one expiry pays a broken
//! line over that price. Where the line does not fall for ever, its lowest point is at a price of
//! zero or at a strike, and the book cannot lose more than it is worth now less what it pays
//! there. No requirement need be larger: a spread never needs more than its largest loss, and an
//! option that was bought never more than it is worth.
//!
//! Prices are counted per lot of the first row, and slopes in such lots: rows whose lots are as
//! large, as those of one underlying mostly are, need no division. A slope is rounded down, which
//! lowers what is paid at any price.

use crate::array_sums::{BoundRow, BOUND_ROWS_MAX};
use crate::{Payoff, Phase};
use plimsoll_units::{wide, MathError, Price, Value};

/// The rows of an underlying, and what the linear ones beside them come to.
pub(crate) struct Book<'a> {
    pub(crate) rows: &'a [Option<BoundRow<'a>>],
    /// Long less short value of the linear rows.
    pub(crate) net: Value,
    /// Larger of the two.
    pub(crate) gross: Value,
    /// Long less short value of all rows.
    pub(crate) value: Value,
}

impl Book<'_> {
    /// The largest loss at expiry, where it is less than `limit`; `None` where it is not, or is
    /// without bound.
    ///
    /// Each expiry is bounded by itself. The linear rows join the one where that helps most, and
    /// that does not fade; any choice is a bound, since they can be closed at its price. Or they
    /// are bounded apart, where a long can lose all of its value, and a short anything.
    #[inline(never)]
    pub(crate) fn loss_below(&self, limit: Value) -> Result<Option<Value>, MathError> {
        // Most books end here, before a kilobyte of points is emptied and anything divided.
        if self.loses_at_zero(limit)? || self.falls_for_ever()? {
            return Ok(None);
        }
        let Some(unit) = Unit::of(self)? else {
            return Ok(None);
        };
        let mut points = Points { held: [None; BOUND_ROWS_MAX], count: 0 };
        let (mut pay_at_zero, mut end, mut size) = (Value::ZERO, unit.net, unit.net.unsigned_abs());
        for row in self.rows.iter().flatten() {
            let point = unit.point(row)?;
            pay_at_zero = pay_at_zero.checked_add(point.pay_at_zero()?)?;
            end = end.saturating_add(point.after);
            size = size.saturating_add(point.after.abs_diff(point.before));
            points.insert(point);
        }
        // No book pays more at its worst than where all prices end at zero, or than far up.
        let slack = tolerance(size, points.count);
        if self.value.checked_sub(pay_at_zero)? >= limit || end.saturating_add(slack) < 0 {
            return Ok(None);
        }
        let mut least = Least { apart: Value::ZERO, joining: self.apart(), open: false };
        let mut rest = points.held.get(..points.count).unwrap_or_default();
        while let Some((group, later)) = first_expiry(rest) {
            let apart = least_pay(group, 0, slack)?;
            let fades = group.iter().flatten().any(|point| point.fading);
            let joined = match unit.net == 0 || fades {
                true => None,
                false => least_pay(group, unit.net, slack)?,
            };
            if !least.add(apart, joined)? {
                return Ok(None);
            }
            rest = later;
        }
        let Some(joining) = least.joining else {
            return Ok(None);
        };
        let pay = least.apart.checked_add(joining)?;
        let loss = self.value.checked_sub(pay)?.max(Value::ZERO);
        Ok((loss < limit).then_some(loss))
    }

    /// Is so much lost where all prices end at zero, where only puts pay?
    fn loses_at_zero(&self, limit: Value) -> Result<bool, MathError> {
        let mut loss = self.value;
        for row in self.rows.iter().flatten() {
            if let Payoff::Put { strike } = row.array.payoff {
                loss = loss.checked_sub(strike.value_floor(row.quantity)?)?;
            }
        }
        Ok(loss >= limit)
    }

    /// Does all of it together fall for ever as prices rise, by more than every part of it may by
    /// rounding? Then some part of it has no bound. Answers without a division, and only where all
    /// lots are of one size.
    fn falls_for_ever(&self) -> Result<bool, MathError> {
        let (mut rising, mut lots, mut size) = (0_i64, 0_i64, None);
        for BoundRow { array, notional, quantity } in self.rows.iter().flatten() {
            let same = *size.get_or_insert(*notional) == *notional;
            if !same || quantity.unsigned_abs() > LOTS_MAX {
                return Ok(false);
            }
            // Of two dozen rows: nothing wraps.
            lots = lots.wrapping_add(quantity.wrapping_abs());
            if !matches!(array.payoff, Payoff::Put { .. }) {
                rising = rising.wrapping_add(*quantity);
            }
        }
        let Some(size) = size else {
            return Ok(false);
        };
        let end = self.net.checked_add(size.value_ceil(rising)?)?;
        if !end.is_negative() {
            return Ok(false);
        }
        // What `tolerance` leaves each part, of which there are no more than rows and one: a part
        // of all slopes, and for each row a last bit, at most 2^-32 of a lot or less of that part.
        let gross = self.gross.checked_add(size.value_ceil(lots)?)?;
        let parts = i64::try_from(self.rows.len()).unwrap_or(i64::MAX).saturating_add(2);
        let bit = Value::new((size.value_ceil(1)?.get() >> 32).wrapping_add(1)).times(parts)?;
        let share = Value::new((gross.get() >> 39).wrapping_add(64));
        let spare = share.checked_add(bit)?.times(parts)?;
        Ok(end.checked_add(spare)?.is_negative())
    }

    /// The least that the linear rows pay by themselves: nothing, where they are not short by more
    /// than what rounding may make of a perfect hedge.
    fn apart(&self) -> Option<Value> {
        // A part of a number is far below the largest one.
        let slack = (self.gross.get() >> 40).wrapping_add(64);
        let short = self.net.get().saturating_add(slack).is_negative();
        (!short).then_some(Value::ZERO)
    }
}

/// Rows of more lots are not looked at for a cheap answer.
const LOTS_MAX: u64 = 1 << 32;

/// By how much a slope may be off, of slopes of `size` in all: 2^-40 of them, and a last bit for
/// each row and for the linear ones.
fn tolerance(size: u64, rows: usize) -> i64 {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    i64::try_from(size >> 40).unwrap_or(i64::MAX).saturating_add(rows).saturating_add(2)
}

/// What slopes and levels are counted in.
struct Unit {
    notional: Price,
    /// Bits behind the point of a slope.
    bits: u8,
    /// Slope of the linear rows.
    net: i64,
}

impl Unit {
    /// Lots of the first row; `None` without a row, or with more lots than fit.
    fn of(book: &Book<'_>) -> Result<Option<Self>, MathError> {
        let Some(first) = book.rows.iter().flatten().next() else {
            return Ok(None);
        };
        let notional = first.notional;
        let net = match book.net.is_zero() {
            true => Value::ZERO,
            false => book.net.mul_price_floor(notional.recip()?)?,
        };
        // One lot is the unit of this sum; parts of them count as one more.
        let mut unit = Self { notional, bits: 0, net: 0 };
        let mut lots = net.to_quote_floor()?.get().unsigned_abs();
        for row in book.rows.iter().flatten() {
            let lots_held = match row.notional == notional {
                true => row.quantity,
                false => unit.converted(row.notional, row.quantity)?,
            };
            lots = lots.saturating_add(lots_held.unsigned_abs()).saturating_add(1);
        }
        // Sums of all slopes stay below 2^61.
        let free = wide::leading_zeros(lots).saturating_sub(4).min(32);
        let Ok(bits) = u8::try_from(free) else {
            return Ok(None);
        };
        if lots >> 60 != 0 {
            return Ok(None);
        }
        unit.bits = bits;
        unit.net = unit.slope_of(net)?;
        Ok(Some(unit))
    }

    /// A row as a point of the line.
    fn point(&self, row: &BoundRow<'_>) -> Result<Point, MathError> {
        let BoundRow { array, notional, quantity } = *row;
        let same = notional == self.notional;
        let rise = if same {
            quantity.wrapping_shl(self.bits.into())
        } else {
            self.converted(notional, quantity)?
        };
        let (strike, before, after) = match array.payoff {
            Payoff::Linear => (self.notional, rise, rise),
            Payoff::Call { strike } => (strike, 0, rise),
            Payoff::Put { strike } => (strike, rise.saturating_neg(), 0),
        };
        let level = match same {
            true => strike,
            false => strike.checked_mul(self.notional.checked_div(notional)?)?,
        };
        Ok(Point {
            expires_at: array.expires_at,
            level: level.halved(self.bits)?,
            before,
            after,
            fading: array.phase != Phase::Open,
        })
    }

    /// Slope of `quantity` lots of another size, toward minus infinity.
    #[cold]
    fn converted(&self, notional: Price, quantity: i64) -> Result<i64, MathError> {
        self.slope_of(notional.checked_div(self.notional)?.value_floor(quantity)?)
    }

    /// So many lots as a slope, toward minus infinity.
    fn slope_of(&self, lots: Value) -> Result<i64, MathError> {
        let (slope, _) = lots.to_scaled(48u8.wrapping_sub(self.bits)).ok_or(MathError::Overflow)?;
        Ok(slope)
    }
}

/// Where the line is broken, and what a row adds to it. Small enough to be copied word by word.
#[derive(Clone, Copy)]
struct Point {
    expires_at: i64,
    /// The strike, as a step of a slope's last bit counts it.
    level: Price,
    /// Slope below the level.
    before: i64,
    /// Slope above it.
    after: i64,
    fading: bool,
}

impl Point {
    /// What the row pays at a price of zero.
    fn pay_at_zero(&self) -> Result<Value, MathError> {
        // Only a put falls up to its strike and is flat beyond.
        if self.before == 0 || self.after != 0 {
            return Ok(Value::ZERO);
        }
        self.level.value_floor(self.before.saturating_neg())
    }

    /// May the row cost its holder anything in the end?
    const fn owes(&self) -> bool {
        self.after < 0 || self.before > 0
    }
}

/// Points by expiry and level.
struct Points {
    held: [Option<Point>; BOUND_ROWS_MAX],
    count: usize,
}

impl Points {
    /// Puts a point where it belongs; rows mostly come in their order.
    fn insert(&mut self, point: Point) {
        let order = |one: &Point| (one.expires_at, one.level);
        let (mut carried, key) = (Some(point), order(&point));
        let is_before = |one: &Option<Point>| one.as_ref().is_some_and(|one| order(one) <= key);
        let held = self.held.get(..self.count).unwrap_or_default();
        let later = held.iter().rev().take_while(|one| !is_before(one)).count();
        let from = self.count.saturating_sub(later);
        self.count = self.count.saturating_add(1);
        for slot in self.held.iter_mut().take(self.count).skip(from) {
            core::mem::swap(slot, &mut carried);
        }
    }
}

/// Splits off the points of the first expiry.
#[allow(clippy::type_complexity)]
fn first_expiry(points: &[Option<Point>]) -> Option<(&[Option<Point>], &[Option<Point>])> {
    let first = points.first()?.as_ref()?.expires_at;
    let is_first = |one: &&Option<Point>| one.as_ref().is_some_and(|one| one.expires_at == first);
    points.split_at_checked(points.iter().take_while(is_first).count())
}

/// The least that the rows of one expiry, and `net` in linear ones, pay at any final price; `None`
/// where it falls for ever.
fn least_pay(group: &[Option<Point>], net: i64, slack: i64) -> Result<Option<Value>, MathError> {
    let (mut slope, mut end, mut pay, mut owes) = (net, net, Value::ZERO, net < 0);
    for point in group.iter().flatten() {
        slope = slope.checked_add(point.before).ok_or(MathError::Overflow)?;
        end = end.checked_add(point.after).ok_or(MathError::Overflow)?;
        pay = pay.checked_add(point.pay_at_zero()?)?;
        owes |= point.owes();
    }
    if end.saturating_add(slack) < 0 {
        return Ok(None);
    }
    let mut least = pay;
    let mut at: Option<Price> = None;
    for point in group.iter().flatten() {
        let step = match at {
            Some(at) if at == point.level => None,
            Some(at) => Some(point.level.checked_sub(at)?),
            None => Some(point.level),
        };
        if let Some(step) = step {
            pay = pay.checked_add(step.value_floor(slope)?)?;
            least = least.min(pay);
            at = Some(point.level);
        }
        let rise = point.after.checked_sub(point.before).ok_or(MathError::Overflow)?;
        slope = slope.checked_add(rise).ok_or(MathError::Overflow)?;
    }
    // What only receives never pays: no rounding may say so.
    Ok(Some(if owes { least } else { least.max(Value::ZERO) }))
}

/// The least pay of several expiries.
struct Least {
    /// Of all expiries that are bounded by themselves.
    apart: Value,
    /// What the linear rows add to that at best, by themselves or in some expiry; `None` where
    /// they are without bound.
    joining: Option<Value>,
    /// Is there an expiry that is not bounded without them?
    open: bool,
}

impl Least {
    /// Adds an expiry by its least pay without and with the linear rows; false where that leaves
    /// nothing that bounds the book.
    fn add(&mut self, apart: Option<Value>, joined: Option<Value>) -> Result<bool, MathError> {
        match (apart, joined) {
            (None, None) => return Ok(false),
            (None, Some(_)) if self.open => return Ok(false),
            (None, joined) => {
                self.open = true;
                self.joining = joined;
            }
            (Some(apart), joined) => {
                self.apart = self.apart.checked_add(apart)?;
                if let (Some(joined), false) = (joined, self.open) {
                    let gained = joined.checked_sub(apart)?;
                    self.joining = Some(self.joining.map_or(gained, |best| best.max(gained)));
                }
            }
        }
        Ok(true)
    }
}
