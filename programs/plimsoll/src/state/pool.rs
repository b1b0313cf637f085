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
    /// Settled profit and loss that waits for the other side (quote atoms); zero until then.
    pub pnl_quote_atoms: i64,
    /// Trade fees not yet paid out (quote atoms).
    pub fees_quote_atoms: u64,
    /// Lots traded so far, for statistics.
    pub volume_lots: u64,
    /// Zero; for premium samples and recorded debt.
    pub reserved: [u64; 64],
}

const _: () = assert!(
    core::mem::size_of::<Pool>()
        == 2 + 2 + 4 // version, bump, index, padding
            + 2 * 32 // group, instrument
            + 4 * 8 // open interest, pnl, fees, volume
            + 64 * 8 // reserved
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
