//! Removes a settled contract of which no account has a row any more, with its pool; the rent goes
//! back. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_units::Value;

use crate::error::{Named, PlimsollError};
use crate::events::ContractClosed;
use crate::state::{Instrument, Insurance, Pool};

/// Accounts of `close_contract`.
#[derive(Accounts)]
pub struct CloseContract {
    /// Who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount,
    /// The group's insurance fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &instrument.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The contract.
    #[account(
        mut,
        close = payer,
        constraint = anchor_lang::address_eq(&instrument.payer, payer.address())
            @ PlimsollError::WrongPayer
    )]
    pub instrument: Account<Instrument>,
    /// Its pool.
    #[account(
        mut,
        close = payer,
        constraint = anchor_lang::address_eq(&pool.instrument, instrument.address())
            @ PlimsollError::WrongGroup
    )]
    pub pool: Account<Pool>,
}

/// Fees and dust go to the insurance fund, less what is left of a debt: that is the pool's cash.
/// Numbers of instruments are never used again, so that it cannot come back. The open interest that the last
/// refresh counted would widen its underlying's scan range for good: `refresh_instrument` counts nothing of
/// what has settled, and has to be first.
///
/// Errors: `WrongPayer` (the rent is another's), `WrongGroup`, `ContractNotSettled`, `ContractInUse`
/// (somebody has a row, or the underlying its open interest until `refresh_instrument`),
/// `LossesPending`, `InstrumentInDebt` (of more than fees and dust repay).
pub(crate) fn handler(ctx: &mut Context<CloseContract>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let (instrument, pool) = (&accounts.instrument, &accounts.pool);
    require!(instrument.is_settled(), PlimsollError::ContractNotSettled);
    let counted = instrument.open_interest_quote_atoms != 0;
    require!(pool.row_weight.is_zero() && !counted, PlimsollError::ContractInUse);
    // What follows from there being no rows is asked for all the same: nothing could be put right
    // afterwards.
    require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
    require!(pool.is_paid_out()?, PlimsollError::CorruptAccount);
    let cash = pool.cash();
    require!(!cash.is_negative(), PlimsollError::InstrumentInDebt);
    accounts.insurance.receive(cash)?;
    emit!(ContractClosed {
        instrument: *accounts.instrument.address(),
        collected_quote_atoms: cash.get(),
    });
    accounts.pool.cash_quote_atoms = 0;
    Ok(())
}

impl Pool {
    /// True if no position has lots, and fees and dust are all that cash and debt stand for.
    fn is_paid_out(&self) -> Result<bool> {
        let lots = [self.settled_long_lots, self.settled_short_lots];
        let claims = Value::from_quote(self.fees()?).checked_add(self.dust.to_value()).named()?;
        let backing = Value::from_quote(self.cash()).checked_add(self.debt.to_value()).named()?;
        Ok(lots == [self.open_interest_lots; 2] && claims == backing)
    }
}
