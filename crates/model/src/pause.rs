//! What the guardian may halt, and who acts first afterwards.

use crate::group::AccountId;
use crate::number::whole;
use crate::step::{unsigned, Step};

/// Longest pause.
const PAUSE_SECONDS_MAX: u64 = 86_400;
/// What all pauses together may take, before the budget refills.
const BUDGET_SECONDS: u64 = 3 * 86_400;

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
    fn place(self) -> usize {
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
        self.require(!waits && !reserved, &["OwnerFirst"]);
    }

    pub(crate) fn pause(&mut self, is_guardian: bool, class: Paused, seconds: u64) {
        self.require(is_guardian, &["NotGuardian"]);
        let sound = (1..=PAUSE_SECONDS_MAX).contains(&seconds);
        self.require(sound, &["PauseTooLong"]);
        self.may_fail("PauseBudgetSpent");
        let now = self.now().seconds;
        let ends = now.saturating_add_unsigned(seconds.min(PAUSE_SECONDS_MAX));
        let old = self.before.terms.paused_until[class.place()];
        let pick = |seen: &crate::Group| i128::from(seen.terms.paused_until[class.place()]);
        let (low, high) = (whole(ends), whole(ends.max(old)));
        let until = self.adopt("end of a pause", pick, &low, &high);
        self.next.terms.paused_until[class.place()] = i64::try_from(until).unwrap_or(i64::MAX);
        self.adopt_budget();
    }

    pub(crate) fn unpause(&mut self, is_guardian: bool, class: Paused) {
        self.require(is_guardian, &["NotGuardian"]);
        let now = self.now().seconds;
        let until = &mut self.next.terms.paused_until[class.place()];
        *until = (*until).min(now);
        self.adopt_budget();
    }

    /// The budget is only bounded here.
    fn adopt_budget(&mut self) {
        let now = self.now().seconds;
        let budget = |seen: &crate::Group| i128::from(seen.terms.pause_budget_seconds);
        let budget = self.adopt("pause budget", budget, &whole(0), &whole(BUDGET_SECONDS));
        let at = |seen: &crate::Group| i128::from(seen.terms.pause_budget_at);
        let old = self.before.terms.pause_budget_at;
        let at = self.adopt("time of the pause budget", at, &whole(old), &whole(now.max(old)));
        self.next.terms.pause_budget_seconds = unsigned(budget);
        self.next.terms.pause_budget_at = i64::try_from(at).unwrap_or(i64::MAX);
    }
}
