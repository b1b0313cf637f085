//! What do the two sides of a perpetual pay each other?
//!
//! A perpetual that trades above its index is too much wanted: longs pay shorts, and the other way
//! round. The premium is measured from trades, each by its size, and averaged over a window, so
//! that neither one large trade nor the last one before an hour is over decides.
//!
//! Premiums are parts per billion of the index; positive where the perpetual is dearer.

use plimsoll_units::{divide, wide, MathError, Price, Ratio, Seconds, UnixSeconds, Value};

/// The settings of an instrument's funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingTerms {
    /// A trade further than this from the index says nothing.
    pub band: Ratio,
    /// Notional of a trade that moves the estimate half way to its premium.
    pub impact: Value,
    /// Over how long premiums are averaged.
    pub window: Seconds,
    /// Largest funding of an hour, as a part of the notional.
    pub cap_per_hour: Ratio,
}

/// How far the perpetual trades from its index, in parts per billion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Premium {
    /// What recent trades say; forgotten where there are none.
    pub estimate_ppb: i64,
    /// Its mean over the window: what funding is charged by.
    pub mean_ppb: i64,
    /// Up to when time has been counted.
    pub at: UnixSeconds,
}

/// Parts in a whole.
const PARTS: i64 = 1_000_000_000;
/// Parts per billion of one part per million.
const PARTS_OF_PPM: i64 = 1_000;
/// A premium is what is paid over so many hours.
const PREMIUM_HOURS: i64 = 8;
/// Steps of 2^-48 atoms that, per 10^9 of the notional and eight hours, are one step of 2^-32 atoms
/// per second: 2^16 · 10^9 · 8 · 3600.
const RATE_DIVISOR: u128 = (1 << 16) * 1_000_000_000 * 8 * 3_600;
/// Steps of 2^-48 in one of 2^-32.
const STEPS_OF_RATE: i64 = 1 << 16;

impl Premium {
    /// The premium after the time until `now` passed without a trade. With `d` the seconds of it
    /// and `w` those of the window:
    ///
    /// > `mean += (estimate − mean) · d / (w + d)`, `estimate := estimate · w / (w + d)`
    ///
    /// The mean moves by at least one part where it is not there, and never past the estimate; the
    /// estimate is rounded toward zero: so however often time is counted, neither stands still. A
    /// clock that steps back changes nothing.
    pub fn pass(self, now: UnixSeconds, window: Seconds) -> Self {
        let elapsed = now.elapsed_since(self.at);
        if elapsed.is_zero() {
            return self;
        }
        // A century is for ever; the sum of the two fits a half-word.
        const CENTURY: u64 = (1 << 31) - 1;
        let clamp = |seconds: Seconds| wide::narrow_u32(seconds.get().min(CENTURY)).unwrap_or(0);
        let (passed, window) = (clamp(elapsed), clamp(window));
        let whole = window.saturating_add(passed);
        let missing = self.estimate_ppb.saturating_sub(self.mean_ppb);
        Self {
            estimate_ppb: part_of(self.estimate_ppb, window, whole, false),
            mean_ppb: self.mean_ppb.saturating_add(part_of(missing, passed, whole, true)),
            at: now,
        }
    }

    /// The premium after a trade of `notional` at `price` while the index is at `index` (both in
    /// the same unit), with the time since the last one counted first:
    ///
    /// > `estimate += (premium − estimate) · n / (n + impact)`, the move toward zero
    ///
    /// A trade outside the band only counts the time. `OutOfRange` for a negative notional or
    /// impact.
    pub fn observe(
        self,
        price: Price,
        index: Price,
        notional: Value,
        terms: &FundingTerms,
        now: UnixSeconds,
    ) -> Result<Self, MathError> {
        if notional.is_negative() || terms.impact.is_negative() {
            return Err(MathError::OutOfRange);
        }
        let passed = self.pass(now, terms.window);
        if notional.is_zero() || price.is_apart(index, terms.band) {
            return Ok(passed);
        }
        let missing = premium_ppb(price, index)?.saturating_sub(passed.estimate_ppb);
        let whole = notional.checked_add(terms.impact)?;
        let distance = Value::new(missing.unsigned_abs().into());
        // At most the distance, which is one word.
        let step = wide::low_u64(distance.mul_div_floor(notional, whole)?.get().unsigned_abs());
        let step = wide::with_sign_of(step, missing);
        Ok(Self { estimate_ppb: passed.estimate_ppb.saturating_add(step), ..passed })
    }
}

