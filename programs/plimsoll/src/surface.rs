//! What holds between a slice of a volatility surface and those beside it, and how old slices and
//! their forwards are read.

use anchor_lang::bytemuck::Zeroable;
use anchor_lang::prelude::*;
use plimsoll_options::{
    check_calendar, Basis, Publication, Settlement, StepTerms, GAP_MAX, WINDOW,
};
use plimsoll_risk::Payoff;
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds, Value};

use crate::error::{Named, PlimsollError};
use crate::state::{Expiry, Instrument, InstrumentStatus, StoredArray};

/// The time since the last publication counts for so many steps at most: a key that was stolen after a
/// silent day may move no more than after four periods.
const STEPS_MAX: u64 = 4;
/// Seconds of an hour.
const HOUR: u64 = 3_600;

/// The expiries beside one, as far as they were passed.
pub(crate) struct Neighbours<'a> {
    /// The one before.
    pub(crate) earlier: Option<&'a Expiry>,
    /// The one behind.
    pub(crate) later: Option<&'a Expiry>,
}

/// No option costs more than a later one: neither than that of the later expiry, nor less than that of
/// the earlier one, as far as it has not expired. `NeighbourMissing` for one that was not passed, or
/// another in its place; `CalendarArbitrage`.
pub(crate) fn require_calendar(
    expiry: &Expiry,
    neighbours: &Neighbours<'_>,
    now: UnixSeconds,
) -> Result<()> {
    let left = |one: &Expiry| Seconds::new(one.seconds_left(now));
    if expiry.later_at != 0 {
        let later = neighbour(expiry, neighbours.later, expiry.later_at)?;
        let slices = (expiry.slice.slice()?, later.slice.slice()?);
        check_calendar((&slices.0, left(expiry)), (&slices.1, left(later))).named()?;
    }
    if expiry.earlier_at > now.get() {
        let earlier = neighbour(expiry, neighbours.earlier, expiry.earlier_at)?;
        let slices = (earlier.slice.slice()?, expiry.slice.slice()?);
        check_calendar((&slices.0, left(earlier)), (&slices.1, left(expiry))).named()?;
    }
    Ok(())
}

fn neighbour<'a>(expiry: &Expiry, other: Option<&'a Expiry>, at: i64) -> Result<&'a Expiry> {
    let found = other.filter(|other| expiry.is_beside(other, at));
    found.ok_or_else(|| PlimsollError::NeighbourMissing.into())
}

impl Expiry {
    /// True if the other one is of the same underlying, and expires at this time.
    pub(crate) fn is_beside(&self, other: &Self, at: i64) -> bool {
        other.underlying == self.underlying
            && other.expires_at == at
            && anchor_lang::address_eq(&other.group, &self.group)
    }

    /// Seconds until it expires; none afterwards.
    pub fn seconds_left(&self, now: UnixSeconds) -> u64 {
        UnixSeconds::new(self.expires_at).elapsed_since(now).get()
    }

    /// How far the volatility may be off by now: as published, and more with every hour after the slice
    /// was as good as new. It has no end but that of numbers: a slice that nobody renews makes opening
    /// dear, and stops nobody from closing or from being liquidated.
    pub fn confidence(&self, now: UnixSeconds) -> Ratio {
        let age = now.elapsed_since(UnixSeconds::new(self.published_at)).get();
        let stale = age.saturating_sub(u64::from(self.fresh_seconds));
        let widened = u64::from(self.widening_ppm_per_hour).saturating_mul(stale);
        let widened = widened.checked_div(HOUR).unwrap_or(0);
        Ratio::from_wide_saturating(u64::from(self.confidence_ppm).saturating_add(widened))
    }

    /// The slice and the basis as published.
    pub(crate) fn publication(&self) -> Result<Publication> {
        let basis = Basis::new(self.basis_ppm).map_err(|_| PlimsollError::BasisOutOfBounds)?;
        Ok(Publication { slice: self.slice.slice()?, basis })
    }

    /// How far a publication may go.
    pub(crate) fn step_terms(&self) -> StepTerms {
        let period = u64::from(self.step_seconds);
        StepTerms {
            volatility: Ratio::from_ppm(self.step_ppm),
            basis: Ratio::from_ppm(self.basis_step_ppm),
            basis_max: Ratio::from_ppm(self.basis_ppm_max),
            period: Seconds::new(period),
            elapsed_max: Seconds::new(period.saturating_mul(STEPS_MAX)),
        }
    }

    /// What samples have led to.
    pub fn settlement(&self) -> Result<Settlement> {
        Ok(Settlement::from_words(self.samples).map_err(|_| PlimsollError::CorruptAccount)?)
    }

    /// Takes a sample (quote atoms per unit), and settles where that is enough. `SettlementNotDue`
    /// long before the window, and once it is settled; `OutOfRange`.
    pub(crate) fn sample(&mut self, price: Price, now: UnixSeconds) -> Result<()> {
        let expiry = UnixSeconds::new(self.expires_at);
        let ahead = expiry.elapsed_since(now).get();
        let due = ahead <= WINDOW.get().saturating_add(GAP_MAX.get()) && !self.is_settled();
        require!(due, PlimsollError::SettlementNotDue);
        let mut settlement = self.settlement()?;
        settlement.sample(price, now, expiry).map_err(|_| PlimsollError::OutOfRange)?;
        self.samples = settlement.words();
        // Every other reason is that more samples are needed.
        if let Ok(price) = settlement.finish(now, expiry) {
            self.settlement_price = price.into();
            self.settled_at = now.get();
        }
        Ok(())
    }

    /// True once it is known what instruments settle at.
    pub fn is_settled(&self) -> bool {
        self.settled_at != 0
    }
}

impl Instrument {
    /// Takes over the settlement price: from here on a lot is worth what it pays, and nothing moves it.
    /// Rounded down to the unit, for both sides alike. Its profits back nothing new any more: they are paid
    /// soon, or wait for cash that may never come.
    pub(crate) fn settle(&mut self, expiry: &Expiry) -> Result<()> {
        let price = expiry.settlement_price.price()?.checked_mul(self.lot()?).named()?;
        let value = |price: Price| price.value_floor(1).named();
        let paid = match self.payoff()? {
            Payoff::Linear => value(price)?,
            Payoff::Call { strike } => value(price)?.checked_sub(value(strike)?).named()?,
            Payoff::Put { strike } => value(strike)?.checked_sub(value(price)?).named()?,
        };
        let mut steps = paid.max(Value::ZERO).get();
        let mut shift = 0_u8;
        // Five times at most: values have 127 bits.
        while i64::try_from(steps).is_err() {
            steps >>= SHIFT_STEP;
            shift = shift.saturating_add(SHIFT_STEP);
        }
        let fair = i64::try_from(steps).map_err(|_| PlimsollError::MathOverflow)?;
        self.array = StoredArray {
            fair,
            low: fair,
            high: fair,
            shift,
            refreshed_at: expiry.settled_at,
            price: expiry.settlement_price,
            ..StoredArray::zeroed()
        };
        self.status = InstrumentStatus::Settled.into();
        self.pnl_weight_ppm = 0;
        Ok(())
    }
}

/// Bits by which a value is shortened until it fits a word.
const SHIFT_STEP: u8 = 16;
