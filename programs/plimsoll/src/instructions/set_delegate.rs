//! Lets somebody else trade for an account until a date. A delegate can never withdraw, but it can
//! lose: within the price band and initial margin it may trade at bad prices, so trust is needed.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::state::MarginAccount;

/// Accounts of `set_delegate`.
#[derive(Accounts)]
pub struct SetDelegate {
    /// Owner of the account.
    pub owner: Signer,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.owner, owner.address())
            @ PlimsollError::NotAccountOwner
    )]
    pub margin_account: Account<MarginAccount>,
}

/// `delegate` of all zeros revokes. `expires_at` is in Unix seconds, exclusive.
///
/// Errors: `NotAccountOwner`, `ExpiryInThePast`.
pub(crate) fn handler(
    ctx: &mut Context<SetDelegate>,
    delegate: Address,
    expires_at: i64,
) -> Result<()> {
    let account = &mut ctx.accounts.margin_account;
    if anchor_lang::address_eq(&delegate, &Address::default()) {
        account.delegate = Address::default();
        account.delegate_expires_at = 0;
        return Ok(());
    }
    require!(expires_at > now()?.time.get(), PlimsollError::ExpiryInThePast);
    account.delegate = delegate;
    account.delegate_expires_at = expires_at;
    Ok(())
}
