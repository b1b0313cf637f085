//! Which volatility does a premium stand for?
//!
//! A value rises with the volatility, step by step of 10^-6, so that there is one answer or none.
//! Newton's method from the point where vega is largest, `w = √(2y)` (Manaster and Koehler, 1982),
//! kept inside an interval that each step makes smaller; where Newton would leave it, or gains too
//! little, its middle.

use crate::black76::{Spread, Terms};
use crate::exp::density;
use crate::fixed::{Level, Premium};
use crate::ln::ln;
use crate::root::{total_deviation, RootTime};
use crate::OptionError;
use plimsoll_units::{wide, Ratio, Seconds};

/// The volatility at which the option has this value, within 10^-6.
///
/// - `Expired` for no time, `BelowIntrinsic`, `AboveBound`, and `VolatilityOutOfRange` where no
///   volatility gives that much.
/// - `VegaNegligible` where two volatilities that are 10^-6 apart have the same value, so that the
///   premium does not tell them apart: where 10^-6 of vega is less than a step of a premium.
pub fn implied_volatility(
    terms: Terms,
    forward: Level,
    time: Seconds,
    premium: Premium,
) -> Result<Ratio, OptionError> {
    if time.is_zero() {
        return Err(OptionError::Expired);
    }
    let spread = Spread::new(forward, ln(forward), terms.strike, ln(terms.strike));
    let intrinsic = match spread.is_in_the_money(terms.kind) {
        true => spread.distance.get(),
        false => 0,
    };
    // What the option that is out of the money is worth. A premium can be any word.
    let target = premium.get().saturating_sub(intrinsic);
    if target < 0 {
        return Err(OptionError::BelowIntrinsic);
    }
    if target.unsigned_abs() >= spread.low.get() << Premium::BITS {
        return Err(OptionError::AboveBound);
    }
    if target == 0 {
        return Err(OptionError::VegaNegligible);
    }
    let search = Search { spread, root: RootTime::new(time), target };
    if search.value(u32::MAX).excess < 0 {
        return Err(OptionError::VolatilityOutOfRange);
    }
    search.answer(search.first_reaching())
}

/// A search among volatilities in parts per million.
struct Search {
    spread: Spread,
    root: RootTime,
    target: i64,
}

/// What one volatility gives.
struct Probe {
    /// The value less the target.
    excess: i64,
    /// Where Newton's method would look next, as a distance; `None` where the value is too flat.
    step: Option<u64>,
}

impl Search {
    /// The value at a volatility, against the target.
    fn value(&self, ppm: u32) -> Probe {
        let place = self.spread.place(total_deviation(Ratio::from_ppm(ppm), self.root));
        let Some(place) = place else {
            return Probe { excess: self.target.wrapping_neg(), step: None };
        };
        let density = density(place.near);
        // Both are from zero to 2^62.
        let excess = self.spread.outside_of(place, density).get().wrapping_sub(self.target);
        // Vega per part per million, m · φ(z) · √(T/year), in 2^-15 of a step of a premium.
        let (vega, _) = wide::mul_u64(self.spread.low.get() << Premium::BITS, self.root.get());
        let (vega, _) = wide::mul_u64(vega, density.mantissa);
        let vega = vega.checked_shr(density.shift).unwrap_or(0);
        let gap = excess.unsigned_abs();
        let step = match gap >> 48 {
            0 => (gap << 15).checked_div(vega),
            _ => gap.checked_div(vega >> 15),
        };
        Probe { excess, step }
    }

    /// A volatility whose value is the target, or the least one whose value is above it. There is
    /// one, and zero is none.
    fn first_reaching(&self) -> u32 {
        let (mut below, mut reaching) = (0, u32::MAX);
        let mut next = self.steepest();
        let mut step_last = u64::MAX;
        // A step by Newton is at most half the one before it, or the interval is halved: no more
        // than 32 turns for each of its 32 bits, and in practice some twenty in all.
        while reaching.wrapping_sub(below) > 1 {
            let probe = self.value(next);
            match probe.excess.signum() {
                0 => return next,
                -1 => below = next,
                _ => reaching = next,
            }
            let step = probe.step.map(|step| step.max(1)).filter(|step| *step <= step_last >> 1);
            let ahead = step.and_then(|step| {
                let step = u32::try_from(step).ok()?;
                match probe.excess < 0 {
                    true => next.checked_add(step),
                    false => next.checked_sub(step),
                }
            });
            let inside = ahead.filter(|at| *at > below && *at < reaching);
            (next, step_last) = match (inside, step) {
                (Some(at), Some(step)) => (at, step),
                _ => (middle(below, reaching), u64::MAX),
            };
        }
        reaching
    }

    /// Where vega is largest: `w = √(2y)`.
    fn steepest(&self) -> u32 {
        self.spread.steepest(self.root).clamp(1, u32::MAX - 1)
    }

    /// The nearer of the one that reaches the target and the one before it; an error where a
    /// neighbour has the same value.
    fn answer(&self, reaching: u32) -> Result<Ratio, OptionError> {
        let here = self.value(reaching).excess;
        let before = self.value(reaching.wrapping_sub(1)).excess;
        let after = reaching.checked_add(1).map(|ppm| self.value(ppm).excess);
        if before == here || after == Some(here) {
            return Err(OptionError::VegaNegligible);
        }
        let is_before_nearer = before.unsigned_abs() < here.unsigned_abs() && reaching > 1;
        Ok(Ratio::from_ppm(if is_before_nearer { reaching.wrapping_sub(1) } else { reaching }))
    }
}

/// A number between two that are more than one apart: the middle, or by their number of bits where
/// one is many times the other.
fn middle(below: u32, above: u32) -> u32 {
    let bits = |x: u32| 64u32.wrapping_sub(wide::leading_zeros(wide::widen(x)));
    if above >> 2 > below {
        return 1u32.wrapping_shl(bits(below).wrapping_add(bits(above)) >> 1);
    }
    below.midpoint(above)
}
