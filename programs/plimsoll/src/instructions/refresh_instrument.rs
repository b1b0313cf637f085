//! Carries an instrument's open interest from its pool to where the margin check reads it, and
//! widens the scan range of the underlying with it. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_units::{Price, QuoteAtoms};

use crate::error::PlimsollError;
use crate::state::{Group, Instrument, Pool, Underlying};

/// Accounts of `refresh_instrument`. Open interest is valued at stable prices, so that it takes
/// no oracle, and a pumped price cannot widen anybody's scan range.
#[derive(Accounts)]
pub struct RefreshInstrument {
    /// The group.
    pub group: Account<Group>,
    /// The quote token's underlying.
    #[account(
        constraint = anchor_lang::address_eq(&quote_underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = quote_underlying.index == 0 @ PlimsollError::UnknownUnderlying
    )]
    pub quote_underlying: Account<Underlying>,
    /// What trades wrote.
    #[account(
        constraint = anchor_lang::address_eq(&pool.instrument, instrument.address())
            @ PlimsollError::WrongGroup
    )]
    pub pool: Account<Pool>,
    /// The instrument.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&instrument.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub instrument: Account<Instrument>,
    /// Its underlying.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = underlying.index == instrument.underlying @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
}

/// Errors: `WrongGroup`, `UnknownUnderlying`, `MathOverflow`.
pub(crate) fn handler(ctx: &mut Context<RefreshInstrument>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let lots = accounts.pool.open_interest()?;
    let price = lot_price(accounts)?;
    let notional = price.value_ceil(lots.get()).and_then(|value| value.to_quote_ceil());
    let notional = notional.map_err(PlimsollError::from)?;

    let total = signed(accounts.underlying.open_interest_quote_atoms)?
        .checked_sub(signed(accounts.instrument.open_interest_quote_atoms)?)
        .and_then(|others| others.checked_add(notional))
        .map_err(PlimsollError::from)?;
    accounts.instrument.open_interest_lots = accounts.pool.open_interest_lots;
    accounts.instrument.open_interest_quote_atoms = unsigned(notional)?;
    accounts.underlying.open_interest_quote_atoms = unsigned(total)?;
    accounts.underlying.update_scan()
}

/// Quote atoms per lot at the stable prices.
fn lot_price(accounts: &RefreshInstrument) -> Result<Price> {
    let usd = accounts.underlying.stable.price.price()?;
    let quote_usd = accounts.quote_underlying.stable.price.price()?;
    let scale = Price::pow10(i32::from(accounts.group.quote_decimals));
    let lot = accounts.instrument.lot()?;
    let price = scale
        .and_then(|scale| usd.checked_mul(scale))
        .and_then(|price| price.checked_div(quote_usd))
        .and_then(|price| price.checked_mul(lot));
    Ok(price.map_err(PlimsollError::from)?)
}

fn signed(quote_atoms: u64) -> Result<QuoteAtoms> {
    Ok(QuoteAtoms::new(i64::try_from(quote_atoms).map_err(|_| PlimsollError::MathOverflow)?))
}

fn unsigned(quote: QuoteAtoms) -> Result<u64> {
    Ok(u64::try_from(quote.get()).map_err(|_| PlimsollError::MathOverflow)?)
}
