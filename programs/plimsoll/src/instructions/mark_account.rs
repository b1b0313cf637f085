//! Starts the clock of a liquidation episode, or ends one that is over; bears witness that an account
//! is below its line and nobody bids, which counts towards deleveraging. Anybody may.
//!
//! The pay of a bid rises with depth at once and with time only from here on, so that a keeper
//! who finds the pay too small can start the clock without a bid. It starts only while bids are
//! allowed.

use anchor_lang::prelude::*;
use plimsoll_risk::{liquidatable, Check, Episode, Silence};

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::AccountMarked;
use crate::governance::is_bidders_turn;
use crate::load::Snapshot;
use crate::state::{Group, MarginAccount};

/// Accounts of `mark_account`. The trailing accounts are the margin account's risk accounts.
#[derive(Accounts)]
pub struct MarkAccount {
    /// The group.
    pub group: Account<Group>,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
}

/// Errors: `WrongGroup`, `NotLiquidatable` for an account that is neither in liquidation nor
/// marked, those of the risk accounts and of the oracles.
pub(crate) fn handler(ctx: &mut Context<MarkAccount>) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let group = &ctx.accounts.group;
    let account = &mut ctx.accounts.margin_account;
    let market = Snapshot::load_for((group.address(), group), account.rows()?, views, now)?;
    let health = market.health(account.rows()?, Check::Maintenance)?;
    let terms = group.liquidation_terms()?;
    let runs = liquidatable(&terms, &health, account.episode());
    let marked = account.episode_slot != 0;
    if !runs && !marked {
        return Err(market.refusal(account.rows()?)?.into());
    }
    let open = group.lets_bid(now.time)
        && is_bidders_turn(&market, account.rows()?, now)?
        && !group.lets_owner_act(account, &health, now);
    // The clock would run while nobody may bid, and the pay be at its most in the first slot after.
    if !marked && open {
        account.set_episode(Episode::Since(now.slot));
    }
    if health.equity < health.requirement {
        // That nobody bids says something only while somebody may.
        let silence = Silence::seen_at(account.silence(), &terms, now.slot);
        match open {
            true => account.set_silence(silence),
            false => account.break_silence(),
        }
    }
    crate::check::update_episode(&market, &terms, account, &health)?;
    emit!(AccountMarked {
        margin_account: *account.address(),
        episode_slot: account.episode_slot,
        equity_quote_atoms: health.equity.to_quote_floor().map_err(PlimsollError::from)?.get(),
        requirement_quote_atoms: health
            .requirement
            .to_quote_ceil()
            .map_err(PlimsollError::from)?
            .get(),
    });
    Ok(())
}
