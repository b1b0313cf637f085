//! What trades of one instrument write, kept apart from what other accounts' checks read.

use anchor_lang::prelude::*;
use plimsoll_units::{BaseLots, QuoteAtoms};

use crate::error::PlimsollError;

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
    /// What the insurance fund had received when the debt arose, or the last repayment was made.
    pub debt_mark_quote_atoms: u64,
    /// Premium of trades over the index, as of the last one (parts per billion).
    pub premium_ppb: i64,
    /// Its mean over time (parts per billion).
    pub premium_mean_ppb: i64,
    /// When both were last brought up to date (Unix seconds).
    pub premium_at: i64,
    /// Zero.
    pub reserved: [u64; 32],
    /// Zero.
    pub reserved_2: [u64; 24],
}

const _: () = assert!(
    core::mem::size_of::<Pool>()
        == 2 + 2 + 4 // version, bump, index, padding
            + 2 * 32 // group, instrument
            + 4 * 8 // open interest, pnl, fees, volume
            + 2 * 16 // debt, dust
            + 4 * 8 // mark, premium
            + 56 * 8 // reserved
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

    /// Credits trade fees.
    pub fn add_fees(&mut self, fees: QuoteAtoms) -> Result<()> {
        let raw = u64::try_from(fees.get()).map_err(|_| PlimsollError::MathOverflow)?;
        self.fees_quote_atoms =
            self.fees_quote_atoms.checked_add(raw).ok_or(PlimsollError::MathOverflow)?;
        Ok(())
    }
}
