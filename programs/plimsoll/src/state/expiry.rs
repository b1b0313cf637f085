//! One expiry of an underlying: its slice of the volatility surface, and its settlement price. What
//! a check reads of it lies in the instruments; this account is read when they are refreshed.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_options::{Fixed, Settlement, Slice, SliceTerms};

use super::StoredPrice;
use crate::error::Named;

/// A slice in raw SVI, see `plimsoll_options::SliceTerms` (each number 2^-32).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredSlice {
    /// Shifts the variance of a year.
    pub a: i64,
    /// How steep the wings are.
    pub b: i64,
    /// How much steeper the right wing is than the left one.
    pub rho: i64,
    /// Where the smile is centred.
    pub m: i64,
    /// How round it is there.
    pub sigma: i64,
}

impl StoredSlice {
    /// The slice; by its flaw's name if it is none.
    pub fn slice(&self) -> Result<Slice> {
        let terms = SliceTerms {
            a: Fixed::new(self.a),
            b: Fixed::new(self.b),
            rho: Fixed::new(self.rho),
            m: Fixed::new(self.m),
            sigma: Fixed::new(self.sigma),
        };
        Slice::new(terms).named()
    }
}

/// An expiry.
#[account]
pub struct Expiry {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Index of the underlying.
    pub underlying: u16,
    /// Instruments of this expiry that have not taken over its settlement price.
    pub open_count: u32,
    /// The group.
    pub group: Address,
    /// Who paid the rent, and gets it back.
    pub payer: Address,
    /// When instruments expire (Unix seconds).
    pub expires_at: i64,
    /// The expiry before it; zero: none (Unix seconds).
    pub earlier_at: i64,
    /// The expiry behind it; zero: none (Unix seconds).
    pub later_at: i64,
    /// The slice as last published.
    pub slice: StoredSlice,
    /// When it was published (Unix seconds).
    pub published_at: i64,
    /// The forward is the index price times one plus this (parts per million).
    pub basis_ppm: i32,
    /// How far the volatility may be off, as published (parts per million of it).
    pub confidence_ppm: u32,
    /// The basis is at most this, either way (parts per million).
    pub basis_ppm_max: u32,
    /// Least confidence that may be published (parts per million of the volatility).
    pub confidence_ppm_min: u32,
    /// How much the confidence widens with each hour after `fresh_seconds` (parts per million).
    pub widening_ppm_per_hour: u32,
    /// How long a slice is as good as new (seconds).
    pub fresh_seconds: u32,
    /// How far volatilities may move within `step_seconds` (parts per million of themselves).
    pub step_ppm: u32,
    /// How far the basis may move within `step_seconds` (parts per million of the index price).
    pub basis_step_ppm: u32,
    /// See `step_ppm` (seconds).
    pub step_seconds: u32,
    /// Volatility scan range of the scenarios (parts per million of the volatility).
    pub volatility_scan_ppm: u32,
    /// Least requirement of a short option (parts per million of the index price).
    pub short_floor_ppm: u32,
    /// How long a risk array is good for (seconds).
    pub array_seconds_max: u32,
    /// How far the price may move from that of a risk array (parts per million).
    pub array_move_ppm: u32,
    /// Zero.
    pub padding: u32,
    /// Samples of the price (quote atoms per unit) within the settlement window, see
    /// `plimsoll_options::Settlement`.
    pub samples: [u64; Settlement::WORDS],
    /// What instruments settle at (quote atoms per unit); zeros until then.
    pub settlement_price: StoredPrice,
    /// When that was known (Unix seconds); zero: not yet.
    pub settled_at: i64,
    /// Zero.
    pub reserved: [u64; 32],
}

const _: () = assert!(
    core::mem::size_of::<Expiry>()
        == 2 + 2 + 4 // version, bump, underlying, count
            + 2 * 32 // group, payer
            + 3 * 8 // expiry, neighbours
            + 5 * 8 // slice
            + 8 // published
            + 14 * 4 // basis, confidence, terms, padding
            + 7 * 8 // samples
            + 16 + 8 // settlement
            + 32 * 8 // reserved
);
