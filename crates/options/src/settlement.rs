//! What is an expiry settled at? The average of the index price over its last half hour, weighted
//! by time, from samples that anybody may take.
//!
//! **A stretch** between two samples counts with the mean of their two prices, for as much of it as
//! lies inside the window, where the samples are no further apart than [`GAP_MAX`]. A longer one
//! counts nothing: who knows what the price was? So no sample stands for more than [`GAP_MAX`] of
//! time, and a missing one leaves time uncovered instead of guessing. Until [`COVERED_MIN`] is
//! covered, stretches after the expiry count too, and there is no price before.
//!
//! **One wrong sample** of `(1 + e)` times its price `p` moves the average by `e · p · (stretch
//! before + stretch after) / (2 · covered)`: 3.3 % of `e · p` with a sample each minute and the whole
//! window covered, and a third of it at the very worst.
//!
//! **One answer.** Once [`Settlement::finish`] gives a price, no later sample changes it: nobody
//! gains by choosing the moment at which it is called.

use crate::fixed::price_floor;
use crate::SettlementError;
use plimsoll_units::{divide, wide, Price, Seconds, UnixSeconds};

/// How long before the expiry the average begins.
pub const WINDOW: Seconds = Seconds::new(1_800);

/// How far apart two samples may be for the time between them to count.
pub const GAP_MAX: Seconds = Seconds::new(300);

/// How much time must be covered.
pub const COVERED_MIN: Seconds = Seconds::new(900);

/// The unit of the sum is so many places below that of the first price: prices down to 2^-16 of it
/// count to their last bit, and there is room for prices of 2^34 times it.
const PLACES_BELOW: i64 = 16;

/// Where exponents of a sum lie that prices lead to.
const UNIT_MAX: u64 = 1_024 + 16;

/// The average so far. An account holds it as words; all zero is the one that has no sample.
///
/// The sum is exact where no price is below 2^-16 of the first that counted; what is smaller is cut
/// at 2^-79 of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Both prices of each stretch times its seconds: twice price · seconds, in steps of `2^unit`.
    sum: u128,
    /// The exponent of a step.
    unit: i64,
    /// Seconds that the sum is over.
    covered_seconds: u64,
    /// The last sample.
    last: Option<(UnixSeconds, Price)>,
}

/// When the window of an expiry begins.
#[inline]
pub(crate) fn window_start(expiry: UnixSeconds) -> UnixSeconds {
    UnixSeconds::new(expiry.get().saturating_sub_unsigned(WINDOW.get()))
}

impl Settlement {
    /// Words of the stored form.
    pub const WORDS: usize = 7;

    /// From its stored form; `StateOutOfRange` for words that no samples lead to.
    pub fn from_words(words: [u64; Self::WORDS]) -> Result<Self, SettlementError> {
        let [low, high, unit, covered_seconds, time, mantissa, exponent] = words;
        let (sum, unit) = (wide::join(high, low), unit.cast_signed());
        let last = match mantissa {
            0 => None,
            _ => Some((
                UnixSeconds::new(time.cast_signed()),
                Price::from_words(mantissa, exponent.cast_signed())
                    .map_err(|_| SettlementError::StateOutOfRange)?,
            )),
        };
        let covered = wide::join(0, covered_seconds);
        // An average is one step at least, since one of the first two prices has 80 bits.
        let is_sum_right = if covered == 0 { sum == 0 } else { sum >> 1 >= covered };
        let is_in_range = covered_seconds <= WINDOW.get() && unit.unsigned_abs() <= UNIT_MAX;
        if !is_sum_right || !is_in_range || (last.is_none() && covered != 0) {
            return Err(SettlementError::StateOutOfRange);
        }
        Ok(Self { sum, unit, covered_seconds, last })
    }

    /// The stored form: the sum's lower and upper word, the exponent of its unit, the seconds
    /// covered, and time, mantissa and exponent of the last sample, whose mantissa is zero where
    /// there is none.
    pub const fn words(&self) -> [u64; Self::WORDS] {
        let (time, mantissa, exponent) = match self.last {
            Some((time, price)) => {
                let (mantissa, exponent) = price.parts();
                (time.get().cast_unsigned(), mantissa, wide::widen_i16(exponent).cast_unsigned())
            }
            None => (0, 0, 0),
        };
        let (low, high) = (wide::low_u64(self.sum), wide::high_u64(self.sum));
        [low, high, self.unit.cast_unsigned(), self.covered_seconds, time, mantissa, exponent]
    }

