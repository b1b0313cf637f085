//! How far does the price move until expiry?

use crate::fixed::Deviations;
use plimsoll_units::{wide, Ratio, Seconds};

/// Seconds in the year that volatilities are quoted for: 365 days, as the crypto venues do.
pub const YEAR: Seconds = Seconds::new(31_536_000);

/// Where time stops to count: 2^34 seconds, 544 years.
const TIME_MAX: u64 = (1 << 34) - 1;

/// `√(T / year)` of so much time, in steps of 10^6 · 2^-79: what a volatility in parts per million
/// is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RootTime(u64);

/// `2^96 / (10^6 · √year)`, nearest.
const SCALE: u64 = 0xc3ca_ef34_a72f_9b70;

impl RootTime {
    /// The root of so much time, with a relative error below 2^-45; rises with every second up
    /// to 2^34 of them, and stays there.
    #[inline]
    pub fn new(time: Seconds) -> Self {
        let time = time.get().min(TIME_MAX);
        if time == 0 {
            return Self(0);
        }
        // At least fifteen pairs, since the time has 34 bits at most.
        let pairs = wide::leading_zeros(time) >> 1;
        let root = root_of_normal(time.wrapping_shl(pairs << 1));
        let (scaled, _) = wide::mul_u64(root << 1, SCALE);
        Self(scaled.wrapping_shr(pairs.wrapping_sub(15)))
    }

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// `√n` in steps of 2^-31 for `n >= 2^62`, within two of them. Newton's iteration from the best
/// line, four divisions in all: 4 %, 2^-10, 2^-21, 2^-43, 2^-64.
#[inline]
pub(crate) fn root_of_normal(n: u64) -> u64 {
    /// 17/24 · 2^31.
    const LINE: u64 = 1_521_134_251;
    let divided = |a: u64, b: u64| a.checked_div(b).unwrap_or(0);
    let start = divided(n >> 31, 3).wrapping_add(LINE);
    let better = |x: u64| divided(n, x).wrapping_add(x) >> 1;
    // Below 2^32, so that its square fits; at most two from the root.
    let root = better(better(better(start))).min(0xffff_ffff);
    let square = root.wrapping_mul(root);
    let rest = n.abs_diff(square);
    // rest / (2 · root): the rest is below 2^34, since the root is off by less than two.
    let correction = divided(rest << 30, root);
    if n >= square {
        (root << 31).wrapping_add(correction)
    } else {
        (root << 31).wrapping_sub(correction)
    }
}

/// The largest total deviation: sixteen. Beyond it, a value is within 10^-9 of its bound.
const DEVIATION_MAX: u64 = 16 << Deviations::BITS;

/// `w = σ · √(T / year)`, cut, and sixteen where it would be more. Rises with the volatility and
/// with the time.
#[inline]
pub fn total_deviation(volatility: Ratio, root: RootTime) -> Deviations {
    let (high, low) = wide::mul_u64(wide::widen(volatility.ppm()), root.get());
    // From steps of 2^-79 to 2^-59.
    if high >> 19 != 0 {
        return Deviations(DEVIATION_MAX);
    }
    Deviations((high << 44) | (low >> 20))
}
