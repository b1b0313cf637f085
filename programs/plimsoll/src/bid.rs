//! How rows change hands in a bid. What they are worth is settled afterwards, by the difference
//! that the move made to the account's health.

use anchor_lang::prelude::*;
use plimsoll_risk::{
    allowed, closed_form_slice, open_interest_change, quote_share, row_slice, Action, Health,
    Holding, LiquidationTerms, RowKey, RowKind, SideIndices,
};
use plimsoll_units::{BaseLots, Fraction, Ratio, TokenAtoms, Value};

use crate::check::Guarded;
use crate::error::{Named, PlimsollError};
use crate::instructions::liquidate::BidRow;
use crate::state::{Collateral, Instrument, Row, QUOTE_KEY};

/// What the move of one row changed beyond the two accounts.
pub(crate) struct Taking {
    /// The row.
    pub(crate) key: RowKey,
    /// Token atoms or lots that moved, with the sign of the row.
    pub(crate) quantity: i64,
    /// Change of the instrument's open interest (lots of one side).
    pub(crate) open_interest_change: BaseLots,
}

/// Takes the same share of every row but the quote token's.
///
/// Positions and tokens are rounded away from zero, so that a single lot can still be taken; at
/// most one atom or lot per row more than the exact share. Rows whose oracle is not valid stay
/// where they are: nothing is sold at a dead price.
pub(crate) fn take_slice(
    guarded: &mut Guarded<'_, '_>,
    terms: &LiquidationTerms,
    before: &Health,
    beta: Ratio,
    share_max: u64,
) -> Result<Vec<Taking>> {
    let limit = Fraction::new(share_max).unwrap_or(Fraction::ONE);
    require!(!limit.is_zero(), PlimsollError::BidEmpty);
    let share = closed_form_slice(terms, before, beta).named()?.min(limit);
    let rows = guarded.parties.first.rows()?.to_vec();
    let all_priced = guarded.market.is_all_priced();
    let mut takings = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let key = row.key()?;
        if key == QUOTE_KEY || !(all_priced || is_priced(guarded, key)?) {
            continue;
        }
        takings.push(match key.kind() {
            RowKind::Token => {
                let quantity = guarded.market.atoms(key, row)?;
                let part = row_slice(&Holding { key, quantity, quote: Value::ZERO }, share);
                take_token(guarded, key, at, TokenAtoms::new(part.quantity))?
            }
            RowKind::Position => {
                let indices = guarded.market.side_indices(key)?;
                let quote = row.flow(&indices)?;
                let part = row_slice(&Holding { key, quantity: row.lots, quote }, share);
                let lots = BaseLots::new(part.quantity);
                take_position(guarded, key, at, &indices, (lots, part.quote))?
            }
        });
    }
    Ok(takings)
}

/// Takes named amounts of named rows.
pub(crate) fn take_rows(guarded: &mut Guarded<'_, '_>, rows: &[BidRow]) -> Result<Vec<Taking>> {
    let ascending = rows.windows(2).all(|pair| match pair {
        [a, b] => a.key < b.key,
        _ => true,
    });
    require!(ascending, PlimsollError::BidRowsOutOfOrder);
    let mut takings = Vec::with_capacity(rows.len());
    for wanted in rows {
        let key = RowKey::from_raw(wanted.key).ok_or(PlimsollError::BidRowUnknown)?;
        require!(is_priced(guarded, key)?, PlimsollError::BidRowNotPriced);
        let row = guarded.parties.first.row(key)?.copied().ok_or(PlimsollError::BidRowUnknown)?;
        takings.push(match key.kind() {
            RowKind::Token => {
                require_part(wanted.amount, guarded.market.atoms(key, &row)?)?;
                take_token(guarded, key, 0, TokenAtoms::new(wanted.amount))?
            }
            RowKind::Position => {
                require_part(wanted.amount, row.lots)?;
                let lots = BaseLots::new(wanted.amount);
                let indices = guarded.market.side_indices(key)?;
                let quote = quote_share(row.flow(&indices)?, lots, row.lots()).named()?;
                take_position(guarded, key, 0, &indices, (lots, quote))?
            }
        });
    }
    Ok(takings)
}

/// `BidAmountOutOfRange` unless `part` is a part of `whole`: same sign, not zero, not larger.
fn require_part(part: i64, whole: i64) -> Result<()> {
    let fits =
        part != 0 && part.signum() == whole.signum() && part.unsigned_abs() <= whole.unsigned_abs();
    require!(fits, PlimsollError::BidAmountOutOfRange);
    Ok(())
}

fn is_priced(guarded: &Guarded<'_, '_>, key: RowKey) -> Result<bool> {
    let grade = guarded.market.underlying(key.underlying())?.grade;
    Ok(allowed(grade, Action::Liquidate))
}

/// `near` is where the row is likely to be in both accounts.
fn take_token(
    guarded: &mut Guarded<'_, '_>,
    key: RowKey,
    near: usize,
    atoms: TokenAtoms,
) -> Result<Taking> {
    let view = guarded.market.row_view(key)?;
    // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut collateral = unsafe { Account::<Collateral>::load_mut(view)? };
    // Rates set anew hold from now on: the time until now is counted at those before.
    collateral.accrue(guarded.now.time)?;
    let borrows = collateral.totals().borrows;
    let out = atoms.checked_neg().map_err(PlimsollError::from)?;
    let row = guarded.parties.first.row_mut_near(key, near, &guarded.permit)?;
    row.shares = collateral.change(row.shares(), out)?.into();
    let row = guarded.parties.second()?.row_mut_near(key, near, &guarded.permit)?;
    row.shares = collateral.change(row.shares(), atoms)?.into();
    // A debt that meets a deposit of the bidder's is gone: deposits must earn that much less.
    if collateral.totals().borrows != borrows {
        collateral.rebase()?;
    }
    Ok(Taking { key, quantity: atoms.get(), open_interest_change: BaseLots::ZERO })
}

/// `near` is where the row is likely to be in both accounts.
fn take_position(
    guarded: &mut Guarded<'_, '_>,
    key: RowKey,
    near: usize,
    indices: &SideIndices,
    (lots, quote): (BaseLots, Value),
) -> Result<Taking> {
    let (lots_out, quote_out) = (lots.checked_neg().named()?, quote.checked_neg().named()?);
    let row = guarded.parties.first.row_mut_near(key, near, &guarded.permit)?;
    let first_before = row.lots();
    row.keep_borne(indices, quote)?;
    row.change(indices, lots_out, quote_out)?;
    let first_after = row.lots();
    let row = guarded.parties.second()?.row_mut_near(key, near, &guarded.permit)?;
    let second_before = row.lots();
    row.change(indices, lots, quote)?;
    let change = open_interest_change([first_before, second_before], [first_after, row.lots()]);
    let change = change.named()?;
    if lots.is_zero() {
        let was_short = guarded.parties.first.row(key)?.is_some_and(Row::was_short);
        let row = guarded.parties.second()?.row_mut_near(key, near, &guarded.permit)?;
        row.keep_side(quote, was_short)?;
    }
    if change.is_negative() {
        // A bidder of the other side would net out of a loss that waits for that side.
        let instrument = Account::<Instrument>::load(guarded.market.row_view(key)?)?;
        require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
    }
    Ok(Taking { key, quantity: lots.get(), open_interest_change: change })
}
