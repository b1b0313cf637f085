//! Which volatility does a strike have? One slice of a volatility surface: all strikes of an expiry.
//!
//! Raw SVI (Gatheral, 2004), with the variance of a year where the original has that of the time
//! to expiry. With `k = ln(K/F)`:
//!
//! > `v(k) = a + b · (ρ · (k − m) + √((k − m)² + σ²))`, `volatility = √v`
//!
//! A strike's total variance is `w(k) = v(k) · T / year`: `a` and `b` are those of the original
//! over `T / year`, and `ρ`, `m` and `σ` are the same. So a slice that nobody touches keeps its
//! volatilities as time passes, and what was free of arbitrage stays so ([`crate::arbitrage`]).

use crate::black76::shift_nearest;
use crate::fixed::{Fixed, Level};
use crate::ln::ln;
use crate::root::{root_of_normal, YEAR};
use crate::SurfaceError;
use plimsoll_units::{divide, wide, Ratio, Seconds};

/// The five numbers of a slice, as they are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceTerms {
    /// Shifts the variance of a year; may be negative.
    pub a: Fixed,
    /// How steep the wings are, in variance of a year.
    pub b: Fixed,
    /// How much steeper the right wing is than the left one, from −1 to 1.
    pub rho: Fixed,
    /// Where the smile is centred, in `ln(K/F)`.
    pub m: Fixed,
    /// How round it is there, in `ln(K/F)`.
    pub sigma: Fixed,
}

/// A slice whose variance is a number for every strike, and never below [`Variance::MIN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    terms: SliceTerms,
}

/// `ln(K/F)` in steps of 2^-56, from −32 to 32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moneyness(i64);

impl Moneyness {
    /// Bits behind the point.
    pub const BITS: u32 = 56;
    /// The strike is the forward.
    pub const AT: Self = Self(0);
    /// Beyond what two levels can be apart.
    const BOUND: i64 = 32 << Self::BITS;

    /// So many steps of 2^-56, 32 at most, either way.
    #[inline]
    pub fn new(raw: i64) -> Self {
        Self(raw.clamp(-Self::BOUND, Self::BOUND))
    }

    /// Of a strike, within 2^-55.
    #[inline]
    pub fn of(strike: Level, forward: Level) -> Self {
        // Two logarithms from zero to 32 in steps of 2^-58 have a signed difference.
        let distance = ln(strike).get().wrapping_sub(ln(forward).get()).cast_signed();
        Self(distance >> 2)
    }

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Variance of a year, in steps of 2^-44; below 2^19.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variance(u64);

impl Variance {
    /// Bits behind the point.
    pub const BITS: u32 = 44;
    /// That of a volatility of 1 %: the least that a slice may have.
    pub const MIN: Self = Self(1_759_218_605);

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Its root, to the nearest part per million: the error is half of one and 10^-6 of one.
    #[inline]
    pub fn volatility(self) -> Ratio {
        if self.0 == 0 {
            return Ratio::ZERO;
        }
        let pairs = wide::leading_zeros(self.0) >> 1;
        // √v is this times 2^-(31 + 22 + pairs).
        let root = root_of_normal(self.0.wrapping_shl(pairs << 1));
        let (high, low) = wide::mul_u64(root, Ratio::PARTS.into());
        // A variance below 2^19 has a root below 725.
        Ratio::from_wide_saturating(shift_nearest(high, low, pairs.wrapping_add(53)))
    }

    /// The variance until expiry, `v · T / year`, in steps of 2^-52, cut; 4,096 where it is more.
    #[inline]
    pub fn total(self, time: Seconds) -> u64 {
        let (high, low) = wide::mul_u64(self.0, time.get().min((1 << 34) - 1));
        // Below 2^63 · 2^34: eight more places fit.
        let (high, low) = ((high << 8) | (low >> 56), low << 8);
        match divide::div_u128_u32(high, low, YEAR_U32) {
            (0, total) => total,
            _ => u64::MAX,
        }
    }
}

/// [`YEAR`] in a half-word.
const YEAR_U32: u32 = 31_536_000;
const _: () = assert!(YEAR.get() == 31_536_000);

/// The largest magnitudes, in whole numbers.
const A_MAX: i64 = 1 << 15;
const B_MAX: i64 = 1 << 12;
const M_MAX: i64 = 8;
const SIGMA_MAX: i64 = 8;

/// The least `σ`: 2^-10, a thousandth of the forward.
const SIGMA_MIN: Fixed = Fixed::new(1 << (Fixed::BITS - 10));

/// From steps of 2^-32 to those of a variance.
const TO_VARIANCE: u32 = Variance::BITS - Fixed::BITS;

impl Slice {
    /// A slice of these numbers. Errors name the first thing that is wrong:
    ///
    /// - `SlopeNegative` for `b < 0`, `SkewOutOfRange` unless `|ρ| < 1`, `RoundnessTooSmall` for
    ///   `σ < 2^-10` (zero and below among them);
    /// - `TermOutOfRange` for `|a| > 2^15`, `b > 2^12`, `|m| > 8` or `σ > 8`;
    /// - `VarianceTooLow` where the least variance, `a + b · σ · √(1 − ρ²)`, is below that of a
    ///   volatility of 1 % (negative among them).
    pub fn new(terms: SliceTerms) -> Result<Self, SurfaceError> {
        let SliceTerms { a, b, rho, m, sigma } = terms;
        if b < Fixed::ZERO {
            return Err(SurfaceError::SlopeNegative);
        }
        if rho.get().unsigned_abs() >= Fixed::ONE.get().unsigned_abs() {
            return Err(SurfaceError::SkewOutOfRange);
        }
        if sigma < SIGMA_MIN {
            return Err(SurfaceError::RoundnessTooSmall);
        }
        let is_beyond =
            |x: Fixed, whole: i64| x.get().unsigned_abs() > whole.unsigned_abs() << Fixed::BITS;
        if is_beyond(a, A_MAX) || is_beyond(b, B_MAX) || is_beyond(m, M_MAX) {
            return Err(SurfaceError::TermOutOfRange);
        }
        if is_beyond(sigma, SIGMA_MAX) {
            return Err(SurfaceError::TermOutOfRange);
        }
        let slice = Self { terms };
        if slice.variance_least() < Variance::MIN.0.cast_signed() {
            return Err(SurfaceError::VarianceTooLow);
        }
        Ok(slice)
    }

