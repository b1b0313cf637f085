//! How is a step judged? Every reason that it has to fail is collected, in no order: the program may
//! name any one of them, and must name one. What it stores must be what is computed here.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::Action;
use crate::bid::Asset;
use crate::group::{Account, AccountId, Group, Person};
use crate::margin::{health, Check, Health};
use crate::market::{Market, Moment};
use crate::number::{ceil, floor, one, ppm, zero, Exact, Near};

/// What came of it: through, or failed by this name.
pub type Outcome<'a> = Result<(), &'a str>;

/// What ought to come of it.
#[derive(Debug, Default)]
pub struct Judgement {
    /// It has to fail.
    pub fails: bool,
    /// By one of these names, or, if it does not have to, it still may.
    pub names: BTreeSet<&'static str>,
    /// What is stored afterwards.
    pub next: Group,
    /// What was stored and lies outside of its rounding.
    pub differences: Vec<String>,
}

/// A step under judgement.
pub(crate) struct Step<'a> {
    pub(crate) before: &'a Group,
    pub(crate) market: &'a Market,
    seen: Option<&'a Group>,
    pub(crate) next: Group,
    /// Steps by which each reserve may be larger than it is by now.
    pub(crate) open_reserves: BTreeMap<usize, i128>,
    judgement: Judgement,
}

/// Judges an action on a group. `seen` is what was stored afterwards, if it went through: where
/// the documents leave a rounding open, its numbers are taken if they lie within it.
pub fn judge(before: &Group, market: &Market, action: &Action, seen: Option<&Group>) -> Judgement {
    let next = before.clone();
    let (open_reserves, judgement) = (BTreeMap::new(), Judgement::default());
    let mut step = Step { before, market, seen, next, open_reserves, judgement };
    step.act(action);
    step.count_deleveragings(action);
    step.forget_repaid_debts(action);
    step.count_rows(action);
    step.close_reserves();
    Judgement { next: step.next, ..step.judgement }
}

