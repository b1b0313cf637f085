//! How much of a position's profit or loss may become money now?
//!
//! Profit is taken at the price that is worse for the account, and so is a loss, the other way
//! round: neither can be undone by the next price, and a settlement that somebody else asks for
//! never takes more than the account has surely lost.

use plimsoll_units::{BaseLots, MathError, Price, QuoteAtoms, Value};

/// What may be settled of a position now: positive is profit that the account receives, negative a
/// loss that it pays.
///
/// `flow` is the position's quote flow, `low <= high` the strict prices in quote atoms per lot.
/// A long's profit is `flow + lots · low` where that is positive, its loss `flow + lots · high`
/// where that is negative; a short's profit counts at `high`, its loss at `low`; in between nothing
/// is settled. Both are rounded toward zero.
///
/// A closed position settles all of its flow, toward minus infinity: it pays the last fraction of
/// an atom up, and leaves the last fraction of a profit.
pub fn settleable(
    lots: BaseLots,
    flow: Value,
    low: Price,
    high: Price,
) -> Result<QuoteAtoms, MathError> {
    if lots.is_zero() {
        return flow.to_quote_floor();
    }
    let (worse, better) = match lots.is_negative() {
        true => (high, low),
        false => (low, high),
    };
    let profit = flow.checked_add(worse.value_floor(lots.get())?)?;
    if profit.is_positive() {
        return profit.to_quote_floor();
    }
    let loss = flow.checked_add(better.value_ceil(lots.get())?)?;
    match loss.is_negative() {
        true => loss.to_quote_ceil(),
        false => Ok(QuoteAtoms::ZERO),
    }
}
