//! Contracts that expire: what they pay, and what their risk arrays say in between.
//!
//! What an option is worth takes functions that no fraction has. So an array is taken as it was
//! stored, and everything is asked of it that does not need them.

use std::collections::BTreeSet;

use num_traits::Signed;

use crate::change::{instrument_flaws, Flaws};
use crate::expiry::{Expiry, WINDOW_SECONDS};
use crate::group::{AccountId, Group, Instrument};
use crate::market::{Grade, Market};
use crate::number::{
    binary, ceil, floor, least, most, one, positive, ppm, slack, steps_floor, whole, zero, Exact,
    Near, FRACTION_BITS,
};
use crate::step::Step;

/// Scenarios of an array.
pub const SCENARIOS: usize = 16;
/// Bits of the price of what a lot is of, in the unit of an array.
const NOTIONAL_BITS: u32 = 30;
/// Bits of the other words of an array, at most.
const WORD_BITS: u32 = 62;
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

    /// Values go along with the price by delta, and not below nothing.
    fn marks(&self, price: Option<&Exact>) -> Marks {
        let moved = price.map_or(zero(), |price| self.moved(price));
        let unit = self.unit();
        let change = &moved * whole(self.delta);
        let loose = match price.is_some() {
            // A step of the move, and a unit.
            true => whole(self.delta).abs() * binary(1, 31) + one(),
            false => zero(),
        };
        let along = |word: i64| Near {
            exact: positive(whole(word) + &change) * &unit,
            slack: &loose * &unit,
        };
        Marks { fair: along(self.fair), low: along(self.low), high: along(self.high) }
    }
}

