//! What is an account worth, and what must it be worth?

use crate::array_margin;
use crate::array_sums::ArraySums;
use crate::sweep::{strict_factors, sweep, Sums};
use crate::{Action, Holding, Market, RiskError, UnderlyingTerms};
use plimsoll_units::{MathError, Ratio, Value};

/// Which line is the account judged against? Health for opening is never above health for
/// keeping: values are stricter and requirements larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// May it take on more? Strict values, requirements times the initial multiplier.
    Initial,
    /// May it stay as it is? Oracle values, plain requirements.
    Maintenance,
}

impl Check {
    /// The action whose oracle rule applies.
    #[inline]
    pub const fn action(self) -> Action {
        match self {
            Self::Initial => Action::Open,
            Self::Maintenance => Action::Liquidate,
        }
    }
}

/// Both sides of the load line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What the account is worth, rounded down.
    pub equity: Value,
    /// What it must be worth, each term rounded up.
    pub requirement: Value,
    /// Bound of the requirement's fall per share of the account that is taken off: for every `x`
    /// in 0..1, `requirement − requirement(x · account) <= (1 − x) · requirement_slope`. Equal to
    /// the requirement where no underlying is concentrated.
    pub requirement_slope: Value,
}

impl Health {
    /// Equity less requirement: below zero the account is below its line.
    #[inline]
    pub const fn surplus(&self) -> Result<Value, MathError> {
        self.equity.checked_sub(self.requirement)
    }
}

/// Health of the account whose rows are `holdings`, in strictly ascending order of their keys.
/// Rows of nothing need no terms and no price.
///
/// With `L`, `S` the long and short values of an underlying at the oracle's price and `c` the
/// quote flows, all in quote atoms:
///
/// - keeping: `E = Σ (L − S) + Σ c`, `MM = Σ requirement`
/// - opening: `E = Σ (L · low/price − S · high/price) + Σ c − Σ (1 − weight) · positive value`,
///   `IM = Σ ι · requirement`, where a row's positive value is the open profit of a position or
///   a token balance, both at the strict price
///
/// Rows with a risk array count at their fair value, for opening at `low` or `high`; what an
/// underlying requires that has any is in `array_margin`.
///
/// Errors: terms that are missing, rows out of order, a price that may not be used for a row
/// that needs it (see [`crate::allowed`]), or an overflow.
pub fn health(
    market: &Market<'_>,
    holdings: impl Iterator<Item = Holding>,
    check: Check,
) -> Result<Health, RiskError> {
    let mut health = Health::default();
    sweep(market, holdings, check, |sums, arrays| {
        let (part, needed) = match (sums.terms, arrays) {
            (Some(terms), None) => judge_underlying(terms, sums, check)?,
            (Some(terms), Some(arrays)) => judge_arrays(market, terms, sums, arrays, check)?,
            (None, _) => (Value::ZERO, Requirement::default()),
        };
        let fixed = sums.fixed.checked_sub(sums.withheld)?;
        health.equity = health.equity.checked_add(part)?.checked_add(fixed)?;
        health.requirement = health.requirement.checked_add(needed.amount)?;
        health.requirement_slope = health.requirement_slope.checked_add(needed.slope)?;
        Ok(())
    })?;
    Ok(health)
}

/// Equity that moves with the price, and the requirement, under the rule of `check`.
#[inline]
fn judge_underlying(
    terms: &UnderlyingTerms,
    sums: &Sums<'_>,
    check: Check,
) -> Result<(Value, Requirement), RiskError> {
    let needed = requirement(terms, sums.long, sums.short)?;
    match check {
        Check::Maintenance => Ok((sums.long.checked_sub(sums.short)?, needed)),
        Check::Initial => {
            let multiplier = terms.initial_multiplier;
            let amount = needed.amount.mul_ratio_ceil(multiplier)?;
            let slope = if needed.slope == needed.amount {
                amount
            } else {
                needed.slope.mul_ratio_ceil(multiplier)?
            };
            Ok((strict_value(terms, sums)?, Requirement { amount, slope }))
        }
    }
}

