//! Laws of quote flows: whatever is traded, funded, settled and shared, the flows of all accounts
//! and what the pool holds add up, to the last step of 2^-48 atoms.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::Bytes;
use plimsoll_risk::{
    funding_flow, funding_rate, open_interest_change, settleable, share_loss, FundingTerms,
    Premium, SideIndices,
};
use plimsoll_units::{BaseLots, MathError, Price, Ratio, Seconds, UnixSeconds, Value};

/// An instrument, its pool and four accounts.
#[derive(Clone)]
struct Pool {
    indices: SideIndices,
    /// Lots and stored flow of each account.
    rows: [(BaseLots, Value); 4],
    /// What settled losses brought in, less what settled profits and shared losses took out.
    cash: Value,
    /// Losses that nobody was charged.
    debt: Value,
    open_interest: BaseLots,
    premium: Premium,
    rate: i64,
    now: UnixSeconds,
}

fuzz_target!(|data: &[u8]| {
    let bytes = &mut Bytes::new(data);
    let mut pool = Pool {
        indices: SideIndices::default(),
        rows: [(BaseLots::ZERO, Value::ZERO); 4],
        cash: Value::ZERO,
        debt: Value::ZERO,
        open_interest: BaseLots::ZERO,
        premium: Premium::default(),
        rate: 0,
        now: UnixSeconds::new(1_000_000),
    };
    for _ in 0..64 {
        if bytes.is_empty() {
            break;
        }
        // What does not fit a number is refused whole, as a failed transaction is.
        let mut next = pool.clone();
        if next.step(bytes).is_ok() {
            pool = next;
        }
        pool.require_laws();
    }
});

impl Pool {
    fn step(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        match bytes.below(5) {
            0 => self.trade(bytes),
            1 => self.fund(bytes),
            2 => self.settle(bytes),
            3 => self.fail(bytes),
            _ => self.observe(bytes),
        }
    }

    fn flow(&self, at: usize) -> Result<Value, MathError> {
        let (lots, stored) = self.rows[at];
        self.indices.flow(lots, stored)
    }

    fn store(&mut self, at: usize, lots: BaseLots, flow: Value) -> Result<(), MathError> {
        self.rows[at] = (lots, self.indices.stored(lots, flow)?);
        // The inverse gives back what went in.
        assert_eq!(self.flow(at)?, flow);
        Ok(())
    }

    fn trade(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        let (a, b) = (bytes.below(4), bytes.below(4));
        if a == b {
            return Ok(());
        }
        let lots = BaseLots::new(bytes.amount(40));
        let notional = bytes.value(50);
        let before = [self.rows[a].0, self.rows[b].0];
        let after = [before[0].checked_add(lots)?, before[1].checked_sub(lots)?];
        let flows = [self.flow(a)?.checked_sub(notional)?, self.flow(b)?.checked_add(notional)?];
        self.open_interest =
            self.open_interest.checked_add(open_interest_change(before, after)?)?;
        self.store(a, after[0], flows[0])?;
        self.store(b, after[1], flows[1])
    }

    fn fund(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        let since = self.now;
        self.now = since.checked_add(Seconds::new(bytes.size(24)))?;
        let gap_max = Seconds::new(bytes.size(20));
        let paid = funding_flow(self.rate, since, self.now, gap_max)?;
        // Counted in two parts it is the same, where no gap is cut off.
        let middle = since.checked_add(Seconds::new(bytes.size(24))).map(|at| at.min(self.now))?;
        if self.now.elapsed_since(since) <= gap_max {
            let first = funding_flow(self.rate, since, middle, gap_max)?;
            assert_eq!(
                first.checked_add(funding_flow(self.rate, middle, self.now, gap_max)?)?,
                paid
            );
        }
        self.indices = self.indices.plus(paid)?;
        Ok(())
    }

