//! Takes a position through the next deleveraging of its side. Anybody may, at any time: what is
//! left of the position was decided when its side was deleveraged, to within a lot. Whoever loses
//! a hundredth of a hedge by it, or more, may act before others bid.

use anchor_lang::prelude::*;
use plimsoll_risk::{RowKey, RowKind};

use crate::check::{opted_out, Ix};
use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::PositionResized;
use crate::state::{Deleveraging, Instrument, MarginAccount};

/// Whoever loses at least this part of a position gets time of its own: a hundredth.
const OWNER_TIME_PART: u64 = 100;

/// Accounts of `resize_position`.
#[derive(Accounts)]
pub struct ResizePosition {
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, &instrument.group)
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The instrument.
    pub instrument: Account<Instrument>,
    /// The deleveraging that comes next for this position.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&deleveraging.instrument, instrument.address())
            @ PlimsollError::WrongDeleveraging
    )]
    pub deleveraging: Account<Deleveraging>,
}

/// A position that need not go through, or has, stays as it is. Errors: `WrongGroup`,
/// `WrongDeleveraging` (another instrument's, or another comes first).
pub(crate) fn handler(ctx: &mut Context<ResizePosition>) -> Result<()> {
    let permit = opted_out(Ix::ResizePosition)?;
    let accounts = &mut ctx.accounts;
    let (underlying, index) = (accounts.instrument.underlying, accounts.instrument.index);
    let key = RowKey::new(underlying, RowKind::Position, index);
    if accounts.margin_account.row(key)?.is_none() {
        return Ok(());
    }
    let row = accounts.margin_account.row_mut(key, &permit)?;
    let before = row.lots;
    if !accounts.deleveraging.pass(row, &permit)? {
        return Ok(());
    }
    let after = row.lots;
    let lost = before.abs_diff(after);
    if lost.saturating_mul(OWNER_TIME_PART) >= before.unsigned_abs() {
        accounts.margin_account.give_owner_time(now()?.time);
    }
    accounts.margin_account.sweep(&permit)?;
    emit!(PositionResized {
        margin_account: *accounts.margin_account.address(),
        instrument: *accounts.instrument.address(),
        number: accounts.deleveraging.number,
        before_lots: before,
        after_lots: after,
    });
    Ok(())
}
