//! Removes a proposal of which nothing can come any more; the rent goes back. Anybody may.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::state::Proposal;

/// Accounts of `close_proposal`.
#[derive(Accounts)]
pub struct CloseProposal {
    /// Who paid the rent.
    #[account(mut)]
    pub payer: UncheckedAccount,
    /// The proposal.
    #[account(
        mut,
        close = payer,
        constraint = anchor_lang::address_eq(&proposal.payer, payer.address())
            @ PlimsollError::ProposalMismatch
    )]
    pub proposal: Account<Proposal>,
}

/// Numbers are never used again, so that a proposal cannot come back. Errors: `ProposalMismatch`
/// (the rent is another's), `ProposalNotRipe` (it may still be executed).
pub(crate) fn handler(ctx: &mut Context<CloseProposal>) -> Result<()> {
    let over = ctx.accounts.proposal.is_over(now()?.time);
    require!(over, PlimsollError::ProposalNotRipe);
    Ok(())
}
