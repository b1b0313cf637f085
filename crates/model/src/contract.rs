//! Contracts that expire: what they pay, and what their risk arrays say in between.
//!
//! What an option is worth takes functions that no fraction has. So an array is taken as it was
//! stored, and everything is asked of it that does not need them.

use std::collections::BTreeSet;

use num_traits::Signed;

use crate::change::{instrument_flaws, Flaws};
use crate::expiry::WINDOW_SECONDS;
use crate::group::{AccountId, Group, Instrument};
use crate::market::{Grade, Market};
use crate::number::{
    binary, least, most, one, positive, slack, steps_floor, whole, zero, Exact, Near, FRACTION_BITS,
};
use crate::pause::Paused;
use crate::step::Step;

/// Scenarios of an array.
pub const SCENARIOS: usize = 16;
/// So long behind its settlement nobody's position in a contract is paid out.
const PENDING_SECONDS: i64 = 3_600;
/// Nor so long after a time in which nobody might bid.
const BIDDING_SECONDS: i64 = 900;
/// So long after the settlement they are, whatever is paused.
const PENDING_SECONDS_MAX: i64 = 86_400;
/// Strikes lie below this (quote atoms per lot).
const STRIKE_BITS: u32 = 60;

/// What is paid in the end, per lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    /// The settlement price.
    #[default]
    Future,
    Call,
    Put,
}

/// What makes an instrument expire.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Contract {
    pub kind: Kind,
    /// Quote atoms per lot; zero without one.
    pub strike: Exact,
    pub expires_at: i64,
    /// The settlement price was taken over.
    pub settled: bool,
    pub array: Array,
}

/// What a lot is worth and may gain or lose, as of its last refresh. Words count units of
/// `2^(shift − 48)` quote atoms.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Array {
    pub refreshed_at: i64,
    /// Quote atoms per unit of the underlying; and one over that.
    pub price: Exact,
    pub per_price: Exact,
    pub fair: i64,
    pub low: i64,
    pub high: i64,
    pub delta: i64,
    pub short_floor: i64,
    pub gamma: i64,
    pub vega: i64,
    pub theta: i64,
    pub outcomes: [i32; SCENARIOS],
    pub shift: u32,
    pub fading: bool,
    pub seconds_max: u32,
    /// 2^-32 of the price.
    pub move_max: u32,
}

/// Is an array too old, or made at another price? `None` where that is within rounding.
type Stale = Option<bool>;

/// What a lot of an array row counts (quote atoms): fair, at least, at most.
pub(crate) struct Marks {
    pub(crate) fair: Near,
    pub(crate) low: Near,
    pub(crate) high: Near,
}

impl Array {
    /// One unit (quote atoms).
    pub(crate) fn unit(&self) -> Exact {
        whole(1_u64) * crate::number::float(1, i64::from(self.shift) - i64::from(FRACTION_BITS))
    }

    /// How far the price is from that of the array, as a part of it.
    fn moved(&self, price: &Exact) -> Exact {
        match self.price.is_positive() {
            true => price / &self.price - one(),
            false => zero(),
        }
    }

    /// Of a price that is valid.
    fn is_stale(&self, price: &Exact, now: i64) -> Stale {
        if self.refreshed_at == 0 {
            return Some(true);
        }
        if now.saturating_sub(self.refreshed_at) > i64::from(self.seconds_max) {
            return Some(true);
        }
        // The move is kept in steps of 2^-32, and one over a price with a rounding of its own.
        let room = whole(self.move_max) - self.moved(price).abs() * binary_up();
        match room.abs() <= whole(2) {
            true => None,
            false => Some(room.is_negative()),
        }
    }

    /// Values go along with the price by delta, and not below nothing; the least one only down, the largest
    /// only up.
    fn marks(&self, price: Option<&Exact>) -> Marks {
        let moved = price.map_or(zero(), |price| self.moved(price));
        let unit = self.unit();
        let change = &moved * whole(self.delta);
        let loose = match price.is_some() {
            // A step of the move, and a unit.
            true => whole(self.delta).abs() * binary(1, 31) + one(),
            false => zero(),
        };
        let along = |word: i64, change: Exact| Near {
            exact: positive(whole(word) + change) * &unit,
            slack: &loose * &unit,
        };
        Marks {
            low: along(self.low, -positive(-change.clone())),
            high: along(self.high, positive(change.clone())),
            fair: along(self.fair, change),
        }
    }
}

/// Steps of a move in one.
pub(crate) fn binary_up() -> Exact {
    whole(1_u64 << 32)
}

impl Contract {
    /// Does a check read the array now?
    pub fn has_array(&self, now: i64) -> bool {
        self.kind != Kind::Future || now >= self.expires_at.saturating_sub(WINDOW_SECONDS)
    }

