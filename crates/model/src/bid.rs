//! Bids on accounts below their line.

use crate::group::{Account, AccountId, Group, Person, Position};
use crate::margin::{atoms, health, Check, Health, QUOTE};
use crate::number::{floor, least, most, one, positive, ppm, whole, zero, Exact, Near};
use crate::step::{unsigned, Step};

/// Which kind of row, and which of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Asset {
    Token(usize),
    Position(usize),
}

/// What a bidder wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The same share of every row, at most this (2^-63).
    Slice(u64),
    /// Amounts of rows.
    Rows(Vec<(Asset, i64)>),
}

/// Ways in which a bid on an account below its line may still be no good.
const BID: [&str; 14] = [
    "BidRemovesNoRisk",
    "BidLowersHealth",
    "BidOvershootsBuffer",
    "NothingToRelease",
    "BelowInitialMargin",
    "BorrowNotAllowed",
    "BorrowCapExceeded",
    "UtilisationExceeded",
    "TokenRowsFull",
    "PositionRowsFull",
    "BidMustBeSlice",
    "LossesPending",
    "BidderOnOtherSide",
    "BidEmpty",
];

/// One row that changes hands: how much, of what was there.
pub(crate) struct Taking {
    pub(crate) asset: Asset,
    pub(crate) amount: i128,
    pub(crate) whole: i128,
}

