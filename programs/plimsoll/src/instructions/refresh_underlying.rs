//! Lets stable price and jump reference follow the oracle. Anybody may.

use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, Action, Grade};

use crate::clock::now;
use crate::error::{grade_error, PlimsollError};
use crate::events::UnderlyingRefreshed;
use crate::load::judged_from_views;
use crate::state::{Group, Underlying};

/// Accounts of `refresh_underlying`. The trailing accounts are its oracle accounts.
#[derive(Accounts)]
pub struct RefreshUnderlying {
    /// The group.
    pub group: Account<Group>,
    /// The underlying.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub underlying: Account<Underlying>,
}

/// A jumping price moves the references, that is how they catch up; any other flaw is an error
/// by the name of the grade, so that a bad price never moves them. Where the oracle had stood still,
/// owners act first for a while. Errors further: `WrongGroup`, those of the oracle accounts and of
/// their number.
pub(crate) fn handler(ctx: &mut Context<RefreshUnderlying>) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let underlying = &mut ctx.accounts.underlying;
    let quote = judged_from_views(underlying, views, now)?;
    let usable = quote.grade == Grade::Jumping || allowed(quote.grade, Action::Open);
    require!(usable, grade_error(quote.grade));
    let price = quote.band.ok_or(PlimsollError::OracleNotPositive)?.price;
    underlying.stable.advance(price, now.time)?;
    underlying.reference.advance(price, now.time)?;
    // A source whose clock runs ahead must not make its next price look old.
    let published = quote.published.min(now.time);
    underlying.note_gap(published.get(), now.time, ctx.accounts.group.owner_first_seconds);
    underlying.published_at = underlying.published_at.max(published.get());
    emit!(UnderlyingRefreshed {
        underlying: *underlying.address(),
        price_mantissa: price.parts().0,
        price_exponent: i64::from(price.parts().1),
        stable_mantissa: underlying.stable.price.mantissa,
        stable_exponent: underlying.stable.price.exponent,
    });
    Ok(())
}
