//! A contract: what the margin check reads of it. What trades write lies in its pool.

// Anchor's `pod_wrapper` expands to a conversion of its own.
#![allow(clippy::as_conversions)]

use anchor_lang::prelude::*;
use plimsoll_risk::{RowKey, RowKind};
use plimsoll_units::{Price, Ratio, TickSize};

use super::StoredPrice;

/// Kinds of contract. Dated futures and options follow.
#[pod_wrapper]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstrumentKind {
    /// A linear contract without expiry.
    Perpetual = 1,
}

/// What may be done in an instrument.
#[pod_wrapper]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstrumentStatus {
    /// Open for trading.
    Active = 1,
}

/// An instrument of the group.
#[account]
pub struct Instrument {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Bump of the pool's address.
    pub pool_bump: u8,
    /// Kind of contract.
    pub kind: PodInstrumentKind,
    /// What may be done now.
    pub status: PodInstrumentStatus,
    /// Zero.
    pub padding: u8,
    /// Index within the group.
    pub index: u16,
    /// Index of the underlying.
    pub underlying: u16,
    /// Zero.
    pub padding_2: [u8; 6],
    /// The group.
    pub group: Address,
    /// Name for people, UTF-8, zero-padded.
    pub name: [u8; 16],
    /// Whole units of the underlying per lot.
    pub lot: StoredPrice,
    /// Quote atoms per lot that one tick of price is worth.
    pub tick_quote_atoms_per_lot: u64,
    /// Trades further than this from the index price are refused (parts per million).
    pub price_band_ppm: u32,
    /// Share of a positive position value that counts for opening (parts per million).
    pub pnl_weight_ppm: u32,
    /// Fee that each side of a trade pays on its notional (parts per million).
    pub trade_fee_ppm: u32,
    /// Zero.
    pub padding_3: u32,
    /// Open interest may not rise above this (lots of one side).
    pub open_interest_cap_lots: u64,
    /// Open interest as of the last refresh (lots of one side).
    pub open_interest_lots: u64,
    /// The same at the price of that refresh (quote atoms).
    pub open_interest_quote_atoms: u64,
    /// Zero; for funding and loss indices, expiry, strike and the risk array.
    pub reserved: [u64; 64],
}

const _: () = assert!(
    core::mem::size_of::<Instrument>()
        == 3 + 2 + 1 // version, bumps, kind, status, padding
            + 2 * 2 + 6 // index, underlying, padding
            + 32 // group
            + 16 // name
            + 16 // lot
            + 8 // tick
            + 4 * 4 // band, pnl weight, fee, padding
            + 3 * 8 // open interest: cap, lots, quote
            + 64 * 8 // reserved
);

impl Instrument {
    /// The key of this instrument's row in every margin account.
    pub fn key(&self) -> RowKey {
        RowKey::new(self.underlying, RowKind::Linear, self.index)
    }

    /// Whole units of the underlying per lot.
    #[inline]
    pub fn lot(&self) -> Result<Price> {
        self.lot.price()
    }

    /// Quote atoms per lot and tick.
    pub fn tick(&self) -> TickSize {
        TickSize::new(self.tick_quote_atoms_per_lot)
    }

    /// Share of a positive position value that counts for opening.
    #[inline]
    pub fn pnl_weight(&self) -> Ratio {
        Ratio::from_ppm(self.pnl_weight_ppm)
    }
}
