//! Removes an expiry whose instruments have all taken over its settlement price; the rent goes back.
//! Anybody may.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::{Expiry, Underlying};

/// Accounts of `close_expiry`.
#[derive(Accounts)]
pub struct CloseExpiry {
    /// Who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount,
    /// What expired.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&underlying.group, &expiry.group)
            @ PlimsollError::WrongGroup,
        constraint = underlying.index == expiry.underlying @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// The expiry.
    #[account(
        mut,
        close = payer,
        constraint = anchor_lang::address_eq(&expiry.payer, payer.address())
            @ PlimsollError::WrongPayer
    )]
    pub expiry: Account<Expiry>,
    /// The underlying's expiry before it, if there is one.
    #[account(mut)]
    pub earlier: Option<Account<Expiry>>,
    /// The underlying's expiry behind it, if there is one.
    #[account(mut)]
    pub later: Option<Account<Expiry>>,
}

/// Errors: `WrongPayer` (the rent is another's), `WrongGroup`, `UnknownUnderlying`, `ExpiryInUse`,
/// `NeighbourMissing`.
pub(crate) fn handler(ctx: &mut Context<CloseExpiry>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let (expiry, underlying) = (&accounts.expiry, &mut accounts.underlying);
    let over = expiry.is_settled() && expiry.open_count == 0;
    require!(over, PlimsollError::ExpiryInUse);
    match expiry.neighbour(&mut accounts.earlier, expiry.earlier_at)? {
        Some(earlier) => earlier.later_at = expiry.later_at,
        None => underlying.first_expiry_at = expiry.later_at,
    }
    if let Some(later) = expiry.neighbour(&mut accounts.later, expiry.later_at)? {
        later.earlier_at = expiry.earlier_at;
    }
    Ok(())
}

impl Expiry {
    /// The one beside it that expires at a time, where there is one (zero: none).
    /// `NeighbourMissing` if another one was passed, or none.
    fn neighbour<'a>(
        &self,
        other: &'a mut Option<Account<Self>>,
        at: i64,
    ) -> Result<Option<&'a mut Self>> {
        match other {
            None => {
                require!(at == 0, PlimsollError::NeighbourMissing);
                Ok(None)
            }
            Some(other) => {
                require!(self.is_beside(other, at), PlimsollError::NeighbourMissing);
                Ok(Some(other))
            }
        }
    }
}
