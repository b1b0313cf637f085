//! What is the option worth? Black (1976), undiscounted, in the form that the crate's door plate
//! gives.

use crate::exp::{density, Density, Z_MAX};
use crate::fixed::{Deviations, Level, Log, Premium};
use crate::ln::ln;
use crate::normal::mills;
use crate::root::{root_of_normal, total_deviation, RootTime};
use plimsoll_units::{divide, wide, Ratio, Seconds};

/// Which right does the holder have?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To be paid what the price is above the strike.
    Call,
    /// To be paid what the price is below the strike.
    Put,
}

/// What the contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Call or put.
    pub kind: Kind,
    /// The strike.
    pub strike: Level,
}

/// What the market says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// The forward for the expiry, in the steps of the strike.
    pub forward: Level,
    /// Volatility a year, in parts per million of one (of 100 %).
    pub volatility: Ratio,
    /// Time to expiry; zero once it has expired.
    pub time: Seconds,
}

/// The value, the nearest 65536th of a level's step. Never fails: without time or volatility it is
/// the intrinsic value. Where volatility, root of time or their product are beyond `σ √T = 16`,
/// they count as that.
///
/// - Monotone in forward, strike, volatility and time; within `max(0, ±(F − K))` and `F` (call) or
///   `K` (put); call less put is `F − K`; all of these exactly, as integers.
/// - The error is half a step of the result, and 10^-17 of the smaller of forward and strike.
pub fn value_nearest(terms: Terms, market: Market) -> Premium {
    let root = RootTime::new(market.time);
    let spread = Spread::new(market.forward, ln(market.forward), terms.strike, ln(terms.strike));
    spread.value(terms.kind, total_deviation(market.volatility, root))
}

/// Forward and strike, and how far they are apart.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    /// The smaller one.
    pub low: Level,
    /// `|F − K|`, exactly.
    pub distance: Premium,
    /// `y = |ln(F/K)|`.
    log_distance: u64,
    /// Is the forward above the strike?
    pub is_forward_above: bool,
}

/// Where in the normal distribution an option stands.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// `|z|` for `z = y/w − w/2`.
    pub near: Deviations,
    /// Is `z` negative?
    pub is_near_negative: bool,
    /// `z + w = y/w + w/2`.
    pub far: Deviations,
}

impl Spread {
    /// From two levels and their logarithms.
    #[inline]
    pub fn new(forward: Level, log_forward: Log, strike: Level, log_strike: Log) -> Self {
        Self {
            low: forward.min(strike),
            distance: Premium::from_distance(forward, strike),
            log_distance: log_forward.get().abs_diff(log_strike.get()),
            is_forward_above: forward > strike,
        }
    }

    /// The value at a total deviation `w`.
    #[inline]
    pub fn value(&self, kind: Kind, deviation: Deviations) -> Premium {
        let outside = match self.place(deviation) {
            Some(place) => self.outside(place),
            None => Premium::ZERO,
        };
        self.with_intrinsic(kind, outside)
    }

    /// Does exercise at the forward pay?
    #[inline]
    pub const fn is_in_the_money(&self, kind: Kind) -> bool {
        match kind {
            Kind::Call => self.is_forward_above,
            Kind::Put => !self.is_forward_above,
        }
    }

    /// An option from the one that is out of the money. Both parts are below 2^62.
    #[inline]
    pub const fn with_intrinsic(&self, kind: Kind, outside: Premium) -> Premium {
        if self.is_in_the_money(kind) {
            Premium::new(outside.get().wrapping_add(self.distance.get()))
        } else {
            outside
        }
    }

    /// Where a total deviation `w` puts the option; `None` where nothing of the distribution is
    /// left beyond it: `z >= 11`, no time, or no volatility.
    #[inline]
    pub fn place(&self, deviation: Deviations) -> Option<Place> {
        let w = deviation.get();
        let quotient = quotient(self.log_distance, w)?;
        let half = w >> 1;
        // Both below 32: the quotient less the half is below eleven, the half at most eight.
        let near = quotient.abs_diff(half);
        let is_near_negative = quotient < half;
        if !is_near_negative && near >= Z_MAX.get() {
            return None;
        }
        let far = Deviations(quotient.wrapping_add(half));
        Some(Place { near: Deviations(near), is_near_negative, far })
    }

