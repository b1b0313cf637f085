//! Asks for the exit of a part of a stake, or takes the wish back.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::StakeChanged;
use crate::state::{Group, Insurance, Stake, Word128};

/// Accounts of `request_unstake`.
#[derive(Accounts)]
pub struct RequestUnstake {
    /// Owner of the stake.
    pub owner: Signer,
    /// The group.
    pub group: Account<Group>,
    /// Its insurance fund.
    #[account(
        constraint = anchor_lang::address_eq(&insurance.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The stake.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&stake.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = anchor_lang::address_eq(&stake.owner, owner.address())
            @ PlimsollError::NotAccountOwner
    )]
    pub stake: Account<Stake>,
}

/// From the group's cool-down on, `shares` of the stake may leave; zero: none shall. Each request
/// replaces the one before, and its cool-down starts anew.
///
/// Errors: `WrongGroup`, `NotAccountOwner`, `StakeVoid`, `StakeTooSmall`.
pub(crate) fn handler(ctx: &mut Context<RequestUnstake>, shares: u128) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let stake = &mut accounts.stake;
    require!(stake.epoch == accounts.insurance.epoch, PlimsollError::StakeVoid);
    let all = stake.shares.to_u128().checked_add(stake.exiting_shares.to_u128());
    let all = all.ok_or(PlimsollError::MathOverflow)?;
    let rest = all.checked_sub(shares).ok_or(PlimsollError::StakeTooSmall)?;
    stake.shares = Word128::from_u128(rest);
    stake.exiting_shares = Word128::from_u128(shares);
    let cool_down = i64::try_from(accounts.group.cool_down_seconds).unwrap_or(i64::MAX);
    stake.exit_at = match shares {
        0 => 0,
        _ => now()?.time.get().saturating_add(cool_down),
    };
    emit!(StakeChanged {
        group: stake.group,
        owner: stake.owner,
        change_quote_atoms: 0,
        exit_at: stake.exit_at,
        fund_quote_atoms: accounts.insurance.balance_quote_atoms,
    });
    Ok(())
}
