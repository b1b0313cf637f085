//! Trades that two accounts agree on.

use num_traits::Signed;

use crate::group::{AccountId, Person, Position};
use crate::margin::Check;
use crate::market::Grade;
use crate::number::{ceil, ppm, slack, whole, Exact, Near, FRACTION_BITS};
use crate::pause::Paused;
use crate::step::{unsigned, Step};

/// What arithmetic that leaves its range is called.
const RANGE: [&str; 2] = ["MathOverflow", "OutOfRange"];

/// A longer time than this is not told from it, where premiums are averaged (seconds): 68 years.
const FOR_EVER: i64 = (1 << 31) - 1;

impl Step<'_> {
    pub(crate) fn trade(
        &mut self,
        signers: [Person; 2],
        ids: [AccountId; 2],
        index: usize,
        lots: i64,
        ticks: u64,
    ) {
        self.require_unpaused(Paused::Trade);
        self.require(lots != 0, &["ZeroAmount"]);
        self.require(ticks > 0, &["PriceZero"]);
        let distinct = ["ConstraintDuplicateMutableAccount"];
        if !self.require(ids[0] != ids[1], &distinct) {
            return;
        }
        self.require_authority(ids[0], signers[0]);
        self.require_authority(ids[1], signers[1]);
        let instrument = self.before.instruments[index].clone();
        self.require_fresh(&ids, &[index]);
        self.require_running(index);
        if self.market.grade(instrument.underlying) != Grade::Valid {
            self.refuse_price(instrument.underlying);
            return;
        }
        for id in ids {
            if !self.require_current(id) {
                // The other account is judged as well, and may be named first.
                self.may_fail("BelowInitialMargin");
                self.may_fail_for_prices();
            }
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
        if instrument.contract.is_none() {
            // What expires pays no funding.
            self.observe(index, lots, ticks);
        }
        let first = self.fill(ids[0], index, i128::from(lots), notional + fee);
        let second = self.fill(ids[1], index, -i128::from(lots), fee - notional);
        self.require_growable(index, ids);
        self.book(index, lots, fee, [first, second]);
        if self.fails() {
            return;
        }
        self.check(ids[0], Check::Initial);
        self.check(ids[1], Check::Initial);
    }

    /// `PriceOutsideBand` if a price per lot is too far from the fair one, by a part of the index price.
    fn require_in_band(&mut self, index: usize, price: i128) {
        let instrument = &self.before.instruments[index];
        let mid = self.market.mid(instrument.underlying) * &instrument.lot;
        let fair = instrument.fair(self.market);
        let off = (whole(price) - fair.exact).abs();
        // The distance is kept in parts per million, rounded up.
        let exact = &mid * ppm(instrument.price_band_ppm) - off;
        let near = Near { exact, slack: slack(&mid) + fair.slack };
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
        let new = Position { lots: after, quote, closed_short: old.side_after(after), ..old };
        self.put(id, index, new);
        i128::from(after.max(0)) - i128::from(old.lots.max(0))
    }

    /// Where positions may only shrink, neither side may grow or turn around.
    fn require_growable(&mut self, index: usize, ids: [AccountId; 2]) {
        let instrument = &self.before.instruments[index];
        let mut names = Vec::new();
        if instrument.reduce_only {
            names.push("InstrumentReduceOnly");
        }
        if instrument.pool.debt >= 1 << FRACTION_BITS {
            names.push("InstrumentInDebt");
        }
        let lots = |group: &crate::Group, id| {
            let account: &crate::Account = &group.accounts[&id];
            account.positions.get(&index).map_or(0, |one| i128::from(one.lots))
        };
        let shrank = ids.iter().all(|id| {
            let (old, new) = (lots(self.before, *id), lots(&self.next, *id));
            (new == 0 || new.signum() == old.signum()) && new.abs() <= old.abs()
        });
        let pending = instrument.losses_pending_quote_atoms;
        self.require(names.is_empty() || shrank, &names);
        // Whoever closed before a loss is shared would leave it to the others.
        self.require(pending == 0, &["LossesPending"]);
    }

    /// A trade is a sample of the premium, if it lies within its band.
    fn observe(&mut self, index: usize, lots: i64, ticks: u64) {
        let (estimate, mean) = self.passed(index);
        let instrument = self.before.instruments[index].clone();
        let mid = self.market.mid(instrument.underlying) * &instrument.lot;
        let price = whole(ticks) * whole(instrument.tick_quote_atoms_per_lot);
        let notional = &price * whole(lots.unsigned_abs());
        let premium = (&price - &mid) / &mid;
        let part = &notional / (&notional + whole(instrument.premium_impact_quote_atoms));
        let sampled = &estimate + (premium.clone() * whole(1_000_000_000) - &estimate) * part;
        let off = ppm(instrument.premium_band_ppm) - premium.abs();
        let (low, high) = match (off.abs() < ppm(1), off.is_negative()) {
            // On the edge of the band: either.
            (true, _) if sampled < estimate => (sampled, estimate),
            (true, _) => (estimate, sampled),
            (false, true) => (estimate.clone(), estimate),
            (false, false) => (sampled.clone(), sampled),
        };
        self.store_premium(index, [low, high], mean);
    }

    /// Estimate and mean of the premium after the time since they were counted (ppb).
    pub(crate) fn passed(&self, index: usize) -> (Exact, Exact) {
        let instrument = &self.before.instruments[index];
        let pool = &instrument.pool;
        let elapsed = self.now().seconds.saturating_sub(pool.premium_at).clamp(0, FOR_EVER);
        let (estimate, mean) = (whole(pool.premium_ppb), whole(pool.premium_mean_ppb));
        let all = elapsed.saturating_add(FOR_EVER.min(instrument.premium_seconds.into()));
        match elapsed {
            0 => (estimate, mean),
            _ => {
                let part = whole(elapsed) / whole(all);
                let moved = &mean + (&estimate - &mean) * &part;
                (&estimate - &estimate * part, moved)
            }
        }
    }

    /// Takes over the premium that was stored, within what rounding to parts per billion may do.
    pub(crate) fn store_premium(&mut self, index: usize, estimate: [Exact; 2], mean: Exact) {
        let loose = whole(3);
        let [low, high] = estimate;
        let estimate = self.adopt(
            "premium",
            |seen| i128::from(seen.instruments[index].pool.premium_ppb),
            &(low - &loose),
            &(high + &loose),
        );
        let mean = self.adopt(
            "mean premium",
            |seen| i128::from(seen.instruments[index].pool.premium_mean_ppb),
            &(&mean - &loose),
            &(mean + loose),
        );
        let now = self.now().seconds;
        let pool = &mut self.next.instruments[index].pool;
        pool.premium_ppb = i64::try_from(estimate).unwrap_or(i64::MAX);
        pool.premium_mean_ppb = i64::try_from(mean).unwrap_or(i64::MAX);
        pool.premium_at = pool.premium_at.max(now);
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