    /// The volatility, in parts per million, at which vega is largest: `√(2y)` over the root of
    /// time. Where a search begins, so that nothing rests on its last digits.
    pub fn steepest(&self, root: RootTime) -> u32 {
        if self.log_distance == 0 {
            return 0;
        }
        // 2y < 64 in steps of 2^-58 fits a word; its root comes in steps of 2^-60.
        let doubled = self.log_distance << 1;
        let pairs = wide::leading_zeros(doubled) >> 1;
        let w = root_of_normal(doubled.wrapping_shl(pairs << 1)).wrapping_shr(pairs);
        // The root of time has steps of 2^-79 and 46 bits or more.
        let ppm = w.checked_div(root.get() >> 19).unwrap_or(0);
        u32::try_from(ppm).unwrap_or(u32::MAX)
    }

    /// The value of the option that is out of the money: `m · φ(z) · (M(z) − M(z + w))`, and for a
    /// negative `z`, where `φ(z) · M(z) = 1 − φ(z) · M(−z)`, `m − m · φ(z) · (M(−z) + M(z + w))`.
    #[inline]
    fn outside(&self, place: Place) -> Premium {
        self.outside_of(place, density(place.near))
    }

    /// The same, for a caller that needs the density too.
    #[inline]
    pub fn outside_of(&self, place: Place, density: Density) -> Premium {
        let (near, far) = (mills(place.near), mills(place.far));
        if place.is_near_negative {
            // In steps of 2^-62: the sum can be over two.
            let bracket = (near >> 1).wrapping_add(far >> 1);
            let lost = self.part_nearest(density, bracket, 62);
            let all = self.low.get() << Premium::BITS;
            Premium::new(all.saturating_sub(lost).cast_signed())
        } else {
            let bracket = near.saturating_sub(far);
            Premium::new(self.part_nearest(density, bracket, 63).cast_signed())
        }
    }

    /// `m · density · bracket` in steps of a premium, nearest; the bracket has so many bits behind
    /// the point.
    #[inline]
    fn part_nearest(&self, density: Density, bracket: u64, bits: u32) -> u64 {
        // In steps of 2^-(bits + shift); below two.
        let (share, _) = wide::mul_u64(density.mantissa, bracket);
        let (high, low) = wide::mul_u64(share, self.low.get());
        let places = bits.wrapping_sub(Premium::BITS).wrapping_add(density.shift);
        shift_nearest(high, low, places)
    }
}

/// `y / w` in steps of 2^-59, cut; `None` from 32 on, or for a deviation of nothing.
#[inline]
fn quotient(log_distance: u64, w: u64) -> Option<u64> {
    // y has steps of 2^-58, w of 2^-59: y · 2^60 / w, whose upper word is y / 16.
    let (high, low) = (log_distance >> 4, log_distance << 60);
    if high >= w {
        return None;
    }
    let zeros = wide::leading_zeros(w);
    let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
    let (high, low) = (high.wrapping_shl(zeros) | carried, low.wrapping_shl(zeros));
    let (quotient, _) = divide::div_2by1(high, low, w.wrapping_shl(zeros));
    Some(quotient)
}

/// `(high · 2^64 + low) / 2^places`, the nearest, for 46 places or more and a high word below 2^46.
#[inline]
pub(crate) fn shift_nearest(high: u64, low: u64, places: u32) -> u64 {
    let half_at = places.wrapping_sub(1);
    // Twice the result, cut; one more, and half of that.
    let doubled = if half_at < 64 {
        low.wrapping_shr(half_at) | (high << 1).wrapping_shl(63u32.wrapping_sub(half_at))
    } else {
        high.checked_shr(half_at.wrapping_sub(64)).unwrap_or(0)
    };
    doubled.wrapping_add(1) >> 1
}
