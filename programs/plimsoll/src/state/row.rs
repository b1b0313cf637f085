//! One row of a margin account: a token balance, or a position.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::RowKey;
use plimsoll_units::{BaseLots, QuoteAtoms, Shares};

use super::Word128;
use crate::error::PlimsollError;

/// A row. Token rows use `shares`, position rows `lots` and `quote_atoms`; the rest is zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct Row {
    /// Sort key: underlying (bits 32 to 47), kind (16 to 23), index (0 to 15).
    pub key: u64,
    /// Token balance in shares (2^-48 atoms at index one); negative is borrowed.
    pub shares: Word128,
    /// Position size `q` in lots; negative is short.
    pub lots: i64,
    /// Quote flow `c` of the position (quote atoms); what was paid is negative.
    pub quote_atoms: i64,
    /// Zero; for the position's snapshots of funding and loss indices.
    pub reserved: [u64; 7],
}

const _: () = assert!(
    core::mem::size_of::<Row>()
        == 8 // key
            + 16 // shares
            + 2 * 8 // lots, quote
            + 7 * 8 // reserved
);

impl Row {
    /// An empty row.
    pub fn new(key: RowKey) -> Self {
        Self { key: key.raw(), ..Self::zeroed() }
    }

    /// The sort key.
    #[inline]
    pub fn key(&self) -> Result<RowKey> {
        RowKey::from_raw(self.key).ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    /// Token balance in shares.
    #[inline]
    pub fn shares(&self) -> Shares {
        self.shares.to_shares()
    }

    /// Position size.
    #[inline]
    pub fn lots(&self) -> BaseLots {
        BaseLots::new(self.lots)
    }

    /// Quote flow of the position.
    #[inline]
    pub fn quote(&self) -> QuoteAtoms {
        QuoteAtoms::new(self.quote_atoms)
    }

    /// True if nothing is left in the row.
    pub fn is_empty(&self) -> bool {
        self.shares.low == 0 && self.shares.high == 0 && self.lots == 0 && self.quote_atoms == 0
    }
}