    fn settle(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        let at = bytes.below(4);
        let price = bytes.price();
        let low = price.mul_ratio(Ratio::from_ppm(1_000_000 - bytes.half() % 500_000))?;
        let high = price.mul_ratio(Ratio::from_ppm(1_000_000 + bytes.half() % 500_000))?;
        let (lots, flow) = (self.rows[at].0, self.flow(at)?);
        let settled = settleable(lots, flow, low, high)?;
        let left = flow.checked_sub(Value::from_quote(settled))?;
        // At the worse price for it nothing is taken that was not there.
        let (worse, better) = if lots.is_negative() { (high, low) } else { (low, high) };
        if settled.is_positive() {
            assert!(!left.checked_add(worse.value_floor(lots.get())?)?.is_negative());
        } else if settled.is_negative() && !lots.is_zero() {
            assert!(!left.checked_add(better.value_ceil(lots.get())?)?.is_positive());
        }
        // Settling again at the same prices moves nothing, and no sign turned around.
        if !lots.is_zero() {
            assert_eq!(settleable(lots, left, low, high)?.get(), 0);
        }
        self.cash = self.cash.checked_sub(Value::from_quote(settled))?;
        self.store(at, lots, left)
    }

    /// An account fails to pay: the other side and the pool's debt bear it.
    fn fail(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        let at = bytes.below(4);
        let amount = plimsoll_units::QuoteAtoms::new(i64::try_from(bytes.size(50)).unwrap());
        let budget = bytes.value(40);
        let share = share_loss(amount, (self.open_interest, self.open_interest), budget)?;
        assert_eq!(share.charged.checked_add(share.debt)?, Value::from_quote(amount));
        assert!(share.per_lot <= budget.max(Value::ZERO) && !share.debt.is_negative());
        let lots = self.rows[at].0;
        let flow = self.flow(at)?.checked_add(Value::from_quote(amount))?;
        match lots.is_negative() {
            true => self.indices.long = self.indices.long.checked_add(share.per_lot)?,
            false => self.indices.short = self.indices.short.checked_sub(share.per_lot)?,
        }
        self.debt = self.debt.checked_add(share.debt)?;
        self.store(at, lots, flow)
    }

    fn observe(&mut self, bytes: &mut Bytes<'_>) -> Result<(), MathError> {
        let terms = FundingTerms {
            band: bytes.ratio(200_000),
            impact: Value::from_quote(plimsoll_units::QuoteAtoms::new(
                i64::try_from(bytes.size(40)).unwrap(),
            )),
            window: Seconds::new(bytes.size(17)),
            cap_per_hour: bytes.ratio(100_000),
        };
        let index = bytes.price();
        let price = index.mul_ratio(Ratio::from_ppm(700_000 + bytes.half() % 600_000))?;
        let notional = bytes.value(45);
        self.now = self.now.checked_add(Seconds::new(bytes.size(20)))?;
        let before = self.premium;
        self.premium = before.observe(price, index, notional, &terms, self.now)?;
        let far = |ppb: i64| ppb.unsigned_abs() <= 300_000_000;
        assert!(far(self.premium.estimate_ppb) && far(self.premium.mean_ppb));
        self.rate = funding_rate(self.premium.mean_ppb, index, terms.cap_per_hour)?;
        rate_is_capped(self.rate, index, terms.cap_per_hour);
        Ok(())
    }

    fn require_laws(&self) {
        let (mut lots, mut long, mut flows) = (0_i128, 0_i128, 0_i128);
        for at in 0..4 {
            let size = i128::from(self.rows[at].0.get());
            lots += size;
            long += size.max(0);
            let Ok(flow) = self.flow(at) else { return };
            // Modulo 2^128, where the law holds as well.
            flows = flows.wrapping_add(flow.get());
        }
        assert_eq!(lots, 0, "sizes do not cancel");
        assert_eq!(long, i128::from(self.open_interest.get()), "open interest is not what is long");
        assert_eq!(flows, self.cash.get().wrapping_add(self.debt.get()), "flows are not closed");
    }
}

/// An hour of funding is at most the cap's part of the price, and a step for the rounding.
fn rate_is_capped(rate: i64, lot_price: Price, cap: Ratio) {
    let Ok(most) = lot_price.mul_ratio(cap).and_then(|most| most.value_ceil(1)) else {
        return assert!(cap.is_zero() || rate == 0 || lot_price.mul_ratio(cap).is_ok());
    };
    let hour = i128::from(rate.unsigned_abs()) * 3_600 * (1 << 16);
    assert!(cap.is_zero() && rate == 0 || hour <= most.get() + 3_600 * (1 << 16));
}
