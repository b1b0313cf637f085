//! Proposes a change of the group. It is tried at once, so that what waits can also be done.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::emit_proposal;
use crate::governance::{carry_out, Act};
use crate::load::RiskAccounts;
use crate::seeds;
use crate::state::{Group, Proposal, ProposalState, VERSION};

/// Slots that may lie between what the proposer saw when it signed and now: a minute.
pub const PROPOSAL_AGE_SLOTS_MAX: u64 = 150;

/// Accounts of `propose`. The trailing accounts are the target, where the change has one, and the
/// accounts of new oracle sources.
#[derive(Accounts)]
pub struct Propose {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner, lister or risk manager.
    pub proposer: Signer,
    /// The group.
    #[account(mut)]
    pub group: Account<Group>,
    /// The proposal, numbered by the group's count.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::PROPOSAL, group, group.proposal_count.to_le_bytes()],
        bump
    )]
    pub proposal: Account<Proposal>,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// `change` is a [`Change`](crate::governance::Change) as Borsh writes it; it is kept as it comes.
/// `slot` is a slot of the last minute: a signature that was given for later, over a durable
/// nonce, is worth nothing by then.
///
/// Errors: `GroupNotLaunched`, `OutOfRange` (no change, or too long), `NotProposer`, `ProposalStale`, and everything for which the change
/// could not be carried out now, see `carry_out`.
pub(crate) fn handler(ctx: &mut Context<Propose>, slot: u64, change: Vec<u8>) -> Result<()> {
    let mut rest = RiskAccounts::new(ctx.remaining_accounts()?);
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let at = *accounts.group.address();
    let (group, proposal) = (&mut accounts.group, &mut accounts.proposal);
    proposal.set_payload(&change)?;
    let change = proposal.change()?;
    group.require_launched()?;
    change.require_proposer(group, accounts.proposer.address())?;
    let age = now.slot.get().checked_sub(slot).ok_or(PlimsollError::ProposalStale)?;
    require!(age <= PROPOSAL_AGE_SLOTS_MAX, PlimsollError::ProposalStale);
    carry_out((&change, now.time.get()), &at, group, &mut rest, now, Act::Try)?;
    rest.finish()?;

    proposal.version = VERSION;
    proposal.bump = ctx.bumps.proposal;
    proposal.state = ProposalState::Open.into();
    proposal.vetoable = u8::from(change.is_vetoable());
    proposal.group = at;
    proposal.id = group.proposal_count;
    proposal.proposer = *accounts.proposer.address();
    proposal.payer = *accounts.payer.address();
    proposal.proposed_slot = now.slot.get();
    proposal.proposed_at = now.time.get();
    let ripe = now.time.get().checked_add_unsigned(change.delay_seconds(group));
    proposal.executable_at = ripe.ok_or(PlimsollError::MathOverflow)?;
    let dies = proposal.executable_at.checked_add_unsigned(group.window_seconds);
    proposal.dies_at = dies.ok_or(PlimsollError::MathOverflow)?;
    group.proposal_count =
        group.proposal_count.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    emit_proposal(proposal, accounts.proposer.address());
    Ok(())
}
