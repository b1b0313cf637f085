//! Profit and loss, fees, and what bankrupt accounts leave behind.

use num_traits::Signed;

use crate::action::Action;
use crate::group::AccountId;
use crate::margin::QUOTE;
use crate::market::Grade;
use crate::number::{
    ceil, floor, least, most, ppm, slack, value, whole, zero, Exact, Near, FRACTION_BITS,
    INDEX_BITS,
};
use crate::pause::Paused;
use crate::step::{unsigned, Step};

/// One atom in steps.
pub(crate) const ATOM: i128 = 1 << FRACTION_BITS;
/// A row's settlements are rewarded once in this time.
const REWARD_SECONDS: i64 = 3_600;
/// A day.
const DAY_SECONDS: i64 = 86_400;

impl Step<'_> {
    /// Interest up to now; what was set aside of the quote token goes to the insurance fund.
    pub(crate) fn refresh_collateral(&mut self, token: usize) {
        self.accrue(token);
        if token == QUOTE {
            let atoms = self.take_reserve(token, i128::MAX);
            self.receive(atoms);
        }
    }

    /// Takes whole atoms out of a reserve, up to as many.
    fn take_reserve(&mut self, token: usize, wanted: i128) -> i128 {
        let reserve = &mut self.next.collaterals[token].reserve;
        let taken = (*reserve / ATOM).min(wanted).max(0);
        *reserve -= taken * ATOM;
        taken
    }

    /// Without a quote debt there is none that a settlement has caused.
    pub(crate) fn forget_repaid_debts(&mut self, action: &Action) {
        let passed = match action {
            // A mark writes no rows.
            Action::Mark { account } => Some(*account),
            _ => None,
        };
        for (id, account) in &mut self.next.accounts {
            let touched = self.before.accounts.get(id) != Some(account);
            let owes = account.tokens.get(&QUOTE).is_some_and(|shares| *shares < 0);
            if touched && !owes && passed != Some(*id) {
                for row in account.positions.values_mut() {
                    row.settled_debt_quote_atoms = 0;
                }
                account.positions.retain(|_, row| !row.is_empty());
            }
        }
    }

    pub(crate) fn receive(&mut self, atoms: i128) {
        let fund = &mut self.next.insurance;
        fund.balance_quote_atoms += unsigned(atoms);
        fund.received_quote_atoms += unsigned(atoms);
    }

    pub(crate) fn pay(&mut self, atoms: i128) {
        let fund = &mut self.next.insurance;
        fund.balance_quote_atoms -= unsigned(atoms);
        fund.paid_quote_atoms += unsigned(atoms);
        fund.count_spent();
        fund.begin_anew_if_used_up();
    }

    /// Days since 1970, by which budgets are kept.
    pub(crate) fn today(&self) -> u64 {
        unsigned(i128::from(self.now().seconds.max(0) / DAY_SECONDS))
    }

    pub(crate) fn change_cash(&mut self, index: usize, atoms: i128) {
        let cash = &mut self.next.instruments[index].pool.cash_quote_atoms;
        *cash = i64::try_from(i128::from(*cash) + atoms).unwrap_or(i64::MAX);
    }

    pub(crate) fn settle(&mut self, id: AccountId, index: usize, settler: Option<AccountId>) {
        let distinct = ["ConstraintDuplicateMutableAccount"];
        self.require(settler != Some(id), &distinct);
        let instrument = self.before.instruments[index].clone();
        self.require_fresh(&[], &[index]);
        // What a settled contract pays is known, whatever its oracle says by now.
        if !instrument.is_settled() && self.market.grade(instrument.underlying) != Grade::Valid {
            self.refuse_price(instrument.underlying);
        }
        let Some(old) = self.before.accounts[&id].positions.get(&index).cloned() else {
            self.require(false, &["NothingToSettle"]);
            return;
        };
        self.require(!instrument.is_outdated(&old), &["PositionOutdated"]);
        if self.fails() {
            return;
        }
        let paid_out = self.pay_out(id, index);
        if self.fails() {
            return;
        }
        let old = self.account(id).positions[&index].clone();
        let flow = instrument.flow(&old, self.now().seconds);
        let (low, high) = self.due(index, old.lots, flow);
        let cash = whole(i128::from(instrument.pool.cash_quote_atoms).max(0));
        let (low, high) = (least(low, cash.clone()), least(high, cash));
        let closed = old.lots == 0 && (1..ATOM).contains(&flow);
        if high >= zero() {
            let waits = instrument.losses_pending_quote_atoms > 0;
            match low >= zero() {
                true => {
                    self.require(!waits, &["LossesPending"]);
                    if high > zero() {
                        self.require_unpaused(Paused::SettleProfit);
                    }
                    let some = high > zero() || closed || paid_out;
                    self.require(some, &["NothingToSettle", "LossesPending"]);
                }
                false if waits => self.may_fail("LossesPending"),
                false => {}
            }
            if low <= zero() && !closed && !paid_out {
                self.may_fail("NothingToSettle");
            }
        }
        let now = self.now().seconds;
        let pick = |seen: &crate::Group| {
            let left = seen.accounts[&id].positions.get(&index);
            // A row that went had all of it settled, but for a fraction.
            let left = left.map_or(0, |one| instrument.flow(one, now));
            (flow - left).div_euclid(ATOM)
        };
        let moved = match low == high {
            true => floor(&low),
            false => self.adopt("settlement", pick, &low, &high),
        };
        self.move_cash(id, index, moved, settler);
    }

    /// What may be settled, by the strict prices: profit at the worse one, loss at the kinder one.
    fn due(&self, index: usize, lots: i64, flow: i128) -> (Exact, Exact) {
        let instrument = &self.before.instruments[index];
        let flow = value(flow);
        if lots == 0 {
            let all = whole(floor(&flow));
            return (all.clone(), all);
        }
        let [low, high] = match instrument.marks(self.market) {
            Some((_, marks)) => [marks.low, marks.high],
            None => {
                let at = instrument.underlying;
                [self.market.low(at), self.market.high(at)]
                    .map(|price| Near::certain(price * &instrument.lot))
            }
        };
        let (bad, good) = if lots > 0 { (low, high) } else { (high, low) };
        let size = whole(lots);
        let loose = slack(&(&good.exact * &size)) + most(bad.slack, good.slack) * size.abs();
        let profit = &flow + bad.exact * &size;
        let loss = &flow + good.exact * size;
        let bounds = |exact: &Exact| {
            let toward_zero = |exact: Exact| match exact.is_negative() {
                true => whole(ceil(&exact)),
                false => whole(floor(&exact)),
            };
            (toward_zero(exact - &loose), toward_zero(exact + &loose))
        };
        match (profit > -loose.clone(), loss < loose) {
            (true, _) if profit > loose => bounds(&profit),
            (_, true) if loss < -loose.clone() => bounds(&loss),
            (false, false) => (zero(), zero()),
            // Either, or nothing: at the most what is not known, of an option more than an atom.
            _ => {
                let (least_due, most_due) = (bounds(&loss).0, bounds(&profit).1);
                (least(least_due, whole(-1)), most(most_due, whole(1)))
            }
        }
    }

    fn move_cash(&mut self, id: AccountId, index: usize, moved: i128, settler: Option<AccountId>) {
        let now = self.now().seconds;
        self.accrue(QUOTE);
        self.change_cash(index, -moved);
        let instrument = self.before.instruments[index].clone();
        let mut row = self.account(id).positions[&index].clone();
        let mut flow = instrument.flow(&row, now) - moved * ATOM;
        if row.lots == 0 && flow.abs() < ATOM {
            self.next.instruments[index].pool.dust += flow;
            flow = 0;
        }
        row.quote = instrument.stored(row.lots, flow, now);
        let reward = match settler {
            Some(_) if moved < 0 && now >= row.rewarded_at.saturating_add(REWARD_SECONDS) => {
                let share = floor(&(whole(-moved) * ppm(instrument.settle_reward_ppm)));
                share
                    .min(instrument.settle_reward_quote_atoms_max.into())
                    .min(instrument.pool.fees_quote_atoms.into())
            }
            _ => 0,
        };
        if reward > 0 {
            row.rewarded_at = now;
        }
        let owed = Self::owes(&self.next, id, QUOTE);
        if moved != 0 {
            self.change(id, QUOTE, &whole(moved));
        }
        let caused = Self::owes(&self.next, id, QUOTE) - owed;
        let caused = i128::from(row.settled_debt_quote_atoms) + caused;
        row.settled_debt_quote_atoms = i64::try_from(caused.max(0)).unwrap_or(i64::MAX);
        self.put(id, index, row);
        if let Some(settler) = settler.filter(|_| reward > 0) {
            self.change(settler, QUOTE, &whole(reward));
            self.next.instruments[index].pool.fees_quote_atoms -= unsigned(reward);
            self.change_cash(index, -reward);
        }
        self.rebase(QUOTE);
    }

    pub(crate) fn collect_fees(&mut self, index: usize) {
        let pool = self.before.instruments[index].pool.clone();
        let fees = i128::from(pool.fees_quote_atoms);
        let repaid = fees.min(pool.debt.div_euclid(ATOM)).max(0);
        let collected = (fees - repaid).min(pool.cash_quote_atoms.into()).max(0);
        self.require(repaid + collected > 0, &["NothingToCollect"]);
        self.change_cash(index, -collected);
        let pool = &mut self.next.instruments[index].pool;
        pool.debt -= repaid * ATOM;
        pool.fees_quote_atoms = unsigned(fees - repaid - collected);
        self.receive(collected);
    }

    pub(crate) fn repay_debt(&mut self, index: usize) {
        let (pool, fund) = (&self.before.instruments[index].pool, &self.before.insurance);
        // What came in since the debt arose, as far as it is there and has repaid nothing.
        let since = fund.received_quote_atoms.saturating_sub(pool.debt_mark_quote_atoms);
        let gone = fund.repaid_quote_atoms.saturating_add(fund.spent_quote_atoms);
        let income = since.min(fund.received_quote_atoms.saturating_sub(gone));
        let paid = pool.debt.div_euclid(ATOM).min(income.into());
        let paid = paid.min(fund.balance_quote_atoms.into());
        if !self.require(paid > 0, &["NothingToRepay"]) {
            return;
        }
        self.next.insurance.repaid_quote_atoms += unsigned(paid);
        self.pay(paid);
        self.change_cash(index, paid);
        self.next.instruments[index].pool.debt -= paid * ATOM;
    }

    pub(crate) fn share_loss(&mut self, id: AccountId, index: usize) {
        let old = self.before.accounts[&id].positions.get(&index).cloned().unwrap_or_default();
        let signed = i128::from(old.owed_quote_atoms);
        if !self.require(signed != 0, &["NothingToShare"]) {
            return;
        }
        let owed = signed.abs();
        // Whoever failed, the other side pays.
        let (_, rest) = self.spread(index, owed, signed < 0);
        self.next.instruments[index].losses_pending_quote_atoms -= unsigned(owed);
        self.change_cash(index, -rest);
        self.accrue(QUOTE);
        self.change(id, QUOTE, &whole(owed));
        self.rebase(QUOTE);
        let row = crate::Position { owed_quote_atoms: 0, ..old };
        self.put(id, index, row);
    }

    /// Brings the indices of quote flows up to now.
    pub(crate) fn accrue_funding(&mut self, index: usize) {
        let (now, old) = (self.now().seconds, &self.before.instruments[index]);
        let one = &mut self.next.instruments[index];
        one.long_index = old.index(1, now);
        one.short_index = old.index(-1, now);
        let held = now.saturating_sub(old.funding_at);
        if held >= i64::from(old.funding_seconds_max) {
            // The rate has held as long as it may without a refresh.
            one.funding_rate = 0;
        }
        one.funding_at = old.funding_at.max(now);
    }

    pub(crate) fn write_off(&mut self, id: AccountId) {
        self.accrue(QUOTE);
        let account = self.before.accounts[&id].clone();
        let debt = Self::owes(&self.next, id, QUOTE);
        let held = account.positions.values().any(|row| !row.holds_nothing());
        let alone = !held && account.tokens.len() == 1 && debt > 0;
        if !self.require(alone, &["NotBankrupt"]) {
            return;
        }
        let reserve = self.take_reserve(QUOTE, debt);
        let rest = debt - reserve;
        let fund = i128::from(self.before.insurance.balance_quote_atoms);
        let day = self.today();
        let one = &mut self.next.collaterals[QUOTE];
        if one.insured_day != day {
            (one.insured_day, one.insured_quote_atoms) = (day, 0);
        }
        let cap = one.insurance_cap_quote_atoms.saturating_sub(one.insured_quote_atoms);
        let paid = rest.min(cap.into()).min(fund);
        one.insured_quote_atoms += unsigned(paid);
        self.pay(paid);
        self.change(id, QUOTE, &whole(debt));
        self.write_down(QUOTE, rest - paid);
        if !self.fails() {
            self.rebase(QUOTE);
        }
    }

    /// Takes a loss off all deposits: at least as much, and no more than rounding needs.
    pub(crate) fn write_down(&mut self, token: usize, loss: i128) {
        if loss == 0 {
            return;
        }
        let one = self.next.collaterals[token].clone();
        let left = one.deposits() - whole(loss);
        // At an index below 2^-16 not all atoms that there may be would fit.
        let least = crate::number::binary(one.deposit_shares, FRACTION_BITS + 16);
        if !self.require(left.is_positive() && left >= least, &["LossBeyondDeposits"]) {
            return;
        }
        let raw = |atoms: &Exact| {
            atoms / crate::number::binary(one.deposit_shares, FRACTION_BITS)
                * whole(1_u128 << INDEX_BITS)
        };
        let high = raw(&left);
        let pick = |seen: &crate::Group| {
            i128::try_from(seen.collaterals[token].deposit_index).unwrap_or(i128::MAX)
        };
        let low = whole(floor(&(&high - whole(4))));
        let index = self.adopt("deposit index", pick, &low, &whole(floor(&high)));
        let one = &mut self.next.collaterals[token];
        one.deposit_index = index.unsigned_abs();
        one.base_deposit_index = one.deposit_index;
        one.base_borrow_index = one.borrow_index;
        one.accrued_seconds = 0;
        one.losses_shared = one.losses_shared.wrapping_add(1);
    }
}