/// Steps of a move in one.
fn binary_up() -> Exact {
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
    fn pays(&self, price: &Exact, lot: &Exact) -> Exact {
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

    /// Was its settlement price taken over?
    pub fn is_settled(&self) -> bool {
        self.contract.as_ref().is_some_and(|one| one.settled)
    }

    /// Must its array be refreshed before a check reads it?
    fn is_stale(&self, market: &Market) -> Stale {
        let Some(contract) = self.reads_array(market) else {
            return Some(false);
        };
        let priced = market.grade(self.underlying) == Grade::Valid;
        match contract.array.refreshed_at {
            0 => Some(true),
            _ if !priced || contract.settled => Some(false),
            _ => contract.array.is_stale(&market.mid(self.underlying), market.now.seconds),
        }
    }
}

impl Group {
    /// Which contracts must be refreshed before a check of these accounts, and of these others,
    /// may be done?
    pub fn stale(
        &self,
        market: &Market,
        accounts: &[AccountId],
        others: &[usize],
    ) -> BTreeSet<usize> {
        let stale = |index: &usize| self.instruments[*index].is_stale(market) != Some(false);
        self.read_by(accounts, others).into_iter().filter(stale).collect()
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
            match self.before.instruments[index].is_stale(self.market) {
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
        self.require(index == self.before.instruments.len(), &["IndexExhausted", "Custom(0)"]);
        let flaws = flaws(terms);
        self.require(flaws.is_empty(), &flaws);
        let runs = self.now().seconds < expires_at;
        self.require(runs, &["ExpiryOutOfBounds"]);
        self.push_instrument(underlying, terms);
        if let Some(expiry) = self.next.underlyings[underlying].expiries.get_mut(&expires_at) {
            expiry.open_count += 1;
        }
    }

    pub(crate) fn refresh_array(&mut self, index: usize) {
        let instrument = self.before.instruments[index].clone();
        let Some(contract) = &instrument.contract else {
            self.require(false, &["NoRiskArray"]);
            return;
        };
        self.require(!contract.settled, &["InstrumentSettled"]);
        self.require(contract.has_array(self.now().seconds), &["NoRiskArray"]);
        let (underlying, at) = (instrument.underlying, contract.expires_at);
        let Some(expiry) = self.before.underlyings[underlying].expiries.get(&at).cloned() else {
            self.require(false, &["ExpiryMismatch"]);
            return;
        };
        if expiry.settled_at == 0 && self.market.grade(underlying) != Grade::Valid {
            self.refuse_price(underlying);
        }
        if self.fails() {
            return;
        }
        match expiry.settled_at {
            0 => self.adopt_array(index, &instrument, &expiry),
            _ => self.take_over(index, &instrument, &expiry),
        }
    }

    /// A lot is worth what it pays from here on, and nothing moves it.
    fn take_over(&mut self, index: usize, instrument: &Instrument, expiry: &Expiry) {
        let Some(contract) = instrument.contract.clone() else {
            return;
        };
        let price = expiry.settlement_price.clone();
        let pays = contract.pays(&price, &instrument.lot);
        // Products of prices lose less than 2^-60 of what a lot is of.
        let loose = slack(&(&price * &instrument.lot + &contract.strike));
        let word = |group: &Group| {
            let made = group.instruments[index].contract.as_ref();
            made.map(|one| (i128::from(one.array.fair), one.array.shift)).unwrap_or_default()
        };
        let shift = self.seen().map_or(0, |seen| word(seen).1);
        let unit = Array { shift, ..Array::default() }.unit();
        let (low, high) = (positive(&pays - &loose) / &unit, (&pays + loose) / unit);
        let fair = self.adopt("settled value", |seen| word(seen).0, &whole(floor(&low)), &high);
        // Shortened sixteen bits at a time, until it fits a word.
        let fits = shift == 0 || (shift.is_multiple_of(16) && fair >= 1 << 46);
        self.expect(fits, || format!("a settled value of {fair} by {shift} bits"));
        let array = Array {
            fair: i64::try_from(fair).unwrap_or(i64::MAX),
            low: i64::try_from(fair).unwrap_or(i64::MAX),
            high: i64::try_from(fair).unwrap_or(i64::MAX),
            shift,
            refreshed_at: expiry.settled_at,
            price,
            ..Array::default()
        };
        let (underlying, at) = (instrument.underlying, contract.expires_at);
        let next = &mut self.next.instruments[index];
        next.reduce_only = false;
        next.contract = Some(Contract { settled: true, array, ..contract });
        if let Some(expiry) = self.next.underlyings[underlying].expiries.get_mut(&at) {
            expiry.open_count -= 1;
        }
    }

    /// What was stored, where it is what it must be.
    fn adopt_array(&mut self, index: usize, instrument: &Instrument, expiry: &Expiry) {
        let seen = self.seen().and_then(|seen| seen.instruments[index].contract.clone());
        let (Some(seen), Some(old)) = (seen, instrument.contract.clone()) else {
            return;
        };
        for what in self.array_flaws(instrument, &old, expiry, &seen.array) {
            self.expect(false, || format!("the array of instrument {index}: {what}"));
        }
        let array = Array {
            refreshed_at: self.now().seconds,
            fading: self.now().seconds >= old.expires_at - WINDOW_SECONDS,
            seconds_max: expiry.array_seconds_max,
            // Cut to steps of 2^-32.
            move_max: u32::try_from(floor(&(ppm(expiry.array_move_ppm) * binary_up())))
                .unwrap_or(u32::MAX),
            ..seen.array
        };
        self.next.instruments[index].contract = Some(Contract { array, ..old });
    }

    /// What is wrong with an array that was just made.
    fn array_flaws(
        &self,
        instrument: &Instrument,
        contract: &Contract,
        expiry: &Expiry,
        array: &Array,
    ) -> Vec<&'static str> {
        let at = instrument.underlying;
        let (mid, lot) = (self.market.mid(at), &instrument.lot);
        let near = |exact: &Exact, stored: &Exact| (exact - stored).abs() <= exact * binary(1, 58);
        let unit = array.unit();
        let notional = &mid * lot;
        let words = |exact: &Exact| exact / &unit;
        let mut flaws = Vec::new();
        let mut ask = |holds: bool, what| {
            if !holds {
                flaws.push(what);
            }
        };
        ask(near(&mid, &array.price), "the price");
        ask(near(&(one() / &mid), &array.per_price), "one over the price");
        ask(0 <= array.low && array.low <= array.fair && array.fair <= array.high, "the order");
        ask(is_least_unit(array, &words(&notional)), "the unit");
        let share = match contract.kind {
            Kind::Future => zero(),
            _ => words(&notional) * ppm(expiry.short_floor_ppm),
        };
        let floor_off = whole(array.short_floor) - share;
        let rounding = one() + slack(&words(&notional));
        ask(floor_off >= -rounding.clone() && floor_off <= &rounding + one(), "the floor");
        self.ask_values(&mut ask, instrument, contract, expiry, array);
        flaws
    }

    /// Bounds that no option leaves; a future's values, which are exact.
    fn ask_values(
        &self,
        ask: &mut impl FnMut(bool, &'static str),
        instrument: &Instrument,
        contract: &Contract,
        expiry: &Expiry,
        array: &Array,
    ) {
        let at = instrument.underlying;
        let unit = array.unit();
        let spot = self.market.mid(at) * &instrument.lot / &unit;
        let strike = &contract.strike / &unit;
        let per_unit = &instrument.lot / &unit;
        let now = self.now().seconds;
        let faded = expiry.faded_at(contract.expires_at, &spot, &per_unit, now);
        // A level has 43 bits, a share 32; each word a rounding.
        let loose = most(most(spot.clone(), strike.clone()), faded.forward.clone()) * binary(1, 28)
            + whole(4);
        let word = |word: i64| whole(word);
        let within = |low: &Exact, word: &Exact, high: &Exact| {
            word >= &(low - &loose) && word <= &(high + &loose)
        };
        let fair = word(array.fair);
        let carried = &faded.carried;
        match contract.kind {
            Kind::Future => {
                ask(within(&faded.forward, &fair, &faded.forward), "the fair value");
                ask(within(carried, &word(array.delta), carried), "the delta");
                ask([array.gamma, array.vega, array.theta] == [0; 3], "the greeks");
                for (gain, (shock, _, weight)) in array.outcomes.iter().zip(self.shocks(at)) {
                    let exact = carried * shock * weight;
                    ask(within(&exact, &whole(*gain), &exact), "an outcome");
                }
            }
            Kind::Call => {
                let intrinsic = positive(&faded.forward - &strike);
                ask(within(&intrinsic, &fair, &faded.forward), "the fair value");
                ask(within(&zero(), &word(array.delta), carried), "the delta");
            }
            Kind::Put => {
                let intrinsic = positive(&strike - &faded.forward);
                ask(within(&intrinsic, &fair, &strike), "the fair value");
                ask(within(&-carried.clone(), &word(array.delta), &zero()), "the delta");
            }
        }
        if contract.kind != Kind::Future {
            // Within the window a shock is kept in parts per million of the faded forward.
            let loose = &loose + faded.forward.clone() * ppm(1);
            self.ask_outcomes(ask, at, array, carried, &loose);
        }
        let count = self.before.underlyings[at].scenarios.len();
        ask(array.outcomes.iter().skip(count).all(|gain| *gain == 0), "outcomes of no scenario");
    }

    /// No option gains or loses more than what it is of by a move of the price alone; nor less than
    /// its value, nor in a scenario in which nothing moves.
    fn ask_outcomes(
        &self,
        ask: &mut impl FnMut(bool, &'static str),
        at: usize,
        array: &Array,
        carried: &Exact,
        loose: &Exact,
    ) {
        let shocks = self.shocks(at);
        for (gain, (shock, volatility, weight)) in array.outcomes.iter().zip(shocks) {
            let gain = whole(*gain);
            ask(gain >= -(whole(array.fair) * &weight) - loose, "a loss beyond the value");
            if volatility == 0 {
                let most_of = (carried * shock).abs() * weight;
                ask(gain.abs() <= most_of + loose, "a gain beyond the move");
            }
        }
    }

    /// Move of the price, sign of the volatility's, and weight, of each scenario. What falls by more
    /// than all falls by all.
    fn shocks(&self, at: usize) -> Vec<(Exact, i32, Exact)> {
        let one_of = &self.before.underlyings[at];
        let scan = i128::from(one_of.scan_lower_ppm);
        let move_of = |shock: i32| {
            let size = ceil(&(whole(i128::from(shock).abs() * scan) * ppm(1)));
            let moved = if shock < 0 { -size } else { size };
            ppm(moved.max(-1_000_000))
        };
        let all = one_of.scenarios.iter();
        all.map(|(shock, volatility, weight)| (move_of(*shock), volatility.signum(), ppm(*weight)))
            .collect()
    }
}

/// Is the unit the least in which the price of what a lot is of has 30 bits, and outcomes no more, and
/// the other words 62?
fn is_least_unit(array: &Array, notional: &Exact) -> bool {
    let narrow = whole(1_u64 << NOTIONAL_BITS);
    let wide = whole(1_u64 << WORD_BITS);
    let largest = array.outcomes.iter().map(|one| whole(one.unsigned_abs()));
    let largest = largest.fold(notional.clone(), most);
    let words = [array.high, array.delta, array.short_floor];
    let widest = words.into_iter().map(|one| whole(one.unsigned_abs())).fold(zero(), most);
    // Each word is rounded away by up to one.
    let fits = largest <= &narrow + one() && widest <= &wide + one();
    let half = crate::number::binary(1, 1);
    let spare = largest < &narrow * &half - one() && widest < wide * half - one();
    fits && (array.shift == 0 || !spare)
}

/// Lots of one side that still wait to be paid, of an instrument.
pub(crate) fn side_lots(instrument: &Instrument, longs: bool) -> i128 {
    let pool = &instrument.pool;
    i128::from(pool.open_interest_lots) - i128::from(pool.settled_lots[usize::from(!longs)])
}

impl Step<'_> {
    /// A position of a settled contract becomes a quote flow, at one price for both sides; nobody
    /// leaves while a loss waits. True where that was done.
    pub(crate) fn pay_out(&mut self, id: AccountId, index: usize) -> bool {
        let instrument = self.before.instruments[index].clone();
        let row = self.before.accounts[&id].positions[&index].clone();
        let contract = instrument.contract.as_ref().filter(|one| one.settled);
        let Some(array) = contract.map(|one| &one.array).filter(|_| row.lots != 0) else {
            return false;
        };
        self.require(instrument.losses_pending_quote_atoms == 0, &["LossesPending"]);
        let now = self.now().seconds;
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
