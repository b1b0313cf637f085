//! Removes a deleveraging through which every position has gone; the rent goes back. Anybody may.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::Deleveraging;

/// Accounts of `close_deleveraging`.
#[derive(Accounts)]
pub struct CloseDeleveraging {
    /// Who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount,
    /// The deleveraging.
    #[account(
        mut,
        close = payer,
        constraint = anchor_lang::address_eq(&deleveraging.payer, payer.address())
            @ PlimsollError::WrongDeleveraging
    )]
    pub deleveraging: Account<Deleveraging>,
}

/// Numbers are never used again, so that it cannot come back. Errors: `WrongDeleveraging` (the rent
/// is another's), `DeleveragingNotOver`.
pub(crate) fn handler(ctx: &mut Context<CloseDeleveraging>) -> Result<()> {
    let over = ctx.accounts.deleveraging.resizing().is_over();
    require!(over, PlimsollError::DeleveragingNotOver);
    Ok(())
}
