//! What trades of one instrument write, kept apart from what other accounts' checks read.

use anchor_lang::prelude::*;
use plimsoll_risk::Premium;
use plimsoll_units::{BaseLots, QuoteAtoms, UnixSeconds, Value};

use super::{Row, Word128, ROW_WEIGHT};
use crate::error::{Named, PlimsollError};

/// An instrument's open interest and money.
#[account]
pub struct Pool {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// The instrument's index within the group.
    pub index: u16,
    /// Zero.
    pub padding: [u8; 4],
    /// The group.
    pub group: Address,
    /// The instrument.
    pub instrument: Address,
    /// Lots held long by all accounts, equal to the lots held short.
    pub open_interest_lots: u64,
    /// What losers paid in and winners have not yet taken out (quote atoms). Below zero after a
    /// loss was shared, until the remaining losers have paid.
    pub cash_quote_atoms: i64,
    /// Trade fees not yet collected (quote atoms); a claim on the cash like a winner's.
    pub fees_quote_atoms: u64,
    /// Lots traded so far, for statistics.
    pub volume_lots: u64,
    /// Losses above every cap that nobody has paid yet (2^-48 quote atoms).
    pub debt: Word128,
    /// Fractions of atoms that closed positions left behind (2^-48 quote atoms).
    pub dust: Word128,
    /// What the insurance fund had received in all when the debt arose (quote atoms).
    pub debt_mark_quote_atoms: u64,
    /// Premium of trades over the index, as of the last one (parts per billion).
    pub premium_ppb: i64,
    /// Its mean over time (parts per billion).
    pub premium_mean_ppb: i64,
    /// When both were last brought up to date (Unix seconds).
    pub premium_at: i64,
    /// Lots of the longs that were paid out after the settlement; still counted as open interest.
    pub settled_long_lots: u64,
    /// The same of the shorts.
    pub settled_short_lots: u64,
    /// Sum of the weights of all rows of the instrument, in whatever account (unsigned).
    pub row_weight: Word128,
    /// Zero.
    pub reserved: [u64; 32],
    /// Zero.
    pub reserved_2: [u64; 20],
}

const _: () = assert!(
    core::mem::size_of::<Pool>()
        == 2 + 2 + 4 // version, bump, index, padding
            + 2 * 32 // group, instrument
            + 4 * 8 // open interest, pnl, fees, volume
            + 2 * 16 // debt, dust
            + 4 * 8 // mark, premium
            + 2 * 8 // settled
            + 16 // row weight
            + 52 * 8 // reserved
);

impl Pool {
    /// Lots held long by all accounts.
    pub fn open_interest(&self) -> Result<BaseLots> {
        let raw =
            i64::try_from(self.open_interest_lots).map_err(|_| PlimsollError::MathOverflow)?;
        Ok(BaseLots::new(raw))
    }

    /// Adds `change` (lots of one side, signed) to the open interest.
    pub fn change_open_interest(&mut self, change: BaseLots) -> Result<()> {
        let next = self.open_interest()?.checked_add(change).map_err(PlimsollError::from)?;
        // Both sides hold at least zero lots, so a negative sum means that the pool is wrong.
        self.open_interest_lots =
            u64::try_from(next.get()).map_err(|_| PlimsollError::CorruptAccount)?;
        Ok(())
    }

    /// Lots that one side still holds.
    pub fn side_lots(&self, longs: bool) -> Result<BaseLots> {
        let settled = match longs {
            true => self.settled_long_lots,
            false => self.settled_short_lots,
        };
        let left = self.open_interest_lots.checked_sub(settled);
        let left = i64::try_from(left.ok_or(PlimsollError::CorruptAccount)?);
        Ok(BaseLots::new(left.map_err(|_| PlimsollError::MathOverflow)?))
    }

    /// Counts a position that was paid out.
    pub(crate) fn count_settled(&mut self, lots: BaseLots) -> Result<()> {
        let side = match lots.is_negative() {
            true => &mut self.settled_short_lots,
            false => &mut self.settled_long_lots,
        };
        *side = side.checked_add(lots.get().unsigned_abs()).ok_or(PlimsollError::MathOverflow)?;
        Ok(())
    }

    /// Counts a row of the instrument anew: one that holds something weighs [`ROW_WEIGHT`], any other
    /// nothing. Where a pool is written, its rows at hand go through here.
    ///
    /// The sum cannot overflow: each row weighs less than 2^64, and there are no 2^64 accounts.
    pub(crate) fn renew(&mut self, row: &mut Row) -> Result<()> {
        let weight = if row.holds_nothing() { 0 } else { ROW_WEIGHT };
        if row.weight != weight {
            let others = self.row_weight.to_u128().checked_sub(u128::from(row.weight));
            let others = others.ok_or(PlimsollError::CorruptAccount)?;
            let sum = others.checked_add(u128::from(weight)).ok_or(PlimsollError::MathOverflow)?;
            self.row_weight = Word128::from_u128(sum);
            row.weight = weight;
        }
        Ok(())
    }

    /// Money of losers that winners have not taken out.
    pub fn cash(&self) -> QuoteAtoms {
        QuoteAtoms::new(self.cash_quote_atoms)
    }

    /// Adds to the cash; what is paid out is negative.
    pub(crate) fn add_cash(&mut self, change: QuoteAtoms) -> Result<()> {
        self.cash_quote_atoms = self.cash().checked_add(change).named()?.get();
        Ok(())
    }

    /// Fees not yet collected.
    pub fn fees(&self) -> Result<QuoteAtoms> {
        let raw = i64::try_from(self.fees_quote_atoms).map_err(|_| PlimsollError::MathOverflow)?;
        Ok(QuoteAtoms::new(raw))
    }

    /// Takes from the fees. `MathOverflow` for more than there are.
    pub(crate) fn take_fees(&mut self, taken: QuoteAtoms) -> Result<()> {
        let left = self.fees()?.checked_sub(taken).named()?;
        self.fees_quote_atoms =
            u64::try_from(left.get()).map_err(|_| PlimsollError::MathOverflow)?;
        Ok(())
    }

    /// Whole atoms of the debt.
    pub fn debt_floor(&self) -> Result<QuoteAtoms> {
        self.debt.to_value().to_quote_floor().named()
    }

    /// Adds to the debt; what is repaid is negative.
    pub(crate) fn add_debt(&mut self, change: Value) -> Result<()> {
        self.debt = self.debt.to_value().checked_add(change).named()?.into();
        Ok(())
    }

    /// Keeps what a closed position left behind.
    pub(crate) fn add_dust(&mut self, dust: Value) -> Result<()> {
        self.dust = self.dust.to_value().checked_add(dust).named()?.into();
        Ok(())
    }

    /// The premium of trades over the index.
    pub fn premium(&self) -> Premium {
        Premium {
            estimate_ppb: self.premium_ppb,
            mean_ppb: self.premium_mean_ppb,
            at: UnixSeconds::new(self.premium_at),
        }
    }

    /// Stores it.
    pub(crate) fn set_premium(&mut self, premium: &Premium) {
        self.premium_ppb = premium.estimate_ppb;
        self.premium_mean_ppb = premium.mean_ppb;
        self.premium_at = premium.at.get();
    }

    /// Credits trade fees.
    pub fn add_fees(&mut self, fees: QuoteAtoms) -> Result<()> {
        let raw = u64::try_from(fees.get()).map_err(|_| PlimsollError::MathOverflow)?;
        self.fees_quote_atoms =
            self.fees_quote_atoms.checked_add(raw).ok_or(PlimsollError::MathOverflow)?;
        Ok(())
    }
}
