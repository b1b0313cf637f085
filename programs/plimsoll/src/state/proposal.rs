//! A change of the group that waits for its time, where everybody can read it.

// Anchor's `pod_wrapper` expands to a conversion of its own.
#![allow(clippy::as_conversions)]

use anchor_lang::prelude::*;
use anchor_lang::wincode::config::deserialize;
use anchor_lang::BORSH_CONFIG;
use plimsoll_units::UnixSeconds;

use crate::error::PlimsollError;
use crate::governance::Change;

/// Bytes that a change may take at most.
pub const PAYLOAD_MAX: usize = 1_024;

/// What became of a proposal.
#[pod_wrapper]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ProposalState {
    /// It waits, may be executed, or has died unused.
    Open = 1,
    /// It was carried out.
    Executed = 2,
    /// The guardian refused it, or its proposer or the owner took it back.
    Vetoed = 3,
}

/// A proposed change of a group.
#[account]
pub struct Proposal {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// What became of it.
    pub state: PodProposalState,
    /// 1 if the guardian may veto it.
    pub vetoable: u8,
    /// Bytes of `payload` in use.
    pub payload_len: u16,
    /// Zero.
    pub padding: [u8; 2],
    /// The group.
    pub group: Address,
    /// Number of the proposal in its group, part of the address.
    pub id: u64,
    /// Who proposed it.
    pub proposer: Address,
    /// Who paid the rent, and gets it back.
    pub payer: Address,
    /// Slot in which it was proposed.
    pub proposed_slot: u64,
    /// When it was proposed (Unix seconds).
    pub proposed_at: i64,
    /// From when on it may be executed (Unix seconds).
    pub executable_at: i64,
    /// From when on it may not any more (Unix seconds).
    pub dies_at: i64,
    /// The `Change`, as Borsh writes it; zeros behind its end.
    pub payload: [u8; PAYLOAD_MAX],
}

const _: () = assert!(
    core::mem::size_of::<Proposal>()
        == 4 // version, bump, state, vetoable
            + 2 + 2 // payload length, padding
            + 32 // group
            + 8 // id
            + 2 * 32 // proposer, payer
            + 4 * 8 // slot, times
            + PAYLOAD_MAX
);

impl Proposal {
    /// The change. `OutOfRange` if the bytes are none.
    #[inline(never)]
    pub fn change(&self) -> Result<Change> {
        let used = self.payload.get(..usize::from(self.payload_len));
        let used = used.ok_or(PlimsollError::CorruptAccount)?;
        deserialize(used, BORSH_CONFIG).map_err(|_| PlimsollError::OutOfRange.into())
    }

    /// Stores the bytes of a change. `OutOfRange` if they are too many.
    pub(crate) fn set_payload(&mut self, bytes: &[u8]) -> Result<()> {
        let slot = self.payload.get_mut(..bytes.len()).ok_or(PlimsollError::OutOfRange)?;
        slot.copy_from_slice(bytes);
        self.payload_len = u16::try_from(bytes.len()).map_err(|_| PlimsollError::OutOfRange)?;
        Ok(())
    }

    /// `ProposalExecuted` or `ProposalVetoed` unless it is still open.
    pub(crate) fn require_open(&self) -> Result<()> {
        require!(self.state != ProposalState::Executed, PlimsollError::ProposalExecuted);
        require!(self.state != ProposalState::Vetoed, PlimsollError::ProposalVetoed);
        Ok(())
    }

    /// Marks it executed. `ProposalNotRipe` before its time, `ProposalDead` after, and what
    /// `require_open` says.
    pub(crate) fn spend(&mut self, now: UnixSeconds) -> Result<()> {
        self.require_open()?;
        require!(now.get() >= self.executable_at, PlimsollError::ProposalNotRipe);
        require!(now.get() < self.dies_at, PlimsollError::ProposalDead);
        self.state = ProposalState::Executed.into();
        Ok(())
    }

    /// True once nothing can come of it any more.
    pub fn is_over(&self, now: UnixSeconds) -> bool {
        self.state != ProposalState::Open || now.get() >= self.dies_at
    }
}
