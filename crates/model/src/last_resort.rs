//! Positions for which nobody bids, and what is left of those on the other side.

use num_traits::Signed;

use crate::action::Action;
use crate::bid::Asset;
use crate::group::{Account, AccountId, Group, Instrument, Position};
use crate::margin::{health, Check, Health, QUOTE};
use crate::market::Grade;
use crate::number::{ceil, floor, most, one, ppm, slack, whole, zero, Exact, FRACTION_BITS};
use crate::step::{unsigned, Step};

/// One atom in steps.
const ATOM: i128 = 1 << FRACTION_BITS;

/// A deleveraging gives an owner time once in this time.
const OWNER_TIME_SECONDS: i64 = 86_400;

/// One time that a side was deleveraged.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Deleveraging {
    pub before_lots: u64,
    pub after_lots: u64,
    pub waiting_lots: u64,
    /// Parts of `before_lots`.
    pub remainder: u64,
    /// 2^-48 quote atoms per lot.
    pub index: i128,
    pub price: i128,
}

impl Instrument {
    /// All deleveragings of the side of `lots`; those that are over and removed are `None`.
    pub fn deleveraged(&self, lots: i64) -> &Vec<Option<Deleveraging>> {
        &self.deleveragings[usize::from(lots < 0)]
    }

    /// How often the side of `lots` has been deleveraged.
    fn times(&self, lots: i64) -> u64 {
        self.deleveraged(lots).len() as u64
    }

    /// Has a position something to go through?
    pub fn is_outdated(&self, position: &Position) -> bool {
        position.lots != 0 && position.deleveragings != self.times(position.lots)
    }
}

impl Group {
    /// Has any of an account's positions something to go through?
    pub fn is_outdated(&self, account: &Account) -> bool {
        let mut positions = account.positions.iter();
        positions.any(|(index, one)| self.instruments[*index].is_outdated(one))
    }
}

/// Less than a thousandth of the open interest?
fn is_small(instrument: &Instrument, lots: i64) -> bool {
    let open = u128::from(instrument.pool.open_interest_lots);
    u128::from(lots.unsigned_abs()) * 1_000 < open
}

