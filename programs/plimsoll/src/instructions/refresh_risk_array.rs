//! Values a contract at the price, in all scenarios, and stores what a lot may gain or lose: what
//! margin checks read. After the expiry it takes over the settlement price. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, Action};

use crate::clock::now;
use crate::error::{grade_error, PlimsollError};
use crate::events::RiskArrayRefreshed;
use crate::load::priced_terms;
use crate::state::{Expiry, Group, Instrument, Underlying};
use crate::valuation::value;

/// Accounts of `refresh_risk_array`. The trailing accounts are the oracles of the quote token's
/// underlying, then those of the instrument's.
#[derive(Accounts)]
pub struct RefreshRiskArray {
    /// The group.
    pub group: Account<Group>,
    /// The quote token's underlying.
    #[account(
        constraint = anchor_lang::address_eq(&quote_underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = quote_underlying.index == 0 @ PlimsollError::UnknownUnderlying
    )]
    pub quote_underlying: Account<Underlying>,
    /// What the contract is on.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = underlying.index == instrument.underlying @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// When it expires.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&expiry.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = expiry.underlying == instrument.underlying
            && expiry.expires_at == instrument.expires_at @ PlimsollError::ExpiryMismatch
    )]
    pub expiry: Account<Expiry>,
    /// The contract.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&instrument.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub instrument: Account<Instrument>,
}

/// Errors: `WrongGroup`, `UnknownUnderlying`, `ExpiryMismatch`, `NoRiskArray`, `InstrumentSettled`,
/// `OptionOutOfRange`, those of the oracle accounts and, until the expiry has settled, of their
/// grades.
pub(crate) fn handler(ctx: &mut Context<RefreshRiskArray>) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    require!(!accounts.instrument.is_settled(), PlimsollError::InstrumentSettled);
    require!(accounts.instrument.has_array(now.time), PlimsollError::NoRiskArray);
    let terms = priced_terms(
        &accounts.group,
        (&accounts.quote_underlying, &accounts.underlying),
        views,
        now,
    )?;
    if accounts.expiry.is_settled() {
        accounts.instrument.settle(&accounts.expiry)?;
        let left = accounts.expiry.open_count.checked_sub(1);
        accounts.expiry.open_count = left.ok_or(PlimsollError::CorruptAccount)?;
    } else {
        require!(allowed(terms.grade, Action::Open), grade_error(terms.grade));
        let array =
            value(&accounts.instrument, &accounts.underlying, &accounts.expiry, &terms, now.time)?;
        accounts.instrument.array = array;
    }
    let array = &accounts.instrument.array;
    emit!(RiskArrayRefreshed {
        instrument: *accounts.instrument.address(),
        fair: array.fair,
        low: array.low,
        high: array.high,
        delta: array.delta,
        shift: array.shift,
        settled: u8::from(accounts.instrument.is_settled()),
    });
    Ok(())
}
