//! One row of a margin account: a token balance, or a position.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::{RowKey, SideIndices};
use plimsoll_units::{BaseLots, MathError, QuoteAtoms, Shares, Value};

use super::Word128;
use crate::error::{Named, PlimsollError};

/// Weight of a position's row as the pool gives it.
pub const ROW_WEIGHT: u64 = 1 << 56;

/// A row shares the 2^-8 part of its weight, rounded down, at least one, with a new one.
const WEIGHT_PART_BITS: u32 = 8;

/// A row. Token rows use `shares`, position rows the rest.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct Row {
    /// Sort key: underlying (bits 32 to 47), kind (16 to 23), index (0 to 15).
    pub key: u64,
    /// Token balance in shares (2^-48 atoms at index one); negative is borrowed.
    pub shares: Word128,
    /// Position size `q` in lots; negative is short.
    pub lots: i64,
    /// Quote flow of the position (2^-48 quote atoms) plus lots times the instrument's index of
    /// its side: funding and shared losses change the index, and no row needs to be touched.
    pub quote: Word128,
    /// Quote debt that settling this position's losses has caused, less what its profits repaid of
    /// it (quote atoms, at least zero). A bankruptcy lays it to the instrument, not to lenders.
    pub settled_debt_quote_atoms: i64,
    /// Loss of a bankrupt account that waits to be paid by others (quote atoms, counted as equity
    /// until then). Positive: the failed position was long; negative: short.
    pub owed_quote_atoms: i64,
    /// When a settlement of this row was last rewarded (Unix seconds).
    pub rewarded_at: i64,
    /// 1 if the position was short when it last had a size, for who bears what it has lost.
    pub closed_short: u64,
    /// How many deleveragings of its side the position has gone through, or need not.
    pub deleveragings: u64,
    /// What others have borne of what this position lost, when it was closed against the other side
    /// (quote atoms, at least zero): it counts for what they bear later.
    pub borne_quote_atoms: i64,
    /// What the row counts for in its instrument's pool (see `Pool::row_weight`); zero for a token.
    pub weight: u64,
}

const _: () = assert!(
    core::mem::size_of::<Row>()
        == 8 // key
            + 16 // shares
            + 8 // lots
            + 16 // quote
            + 3 * 8 // settled, owed, rewarded
            + 8 // closed side
            + 2 * 8 // deleveragings, borne
            + 8 // weight
);

impl Row {
    /// An empty row.
    pub fn new(key: RowKey) -> Self {
        Self { key: key.raw(), ..Self::zeroed() }
    }

