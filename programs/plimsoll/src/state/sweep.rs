//! Which rows of a margin account go, and what becomes of their weights?

use anchor_lang::prelude::*;
use plimsoll_risk::{part_floor, RowKey};
use plimsoll_units::{QuoteAtoms, Shares, Value};

use super::margin_account::place;
use super::{MarginAccount, Pool, Row, QUOTE_KEY};
use crate::check::RowPermit;
use crate::error::{Named, PlimsollError};

/// Does any row of an account hold nothing?
#[derive(Clone, Copy)]
enum Emptied {
    /// None does.
    None,
    /// One does, or more.
    Some,
}

impl MarginAccount {
    /// Removes the rows that hold nothing and that no pool counts.
    pub(crate) fn sweep(&mut self, _: &RowPermit) -> Result<()> {
        match self.forget_repaid_debts()? {
            Emptied::None => Ok(()),
            Emptied::Some => self.remove_empty(),
        }
    }

    /// Removes rows behind a move from one account to another: where a row holds nothing any more,
    /// the other account's row takes over its weight, so that the pool need not be written.
    pub(crate) fn sweep_both(&mut self, other: &mut Self, _: &RowPermit) -> Result<()> {
        let emptied = [self.forget_repaid_debts()?, other.forget_repaid_debts()?];
        match emptied {
            [Emptied::None, Emptied::None] => Ok(()),
            [Emptied::Some, Emptied::None] => {
                self.pass_weights(other)?;
                self.remove_empty()
            }
            _ => {
                self.pass_weights(other)?;
                other.pass_weights(self)?;
                self.remove_empty()?;
                other.remove_empty()
            }
        }
    }

    fn pass_weights(&mut self, other: &mut Self) -> Result<()> {
        for row in self.rows_mut()?.iter_mut().filter(|row| row.weight != 0) {
            if !row.holds_nothing() {
                continue;
            }
            let Ok(at) = place(other.rows()?, row.key()?) else {
                continue;
            };
            let theirs = other.rows_mut()?.get_mut(at).ok_or(PlimsollError::CorruptAccount)?;
            if !theirs.holds_nothing() {
                row.pass_weight(theirs);
            }
        }
        Ok(())
    }

    /// Counts a row of the pool's instrument anew, if there is one, and removes the rows that hold
    /// nothing and that no pool counts.
    pub(crate) fn renew_row(&mut self, key: RowKey, pool: &mut Pool, _: &RowPermit) -> Result<()> {
        let emptied = self.forget_repaid_debts()?;
        if let Ok(at) = place(self.rows()?, key) {
            pool.renew(self.rows_mut()?.get_mut(at).ok_or(PlimsollError::CorruptAccount)?)?;
        }
        match emptied {
            Emptied::None => Ok(()),
            Emptied::Some => self.remove_empty(),
        }
    }

    #[inline(never)]
    fn remove_empty(&mut self) -> Result<()> {
        let count = self.rows()?.len();
        let mut kept = 0_usize;
        for at in 0..count {
            let row = self.rows.get(at).ok_or(PlimsollError::CorruptAccount)?;
            if row.is_empty() {
                continue;
            }
            if kept < at {
                self.rows.copy_within(at..=at, kept);
            }
            kept = kept.saturating_add(1);
        }
        let rest = self.rows.get_mut(kept..count).ok_or(PlimsollError::CorruptAccount)?;
        // As bytes, which the runtime clears in one call.
        bytemuck::cast_slice_mut::<Row, u8>(rest).fill(0);
        self.row_count = u8::try_from(kept).map_err(|_| PlimsollError::CorruptAccount)?;
        self.token_count = self.count_tokens()?;
        Ok(())
    }

    /// Without a quote debt there is none that a settlement has caused. Says whether any row holds
    /// nothing then.
    fn forget_repaid_debts(&mut self) -> Result<Emptied> {
        let quote = self.row(QUOTE_KEY)?.map_or(Shares::ZERO, Row::shares);
        let rows = self.rows_mut()?;
        if !quote.is_negative() {
            for row in rows.iter_mut() {
                row.settled_debt_quote_atoms = 0;
            }
        }
        // One is enough: of an account that was taken whole all hold nothing.
        Ok(match rows.iter().any(Row::holds_nothing) {
            true => Emptied::Some,
            false => Emptied::None,
        })
    }

    /// Others bear a part of what a bankrupt account owes, `released` of its `requirement`: so much less
    /// of its quote debt is what settlements have caused. Otherwise markets would bear more, and
    /// lenders less, the more bids one is cut into. What is left is rounded up.
    pub(crate) fn lower_settled_debts(
        &mut self,
        (released, requirement): (Value, Value),
        _: &RowPermit,
    ) -> Result<()> {
        for row in self.rows_mut()?.iter_mut().filter(|row| row.settled_debt_quote_atoms != 0) {
            let settled = QuoteAtoms::new(row.settled_debt_quote_atoms);
            let gone = part_floor(settled, released, requirement).named()?;
            row.settled_debt_quote_atoms = settled.checked_sub(gone).named()?.get();
        }
        Ok(())
    }
}
