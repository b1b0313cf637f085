//! What the guardian may halt, and who acts first afterwards.

use crate::group::{AccountId, Person};
use crate::margin::Health;
use crate::step::Step;

/// Longest pause.
const PAUSE_SECONDS_MAX: u64 = 86_400;
/// What all pauses together may take, before the budget refills.
pub(crate) const BUDGET_SECONDS: u64 = 3 * 86_400;
/// Seconds in which the budget gains one.
const REFILL_SECONDS: i64 = 10;

/// What may be halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Paused {
    Trade,
    Borrow,
    Liquidate,
    SettleProfit,
}

impl Paused {
    pub(crate) fn place(self) -> usize {
        match self {
            Self::Trade => 0,
            Self::Borrow => 1,
            Self::Liquidate => 2,
            Self::SettleProfit => 3,
        }
    }
}

impl Step<'_> {
    pub(crate) fn require_unpaused(&mut self, class: Paused) {
        let until = self.before.terms.paused_until[class.place()];
        let now = self.now().seconds;
        self.require(now >= until, &["Paused"]);
    }

    /// After a pause or a gap of an oracle, owners of accounts below their line act first.
    pub(crate) fn require_bidders_turn(&mut self, id: AccountId) {
        self.require_unpaused(Paused::Liquidate);
        let turn = self.is_bidders_turn(id);
        self.require(turn, &["OwnerFirst"]);
    }

    /// May somebody bid on the account now?
    pub(crate) fn may_bid(&self, id: AccountId) -> bool {
        let until = self.before.terms.paused_until[Paused::Liquidate.place()];
        self.now().seconds >= until && self.is_bidders_turn(id)
    }

    /// Is it the owner's turn, since lots of it went through a deleveraging a short while ago? Not where
    /// it is bankrupt. `None` where that is within rounding.
    pub(crate) fn is_owners_turn(&self, id: AccountId, health: &Health) -> Option<bool> {
        let since = self.now().seconds.saturating_sub(self.before.accounts[&id].resized_at);
        let first = i64::try_from(self.before.terms.owner_first_seconds).unwrap_or(i64::MAX);
        if since.max(0) >= first || health.equity.surely_negative() {
            return Some(false);
        }
        health.equity.surely_not_negative().then_some(true)
    }

    fn is_bidders_turn(&self, id: AccountId) -> bool {
        let now = self.now().seconds;
        let terms = &self.before.terms;
        let first = i64::try_from(terms.owner_first_seconds).unwrap_or(i64::MAX);
        let ended = [Paused::Trade, Paused::Liquidate].map(|one| terms.paused_until[one.place()]);
        let waits = ended.iter().any(|end| *end != 0 && *end <= now && now < end + first);
        let account = &self.before.accounts[&id];
        let tokens = account.tokens.keys().map(|one| self.before.collaterals[*one].underlying);
        let positions = account.positions.keys();
        let positions = positions.map(|one| self.before.instruments[*one].underlying);
        let until = |one: usize| self.before.underlyings[one].owner_first_until;
        // The quote token prices every row, and a bid gives the account a row of it.
        let reserved = tokens.chain(positions).chain([0]).any(|one| now < until(one));
        !waits && !reserved
    }

    pub(crate) fn pause(&mut self, signer: Person, class: Paused, seconds: u64) {
        self.require_guardian(signer);
        let sound = (1..=PAUSE_SECONDS_MAX).contains(&seconds);
        if !self.require(sound, &["PauseTooLong"]) {
            return;
        }
        let now = self.now().seconds;
        let terms = &mut self.next.terms;
        // The budget gains one second in ten; what makes no whole second waits.
        let gained = now.saturating_sub(terms.pause_budget_at).max(0) / REFILL_SECONDS;
        terms.pause_budget_at += gained * REFILL_SECONDS;
        let budget = terms.pause_budget_seconds.saturating_add(gained.unsigned_abs());
        let budget = budget.min(BUDGET_SECONDS);
        // The time in which owners act first is part of the price.
        let owners = [Paused::Trade, Paused::Liquidate].contains(&class);
        let price = seconds + if owners { terms.owner_first_seconds } else { 0 };
        terms.pause_budget_seconds = budget.saturating_sub(price);
        let until = &mut terms.paused_until[class.place()];
        *until = (*until).max(now.saturating_add_unsigned(seconds));
        self.require(price <= budget, &["PauseBudgetSpent"]);
    }

    /// What a pause has cost is gone.
    pub(crate) fn unpause(&mut self, signer: Person, class: Paused) {
        let roles = &self.before.governance;
        let own = roles.guardian == Some(signer) || roles.owner == signer;
        self.require(own, &["NotGuardian"]);
        let now = self.now().seconds;
        let until = &mut self.next.terms.paused_until[class.place()];
        *until = (*until).min(now);
    }
}
