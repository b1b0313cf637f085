//! Ends a proposal before it is carried out: the guardian refuses it, or it is taken back.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::emit_proposal;
use crate::state::{Group, Proposal, ProposalState};

/// Accounts of `veto`.
#[derive(Accounts)]
pub struct Veto {
    /// Guardian, owner or proposer.
    pub authority: Signer,
    /// The group.
    pub group: Account<Group>,
    /// The proposal.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&proposal.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub proposal: Account<Proposal>,
}

/// Errors: `WrongGroup`, `NotGuardian` (neither guardian, owner nor proposer; or the guardian, of a
/// proposal to replace it), `ProposalVetoed`, `ProposalExecuted`.
pub(crate) fn handler(ctx: &mut Context<Veto>) -> Result<()> {
    let Veto { authority, group, proposal } = &mut ctx.accounts;
    let signer = authority.address();
    let taken_back = anchor_lang::address_eq(signer, &group.owner)
        || anchor_lang::address_eq(signer, &proposal.proposer);
    let refused = proposal.vetoable != 0 && anchor_lang::address_eq(signer, &group.guardian);
    require!(taken_back || refused, PlimsollError::NotGuardian);
    proposal.require_open()?;
    proposal.state = ProposalState::Vetoed.into();
    emit_proposal(proposal, signer);
    Ok(())
}