    /// The sort key.
    #[inline]
    pub fn key(&self) -> Result<RowKey> {
        RowKey::from_raw(self.key).ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    /// Token balance in shares.
    #[inline]
    pub fn shares(&self) -> Shares {
        self.shares.to_shares()
    }

    /// Position size.
    #[inline]
    pub fn lots(&self) -> BaseLots {
        BaseLots::new(self.lots)
    }

    /// Stored quote flow; what it is worth is for [`SideIndices::flow`] to say.
    #[inline]
    pub fn quote(&self) -> Value {
        self.quote.to_value()
    }

    /// Loss that waits to be shared, its magnitude.
    #[inline]
    pub fn owed(&self) -> Result<QuoteAtoms> {
        Ok(QuoteAtoms::new(self.owed_quote_atoms).abs().map_err(PlimsollError::from)?)
    }

    /// The position's quote flow. `PositionOutdated` if it has a deleveraging of its side to go
    /// through first.
    pub fn flow(&self, indices: &SideIndices) -> Result<Value> {
        self.flow_in_place(indices)
    }

    /// The same where it is asked for row by row: as a call it would cost a third more.
    #[inline(always)]
    pub(crate) fn flow_in_place(&self, indices: &SideIndices) -> Result<Value> {
        self.require_current(indices)?;
        indices.flow(self.lots(), self.quote()).named()
    }

    /// `PositionOutdated` if the position has a deleveraging of its side to go through first.
    #[inline(always)]
    fn require_current(&self, indices: &SideIndices) -> Result<()> {
        match self.lots != 0 && self.deleveragings != indices.deleveragings(self.lots()) {
            true => Err(self.outdated()),
            false => Ok(()),
        }
    }

    #[cold]
    #[inline(never)]
    fn outdated(&self) -> Error {
        msg!("row {} has to go through deleveraging {}", self.key, self.deleveragings);
        PlimsollError::PositionOutdated.into()
    }

    /// The position's quote flow with what is still owed to the account for a loss.
    #[inline(always)]
    pub fn flow_with_owed(&self, indices: &SideIndices) -> Result<Value> {
        let flow = self.flow_in_place(indices)?;
        if self.owed_quote_atoms == 0 {
            return Ok(flow);
        }
        flow.checked_add(Value::from_quote(self.owed()?)).named()
    }

    /// Adds to size and quote flow. Exact, whichever side the position ends on.
    pub(crate) fn change(
        &mut self,
        indices: &SideIndices,
        lots: BaseLots,
        flow: Value,
    ) -> Result<()> {
        let before = self.lots();
        let after = before.checked_add(lots).named()?;
        let last = if after.is_zero() { before } else { after };
        if before.is_zero() || before.is_negative() == last.is_negative() {
            let by = indices.stored_change(last, lots, flow).named()?;
            return self.change_stored(indices, lots, by);
        }
        self.require_current(indices)?;
        let stored = self.stored_across(indices, after, flow).named()?;
        self.put(indices, last, after, stored);
        Ok(())
    }

    /// The same for a position that is on one side before and after: there the index is one, and what
    /// is stored is linear in lots and flow. `by` is [`SideIndices::stored_change`] on that side.
    #[inline(always)]
    fn change_stored(&mut self, indices: &SideIndices, lots: BaseLots, by: Value) -> Result<()> {
        self.require_current(indices)?;
        let before = self.lots();
        let after = before.checked_add(lots).named()?;
        let last = if after.is_zero() { before } else { after };
        let stored = self.quote().checked_add(by).named()?;
        self.put(indices, last, after, stored);
        Ok(())
    }

    /// `last`: the size, or what it was last where there is none.
    #[inline(always)]
    fn put(&mut self, indices: &SideIndices, last: BaseLots, lots: BaseLots, stored: Value) {
        if !last.is_zero() {
            self.closed_short = u64::from(last.is_negative());
            self.deleveragings = indices.deleveragings(last);
            self.borne_quote_atoms = 0;
        }
        self.quote = stored.into();
        self.lots = lots.get();
    }

    /// Moves a part of this position, of its sign or without a size, into another account's. False if
    /// that was of the other side, so that open interest has changed.
    #[inline(always)]
    pub(crate) fn move_into(
        &mut self,
        other: &mut Self,
        indices: &SideIndices,
        (lots, flow): (BaseLots, Value),
    ) -> Result<bool> {
        let (from, to) = (self.lots(), other.lots());
        // Where both are on one side, both change by the same.
        let by = indices.stored_change(from, lots, flow).named()?;
        let out = (lots.checked_neg().named()?, by.checked_neg().named()?);
        self.change_stored(indices, out.0, out.1)?;
        let aligned = to.is_zero() || lots.is_zero() || to.is_negative() == from.is_negative();
        match aligned {
            true => other.change_stored(indices, lots, by)?,
            false => other.change(indices, lots, flow)?,
        }
        Ok(aligned)
    }

    /// A flow without a size has been on a side too. Where one has come from another account to this
    /// row, and both are closed, the side of the larger one stays.
    pub(crate) fn keep_side(&mut self, came: Value, from_short: bool) -> Result<()> {
        let own = self.quote().checked_sub(came).named()?;
        if self.lots == 0 && came.abs().named()? > own.abs().named()? {
            self.closed_short = u64::from(from_short);
        }
        Ok(())
    }

    /// What to store where a position ends on the other side.
    #[cold]
    #[inline(never)]
    fn stored_across(
        &self,
        indices: &SideIndices,
        lots: BaseLots,
        flow: Value,
    ) -> core::result::Result<Value, MathError> {
        let kept = indices.flow(self.lots(), self.quote())?;
        indices.stored(lots, kept.checked_add(flow)?)
    }

    /// What others have borne of a closed position's loss goes with the part of its flow that leaves.
    /// What is kept is rounded down.
    pub(crate) fn keep_borne(&mut self, indices: &SideIndices, leaving: Value) -> Result<()> {
        if self.borne_quote_atoms == 0 {
            return Ok(());
        }
        let flow = self.flow(indices)?;
        let (all, kept) = (flow.abs().named()?, flow.checked_sub(leaving).named()?.abs().named()?);
        let borne = Value::from_quote(QuoteAtoms::new(self.borne_quote_atoms));
        self.borne_quote_atoms = match all.is_zero() {
            true => 0,
            false => borne.mul_div_floor(kept, all).named()?.to_quote_floor().named()?.get(),
        };
        Ok(())
    }

    /// True if the position is short, or was when it last had a size.
    pub fn was_short(&self) -> bool {
        match self.lots {
            0 => self.closed_short != 0,
            lots => lots < 0,
        }
    }

    /// True if the row holds nothing. It may still count for something in its instrument's pool.
    #[inline]
    pub fn holds_nothing(&self) -> bool {
        // Most rows are positions.
        self.lots == 0
            && self.shares.is_zero()
            && self.quote.is_zero()
            && self.owed_quote_atoms == 0
            && self.settled_debt_quote_atoms == 0
    }

    /// True if nothing is left in the row, and no pool counts it.
    pub fn is_empty(&self) -> bool {
        self.weight == 0 && self.holds_nothing()
    }

    /// Gives a part of the weight to another account's new row of the same instrument, which the pool
    /// thereby knows without being loaded. `RowWeightSpent` if what is left cannot be shared:
    /// `renew_position` makes it whole again.
    // On the way of every bid, row by row.
    #[inline(always)]
    pub(crate) fn share_weight(&mut self, new: &mut Self) -> Result<()> {
        let part = (self.weight >> WEIGHT_PART_BITS).max(1);
        if self.weight <= part {
            return Err(self.weight_spent());
        }
        (self.weight, new.weight) = (self.weight.wrapping_sub(part), part);
        Ok(())
    }

    /// `RowWeightSpent`, with the row's key in the log.
    #[cold]
    #[inline(never)]
    fn weight_spent(&self) -> Error {
        msg!("row {} has a weight of {} and cannot share it", self.key, self.weight);
        PlimsollError::RowWeightSpent.into()
    }

    /// Passes all weight on to another account's row of the same instrument, unless it would not
    /// fit there: then the pool takes it back later.
    #[inline(always)]
    pub(crate) fn pass_weight(&mut self, other: &mut Self) {
        if let Some(sum) = other.weight.checked_add(self.weight) {
            (self.weight, other.weight) = (0, sum);
        }
    }
}