    /// How much time the average is over.
    #[inline]
    pub const fn covered(&self) -> Seconds {
        Seconds::new(self.covered_seconds)
    }

    /// When the last sample was taken, if there was one.
    #[inline]
    pub fn sampled_at(&self) -> Option<UnixSeconds> {
        self.last.map(|(time, _)| time)
    }

    /// Takes the index price of now, in quote per unit. A sample that is no later than the
    /// last one changes nothing. `PriceOutOfRange` for a price of more than 2^34 times the first
    /// one that counted; nothing is changed then.
    pub fn sample(
        &mut self,
        price: Price,
        now: UnixSeconds,
        expiry: UnixSeconds,
    ) -> Result<(), SettlementError> {
        let mut next = Self { last: Some((now, price)), ..*self };
        if let Some((then, before)) = self.last {
            if now <= then {
                return Ok(());
            }
            let seconds = self.counted(then, now, expiry);
            if seconds != 0 {
                next.add(before, price, seconds)?;
            }
        }
        *self = next;
        Ok(())
    }

    /// How many seconds of a stretch count.
    fn counted(&self, then: UnixSeconds, now: UnixSeconds, expiry: UnixSeconds) -> u64 {
        if now.elapsed_since(then) > GAP_MAX {
            return 0;
        }
        let inside = now.min(expiry).elapsed_since(then.max(window_start(expiry))).get();
        let beyond = now.elapsed_since(then.max(expiry)).get();
        // At most two gaps and the window.
        let covered = self.covered_seconds.wrapping_add(inside);
        inside.wrapping_add(beyond.min(COVERED_MIN.get().saturating_sub(covered)))
    }

    /// Adds a stretch.
    fn add(&mut self, before: Price, price: Price, seconds: u64) -> Result<(), SettlementError> {
        let parts = |price: Price| {
            let (mantissa, exponent) = price.parts();
            (mantissa, wide::widen_i16(exponent))
        };
        if self.covered_seconds == 0 {
            self.unit = parts(before.max(price)).1.wrapping_sub(PLACES_BELOW);
        }
        for (mantissa, exponent) in [parts(before), parts(price)] {
            let places = exponent.wrapping_sub(self.unit);
            let sum = wide::scale_u128(wide::join(0, mantissa), seconds, places)
                .and_then(|(product, _)| self.sum.checked_add(product));
            self.sum = sum.ok_or(SettlementError::PriceOutOfRange)?;
        }
        self.covered_seconds = self.covered_seconds.wrapping_add(seconds);
        Ok(())
    }

    /// The average so far, cut after 64 bits; `None` while nothing is covered.
    pub fn average(&self) -> Option<Price> {
        let twice = wide::narrow_u32(self.covered_seconds << 1)?;
        if twice == 0 {
            return None;
        }
        let (high, low) =
            divide::div_u128_u32(wide::high_u64(self.sum), wide::low_u64(self.sum), twice);
        price_floor(wide::join(high, low), self.unit)
    }

    /// The settlement price, in quote per unit.
    ///
    /// - `NotDue` before the expiry; `Uncovered` until [`COVERED_MIN`] is covered;
    /// - `SampleDue` while a sample would still cover the time from the last one to the expiry:
    ///   otherwise who calls first could choose whether it counts.
    pub fn finish(&self, now: UnixSeconds, expiry: UnixSeconds) -> Result<Price, SettlementError> {
        if now < expiry {
            return Err(SettlementError::NotDue);
        }
        if self.covered_seconds < COVERED_MIN.get() {
            return Err(SettlementError::Uncovered);
        }
        match self.last {
            Some((then, _)) if then < expiry && now.elapsed_since(then) <= GAP_MAX => {
                Err(SettlementError::SampleDue)
            }
            _ => self.average().ok_or(SettlementError::PriceOutOfRange),
        }
    }
}
