//! How much of the settlement price is known already? Inside the window an option becomes one on an
//! average, and fades into what is fixed.
//!
//! With the share `φ` of the average that is fixed, and its value `A` so far:
//!
//! > `settlement = φ · A + (1 − φ) · (average of the rest)`
//!
//! The arithmetic mean of a path over a time `r` has a third of the variance of its end, `v · r / 3`
//! (Kemna and Vorst, 1990). So, with `r` seconds to be averaged yet:
//!
//! | | what Black's formula takes as forward | as variance until expiry |
//! |---|---|---|
//! | `u` seconds before the window | `F` | `v · (u + r/3) / year` |
//! | inside | `F′ = φ · A + (1 − φ) · F` | `(1 − φ)² · (F / F′)² · v · r / 3 / year` |
//!
//! As its volatility is relative to `F′`, an option inside is one on `F′` of the volatility
//! `σ · (1 − φ) · (F / F′) / √3`, with `r` to go. Nothing jumps where the window begins.
//!
//! **`φ` is by covered time:** `c / (c + r)`, with `c` seconds covered and `r` those to the expiry, or
//! to [`crate::COVERED_MIN`] where that is later. Time that went by uncovered has no weight in the
//! average that will be, and so none in `φ`: sample first, then value.

use crate::fixed::Level;
use crate::settlement::{window_start, Settlement, COVERED_MIN, WINDOW};
use crate::{OptionError, Shock};
use plimsoll_units::{divide, wide, Price, Ratio, Seconds, UnixSeconds};

/// One in steps of 2^-32.
const ONE: u64 = 1 << 32;

/// `1/√3` in steps of 2^-32.
const ROOT_OF_THIRD: u64 = 2_479_700_525;

/// One in parts per million.
const PARTS: i64 = 1_000_000;

/// What is fixed of a settlement price, and when the rest will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fading {
    fixed: u64,
    average: Price,
    wait: Seconds,
    rest: Seconds,
}

/// What Black's formula takes for an option that fades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faded {
    /// `F′`.
    pub forward: Level,
    /// `(1 − φ) · F`, in steps of a level: what still moves with the price.
    pub carried: u64,
    /// `(1 − φ) · F / F′` in steps of 2^-32.
    pub share: u64,
}

impl Fading {
    /// Of an expiry, now.
    pub fn of(settlement: &Settlement, expiry: UnixSeconds, now: UnixSeconds) -> Self {
        let wait = window_start(expiry).elapsed_since(now);
        let average = settlement.average().unwrap_or(Price::ONE);
        if !wait.is_zero() {
            return Self { fixed: 0, average, wait, rest: WINDOW };
        }
        let covered = settlement.covered().get();
        let missing = COVERED_MIN.get().saturating_sub(covered);
        let rest = expiry.elapsed_since(now).get().max(missing);
        // Neither is above the window; where nothing is covered, something is missing.
        let fixed = (covered << 32).checked_div(covered.wrapping_add(rest)).unwrap_or(0);
        Self { fixed, average, wait, rest: Seconds::new(rest) }
    }

    /// The same with its average in another unit: times `factor`, quote atoms per lot for a dollar
    /// per unit. `NotionalOutOfRange` beyond what a price can be.
    pub fn scaled(self, factor: Price) -> Result<Self, OptionError> {
        let average = self.average.checked_mul(factor);
        Ok(Self { average: average.map_err(|_| OptionError::NotionalOutOfRange)?, ..self })
    }

    /// `φ` in steps of 2^-32, up to one, cut.
    #[inline]
    pub const fn fixed(self) -> u64 {
        self.fixed
    }

    /// `A`; without meaning where `φ` is zero.
    #[inline]
    pub const fn average(self) -> Price {
        self.average
    }

    /// The larger of strike and forward, or a quarter of what must be a level too where that is more: of
    /// the most that the forward may be, and of the average.
    // Once, for options and futures.
    #[inline(never)]
    pub(crate) fn with_room(self, larger: Price, most: Price) -> Result<Price, OptionError> {
        let most = if self.fixed == 0 { most } else { most.max(self.average) };
        let quarter = most.halved(2).map_err(|_| OptionError::NotionalOutOfRange)?;
        Ok(larger.max(quarter))
    }

    /// Time until the window begins.
    #[inline]
    pub const fn wait(self) -> Seconds {
        self.wait
    }

    /// Time to be averaged yet.
    #[inline]
    pub const fn rest(self) -> Seconds {
        self.rest
    }

