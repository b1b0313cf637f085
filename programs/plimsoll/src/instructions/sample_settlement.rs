//! Samples the index price for the settlement price of an expiry, and settles it once enough of the
//! window is covered. Anybody may, as often as they like.

use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, Action};

use crate::clock::now;
use crate::error::{grade_error, PlimsollError};
use crate::events::SettlementSampled;
use crate::load::priced_terms;
use crate::state::{Expiry, Group, Underlying};

/// Accounts of `sample_settlement`. The trailing accounts are the oracles of the quote token's
/// underlying, then those of the expiry's.
#[derive(Accounts)]
pub struct SampleSettlement {
    /// The group.
    pub group: Account<Group>,
    /// The quote token's underlying.
    #[account(
        constraint = anchor_lang::address_eq(&quote_underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = quote_underlying.index == 0 @ PlimsollError::UnknownUnderlying
    )]
    pub quote_underlying: Account<Underlying>,
    /// What expires.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = underlying.index == expiry.underlying @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// The expiry.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&expiry.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub expiry: Account<Expiry>,
}

/// Only a valid price is a sample. Errors: `WrongGroup`, `UnknownUnderlying`, `SettlementNotDue`,
/// those of the oracle accounts and of their grades.
pub(crate) fn handler(ctx: &mut Context<SampleSettlement>) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let terms = priced_terms(
        &accounts.group,
        (&accounts.quote_underlying, &accounts.underlying),
        views,
        now,
    )?;
    require!(allowed(terms.grade, Action::Open), grade_error(terms.grade));
    let expiry = &mut accounts.expiry;
    expiry.sample(terms.price, now.time)?;
    emit!(SettlementSampled {
        expiry: *expiry.address(),
        price_mantissa: terms.price.parts().0,
        price_exponent: i64::from(terms.price.parts().1),
        covered_seconds: expiry.settlement()?.covered().get(),
        settled_at: expiry.settled_at,
    });
    Ok(())
}
