//! Interest: simple between two changes of balances, compounding at each.

use num_bigint::BigInt;

use crate::group::Collateral;
use crate::number::{
    binary, ceil, floor, least, ppm, whole, zero, Exact, FRACTION_BITS, INDEX_BITS,
};
use crate::step::Step;

/// Seconds that one accrual catches up at most.
const GAP_SECONDS_MAX: i64 = 7 * 86_400;
/// Seconds of a year of 365 days.
const YEAR_SECONDS: i64 = 31_536_000;

impl Collateral {
    /// Seconds until `now` that have not been counted, as many as are caught up.
    fn elapsed(&self, now: i64) -> u64 {
        now.saturating_sub(self.accrued_at).clamp(0, GAP_SECONDS_MAX).unsigned_abs()
    }

    /// Deposit and borrow index as of `now`, whoever has counted the time until then.
    pub fn indices(&self, now: i64) -> (u128, u128) {
        let seconds = whole(self.accrued_seconds + self.elapsed(now));
        let grown =
            |base: u128, rate: u64| whole(base) * (whole(1) + binary(rate, INDEX_BITS) * &seconds);
        let deposit = floor(&grown(self.base_deposit_index, self.deposit_rate));
        let borrow = ceil(&grown(self.base_borrow_index, self.borrow_rate));
        (deposit.unsigned_abs(), borrow.unsigned_abs())
    }

    /// What shares stand for at `now` (token atoms, exact).
    pub fn balance_at(&self, shares: i128, now: i64) -> Exact {
        let (deposit_index, borrow_index) = self.indices(now);
        Collateral { deposit_index, borrow_index, ..self.clone() }.balance(shares)
    }
}

impl Step<'_> {
    /// Indices as of now, and the reserve's part.
    pub(crate) fn accrue(&mut self, token: usize) {
        let now = self.now().seconds;
        let old = self.next.collaterals[token].clone();
        let one = &mut self.next.collaterals[token];
        (one.deposit_index, one.borrow_index) = old.indices(now);
        one.accrued_seconds += old.elapsed(now);
        one.accrued_at = old.accrued_at.max(now);
        let gain = (one.borrows() - old.borrows()) - (one.deposits() - old.deposits());
        let steps = gain * whole(BigInt::from(1) << FRACTION_BITS);
        // Counted low, by what a step of each index is worth.
        let loose = whole(3) + binary(old.deposit_shares + old.borrow_shares, INDEX_BITS);
        let (low, high) = (&steps - loose, steps);
        let (low, high) = (crate::number::positive(low), crate::number::positive(high));
        // The step may add to the reserve and take from it yet: how much of the gain was counted
        // shows at the end.
        self.next.collaterals[token].reserve += floor(&low);
        *self.open_reserves.entry(token).or_default() += ceil(&(high - low)) + 1;
    }

    /// Takes over the reserves that were stored, within what interest left open.
    pub(crate) fn close_reserves(&mut self) {
        for (token, open) in std::mem::take(&mut self.open_reserves) {
            let low = whole(self.next.collaterals[token].reserve - 1);
            let high = &low + whole(open + 2);
            let pick = |seen: &crate::Group| seen.collaterals[token].reserve;
            self.next.collaterals[token].reserve = self.adopt("reserve", pick, &low, &high);
        }
    }

    /// New rates after a change of balances.
    pub(crate) fn rebase(&mut self, token: usize) {
        let old = self.next.collaterals[token].clone();
        let (borrows, deposits) = (old.borrows(), old.deposits());
        let utilisation = match deposits == zero() {
            // Borrows without deposits are at the end of the curve.
            true if borrows == zero() => zero(),
            true => whole(1),
            false => &borrows / &deposits,
        };
        let raw = |rate: &Exact| rate * whole(BigInt::from(1) << INDEX_BITS) / whole(YEAR_SECONDS);
        let low = raw(&yearly(&old, &utilisation)) - whole(1);
        let high = raw(&yearly(&old, &(&utilisation + ppm(1)))) + whole(2);
        let borrow_rate = self.adopt(
            "borrow rate",
            |seen| i128::from(seen.collaterals[token].borrow_rate),
            &crate::number::positive(low),
            &high,
        );
        let kept = whole(1) - ppm(old.reserve_share_ppm);
        let rate = match deposits == zero() {
            true => zero(),
            // More than is deposited can be owed after losses: nobody lent it.
            false => whole(borrow_rate) * kept * least(whole(1), &borrows / &deposits),
        };
        let low = &rate - &rate * binary(1, 40) - whole(2);
        let deposit_rate = self.adopt(
            "deposit rate",
            |seen| i128::from(seen.collaterals[token].deposit_rate),
            &crate::number::positive(low),
            &whole(floor(&rate)),
        );
        let one = &mut self.next.collaterals[token];
        one.base_deposit_index = one.deposit_index;
        one.base_borrow_index = one.borrow_index;
        one.accrued_seconds = 0;
        one.borrow_rate = crate::step::unsigned(borrow_rate);
        one.deposit_rate = crate::step::unsigned(deposit_rate);
    }
}

/// Yearly rate at a utilisation: linear between kinks, as at the last one beyond it.
fn yearly(one: &Collateral, utilisation: &Exact) -> Exact {
    let at = least(utilisation.clone(), whole(1));
    for pair in one.kinks.windows(2) {
        let [(left, low), (right, high)] = [pair[0], pair[1]];
        if at <= ppm(right) {
            let part = (&at - ppm(left)) / (ppm(right) - ppm(left));
            return ppm(low) + part * (ppm(high) - ppm(low));
        }
    }
    one.kinks.last().map_or(zero(), |(_, rate)| ppm(*rate))
}

/// The borrowers' rate at a utilisation (ppm), as it is kept: 2^-64 per second, rounded up.
pub(crate) fn rate_raw(one: &Collateral, utilisation_ppm: u32) -> u64 {
    let rate = yearly(one, &ppm(utilisation_ppm)) / whole(YEAR_SECONDS);
    crate::step::unsigned(ceil(&(rate * whole(BigInt::from(1) << INDEX_BITS))))
}
