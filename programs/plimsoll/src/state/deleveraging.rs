//! One time that a side of an instrument was deleveraged: what its positions go through, one by
//! one, before anybody may use them again.

use anchor_lang::prelude::*;
use plimsoll_risk::{resized_flow, Resizing};
use plimsoll_units::{BaseLots, Value};

use super::{Row, Word128};
use crate::check::RowPermit;
use crate::error::{Named, PlimsollError};

/// A deleveraging of one side, see `plimsoll_risk::Resizing`.
#[account]
pub struct Deleveraging {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// 1 if it is the shorts whose positions shrink, 0 if it is the longs.
    pub of_shorts: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// The group.
    pub group: Address,
    /// The instrument.
    pub instrument: Address,
    /// Who paid the rent, and gets it back.
    pub payer: Address,
    /// How often the side had been deleveraged before; part of the address.
    pub number: u64,
    /// Lots of the side before.
    pub before_lots: u64,
    /// Lots that are left.
    pub after_lots: u64,
    /// Lots, as they were before, of the positions that have not gone through.
    pub waiting_lots: u64,
    /// Fraction of a lot that is handed on to the next position (parts of `before_lots`).
    pub remainder: u64,
    /// Zero.
    pub padding_2: u64,
    /// The side's index of quote flows at that moment (2^-48 quote atoms per lot).
    pub index: Word128,
    /// Price at which lots were closed (2^-48 quote atoms per lot).
    pub price: Word128,
    /// Slot of that moment.
    pub slot: u64,
    /// Zero.
    pub reserved: [u64; 7],
}

const _: () = assert!(
    core::mem::size_of::<Deleveraging>()
        == 3 + 5 // version, bump, side, padding
            + 3 * 32 // group, instrument, payer
            + 6 * 8 // number, sizes, remainder, padding
            + 2 * 16 // index, price
            + 8 * 8 // slot, reserved
);

impl Deleveraging {
    /// Its sizes.
    pub fn resizing(&self) -> Resizing {
        Resizing {
            before: self.before_lots,
            after: self.after_lots,
            waiting: self.waiting_lots,
            remainder: self.remainder,
        }
    }

    /// Stores them.
    pub(crate) fn set_resizing(&mut self, resizing: &Resizing) {
        self.before_lots = resizing.before;
        self.after_lots = resizing.after;
        self.waiting_lots = resizing.waiting;
        self.remainder = resizing.remainder;
    }

    /// True if a position is of this side, and comes through here next.
    pub fn is_next(&self, row: &Row) -> bool {
        self.is_of_side(row) && row.deleveragings == self.number
    }

    fn is_of_side(&self, row: &Row) -> bool {
        row.lots != 0 && row.lots().is_negative() == (self.of_shorts != 0)
    }

    /// Takes a position through; one that need not, or has gone through already, stays as it is, so
    /// that two who do it at once do not disturb each other. True if it went through.
    /// `WrongDeleveraging` if another one comes first.
    pub(crate) fn pass(&mut self, row: &mut Row, _: &RowPermit) -> Result<bool> {
        if !self.is_of_side(row) || row.deleveragings > self.number {
            return Ok(false);
        }
        require!(self.is_next(row), PlimsollError::WrongDeleveraging);
        let mut resizing = self.resizing();
        let (before, index) = (row.lots(), self.index.to_value());
        let after = resizing.resize(before).map_err(|_| PlimsollError::CorruptAccount)?;
        let stored = |lots: BaseLots, flow: Value| flow.checked_add(index.times(lots.get())?);
        let flow = stored(before.checked_neg().named()?, row.quote()).named()?;
        let flow = resized_flow(before, after, flow, self.price.to_value()).named()?;
        row.quote = stored(after, flow).named()?.into();
        row.lots = after.get();
        row.closed_short = u64::from(before.is_negative());
        row.deleveragings = row.deleveragings.saturating_add(1);
        self.set_resizing(&resizing);
        Ok(true)
    }
}
