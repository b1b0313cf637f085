//! Clears what bids have assigned to the lenders of the quote token, or the debt of an account
//! that holds nothing else. Anybody may.
//!
//! In this order: what was set aside from quote interest; the insurance fund up to the
//! collateral's cap; all depositors of the quote token, through the deposit index.

use anchor_lang::prelude::*;
use plimsoll_units::{QuoteAtoms, TokenAtoms};

use crate::check::{opted_out, Ix};
use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::DebtWrittenOff;
use crate::instructions::settle_position::credit;
use crate::state::{Collateral, Insurance, MarginAccount, QUOTE_KEY};
use crate::token;

/// Accounts of `write_off_debt`.
#[derive(Accounts)]
pub struct WriteOffDebt {
    /// The group's insurance fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &quote_collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, &quote_collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The quote token's collateral.
    #[account(
        mut,
        constraint = quote_collateral.index == 0 @ PlimsollError::WrongTokenAccounts
    )]
    pub quote_collateral: Account<Collateral>,
}

/// Errors: `WrongGroup`, `WrongTokenAccounts`, `NotBankrupt`, `LossBeyondDeposits`.
pub(crate) fn handler(ctx: &mut Context<WriteOffDebt>) -> Result<()> {
    let permit = opted_out(Ix::WriteOffDebt)?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let collateral = &mut accounts.quote_collateral;
    collateral.accrue(now.time)?;
    let debt = lost(&accounts.margin_account, collateral)?;

    let set_aside = collateral.take_reserve(debt)?;
    let rest = debt.checked_sub(set_aside).named()?;
    let paid = insurance_part(&accounts.insurance, collateral, rest)?;
    accounts.insurance.pay(token::quote(paid))?;
    let rest = rest.checked_sub(paid).named()?;
    // The debt goes first: its account must not bear a part of it.
    credit(&mut accounts.margin_account, collateral, token::quote(debt), &permit)?;
    collateral.write_down(rest)?;
    collateral.rebase()?;
    accounts.margin_account.row_mut(QUOTE_KEY, &permit)?.owed_quote_atoms = 0;
    accounts.margin_account.sweep(&permit)?;
    emit!(DebtWrittenOff {
        margin_account: *accounts.margin_account.address(),
        collateral: *accounts.quote_collateral.address(),
        slot: now.slot.get(),
        debt_token_atoms: debt.get(),
        reserve_paid_token_atoms: set_aside.get(),
        insurance_paid_quote_atoms: paid.get(),
        depositors_paid_token_atoms: rest.get(),
    });
    Ok(())
}

/// What bids have assigned to the lenders of the quote token; without that all of the debt, if
/// the account holds nothing else.
fn lost(account: &MarginAccount, collateral: &Collateral) -> Result<TokenAtoms> {
    let row = account.row(QUOTE_KEY)?.ok_or(PlimsollError::NotBankrupt)?;
    if row.owed_quote_atoms != 0 {
        return Ok(token::token(row.owed()?));
    }
    let debt = collateral.totals().borrowed_atoms(row.shares()).named()?;
    let bankrupt = account.row_count == 1 && debt.is_positive();
    require!(bankrupt, PlimsollError::NotBankrupt);
    Ok(debt)
}

fn insurance_part(
    insurance: &Insurance,
    collateral: &Collateral,
    rest: TokenAtoms,
) -> Result<TokenAtoms> {
    let cap = i64::try_from(collateral.insurance_cap_quote_atoms).unwrap_or(i64::MAX);
    let paid = token::quote(rest).min(QuoteAtoms::new(cap)).min(insurance.balance()?);
    Ok(token::token(paid))
}