    /// Is the average being taken?
    #[inline]
    pub const fn is_inside(self) -> bool {
        self.wait.is_zero()
    }

    /// The time to expiry that Black's formula takes: a third of the window counts before it, and
    /// all of the rest inside, where the volatility is lessened instead.
    #[inline]
    pub fn time(self) -> Seconds {
        match self.is_inside() {
            true => self.rest,
            false => Seconds::new(self.wait.get().saturating_add(WINDOW.get() / 3)),
        }
    }

    /// The forward that Black's formula takes, in the steps `2^exponent` of this one, nearest.
    /// `LevelOutOfRange` where it or the average has no level of that unit.
    pub(crate) fn faded(self, forward: Level, exponent: i16) -> Result<Faded, OptionError> {
        if self.fixed == 0 {
            return Ok(Faded { forward, carried: forward.get(), share: ONE });
        }
        let average = Level::from_price_floor(self.average, exponent)?;
        let held = part_nearest(average.get(), self.fixed);
        let carried = part_nearest(forward.get(), ONE.wrapping_sub(self.fixed));
        let forward = Level::new(held.wrapping_add(carried))?;
        // carried ≤ F′ < 2^46: the upper word is below 2^14.
        let zeros = wide::leading_zeros(forward.get());
        let (high, low) = (carried.wrapping_shl(zeros) >> 32, carried.wrapping_shl(zeros) << 32);
        let share = divide::div_2by1(high, low, forward.get().wrapping_shl(zeros)).0;
        Ok(Faded { forward, carried, share })
    }

    /// The volatility that Black's formula takes, of `F′`, nearest.
    pub(crate) fn volatility(self, volatility: Ratio, faded: &Faded) -> Ratio {
        if !self.is_inside() {
            return volatility;
        }
        let factor = part_nearest(faded.share, ROOT_OF_THIRD);
        Ratio::from_wide_saturating(part_nearest(wide::widen(volatility.ppm()), factor))
    }

    /// `number` times `∂σ′/∂σ` over the share: a third's root inside.
    #[inline]
    pub(crate) fn lessened(self, number: u64) -> u64 {
        match self.is_inside() {
            true => part_nearest(number, ROOT_OF_THIRD),
            false => number,
        }
    }

    /// How fast variance leaves, in terms of what Black's formula takes it for: inside it goes by
    /// the third power of the rest.
    #[inline]
    pub(crate) const fn pace(self) -> i64 {
        if self.is_inside() {
            3
        } else {
            1
        }
    }
}

impl Faded {
    /// A shock of forward and volatility as one of `F′` and its volatility, nearest: `s′ = share · s`,
    /// and `(1 + v) · (1 + s) / (1 + s′) − 1`, since the volatility of `F′` has `F / F′` in it.
    /// `ShockOutOfRange` below minus one, or beyond what a shock can be.
    pub fn shock(&self, shock: Shock) -> Result<Shock, OptionError> {
        if self.share == ONE {
            return Ok(shock);
        }
        let factor = |shock: i32| {
            let factor = PARTS.wrapping_add(i64::from(shock));
            u64::try_from(factor).map_err(|_| OptionError::ShockOutOfRange)
        };
        let part = part_nearest(shock.price.unsigned_abs().into(), self.share);
        let part = i64::try_from(part).unwrap_or(i64::MAX);
        let price = if shock.price < 0 { part.wrapping_neg() } else { part };
        let price = i32::try_from(price).map_err(|_| OptionError::ShockOutOfRange)?;
        // Two numbers below 2^32 each, 2^31 and a million at most; a price of nothing moves no more.
        let product = factor(shock.volatility)?.wrapping_mul(factor(shock.price)?);
        let below = factor(price)?;
        let factor = product.saturating_add(below >> 1).checked_div(below).unwrap_or(0);
        let volatility = i64::try_from(factor).unwrap_or(i64::MAX).wrapping_sub(PARTS);
        let volatility = i32::try_from(volatility).map_err(|_| OptionError::ShockOutOfRange)?;
        Ok(Shock { price, volatility, weight: shock.weight })
    }
}

/// `number · part / 2^32`, nearest, for a part of at most one.
#[inline]
fn part_nearest(number: u64, part: u64) -> u64 {
    let (high, low) = wide::mul_u64(number, part);
    let (low, carry) = low.overflowing_add(ONE >> 1);
    (high.wrapping_add(wide::widen_bool(carry)) << 32) | (low >> 32)
}
