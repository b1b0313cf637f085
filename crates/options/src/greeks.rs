//! How does the value change with each input?
//!
//! All of them are relative to the forward, so that they are pure numbers of a moderate size
//! whatever a level's step is. With `φ(d1)` the normal density at `d1`, and `year` 365 days:
//!
//! | greek | means | in symbols |
//! |---|---|---|
//! | delta | change of the value per change of the forward, −1 to 1 | `N(d1)`, for a put `N(d1) − 1` |
//! | gamma | change of delta per relative change of the forward (1 is 100 %) | `F · Γ = φ(d1) / w` |
//! | vega | change per change of the volatility by 1 (by 100 %), in forwards | `φ(d1) · √(T/year)` |
//! | theta | change as a day passes, in forwards; never positive | `−φ(d1) · w / (2 T/day)` |

use crate::black76::{Kind, Market, Place, Spread, Terms};
use crate::exp::{density, Density};
use crate::fixed::{Deviations, Fixed, Level, Premium};
use crate::ln::ln;
use crate::normal::mills;
use crate::root::{total_deviation, RootTime};
use plimsoll_units::{divide, wide};

/// A value and its derivatives, as the table above has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// The value, as [`crate::value_nearest`] gives it.
    pub value: Premium,
    /// By the forward.
    pub delta: Fixed,
    /// By the forward twice, times the forward; at most 2^31, where it saturates.
    pub gamma: Fixed,
    /// By the volatility, over the forward.
    pub vega: Fixed,
    /// By a day less to go, over the forward.
    pub theta: Fixed,
}

/// The value and its derivatives. Never fails. Without time or volatility (and where `z >= 11`)
/// the option is a forward or nothing: delta is one or zero, half where forward and strike are
/// equal, and the others are zero.
///
/// Errors are below 2^-31 for delta and vega, below 10^-8 for theta; gamma, which has no bound, is
/// off by less than 2^-31 and 2^-40 of itself.
pub fn greeks(terms: Terms, market: Market) -> Greeks {
    let root = RootTime::new(market.time);
    let spread = Spread::new(market.forward, ln(market.forward), terms.strike, ln(terms.strike));
    let w = total_deviation(market.volatility, root);
    let Some(place) = spread.place(w) else {
        return without_time_value(&spread, terms.kind);
    };
    let density = density(place.near);
    let value = spread.with_intrinsic(terms.kind, spread.outside_of(place, density));
    let ratio = ratio_of(terms.strike, market.forward);
    // φ(d1): the density at `z`, or at `z + w`, which is K/F of that.
    let density_1 = match spread.is_forward_above {
        true => wide::mul_u64(density.floor(), ratio).0,
        false => density.floor(),
    };
    let call_delta = call_delta(&spread, place, density, ratio);
    Greeks {
        value,
        delta: match terms.kind {
            Kind::Call => call_delta,
            Kind::Put => Fixed::new(call_delta.get().wrapping_sub(Fixed::ONE.get())),
        },
        gamma: gamma(density_1, w),
        vega: vega(density_1, root),
        theta: theta(density_1, w, market.time.get()),
    }
}

/// What is left of an option that can no longer change sides.
fn without_time_value(spread: &Spread, kind: Kind) -> Greeks {
    let call_delta = match (spread.is_forward_above, spread.distance) {
        (true, _) => Fixed::ONE,
        (false, Premium::ZERO) => Fixed::HALF,
        (false, _) => Fixed::ZERO,
    };
    let delta = match kind {
        Kind::Call => call_delta.get(),
        Kind::Put => call_delta.get().wrapping_sub(Fixed::ONE.get()),
    };
    Greeks {
        value: spread.with_intrinsic(kind, Premium::ZERO),
        delta: Fixed::new(delta),
        gamma: Fixed::ZERO,
        vega: Fixed::ZERO,
        theta: Fixed::ZERO,
    }
}

/// `min(1, K/F)` in steps of 2^-64, cut; just under one where it is one.
fn ratio_of(strike: Level, forward: Level) -> u64 {
    if strike >= forward {
        return u64::MAX;
    }
    let zeros = wide::leading_zeros(forward.get());
    let high = strike.get().wrapping_shl(zeros);
    divide::div_2by1(high, 0, forward.get().wrapping_shl(zeros)).0
}

/// `N(d1)`. With the forward below the strike `d1` is `−z`, otherwise `z + w`, of which
/// `1 − (K/F) · φ(z) · M(z + w)` lies before it.
fn call_delta(spread: &Spread, place: Place, density: Density, ratio: u64) -> Fixed {
    let from = if spread.is_forward_above { place.far } else { place.near };
    let (share, _) = wide::mul_u64(density.mantissa, mills(from));
    // In steps of 2^-63: the tail beyond `from`.
    let tail = share.checked_shr(density.shift).unwrap_or(0);
    let tail = if spread.is_forward_above { wide::mul_u64(tail, ratio).0 } else { tail };
    let tail = tail.wrapping_add(1 << 30) >> 31;
    if spread.is_forward_above || place.is_near_negative {
        Fixed::new(Fixed::ONE.get().wrapping_sub(tail.cast_signed()))
    } else {
        Fixed::new(tail.cast_signed())
    }
}

/// `φ(d1) / w`, cut; saturates.
fn gamma(density_1: u64, w: Deviations) -> Fixed {
    // 2^-64 over 2^-59, wanted in 2^-32: times 2^27.
    let (high, low) = (density_1 >> 37, density_1 << 27);
    let zeros = wide::leading_zeros(w.get());
    if high >= w.get() {
        return Fixed::new(i64::MAX);
    }
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
    let (high, low) = (high.wrapping_shl(zeros) | carried, low.wrapping_shl(zeros));
    let (quotient, _) = divide::div_2by1(high, low, w.get().wrapping_shl(zeros));
    Fixed::new(wide::signed(quotient).unwrap_or(i64::MAX))
}

/// `φ(d1) · √(T/year)`, cut; at most nine, for 544 years.
fn vega(density_1: u64, root: RootTime) -> Fixed {
    let (product, _) = wide::mul_u64(density_1, root.get());
    // In steps of 10^6 · 2^-79; the root's 64 bits times 0.4. The million has 20 bits.
    Fixed::new(((product >> 20).wrapping_mul(1_000_000) >> 27).cast_signed())
}

/// `−φ(d1) · w · (day / 2) / T`, cut.
fn theta(density_1: u64, w: Deviations, time_seconds: u64) -> Fixed {
    /// Half a day in seconds: below 2^16.
    const HALF_DAY: u64 = 43_200;
    let (product, _) = wide::mul_u64(density_1, w.get());
    // From steps of 2^-59 to 2^-44, which leaves room for the factor.
    let scaled = (product >> 15).wrapping_mul(HALF_DAY).checked_div(time_seconds).unwrap_or(0);
    Fixed::new((scaled >> 12).cast_signed().wrapping_neg())
}
