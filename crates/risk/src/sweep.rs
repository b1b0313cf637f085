//! What is long and what is short, underlying by underlying? The one pass over an account's rows
//! that every answer starts with.
//!
//! Rows and terms come in the same ascending order, so that joining them is one walk over both:
//! nothing is searched, nothing is stored.

use crate::array_sums::{ArraySums, BoundRow};
use crate::margin::Check;
use crate::{
    allowed, Holding, Market, Phase, RiskArray, RiskError, RowKey, RowKind, RowTerms,
    UnderlyingTerms,
};
use plimsoll_units::{MathError, Price, QuoteAtoms, Ratio, Value};

/// What the rows of one underlying come to.
///
/// In this order in memory, with the strict prices amid the values: emptying it is a few stores,
/// where five values side by side would be a call of `memset`, ten times as dear.
#[repr(C)]
pub(crate) struct Sums<'a> {
    /// Value of the long rows at the mid price.
    pub(crate) long: Value,
    /// Magnitude of the value of the short rows at the mid price.
    pub(crate) short: Value,
    /// low / price and high / price, once some row asked for them.
    pub(crate) strict: Option<(Price, Price)>,
    /// What counts toward equity, but does not move with the price: quote tokens, quote flows,
    /// and what is credited for tokens with a bad price.
    pub(crate) fixed: Value,
    /// For opening: what the weights of open profit and of tokens take off.
    pub(crate) withheld: Value,
    /// `None` where no row needed the underlying's terms.
    pub(crate) terms: Option<&'a UnderlyingTerms>,
    index: u16,
}

/// Walks the rows once and hands the sums of each underlying to `visit`, in ascending order, those
/// of its array rows beside them where it has any.
#[inline]
pub(crate) fn sweep<'a>(
    market: &Market<'a>,
    holdings: impl Iterator<Item = Holding>,
    check: Check,
    mut visit: impl FnMut(&Sums<'a>, Option<&ArraySums<'a>>) -> Result<(), RiskError>,
) -> Result<(), RiskError> {
    let mut cursor = *market;
    let mut sums = Sums::new(0);
    let mut arrays = Arrays { sums: None, used: false, check };
    let mut least = 0;
    for holding in holdings {
        let raw = holding.key.raw();
        if raw < least {
            return Err(RiskError::RowsOutOfOrder);
        }
        // A key has zeros on top, so that one more still fits.
        least = raw.wrapping_add(1);
        if holding.quantity == 0 && holding.quote.is_zero() {
            continue;
        }
        if holding.key.underlying() != sums.index {
            visit(&sums, arrays.of_this())?;
            sums = Sums::new(holding.key.underlying());
            arrays.used = false;
        }
        sums.add(&holding, &mut cursor, &mut arrays, check)?;
    }
    visit(&sums, arrays.of_this())
}

/// The sums of the array rows: a kilobyte, made only when such a row turns up, and once.
struct Arrays<'a> {
    sums: Option<ArraySums<'a>>,
    /// Has this underlying had such a row?
    used: bool,
    check: Check,
}

impl<'a> Arrays<'a> {
    /// The sums, if this underlying has array rows.
    #[inline]
    fn of_this(&self) -> Option<&ArraySums<'a>> {
        self.sums.as_ref().filter(|_| self.used)
    }

    #[inline(never)]
    fn add(
        &mut self,
        array: &'a RiskArray,
        notional: Price,
        quantity: i64,
    ) -> Result<(), RiskError> {
        let sums = match &mut self.sums {
            Some(sums) => sums,
            none => none.insert(ArraySums::new()),
        };
        if !self.used {
            sums.restart();
            self.used = true;
        }
        sums.add(BoundRow { array, notional, quantity }, self.check)
    }
}

/// What a weight takes off the profit of a row with a risk array, at the strict price of its side.
#[inline(never)]
fn array_withheld(
    array: &RiskArray,
    lots: i64,
    flow: Value,
    weight: Ratio,
) -> Result<Value, RiskError> {
    let profit = array.strict_value(lots)?.checked_add(flow)?;
    if !profit.is_positive() {
        return Ok(Value::ZERO);
    }
    Ok(withheld(profit, weight)?)
}

impl<'a> Sums<'a> {
    const fn new(index: u16) -> Self {
        Self {
            long: Value::ZERO,
            short: Value::ZERO,
            strict: None,
            fixed: Value::ZERO,
            withheld: Value::ZERO,
            terms: None,
            index,
        }
    }

