//! Deposits a token for any margin account, or repays what it borrowed. Needs no oracle.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};

use crate::check::{opted_out, Ix};
use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::Deposited;
use crate::state::{Collateral, MarginAccount};
use crate::token;

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit {
    /// Pays the tokens; anybody.
    pub depositor: Signer,
    /// Where the tokens come from.
    #[account(mut)]
    pub source: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The token.
    pub mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The collateral's vault.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&collateral.vault, vault.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub vault: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The collateral.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&collateral.mint, mint.address())
            @ PlimsollError::WrongTokenAccounts,
        constraint = anchor_lang::address_eq(&collateral.token_program, token_program.address())
            @ PlimsollError::WrongTokenAccounts
    )]
    pub collateral: Account<Collateral>,
    /// The account that is credited.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The collateral's token program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
}

/// Deposits `amount` token atoms; what arrives after a transfer fee is credited.
///
/// Errors: `ZeroAmount`, `WrongGroup`, `WrongTokenAccounts`, `RowMustExist`, `TokenRowsFull`,
/// `TooManyUnderlyings`, `NothingReceived`, `DepositCapExceeded`.
pub(crate) fn handler(ctx: &mut Context<Deposit>, amount_token_atoms: u64) -> Result<()> {
    require!(amount_token_atoms > 0, PlimsollError::ZeroAmount);
    let permit = opted_out(Ix::Deposit)?;
    let key = ctx.accounts.collateral.key();
    require_row_may_open(&ctx.accounts, key)?;
    let accounts = &mut ctx.accounts;
    let received = token::collect(
        &accounts.token_program,
        &mut accounts.source,
        &accounts.mint,
        &mut accounts.vault,
        &accounts.depositor,
        amount_token_atoms,
    )?;

    accounts.margin_account.ensure_rows(&[key], &permit)?;
    let row = accounts.margin_account.row_mut(key, &permit)?;
    let time = now()?.time;
    accounts.collateral.accrue(time)?;
    accounts.collateral.pay_in(received.get().unsigned_abs(), time)?;
    let mut totals = accounts.collateral.totals();
    let shares = totals.change(row.shares(), received).map_err(PlimsollError::from)?;
    row.shares = shares.into();
    accounts.collateral.set_totals(&totals);
    accounts.collateral.rebase()?;
    // Repaying may never be refused, so the cap binds only an account that ends with a deposit.
    if shares.is_positive() {
        let total = totals.deposits_ceil().map_err(PlimsollError::from)?;
        let cap = accounts.collateral.deposit_cap_token_atoms;
        require!(token::within(total, cap), PlimsollError::DepositCapExceeded);
    }
    accounts.margin_account.sweep(&permit)?;
    emit!(Deposited {
        margin_account: *accounts.margin_account.address(),
        collateral: *accounts.collateral.address(),
        received_token_atoms: received.get(),
    });
    Ok(())
}

/// Only the account's authority may open a new token row: otherwise dust of many tokens, sent by
/// anybody, would fill the account.
fn require_row_may_open(accounts: &Deposit, key: plimsoll_risk::RowKey) -> Result<()> {
    if accounts.margin_account.row(key)?.is_some() || key == crate::state::QUOTE_KEY {
        return Ok(());
    }
    let time = now()?.time;
    let own = accounts.margin_account.require_authority(accounts.depositor.address(), time);
    own.map_err(|_| PlimsollError::RowMustExist.into())
}
