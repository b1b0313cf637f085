//! Ends a pause early. What it cost of the guardian's budget is gone.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::emit_pause;
use crate::governance::PauseClass;
use crate::state::Group;

/// Accounts of `unpause`.
#[derive(Accounts)]
pub struct Unpause {
    /// Guardian or owner of the group.
    pub authority: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.guardian, authority.address())
            || anchor_lang::address_eq(&group.owner, authority.address())
            @ PlimsollError::NotGuardian
    )]
    pub group: Account<Group>,
}

/// Where nothing is paused, nothing happens. Errors: `NotGuardian`.
pub(crate) fn handler(ctx: &mut Context<Unpause>, class: PauseClass) -> Result<()> {
    let group = &mut ctx.accounts.group;
    group.unpause(class, now()?.time)?;
    emit_pause(group, class);
    Ok(())
}
