//! The rule as it was before rows could have risk arrays, for valid prices: what underlyings
//! without such rows must still come to, to the last bit.

use super::Terms;
use plimsoll_risk::{Check, Health, Holding, RowKey, UnderlyingTerms};
use plimsoll_units::{MathError, QuoteAtoms, Ratio, Value};

pub fn health(terms: &Terms, account: &[Holding], check: Check) -> Result<Health, MathError> {
    let mut health = Health::default();
    let mut fixed = Value::ZERO;
    for one in account.iter().filter(|one| one.key == RowKey::QUOTE) {
        fixed = fixed.checked_add(Value::from_quote(QuoteAtoms::new(one.quantity)))?;
    }
    for u in &terms.underlyings {
        let (mut long, mut short, mut withheld) = (Value::ZERO, Value::ZERO, Value::ZERO);
        let (low, high) = (u.low.checked_div(u.price)?, u.high.checked_div(u.price)?);
        for one in account.iter().filter(|one| one.key.underlying() == u.index) {
            let row = terms.rows.iter().find(|row| row.key == one.key).unwrap();
            let value = row.notional.value_floor(one.quantity)?;
            fixed = fixed.checked_add(one.quote)?;
            if one.quantity > 0 {
                long = long.checked_add(value)?;
            } else {
                short = short.checked_sub(value)?;
            }
            if check == Check::Initial && value.checked_add(one.quote)?.is_positive() {
                let factor = if value.is_negative() { high } else { low };
                let strict = match one.quantity {
                    0 => one.quote,
                    _ => value.mul_price_ceil(factor)?.checked_add(one.quote)?,
                };
                if strict.is_positive() && row.weight < Ratio::ONE {
                    let counted = strict.mul_ratio_floor(row.weight)?.min(strict);
                    withheld = withheld.checked_add(strict.checked_sub(counted)?)?;
                }
            }
        }
        let value = match check {
            Check::Maintenance => long.checked_sub(short)?,
            Check::Initial if u.low == u.price && u.high == u.price => long.checked_sub(short)?,
            Check::Initial => {
                long.mul_price_floor(low)?.checked_sub(short.mul_price_ceil(high)?)?
            }
        };
        let (mut amount, mut slope) = requirement(u, long, short)?;
        if check == Check::Initial {
            amount = amount.mul_ratio_ceil(u.initial_multiplier)?;
            slope = slope.mul_ratio_ceil(u.initial_multiplier)?;
        }
        health.equity = health.equity.checked_add(value)?.checked_sub(withheld)?;
        health.requirement = health.requirement.checked_add(amount)?;
        health.requirement_slope = health.requirement_slope.checked_add(slope)?;
    }
    health.equity = health.equity.checked_add(fixed)?;
    Ok(health)
}

fn requirement(
    terms: &UnderlyingTerms,
    long: Value,
    short: Value,
) -> Result<(Value, Value), MathError> {
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
        return Ok((amount, amount));
    }
    let share = if terms.depth.is_zero() {
        terms.concentration_max
    } else {
        let excess = net.checked_sub(terms.depth)?;
        let counted = excess.ratio_ceil(terms.depth)?;
        // Other than then: more depths than a ratio can count were cut at the largest one.
        let share = if counted == Ratio::MAX {
            excess.mul_ratio_ceil(terms.concentration_slope)?.ratio_ceil(terms.depth)
        } else {
            counted.mul_ceil(terms.concentration_slope)
        };
        share.unwrap_or(Ratio::MAX).min(terms.concentration_max)
    };
    amount = amount.checked_add(net.mul_ratio_ceil(share)?)?;
    if terms.depth.is_zero() {
        return Ok((amount, amount));
    }
    let steep = share.checked_add(terms.concentration_slope).unwrap_or(Ratio::MAX);
    Ok((amount, amount.checked_add(net.mul_ratio_ceil(steep)?)?))
}