impl Step<'_> {
    fn act(&mut self, action: &Action) {
        match action {
            Action::Open { account, owner } => self.open(*account, *owner),
            Action::Close { account, signer } => self.close(*account, *signer),
            Action::Delegate { account, signer, delegate, expires_at } => {
                self.delegate(*account, *signer, *delegate, *expires_at);
            }
            Action::Deposit { depositor, account, token, amount } => {
                self.deposit(*depositor, *account, *token, *amount);
            }
            Action::Withdraw { signer, account, token, amount, borrow_max } => {
                self.withdraw(*signer, *account, *token, *amount, *borrow_max);
            }
            Action::Insure { depositor, amount } => self.insure(*depositor, *amount),
            Action::Trade { signers, accounts, instrument, lots, ticks } => {
                self.trade(*signers, *accounts, *instrument, *lots, *ticks);
            }
            Action::RefreshUnderlying { underlying } => self.refresh_underlying(*underlying),
            Action::RefreshInstrument { instrument } => self.refresh_instrument(*instrument),
            Action::RefreshCollateral { token } => self.refresh_collateral(*token),
            Action::Mark { account } => self.mark(*account),
            Action::Settle { account, instrument, settler } => {
                self.settle(*account, *instrument, *settler);
            }
            // Which rows there are, and what they count for, is seen to behind every action.
            Action::Renew { .. } => {}
            Action::CollectFees { instrument } => self.collect_fees(*instrument),
            Action::RepayDebt { instrument } => self.repay_debt(*instrument),
            Action::ShareLoss { account, instrument } => self.share_loss(*account, *instrument),
            Action::WriteOff { account } => self.write_off(*account),
            Action::Stake { owner, amount } => self.stake(*owner, *amount),
            Action::RequestUnstake { owner, shares } => self.request_unstake(*owner, *shares),
            Action::Unstake { owner } => self.unstake(*owner),
            Action::CloseStake { owner } => self.close_stake(*owner),
            Action::Govern { signer, deed } => self.govern(*signer, deed),
            Action::SampleSettlement { .. }
            | Action::RefreshArray { .. }
            | Action::Publish { .. }
            | Action::CloseExpiry { .. }
            | Action::CloseContract { .. } => self.act_on_contracts(action),
            Action::ViewUnderlying { account, underlying } => {
                self.view_underlying(*account, *underlying);
            }
            Action::View { account } => self.view(*account),
            Action::ViewWithdrawable { account } => self.view_withdrawable(*account),
            Action::Deleverage { account, instrument, lots } => {
                self.deleverage(*account, *instrument, *lots);
            }
            Action::Resize { account, instrument, of_shorts, number } => {
                self.resize(*account, *instrument, *of_shorts, *number);
            }
            Action::CloseDeleveraging { instrument, of_shorts, number } => {
                self.close_deleveraging(*instrument, *of_shorts, *number);
            }
            Action::Bid { signer, account, bidder, wanted } => {
                self.bid(*signer, *account, *bidder, wanted);
            }
        }
    }

    /// What expires: until then, and behind it.
    fn act_on_contracts(&mut self, action: &Action) {
        match action {
            Action::SampleSettlement { underlying, expires_at } => {
                self.sample(*underlying, *expires_at);
            }
            Action::RefreshArray { instrument } => self.refresh_array(*instrument),
            Action::Publish {
                signer,
                underlying,
                expires_at,
                slice,
                basis_ppm,
                confidence_ppm,
            } => {
                let at = (*underlying, *expires_at);
                self.publish(*signer, at, *slice, (*basis_ppm, *confidence_ppm));
            }
            Action::CloseExpiry { underlying, expires_at, payer } => {
                self.close_expiry(*underlying, *expires_at, *payer);
            }
            Action::CloseContract { instrument, payer } => {
                self.close_contract(*instrument, *payer);
            }
            _ => {}
        }
    }

    pub(crate) fn now(&self) -> Moment {
        self.market.now
    }

    /// Has to fail by one of these names unless the fact holds.
    pub(crate) fn require(&mut self, holds: bool, names: &[&'static str]) -> bool {
        if !holds {
            self.judgement.fails = true;
            self.judgement.names.extend(names);
        }
        holds
    }

    /// Has to fail for the price of an underlying. Where several are flawed, any may be named.
    pub(crate) fn refuse_price(&mut self, underlying: usize) {
        let mut names = self.market.errors(underlying);
        for other in 0..self.market.quotes.len() {
            names.extend(self.market.errors(other));
        }
        self.require(false, &names);
    }

    /// May fail for the price of any underlying.
    pub(crate) fn may_fail_for_prices(&mut self) {
        for other in 0..self.market.quotes.len() {
            let names = self.market.errors(other);
            names.into_iter().for_each(|name| self.may_fail(name));
        }
    }

    /// May fail by this name.
    pub(crate) fn may_fail(&mut self, name: &'static str) {
        self.judgement.names.insert(name);
    }

    /// Has to fail where a number is certainly below zero, and may where that is within rounding.
    pub(crate) fn require_not_negative(&mut self, near: &Near, name: &'static str) {
        if near.surely_negative() {
            self.require(false, &[name]);
        } else if !near.surely_not_negative() {
            self.may_fail(name);
        }
    }

    /// Must it fail, as far as is known by now?
    pub(crate) fn fails(&self) -> bool {
        self.judgement.fails
    }

    /// A whole number that the documents leave open between two bounds: the stored one.
    pub(crate) fn adopt(
        &mut self,
        what: &str,
        pick: impl Fn(&Group) -> i128,
        low: &Exact,
        high: &Exact,
    ) -> i128 {
        let (low, high) = (floor(low), ceil(high));
        let Some(seen) = self.seen.map(pick) else {
            return low;
        };
        if seen < low || high < seen {
            let text = format!("{what} is {seen}, not within {low} and {high}");
            self.judgement.differences.push(text);
        }
        seen
    }

    /// Something must hold of what was stored.
    pub(crate) fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.seen.is_some() {
            self.judgement.differences.push(what());
        }
    }

    /// What was stored, if it went through.
    pub(crate) fn seen(&self) -> Option<&Group> {
        self.seen
    }

    /// A margin account as it is by now.
    pub(crate) fn account(&mut self, id: AccountId) -> &mut Account {
        self.next.accounts.entry(id).or_default()
    }

    /// Signer is owner, or delegate in time.
    pub(crate) fn require_authority(&mut self, id: AccountId, signer: Person) {
        let account = &self.before.accounts[&id];
        if account.owner == signer {
            return;
        }
        match account.delegate == Some(signer) {
            false => self.require(false, &["NotAccountAuthority"]),
            true => {
                let on_time = self.now().seconds < account.delegate_expires_at;
                self.require(on_time, &["DelegateExpired"])
            }
        };
    }

    /// The check that ends what can lower an account's health: initial health, or risk that only
    /// fell. Then an episode that is over ends.
    pub(crate) fn check(&mut self, id: AccountId, check: Check) {
        let (before, after) = (&self.before.accounts[&id], self.next.accounts[&id].clone());
        match health(&self.next, self.market, &after, check) {
            Err(underlying) => self.refuse_price(underlying),
            Ok(initial) if initial.surplus().surely_not_negative() => {}
            Ok(initial) => {
                let reduced = self.reduced(before, &after, check, &initial);
                match reduced {
                    Some(false) if initial.surplus().surely_negative() => {
                        self.require(false, &["BelowInitialMargin"]);
                    }
                    Some(true) => {}
                    _ => self.may_fail("BelowInitialMargin"),
                }
                // The account as it was may hold what cannot be judged any more.
                if let Err(underlying) = health(self.before, self.market, before, check) {
                    let names = self.market.errors(underlying);
                    names.into_iter().for_each(|name| self.may_fail(name));
                }
            }
        }
        self.end_episode(id);
    }

    /// Did the risk only fall? `None` where that is within rounding.
    fn reduced(
        &self,
        before: &Account,
        after: &Account,
        check: Check,
        initial: &Health,
    ) -> Option<bool> {
        let of =
            |group: &Group, account: &Account, check| health(group, self.market, account, check);
        // Both at the indices of now: interest is nobody's doing.
        let initial_before = of(&self.next, before, check).ok()?;
        let old = of(&self.next, before, Check::Maintenance).ok()?;
        let new = of(&self.next, after, Check::Maintenance).ok()?;
        let gains = [
            new.surplus().minus(&old.surplus()),
            old.requirement.minus(&new.requirement),
            initial_before.requirement.minus(&initial.requirement),
        ];
        // Depth is kept in parts per million.
        let deeper = new.depth() - old.depth();
        let loose = ppm(2);
        if gains.iter().any(Near::surely_negative) || (deeper > loose && new.depth() > loose) {
            return Some(false);
        }
        let surely = gains.iter().all(Near::surely_not_negative) && deeper < -loose;
        surely.then_some(true)
    }

    /// Ends the episode of an account that reached its buffer and whose rows are all priced.
    pub(crate) fn end_episode(&mut self, id: AccountId) {
        self.end_episode_within(id, zero());
    }

    /// The same where equity is known up to this much.
    pub(crate) fn end_episode_within(&mut self, id: AccountId, loose: Exact) {
        let account = self.next.accounts[&id].clone();
        if account.episode_slot == 0 {
            return;
        }
        let Ok(health) = health(&self.next, self.market, &account, Check::Maintenance) else {
            return;
        };
        let buffer = one() + ppm(self.before.terms.buffer_ppm);
        let mut spare = health.equity.minus(&health.requirement.times(&buffer));
        spare.slack += loose;
        let over = !spare.surely_negative() && self.is_priced(&account);
        let open = !spare.surely_not_negative() && over;
        let slot = i128::from(account.episode_slot);
        let seen = self.seen.map(|seen| i128::from(seen.accounts[&id].episode_slot));
        let ended = match (open, seen) {
            (true, Some(seen)) => seen != slot,
            _ => over,
        };
        if ended {
            let account = self.account(id);
            account.episode_slot = 0;
            (account.silent_since_slot, account.seen_slot) = (0, 0);
            account.positions.values_mut().for_each(|one| one.borne_quote_atoms = 0);
        }
    }

    /// Is every row's price valid? The quote balance needs none, nor what has settled.
    pub(crate) fn is_priced(&self, account: &Account) -> bool {
        let tokens = account.tokens.keys().filter(|token| **token != 0);
        let positions = account.positions.iter().filter(|(_, row)| !row.holds_nothing());
        let mut assets = tokens
            .map(|token| Asset::Token(*token))
            .chain(positions.map(|(one, _)| Asset::Position(*one)));
        assets.all(|asset| self.may_move(asset))
    }

    /// May a bid take of it? Its price must be valid, unless it is known what it pays.
    pub(crate) fn may_move(&self, asset: Asset) -> bool {
        match asset {
            Asset::Token(index) => {
                let underlying = self.before.collaterals[index].underlying;
                self.market.grade(underlying) == crate::market::Grade::Valid
            }
            Asset::Position(index) => self.before.instruments[index].is_priced(self.market),
        }
    }

    /// Names by which an account that is not liquidatable is refused.
    pub(crate) fn refusals(&self, account: &Account) -> Vec<&'static str> {
        let mut names = vec!["NotLiquidatable"];
        let tokens = account.tokens.keys().map(|token| self.before.collaterals[*token].underlying);
        let positions = account.positions.iter().filter(|(_, row)| !row.holds_nothing());
        let positions = positions.map(|(one, _)| self.before.instruments[*one].underlying);
        for underlying in tokens.chain(positions) {
            names.extend(self.market.errors(underlying));
        }
        names
    }
}

/// Magnitude as an unsigned amount, for fields that cannot be negative.
pub(crate) fn unsigned(value: i128) -> u64 {
    u64::try_from(value.abs()).unwrap_or(u64::MAX)
}
