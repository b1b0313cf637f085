//! What an account is told about itself, which changes nothing.

use crate::group::{AccountId, Group};
use crate::margin::{health, Check};
use crate::market::Market;
use crate::number::{ceil, floor, Exact, Near};
use crate::step::Step;

/// Whole quote atoms of a report: what is owned is rounded down, what is required up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Told {
    pub equity: i64,
    pub equity_initial: i64,
    pub maintenance: i64,
    pub initial: i64,
}

impl Step<'_> {
    /// Both kinds of health are told, so that both must be known.
    pub(crate) fn view(&mut self, id: AccountId) {
        self.require_current(id);
        self.require_fresh(&[id], &[]);
        let account = &self.before.accounts[&id];
        for check in [Check::Initial, Check::Maintenance] {
            if let Err(underlying) = health(self.before, self.market, account, check) {
                self.refuse_price(underlying);
            }
        }
    }

    /// Of an account that holds nothing of the token, nothing can be withdrawn whatever it is worth.
    pub(crate) fn view_withdrawable(&mut self, id: AccountId) {
        if self.before.is_outdated(&self.before.accounts[&id]) {
            // Where there is nothing to judge, nothing is.
            self.may_fail("PositionOutdated");
        }
        if !self.before.stale(self.market, &[id], &[]).is_empty() {
            self.require_fresh(&[id], &[]);
        }
        let account = &self.before.accounts[&id];
        if health(self.before, self.market, account, Check::Withdrawal).is_err() {
            // Where several prices are flawed, any may be named.
            let all = 0..self.market.quotes.len();
            let names: Vec<_> = all.flat_map(|one| self.market.errors(one)).collect();
            names.into_iter().for_each(|name| self.may_fail(name));
        }
    }
}

/// What is wrong with a report on an account.
pub fn untrue(group: &Group, market: &Market, id: AccountId, told: &Told) -> Option<String> {
    let account = &group.accounts[&id];
    let maintenance = health(group, market, account, Check::Maintenance).ok()?;
    let initial = health(group, market, account, Check::Initial).ok()?;
    let all = [
        ("equity", told.equity, floor as fn(&_) -> _, &maintenance.equity),
        ("initial equity", told.equity_initial, floor, &initial.equity),
        ("requirement", told.maintenance, ceil, &maintenance.requirement),
        ("initial requirement", told.initial, ceil, &initial.requirement),
    ];
    let found = all.into_iter().find(|(_, told, round, near)| lies(*told, *round, near));
    let told = found.map(|(what, told, _, near)| {
        format!("account {id} was told {told} of {what}, which is {}", near.exact)
    });
    told
}

fn lies(told: i64, round: fn(&Exact) -> i128, near: &Near) -> bool {
    let told = i128::from(told);
    told < round(&near.low()) || round(&near.high()) < told
}
