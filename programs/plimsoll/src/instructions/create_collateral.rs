//! Lists a token: its collateral account and its vault.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};
use plimsoll_units::{Index, Price};

use crate::error::PlimsollError;
use crate::instructions::create_group::TOKEN_DECIMALS_MAX;
use crate::mint_extensions::require_allowed;
use crate::seeds;
use crate::state::{Collateral, Group, Underlying, VERSION};

/// Accounts of `create_collateral`.
#[derive(Accounts)]
pub struct CreateCollateral {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group.
    pub owner: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.owner, owner.address())
            @ PlimsollError::NotGroupOwner
    )]
    pub group: Account<Group>,
    /// What prices the token.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub underlying: Account<Underlying>,
    /// The token.
    pub mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The collateral.
    #[account(init, payer = payer, seeds = [seeds::COLLATERAL, group, mint], bump)]
    pub collateral: Account<Collateral>,
    /// Its vault.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::VAULT, collateral],
        bump,
        token::mint = mint,
        token::authority = collateral,
        token::token_program = token_program
    )]
    pub vault: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The token's program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<System>,
}

/// The first collateral is the quote token on underlying 0. Caps are in token atoms; a borrow cap
/// of zero forbids borrowing.
///
/// Errors: `NotGroupOwner`, `WrongGroup`, `QuoteMustComeFirst`, `TooManyDecimals`,
/// `IndexExhausted`, `Extension…`.
pub(crate) fn handler(
    ctx: &mut Context<CreateCollateral>,
    deposit_cap_token_atoms: u64,
    borrow_cap_token_atoms: u64,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let decimals = accounts.mint.decimals();
    require!(decimals <= TOKEN_DECIMALS_MAX, PlimsollError::TooManyDecimals);
    require_allowed(accounts.mint.account())?;
    let index = accounts.group.collateral_count;
    let is_quote = anchor_lang::address_eq(accounts.mint.address(), &accounts.group.quote_mint);
    let underlying = accounts.underlying.index;
    let first_is_quote = is_quote == (index == 0) && (index != 0 || underlying == 0);
    require!(first_is_quote, PlimsollError::QuoteMustComeFirst);
    accounts.group.collateral_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;

    let scale = i32::from(decimals).checked_neg().ok_or(PlimsollError::MathOverflow)?;
    let scale = Price::pow10(scale).map_err(PlimsollError::from)?;
    let collateral = &mut accounts.collateral;
    collateral.version = VERSION;
    collateral.bump = ctx.bumps.collateral;
    collateral.vault_bump = ctx.bumps.vault;
    collateral.decimals = decimals;
    collateral.index = index;
    collateral.underlying = underlying;
    collateral.group = *accounts.group.address();
    collateral.mint = *accounts.mint.address();
    collateral.token_program = *accounts.token_program.address();
    collateral.vault = *accounts.vault.address();
    collateral.scale = scale.into();
    collateral.deposit_index = Index::ONE.into();
    collateral.borrow_index = Index::ONE.into();
    collateral.deposit_cap_token_atoms = deposit_cap_token_atoms;
    collateral.borrow_cap_token_atoms = borrow_cap_token_atoms;
    Ok(())
}