impl Step<'_> {
    /// What judges an account needs its positions as they are.
    pub(crate) fn require_current(&mut self, id: AccountId) -> bool {
        let outdated = self.before.is_outdated(&self.before.accounts[&id]);
        if outdated {
            // A price that is asked for first may be named first.
            self.may_fail_for_prices();
        }
        self.require(!outdated, &["PositionOutdated"])
    }

    /// A position that has changed its size has gone through all that there is on its side.
    pub(crate) fn count_deleveragings(&mut self, action: &Action) {
        if matches!(action, Action::Resize { .. }) {
            return;
        }
        for (id, account) in &mut self.next.accounts {
            let old = self.before.accounts.get(id);
            for (index, row) in &mut account.positions {
                let before = old.and_then(|old| old.positions.get(index));
                if before.map(|one| one.lots) != Some(row.lots) {
                    let times = self.next.instruments[*index].times(row.lots);
                    row.deleveragings = if row.lots == 0 { 0 } else { times };
                    if !matches!(action, Action::Deleverage { .. }) {
                        row.borne_quote_atoms = 0;
                    }
                }
            }
        }
    }

    /// An account was seen below its line, and nobody bid.
    pub(crate) fn see_silence(&mut self, id: AccountId) {
        let now = self.now().slot;
        let account = self.account(id);
        let lasts = account.silent_since_slot != 0;
        let (seen, duration) = (account.seen_slot, self.before.terms.duration_slots);
        let lasts = lasts && now.saturating_sub(seen) <= 2 * duration;
        let account = self.account(id);
        if !lasts {
            account.silent_since_slot = now;
        }
        account.seen_slot = now;
    }

    /// A bid ends the silence if it lifts the account to its line, or takes a tenth of its requirement
    /// off it; where that is within rounding, what was stored says.
    pub(crate) fn hear_bid(&mut self, id: AccountId, before: &Health, loose: &Exact) {
        let account = self.next.accounts[&id].clone();
        let Ok(after) = health(&self.next, self.market, &account, Check::Maintenance) else {
            return;
        };
        let mut surplus = after.surplus();
        surplus.slack += loose;
        let mut left = before.requirement.times(&ppm(900_000)).minus(&after.requirement);
        left.slack += loose;
        let ends = surplus.surely_not_negative() || left.low().is_positive();
        let lasts = surplus.surely_negative() && left.high().is_negative();
        let now = self.now().slot;
        let seen = self.seen().map(|seen| seen.accounts[&id].silent_since_slot);
        if ends || (!lasts && seen == Some(now)) {
            let account = self.account(id);
            (account.silent_since_slot, account.seen_slot) = (now, now);
        } else {
            self.see_silence(id);
        }
    }

    /// The auction has stood at its end for long enough, and somebody has watched.
    fn is_silent(&self, account: &Account) -> bool {
        let (terms, now) = (&self.before.terms, self.now().slot);
        let waited = terms.duration_slots.saturating_add(terms.deleverage_slots.into());
        account.silent_since_slot != 0
            && now.saturating_sub(account.seen_slot) <= 2 * terms.duration_slots
            && now.saturating_sub(account.silent_since_slot) >= waited
    }

    pub(crate) fn deleverage(&mut self, id: AccountId, index: usize, lots: i64) {
        self.require_bidders_turn(id);
        self.require_current(id);
        self.require_fresh(&[id], &[]);
        let account = self.before.accounts[&id].clone();
        let instrument = self.before.instruments[index].clone();
        let (_, before) = self.spare(&account);
        let surplus = before.surplus();
        if surplus.surely_not_negative() {
            let names = self.refusals(&account);
            self.require(false, &names);
        } else if !surplus.surely_negative() {
            self.refusals(&account).into_iter().for_each(|name| self.may_fail(name));
        }
        self.require(self.is_silent(&account), &["AuctionNotOver"]);
        let old = account.positions.get(&index).cloned();
        self.require(old.is_some(), &["BidRowUnknown"]);
        let old = old.unwrap_or_default();
        let part = lots.signum() == old.lots.signum()
            && lots.unsigned_abs() <= old.lots.unsigned_abs()
            && lots != 0;
        self.require(part, &["BidAmountOutOfRange"]);
        if lots != old.lots {
            let solvent = before.equity.surely_not_negative();
            if before.equity.surely_negative() {
                self.require(false, &["DeleveragingNotWhole"]);
            } else if !solvent {
                self.may_fail("DeleveragingNotWhole");
            }
        }
        // A thousandth of the open interest, or one of the first two dozen in a day.
        let day = self.today();
        let made = if instrument.small_day == day { instrument.small_count } else { 0 };
        self.require(!is_small(&instrument, lots) || made < 24, &["DeleveragingTooSmall"]);
        self.require(instrument.losses_pending_quote_atoms == 0, &["LossesPending"]);
        // Whoever is in it is paid out instead.
        self.require(!instrument.is_settled(), &["InstrumentSettled"]);
        if self.market.grade(instrument.underlying) != Grade::Valid {
            self.refuse_price(instrument.underlying);
        }
        let risk =
            ["BidRemovesNoRisk", "BidLowersHealth", "BidOvershootsBuffer", "DeleveragingNotWhole"];
        if !before.equity.surely_negative() {
            risk.into_iter().for_each(|name| self.may_fail(name));
        }
        if self.fails() || self.seen().is_none() {
            return;
        }
        self.close_lots(id, index, lots, &before);
        self.expect_last_resort(id, index, &before, lots);
        self.end_episode(id);
    }

    /// The other side bears its part of the loss and shrinks; the position is closed.
    fn close_lots(&mut self, id: AccountId, index: usize, lots: i64, before: &Health) {
        let now = self.now().seconds;
        let old = self.before.accounts[&id].positions[&index].clone();
        let instrument = self.before.instruments[index].clone();
        let price = self.closing_price(index, lots);
        let size = i128::from(lots);
        let flow = instrument.flow(&old, now);
        let left = old.lots - lots;
        let fund = self.before.insurance.balance_quote_atoms;
        let cash = instrument.pool.cash_quote_atoms;
        let pick = |seen: &Group| {
            let row = seen.accounts[&id].positions.get(&index).cloned().unwrap_or_default();
            // What was repaid may leave less than an atom, which is the pool's then.
            let dust = seen.instruments[index].pool.dust - instrument.pool.dust;
            let after = seen.instruments[index].flow(&row, now) + dust;
            // What did not come into the flow came out of the pool's cash, beyond what the fund paid in.
            let paid = i128::from(fund) - i128::from(seen.insurance.balance_quote_atoms);
            let cash = seen.instruments[index].pool.cash_quote_atoms - cash;
            (after - flow - size * price).div_euclid(ATOM) + paid - i128::from(cash)
        };
        let (low, high) = self.shortfall_of(id, index, before);
        let shortfall = self.adopt("shortfall", pick, &low, &high);
        self.accrue_funding(index);
        if shortfall > 0 {
            let (paid, _) = self.spread(index, shortfall, lots < 0);
            self.change_cash(index, paid);
        }
        let flow = flow + size * price + shortfall * ATOM;
        let quote = instrument.stored(left, flow, now);
        let closed_short = old.lots < 0;
        let borne_quote_atoms = i64::try_from(shortfall).unwrap_or(i64::MAX);
        let closed = Position { lots: left, quote, closed_short, borne_quote_atoms, ..old };
        self.repay_settled(id, index, closed, shortfall);
        if is_small(&instrument, lots) {
            let day = self.today();
            let one = &mut self.next.instruments[index];
            let made = if one.small_day == day { one.small_count } else { 0 };
            (one.small_day, one.small_count) = (day, made + 1);
        }
        let one = &mut self.next.instruments[index];
        let lots_before = one.pool.open_interest_lots;
        let lots_after = lots_before.saturating_sub(lots.unsigned_abs());
        one.pool.open_interest_lots = lots_after;
        let longs_shrink = lots < 0;
        let made = Deleveraging {
            before_lots: lots_before,
            after_lots: lots_after,
            waiting_lots: lots_before,
            remainder: 0,
            index: if longs_shrink { one.long_index } else { one.short_index },
            price,
        };
        one.deleveragings[usize::from(!longs_shrink)].push(Some(made));
    }

    /// What others bear of a loss that was settled repays the quote debt that it has caused, out of the
    /// pool's cash.
    fn repay_settled(&mut self, id: AccountId, index: usize, mut row: Position, shortfall: i128) {
        let now = self.now().seconds;
        let flow = self.next.instruments[index].flow(&row, now);
        let most = shortfall.min(row.settled_debt_quote_atoms.into()).min(flow.div_euclid(ATOM));
        if most > 0 {
            self.accrue(QUOTE);
            let owed = Self::owes(&self.next, id, QUOTE);
            self.change(id, QUOTE, &whole(most));
            let gone = owed - Self::owes(&self.next, id, QUOTE);
            self.change_cash(index, -most);
            let settled = (i128::from(row.settled_debt_quote_atoms) - gone).max(0);
            row.settled_debt_quote_atoms = i64::try_from(settled).unwrap_or(i64::MAX);
            let mut flow = flow - most * ATOM;
            if row.lots == 0 && flow.abs() < ATOM {
                self.next.instruments[index].pool.dust += flow;
                flow = 0;
            }
            row.quote = self.next.instruments[index].stored(row.lots, flow, now);
            self.rebase(QUOTE);
        }
        self.put(id, index, row);
    }

    /// The fair price of a lot (steps), rounded against the account.
    fn closing_price(&mut self, index: usize, lots: i64) -> i128 {
        let instrument = &self.before.instruments[index];
        let fair = instrument.fair(self.market);
        let loose = (slack(&fair.exact) + fair.slack) * whole(ATOM);
        let steps = fair.exact * whole(ATOM);
        let place = usize::from(lots > 0);
        let pick = |seen: &Group| {
            let made = seen.instruments[index].deleveragings[place].last().cloned();
            made.flatten().map_or(-1, |made| made.price)
        };
        self.adopt("closing price", pick, &(&steps - &loose), &(&steps + &loose))
    }

    /// Least and most that falls on a position of what an account cannot pay.
    fn shortfall_of(&self, id: AccountId, index: usize, before: &Health) -> (Exact, Exact) {
        let claims = self.claims(id, &-before.equity.exact.clone());
        let total: Exact = claims.iter().map(|claim| claim.amount.clone()).sum();
        let own = claims.iter().find(|claim| claim.asset == Asset::Position(index));
        let own = own.map_or(zero(), |claim| claim.amount.clone());
        if !total.is_positive() {
            return (zero(), zero());
        }
        let part = |equity: Exact| {
            let missing = whole(floor(&-equity).max(0));
            missing * &own / &total
        };
        let unknown = crate::claims::unknown(&claims);
        let least = floor(&part(before.equity.high())) - 2 - unknown;
        (most(whole(least), zero()), whole(ceil(&part(before.equity.low())) + unknown))
    }

    /// The requirement fell, health rose, and the account is not above its buffer; with a part of a
    /// position not below its line either. A bankrupt's position may always be closed whole.
    fn expect_last_resort(&mut self, id: AccountId, index: usize, before: &Health, lots: i64) {
        let account = self.next.accounts[&id].clone();
        let Ok(after) = health(&self.next, self.market, &account, Check::Maintenance) else {
            return;
        };
        if before.equity.low().is_negative() {
            return;
        }
        let fell = before.requirement.minus(&after.requirement);
        self.expect(fell.high().is_positive(), || "no risk was removed".into());
        let rises = after.surplus().minus(&before.surplus());
        self.expect(!rises.surely_negative(), || "health fell".into());
        let terms = &self.before.terms;
        let limit = after.requirement.times(&(one() + ppm(terms.buffer_ppm)));
        let spare = limit.minus(&after.equity);
        let dust = before.requirement.low() <= whole(terms.dust_quote_atoms);
        let within = spare.high() >= whole(-3) || dust || lots.unsigned_abs() == 1;
        self.expect(within, || "the account ends above its buffer".into());
        let whole = self.before.accounts[&id].positions[&index].lots == lots;
        let lifted = whole || !after.surplus().surely_negative();
        self.expect(lifted, || "a part left the account below its line".into());
    }

    pub(crate) fn resize(&mut self, id: AccountId, index: usize, of_shorts: bool, number: u64) {
        let place = usize::from(of_shorts);
        let Some(row) = self.before.accounts[&id].positions.get(&index).cloned() else {
            return;
        };
        let other = row.lots == 0 || (row.lots < 0) != of_shorts || row.deleveragings > number;
        if other || !self.require(row.deleveragings == number, &["WrongDeleveraging"]) {
            return;
        }
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let made = self.next.instruments[index].deleveragings[place].get_mut(at);
        let Some(made) = made.and_then(Option::as_mut) else {
            self.require(false, &["WrongDeleveraging"]);
            return;
        };
        let size = i128::from(row.lots).abs();
        let parts = size * i128::from(made.after_lots) + i128::from(made.remainder);
        let kept = parts / i128::from(made.before_lots);
        made.remainder = unsigned(parts % i128::from(made.before_lots));
        made.waiting_lots -= unsigned(size);
        let sign = i128::from(row.lots.signum());
        let (index_then, price) = (made.index, made.price);
        // The flow of that moment, what is closed paid, and what is left stored again.
        let flow = row.quote - sign * size * index_then + sign * (size - kept) * price;
        let lots = i64::try_from(sign * kept).unwrap_or(i64::MAX);
        let quote = flow + sign * kept * index_then;
        let deleveragings = if lots == 0 { 0 } else { number + 1 };
        let closed_short = of_shorts;
        self.put(id, index, Position { lots, quote, closed_short, deleveragings, ..row });
        // Who loses a hundredth or more may act before others bid: once a day, and not in an episode.
        let now = self.now().seconds;
        let account = self.account(id);
        let rested = now.saturating_sub(account.resized_at) >= OWNER_TIME_SECONDS;
        if (size - kept) * 100 >= size && account.episode_slot == 0 && rested {
            account.resized_at = now;
        }
    }

    pub(crate) fn close_deleveraging(&mut self, index: usize, of_shorts: bool, number: u64) {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let all = &mut self.next.instruments[index].deleveragings[usize::from(of_shorts)];
        let Some(made) = all.get_mut(at) else {
            return;
        };
        let over = made.as_ref().is_some_and(|made| made.waiting_lots == 0);
        if over {
            *made = None;
        }
        self.require(over, &["DeleveragingNotOver"]);
    }
}
