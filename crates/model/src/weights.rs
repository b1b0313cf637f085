//! What does each row count for in its instrument's pool, and which rows are there for that alone?
//!
//! Where a pool is written, a row weighs its fixed weight if it holds something, and else nothing. A bid
//! writes no pool but those whose open interest it changes: there a new row gets a part of the weight
//! of the one that it came from, and a row that holds nothing any more leaves it to the other.

use crate::action::Action;
use crate::group::{AccountId, Position};
use crate::step::Step;

/// What a pool gives a row.
const WHOLE: u64 = 1 << 56;
/// The part that a row gives to a new one is one in so many, at least one.
const PARTS: u64 = 256;

impl Step<'_> {
    /// Weights as the action leaves them, and the pools' sums; rows of nothing go.
    pub(crate) fn count_rows(&mut self, action: &Action) {
        match action {
            Action::Trade { accounts, instrument, .. } => {
                accounts.iter().for_each(|id| self.renew(*id, *instrument));
            }
            Action::Settle { account, instrument, .. }
            | Action::ShareLoss { account, instrument }
            | Action::Deleverage { account, instrument, .. }
            | Action::Renew { account, instrument } => self.renew(*account, *instrument),
            Action::Bid { account, bidder, .. } => self.pass_weights(*account, *bidder),
            _ => {}
        }
        for account in self.next.accounts.values_mut() {
            account.positions.retain(|_, row| !row.is_empty());
        }
        for (index, instrument) in self.next.instruments.iter_mut().enumerate() {
            let rows = self.next.accounts.values().filter_map(|one| one.positions.get(&index));
            instrument.pool.row_weight = rows.map(|row| u128::from(row.weight)).sum();
        }
    }

    fn renew(&mut self, id: AccountId, index: usize) {
        if let Some(row) = self.row(id, index) {
            row.weight = if row.holds_nothing() { 0 } else { WHOLE };
        }
    }

    fn row(&mut self, id: AccountId, index: usize) -> Option<&mut Position> {
        self.next.accounts.get_mut(&id)?.positions.get_mut(&index)
    }

    fn pass_weights(&mut self, id: AccountId, bidder: AccountId) {
        for index in 0..self.next.instruments.len() {
            let lots = |group: &crate::Group| group.instruments[index].pool.open_interest_lots;
            let changed = lots(self.before) != lots(&self.next);
            let (Some(mut own), Some(mut other)) =
                (self.row(id, index).cloned(), self.row(bidder, index).cloned())
            else {
                continue;
            };
            if other.weight == 0 && !other.holds_nothing() {
                let part = (own.weight / PARTS).max(1);
                let enough = own.weight > part || own.holds_nothing();
                self.require(enough, &["RowWeightSpent"]);
                own.weight = own.weight.saturating_sub(part);
                other.weight = part;
            }
            if changed {
                for row in [&mut own, &mut other] {
                    row.weight = if row.holds_nothing() { 0 } else { WHOLE };
                }
            }
            for (from, to) in [(0, 1), (1, 0)] {
                let rows = [&mut own, &mut other];
                if rows[from].holds_nothing() && !rows[to].holds_nothing() {
                    if let Some(sum) = rows[to].weight.checked_add(rows[from].weight) {
                        (rows[from].weight, rows[to].weight) = (0, sum);
                    }
                }
            }
            for (id, row) in [(id, own), (bidder, other)] {
                if let Some(stored) = self.row(id, index) {
                    *stored = row;
                }
            }
        }
    }
}
