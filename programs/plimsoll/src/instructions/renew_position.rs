//! Counts an account's row of an instrument anew: one that holds something gets its full weight again,
//! one that holds nothing is removed. Anybody may, at any time; no price is read.

use anchor_lang::prelude::*;
use plimsoll_risk::{RowKey, RowKind};

use crate::check::{opted_out, Ix};
use crate::error::PlimsollError;
use crate::state::{MarginAccount, Pool};

/// Accounts of `renew_position`.
#[derive(Accounts)]
pub struct RenewPosition {
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, &pool.group)
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The instrument's pool.
    #[account(mut)]
    pub pool: Account<Pool>,
}

/// An account without such a row stays as it is, and so does a row that is whole: two who do it at once
/// do not disturb each other. Errors: `WrongGroup`.
pub(crate) fn handler(ctx: &mut Context<RenewPosition>, underlying: u16) -> Result<()> {
    let permit = opted_out(Ix::RenewPosition)?;
    let accounts = &mut ctx.accounts;
    let key = RowKey::new(underlying, RowKind::Position, accounts.pool.index);
    accounts.margin_account.renew_row(key, &mut accounts.pool, &permit)
}
