//! Which account stands behind a row, and how does what is stored become an amount?

use anchor_lang::prelude::*;
use plimsoll_risk::{Holding, RowKey, RowTerms, SideIndices};
use plimsoll_units::{Index, Value};

use crate::error::{Named, PlimsollError};
use crate::state::Row;

/// The account behind a row, and by what a stored row becomes an amount.
// Eight words, tag and account in front: the longest that is moved in place and not by a call.
pub(crate) enum RowSource {
    /// Of a collateral: token atoms per deposit share, and per borrow share.
    Token { view: AccountView, deposit: Index, borrow: Index },
    /// Of an instrument: what a lot of either side has paid.
    Position { view: AccountView, indices: SideIndices },
}

#[cfg(target_os = "solana")]
const _: () = assert!(core::mem::size_of::<RowSource>() <= 8 * 8);

/// Terms and sources of the rows not yet passed, ascending by key.
// Two iterators side by side, and not their zip: that one counts places, and multiplies them.
pub(crate) struct InOrder<'a> {
    rows: core::slice::Iter<'a, RowTerms>,
    sources: core::slice::Iter<'a, RowSource>,
}

impl<'a> InOrder<'a> {
    /// All of them; both lists in the same order.
    #[inline]
    pub(super) fn new(rows: &'a [RowTerms], sources: &'a [RowSource]) -> Self {
        Self { rows: rows.iter(), sources: sources.iter() }
    }

    /// The source of the row with this key; those before it are left behind.
    #[inline(always)]
    pub(super) fn next_with(&mut self, raw: u64) -> Option<(RowKey, &'a RowSource)> {
        loop {
            let (terms, source) = (self.rows.next()?, self.sources.next()?);
            if terms.key.raw() == raw {
                return Some((terms.key, source));
            }
        }
    }

    /// The same; `RowTermsMissing` if there is none.
    #[inline]
    pub(crate) fn find(&mut self, raw: u64) -> Result<(RowKey, &'a RowSource)> {
        Ok(self.next_with(raw).ok_or(PlimsollError::RowTermsMissing)?)
    }
}

impl RowSource {
    /// The collateral or instrument.
    #[inline]
    pub(crate) fn view(&self) -> AccountView {
        match self {
            Self::Token { view, .. } | Self::Position { view, .. } => *view,
        }
    }

    /// A stored row as the risk crate sees it.
    #[inline(always)]
    pub(super) fn holding(&self, key: RowKey, row: &Row) -> Result<Holding> {
        Ok(match self {
            Self::Token { .. } => Holding { key, quantity: self.atoms(row)?, quote: Value::ZERO },
            Self::Position { indices, .. } => {
                Holding { key, quantity: row.lots, quote: row.flow_with_owed(indices)? }
            }
        })
    }

    /// Token atoms of a balance, toward minus infinity.
    #[inline]
    pub(crate) fn atoms(&self, row: &Row) -> Result<i64> {
        let Self::Token { deposit, borrow, .. } = self else {
            return Err(PlimsollError::CorruptAccount.into());
        };
        let shares = row.shares();
        let index = match shares.is_negative() {
            true => *borrow,
            false => *deposit,
        };
        Ok(shares.to_atoms_floor(index).named()?.get())
    }
}
