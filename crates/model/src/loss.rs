//! How is a loss laid to others?

use crate::contract::side_lots;
use crate::number::{floor, least, most, ppm, whole, zero, Exact};
use crate::settle::ATOM;
use crate::step::{unsigned, Step};

impl Step<'_> {
    /// Lays a loss to the fund, the other side and the instrument's debt: what the fund pays, and
    /// the rest.
    pub(crate) fn spread(&mut self, index: usize, loss: i128, longs_pay: bool) -> (i128, i128) {
        let instrument = self.before.instruments[index].clone();
        let fund = &self.before.insurance;
        let day = self.today();
        let insured = match instrument.loss_day == day {
            true => instrument.loss_insured_quote_atoms,
            false => 0,
        };
        let cap = instrument.insurance_cap_quote_atoms.saturating_sub(insured);
        let paid = loss.min(cap.into()).min(fund.balance_quote_atoms.into());
        let received = fund.received_quote_atoms;
        self.pay(paid);
        let rest = loss - paid;
        let per_lot = self.per_lot(index, rest, longs_pay);
        let charged = per_lot * side_lots(&instrument, longs_pay);
        let debt = rest * ATOM - charged;
        self.accrue_funding(index);
        let one = &mut self.next.instruments[index];
        if one.loss_day != day {
            (one.loss_day, one.loss_long, one.loss_short) = (day, 0, 0);
        }
        one.loss_insured_quote_atoms = insured + unsigned(paid);
        match longs_pay {
            true => {
                one.long_index += per_lot;
                one.loss_long += per_lot;
            }
            false => {
                one.short_index -= per_lot;
                one.loss_short += per_lot;
            }
        }
        if instrument.pool.debt < ATOM {
            one.pool.debt_mark_quote_atoms = received;
        }
        one.pool.debt += debt;
        (paid, rest)
    }

    /// What each lot of the paying side is charged (steps): its part, within the day's budget.
    fn per_lot(&mut self, index: usize, rest: i128, longs_pay: bool) -> i128 {
        let instrument = self.before.instruments[index].clone();
        // Who was paid out bears nothing more, and leaves its part to nobody.
        let lots = i128::from(instrument.pool.open_interest_lots);
        let price = self.market.stable(instrument.underlying) * &instrument.lot;
        let day = self.today();
        let spent = match (day == instrument.loss_day, longs_pay) {
            (false, _) => 0,
            (true, true) => instrument.loss_long,
            (true, false) => instrument.loss_short,
        };
        if lots == 0 {
            return 0;
        }
        let day = price * ppm(instrument.loss_cap_ppm) * whole(ATOM);
        let loose = whole(3) + &day * crate::number::binary(1, 57);
        let cap = day - whole(spent);
        let part = whole(rest * ATOM / lots);
        let bound = |cap: Exact| least(part.clone(), whole(floor(&most(cap, zero()))));
        let (low, high) = (bound(&cap - &loose), bound(cap + loose));
        let pick = |seen: &crate::Group| {
            let one = &seen.instruments[index];
            if longs_pay {
                one.loss_long - spent
            } else {
                one.loss_short - spent
            }
        };
        self.adopt("loss per lot", pick, &low, &high)
    }
}
