//! How far may a publication move the market? Volatilities and basis in bounded steps.
//!
//! A volatility of the new slice may be at most `1 + s` times the old one, and not below the old one
//! over `1 + s`, where `s` grows by one step with each full period since the last publication, in
//! proportion within it, and stops to grow after a while. Looked at are strikes at
//!
//! > `k = ln(K/F) = 0, ±¼ d, ±½ d, ±d, ±2 d, ±4 d`, `d = √(T/year)` from 1/8 to 2
//!
//! of the same moneyness in both. `d` is a standard deviation of a volatility of 100 %; below 5.7
//! days it does not fall further, since scenarios move the price that far whatever the time.
//! Variance is convex in `k`: between two of the points it is not above their chord, and not below
//! the continuation of the chords next to it. Beyond the last points nothing is bounded but by what
//! [`crate::check_butterflies`] asks of the wings.

use crate::root::RootTime;
use crate::svi::{Moneyness, Slice, Variance};
use crate::StepError;
use plimsoll_units::{wide, MathError, Price, Ratio, Seconds};

/// How much a forward is above the price of now, in parts per million; above minus one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis(i32);

impl Basis {
    /// The forward is the price.
    pub const ZERO: Self = Self(0);

    /// So many parts per million; `BasisOutOfBounds` unless above minus a million and below a
    /// million.
    #[inline]
    pub const fn new(ppm: i32) -> Result<Self, StepError> {
        if ppm.unsigned_abs() >= Ratio::PARTS {
            return Err(StepError::BasisOutOfBounds);
        }
        Ok(Self(ppm))
    }

    /// The parts per million.
    #[inline]
    pub const fn ppm(self) -> i32 {
        self.0
    }

    /// `spot · (1 + basis)`, cut, with a relative error below 2^-62; `Overflow` beyond what a price
    /// can be.
    #[inline]
    pub fn forward(self, spot: Price) -> Result<Price, MathError> {
        // Between one and two millions.
        spot.mul_ratio(Ratio::from_ppm(Ratio::PARTS.saturating_add_signed(self.0)))
    }
}

/// What is published of an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its volatilities.
    pub slice: Slice,
    /// Its forward.
    pub basis: Basis,
}

/// How fast publications may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepTerms {
    /// How much a volatility may move in a period, relative to itself.
    pub volatility: Ratio,
    /// How much the basis may move in a period.
    pub basis: Ratio,
    /// How large the basis may be, either way.
    pub basis_max: Ratio,
    /// The period; not zero.
    pub period: Seconds,
    /// Time since the last publication counts up to this.
    pub elapsed_max: Seconds,
}

impl StepTerms {
    /// What a step per period allows after so long, cut. `PeriodZero` where there is no period.
    fn allowed(&self, step: Ratio, elapsed: Seconds) -> Result<Ratio, StepError> {
        let elapsed = elapsed.min(self.elapsed_max).get().min(u64::from(u32::MAX));
        let product = wide::widen(step.ppm()).wrapping_mul(elapsed);
        let allowed = product.checked_div(self.period.get()).ok_or(StepError::PeriodZero)?;
        Ok(Ratio::from_wide_saturating(allowed))
    }

    /// `BasisOutOfBounds` for one that is larger than it may be: what a first publication is held
    /// to.
    pub fn check_basis(&self, basis: Basis) -> Result<(), StepError> {
        if basis.0.unsigned_abs() > self.basis_max.ppm() {
            return Err(StepError::BasisOutOfBounds);
        }
        Ok(())
    }
}

/// May `new` follow `old`, so long after it, with so much time to expiry? Errors, in this order:
/// `BasisOutOfBounds`, `PeriodZero`, `BasisStepTooLarge`, `SurfaceStepTooLarge`.
pub fn check_step(
    old: &Publication,
    new: &Publication,
    time: Seconds,
    elapsed: Seconds,
    terms: &StepTerms,
) -> Result<(), StepError> {
    terms.check_basis(new.basis)?;
    if new.basis.0.abs_diff(old.basis.0) > terms.allowed(terms.basis, elapsed)?.ppm() {
        return Err(StepError::BasisStepTooLarge);
    }
    let allowed = terms.allowed(terms.volatility, elapsed)?;
    if old.slice == new.slice {
        return Ok(());
    }
    let bound = Bound::new(allowed);
    let unit = deviation(time);
    for quarters in QUARTERS {
        let k = Moneyness::new(unit.wrapping_mul(quarters) >> 2);
        let (before, after) = (old.slice.variance(k), new.slice.variance(k));
        if bound.is_exceeded(before, after) || bound.is_exceeded(after, before) {
            return Err(StepError::SurfaceStepTooLarge);
        }
    }
    Ok(())
}

/// Where volatilities are compared, in quarters of a deviation.
const QUARTERS: [i64; 11] = [0, -1, 1, -2, 2, -4, 4, -8, 8, -16, 16];

/// The least and the largest deviation, in steps of a moneyness.
const DEVIATION_MIN: u64 = 1 << (Moneyness::BITS - 3);
const DEVIATION_MAX: u64 = 2 << Moneyness::BITS;

/// `√(T/year)` from 1/8 to 2, in steps of a moneyness.
fn deviation(time: Seconds) -> i64 {
    // From steps of 10^6 · 2^-79.
    let (high, low) = wide::mul_u64(RootTime::new(time).get(), Ratio::PARTS.into());
    let root = (high << 41) | (low >> 23);
    root.clamp(DEVIATION_MIN, DEVIATION_MAX).cast_signed()
}

/// `(1 + s)²` as a fraction, by which a variance may rise.
struct Bound {
    parts: u64,
}

impl Bound {
    /// `10^12`, what the parts are of.
    const WHOLE: u64 = 1_000_000_000_000;

    /// For a relative move of a volatility; of more than 2,147 times itself as for that.
    fn new(allowed: Ratio) -> Self {
        let factor = wide::widen(allowed.ppm().min(1 << 31)).wrapping_add(Ratio::PARTS.into());
        // Below 2^32 each.
        Self { parts: factor.wrapping_mul(factor) }
    }

    /// Is `high` more than `(1 + s)²` times `low`?
    fn is_exceeded(&self, low: Variance, high: Variance) -> bool {
        wide::mul_u64(high.get(), Self::WHOLE) > wide::mul_u64(low.get(), self.parts)
    }
}
