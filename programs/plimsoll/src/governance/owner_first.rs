//! When do only owners act on accounts below their line? For a while after a pause, after an oracle
//! stood still, and after a deleveraging took lots of theirs: they could not see it coming, and may
//! act before anybody takes their rows.

use anchor_lang::prelude::*;
use plimsoll_risk::Health;
use plimsoll_units::UnixSeconds;

use crate::check::Guarded;
use crate::clock::Now;
use crate::error::PlimsollError;
use crate::load::Snapshot;
use crate::state::{Group, MarginAccount, Row};

impl Group {
    /// True for a while after a deleveraging took lots of the account. A bankrupt's owner has nothing
    /// left to save, and others bear for it: it gets no time.
    pub(crate) fn lets_owner_act(
        &self,
        account: &MarginAccount,
        health: &Health,
        now: Now,
    ) -> bool {
        let since = now.time.elapsed_since(UnixSeconds::new(account.resized_at)).get();
        since < self.owner_first_seconds && !health.equity.is_negative()
    }
}

/// `OwnerFirst` while an underlying of the first account's rows is reserved to owners, or the quote
/// token's, which prices every row.
pub(crate) fn require_bidders_turn(guarded: &Guarded<'_, '_>) -> Result<()> {
    let rows = guarded.parties.first.rows()?;
    let turn = is_bidders_turn(guarded.market, rows, guarded.now)?;
    require!(turn, PlimsollError::OwnerFirst);
    Ok(())
}

/// False while an underlying of these rows, or the quote token's, is reserved to owners.
#[inline]
pub(crate) fn is_bidders_turn(market: &Snapshot, rows: &[Row], now: Now) -> Result<bool> {
    match now.time.get() >= market.owners_until {
        true => Ok(true),
        false => is_unreserved(market, rows, now),
    }
}

/// The same, row by row: others' underlyings may have been loaded as well.
#[cold]
#[inline(never)]
fn is_unreserved(market: &Snapshot, rows: &[Row], now: Now) -> Result<bool> {
    // Both lists ascend: each row's underlying is met once, at its first row.
    let mut rows = rows.iter().map(|row| row.key).peekable();
    for (at, terms) in market.underlyings.iter().enumerate() {
        let mut held = terms.index == 0;
        while rows.next_if(|key| key >> 32 <= u64::from(terms.index)).is_some() {
            held = true;
        }
        if held {
            let until = market.underlying_account(at)?.owner_first_until;
            if now.time.get() < until {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
