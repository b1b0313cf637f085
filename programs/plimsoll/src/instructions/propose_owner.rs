//! Offers the group to another owner while it is being set up. Afterwards that is a proposal.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::OwnershipOffered;
use crate::state::Group;

/// Accounts of `propose_owner`.
#[derive(Accounts)]
pub struct ProposeOwner {
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

/// Zeros take the offer back. Errors: `NotGroupOwner`, `AlreadyLaunched`.
pub(crate) fn handler(ctx: &mut Context<ProposeOwner>, address: Address) -> Result<()> {
    let group = &mut ctx.accounts.group;
    require!(!group.is_launched(), PlimsollError::AlreadyLaunched);
    group.pending_owner = address;
    emit!(OwnershipOffered { group: *group.address(), pending_owner: address });
    Ok(())
}