impl Step<'_> {
    pub(crate) fn bid(
        &mut self,
        signer: Person,
        id: AccountId,
        bidder: AccountId,
        wanted: &Wanted,
    ) {
        let distinct = ["ConstraintDuplicateMutableAccount"];
        if !self.require(id != bidder, &distinct) {
            return;
        }
        self.require_authority(bidder, signer);
        self.require_fresh(&[id, bidder], &[]);
        self.require_bidders_turn(id);
        if !self.require_current(id) {
            self.require_sound(id, wanted);
            return;
        }
        // The bidder is judged last.
        self.require_current(bidder);
        let account = self.before.accounts[&id].clone();
        let (spare, before) = self.spare(&account);
        if spare.surely_not_negative() {
            let names = self.refusals(&account);
            self.require(false, &names);
        } else if !spare.surely_negative() {
            self.refusals(&account).into_iter().for_each(|name| self.may_fail(name));
        }
        match self.is_owners_turn(id, &before) {
            Some(owners) => drop(self.require(!owners, &["OwnerFirst"])),
            None => self.may_fail("OwnerFirst"),
        }
        self.require_sound(id, wanted);
        BID.into_iter().for_each(|name| self.may_fail(name));
        // What lenders of a token bear within a bid is not predicted, nor whether they can.
        if before.equity.low() < zero() && account.tokens.values().any(|held| *held < 0) {
            self.may_fail("LossBeyondDeposits");
        }
        if !self.is_priced(&account) {
            // Callers name the pools of all rows; those that are not priced do not move.
            self.may_fail("PoolMissing");
            self.may_fail("RiskAccountSurplus");
        }
        let held = self.before.accounts[&bidder].clone();
        if let Err(underlying) = health(self.before, self.market, &held, Check::Initial) {
            self.refuse_price(underlying);
        }
        let Some(takings) = self.takings(id, wanted).filter(|_| !self.fails()) else {
            return;
        };
        self.hand_over(id, bidder, &takings, wanted, &before);
        if self.fails() || self.seen().is_none() {
            return;
        }
        self.settle_bid([id, bidder], wanted, &before, &takings);
    }

    /// How far an account is above where it may be bid on: below zero, it may.
    pub(crate) fn spare(&self, account: &Account) -> (Near, Health) {
        let health = match health(self.before, self.market, account, Check::Maintenance) {
            Ok(health) => health,
            Err(_) => Health { equity: Near::certain(zero()), requirement: Near::certain(zero()) },
        };
        let factor = match account.episode_slot {
            0 => one(),
            _ => one() + ppm(self.before.terms.buffer_ppm),
        };
        (health.equity.minus(&health.requirement.times(&factor)), health)
    }

    /// Is the request one that can be asked?
    fn require_sound(&mut self, id: AccountId, wanted: &Wanted) {
        let rows = match wanted {
            Wanted::Slice(share) => {
                self.require(*share > 0, &["BidEmpty"]);
                return;
            }
            Wanted::Rows(rows) => rows,
        };
        self.require(!rows.is_empty(), &["BidEmpty"]);
        let key = |asset: &Asset| (self.underlying(*asset), *asset);
        let ascending = rows.windows(2).all(|pair| key(&pair[0].0) < key(&pair[1].0));
        self.require(ascending, &["BidRowsOutOfOrder"]);
        for (asset, amount) in rows {
            let held = self.held(id, *asset);
            self.require(held.is_some() && *asset != Asset::Token(QUOTE), &["BidRowUnknown"]);
            self.require(self.may_move(*asset), &["BidRowNotPriced"]);
            let (part, held) = (i128::from(*amount), held.unwrap_or(0));
            let fits = part != 0 && part.signum() == held.signum() && part.abs() <= held.abs();
            self.require(fits, &["BidAmountOutOfRange"]);
        }
    }

    fn underlying(&self, asset: Asset) -> usize {
        match asset {
            Asset::Token(index) => self.before.collaterals[index].underlying,
            Asset::Position(index) => self.before.instruments[index].underlying,
        }
    }

    /// Whole atoms or lots of a row, `None` where there is no row.
    fn held(&self, id: AccountId, asset: Asset) -> Option<i128> {
        amount(self.before, id, asset, self.now().seconds)
    }

    /// What changes hands: as asked for; of a slice, what was seen to.
    fn takings(&mut self, id: AccountId, wanted: &Wanted) -> Option<Vec<Taking>> {
        if let Wanted::Rows(rows) = wanted {
            let all = rows.iter().map(|(asset, part)| {
                let whole = self.held(id, *asset)?;
                Some(Taking { asset: *asset, amount: i128::from(*part), whole })
            });
            return all.collect();
        }
        let seen = self.seen()?.clone();
        let account = self.before.accounts[&id].clone();
        let tokens = account.tokens.keys().filter(|token| **token != QUOTE);
        let tokens = tokens.map(|index| Asset::Token(*index));
        let assets = tokens.chain(account.positions.keys().map(|index| Asset::Position(*index)));
        let mut takings = Vec::new();
        for asset in assets {
            let whole = self.held(id, asset).unwrap_or(0);
            let left = amount(&seen, id, asset, self.now().seconds).unwrap_or(0);
            let gone = match asset {
                Asset::Token(token) => self.gone_of(&seen, id, token),
                Asset::Position(_) => None,
            };
            let amount = gone.unwrap_or(whole - left);
            let valid = self.may_move(asset);
            self.expect(valid || amount == 0, || format!("{asset:?} has no price and moved"));
            if valid {
                takings.push(Taking { asset, amount, whole });
            }
        }
        Some(takings)
    }

    /// Whole atoms of a token that went out of a row of which something is left. A balance that was
    /// whole may have lost a part of a share to rounding, so that both are not rounded by themselves.
    fn gone_of(&self, seen: &Group, id: AccountId, token: usize) -> Option<i128> {
        let held = |group: &Group| group.accounts.get(&id)?.tokens.get(&token).copied();
        let one = &self.before.collaterals[token];
        let now = self.now().seconds;
        let (old, new) = (held(self.before)?, held(seen)?);
        let gone = one.balance_at(old, now) - one.balance_at(new, now);
        Some(floor(&(gone + crate::number::binary(1, 1))))
    }

    /// Moves the rows, with their parts of the quote flows.
    fn hand_over(
        &mut self,
        id: AccountId,
        bidder: AccountId,
        takings: &[Taking],
        wanted: &Wanted,
        before: &Health,
    ) {
        let share = match wanted {
            Wanted::Rows(_) => None,
            Wanted::Slice(most) => Some(self.slice([id, bidder], takings, *most, before)),
        };
        for taking in takings {
            match taking.asset {
                Asset::Token(token) => {
                    self.accrue(token);
                    let borrows = self.next.collaterals[token].borrow_shares;
                    self.change(id, token, &whole(-taking.amount));
                    let seen = self.seen().map(|seen| seen.accounts[&bidder].tokens.get(&token));
                    match seen.map(|shares| shares.copied().unwrap_or(0)) {
                        // Lenders may bear a part of a debt, so that its bidder owes less.
                        Some(shares) if taking.amount < 0 && before.equity.low() < zero() => {
                            self.store(bidder, token, shares);
                        }
                        _ => self.change(bidder, token, &whole(taking.amount)),
                    }
                    // A debt that meets a deposit is gone: deposits earn that much less.
                    let changed = self.next.collaterals[token].borrow_shares != borrows;
                    // Where its lenders bear a part, the rates follow from what is left of deposits.
                    let shared = |group: &Group| group.collaterals[token].losses_shared;
                    let charged = self.seen().is_some_and(|one| shared(one) != shared(self.before));
                    if changed && !charged {
                        self.rebase(token);
                    }
                }
                Asset::Position(index) => self.move_lots(id, bidder, index, taking, &share),
            }
        }
    }

    /// The share that a slice took of every row, as an interval; checked against the closed form.
    fn slice(
        &mut self,
        [id, bidder]: [AccountId; 2],
        takings: &[Taking],
        limit: u64,
        before: &Health,
    ) -> (Exact, Exact) {
        let (mut low, mut high) = (zero(), one());
        for taking in takings {
            if taking.whole == 0 || self.may_be_cleared(bidder, taking, before) {
                continue;
            }
            let (part, all) = (taking.amount.abs(), taking.whole.abs());
            let sound = taking.amount.signum() == taking.whole.signum() && part <= all && part > 0;
            self.expect(sound, || format!("took {part} of {all} of {:?}", taking.asset));
            low = most(low, whole(part - 1) / whole(all));
            high = least(high, whole(part) / whole(all));
        }
        self.expect(low < high || takings.is_empty(), || "rows were sliced unevenly".into());
        let asked = crate::number::binary(limit, 63);
        self.expect(low < asked, || format!("took more than the share of {limit}"));
        let terms = &self.before.terms;
        let dust = whole(terms.dust_quote_atoms);
        let whole_allowed = before.equity.low() < zero() || before.requirement.low() <= dust;
        let beta = self.beta(id, before.depths().1) + ppm(8);
        let buffer = one() + ppm(terms.buffer_ppm);
        let wants = &buffer * before.requirement.high() - before.equity.low();
        let room = (buffer - beta) * before.requirement.low();
        let fits = room <= zero() || low <= wants / room;
        self.expect(fits || whole_allowed, || "the slice goes beyond the buffer".into());
        (low, high)
    }

    /// β by depth and time.
    pub(crate) fn beta(&self, id: AccountId, depth: Exact) -> Exact {
        let terms = &self.before.terms;
        let elapsed = match self.before.accounts[&id].episode_slot {
            0 => 0,
            slot => self.now().slot.saturating_sub(slot),
        };
        let ratio = |part: Exact, all: Exact| match all == zero() {
            true => one(),
            false => part / all,
        };
        let by_time = ratio(whole(elapsed), whole(terms.duration_slots));
        let by_depth = ratio(depth, ppm(terms.depth_full_ppm));
        let risen = least(one(), most(by_time, positive(by_depth)));
        let (low, high) = (ppm(terms.beta_min_ppm), ppm(terms.beta_max_ppm));
        &low + (high - &low) * risen
    }

    fn move_lots(
        &mut self,
        id: AccountId,
        bidder: AccountId,
        index: usize,
        taking: &Taking,
        share: &Option<(Exact, Exact)>,
    ) {
        let now = self.now().seconds;
        let instrument = self.before.instruments[index].clone();
        let own = self.before.accounts[&id].positions[&index].clone();
        let old = self.next.accounts[&bidder].positions.get(&index).cloned().unwrap_or_default();
        let flow = instrument.flow(&own, now);
        let lots = i64::try_from(taking.amount).unwrap_or(i64::MAX);
        let (left, held) = (own.lots - lots, old.lots.checked_add(lots));
        let Some(held) = held else {
            self.require(false, &["MathOverflow", "OutOfRange"]);
            return;
        };
        let part = match share {
            // The part of the flow that goes with the lots, toward minus infinity.
            None => floor(&(whole(flow) * whole(lots) / whole(own.lots))),
            // With all of the size all of the flow; otherwise the share of it, toward zero.
            Some(_) if left == 0 && own.lots != 0 => flow,
            Some((low, high)) => {
                let size = whole(flow.abs());
                let (low, high) = (whole(floor(&(&size * low))) - one(), size * high);
                let moved = self.adopt(
                    "flow that a slice moved",
                    |seen| {
                        let left = seen.accounts[&id].positions.get(&index).cloned();
                        (flow - instrument.flow(&left.unwrap_or_default(), now)).abs()
                    },
                    &low,
                    &high,
                );
                moved * flow.signum()
            }
        };
        let quote = instrument.stored(left, flow - part, now);
        let side = own.side_after(left);
        let borne_quote_atoms = self.kept_borne(id, index, &own, flow, part);
        let closed_short = side;
        let taken = Position { lots: left, quote, closed_short, borne_quote_atoms, ..own.clone() };
        self.put(id, index, taken);
        let flow = instrument.flow(&old, now) + part;
        let quote = instrument.stored(held, flow, now);
        let before = i128::from(own.lots.max(0)) + i128::from(old.lots.max(0));
        let after = i128::from(left.max(0)) + i128::from(held.max(0));
        // Where both are closed, the side of the larger flow stays.
        let closed = taking.amount == 0 && held == 0;
        let closed_short = match closed && part.abs() > old.quote.abs() {
            true => own.was_short(),
            false => old.side_after(held),
        };
        self.put(bidder, index, Position { lots: held, quote, closed_short, ..old });
        let pool = &mut self.next.instruments[index].pool;
        pool.open_interest_lots = unsigned(i128::from(pool.open_interest_lots) + after - before);
    }
}

