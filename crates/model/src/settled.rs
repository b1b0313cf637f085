//! What settlements have caused of a quote debt, where others bear a part of it.

use crate::group::{AccountId, Group};
use crate::margin::{Health, QUOTE};
use crate::number::{floor, least, one, whole, Near};
use crate::payment::released_part;
use crate::step::Step;

impl Step<'_> {
    /// What others bear lowers, in the same proportion, what settlements have caused of the quote debt;
    /// what is left is rounded up. Without such a debt all of that is forgotten anyway.
    pub(crate) fn lower_settled(
        &mut self,
        id: AccountId,
        surely: bool,
        before: &Health,
        released: &Near,
    ) {
        let Some(seen) = self.seen().map(|seen| seen.accounts[&id].clone()) else {
            return;
        };
        if seen.tokens.get(&QUOTE).is_none_or(|shares| *shares >= 0) {
            return;
        }
        let (least_part, most_part) = released_part(before, released);
        for (index, old) in self.before.accounts[&id].positions.clone() {
            let settled = whole(old.settled_debt_quote_atoms);
            let Some(mut row) = self.next.accounts[&id].positions.get(&index).cloned() else {
                continue;
            };
            let low = floor(&(&settled - &settled * &most_part));
            let high = match surely {
                true => &settled - &settled * &least_part + one(),
                false => settled.clone(),
            };
            let pick = |seen: &Group| {
                let row = seen.accounts[&id].positions.get(&index);
                row.map_or(0, |row| row.settled_debt_quote_atoms.into())
            };
            let left = self.adopt("settled debt", pick, &whole(low), &least(high, settled));
            row.settled_debt_quote_atoms = i64::try_from(left).unwrap_or(i64::MAX);
            self.put(id, index, row);
        }
    }
}
