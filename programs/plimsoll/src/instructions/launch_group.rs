//! Opens a group for money. There is no way back.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::GroupLaunched;
use crate::state::Group;

/// Accounts of `launch_group`.
#[derive(Accounts)]
pub struct LaunchGroup {
    /// Owner of the group.
    pub owner: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.owner, owner.address())
            @ PlimsollError::NotGroupOwner
    )]
    pub group: Account<Group>,
}

/// From here on nothing that can hurt a user happens at once. Errors: `NotGroupOwner`,
/// `AlreadyLaunched`, `QuoteMustComeFirst` (the quote token is not listed).
pub(crate) fn handler(ctx: &mut Context<LaunchGroup>) -> Result<()> {
    let group = &mut ctx.accounts.group;
    require!(!group.is_launched(), PlimsollError::AlreadyLaunched);
    require!(group.collateral_count > 0, PlimsollError::QuoteMustComeFirst);
    group.launched_at = now()?.time.get();
    emit!(GroupLaunched { group: *group.address(), launched_at: group.launched_at });
    Ok(())
}
