//! Takes over a group that was offered: an address that nobody can sign for never owns one.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::OwnershipAccepted;
use crate::state::Group;

/// Accounts of `accept_ownership`.
#[derive(Accounts)]
pub struct AcceptOwnership {
    /// To whom the group was offered.
    pub pending_owner: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.pending_owner, pending_owner.address())
            @ PlimsollError::NotPendingOwner
    )]
    pub group: Account<Group>,
}

/// Errors: `NotPendingOwner`.
pub(crate) fn handler(ctx: &mut Context<AcceptOwnership>) -> Result<()> {
    let group = &mut ctx.accounts.group;
    group.owner = group.pending_owner;
    group.pending_owner = Address::default();
    emit!(OwnershipAccepted { group: *group.address(), owner: group.owner });
    Ok(())
}
