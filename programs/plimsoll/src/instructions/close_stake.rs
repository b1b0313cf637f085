//! Closes a stake that is worth nothing; its rent goes to the owner.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::{Insurance, Stake};

/// Accounts of `close_stake`.
#[derive(Accounts)]
pub struct CloseStake {
    /// Owner of the stake, gets the rent.
    #[account(mut)]
    pub owner: Signer,
    /// The insurance fund.
    pub insurance: Account<Insurance>,
    /// The stake.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&stake.group, &insurance.group)
            @ PlimsollError::WrongGroup,
        constraint = anchor_lang::address_eq(&stake.owner, owner.address())
            @ PlimsollError::NotAccountOwner,
        constraint = stake.is_worthless(&insurance) @ PlimsollError::StakeNotEmpty,
        close = owner
    )]
    pub stake: Account<Stake>,
}

/// A stake is worth nothing without shares, or where the fund was used up since it bought them. Errors:
/// `WrongGroup`, `NotAccountOwner`, `StakeNotEmpty`. The closing itself happens on exit.
pub(crate) fn handler(_ctx: &mut Context<CloseStake>) -> Result<()> {
    Ok(())
}
