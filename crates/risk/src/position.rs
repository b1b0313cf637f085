//! What has a lot paid so far for funding and for shared losses?
//!
//! Each side of an instrument has one running total per lot. A position stores its quote flow with
//! the total of its side added in, so that what all lots of a side pay costs one write, and no
//! position is touched.

use plimsoll_units::{BaseLots, MathError, Value};

/// What one lot of each side has paid so far, as a running total, and how often lots of each side
/// were closed: a position must have gone through all of that before its flow means anything.
///
/// Funding is paid by one side to the other: it raises both totals, since a short has a negative
/// number of lots. A loss `L` per lot that the longs bear raises `long` by `L`; one that the shorts
/// bear lowers `short` by `L`.
///
/// With these rules, all in exact integers, the flows of all positions keep their sum under
/// funding, for as many lots are long as short, and fall by `L` times the lots of the side that
/// bears a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideIndices {
    /// Quote value per long lot.
    pub long: Value,
    /// Quote value per short lot, with the sign of funding: what a short paid lowers it.
    pub short: Value,
    /// How often the longs have been deleveraged.
    pub long_deleveragings: u64,
    /// How often the shorts have been deleveraged.
    pub short_deleveragings: u64,
}

impl SideIndices {
    /// The total of the side of `lots`; of the longs where there are none.
    #[inline]
    pub const fn of(&self, lots: BaseLots) -> Value {
        match lots.is_negative() {
            true => self.short,
            false => self.long,
        }
    }

    /// How often the side of `lots` has been deleveraged; the longs where there are none.
    #[inline]
    pub const fn deleveragings(&self, lots: BaseLots) -> u64 {
        match lots.is_negative() {
            true => self.short_deleveragings,
            false => self.long_deleveragings,
        }
    }

    /// A position's quote flow `c = stored − lots · index`, exactly.
    #[inline]
    pub fn flow(&self, lots: BaseLots, stored: Value) -> Result<Value, MathError> {
        let index = self.of(lots);
        // Nothing has been paid yet, as mostly with options.
        if index.is_zero() {
            return Ok(stored);
        }
        stored.checked_sub(index.times(lots.get())?)
    }

    /// What to store for a quote flow: `flow + lots · index`, exactly. The inverse of
    /// [`SideIndices::flow`] for the same lots.
    #[inline]
    pub fn stored(&self, lots: BaseLots, flow: Value) -> Result<Value, MathError> {
        flow.checked_add(self.of(lots).times(lots.get())?)
    }

    /// What to add to what is stored when `lots` and `flow` are added to a position that is on the
    /// side of `side` before and after: `flow + lots · index`, exactly.
    #[inline]
    pub fn stored_change(
        &self,
        side: BaseLots,
        lots: BaseLots,
        flow: Value,
    ) -> Result<Value, MathError> {
        let index = self.of(side);
        if index.is_zero() {
            return Ok(flow);
        }
        flow.checked_add(index.times(lots.get())?)
    }

    /// The totals after each long lot paid `per_lot` to each short one (or was paid, if negative).
    #[inline]
    pub fn plus(&self, per_lot: Value) -> Result<Self, MathError> {
        Ok(Self {
            long: self.long.checked_add(per_lot)?,
            short: self.short.checked_add(per_lot)?,
            ..*self
        })
    }
}
