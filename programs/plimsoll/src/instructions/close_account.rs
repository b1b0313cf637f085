//! Closes an empty margin account; its rent goes to the owner.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::MarginAccount;

/// Accounts of `close_account`.
#[derive(Accounts)]
pub struct CloseAccount {
    /// Owner of the account, gets the rent.
    #[account(mut)]
    pub owner: Signer,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.owner, owner.address())
            @ PlimsollError::NotAccountOwner,
        constraint = margin_account.row_count == 0 @ PlimsollError::AccountNotEmpty,
        close = owner
    )]
    pub margin_account: Account<MarginAccount>,
}

/// Errors: `NotAccountOwner`, `AccountNotEmpty`. The closing itself happens on exit.
pub(crate) fn handler(_ctx: &mut Context<CloseAccount>) -> Result<()> {
    Ok(())
}
