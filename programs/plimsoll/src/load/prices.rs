//! What is a lot of an instrument of, and how far has the price moved since its risk array was made,
//! where many instruments of one underlying have the same lot, and arrays made at one price?

use anchor_lang::prelude::*;
use plimsoll_units::Price;

use super::terms::{lot_notional, relative_move};
use crate::state::Instrument;

/// An underlying's price, and what came of it for the instrument before: most of an underlying have
/// lots of one size, and arrays that were refreshed together.
pub(super) struct Prices {
    /// Quote atoms per whole unit.
    pub(super) mid: Price,
    last: Option<(Price, Price)>,
    /// One over the price of the last array, and the move since then.
    moved: Option<(Price, i64)>,
}

impl Prices {
    /// Of an underlying at this price.
    pub(super) fn at(mid: Price) -> Self {
        Self { mid, last: None, moved: None }
    }

    /// What a lot of an instrument of the underlying is of (quote atoms).
    #[inline(always)]
    pub(super) fn notional(&mut self, account: &Instrument) -> Result<Price> {
        let lot = account.lot()?;
        if let Some((known, notional)) = self.last {
            if known == lot {
                return Ok(notional);
            }
        }
        let notional = lot_notional(account, self.mid)?;
        self.last = Some((lot, notional));
        Ok(notional)
    }

    /// The price's move since it was one over `per_price`, by [`relative_move`].
    #[inline(always)]
    pub(super) fn move_since(&mut self, per_price: Price) -> Result<i64> {
        if let Some((known, moved)) = self.moved {
            if known == per_price {
                return Ok(moved);
            }
        }
        let moved = relative_move(self.mid, per_price)?;
        self.moved = Some((per_price, moved));
        Ok(moved)
    }
}
