//! What must hold of a risk array that was just made, and of a settlement price that was taken over.

use num_traits::Signed;

use crate::contract::{binary_up, Array, Contract, Kind};
use crate::expiry::{Expiry, WINDOW_SECONDS};
use crate::group::{Group, Instrument};
use crate::market::Grade;
use crate::number::{binary, ceil, floor, most, one, positive, ppm, slack, whole, zero, Exact};
use crate::step::Step;

/// Bits of the price of what a lot is of, in the unit of an array.
const NOTIONAL_BITS: u32 = 30;
/// Bits of the other words of an array, at most.
const WORD_BITS: u32 = 62;

impl Step<'_> {
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
        if expiry.settled_at == 0 {
            self.require_levels(&instrument, contract, &expiry);
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
        // Its profits wait for cash: they back nothing new.
        next.pnl_weight_ppm = 0;
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
    pub(crate) fn shocks(&self, at: usize) -> Vec<(Exact, i32, Exact)> {
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
