//! Can somebody earn from a slice without risk? What is asked of it when it is set.
//!
//! With total variance `w(k)`, its derivatives in `k = ln(K/F)`, and Durrleman's function
//!
//! > `g = (1 − k · w′ / 2w)² − w′²/4w − w′²/16 + w″/2`
//!
//! (Gatheral and Jacquier, 2014): no butterfly of options costs less than nothing while `g >= 0`
//! and the wings of `w` rise by no more than two (Lee, 2004); no option costs more than a later one
//! of the same moneyness while `w` does not fall from one expiry to the next.
//!
//! Both are looked at where `k = m + σ · sinh θ`, for 193 values of `θ` from −6 to 6. In `θ` a slice
//! has no scale of its own: `√((k − m)² + σ²)` is `σ · cosh θ`, its derivative `tanh θ`, and neither
//! can change much within a sixteenth. The bounds of [`check_butterflies`] on how sharp a slice may
//! be are there for `w`, by which `g` divides. That no butterfly hides between two points is measured
//! and not proved; `docs/RISK.md` says on what, and how far a later slice may sag.
//!
//! **Time is on the safe side.** As it passes, `w` becomes `λ · w` with a `λ` that falls from one to
//! zero, and `g` is concave in `λ`: it stays above the lesser of its values at both ends, which are
//! the one that was checked and a square. Of two expiries the later one has the larger `λ`.

use crate::root::YEAR;
use crate::svi::{Moneyness, Slice, Variance};
use crate::tables::grid::GRID;
use crate::{Fixed, SurfaceError};
use plimsoll_units::{divide, wide, Seconds};

/// One in steps of 2^-32.
const ONE: i64 = Fixed::ONE.get();

/// What `g` must be at each point at least: 2^-11, for what it may fall in between. Measured on
/// random slices (`tests/arbitrage.rs`), not proved.
const RESERVE: i64 = ONE >> 11;

/// How far from the forward a strike may be: `|k| <= 8`, 2,981 times either way.
const REACH: i64 = 8 * ONE;

/// How far points are looked at: for every slice the first one beyond that is among them.
const GRID_REACH: i64 = 10 * ONE;

/// How sharp a slice may be: `b · σ` over the least variance, and `|m|` over `σ`.
const BEND_MAX: u64 = 64;
const SHIFT_MAX: u64 = 16;

/// Where time stops to count.
const TIME_MAX: u64 = (1 << 34) - 1;

/// Bits behind the point of the total slope `b · T / year`.
const SLOPE_BITS: u32 = 48;

/// `x · y / 2^places`, toward zero, for 1 to 63 places and a result below 2^63.
#[inline]
fn times(x: i64, y: i64, places: u32) -> i64 {
    let (high, low) = wide::mul_u64(x.unsigned_abs(), y.unsigned_abs());
    let size = high.wrapping_shl(64u32.wrapping_sub(places)) | low.wrapping_shr(places);
    match (x < 0) == (y < 0) {
        true => size.cast_signed(),
        false => size.cast_signed().wrapping_neg(),
    }
}

/// A point of the grid, mirrored for a negative `θ`.
#[derive(Clone, Copy)]
struct Point {
    sinh: i64,
    cosh: i64,
    tanh: i64,
    sech_cubed: i64,
}

impl Point {
    /// The grid from the middle outward, to one side.
    fn side(sign: i64) -> impl Iterator<Item = Self> {
        GRID.iter().map(move |[sinh, cosh, tanh, sech_cubed]| Self {
            sinh: sinh.wrapping_mul(sign),
            cosh: *cosh,
            tanh: tanh.wrapping_mul(sign),
            sech_cubed: *sech_cubed,
        })
    }
}

impl Slice {
    /// `k` of a point in steps of 2^-32, where it is looked at.
    #[inline]
    fn place(&self, point: Point) -> Option<i64> {
        let terms = self.terms();
        // Both factors have steps of 2^-32: σ is at most eight, sinh 202.
        let k = terms.m.get().wrapping_add(times(terms.sigma.get(), point.sinh, 32));
        (k.unsigned_abs() <= GRID_REACH.unsigned_abs()).then_some(k)
    }

