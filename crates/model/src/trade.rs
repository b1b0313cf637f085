//! Trades that two accounts agree on.

use num_traits::Signed;

use crate::group::{AccountId, Person, Position};
use crate::margin::Check;
use crate::market::Grade;
use crate::number::{ceil, ppm, slack, whole, Near, FRACTION_BITS};
use crate::step::{unsigned, Step};

/// What arithmetic that leaves its range is called.
const RANGE: [&str; 2] = ["MathOverflow", "OutOfRange"];

impl Step<'_> {
    pub(crate) fn trade(
        &mut self,
        signers: [Person; 2],
        ids: [AccountId; 2],
        index: usize,
        lots: i64,
        ticks: u64,
    ) {
        self.require(lots != 0, &["ZeroAmount"]);
        self.require(ticks > 0, &["PriceZero"]);
        let distinct = ["SameAccount", "ConstraintDuplicateMutableAccount"];
        if !self.require(ids[0] != ids[1], &distinct) {
            return;
        }
        self.require_authority(ids[0], signers[0]);
        self.require_authority(ids[1], signers[1]);
        let instrument = self.before.instruments[index].clone();
        if self.market.grade(instrument.underlying) != Grade::Valid {
            self.refuse_price(instrument.underlying);
            return;
        }
        let tick = i128::from(instrument.tick_quote_atoms_per_lot);
        self.require_in_band(index, i128::from(ticks) * tick);

        let notional = (i128::from(lots) * i128::from(ticks)).checked_mul(tick);
        let notional = notional.filter(|size| i64::try_from(*size).is_ok());
        if !self.require(notional.is_some(), &RANGE) {
            return;
        }
        let notional = notional.unwrap_or(0);
        let fee = ceil(&(whole(notional.abs()) * ppm(instrument.trade_fee_ppm)));
        let first = self.fill(ids[0], index, i128::from(lots), notional + fee);
        let second = self.fill(ids[1], index, -i128::from(lots), fee - notional);
        self.book(index, lots, fee, [first, second]);
        if self.fails() {
            return;
        }
        self.check(ids[0], Check::Initial);
        self.check(ids[1], Check::Initial);
    }

    /// `PriceOutsideBand` if a price per lot is too far from the index price.
    fn require_in_band(&mut self, index: usize, price: i128) {
        let instrument = &self.before.instruments[index];
        let mid = self.market.mid(instrument.underlying) * &instrument.lot;
        let off = (whole(price) - &mid).abs();
        // The distance is kept in parts per million, rounded up.
        let exact = &mid * ppm(instrument.price_band_ppm) - off;
        let near = Near { exact, slack: slack(&mid) };
        self.require_not_negative(&near, "PriceOutsideBand");
    }

    /// One side of a trade: lots come in, quote atoms go out. Says by how much its long lots grew.
    fn fill(&mut self, id: AccountId, index: usize, lots: i128, paid: i128) -> i128 {
        let now = self.now().seconds;
        let instrument = self.before.instruments[index].clone();
        let old = self.account(id).positions.get(&index).cloned().unwrap_or_default();
        let sum = i128::from(old.lots) + lots;
        let Ok(after) = i64::try_from(sum) else {
            self.require(false, &RANGE);
            return 0;
        };
        let flow = instrument.flow(&old, now) - (paid << FRACTION_BITS);
        let quote = instrument.stored(after, flow, now);
        let new = Position { lots: after, quote, ..old };
        self.put(id, index, new);
        i128::from(after.max(0)) - i128::from(old.lots.max(0))
    }

    /// Stores a position; one that holds nothing goes.
    pub(crate) fn put(&mut self, id: AccountId, index: usize, position: Position) {
        let positions = &mut self.account(id).positions;
        match position.is_empty() {
            true => positions.remove(&index),
            false => positions.insert(index, position),
        };
    }

    fn book(&mut self, index: usize, lots: i64, fee: i128, longs: [i128; 2]) {
        let cap = i128::from(self.before.instruments[index].open_interest_cap_lots);
        let pool = &mut self.next.instruments[index].pool;
        let change = longs[0] + longs[1];
        let after = i128::from(pool.open_interest_lots) + change;
        pool.open_interest_lots = unsigned(after);
        pool.fees_quote_atoms = pool.fees_quote_atoms.saturating_add(unsigned(2 * fee));
        pool.volume_lots = pool.volume_lots.wrapping_add(lots.unsigned_abs());
        self.require(after <= cap || change <= 0, &["OpenInterestCapExceeded"]);
    }
}
