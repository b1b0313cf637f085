//! What is the most that a book of options can lose?
//!
//! At expiry an option pays by the final price alone, so that a book of one expiry pays a broken
//! line over that price. Where the line does not fall for ever, its lowest point is at a price of
//! zero or at a strike, and the book cannot lose more than it is worth now less what it pays
//! there. No requirement need be larger: a spread never needs more than its largest loss, and an
//! option that was bought never more than it is worth.
//!
//! Prices are counted in today's index price: the final price is `x` times it, a strike lies at
//! `x = strike / notional`, and a row's pay rises by its index notional per unit of `x`.

use crate::array_sums::{BoundRow, BOUND_ROWS_MAX};
use crate::Payoff;
use plimsoll_units::{MathError, Price, Value};

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
        // No book pays more at its worst than where all prices end at zero.
        if self.value.checked_sub(self.pay_at_zero()?)? >= limit {
            return Ok(None);
        }
        if self.falls_for_ever()? {
            return Ok(None);
        }
        let mut least = Least { apart: Value::ZERO, joining: self.apart()?, open: false };
        for (index, row) in self.held().enumerate() {
            let expires_at = row.array.expires_at;
            if self.held().take(index).any(|before| before.array.expires_at == expires_at) {
                continue;
            }
            let apart = self.least_pay(expires_at, Value::ZERO)?;
            let joined = match self.net.is_zero() || self.fades(expires_at) {
                true => None,
                false => self.least_pay(expires_at, self.net)?,
            };
            if !least.add(apart, joined)? {
                return Ok(None);
            }
        }
        let Some(joining) = least.joining else {
            return Ok(None);
        };
        let pay = least.apart.checked_add(joining)?;
        let loss = self.value.checked_sub(pay)?.max(Value::ZERO);
        Ok((loss < limit).then_some(loss))
    }

    fn held(&self) -> impl Iterator<Item = &BoundRow<'_>> {
        self.rows.iter().flatten()
    }

    /// Does all of it together fall for ever as prices rise, beyond what roundings could feign? Then
    /// no way to part it has a bound: the ends of the parts' lines add up to the one of the whole,
    /// and one of them is below its own tolerance where that is below all of theirs. Only an answer
    /// that comes cheap: where all lots are of one size.
    fn falls_for_ever(&self) -> Result<bool, MathError> {
        let (mut rising, mut lots, mut size) = (0_i64, 0_i64, None);
        for BoundRow { array, quantity } in self.held() {
            let same = *size.get_or_insert(array.notional) == array.notional;
            let small = quantity.unsigned_abs() <= LOTS_MAX;
            if !same || !small {
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
        if rising >= 0 && !self.net.is_negative() {
            return Ok(false);
        }
        // Each part's line starts from the gross of the linear rows, and each row rounds once.
        let gross = self.gross.checked_add(size.value_ceil(lots)?)?;
        let parts = i64::try_from(self.rows.len()).unwrap_or(i64::MAX).saturating_add(2);
        let spare = tolerance(gross).times(parts)?;
        let end = self.net.checked_add(size.value_ceil(rising)?)?;
        Ok(end.checked_add(spare)?.is_negative())
    }

    /// The least that the linear rows pay by themselves.
    fn apart(&self) -> Result<Option<Value>, MathError> {
        let short = self.net.checked_add(tolerance(self.gross))?.is_negative();
        Ok((!short).then_some(Value::ZERO))
    }

    /// Is the settlement price of an expiry being averaged?
    fn fades(&self, expires_at: i64) -> bool {
        self.held().any(|row| row.array.expires_at == expires_at && row.array.fading)
    }

    fn pay_at_zero(&self) -> Result<Value, MathError> {
        let mut pay = Value::ZERO;
        for row in self.held() {
            if let Payoff::Put { strike } = row.array.payoff {
                pay = pay.checked_add(strike.value_floor(row.quantity)?)?;
            }
        }
        Ok(pay)
    }

    /// The least that the rows of one expiry, and `net` in linear ones, pay at any final price;
    /// `None` where it falls for ever.
    fn least_pay(&self, expires_at: i64, net: Value) -> Result<Option<Value>, MathError> {
        let mut line = Line::new(net, self.gross);
        for row in self.held().filter(|row| row.array.expires_at == expires_at) {
            line.add(row)?;
        }
        line.least()
    }
}

/// Rows of no more lots are looked at for a cheap answer.
const LOTS_MAX: u64 = 1 << 32;

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

/// What sums of rounded values may be off from what they stand for: a hedge that is perfect may
/// look short by that much. 2^-40 of the values and 64 steps.
fn tolerance(gross: Value) -> Value {
    // Far below the largest number, since it is a part of a number.
    Value::new((gross.get() >> 40).wrapping_add(64))
}

/// Where the line is broken: from this price on it rises by this much more.
#[derive(Clone, Copy)]
struct Kink {
    level: Price,
    rise: Value,
}

/// Pay as a function of the final price.
struct Line {
    /// At a price of zero.
    start: Value,
    /// There, how fast it rises.
    slope: Value,
    /// Beyond the last strike, how fast it rises.
    end: Value,
    /// What went into the slopes, regardless of sign.
    gross: Value,
    /// Does anything in it cost its holder?
    owes: bool,
    kinks: [Option<Kink>; BOUND_ROWS_MAX],
    count: usize,
}

impl Line {
    const fn new(net: Value, gross: Value) -> Self {
        Self {
            start: Value::ZERO,
            slope: net,
            end: net,
            gross,
            owes: net.is_negative(),
            kinks: [None; BOUND_ROWS_MAX],
            count: 0,
        }
    }

    fn add(&mut self, row: &BoundRow<'_>) -> Result<(), MathError> {
        let BoundRow { array, quantity } = *row;
        let rise = array.notional.value_floor(quantity)?;
        self.gross = self.gross.checked_add(rise.abs()?)?;
        self.owes |= quantity < 0;
        let strike = match array.payoff {
            Payoff::Linear => {
                self.slope = self.slope.checked_add(rise)?;
                self.end = self.end.checked_add(rise)?;
                return Ok(());
            }
            Payoff::Call { strike } => {
                self.end = self.end.checked_add(rise)?;
                strike
            }
            Payoff::Put { strike } => {
                self.start = self.start.checked_add(strike.value_floor(quantity)?)?;
                self.slope = self.slope.checked_sub(rise)?;
                strike
            }
        };
        let level = strike.checked_div(array.notional)?;
        if let Some(slot) = self.kinks.get_mut(self.count) {
            *slot = Some(Kink { level, rise });
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn held(&self) -> impl Iterator<Item = &Kink> {
        self.kinks.iter().take(self.count).flatten()
    }

    /// The lowest point; `None` where there is none.
    fn least(&self) -> Result<Option<Value>, MathError> {
        if self.end.checked_add(tolerance(self.gross))?.is_negative() {
            return Ok(None);
        }
        let (mut pay, mut slope, mut least) = (self.start, self.slope, self.start);
        let mut at: Option<Price> = None;
        while let Some(next) = self.next_level(at) {
            let step = match at {
                Some(at) => next.checked_sub(at)?,
                None => next,
            };
            pay = pay.checked_add(slope.mul_price_floor(step)?)?;
            least = least.min(pay);
            for kink in self.held().filter(|kink| kink.level == next) {
                slope = slope.checked_add(kink.rise)?;
            }
            at = Some(next);
        }
        // What only receives never pays: no rounding may say so.
        Ok(Some(if self.owes { least } else { least.max(Value::ZERO) }))
    }

    /// The lowest kink above a level.
    fn next_level(&self, at: Option<Price>) -> Option<Price> {
        let above = |kink: &&Kink| at.is_none_or(|at| kink.level > at);
        self.held().filter(above).map(|kink| kink.level).min()
    }
}