impl Step<'_> {
    /// What others have borne of a closed position's loss goes with its flow, rounded down.
    fn kept_borne(
        &mut self,
        id: AccountId,
        index: usize,
        own: &Position,
        flow: i128,
        part: i128,
    ) -> i64 {
        if own.borne_quote_atoms == 0 || flow == 0 {
            return 0;
        }
        let kept = whole(own.borne_quote_atoms) * whole((flow - part).abs()) / whole(flow.abs());
        // Where the bid ends the episode, what was borne is forgotten then, and nothing of it is stored.
        if self.seen().is_some_and(|seen| seen.accounts[&id].episode_slot == 0) {
            return 0;
        }
        let pick = |seen: &Group| {
            let left = seen.accounts[&id].positions.get(&index);
            left.map_or(0, |one| i128::from(one.borne_quote_atoms))
        };
        let low = whole(floor(&kept) - 1);
        i64::try_from(self.adopt("what was borne", pick, &low, &kept)).unwrap_or(0)
    }
}

fn amount(group: &Group, id: AccountId, asset: Asset, now: i64) -> Option<i128> {
    let account = group.accounts.get(&id)?;
    match asset {
        Asset::Token(token) => {
            account.tokens.get(&token).map(|shares| atoms(group, token, *shares, now))
        }
        Asset::Position(index) => account.positions.get(&index).map(|one| i128::from(one.lots)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_ordered_as_rows_are() {
        assert!(Asset::Token(7) < Asset::Position(0));
    }
}
