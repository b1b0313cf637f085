//! What a bid pays, and who bears what a bankrupt account cannot.

use num_traits::Signed;

use crate::bid::{Asset, Taking, Wanted};
use crate::claims::{is_lent, unknown, Claim};
use crate::group::{AccountId, Collateral, Group, Position};
use crate::margin::{atoms, health, Check, Health, QUOTE};
use crate::number::{ceil, floor, least, most, one, positive, ppm, ten, whole, zero, Exact, Near};
use crate::step::{unsigned, Step};

impl Step<'_> {
    /// The payments, which must add up to zero and lie where the rule puts them.
    pub(crate) fn settle_bid(
        &mut self,
        [id, bidder]: [AccountId; 2],
        wanted: &Wanted,
        before: &Health,
        takings: &[Taking],
    ) {
        let account = self.next.accounts[&id].clone();
        let Ok(moved) = health(&self.next, self.market, &account, Check::Maintenance) else {
            return;
        };
        let Some(seen) = self.seen().cloned() else {
            return;
        };
        self.accrue(QUOTE);
        let (account_delta, bidder_delta) = (self.came(&seen, id), self.came(&seen, bidder));
        let old = &self.before.insurance;
        let cut =
            i128::from(seen.insurance.received_quote_atoms) - i128::from(old.received_quote_atoms);
        let insured =
            i128::from(seen.insurance.paid_quote_atoms) - i128::from(old.paid_quote_atoms);
        let sum = account_delta + bidder_delta + cut - insured;

        let mut released = before.requirement.minus(&moved.requirement);
        let cleared = takings.iter().any(|one| self.may_be_cleared(bidder, one, before));
        let mut loose = zero();
        if cleared {
            // How much of it the bid took is not stored.
            loose = before.requirement.high() + moved.requirement.high();
            released.slack += &loose;
        }
        let rest = self.is_rest(id, wanted, before);
        self.expect(rest || released.high() > zero(), || "no risk was released".into());
        let lent = self.assign([id, bidder], wanted, before, &released, takings);
        if lent {
            return self.conclude_bid([id, bidder], wanted, before, loose);
        }
        self.expect(sum == 0, || format!("payments add up to {sum}"));
        let worth = before.equity.minus(&moved.equity);
        self.expect_discount(id, before, &released, &worth, [bidder_delta, cut, insured]);
        self.change(id, QUOTE, &whole(account_delta));
        let owed = Self::owes(&self.next, bidder, QUOTE);
        self.change(bidder, QUOTE, &whole(bidder_delta));
        if Self::owes(&self.next, bidder, QUOTE) > owed {
            self.require_borrowable(QUOTE);
        }
        self.rebase(QUOTE);
        let today = self.today();
        let fund = &mut self.next.insurance;
        fund.received_quote_atoms = unsigned(i128::from(fund.received_quote_atoms) + cut);
        fund.paid_quote_atoms = unsigned(i128::from(fund.paid_quote_atoms) + insured);
        fund.balance_quote_atoms = unsigned(i128::from(fund.balance_quote_atoms) + cut - insured);
        if fund.discount_day != today {
            (fund.discount_day, fund.discount_paid_quote_atoms) = (today, 0);
        }
        fund.discount_paid_quote_atoms += unsigned(insured);
        fund.count_spent();
        fund.begin_anew_if_used_up();
        self.conclude_bid([id, bidder], wanted, before, zero());
    }

    /// What the discount is (quote atoms), for a β that is so many parts per million higher, and
    /// what the account can pay of it.
    fn discount(
        &self,
        id: AccountId,
        before: &Health,
        released: Exact,
        (higher, own): (i32, &Exact),
    ) -> i128 {
        let terms = &self.before.terms;
        let (low, high) = before.depths();
        let beta = self.beta(id, if higher < 0 { low } else { high }) + ppm(higher);
        let fund = &self.before.insurance;
        let spent = match fund.discount_day == self.today() {
            true => fund.discount_paid_quote_atoms,
            false => 0,
        };
        let cap = terms.insurance_cap_quote_atoms.saturating_sub(spent);
        let fund = fund.balance_quote_atoms.min(cap);
        let least_pay = whole(floor(&(ppm(terms.beta_min_ppm) * &released)));
        let payable = most(own.clone(), least(least_pay, own + whole(fund)));
        floor(&least(whole(floor(&(beta * released))), payable))
    }

    /// May it be all that is left of a bankrupt account that may carry no requirement? That is asked for
    /// whole.
    fn is_rest(&self, id: AccountId, wanted: &Wanted, before: &Health) -> bool {
        let bankrupt = before.equity.low().is_negative() && !before.requirement.low().is_positive();
        let seen = self.seen().and_then(|seen| seen.accounts.get(&id));
        let empty = seen.is_none_or(|one| one.positions.values().all(|row| row.lots == 0));
        let whole = matches!(wanted, Wanted::Slice(share) if *share >= 1 << 63);
        bankrupt && empty && whole
    }

    /// May lenders have cleared a part of a debt where it is, beyond what the bid took of it? Then the
    /// bidder got back all that it took over.
    pub(crate) fn may_be_cleared(
        &self,
        bidder: AccountId,
        taking: &Taking,
        before: &Health,
    ) -> bool {
        let (Asset::Token(token), Some(seen)) = (taking.asset, self.seen()) else {
            return false;
        };
        let held = |group: &Group| group.accounts[&bidder].tokens.get(&token).copied();
        let one = &self.before.collaterals[token];
        let balance =
            |shares: Option<i128>| one.balance_at(shares.unwrap_or(0), self.now().seconds);
        let came = balance(held(seen)) - balance(held(self.before));
        taking.amount < 0 && before.equity.low().is_negative() && came.abs() <= whole(2)
    }

    fn conclude_bid(
        &mut self,
        [id, bidder]: [AccountId; 2],
        wanted: &Wanted,
        before: &Health,
        cleared: Exact,
    ) {
        let account = self.next.accounts[&id].clone();
        let loose = self.unread_interest(id, before) + whole(3) + cleared;
        if let Ok(after) = health(&self.next, self.market, &account, Check::Maintenance) {
            let mut rises = after.surplus().minus(&before.surplus());
            rises.slack += &loose;
            self.expect(!rises.surely_negative(), || "health fell".into());
            let terms = &self.before.terms;
            let limit = after.requirement.times(&(one() + ppm(terms.buffer_ppm)));
            let mut spare = limit.minus(&after.equity);
            // Three payments, each rounded to whole atoms.
            spare.slack += &loose;
            let dust = before.requirement.low() <= whole(terms.dust_quote_atoms);
            let within = !spare.surely_negative() || dust || matches!(wanted, Wanted::Slice(_));
            self.expect(within, || "the account ends above its buffer".into());
        }
        if account.episode_slot == 0 {
            self.account(id).episode_slot = self.now().slot;
        }
        self.hear_bid(id, before, &loose);
        self.end_episode_within(id, loose);
        let holds = self.next.accounts[&bidder].clone();
        match health(&self.next, self.market, &holds, Check::Initial) {
            Ok(after) => self.require_not_negative(&after.surplus(), "BelowInitialMargin"),
            Err(underlying) => self.refuse_price(underlying),
        }
        self.end_episode(bidder);
    }

    /// A bid is judged by the indices that it finds: interest that it brings up to now comes on top
    /// (quote atoms). Of quote tokens that is interest on what was owed until others bore a part.
    fn unread_interest(&self, id: AccountId, before: &Health) -> Exact {
        let mut interest = zero();
        for (token, shares) in &self.next.accounts[&id].tokens {
            let (old, new) = (&self.before.collaterals[*token], &self.next.collaterals[*token]);
            let held = if *token == QUOTE { before.equity.exact.abs() } else { zero() };
            let held = held + new.balance(*shares).abs();
            let growth = whole(new.borrow_index) / whole(old.borrow_index) - one();
            let price = match *token == QUOTE {
                true => one(),
                false => self.market.stable(new.underlying) * ten(-new.decimals) * whole(2),
            };
            interest += held * growth.abs() * price;
        }
        interest
    }

    /// Whole quote atoms that came to an account, as stored (negative: went).
    fn came(&self, seen: &Group, id: AccountId) -> i128 {
        let at = |group: &Group| group.accounts[&id].tokens.get(&QUOTE).copied().unwrap_or(0);
        let (old, new) = (at(self.before), at(seen));
        // Across zero whole atoms count.
        let token = &self.next.collaterals[QUOTE];
        let nearest = |exact: Exact| floor(&(exact + crate::number::binary(1, 1)));
        match old.signum() * new.signum() != 1 && old != 0 {
            true => {
                nearest(token.balance(new)) - atoms(self.before, QUOTE, old, self.now().seconds)
            }
            false => nearest(token.balance(new) - token.balance(old)),
        }
    }

    /// The discount, the fund's part of it and the fund's cut lie where the rule puts them.
    fn expect_discount(
        &mut self,
        id: AccountId,
        before: &Health,
        released: &Near,
        worth: &Near,
        [bidder_delta, cut, insured]: [i128; 3],
    ) {
        let (worth_low, worth_high) = (ceil(&worth.low()), ceil(&worth.high()));
        let discount = worth_low + bidder_delta + cut;
        let loose = worth_high - worth_low;
        let (own_low, own_high) = owned(before, released);
        let low = self.discount(id, before, released.low(), (-8, &own_low)) - 1;
        let high = self.discount(id, before, released.high(), (8, &own_high)) + 1;
        self.expect(low <= discount + loose && discount <= high + loose, || {
            format!("discount of {discount}, not within {low} and {high}")
        });
        let by_fund = |own: Exact| most(zero(), whole(discount) - own);
        let (least, most) = (by_fund(own_high), by_fund(own_low));
        let near = whole(insured + 1 + loose) >= least && whole(insured - 1 - loose) <= most;
        self.expect(near, || format!("the fund paid {insured} of a discount of {discount}"));
        let share = ppm(self.before.terms.insurance_cut_ppm) * whole(discount - insured);
        self.expect((cut - floor(&share)).abs() <= loose, || format!("a cut of {cut}"));
    }

    /// Assigns a bankrupt account's shortfall to its claims. True if lenders bear a part: what that
    /// moves is within the laws of conservation, and else not modelled.
    fn assign(
        &mut self,
        [id, bidder]: [AccountId; 2],
        wanted: &Wanted,
        before: &Health,
        released: &Near,
        takings: &[Taking],
    ) -> bool {
        if !before.equity.low().is_negative() {
            return false;
        }
        let mut part = released.clone();
        part.slack += crate::number::binary(1, 20);
        let (least_part, most_part) = released_part(before, &part);
        let share = |equity: Exact, part: Exact| ceil(&(positive(-equity) * part));
        let low = share(before.equity.high(), least_part);
        let high = share(before.equity.low(), most_part);
        if high == 0 {
            return false;
        }
        self.require(low == 0 || matches!(wanted, Wanted::Slice(_)), &["BidMustBeSlice"]);
        let claims = self.claims(id, &-before.equity.exact.clone());
        // What was borne before is counted in whole atoms, and so is what is still due.
        let borne = if claims.iter().any(|claim| claim.borne != 0) { 3 } else { 0 };
        // Nor is what an option is worth known to the last atom.
        let borne = borne + unknown(&claims);
        let lent = claims.iter().any(|claim| is_lent(claim.asset));
        if lent {
            self.adopt_lenders([id, bidder], takings);
        }
        let owed = |group: &Group, index: usize| {
            let row = group.accounts[&id].positions.get(&index);
            row.map_or(0, |one| i128::from(one.owed_quote_atoms).abs())
        };
        let indices: Vec<usize> = claims.iter().filter_map(|claim| claim.index()).collect();
        let sum = |group: &Group| -> i128 { indices.iter().map(|one| owed(group, *one)).sum() };
        let old = sum(self.before);
        let least_sum = if lent { 0 } else { low };
        let all = |seen: &Group| sum(seen) - old;
        let mut left = self.adopt("shortfall", all, &whole(least_sum), &whole(high));
        let mut total: Exact = claims.iter().map(|claim| claim.amount.clone()).sum();
        let rounded = self.worth_of_atoms(&claims) + whole(1 + borne);
        for claim in &claims {
            let Some(index) = claim.index() else {
                continue;
            };
            let part = ratio(&claim.amount, &total);
            let (low, high) = match lent {
                true => (whole(low) * &part - &rounded - one(), whole(high) * &part + &rounded),
                false => {
                    let exact = floor(&(whole(left) * &part));
                    (whole(exact - 1 - borne), whole(exact + 1 + borne))
                }
            };
            let before = owed(self.before, index);
            let pick = |seen: &Group| owed(seen, index) - before;
            let part = self.adopt("part of a shortfall", pick, &low, &high);
            if !lent {
                total -= &claim.amount;
                left -= part;
            }
            self.record(id, claim, part);
        }
        self.lower_settled(id, low > 0, before, released);
        lent
    }

    /// Lenders bear whole atoms of their token; what that leaves goes to those behind them.
    fn worth_of_atoms(&self, claims: &[Claim]) -> Exact {
        let tokens = claims.iter().filter_map(|claim| match claim.asset {
            Asset::Token(token) if token != QUOTE => Some(&self.before.collaterals[token]),
            _ => None,
        });
        let atom = |one: &Collateral| self.market.mid(one.underlying) * ten(-one.decimals);
        tokens.map(atom).sum()
    }

    /// A part waits in its row until it is shared.
    fn record(&mut self, id: AccountId, claim: &Claim, part: i128) {
        let signed = i64::try_from(if claim.is_short { -part } else { part }).unwrap_or(0);
        let Some(index) = claim.index() else {
            return;
        };
        let old = self.before.accounts[&id].positions[&index].clone();
        let row = self.next.accounts[&id].positions.get(&index).cloned();
        let gone = Position { lots: 0, quote: 0, borne_quote_atoms: 0, ..old };
        let mut row = row.unwrap_or(gone);
        row.owed_quote_atoms += signed;
        self.put(id, index, row);
        self.next.instruments[index].losses_pending_quote_atoms += unsigned(part);
    }

    /// Takes over what was stored of tokens whose lenders bore a part, and of the quote token.
    fn adopt_lenders(&mut self, parties: [AccountId; 2], takings: &[Taking]) {
        let Some(seen) = self.seen().cloned() else {
            return;
        };
        let tokens = takings.iter().filter(|taking| taking.amount < 0 && is_lent(taking.asset));
        let tokens = tokens.filter_map(|taking| match taking.asset {
            Asset::Token(token) => Some(token),
            Asset::Position(_) => None,
        });
        for token in tokens.chain([QUOTE]) {
            for id in parties {
                let shares = seen.accounts[&id].tokens.get(&token).copied().unwrap_or(0);
                self.store(id, token, shares);
            }
            self.next.collaterals[token] = seen.collaterals[token].clone();
        }
        self.next.insurance = seen.insurance.clone();
    }
}

/// A part of a whole; nothing of nothing.
fn ratio(part: &Exact, all: &Exact) -> Exact {
    match all.is_positive() {
        true => part / all,
        false => zero(),
    }
}

/// The equity that goes with the requirement that is released, at least and at most.
fn owned(before: &Health, released: &Near) -> (Exact, Exact) {
    let (least_part, most_part) = released_part(before, released);
    let part = |equity: Exact, part: Exact| whole(floor(&(positive(equity) * part)));
    (part(before.equity.low(), least_part), part(before.equity.high(), most_part))
}

/// The part of its requirement of which an account is relieved, at least and at most. A requirement
/// may be less than an atom, and be missed by many: the part is of what it is, however little.
pub(crate) fn released_part(before: &Health, released: &Near) -> (Exact, Exact) {
    let all = &before.requirement;
    // Nobody is relieved of more than there is.
    let part = |released: Exact, all: Exact| match all.is_positive() {
        true => Some(least(positive(released) / all, one())),
        false => None,
    };
    // Of nothing it is all; options of huge lots are known so roughly that it might be nothing.
    let low = part(released.low(), all.high()).unwrap_or_else(one);
    let high = part(released.high(), all.low()).unwrap_or_else(one);
    (low, high)
}