    /// Its numbers.
    #[inline]
    pub const fn terms(&self) -> SliceTerms {
        self.terms
    }

    /// `a` in steps of a variance.
    #[inline]
    pub(crate) const fn base(&self) -> i64 {
        self.terms.a.get().wrapping_shl(TO_VARIANCE)
    }

    /// `b · σ` in steps of a variance, cut; below 2^59.
    #[inline]
    pub(crate) fn bend(&self) -> u64 {
        let (b, sigma) = (self.terms.b.get(), self.terms.sigma.get());
        let (high, low) = wide::mul_u64(b.unsigned_abs(), sigma.unsigned_abs());
        // From steps of 2^-64.
        (high << 44) | (low >> 20)
    }

    /// `a + b · σ · √(1 − ρ²)`, in steps of a variance, cut.
    pub(crate) fn variance_least(&self) -> i64 {
        let rho = self.terms.rho.get().unsigned_abs();
        if rho == 0 {
            return self.base().wrapping_add(self.bend().cast_signed());
        }
        // 1 − ρ² in steps of 2^-64.
        let rest = rho.wrapping_mul(rho).wrapping_neg();
        let pairs = wide::leading_zeros(rest) >> 1;
        let root = root_of_normal(rest.wrapping_shl(pairs << 1)).wrapping_shr(pairs);
        // The root has steps of 2^-63, and is below one.
        let (high, low) = wide::mul_u64(self.bend(), root);
        self.base().wrapping_add(((high << 1) | (low >> 63)).cast_signed())
    }

    /// The variance of a year at `k`, within 2^-43 and `b · 2^-54`.
    pub fn variance(&self, k: Moneyness) -> Variance {
        let SliceTerms { b, rho, m, sigma, .. } = self.terms;
        // Distances have steps of 2^-56: at most 32 and 8, which is below 2^62.
        let distance = k.0.wrapping_sub(m.get().wrapping_shl(TO_MONEYNESS));
        let root = hypotenuse(distance.unsigned_abs(), sigma.get().unsigned_abs() << TO_MONEYNESS);
        let (high, low) = wide::mul_u64(distance.unsigned_abs(), rho.get().unsigned_abs());
        let skew = (high << 32) | (low >> 32);
        // |ρ · (k − m)| is no more than the root.
        let reach = match (distance < 0) == (rho < Fixed::ZERO) {
            true => root.wrapping_add(skew),
            false => root.saturating_sub(skew),
        };
        let (high, low) = wide::mul_u64(reach, b.get().unsigned_abs());
        // From steps of 2^-88: at most 2^12 · 82.
        let above = (high << 20) | (low >> 44);
        let variance = self.base().wrapping_add(above.cast_signed());
        Variance(variance.max(0).unsigned_abs())
    }

    /// The volatility at `k`, to the nearest part per million; what [`crate::value_nearest`] takes.
    #[inline]
    pub fn volatility(&self, k: Moneyness) -> Ratio {
        self.variance(k).volatility()
    }

    /// The volatility of a strike, to the nearest part per million.
    #[inline]
    pub fn volatility_of(&self, strike: Level, forward: Level) -> Ratio {
        self.volatility(Moneyness::of(strike, forward))
    }
}

/// From steps of 2^-32 to those of a moneyness.
const TO_MONEYNESS: u32 = Moneyness::BITS - Fixed::BITS;

/// `√(x² + y²)` for words below 2^62 whose squares together are 2^64 or more; with a relative error
/// below 2^-60.
#[inline]
fn hypotenuse(x: u64, y: u64) -> u64 {
    let ((x1, x0), (y1, y0)) = (wide::mul_u64(x, x), wide::mul_u64(y, y));
    let (low, carry) = x0.overflowing_add(y0);
    let high = x1.wrapping_add(y1).wrapping_add(wide::widen_bool(carry));
    // Below 2^61: at least one pair of zeros.
    let pairs = wide::leading_zeros(high) >> 1;
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(pairs << 1));
    let root = root_of_normal(high.wrapping_shl(pairs << 1) | carried);
    // √(n · 2^64 / 4^pairs) is √n · 2^32 / 2^pairs, and the root has steps of 2^-31.
    root.wrapping_shr(pairs.wrapping_sub(1))
}
