//! Carries out a proposal whose time has come. Anybody may.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::emit_proposal;
use crate::governance::{carry_out, Act};
use crate::load::RiskAccounts;
use crate::state::{Group, Proposal};

/// Accounts of `execute`. The trailing accounts are the target (writable), where the change has
/// one, and the accounts of new oracle sources.
#[derive(Accounts)]
pub struct Execute {
    /// Whoever executes it.
    pub executor: Signer,
    /// The group.
    #[account(mut)]
    pub group: Account<Group>,
    /// The proposal.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&proposal.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub proposal: Account<Proposal>,
}

/// Errors: `WrongGroup`, `ProposalNotRipe`, `ProposalDead`, `ProposalVetoed`, `ProposalExecuted`,
/// and those of the change, see `carry_out`.
pub(crate) fn handler(ctx: &mut Context<Execute>) -> Result<()> {
    let mut rest = RiskAccounts::new(ctx.remaining_accounts()?);
    let now = now()?;
    let accounts = &mut ctx.accounts;
    accounts.proposal.spend(now.time)?;
    let change = (&accounts.proposal.change()?, accounts.proposal.proposed_at);
    let at = *accounts.group.address();
    carry_out(change, &at, &mut accounts.group, &mut rest, now, Act::Do)?;
    rest.finish()?;
    emit_proposal(&accounts.proposal, accounts.executor.address());
    Ok(())
}
