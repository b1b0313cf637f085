//! A token that may be deposited or borrowed.

use anchor_lang::prelude::*;
use plimsoll_risk::{BalanceTotals, RowKey, RowKind};
use plimsoll_units::{Index, Price};

use super::{StoredPrice, Word128};
use crate::error::PlimsollError;
use crate::token;

/// A token of the group: its vault, its indices, its caps.
#[account]
pub struct Collateral {
    /// Layout version.
    pub version: u8,
    /// Bump of this address; this address is the vault's authority.
    pub bump: u8,
    /// Bump of the vault's address.
    pub vault_bump: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Index within the group; 0 is the quote token.
    pub index: u16,
    /// Index of the underlying that prices it.
    pub underlying: u16,
    /// The group.
    pub group: Address,
    /// The token.
    pub mint: Address,
    /// SPL Token or Token-2022.
    pub token_program: Address,
    /// Token account with all deposits, and the insurance fund if this is the quote token.
    pub vault: Address,
    /// Whole units of the underlying per token atom: 10^-decimals.
    pub scale: StoredPrice,
    /// Token atoms per deposit share (Q64.64), never falls but by shared losses.
    pub deposit_index: Word128,
    /// Token atoms per borrow share (Q64.64), never falls.
    pub borrow_index: Word128,
    /// Sum of all accounts' positive balances (shares, 2^-48 atoms at index one).
    pub deposit_shares: Word128,
    /// Sum of all accounts' negative balances, as a positive number (shares).
    pub borrow_shares: Word128,
    /// No deposit may raise all deposits above this (token atoms).
    pub deposit_cap_token_atoms: u64,
    /// No withdrawal may raise all borrows above this (token atoms); zero: not borrowable.
    pub borrow_cap_token_atoms: u64,
    /// Zero; for the interest curve and the outflow window.
    pub reserved: [u64; 64],
}

const _: () = assert!(
    core::mem::size_of::<Collateral>()
        == 4 // version, bumps, decimals
            + 2 * 2 // index, underlying
            + 4 * 32 // group, mint, token_program, vault
            + 16 // scale
            + 4 * 16 // indices, shares
            + 2 * 8 // caps
            + 64 * 8 // reserved
);

impl Collateral {
    /// The key of this token's row in every margin account.
    pub fn key(&self) -> RowKey {
        RowKey::new(self.underlying, RowKind::Token, self.index)
    }

    /// Indices and totals, for the arithmetic of balances.
    pub fn totals(&self) -> BalanceTotals {
        BalanceTotals {
            deposit_index: self.deposit_index(),
            borrow_index: self.borrow_index(),
            deposits: self.deposit_shares.to_shares(),
            borrows: self.borrow_shares.to_shares(),
        }
    }

    /// Stores totals after a change of balances; the indices are left alone.
    pub fn set_totals(&mut self, totals: &BalanceTotals) {
        self.deposit_shares = totals.deposits.into();
        self.borrow_shares = totals.borrows.into();
    }

    /// `BorrowNotAllowed` or `BorrowCapExceeded` unless these totals may stand after a new borrow.
    pub(crate) fn require_borrowable(&self, totals: &BalanceTotals) -> Result<()> {
        require!(self.borrow_cap_token_atoms > 0, PlimsollError::BorrowNotAllowed);
        let all = totals.borrows_ceil().map_err(PlimsollError::from)?;
        let within = token::within(all, self.borrow_cap_token_atoms);
        require!(within, PlimsollError::BorrowCapExceeded);
        Ok(())
    }

    /// Token atoms per deposit share.
    #[inline]
    pub fn deposit_index(&self) -> Index {
        self.deposit_index.to_index()
    }

    /// Token atoms per borrow share.
    #[inline]
    pub fn borrow_index(&self) -> Index {
        self.borrow_index.to_index()
    }

    /// Whole units of the underlying per token atom.
    #[inline]
    pub fn scale(&self) -> Result<Price> {
        self.scale.price()
    }
}
