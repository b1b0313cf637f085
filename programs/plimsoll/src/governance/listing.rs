//! Who may list: the owner until the launch, a ripe proposal from then on.

use anchor_lang::prelude::*;
use plimsoll_units::UnixSeconds;

use super::carry_out::require_ramp;
use super::Change;
use crate::error::PlimsollError;
use crate::state::{Group, Proposal};

/// Lets a listing go on. `None`: the group is being set up, and `signer` owns it. Otherwise the
/// change that was proposed, which is spent by this; the caller compares it.
///
/// Errors: `NotGroupOwner`, `AlreadyLaunched` (a proposal is missing), `ProposalMismatch` (it is
/// not needed, or of another group), and those of a proposal that is not ripe.
#[inline(never)]
pub(crate) fn authorise(
    group: &Account<Group>,
    signer: &Address,
    proposal: &mut Option<Account<Proposal>>,
    now: UnixSeconds,
) -> Result<Option<Change>> {
    match (group.is_launched(), proposal) {
        (false, None) => {
            let own = anchor_lang::address_eq(signer, &group.owner);
            require!(own, PlimsollError::NotGroupOwner);
            Ok(None)
        }
        (false, Some(_)) => Err(PlimsollError::ProposalMismatch.into()),
        (true, None) => Err(PlimsollError::AlreadyLaunched.into()),
        (true, Some(proposal)) => {
            let own = anchor_lang::address_eq(&proposal.group, group.address());
            require!(own, PlimsollError::ProposalMismatch);
            proposal.spend(now)?;
            let change = proposal.change()?;
            if let Change::ListCollateral { params, .. } = &change {
                require_ramp(params)?;
            }
            crate::events::emit_proposal(proposal, signer);
            Ok(Some(change))
        }
    }
}

/// `ProposalMismatch` unless the listing is the one that was proposed, if one had to be.
pub(crate) fn require_listed_change(
    change: &Option<Change>,
    same: impl FnOnce(&Change) -> bool,
) -> Result<()> {
    let allowed = change.as_ref().is_none_or(same);
    require!(allowed, PlimsollError::ProposalMismatch);
    Ok(())
}
