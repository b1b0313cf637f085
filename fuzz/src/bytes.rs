//! Bytes as numbers. Where they end, zeros follow, so that every input is a case.

use plimsoll_units::{Price, QuoteAtoms, Ratio, Value};

/// A fuzzer's bytes, read from the front.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// From an input.
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// True where only zeros would follow.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (now, rest) = self.0.split_at(self.0.len().min(N));
        let mut taken = [0; N];
        taken[..now.len()].copy_from_slice(now);
        self.0 = rest;
        taken
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    /// One of `count`.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// True for one byte in two.
    pub fn flag(&mut self) -> bool {
        !self.byte().is_multiple_of(2)
    }

    /// Any half-word.
    pub fn half(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// Any word.
    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// Any number of at most `bits`, small ones as likely as large ones.
    pub fn amount(&mut self, bits: u32) -> i64 {
        let drop = 64 - bits + u32::from(self.byte()) % bits;
        i64::from_le_bytes(self.take()) >> drop.min(63)
    }

    /// The same without a sign.
    pub fn size(&mut self, bits: u32) -> u64 {
        self.amount(bits + 1).unsigned_abs().min((1 << bits) - 1)
    }

    /// A ratio of at most `ppm`.
    pub fn ratio(&mut self, ppm: u32) -> Ratio {
        Ratio::from_ppm(self.half() % (ppm + 1))
    }

    /// A price between 10^-9 and 10^12 or so.
    pub fn price(&mut self) -> Price {
        let mantissa = self.size(40).max(1);
        Price::from_decimal(mantissa, i32::from(self.byte() % 13) - 9).unwrap()
    }

    /// A value, finer than atoms.
    pub fn value(&mut self, bits: u32) -> Value {
        let atoms = Value::from_quote(QuoteAtoms::new(self.amount(bits)));
        let rest = i128::from(self.word() >> 16);
        atoms.checked_add(Value::new(rest)).unwrap()
    }
}
