//! Halts a class of instructions for a time. The pause ends by itself.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::emit_pause;
use crate::governance::PauseClass;
use crate::state::Group;

/// Accounts of `pause`.
#[derive(Accounts)]
pub struct Pause {
    /// Guardian of the group.
    pub guardian: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.guardian, guardian.address())
            @ PlimsollError::NotGuardian
    )]
    pub group: Account<Group>,
}

/// Errors: `NotGuardian`, `PauseTooLong` (no time, or more than a day), `PauseBudgetSpent`.
pub(crate) fn handler(ctx: &mut Context<Pause>, class: PauseClass, seconds: u64) -> Result<()> {
    let group = &mut ctx.accounts.group;
    group.pause(class, seconds, now()?.time)?;
    emit_pause(group, class);
    Ok(())
}
