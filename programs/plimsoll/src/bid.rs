//! How rows change hands in a bid. What they are worth is settled afterwards, by the difference
//! that the move made to the account's health.

use anchor_lang::prelude::*;
use plimsoll_risk::{
    closed_form_slice, open_interest_change, quote_share, row_slice, Health, Holding,
    LiquidationTerms, RowKey, SideIndices,
};
use plimsoll_units::{BaseLots, Fraction, Ratio, TokenAtoms, UnixSeconds, Value};

use crate::check::{Guarded, Parties, RowPermit};
use crate::error::{Named, PlimsollError};
use crate::instructions::liquidate::BidRow;
use crate::load::RowSource;
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

/// What a bid took.
pub(crate) struct Takings {
    /// In ascending order of the keys.
    pub(crate) rows: Vec<Taking>,
    /// Does any of them change an instrument's open interest?
    pub(crate) change_open_interest: bool,
}

/// Takes the same share of every row but the quote token's.
///
/// Positions and tokens are rounded away from zero, so that a single lot can still be taken; at
/// most one atom or lot per row more than the exact share. Rows whose oracle is not valid stay
/// where they are: nothing is sold at a dead price. What has settled needs none.
pub(crate) fn take_slice(
    guarded: &mut Guarded<'_, '_>,
    terms: &LiquidationTerms,
    before: &Health,
    beta: Ratio,
    share_max: u64,
) -> Result<Takings> {
    let limit = Fraction::new(share_max).unwrap_or(Fraction::ONE);
    require!(!limit.is_zero(), PlimsollError::BidEmpty);
    let share = closed_form_slice(terms, before, beta).named()?.min(limit);
    let rows = guarded.parties.first.rows()?.to_vec();
    let Guarded { parties, market, permit, now, .. } = guarded;
    let all_priced = market.all_priced;
    let mut taker = Taker::new(parties, permit, now.time, rows.len());
    let mut sources = market.in_order();
    for (at, row) in rows.iter().enumerate() {
        let (key, source) = sources.find(row.key)?;
        if key == QUOTE_KEY || !(all_priced || market.is_row_priced(key)?) {
            continue;
        }
        match source {
            RowSource::Token { view, .. } => {
                let atoms = share.of_lots_away(source.atoms(row)?);
                taker.token(*view, key, at, TokenAtoms::new(atoms))?;
            }
            RowSource::Position { view, indices } => {
                let quote = row.flow_in_place(indices)?;
                let part = row_slice(&Holding { key, quantity: row.lots, quote }, share);
                let moved = (BaseLots::new(part.quantity), part.quote);
                taker.position(*view, key, at, indices, moved)?;
            }
        }
    }
    Ok(taker.takings)
}

/// Takes named amounts of named rows.
pub(crate) fn take_rows(guarded: &mut Guarded<'_, '_>, rows: &[BidRow]) -> Result<Takings> {
    let ascending = rows.windows(2).all(|pair| match pair {
        [a, b] => a.key < b.key,
        _ => true,
    });
    require!(ascending, PlimsollError::BidRowsOutOfOrder);
    let Guarded { parties, market, permit, now, .. } = guarded;
    let mut taker = Taker::new(parties, permit, now.time, rows.len());
    let mut sources = market.in_order();
    for wanted in rows {
        let key = RowKey::from_raw(wanted.key).ok_or(PlimsollError::BidRowUnknown)?;
        require!(market.is_row_priced(key)?, PlimsollError::BidRowNotPriced);
        let row = taker.parties.first.row(key)?.copied().ok_or(PlimsollError::BidRowUnknown)?;
        let (_, source) = sources.find(row.key)?;
        match source {
            RowSource::Token { view, .. } => {
                require_part(wanted.amount, source.atoms(&row)?)?;
                taker.token(*view, key, 0, TokenAtoms::new(wanted.amount))?;
            }
            RowSource::Position { view, indices } => {
                require_part(wanted.amount, row.lots)?;
                let lots = BaseLots::new(wanted.amount);
                let quote = quote_share(row.flow(indices)?, lots, row.lots()).named()?;
                taker.position(*view, key, 0, indices, (lots, quote))?;
            }
        }
    }
    Ok(taker.takings)
}

