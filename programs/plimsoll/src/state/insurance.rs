//! A group's insurance fund, kept apart from the group so that liquidations do not lock it.

use anchor_lang::prelude::*;
use plimsoll_units::QuoteAtoms;

use crate::error::PlimsollError;

/// Quote tokens, held in the quote collateral's vault, that pay what bankrupt accounts cannot.
#[account]
pub struct Insurance {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The group that the fund insures.
    pub group: Address,
    /// What the fund holds (quote atoms).
    pub balance_quote_atoms: u64,
    /// Cuts of discounts received so far (quote atoms).
    pub received_quote_atoms: u64,
    /// Shortfalls and discounts paid so far (quote atoms).
    pub paid_quote_atoms: u64,
    /// Shares of all stakers in the balance.
    pub stake_shares: Word128,
    /// Counts how often the fund was used up; shares of an earlier time are worth nothing.
    pub epoch: u64,
    /// Zero.
    pub reserved: [u64; 29],
}

const _: () = assert!(
    core::mem::size_of::<Insurance>()
        == 2 + 6 // version, bump, padding
            + 32 // group
            + 3 * 8 // balance, received, paid
            + 16 // shares
            + 8 // epoch
            + 29 * 8 // reserved
);

impl Insurance {
    /// What the fund can pay.
    pub fn balance(&self) -> Result<QuoteAtoms> {
        atoms(self.balance_quote_atoms)
    }

    /// Books one liquidation: the fund receives `cut` and pays `paid`, both at least zero.
    /// `InsuranceInsufficient` if it then holds less than it must pay.
    pub fn book(&mut self, paid: QuoteAtoms, cut: QuoteAtoms) -> Result<()> {
        let balance = self.balance()?.checked_add(cut).and_then(|held| held.checked_sub(paid));
        let balance = balance.map_err(PlimsollError::from)?;
        if balance.is_negative() {
            msg!("insurance: holds {}, must pay {}", self.balance_quote_atoms, paid.get());
            return Err(PlimsollError::InsuranceInsufficient.into());
        }
        let received = atoms(self.received_quote_atoms)?.checked_add(cut);
        let spent = atoms(self.paid_quote_atoms)?.checked_add(paid);
        self.balance_quote_atoms = raw(balance)?;
        self.received_quote_atoms = raw(received.map_err(PlimsollError::from)?)?;
        self.paid_quote_atoms = raw(spent.map_err(PlimsollError::from)?)?;
        Ok(())
    }

    /// Books a gift to the fund.
    pub fn add(&mut self, amount: QuoteAtoms) -> Result<()> {
        let balance = self.balance()?.checked_add(amount).map_err(PlimsollError::from)?;
        self.balance_quote_atoms = raw(balance)?;
        Ok(())
    }
}

fn atoms(raw: u64) -> Result<QuoteAtoms> {
    Ok(QuoteAtoms::new(i64::try_from(raw).map_err(|_| PlimsollError::MathOverflow)?))
}

fn raw(atoms: QuoteAtoms) -> Result<u64> {
    Ok(u64::try_from(atoms.get()).map_err(|_| PlimsollError::MathOverflow)?)
}
