//! One staker's part of an insurance fund.

use anchor_lang::prelude::*;

use super::{Insurance, Word128};

/// A stake: shares of the fund, which bears losses first and earns the cuts and fees.
#[account]
pub struct Stake {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The group whose fund it is.
    pub group: Address,
    /// Whose stake, and who gets its value and rent.
    pub owner: Address,
    /// Shares that stay.
    pub shares: Word128,
    /// Shares that leave after the cool-down; until then they bear losses like the others.
    pub exiting_shares: Word128,
    /// From when they may leave (Unix seconds); zero: none are exiting.
    pub exit_at: i64,
    /// The fund's count of exhaustions when the shares were bought.
    pub epoch: u64,
    /// Zero.
    pub reserved: [u64; 8],
}

impl Stake {
    /// True if it has no shares, or the fund was used up since it bought them.
    pub fn is_worthless(&self, fund: &Insurance) -> bool {
        self.epoch != fund.epoch || (self.shares.is_zero() && self.exiting_shares.is_zero())
    }
}

const _: () = assert!(
    core::mem::size_of::<Stake>()
        == 2 + 6 // version, bump, padding
            + 2 * 32 // group, owner
            + 2 * 16 // shares
            + 2 * 8 // exit, epoch
            + 8 * 8 // reserved
);
