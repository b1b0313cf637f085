//! One risk pool: who runs it, its quote token, and the terms of liquidation.

use anchor_lang::prelude::*;
use plimsoll_risk::LiquidationTerms;
use plimsoll_units::{QuoteAtoms, Ratio, Slots, Value};

use crate::error::PlimsollError;

/// A group. Every other account names the group that it belongs to.
#[account]
pub struct Group {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// The creator's number for this group, part of the address.
    pub id: u16,
    /// Underlyings listed so far; the next one gets this index.
    pub underlying_count: u16,
    /// Collaterals listed so far; the first one is the quote token.
    pub collateral_count: u16,
    /// Instruments listed so far.
    pub instrument_count: u16,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// Who created the group, part of the address.
    pub creator: Address,
    /// Who lists during the set-up, and proposes afterwards.
    pub owner: Address,
    /// The quote token's mint, the group's numéraire.
    pub quote_mint: Address,
    /// β at the line (parts per million).
    pub beta_min_ppm: u32,
    /// β at full depth or after the full duration, below one (parts per million).
    pub beta_max_ppm: u32,
    /// Slots in which β rises from its least to its most.
    pub duration_slots: u64,
    /// Depth below the line at which β is at its most (parts per million of the requirement).
    pub depth_full_ppm: u32,
    /// How far above the line an episode ends (parts per million of the requirement).
    pub buffer_ppm: u32,
    /// Share of each discount that goes to the insurance fund (parts per million).
    pub insurance_cut_ppm: u32,
    /// Slots for which β must have stood at its most, without a bid, before a position may be closed
    /// against the other side.
    pub deleverage_slots: u32,
    /// Accounts with at most this requirement may be taken whole (quote atoms).
    pub dust_quote_atoms: u64,
    /// Who shall own the group once it accepts; zeros: nobody.
    pub pending_owner: Address,
    /// Who may pause, tighten and veto; zeros: nobody.
    pub guardian: Address,
    /// Who besides the owner may propose listings; zeros: nobody.
    pub lister: Address,
    /// Who besides the owner may propose parameters; zeros: nobody.
    pub risk_manager: Address,
    /// When the group was launched (Unix seconds); zero: it is being set up, and takes no money.
    pub launched_at: i64,
    /// How long a proposal waits (seconds).
    pub timelock_seconds: u64,
    /// How long it may be executed afterwards (seconds).
    pub window_seconds: u64,
    /// Proposals made so far.
    pub proposal_count: u64,
    /// Until when each class of instructions is paused (Unix seconds), see `PauseClass`.
    pub paused_until: [i64; 4],
    /// Seconds of pause that the guardian has left.
    pub pause_budget_seconds: u64,
    /// When that budget was last refilled (Unix seconds).
    pub pause_budget_at: i64,
    /// How long owners act alone after an oracle gap, a halt or a pause (seconds).
    pub owner_first_seconds: u64,
    /// How long a stake in the insurance fund stays after its exit was asked for (seconds).
    pub cool_down_seconds: u64,
    /// Most that the insurance fund pays of one bid's discount (quote atoms).
    pub insurance_cap_quote_atoms: u64,
    /// Who publishes volatility surfaces; zeros: nobody.
    pub publisher: Address,
    /// Zero.
    pub reserved: [u64; 31],
}

const _: () = assert!(
    core::mem::size_of::<Group>()
        == 2 // version, bump
            + 2 // id
            + 3 * 2 // counts
            + 1 + 5 // quote_decimals, padding
            + 3 * 32 // creator, owner, quote_mint
            + 2 * 4 // betas
            + 8 // duration
            + 4 * 4 // depth_full, buffer, insurance cut, deleverage slots
            + 8 // dust
            + 4 * 32 // pending owner, guardian, lister, risk manager
            + 4 * 8 // launch, timelock, window, proposals
            + 4 * 8 // pauses
            + 5 * 8 // pause budget, owner first, cool-down, insurance cap
            + 32 // publisher
            + 31 * 8 // reserved
);

impl Group {
    /// True once the group takes money.
    pub fn is_launched(&self) -> bool {
        self.launched_at != 0
    }

    /// `GroupNotLaunched` while the group is being set up.
    pub fn require_launched(&self) -> Result<()> {
        require!(self.is_launched(), PlimsollError::GroupNotLaunched);
        Ok(())
    }

    /// The terms by which accounts of this group are liquidated.
    pub fn liquidation_terms(&self) -> Result<LiquidationTerms> {
        let dust = i64::try_from(self.dust_quote_atoms).map_err(|_| PlimsollError::OutOfRange)?;
        Ok(LiquidationTerms {
            beta_min: Ratio::from_ppm(self.beta_min_ppm),
            beta_max: Ratio::from_ppm(self.beta_max_ppm),
            duration: Slots::new(self.duration_slots),
            depth_full: Ratio::from_ppm(self.depth_full_ppm),
            buffer: Ratio::from_ppm(self.buffer_ppm),
            insurance_cut: Ratio::from_ppm(self.insurance_cut_ppm),
            dust: Value::from_quote(QuoteAtoms::new(dust)),
            deleverage_after: Slots::new(u64::from(self.deleverage_slots)),
        })
    }
}
