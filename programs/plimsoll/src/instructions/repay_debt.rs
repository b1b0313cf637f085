//! Repays an instrument's debt out of what the insurance fund has received since the debt arose.
//! Anybody may.

use anchor_lang::prelude::*;
use plimsoll_units::{QuoteAtoms, Value};

use crate::error::{Named, PlimsollError};
use crate::events::DebtRepaid;
use crate::state::{Insurance, Pool};

/// Accounts of `repay_debt`.
#[derive(Accounts)]
pub struct RepayDebt {
    /// The instrument's pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// The group's insurance fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &pool.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
}

/// Only income repays, while the fund holds it: what stakers put in is theirs. Errors: `WrongGroup`,
/// `NothingToRepay`.
pub(crate) fn handler(ctx: &mut Context<RepayDebt>) -> Result<()> {
    let (pool, insurance) = (&mut ctx.accounts.pool, &mut ctx.accounts.insurance);
    let income = insurance.income_since(pool.debt_mark_quote_atoms);
    let income = i64::try_from(income).map_err(|_| PlimsollError::MathOverflow)?;
    let paid = pool.debt_floor()?.min(QuoteAtoms::new(income)).min(insurance.balance()?);
    require!(paid.is_positive(), PlimsollError::NothingToRepay);
    // Income repays once, whichever instrument it repays.
    let spent = u64::try_from(paid.get()).map_err(|_| PlimsollError::MathOverflow)?;
    insurance.repaid_quote_atoms = insurance.repaid_quote_atoms.saturating_add(spent);
    insurance.pay(paid)?;
    pool.add_cash(paid)?;
    pool.add_debt(Value::from_quote(paid).checked_neg().named()?)?;
    emit!(DebtRepaid { instrument: pool.instrument, paid_quote_atoms: paid.get() });
    Ok(())
}
