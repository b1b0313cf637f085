//! When do only owners act on accounts below their line? For a while after a pause, and after an
//! oracle stood still: they could not see it coming, and may act before anybody takes their rows.

use anchor_lang::prelude::*;

use crate::check::Guarded;
use crate::error::PlimsollError;

/// `OwnerFirst` while an underlying of the first account's rows is reserved to owners, or the quote
/// token's, which prices every row.
#[inline(never)]
pub(crate) fn require_bidders_turn(guarded: &Guarded<'_, '_>) -> Result<()> {
    // Both lists ascend: each row's underlying is met once, at its first row.
    let mut rows = guarded.parties.first.rows()?.iter().map(|row| row.key).peekable();
    for (at, terms) in guarded.market.underlyings.iter().enumerate() {
        let mut held = terms.index == 0;
        while rows.next_if(|key| key >> 32 <= u64::from(terms.index)).is_some() {
            held = true;
        }
        if held {
            let until = guarded.market.underlying_account(at)?.owner_first_until;
            require!(guarded.now.time.get() >= until, PlimsollError::OwnerFirst);
        }
    }
    Ok(())
}
