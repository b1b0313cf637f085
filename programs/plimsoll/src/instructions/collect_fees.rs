//! Brings trade fees to the insurance fund: they repay the instrument's debt first, and are paid
//! out of the pool's cash like any other claim. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_units::{QuoteAtoms, Value};

use crate::error::{Named, PlimsollError};
use crate::events::FeesCollected;
use crate::state::{Insurance, Pool};

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees {
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

/// Errors: `WrongGroup`, `NothingToCollect`.
pub(crate) fn handler(ctx: &mut Context<CollectFees>) -> Result<()> {
    let (pool, insurance) = (&mut ctx.accounts.pool, &mut ctx.accounts.insurance);
    let repaid = pool.fees()?.min(pool.debt_floor()?);
    pool.take_fees(repaid)?;
    pool.add_debt(Value::from_quote(repaid).checked_neg().named()?)?;
    let collected = pool.fees()?.min(pool.cash().max(QuoteAtoms::ZERO));
    pool.take_fees(collected)?;
    pool.add_cash(collected.checked_neg().named()?)?;
    insurance.receive(collected)?;
    let none = repaid.is_zero() && collected.is_zero();
    require!(!none, PlimsollError::NothingToCollect);
    emit!(FeesCollected {
        instrument: pool.instrument,
        debt_repaid_quote_atoms: repaid.get(),
        collected_quote_atoms: collected.get(),
    });
    Ok(())
}
