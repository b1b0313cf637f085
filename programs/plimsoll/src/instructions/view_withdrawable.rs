//! How much of a token could leave an account now, without borrowing. For simulation.

use anchor_lang::prelude::*;
use plimsoll_risk::{withdrawable, RowKey};

use crate::clock::now;
use crate::error::{report, PlimsollError};
use crate::instructions::view_account::ViewAccount;
use crate::load::Snapshot;

/// Token atoms of the row with `collateral_key` that a withdrawal would be allowed to take, found
/// by the check itself; what the vault holds is another matter. None for the key of a position.
///
/// Errors: `WrongGroup`, `OutOfRange` for a key that is none, those of the risk accounts and of
/// the oracles.
pub(crate) fn handler(ctx: &mut Context<ViewAccount>, collateral_key: u64) -> Result<u64> {
    let key = RowKey::from_raw(collateral_key).ok_or(PlimsollError::OutOfRange)?;
    let views = ctx.remaining_accounts()?;
    let group = &ctx.accounts.group;
    let rows = ctx.accounts.margin_account.rows()?;
    let mut market = Snapshot::load_for((group.address(), group), rows, views, now()?)?;
    market.withhold_open_profit();
    let holdings = market.holdings(rows)?;
    let most = withdrawable(&market.market(), holdings.iter().copied(), key, i64::MAX);
    Ok(u64::try_from(most.map_err(report)?).map_err(|_| PlimsollError::MathOverflow)?)
}
