//! Clears an account that holds nothing but a debt of quote tokens: there is nothing that a bid
//! could take. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_units::QuoteAtoms;

use crate::check::{opted_out, Ix};
use crate::claims::write_off;
use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::DebtWrittenOff;
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
    let debt = sole_debt(&accounts.margin_account, collateral)?;
    let account = &mut accounts.margin_account;
    let borne = write_off(account, collateral, &mut accounts.insurance, debt, now.time, &permit)?;
    collateral.rebase()?;
    accounts.margin_account.sweep(&permit)?;
    emit!(DebtWrittenOff {
        margin_account: *accounts.margin_account.address(),
        collateral: *accounts.quote_collateral.address(),
        slot: now.slot.get(),
        debt_token_atoms: debt.get(),
        reserve_paid_token_atoms: borne.reserve.get(),
        insurance_paid_quote_atoms: borne.insurance.get(),
        depositors_paid_token_atoms: borne.depositors.get(),
    });
    Ok(())
}

/// All that the account has, which must be a debt of quote tokens.
fn sole_debt(account: &MarginAccount, collateral: &Collateral) -> Result<QuoteAtoms> {
    let mut rows = account.rows()?.iter().filter(|row| !row.holds_nothing());
    let (Some(row), None) = (rows.next(), rows.next()) else {
        return Err(PlimsollError::NotBankrupt.into());
    };
    let debt = collateral.totals().borrowed_atoms(row.shares()).named()?;
    let indebted = row.key == QUOTE_KEY.raw() && debt.is_positive();
    require!(indebted, PlimsollError::NotBankrupt);
    Ok(token::quote(debt))
}
