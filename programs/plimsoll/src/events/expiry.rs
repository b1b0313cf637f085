//! Receipts of expiries and of what is listed on them.

use anchor_lang::prelude::*;

/// A slice was published (each number of it 2^-32).
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct SurfacePublished {
    /// The expiry.
    pub expiry: Address,
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
    /// The forward over the index price (parts per million).
    pub basis_ppm: i32,
    /// How far the volatility may be off (parts per million of it).
    pub confidence_ppm: u32,
}

/// A sample for the settlement price was taken.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct SettlementSampled {
    /// The expiry.
    pub expiry: Address,
    /// The index price (mantissa of quote atoms per unit).
    pub price_mantissa: u64,
    /// Its exponent of two.
    pub price_exponent: i64,
    /// Seconds of the window that samples cover.
    pub covered_seconds: u64,
    /// When the settlement price was known (Unix seconds); zero: not yet.
    pub settled_at: i64,
}

/// A settled contract was closed.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct ContractClosed {
    /// The instrument that was.
    pub instrument: Address,
    /// What the insurance fund got of its pool: fees and dust, less a debt (quote atoms).
    pub collected_quote_atoms: i64,
}

/// A risk array was refreshed (values in 2^(shift - 48) quote atoms per lot).
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct RiskArrayRefreshed {
    /// The instrument.
    pub instrument: Address,
    /// Fair value.
    pub fair: i64,
    /// The least value.
    pub low: i64,
    /// The largest value.
    pub high: i64,
    /// Notional with which it moves.
    pub delta: i64,
    /// The unit's power of two.
    pub shift: u8,
    /// 1 once the value is what the settlement price makes it.
    pub settled: u8,
}
