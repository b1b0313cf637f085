//! Stakes in the insurance fund.

use num_bigint::BigInt;

use crate::group::{Person, Stake};
use crate::margin::QUOTE;
use crate::number::{floor, whole};
use crate::step::{unsigned, Step};

/// Shares that nobody owns.
const VIRTUAL_SHARES: i128 = 1 << 20;
/// How long an exit stays open.
const EXIT_SECONDS: i64 = 2 * 86_400;

impl crate::Insurance {
    /// What the fund does not hold of its income repays no debt any more.
    pub(crate) fn count_spent(&mut self) {
        let income = self.received_quote_atoms.saturating_sub(self.repaid_quote_atoms);
        let gone = income.saturating_sub(self.balance_quote_atoms);
        self.spent_quote_atoms = self.spent_quote_atoms.max(gone);
    }

    /// Shares of a fund that was used up are worth nothing.
    pub(crate) fn begin_anew_if_used_up(&mut self) {
        if self.balance_quote_atoms == 0 && self.stake_shares != 0 {
            self.epoch += 1;
            self.stake_shares = 0;
        }
    }
}

impl Step<'_> {
    pub(crate) fn stake(&mut self, owner: Person, amount: u64) {
        self.require_launched();
        self.require(amount > 0, &["ZeroAmount"]);
        self.pay_in(owner, QUOTE, amount);
        if self.fails() {
            return;
        }
        let fund = &mut self.next.insurance;
        fund.begin_anew_if_used_up();
        let worth = whole(fund.balance_quote_atoms) + whole(1);
        let shares = floor(&(whole(amount) * whole(fund.stake_shares + VIRTUAL_SHARES) / worth));
        fund.stake_shares += shares;
        fund.balance_quote_atoms += amount;
        let epoch = fund.epoch;
        let stake = self.next.stakes.entry(owner).or_default();
        if stake.epoch != epoch {
            *stake = Stake { epoch, ..Stake::default() };
        }
        stake.shares += shares;
        self.require(shares > 0, &["NothingReceived"]);
    }

    pub(crate) fn request_unstake(&mut self, owner: Person, shares: u128) {
        let Some(stake) = self.before.stakes.get(&owner).cloned() else {
            // The account is not there, by the runtime's word.
            self.require(false, &["AccountDataTooSmall"]);
            return;
        };
        self.require(stake.epoch == self.before.insurance.epoch, &["StakeVoid"]);
        let all = stake.shares + stake.exiting_shares;
        let enough = BigInt::from(shares) <= BigInt::from(all);
        if !self.require(enough, &["StakeTooSmall"]) {
            return;
        }
        let shares = i128::try_from(shares).unwrap_or(all);
        let cool_down = i64::try_from(self.before.terms.cool_down_seconds).unwrap_or(i64::MAX);
        let exit_at = match shares {
            0 => 0,
            _ => self.now().seconds.saturating_add(cool_down),
        };
        let next = Stake { shares: all - shares, exiting_shares: shares, exit_at, ..stake };
        self.next.stakes.insert(owner, next);
    }

    pub(crate) fn close_stake(&mut self, owner: Person) {
        let Some(stake) = self.next.stakes.remove(&owner) else {
            self.require(false, &["AccountDataTooSmall"]);
            return;
        };
        let is_void = stake.epoch != self.before.insurance.epoch;
        let worthless = is_void || stake.shares + stake.exiting_shares == 0;
        self.require(worthless, &["StakeNotEmpty"]);
    }

    pub(crate) fn unstake(&mut self, owner: Person) {
        let Some(stake) = self.before.stakes.get(&owner).cloned() else {
            self.require(false, &["AccountDataTooSmall"]);
            return;
        };
        let now = self.now().seconds;
        self.require(stake.epoch == self.before.insurance.epoch, &["StakeVoid"]);
        self.require(stake.exit_at != 0, &["StakeNotExiting"]);
        self.require(stake.exit_at == 0 || now >= stake.exit_at, &["StakeCoolingDown"]);
        let late = stake.exit_at.saturating_add(EXIT_SECONDS);
        self.require(stake.exit_at == 0 || now <= late, &["StakeExitExpired"]);
        if self.fails() {
            return;
        }
        let fund = &mut self.next.insurance;
        let worth = whole(fund.balance_quote_atoms) + whole(1);
        let total = whole(fund.stake_shares + VIRTUAL_SHARES);
        let amount = unsigned(floor(&(whole(stake.exiting_shares) * worth / total)));
        fund.stake_shares -= stake.exiting_shares;
        fund.balance_quote_atoms = fund.balance_quote_atoms.saturating_sub(amount);
        fund.count_spent();
        self.next.stakes.insert(owner, Stake { exiting_shares: 0, exit_at: 0, ..stake });
        let vault = self.next.collaterals[QUOTE].vault_token_atoms;
        self.require(amount <= vault, &["VaultIllLiquid"]);
        self.next.collaterals[QUOTE].vault_token_atoms = vault.saturating_sub(amount);
        *self.next.wallets.entry((owner, QUOTE)).or_default() += amount;
    }
}
