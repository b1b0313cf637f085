//! What does an account owe, and to whom?

use num_traits::Signed;

use crate::bid::Asset;
use crate::group::{AccountId, Position};
use crate::margin::{atoms, QUOTE};
use crate::market::Grade;
use crate::number::{ceil, one, positive, ten, value, whole, zero, Exact};
use crate::step::Step;

/// What an account owes by one of its rows.
pub(crate) struct Claim {
    pub(crate) asset: Asset,
    pub(crate) is_short: bool,
    pub(crate) amount: Exact,
    /// By how much the amount may be off.
    pub(crate) slack: Exact,
    /// What it has borne before.
    pub(crate) borne: i64,
}

impl Step<'_> {
    /// What the account owes, row by row in their order; the quote token last.
    pub(crate) fn claims(&self, id: AccountId, missing: &Exact) -> Vec<Claim> {
        let account = &self.before.accounts[&id];
        let now = self.now().seconds;
        let quote = account.tokens.get(&QUOTE).copied().unwrap_or(0);
        let owed: i128 =
            account.positions.values().map(|one| i128::from(one.owed_quote_atoms).abs()).sum();
        let mut unsettled = (-atoms(self.before, QUOTE, quote, now) - owed).max(0);
        let lost = |one: &Position| i128::from(one.settled_debt_quote_atoms);
        let losses: i128 = account.positions.values().map(lost).sum();
        let attributed = unsettled.min(losses);
        let mut claims = Vec::new();
        for (index, shares) in account.tokens.iter().filter(|(index, _)| **index != QUOTE) {
            let token = &self.before.collaterals[*index];
            if self.market.grade(token.underlying) == Grade::Valid {
                let price = self.market.mid(token.underlying) * ten(-token.decimals);
                let amount = price * whole(-atoms(self.before, *index, *shares, now).min(0));
                claims.push(Claim::of_lenders(*index, amount));
            }
        }
        for (index, one) in &account.positions {
            let instrument = &self.before.instruments[*index];
            let flow = value(instrument.flow(one, now));
            // A closed position needs no price; without one an open one owes what was settled.
            let (open, slack) = match instrument.is_priced(self.market) {
                _ if one.lots == 0 => (flow, zero()),
                true => {
                    let worth = instrument.fair(self.market).times(&whole(one.lots));
                    (flow + worth.exact, worth.slack)
                }
                false => (zero(), zero()),
            };
            let paid = match losses {
                0 => 0,
                _ => attributed * lost(one) / losses,
            };
            unsettled -= paid;
            // What rounding may make a claim of is one.
            let slack = if &slack - &open > zero() { slack } else { zero() };
            let amount = positive(-open) + whole(paid);
            claims.push(Claim {
                asset: Asset::Position(*index),
                is_short: one.was_short(),
                amount,
                slack,
                borne: one.borne_quote_atoms,
            });
        }
        let key = |claim: &Claim| match claim.asset {
            Asset::Token(index) => (self.before.collaterals[index].underlying, claim.asset),
            Asset::Position(index) => (self.before.instruments[index].underlying, claim.asset),
        };
        claims.sort_by_key(key);
        claims.push(Claim::of_lenders(QUOTE, whole(unsettled)));
        claims.retain(Claim::is_there);
        less_what_was_borne(&mut claims, missing);
        claims.retain(Claim::is_there);
        if claims.is_empty() {
            // Roundings alone, which are the quote token's.
            claims.push(Claim::of_lenders(QUOTE, one()));
        }
        claims
    }
}

/// Turns claims into what is still due of what is missing, where somebody has borne a part before:
/// in all everybody bears in proportion to what it was owed at first.
fn less_what_was_borne(claims: &mut [Claim], missing: &Exact) {
    let all_borne = whole(claims.iter().map(|claim| i128::from(claim.borne)).sum::<i128>());
    if !all_borne.is_positive() {
        return;
    }
    let total: Exact = claims.iter().map(|claim| claim.amount.clone()).sum::<Exact>() + &all_borne;
    for claim in claims {
        let share = (&claim.amount + whole(claim.borne)) / &total;
        claim.amount = positive((missing + &all_borne) * share - whole(claim.borne));
    }
}

impl Claim {
    fn of_lenders(token: usize, amount: Exact) -> Self {
        Self { asset: Asset::Token(token), is_short: false, amount, slack: zero(), borne: 0 }
    }

    /// Is anything owed, as far as is known?
    fn is_there(&self) -> bool {
        (&self.amount + &self.slack).is_positive()
    }

    /// The instrument, where it is a position's.
    pub(crate) fn index(&self) -> Option<usize> {
        match self.asset {
            Asset::Position(index) => Some(index),
            Asset::Token(_) => None,
        }
    }
}

/// By how many atoms claims may be off.
pub(crate) fn unknown(claims: &[Claim]) -> i128 {
    let slack: Exact = claims.iter().map(|claim| claim.slack.clone()).sum();
    // Of perpetuals that is far below an atom.
    match slack > crate::number::binary(1, 8) {
        true => ceil(&slack),
        false => 0,
    }
}

/// A token, whose lenders bear a part?
pub(crate) fn is_lent(asset: Asset) -> bool {
    matches!(asset, Asset::Token(_))
}
