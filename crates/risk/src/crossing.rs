//! At which price does an account cross its line, if its value is no plain function of the price?
//!
//! What an option is worth at another price is known to whoever prices options. So the caller
//! judges the account at a price, and here the price is looked for.

use crate::{Health, RiskError};
use plimsoll_units::{Price, Ratio};

/// Steps on the way out, each way.
const STEPS: u32 = 64;
/// A step down takes 1/64 of today's price off; a step up is a 64th part of ten times more.
const DOWN_PPM: u32 = 15_625;
const UP_PPM: u32 = 140_625;
/// Halvings of the step in which the line is crossed.
const HALVINGS: u32 = 40;

/// The nearest prices below and above `price` at which the account is on the other side of its
/// line than it is at `price`, all other prices unchanged; `None` where it changes sides nowhere
/// down to 1/64 of the price, or up to ten times it. `health_at` judges it at a price: the terms
/// are to be those of that price, with risk arrays made anew.
///
/// The way is walked in 64 steps, and the one in which the line is crossed is halved until the
/// price is known to 2^-40 of a step; what crosses the line twice within a step is not seen. The
/// price that is returned is on the far side. Up to 210 calls of `health_at`, whose errors are
/// passed on.
pub fn crossings(
    price: Price,
    mut health_at: impl FnMut(Price) -> Result<Health, RiskError>,
) -> Result<(Option<Price>, Option<Price>), RiskError> {
    let mut sound = |price| Ok(!health_at(price)?.surplus()?.is_negative());
    let today = sound(price)?;
    let down = crossing(price, today, &mut sound, |step| {
        Ratio::from_ppm(Ratio::PARTS.saturating_sub(DOWN_PPM.saturating_mul(step)))
    })?;
    let up = crossing(price, today, &mut sound, |step| {
        Ratio::from_ppm(Ratio::PARTS.saturating_add(UP_PPM.saturating_mul(step)))
    })?;
    Ok((down, up))
}

fn crossing(
    price: Price,
    today: bool,
    sound: &mut impl FnMut(Price) -> Result<bool, RiskError>,
    factor: impl Fn(u32) -> Ratio,
) -> Result<Option<Price>, RiskError> {
    let mut same = price;
    for step in 1..=STEPS {
        // The last step down would end at nothing.
        if factor(step).is_zero() {
            break;
        }
        let next = price.mul_ratio(factor(step))?;
        if sound(next)? != today {
            return Ok(Some(narrowed(same, next, today, sound)?));
        }
        same = next;
    }
    Ok(None)
}

fn narrowed(
    mut same: Price,
    mut other: Price,
    today: bool,
    sound: &mut impl FnMut(Price) -> Result<bool, RiskError>,
) -> Result<Price, RiskError> {
    for _ in 0..HALVINGS {
        let middle = same.checked_add(other)?.half()?;
        if sound(middle)? == today {
            same = middle;
        } else {
            other = middle;
        }
    }
    Ok(other)
}