    /// The variance at a point that is looked at, without a root.
    #[inline]
    fn variance_on_grid(&self, bend: i64, point: Point) -> i64 {
        let along = times(self.terms().rho.get(), point.sinh, 32).wrapping_add(point.cosh);
        let variance = self.base().wrapping_add(times(bend, along, 32));
        variance.max(Variance::MIN.get().cast_signed())
    }

    /// `b · T / year` in steps of 2^-48; `None` above four.
    fn slope(&self, time: Seconds) -> Option<u64> {
        let b = self.terms().b.get().unsigned_abs();
        // 44 bits and 34; sixteen more fit.
        let (high, low) = wide::mul_u64(b, time.get().min(TIME_MAX));
        let raised = SLOPE_BITS.wrapping_sub(Fixed::BITS);
        let high = high.wrapping_shl(raised) | low.wrapping_shr(64u32.wrapping_sub(raised));
        let year = wide::narrow_u32(YEAR.get()).unwrap_or(1);
        match divide::div_u128_u32(high, low.wrapping_shl(raised), year) {
            (0, slope) if slope >> SLOPE_BITS < 4 => Some(slope),
            _ => None,
        }
    }

    /// Is it too sharp for the grid?
    fn is_too_sharp(&self) -> bool {
        let terms = self.terms();
        let (bend, shift) = (self.bend(), terms.m.get().unsigned_abs());
        // The least variance is positive and below 2^63; a 64th of the bend is compared with it.
        bend.wrapping_div(BEND_MAX) > self.variance_least().unsigned_abs()
            || shift.wrapping_div(SHIFT_MAX) > terms.sigma.get().unsigned_abs()
    }
}

/// Whether no butterfly of this slice costs less than nothing, so long before its expiry and any
/// time later.
///
/// - `SlopeBeyondLee` where a wing of the total variance rises by more than two:
///   `b · (1 + |ρ|) · T / year > 2`;
/// - `TooSharp` for `b · σ` above 64 times the least variance, or `|m| > 16 σ`: it could do between
///   two points of the grid what neither shows;
/// - `ButterflyArbitrage` where `g` at a point of the grid is below 2^-11, or `1 − k · w′ / 2w`
///   changes its sign between two points of which one has a negative rest `g − (1 − k · w′ / 2w)²`:
///   in between there is nothing but that rest.
///
/// Between two points no counterexample is known, and there is no proof.
pub fn check_butterflies(slice: &Slice, time: Seconds) -> Result<(), SurfaceError> {
    let terms = slice.terms();
    let steepness = slice.slope(time).ok_or(SurfaceError::SlopeBeyondLee)?;
    let slope = steepness.cast_signed();
    let skew = terms.rho.get().saturating_abs();
    if times(slope, ONE.wrapping_add(skew), Fixed::BITS) > 2 << SLOPE_BITS {
        return Err(SurfaceError::SlopeBeyondLee);
    }
    if slice.is_too_sharp() {
        return Err(SurfaceError::TooSharp);
    }
    // w″ in the middle, halved: below 2^42, for a slope of at most two and σ of 2^-10 or more.
    // Without signs: the VM divides no others.
    let roundness = terms.sigma.get().unsigned_abs() >> 2;
    let curve = (steepness << 13).checked_div(roundness).unwrap_or(0).cast_signed();
    let butterflies = Butterflies { slice, bend: slice.bend().cast_signed(), slope, curve };
    butterflies.check(1)?;
    butterflies.check(-1)
}

/// A slice, and what its points share.
struct Butterflies<'a> {
    slice: &'a Slice,
    /// `b · σ` in steps of a variance.
    bend: i64,
    /// `b · T / year`.
    slope: i64,
    /// `b · T / year / 2σ`, in steps of 2^-32.
    curve: i64,
}