/// The same for an underlying with array rows.
#[inline(never)]
fn judge_arrays(
    market: &Market<'_>,
    terms: &UnderlyingTerms,
    sums: &Sums<'_>,
    arrays: &ArraySums<'_>,
    check: Check,
) -> Result<(Value, Requirement), RiskError> {
    let parts = array_margin::parts(market, terms, sums, arrays)?;
    let (needed, _) = array_margin::requirement(terms, sums, arrays, &parts, check)?;
    let value = match check {
        Check::Maintenance => parts.net.checked_add(parts.fair)?,
        Check::Initial => strict_value(terms, sums)?.checked_add(arrays.strict()?)?,
    };
    Ok((value, needed))
}

/// `L · low/price − S · high/price`, toward minus infinity.
#[inline]
fn strict_value(terms: &UnderlyingTerms, sums: &Sums<'_>) -> Result<Value, MathError> {
    if terms.low == terms.price && terms.high == terms.price {
        return sums.long.checked_sub(sums.short);
    }
    let (low, high) = match sums.strict {
        Some(strict) => strict,
        None => strict_factors(terms)?,
    };
    // Most underlyings are held on one side only.
    let mut value = Value::ZERO;
    if !sums.long.is_zero() {
        value = sums.long.mul_price_floor(low)?;
    }
    if !sums.short.is_zero() {
        value = value.checked_sub(sums.short.mul_price_ceil(high)?)?;
    }
    Ok(value)
}

/// The requirement of one underlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) amount: Value,
    /// See [`Health::requirement_slope`].
    pub(crate) slope: Value,
}

/// `n · loss + n · share(n) + basis · min(L, S)` with `n = |L − S|` and
/// `share(n) = min(max, slope · (n / depth − 1))` above the depth, each term rounded up.
///
/// The slope: `n · share(n)` is convex until the share reaches its maximum, and grows by
/// `n · (2 · share + slope)` per share of the account at most; one `n · share` of that is in the
/// requirement already. The other two terms are proportional to the account.
#[inline]
pub(crate) fn requirement(
    terms: &UnderlyingTerms,
    long: Value,
    short: Value,
) -> Result<Requirement, MathError> {
    let (net, hedged, loss) = if long >= short {
        (long.checked_sub(short)?, short, terms.loss_long)
    } else {
        (short.checked_sub(long)?, long, terms.loss_short)
    };
    let mut amount = net.mul_ratio_ceil(loss)?;
    if !hedged.is_zero() {
        amount = amount.checked_add(hedged.mul_ratio_ceil(terms.basis)?)?;
    }
    if net <= terms.depth || terms.concentration_max.is_zero() {
        return Ok(Requirement { amount, slope: amount });
    }
    let size = concentration(terms, net)?;
    Ok(Requirement {
        amount: amount.checked_add(size.amount)?,
        slope: amount.checked_add(size.slope)?,
    })
}

/// `n · share(n)`, rounded up: what a net notional costs for its size.
pub(crate) fn concentration(terms: &UnderlyingTerms, net: Value) -> Result<Requirement, MathError> {
    if net <= terms.depth || terms.concentration_max.is_zero() {
        return Ok(Requirement::default());
    }
    let share = concentration_share(terms, net)?;
    let amount = net.mul_ratio_ceil(share)?;
    if terms.depth.is_zero() {
        // The share is the same from the first atom: proportional.
        return Ok(Requirement { amount, slope: amount });
    }
    let steep = share.checked_add(terms.concentration_slope).unwrap_or(Ratio::MAX);
    let slope = amount.checked_add(net.mul_ratio_ceil(steep)?)?;
    Ok(Requirement { amount, slope })
}

/// The share of a net notional above the depth that is required on top, rounded up.
fn concentration_share(terms: &UnderlyingTerms, net: Value) -> Result<Ratio, MathError> {
    if terms.depth.is_zero() {
        return Ok(terms.concentration_max);
    }
    let excess = net.checked_sub(terms.depth)?;
    let share = match excess.ratio_ceil(terms.depth)? {
        Ratio::MAX => share_of_many_depths(terms, excess),
        ratio => ratio.mul_ceil(terms.concentration_slope),
    };
    // A share beyond any number is beyond the maximum too.
    Ok(share.unwrap_or(Ratio::MAX).min(terms.concentration_max))
}

/// `slope · excess / depth`, rounded up, of more depths than a ratio can count: a gentle slope makes less
/// than the maximum even of those.
#[cold]
#[inline(never)]
fn share_of_many_depths(terms: &UnderlyingTerms, excess: Value) -> Result<Ratio, MathError> {
    excess.mul_ratio_ceil(terms.concentration_slope)?.ratio_ceil(terms.depth)
}
