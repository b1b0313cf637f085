//! Stakes quote tokens in the insurance fund: first to bear losses, paid by cuts and fees.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};
use plimsoll_risk::stake_shares;

use crate::error::{Named, PlimsollError};
use crate::events::StakeChanged;
use crate::seeds;
use crate::state::{Collateral, Group, Insurance, Stake, VERSION};
use crate::token;

/// Accounts of `stake_insurance`.
#[derive(Accounts)]
pub struct StakeInsurance {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Pays the tokens, and owns the stake.
    pub owner: Signer,
    /// Where the tokens come from.
    #[account(mut)]
    pub source: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The quote token.
    pub mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The quote collateral's vault.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&collateral.vault, vault.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub vault: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The quote collateral.
    #[account(
        constraint = collateral.index == 0 @ PlimsollError::WrongTokenAccounts,
        constraint = anchor_lang::address_eq(&collateral.mint, mint.address())
            @ PlimsollError::WrongTokenAccounts,
        constraint = anchor_lang::address_eq(&collateral.token_program, token_program.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub collateral: Account<Collateral>,
    /// The group.
    #[account(
        constraint = anchor_lang::address_eq(group.address(), &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub group: Account<Group>,
    /// The fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The owner's stake, made if it is not there.
    #[account(
        init_if_needed,
        payer = payer,
        seeds = [seeds::STAKE, insurance, owner],
        bump
    )]
    pub stake: Account<Stake>,
    /// The quote token's program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
    /// Creates the stake.
    pub system_program: Program<System>,
}

/// What arrives after a transfer fee buys shares at the fund's worth, rounded down. Shares of a
/// fund that was used up since are forgotten.
///
/// Errors: `GroupNotLaunched`, `ZeroAmount`, `WrongGroup`, `WrongTokenAccounts`, `NothingReceived`.
pub(crate) fn handler(ctx: &mut Context<StakeInsurance>, amount_quote_atoms: u64) -> Result<()> {
    require!(amount_quote_atoms > 0, PlimsollError::ZeroAmount);
    let bump = ctx.bumps.stake;
    let accounts = &mut ctx.accounts;
    accounts.group.require_launched()?;
    let received = token::collect(
        &accounts.token_program,
        &mut accounts.source,
        &accounts.mint,
        &mut accounts.vault,
        &accounts.owner,
        amount_quote_atoms,
    )?;
    let received = token::quote(received);
    let (insurance, stake) = (&mut accounts.insurance, &mut accounts.stake);
    insurance.begin_anew_if_used_up()?;
    let total = insurance.stake_shares.to_u128();
    let shares = stake_shares(received, total, insurance.balance()?).named()?;
    require!(shares > 0, PlimsollError::NothingReceived);
    if stake.version == 0 || stake.epoch != insurance.epoch {
        stake.version = VERSION;
        stake.bump = bump;
        stake.group = insurance.group;
        stake.owner = *accounts.owner.address();
        stake.shares = crate::state::Word128::from_u128(0);
        stake.exiting_shares = crate::state::Word128::from_u128(0);
        stake.exit_at = 0;
        stake.epoch = insurance.epoch;
    }
    let own = stake.shares.to_u128().checked_add(shares).ok_or(PlimsollError::MathOverflow)?;
    let all = total.checked_add(shares).ok_or(PlimsollError::MathOverflow)?;
    stake.shares = crate::state::Word128::from_u128(own);
    insurance.stake_shares = crate::state::Word128::from_u128(all);
    insurance.add(received)?;
    emit!(StakeChanged {
        group: insurance.group,
        owner: stake.owner,
        change_quote_atoms: received.get(),
        exit_at: stake.exit_at,
        fund_quote_atoms: insurance.balance_quote_atoms,
    });
    Ok(())
}