    /// What keeps a change of terms from being done.
    pub(crate) fn change_flaws(&self, terms: &Instrument) -> Flaws {
        let mut flaws = Flaws::new();
        if self.settled {
            flaws.push("InstrumentSettled");
        }
        if terms.funding_cap_ppm != 0 {
            flaws.push("ParameterOutOfBounds");
        }
        flaws
    }

    /// What a lot pays at a settlement price (quote atoms per unit).
    pub(crate) fn pays(&self, price: &Exact, lot: &Exact) -> Exact {
        let price = price * lot;
        match self.kind {
            Kind::Future => price,
            Kind::Call => positive(price - &self.strike),
            Kind::Put => positive(&self.strike - price),
        }
    }
}

/// What is wrong with the terms of a contract.
pub(crate) fn flaws(terms: &Instrument) -> Flaws {
    let mut flaws = instrument_flaws(terms);
    // There is no funding.
    if terms.funding_cap_ppm != 0 {
        flaws.push("ParameterOutOfBounds");
    }
    let Some(contract) = &terms.contract else {
        return flaws;
    };
    if contract.kind != Kind::Future {
        if contract.strike >= whole(1_u64 << STRIKE_BITS) {
            flaws.push("OptionOutOfRange");
        }
        if contract.strike < one() {
            flaws.push("OutOfRange");
        }
    }
    flaws
}

impl Instrument {
    /// Does a check read its array now? A future that nobody could refresh when its window began,
    /// for want of a price, counts without one.
    pub(crate) fn reads_array(&self, market: &Market) -> Option<&Contract> {
        let contract = self.contract.as_ref()?;
        let bare = contract.kind == Kind::Future
            && contract.array.refreshed_at == 0
            && market.grade(self.underlying) != Grade::Valid;
        (contract.has_array(market.now.seconds) && !bare).then_some(contract)
    }

    /// Marks of a lot by its array, where a check reads one.
    pub(crate) fn marks(&self, market: &Market) -> Option<(&Contract, Marks)> {
        let contract = self.reads_array(market)?;
        let goes_along = market.grade(self.underlying) == Grade::Valid && !contract.settled;
        let price = goes_along.then(|| market.mid(self.underlying));
        Some((contract, contract.array.marks(price.as_ref())))
    }

    /// Fair value of a lot (quote atoms), at a valid price.
    pub fn fair(&self, market: &Market) -> Near {
        match self.marks(market) {
            Some((_, marks)) => marks.fair,
            None => {
                let exact = market.mid(self.underlying) * &self.lot;
                Near { slack: slack(&exact), exact }
            }
        }
    }

    /// Units that a lot moves with, about.
    pub fn moves_with(&self, market: &Market) -> Exact {
        match self.reads_array(market) {
            Some(contract) if contract.array.price.is_positive() => {
                whole(contract.array.delta) * contract.array.unit() / &contract.array.price
            }
            Some(_) => zero(),
            None => self.lot.clone(),
        }
    }

    /// From when on are positions of it paid out, at the earliest? Nothing before it has settled.
    pub fn payable_at(&self) -> Option<i64> {
        let contract = self.contract.as_ref().filter(|one| one.settled)?;
        // The array is as of the settlement.
        Some(contract.array.refreshed_at.saturating_add(PENDING_SECONDS))
    }

    /// May its positions be judged and taken? What has settled pays what it pays.
    pub(crate) fn is_priced(&self, market: &Market) -> bool {
        self.is_settled() || market.grade(self.underlying) == Grade::Valid
    }

    /// Was its settlement price taken over?
    pub fn is_settled(&self) -> bool {
        self.contract.as_ref().is_some_and(|one| one.settled)
    }

    /// Must its array be refreshed before a check reads it?
    fn is_stale(&self, market: &Market, scenarios_at: i64) -> Stale {
        let Some(contract) = self.reads_array(market) else {
            return Some(false);
        };
        let priced = market.grade(self.underlying) == Grade::Valid;
        match contract.array.refreshed_at {
            0 => Some(true),
            _ if !priced || contract.settled => Some(false),
            at if at <= scenarios_at => Some(true),
            _ => contract.array.is_stale(&market.mid(self.underlying), market.now.seconds),
        }
    }
}

impl Group {
    /// From when on are positions of an instrument paid out? An hour after the settlement, a quarter
    /// after the last time in which nobody might bid, a day at the most.
    fn payable_at(&self, index: usize, now: i64) -> Option<i64> {
        let one = &self.instruments[index];
        let earliest = one.payable_at()?;
        let until = |one: Paused| self.terms.paused_until[one.place()];
        // Bids go on while trades are paused.
        let ended = Some(until(Paused::Trade)).filter(|end| *end <= now).unwrap_or(0);
        let last = ended.max(until(Paused::Liquidate));
        let last = last.saturating_add_unsigned(self.terms.owner_first_seconds);
        let reserved = [0, one.underlying].map(|one| self.underlyings[one].owner_first_until);
        let bids_from = last.max(reserved[0]).max(reserved[1]);
        let waits = earliest.max(bids_from.saturating_add(BIDDING_SECONDS));
        Some(waits.min(earliest - PENDING_SECONDS + PENDING_SECONDS_MAX))
    }

