//! What is a lot of an instrument of, where many instruments of one underlying have the same lot?

use anchor_lang::prelude::*;
use plimsoll_units::Price;

use super::terms::lot_notional;
use crate::state::Instrument;

/// An underlying's price, and what a lot of the instrument that came last was of: most of an
/// underlying have lots of one size.
pub(super) struct Prices {
    /// Quote atoms per whole unit.
    pub(super) mid: Price,
    last: Option<(Price, Price)>,
}

impl Prices {
    /// Of an underlying at this price.
    pub(super) fn at(mid: Price) -> Self {
        Self { mid, last: None }
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
}
