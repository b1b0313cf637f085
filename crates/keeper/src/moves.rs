//! What do two accounts hold after a bid? The program's own moves, on plain holdings.

use plimsoll_risk::{quote_share, row_slice, Holding, Market, RiskError, RowKey, RowKind};
use plimsoll_units::{BaseLots, Fraction, QuoteAtoms, Value};

/// The rows that a slice takes: the same share of every row but the quote token's, rounded away
/// from zero. Rows without a valid price stay where they are.
pub fn slice(
    market: &Market<'_>,
    holdings: &[Holding],
    share: Fraction,
) -> Result<Vec<Holding>, RiskError> {
    let movable =
        holdings.iter().filter(|row| row.key != RowKey::QUOTE && is_priced(market, row.key));
    Ok(movable.map(|row| row_slice(row, share)).collect())
}

/// The part of one row that a bid on named rows takes; `quantity` is at most the row's.
pub fn named(row: &Holding, quantity: i64) -> Result<Holding, RiskError> {
    let quote = match row.key.kind() {
        RowKind::Token => Value::ZERO,
        RowKind::Position => {
            quote_share(row.quote, BaseLots::new(quantity), BaseLots::new(row.quantity))?
        }
    };
    Ok(Holding { key: row.key, quantity, quote })
}

/// Does a debt or a position lack a valid price? Then the account is credited so generously that
/// nobody can know whether it is below its line.
pub fn hides_its_line(market: &Market<'_>, holdings: &[Holding]) -> bool {
    holdings.iter().any(|row| {
        let owned = row.key.kind() == RowKind::Token && row.quantity >= 0;
        !owned && row.quantity != 0 && row.key != RowKey::QUOTE && !is_priced(market, row.key)
    })
}

/// May rows of this key change hands now?
pub fn is_priced(market: &Market<'_>, key: RowKey) -> bool {
    market.is_priced(key)
}

/// `holdings` without `taken`.
pub fn less(holdings: &[Holding], taken: &[Holding]) -> Result<Vec<Holding>, RiskError> {
    let mut left = holdings.to_vec();
    for row in taken {
        let quote = row.quote.checked_neg()?;
        let quantity = row.quantity.checked_neg().ok_or(plimsoll_units::MathError::Overflow)?;
        add(&mut left, Holding { key: row.key, quantity, quote })?;
    }
    Ok(left)
}

/// `holdings` and `taken` together.
pub fn plus(holdings: &[Holding], taken: &[Holding]) -> Result<Vec<Holding>, RiskError> {
    let mut all = holdings.to_vec();
    for row in taken {
        add(&mut all, *row)?;
    }
    Ok(all)
}

/// `holdings` with `delta` more quote tokens.
pub fn paid(holdings: &[Holding], delta: QuoteAtoms) -> Result<Vec<Holding>, RiskError> {
    let row = Holding { key: RowKey::QUOTE, quantity: delta.get(), quote: Value::ZERO };
    plus(holdings, &[row])
}

/// Adds one row, and keeps the order of the keys.
fn add(holdings: &mut Vec<Holding>, row: Holding) -> Result<(), RiskError> {
    match holdings.binary_search_by_key(&row.key, |held| held.key) {
        Ok(at) => {
            let held = &mut holdings[at];
            let sum = held.quantity.checked_add(row.quantity);
            held.quantity = sum.ok_or(plimsoll_units::MathError::Overflow)?;
            held.quote = held.quote.checked_add(row.quote)?;
        }
        Err(at) => holdings.insert(at, row),
    }
    Ok(())
}
