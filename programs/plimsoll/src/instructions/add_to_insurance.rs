//! Gives quote tokens to a group's insurance fund. Anybody may; there is no way back.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};

use crate::error::PlimsollError;
use crate::events::InsuranceAdded;
use crate::state::{Collateral, Insurance};
use crate::token;

/// Accounts of `add_to_insurance`.
#[derive(Accounts)]
pub struct AddToInsurance {
    /// Pays the tokens.
    pub depositor: Signer,
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
    /// The fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The quote token's program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
}

/// What arrives after a transfer fee is credited. Errors: `ZeroAmount`, `WrongGroup`,
/// `WrongTokenAccounts`, `NothingReceived`.
pub(crate) fn handler(ctx: &mut Context<AddToInsurance>, amount_quote_atoms: u64) -> Result<()> {
    require!(amount_quote_atoms > 0, PlimsollError::ZeroAmount);
    let accounts = &mut ctx.accounts;
    let received = token::collect(
        &accounts.token_program,
        &mut accounts.source,
        &accounts.mint,
        &mut accounts.vault,
        &accounts.depositor,
        amount_quote_atoms,
    )?;
    accounts.insurance.add(token::quote(received))?;
    emit!(InsuranceAdded { group: accounts.insurance.group, received_quote_atoms: received.get() });
    Ok(())
}
