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
        for (index, instrument) in self.next.instruments.numbered_mut() {
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
        for index in self.before.instruments.numbers() {
            let lots = |group: &crate::Group| group.instruments[index].pool.open_interest_lots;
            let changed = lots(self.before) != lots(&self.next);
            let (Some(mut own), Some(mut other)) =
                (self.row(id, index).cloned(), self.row(bidder, index).cloned())
            else {
                continue;
            };
            let old = self.before.accounts[&id].positions.get(&index).cloned().unwrap_or_default();
            let moved = Position { lots: own.lots, quote: own.quote, ..old };
            if moved.holds_nothing() {
                pass(&mut own, &mut other);
                if own.weight == 0 && !own.holds_nothing() {
                    // What is assigned to it afterwards needs a row again.
                    self.share(&mut other, &mut own);
                }
            } else if other.weight == 0 && !other.holds_nothing() {
                self.share(&mut own, &mut other);
            }
            if changed {
                for row in [&mut own, &mut other] {
                    row.weight = if row.holds_nothing() { 0 } else { WHOLE };
                }
            }
            if own.holds_nothing() {
                pass(&mut own, &mut other);
            }
            if other.holds_nothing() {
                pass(&mut other, &mut own);
            }
            for (id, row) in [(id, own), (bidder, other)] {
                if let Some(stored) = self.row(id, index) {
                    *stored = row;
                }
            }
        }
    }

    /// A new row gets a part.
    fn share(&mut self, from: &mut Position, new: &mut Position) {
        let part = (from.weight / PARTS).max(1);
        self.require(from.weight > part, &["RowWeightSpent"]);
        (from.weight, new.weight) = (from.weight.saturating_sub(part), part);
    }
}

/// All of a weight goes over to a row that holds something, if it fits there.
fn pass(from: &mut Position, to: &mut Position) {
    if to.holds_nothing() {
        return;
    }
    if let Some(sum) = to.weight.checked_add(from.weight) {
        (from.weight, to.weight) = (0, sum);
    }
}
