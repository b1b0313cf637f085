//! What must an account be worth that holds options of an underlying?
//!
//! With `N = L − S` the linear rows' net, and of the array rows `A_k` the gain in a scenario, `D`
//! the notional that they move with, `V_long` the value of the long ones, `H` the sum of the short
//! ones' floors, and `B` the most that everything can lose at expiry:
//!
//! > `scenario = max(0, max_k −(N · f_k + A_k))`
//! >
//! > `concentration = min(conc(|N + D|), conc(|N| + |D_short|) + max(0, V_long − scenario))`
//! >
//! > `MM = min(scenario + concentration, B) + basis + H`
//! >
//! > `IM = min(ι · (scenario + concentration), B) + ι · (basis + H)`

use crate::array_sums::ArraySums;
use crate::bound::Book;
use crate::margin::{concentration, Check, Requirement};
use crate::sweep::Sums;
use crate::{LinearShocks, Market, RiskError, UnderlyingTerms, SCENARIOS_MAX};
use plimsoll_units::{MathError, Value};

/// The parts of an underlying's requirement, before any multiplier.
pub(crate) struct Parts {
    /// Long less short value of the linear rows.
    pub(crate) net: Value,
    /// Fair value of the array rows.
    pub(crate) fair: Value,
    /// Loss in the worst scenario.
    pub(crate) scenario: Value,
    pub(crate) concentration: Requirement,
    pub(crate) basis: Value,
    pub(crate) floor: Value,
}

/// No linear rows, no shocks needed.
static NO_SHOCKS: LinearShocks = LinearShocks { factors: [0; SCENARIOS_MAX] };

/// The shocks of an underlying's linear rows, whose net value is `net`.
pub(crate) fn shocks<'a>(
    market: &Market<'a>,
    terms: &UnderlyingTerms,
    net: Value,
) -> Result<&'a LinearShocks, RiskError> {
    match terms.shocks.find(market.shocks) {
        Some(shocks) => Ok(shocks),
        None if net.is_zero() => Ok(&NO_SHOCKS),
        None => Err(RiskError::MissingShocks { underlying: terms.index }),
    }
}

/// The parts of the requirement of an underlying with array rows.
// As a call, its parts would be written and read once more.
#[inline(always)]
pub(crate) fn parts(
    market: &Market<'_>,
    terms: &UnderlyingTerms,
    sums: &Sums<'_>,
    arrays: &ArraySums<'_>,
) -> Result<Parts, RiskError> {
    let net = sums.long.checked_sub(sums.short)?;
    let scenario = arrays.worst(net, shocks(market, terms, net)?)?;
    let delta = arrays.delta()?;
    Ok(Parts {
        net,
        fair: arrays.fair()?,
        scenario,
        concentration: concentrated(terms, (net, delta), arrays, scenario)?,
        basis: basis(terms, sums, delta)?,
        floor: arrays.floors()?,
    })
}

/// What size costs: of everything, or of what is left when the long options are given up, and
/// those are worth no more than they are.
///
/// The slope: each of the two is a bound of the other's fall too where the lesser one changes,
/// so that the larger slope holds for the lesser of them.
fn concentrated(
    terms: &UnderlyingTerms,
    (net, delta): (Value, Value),
    arrays: &ArraySums<'_>,
    scenario: Value,
) -> Result<Requirement, RiskError> {
    let all = concentration(terms, net.checked_add(delta)?.abs()?)?;
    if all.amount.is_zero() {
        return Ok(all);
    }
    let left = concentration(terms, net.abs()?.checked_add(arrays.delta_short()?.abs()?)?)?;
    let given_up = arrays.long()?.checked_sub(scenario)?.max(Value::ZERO);
    Ok(Requirement {
        amount: all.amount.min(left.amount.checked_add(given_up)?),
        slope: all.slope.max(left.slope.checked_add(given_up)?),
    })
}

/// `basis · min(L, S)`, the array rows as one leg on the side to which they move.
fn basis(terms: &UnderlyingTerms, sums: &Sums<'_>, delta: Value) -> Result<Value, RiskError> {
    let (mut long, mut short) = (sums.long, sums.short);
    if delta.is_negative() {
        short = short.checked_sub(delta)?;
    } else {
        long = long.checked_add(delta)?;
    }
    let hedged = long.min(short);
    if hedged.is_zero() {
        return Ok(Value::ZERO);
    }
    Ok(hedged.mul_ratio_ceil(terms.basis)?)
}

/// The requirement under the rule of `check`, and the largest loss at expiry where that is what
/// is required in the place of scenario and concentration.
///
/// The slope. Let `g(x)` be scenario and concentration of `x` times the account, and `B · x` its
/// bound; `g(x) / x` never falls as `x` rises. Where `g(1) <= B`, so is `g(x) <= B · x`, and the
/// slope is that of `g`. Where `g(1) > B`, the fall from `B` is at most the one from `g(1)` while
/// `g(x) < B · x`, and `(1 − x) · B`, below `(1 − x) · g(1)`, beyond: the slope of `g` holds again.
/// It is `B` where the scenario alone reaches `B`: then `g(x) >= B · x` everywhere.
#[inline(always)]
pub(crate) fn requirement(
    terms: &UnderlyingTerms,
    sums: &Sums<'_>,
    arrays: &ArraySums<'_>,
    parts: &Parts,
    check: Check,
) -> Result<(Requirement, Option<Value>), RiskError> {
    let scaled = |part: Value| match check {
        Check::Maintenance => Ok(part),
        Check::Initial => part.mul_ratio_ceil(terms.initial_multiplier),
    };
    let scenario = scaled(parts.scenario)?;
    let mut core = Requirement { amount: scenario, slope: scenario };
    if !parts.concentration.amount.is_zero() {
        let Requirement { amount, slope } = parts.concentration;
        core.amount = core.amount.checked_add(scaled(amount)?)?;
        core.slope = core.slope.checked_add(scaled(slope)?)?;
    }
    let bound = bound_below(sums, arrays, parts, core.amount)?;
    if let Some(bound) = bound {
        core.amount = bound;
        if scenario >= bound {
            core.slope = bound;
        }
    }
    let rest = parts.basis.checked_add(parts.floor)?;
    if !rest.is_zero() {
        let rest = scaled(rest)?;
        core.amount = core.amount.checked_add(rest)?;
        core.slope = core.slope.checked_add(rest)?;
    }
    Ok((core, bound))
}

/// The largest loss at expiry, where it is below `limit`.
fn bound_below(
    sums: &Sums<'_>,
    arrays: &ArraySums<'_>,
    parts: &Parts,
    limit: Value,
) -> Result<Option<Value>, RiskError> {
    let Some(rows) = arrays.rows() else {
        return Ok(None);
    };
    if limit.is_zero() {
        return Ok(None);
    }
    let net = parts.net;
    let value = net.checked_add(parts.fair)?;
    let book = Book { rows, net, gross: sums.long.max(sums.short), value };
    match book.loss_below(limit) {
        // A number on the way is beyond what a value can be, as that of linear rows at a strike far from
        // any price. An error would keep everybody from judging the account: it goes without a bound.
        Err(MathError::Overflow) => Ok(None),
        found => Ok(found?),
    }
}
