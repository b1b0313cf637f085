//! Stored forms of numbers wider than 64 bits.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_units::{Index, Price, Shares, Value};

use crate::error::PlimsollError;

/// A 128-bit number as two aligned words, least significant first (two's complement if signed).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct Word128 {
    /// Bits 0 to 63.
    pub low: u64,
    /// Bits 64 to 127.
    pub high: u64,
}

impl Word128 {
    /// Stores an unsigned number.
    pub const fn from_u128(value: u128) -> Self {
        let bytes = value.to_le_bytes();
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        Self {
            low: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            high: u64::from_le_bytes([i, j, k, l, m, n, o, p]),
        }
    }

    /// Reads an unsigned number.
    #[inline]
    pub fn to_u128(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }

    /// Stores a signed number.
    pub const fn from_i128(value: i128) -> Self {
        Self::from_u128(u128::from_le_bytes(value.to_le_bytes()))
    }

    /// Reads a signed number.
    #[inline]
    pub fn to_i128(self) -> i128 {
        i128::from_le_bytes(self.to_u128().to_le_bytes())
    }

    /// Reads an indexed balance.
    #[inline]
    pub fn to_shares(self) -> Shares {
        Shares::new(self.to_i128())
    }

    /// True if nothing is stored.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.low == 0 && self.high == 0
    }

    /// Reads a value.
    #[inline]
    pub fn to_value(self) -> Value {
        Value::new(self.to_i128())
    }

    /// Reads an index.
    #[inline]
    pub fn to_index(self) -> Index {
        Index::new(self.to_u128())
    }
}

impl From<Shares> for Word128 {
    fn from(shares: Shares) -> Self {
        Self::from_i128(shares.get())
    }
}

impl From<Value> for Word128 {
    fn from(value: Value) -> Self {
        Self::from_i128(value.get())
    }
}

impl From<Index> for Word128 {
    fn from(index: Index) -> Self {
        Self::from_u128(index.get())
    }
}

/// A positive price: `mantissa · 2^exponent`, the mantissa's top bit set.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredPrice {
    /// Normalised mantissa, at least 2^63.
    pub mantissa: u64,
    /// Binary exponent.
    pub exponent: i64,
}

impl StoredPrice {
    /// The price; `CorruptAccount` if no instruction can have stored it.
    #[inline]
    pub fn price(self) -> Result<Price> {
        let price = Price::from_words(self.mantissa, self.exponent);
        price.map_err(|_| PlimsollError::CorruptAccount.into())
    }
}

impl From<Price> for StoredPrice {
    fn from(price: Price) -> Self {
        let (mantissa, exponent) = price.parts();
        Self { mantissa, exponent: i64::from(exponent) }
    }
}
