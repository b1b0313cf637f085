//! Carries an instrument's open interest from its pool to where the margin check reads it, and
//! widens the scan range of the underlying with it; sets the rate of funding. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, funding_rate, Action};
use plimsoll_units::{BaseLots, Price, QuoteAtoms};

use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::InstrumentRefreshed;
use crate::load::priced_terms;
use crate::oracle::is_pinned;
use crate::state::{Group, Instrument, Pool, Underlying};

/// Accounts of `refresh_instrument`. The trailing accounts are the oracles of the quote token's
/// underlying, then those of the instrument's. Open interest is valued at stable prices, so that
/// a pumped price cannot widen anybody's scan range.
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
        mut,
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
    let views = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    // What has settled waits to be paid out, and no price moves it any more.
    let lots = match accounts.instrument.is_settled() {
        true => BaseLots::ZERO,
        false => accounts.pool.open_interest()?,
    };
    let price = lot_price(
        &accounts.group,
        &accounts.quote_underlying,
        &accounts.underlying,
        &accounts.instrument,
    )?;
    let notional = price.value_ceil(lots.get()).and_then(|value| value.to_quote_ceil());
    let notional = notional.map_err(PlimsollError::from)?;

    let total = signed(accounts.underlying.open_interest_quote_atoms)?
        .checked_sub(signed(accounts.instrument.open_interest_quote_atoms)?)
        .and_then(|others| others.checked_add(notional))
        .map_err(PlimsollError::from)?;
    accounts.instrument.open_interest_lots = lots.get().unsigned_abs();
    accounts.instrument.open_interest_quote_atoms = unsigned(notional)?;
    accounts.underlying.open_interest_quote_atoms = unsigned(total)?;
    accounts.underlying.update_scan()?;
    set_funding(accounts, views)
}

/// True if every price account that was read is the one that its source names.
fn are_pinned(accounts: &RefreshInstrument) -> Result<bool> {
    let pinned = |one: &Underlying| -> Result<bool> { Ok(one.sources()?.iter().all(is_pinned)) };
    Ok(pinned(&accounts.quote_underlying)? && pinned(&accounts.underlying)?)
}

/// Funding from here on: by the mean premium while the price is valid, none while it is not. Up
/// to here the old rate held, as long as it might without a refresh.
fn set_funding(accounts: &mut RefreshInstrument, views: Vec<AccountView>) -> Result<()> {
    let now = now()?;
    let underlyings = (&*accounts.quote_underlying, &*accounts.underlying);
    let terms = priced_terms(&accounts.group, underlyings, views, now)?;
    let funding = accounts.instrument.funding_terms()?;
    let premium = accounts.pool.premium().pass(now.time, funding.window);
    accounts.pool.set_premium(&premium);
    if allowed(terms.grade, Action::Open) {
        let price = terms.price.checked_mul(accounts.instrument.lot()?).named()?;
        let rate = funding_rate(premium.mean_ppb, price, funding.cap_per_hour).named()?;
        accounts.instrument.accrue_funding(now.time, rate)?;
    } else if are_pinned(accounts)? {
        accounts.instrument.accrue_funding(now.time, 0)?;
    }
    // Whoever may pick the oracle account could pick a stale one: then the rate just runs out.
    emit!(InstrumentRefreshed {
        instrument: *accounts.instrument.address(),
        open_interest_lots: accounts.instrument.open_interest_lots,
        premium_mean_ppb: premium.mean_ppb,
        funding_rate: accounts.instrument.funding_rate,
    });
    Ok(())
}

/// Quote atoms per lot at the stable prices.
pub(crate) fn lot_price(
    group: &Group,
    quote_underlying: &Underlying,
    underlying: &Underlying,
    instrument: &Instrument,
) -> Result<Price> {
    let usd = underlying.stable.price.price()?;
    let quote_usd = quote_underlying.stable.price.price()?;
    let scale = Price::pow10(i32::from(group.quote_decimals));
    let lot = instrument.lot()?;
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