    /// Which contracts must be refreshed before a check of these accounts, and of these others,
    /// may be done?
    pub fn stale(
        &self,
        market: &Market,
        accounts: &[AccountId],
        others: &[usize],
    ) -> BTreeSet<usize> {
        let stale = |index: &usize| self.is_stale(market, *index) != Some(false);
        self.read_by(accounts, others).into_iter().filter(stale).collect()
    }

    /// Must the array of an instrument be refreshed, or was it made for other scenarios?
    fn is_stale(&self, market: &Market, index: usize) -> Stale {
        let one = &self.instruments[index];
        one.is_stale(market, self.underlyings[one.underlying].scenarios_at)
    }

    /// Instruments that a check of these accounts and of these others reads.
    fn read_by(&self, accounts: &[AccountId], others: &[usize]) -> BTreeSet<usize> {
        let held = accounts.iter().filter_map(|id| self.accounts.get(id));
        held.flat_map(|one| one.positions.keys()).chain(others).copied().collect()
    }
}

impl Step<'_> {
    /// Checks of these accounts and of these others read fresh arrays.
    pub(crate) fn require_fresh(&mut self, accounts: &[AccountId], others: &[usize]) {
        for index in self.before.read_by(accounts, others) {
            match self.before.is_stale(self.market, index) {
                Some(stale) => drop(self.require(!stale, &["RiskArrayStale"])),
                None => self.may_fail("RiskArrayStale"),
            }
        }
    }

    /// Trades end with the expiry.
    pub(crate) fn require_running(&mut self, index: usize) {
        let Some(contract) = &self.before.instruments[index].contract else {
            return;
        };
        let (settled, at) = (contract.settled, contract.expires_at);
        self.require(!settled, &["InstrumentSettled"]);
        let runs = self.now().seconds < at;
        self.require(runs, &["ExpiryOutOfBounds"]);
    }

    pub(crate) fn list_contract(
        &mut self,
        index: usize,
        (underlying, expires_at): (usize, i64),
        terms: &Instrument,
    ) {
        self.require(
            index == self.before.instruments.next_number(),
            &["IndexExhausted", "Custom(0)"],
        );
        let flaws = flaws(terms);
        self.require(flaws.is_empty(), &flaws);
        let runs = self.now().seconds < expires_at;
        self.require(runs, &["ExpiryOutOfBounds"]);
        self.push_instrument(underlying, terms);
        if let Some(expiry) = self.next.underlyings[underlying].expiries.get_mut(&expires_at) {
            expiry.open_count += 1;
        }
    }
}

/// Lots of one side that still wait to be paid, of an instrument.
pub(crate) fn side_lots(instrument: &Instrument, longs: bool) -> i128 {
    let pool = &instrument.pool;
    i128::from(pool.open_interest_lots) - i128::from(pool.settled_lots[usize::from(!longs)])
}

impl Step<'_> {
    /// A position of a settled contract becomes a quote flow, at one price for both sides; nobody
    /// leaves in the first hour, nor while a loss waits. True where that was done.
    pub(crate) fn pay_out(&mut self, id: AccountId, index: usize) -> bool {
        let instrument = self.before.instruments[index].clone();
        let row = self.before.accounts[&id].positions[&index].clone();
        let contract = instrument.contract.as_ref().filter(|one| one.settled);
        let Some(array) = contract.map(|one| &one.array).filter(|_| row.lots != 0) else {
            return false;
        };
        let now = self.now().seconds;
        let waited = self.before.payable_at(index, now).is_some_and(|at| now >= at);
        self.require(waited, &["SettlementPending"]);
        self.require(instrument.losses_pending_quote_atoms == 0, &["LossesPending"]);
        let paid = steps_floor(&(whole(array.fair) * array.unit())) * i128::from(row.lots);
        let flow = instrument.flow(&row, now) + paid;
        let closed_short = row.lots < 0;
        let settled = &mut self.next.instruments[index].pool.settled_lots;
        settled[usize::from(closed_short)] += row.lots.unsigned_abs();
        let quote = instrument.stored(0, flow, now);
        let row = crate::Position { lots: 0, quote, closed_short, ..row };
        // Kept even where it is empty, until the settlement is done.
        self.account(id).positions.insert(index, row);
        true
    }
}

/// The lesser of two.
pub(crate) fn lesser(one: &Near, other: &Near) -> Near {
    Near {
        exact: least(one.exact.clone(), other.exact.clone()),
        slack: most(one.slack.clone(), other.slack.clone()),
    }
}