    // As a call it would cost a third more than what it does.
    #[inline(always)]
    fn add(
        &mut self,
        holding: &Holding,
        cursor: &mut Market<'a>,
        arrays: &mut Arrays<'a>,
        check: Check,
    ) -> Result<(), RiskError> {
        let Holding { key, quantity, quote } = *holding;
        if key == RowKey::QUOTE {
            let balance = Value::from_quote(QuoteAtoms::new(quantity));
            return self.add_fixed(balance.checked_add(quote)?);
        }
        if quantity == 0 {
            return self.add_flow(key, quote, cursor, check);
        }
        let terms = match self.terms {
            Some(terms) => terms,
            None => seek_underlying(cursor, self.index)?,
        };
        self.terms = Some(terms);
        let row = seek_row(cursor, key)?;
        if !row.array.is_none() {
            // What is lent out to a call cannot stay in registers here: all by value.
            let array = row.array.find(cursor.arrays).ok_or(RiskError::MissingArray { key })?;
            // What has settled needs no price.
            if !allowed(terms.grade, check.action()) && array.phase != Phase::Settled {
                return self.add_unpriced(terms, holding, array.value(quantity)?, check);
            }
            self.add_fixed(quote)?;
            arrays.add(array, row.notional, quantity)?;
            if check == Check::Initial && row.weight < Ratio::ONE {
                let withheld = array_withheld(array, quantity, quote, row.weight)?;
                self.withheld = self.withheld.checked_add(withheld)?;
            }
            return Ok(());
        }
        // Toward minus infinity: an asset a step less, a debt a step more.
        let value = row.notional.value_floor(quantity)?;
        if !allowed(terms.grade, check.action()) {
            return self.add_unpriced(terms, holding, value, check);
        }
        self.add_fixed(quote)?;
        if quantity > 0 {
            self.long = self.long.checked_add(value)?;
        } else {
            self.short = self.short.checked_sub(value)?;
        }
        if check == Check::Initial && row.weight < Ratio::ONE {
            self.withhold(terms, row, value, quote)?;
        }
        Ok(())
    }

    #[inline]
    fn add_fixed(&mut self, value: Value) -> Result<(), RiskError> {
        self.fixed = self.fixed.checked_add(value)?;
        Ok(())
    }

    /// A closed position's quote flow: no price is needed, but open profit is weighted too.
    fn add_flow(
        &mut self,
        key: RowKey,
        quote: Value,
        cursor: &mut Market<'a>,
        check: Check,
    ) -> Result<(), RiskError> {
        if check == Check::Initial && quote.is_positive() {
            self.withhold_profit(quote, seek_row(cursor, key)?.weight)?;
        }
        self.add_fixed(quote)
    }

    /// A row whose price may not be used.
    ///
    /// For opening, a token that is owned counts nothing, which hurts nobody; a debt or a position
    /// could hide a loss, and is refused.
    ///
    /// For keeping, it counts generously and requires nothing: what is owned or long at twice its
    /// stable price, what is owed or short at nothing, a position's quote flow in full. So nobody
    /// is liquidated over a price that nobody knows, and yet no row shields the others: one lot on
    /// a feed that stands still may not keep a bankrupt account from being unloaded.
    fn add_unpriced(
        &mut self,
        terms: &UnderlyingTerms,
        holding: &Holding,
        value: Value,
        check: Check,
    ) -> Result<(), RiskError> {
        let owned = holding.key.kind() == RowKind::Token && !value.is_negative();
        match check {
            Check::Initial if owned => Ok(()),
            Check::Initial => {
                Err(RiskError::OracleInvalid { underlying: terms.index, grade: terms.grade })
            }
            Check::Maintenance => {
                let credit = value.max(Value::ZERO);
                self.add_fixed(credit.checked_add(credit)?)?;
                self.add_fixed(holding.quote)
            }
        }
    }

    /// Takes off what the weight leaves of a positive value at the strict price of its side: of a
    /// position's profit, of a token balance.
    #[inline]
    fn withhold(
        &mut self,
        terms: &UnderlyingTerms,
        row: &RowTerms,
        value: Value,
        flow: Value,
    ) -> Result<(), RiskError> {
        // The strict value is never above the mid one: most rows end here, without a division.
        if !value.checked_add(flow)?.is_positive() {
            return Ok(());
        }
        let (low, high) = match self.strict {
            Some(strict) => strict,
            None => strict_factors(terms)?,
        };
        self.strict = Some((low, high));
        // Rounded up, since it is taken off.
        let factor = if value.is_negative() { high } else { low };
        let strict = value.mul_price_ceil(factor)?.checked_add(flow)?;
        if strict.is_positive() {
            self.withhold_profit(strict, row.weight)?;
        }
        Ok(())
    }

    #[inline]
    fn withhold_profit(&mut self, profit: Value, weight: Ratio) -> Result<(), RiskError> {
        self.withheld = self.withheld.checked_add(withheld(profit, weight)?)?;
        Ok(())
    }
}

/// What a weight takes off a profit.
#[inline]
fn withheld(profit: Value, weight: Ratio) -> Result<Value, MathError> {
    let counted = profit.mul_ratio_floor(weight)?.min(profit);
    profit.checked_sub(counted)
}

/// low / price and high / price: at most and at least one.
pub(crate) fn strict_factors(terms: &UnderlyingTerms) -> Result<(Price, Price), MathError> {
    let low = terms.low.checked_div(terms.price)?;
    Ok((low, terms.high.checked_div(terms.price)?))
}

/// The terms of underlying `index`; those before it are left behind.
#[inline]
fn seek_underlying<'a>(
    cursor: &mut Market<'a>,
    index: u16,
) -> Result<&'a UnderlyingTerms, RiskError> {
    while let Some((terms, rest)) = cursor.underlyings.split_first() {
        if terms.index == index {
            return Ok(terms);
        }
        if terms.index > index {
            break;
        }
        cursor.underlyings = rest;
    }
    Err(RiskError::MissingUnderlying { index })
}

/// The terms of row `key`; they and those before are left behind, since no row comes twice.
#[inline]
fn seek_row<'a>(cursor: &mut Market<'a>, key: RowKey) -> Result<&'a RowTerms, RiskError> {
    while let Some((row, rest)) = cursor.rows.split_first() {
        if row.key > key {
            break;
        }
        cursor.rows = rest;
        if row.key == key {
            return Ok(row);
        }
    }
    Err(RiskError::MissingTerms { key })
}