impl Butterflies<'_> {
    /// Looks at one side of the middle.
    fn check(&self, sign: i64) -> Result<(), SurfaceError> {
        let mut last: Option<(i64, i64)> = None;
        for point in Point::side(sign) {
            let Some(k) = self.slice.place(point) else {
                continue;
            };
            let (gap, rest) = self.density(k, point);
            let is_crossing = last.is_some_and(|(before, rest_before)| {
                (before < 0) != (gap < 0) && rest_before.min(rest) < 0
            });
            if is_crossing || times(gap, gap, 32).saturating_add(rest) < RESERVE {
                return Err(SurfaceError::ButterflyArbitrage);
            }
            last = Some((gap, rest));
        }
        Ok(())
    }

    /// `1 − k · w′ / 2w`, and `w″/2 − w′²/4w − w′²/16`, in steps of 2^-32.
    #[inline]
    fn density(&self, k: i64, point: Point) -> (i64, i64) {
        let terms = self.slice.terms();
        let variance = self.slice.variance_on_grid(self.bend, point);
        let lean = terms.rho.get().wrapping_add(point.tanh);
        let rise = relative_rise(times(terms.b.get(), lean, 32), variance);
        let total_rise = times(self.slope, lean, 32);
        // Every term is below 2^62.
        let gap = ONE.wrapping_sub(times(k, rise, 33)).clamp(-GAP_MAX, GAP_MAX);
        let lost = times(total_rise, rise, 50)
            .saturating_add(times(total_rise, total_rise, 63).wrapping_shr(5));
        (gap, times(self.curve, point.sech_cubed, 32).saturating_sub(lost))
    }
}

/// Where `1 − k · w′ / 2w` stops to count: its square is then far above all else.
const GAP_MAX: i64 = ONE << 15;

/// `v′ / v` in steps of 2^-32, toward zero, from a slope with the same steps: `2 · b` at most over
/// the least variance, which is below 2^59.
#[inline]
fn relative_rise(slope: i64, variance: i64) -> i64 {
    let (size, divisor) = (slope.unsigned_abs(), variance.unsigned_abs());
    // From steps of 2^-32 over 2^-44 to 2^-32: 44 places.
    let (high, low) = (size >> 20, size << 44);
    let zeros = wide::leading_zeros(divisor);
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
    let (high, low) = (high.wrapping_shl(zeros) | carried, low.wrapping_shl(zeros));
    let (quotient, _) = divide::div_2by1(high, low, divisor.wrapping_shl(zeros));
    wide::with_sign_of(quotient, if slope < 0 { i64::MIN } else { i64::MAX })
}

/// Whether no option costs more than one of a later expiry with the same moneyness, now and any time
/// later.
///
/// - `ExpiriesOutOfOrder` unless the earlier one has less time;
/// - `CalendarArbitrage` where, at a point of the later slice's grid or at `|k| = 8`, the later total
///   variance is the smaller one.
///
/// Between those points, for `|k| <= 8`, it can still be smaller, by what the later slice sags below
/// its chords: less than `b · σ · T / year / 2,000` on its grid, and less than a 403rd of
/// `b · σ · T / year` from the grid's last point to `|k| = 8`, where there is such a gap.
pub fn check_calendar(
    (earlier, time): (&Slice, Seconds),
    (later, time_later): (&Slice, Seconds),
) -> Result<(), SurfaceError> {
    if time >= time_later {
        return Err(SurfaceError::ExpiriesOutOfOrder);
    }
    let total = |variance: u64, time: Seconds| wide::mul_u64(variance, time.get().min(TIME_MAX));
    let check = |k: i64, variance: u64| {
        let k = Moneyness::new(k.wrapping_shl(Moneyness::BITS.wrapping_sub(Fixed::BITS)));
        match total(earlier.variance(k).get(), time) > total(variance, time_later) {
            true => Err(SurfaceError::CalendarArbitrage),
            false => Ok(()),
        }
    };
    let bend = later.bend().cast_signed();
    for point in Point::side(1).chain(Point::side(-1)) {
        if let Some(k) = later.place(point) {
            check(k, later.variance_on_grid(bend, point).unsigned_abs())?;
        }
    }
    for k in [REACH.wrapping_neg(), REACH] {
        let at = Moneyness::new(k.wrapping_shl(Moneyness::BITS.wrapping_sub(Fixed::BITS)));
        check(k, later.variance(at).get())?;
    }
    Ok(())
}
