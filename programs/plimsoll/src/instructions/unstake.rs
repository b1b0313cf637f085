//! Pays out the part of a stake whose cool-down is over, at what the fund is worth now.

use anchor_lang::prelude::*;
use plimsoll_risk::stake_value;

use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::StakeChanged;
use crate::state::{Collateral, Insurance, Stake, Word128};
use crate::token::{self, MintOf, TokenAccountOf, TokenProgramOf};

/// How long an exit stays open (seconds). Without an end, a stake whose cool-down is over could
/// wait at the door and leave the moment before a loss.
const EXIT_SECONDS: i64 = 2 * 86_400;

/// Accounts of `unstake`.
#[derive(Accounts)]
pub struct Unstake {
    /// Owner of the stake.
    pub owner: Signer,
    /// The quote token.
    pub mint: MintOf,
    /// The quote collateral's vault.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&collateral.vault, vault.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub vault: TokenAccountOf,
    /// Where the tokens go.
    #[account(mut)]
    pub destination: TokenAccountOf,
    /// The quote collateral.
    #[account(
        constraint = collateral.index == 0 @ PlimsollError::WrongTokenAccounts,
        constraint = anchor_lang::address_eq(&collateral.mint, mint.address())
            @ PlimsollError::WrongTokenAccounts,
        constraint = anchor_lang::address_eq(&collateral.token_program, token_program.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub collateral: Account<Collateral>,
    /// The fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The stake.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&stake.group, &insurance.group)
            @ PlimsollError::WrongGroup,
        constraint = anchor_lang::address_eq(&stake.owner, owner.address())
            @ PlimsollError::NotAccountOwner
    )]
    pub stake: Account<Stake>,
    /// The quote token's program.
    pub token_program: TokenProgramOf,
}

/// Rounded down, for those who stay.
///
/// Errors: `WrongGroup`, `NotAccountOwner`, `WrongTokenAccounts`, `StakeVoid`, `StakeNotExiting`,
/// `StakeCoolingDown`, `StakeExitExpired`, `VaultIllLiquid`.
pub(crate) fn handler(ctx: &mut Context<Unstake>) -> Result<()> {
    let time = now()?.time.get();
    let accounts = &mut ctx.accounts;
    let (insurance, stake) = (&mut accounts.insurance, &mut accounts.stake);
    require!(stake.epoch == insurance.epoch, PlimsollError::StakeVoid);
    require!(stake.exit_at != 0, PlimsollError::StakeNotExiting);
    require!(time >= stake.exit_at, PlimsollError::StakeCoolingDown);
    let expired = time > stake.exit_at.saturating_add(EXIT_SECONDS);
    require!(!expired, PlimsollError::StakeExitExpired);
    let (shares, total) = (stake.exiting_shares.to_u128(), insurance.stake_shares.to_u128());
    let value = stake_value(shares, total, insurance.balance()?).named()?;
    let left = total.checked_sub(shares).ok_or(PlimsollError::CorruptAccount)?;
    insurance.stake_shares = Word128::from_u128(left);
    insurance.withdraw(value)?;
    stake.exiting_shares = Word128::from_u128(0);
    stake.exit_at = 0;
    let (group, owner, fund) = (stake.group, stake.owner, insurance.balance_quote_atoms);
    let amount = u64::try_from(value.get()).map_err(|_| PlimsollError::MathOverflow)?;
    require!(amount <= accounts.vault.amount(), PlimsollError::VaultIllLiquid);
    token::pay(
        &accounts.token_program,
        &mut accounts.vault,
        &accounts.mint,
        &mut accounts.destination,
        &accounts.collateral,
        amount,
    )?;
    emit!(StakeChanged {
        group,
        owner,
        change_quote_atoms: value.checked_neg().named()?.get(),
        exit_at: 0,
        fund_quote_atoms: fund,
    });
    Ok(())
}