/// `BidAmountOutOfRange` unless `part` is a part of `whole`: same sign, not zero, not larger.
fn require_part(part: i64, whole: i64) -> Result<()> {
    let fits =
        part != 0 && part.signum() == whole.signum() && part.unsigned_abs() <= whole.unsigned_abs();
    require!(fits, PlimsollError::BidAmountOutOfRange);
    Ok(())
}

/// What has moved takes its part of the weight along: all of it where nothing is left, a part where there
/// is a row on both sides now, and the second one is new.
#[inline(always)]
fn pass_weight(first: &mut Row, second: &mut Row) -> Result<()> {
    if second.holds_nothing() {
        return Ok(());
    }
    if first.holds_nothing() {
        first.pass_weight(second);
    } else if second.weight == 0 {
        first.share_weight(second)?;
    }
    Ok(())
}

/// What moves one row after the other, while the market is read.
struct Taker<'a, 'b> {
    parties: &'a mut Parties<'b>,
    permit: &'a RowPermit,
    now: UnixSeconds,
    takings: Takings,
}

impl<'a, 'b> Taker<'a, 'b> {
    /// For so many rows at most.
    fn new(
        parties: &'a mut Parties<'b>,
        permit: &'a RowPermit,
        now: UnixSeconds,
        count: usize,
    ) -> Self {
        let takings = Takings { rows: Vec::with_capacity(count), change_open_interest: false };
        Self { parties, permit, now, takings }
    }

    /// `view` is the row's collateral, `near` where the row is likely to be in both accounts.
    fn token(
        &mut self,
        view: AccountView,
        key: RowKey,
        near: usize,
        atoms: TokenAtoms,
    ) -> Result<()> {
        // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
        // declared writable accounts.
        let mut collateral = unsafe { Account::<Collateral>::load_mut(view)? };
        // Rates set anew hold from now on: the time until now is counted at those before.
        collateral.accrue(self.now)?;
        let borrows = collateral.borrow_shares;
        let (first, second) = self.parties.both()?;
        let first = first.row_mut_near(key, near, self.permit)?;
        let second = second.row_mut_near(key, near, self.permit)?;
        let (left, taken) = collateral.pass((first.shares(), second.shares()), atoms)?;
        (first.shares, second.shares) = (left.into(), taken.into());
        // A debt that meets a deposit of the bidder's is gone: deposits must earn that much less.
        if collateral.borrow_shares != borrows {
            collateral.rebase()?;
        }
        let (quantity, open_interest_change) = (atoms.get(), BaseLots::ZERO);
        self.takings.rows.push(Taking { key, quantity, open_interest_change });
        Ok(())
    }

    /// `view` is the row's instrument, `near` where the row is likely to be in both accounts.
    fn position(
        &mut self,
        view: AccountView,
        key: RowKey,
        near: usize,
        indices: &SideIndices,
        (lots, quote): (BaseLots, Value),
    ) -> Result<()> {
        let (first, second) = self.parties.both()?;
        let first = first.row_mut_near(key, near, self.permit)?;
        let second = second.row_mut_near(key, near, self.permit)?;
        let before = [first.lots(), second.lots()];
        first.keep_borne(indices, quote)?;
        // Lots that stay on their side are as many as before.
        let change = match first.move_into(second, indices, (lots, quote))? {
            true => BaseLots::ZERO,
            false => open_interest_change(before, [first.lots(), second.lots()]).named()?,
        };
        if lots.is_zero() {
            second.keep_side(quote, first.was_short())?;
        }
        pass_weight(first, second)?;
        if change.is_negative() {
            // A bidder of the other side would net out of a loss that waits for that side.
            let instrument = Account::<Instrument>::load(view)?;
            require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
        }
        self.takings.change_open_interest |= !change.is_zero();
        self.takings.rows.push(Taking { key, quantity: lots.get(), open_interest_change: change });
        Ok(())
    }
}