/// `x · num / den` for `num <= den`, toward zero or away from it. Zero where `den` is.
fn part_of(x: i64, num: u32, den: u32, away: bool) -> i64 {
    let Some((floor, exact)) = divide::mul_div_u32(x.unsigned_abs().into(), num, den.max(1)) else {
        return 0;
    };
    // Inexact means that the part was below |x|, so that one more still fits.
    let up = wide::widen_bool(away && !exact);
    wide::with_sign_of(wide::low_u64(floor).saturating_add(up), x)
}

/// Half a part.
const HALF: Value = Value::new(1 << 47);

/// `price / index − 1` in parts per billion, to the nearest: quotients of decimals are cut after 64
/// bits, and would otherwise lose a part where they are exact.
fn premium_ppb(price: Price, index: Price) -> Result<i64, MathError> {
    if price == index {
        return Ok(0);
    }
    let dearer = price > index;
    let distance = if dearer { price.checked_sub(index)? } else { index.checked_sub(price)? };
    let parts = distance.checked_div(index)?.value_floor(PARTS)?;
    let parts = parts.checked_add(HALF)?.to_quote_floor()?.get();
    Ok(if dearer { parts } else { parts.saturating_neg() })
}

/// What a long lot pays a short one each second, in steps of 2^-32 quote atoms:
///
/// > `clamp(mean / 8, ±cap per hour) · lot price / 3600`
///
/// rounded toward zero. The eight is the custom of venues to quote premiums over eight hours.
/// `lot_price` is quote atoms per lot. `Overflow` beyond 2^63 steps.
pub fn funding_rate(
    mean_ppb: i64,
    lot_price: Price,
    cap_per_hour: Ratio,
) -> Result<i64, MathError> {
    let cap = i64::from(cap_per_hour.ppm()).saturating_mul(PARTS_OF_PPM * PREMIUM_HOURS);
    let premium = mean_ppb.clamp(cap.saturating_neg(), cap);
    let size = lot_price.value_floor(premium.saturating_abs())?.get().unsigned_abs();
    let (rate, _) = divide::div_u256(0, size, RATE_DIVISOR).ok_or(MathError::Overflow)?;
    if wide::high_u64(rate) != 0 {
        return Err(MathError::Overflow);
    }
    wide::checked_with_sign_of(wide::low_u64(rate), premium).ok_or(MathError::Overflow)
}

/// What a long lot has paid a short one at `rate` (see [`funding_rate`]) from `since` until `now`,
/// exactly; time beyond `gap_max` is not charged. `Overflow` beyond 2^79 quote atoms.
// Every position of every account passes here: as a call it would cost half more.
#[inline(always)]
pub fn funding_flow(
    rate: i64,
    since: UnixSeconds,
    now: UnixSeconds,
    gap_max: Seconds,
) -> Result<Value, MathError> {
    let seconds = now.elapsed_since(since).min(gap_max).get();
    let seconds = wide::signed(seconds).ok_or(MathError::Overflow)?;
    let per_second = Value::new(rate.into());
    // Nine hours: one short product instead of two long ones.
    if seconds < 1 << 15 {
        return per_second.times(seconds.wrapping_mul(STEPS_OF_RATE));
    }
    per_second.times(seconds)?.times(STEPS_OF_RATE)
}
