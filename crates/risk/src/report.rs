//! What would a user ask? At which price is the account liquidated, what could be withdrawn?
//!
//! Both are searched with the very functions that judge the account, so that an answer can never
//! disagree with the program.

use crate::array_margin;
use crate::array_sums::ArraySums;
use crate::bracket::last_kept;
use crate::margin::{health, requirement, Check, Requirement};
use crate::sweep::{sweep, Sums};
use crate::UnderlyingTerms;
use crate::{
    worst_scenario, Health, Holding, Market, RiskError, RowKey, RowKind, ScenarioSet, SCENARIOS_MAX,
};
use plimsoll_units::{MathError, Price, Ratio, Value};

/// What one underlying does to an account. Prices in the unit of [`UnderlyingTerms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderlyingReport {
    /// Index of the underlying.
    pub index: u16,
    /// Long less short value of its rows.
    pub net: Value,
    /// Its part of the maintenance requirement.
    pub requirement: Value,
    /// The scenario in which its rows lose most.
    pub worst_scenario: u8,
    /// Nearest price below today's at which the account crosses its maintenance line, all other
    /// prices unchanged; `None` where it crosses it nowhere down to zero.
    pub liquidation_price_down: Option<Price>,
    /// The same above, up to ten times today's price.
    pub liquidation_price_up: Option<Price>,
    /// What its requirement is made of where it has rows with risk arrays. Then the liquidation
    /// prices are `None`: see [`crate::crossings`].
    pub arrays: Option<ArrayReport>,
}

/// What the maintenance requirement of an underlying with array rows is made of:
/// `scenario + concentration`, or `bound` in their place, and `basis + floor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayReport {
    /// What all rows gain together in each scenario, rounded down; nothing beyond the set's last.
    pub outcomes: [Value; SCENARIOS_MAX],
    /// The worst scenario's loss.
    pub scenario: Value,
    /// What its size adds.
    pub concentration: Value,
    /// The largest loss at expiry, where it is less than both of them.
    pub bound: Option<Value>,
    /// What hedging one instrument with another adds.
    pub basis: Value,
    /// What short options add.
    pub floor: Value,
    /// Notional that all rows move with, the linear ones included.
    pub delta: Value,
}

/// Factors of the price are counted in steps of 2^-32.
const FACTOR_BITS: i16 = 32;
/// Today's price.
const FACTOR_ONE: u64 = 1 << FACTOR_BITS;
/// The farthest price upward.
const FACTOR_MAX: u64 = 10 * FACTOR_ONE;

/// Maintenance health, and one report to `visit` for each underlying on which the account holds
/// rows, in ascending order. `scenarios` gives an underlying's scenario set and widened scan
/// range.
///
/// An account that is already below its line gets the prices at which it would be above again.
pub fn report<'s>(
    market: &Market<'_>,
    holdings: impl Iterator<Item = Holding> + Clone,
    mut scenarios: impl FnMut(u16) -> Option<(&'s ScenarioSet, Ratio)>,
    mut visit: impl FnMut(UnderlyingReport),
) -> Result<Health, RiskError> {
    report_to(market, holdings, &mut scenarios, &mut visit)
}

/// The same whatever is done with reports, so that two views need one copy of it.
#[inline(never)]
fn report_to<'s>(
    market: &Market<'_>,
    holdings: impl Iterator<Item = Holding> + Clone,
    scenarios: &mut dyn FnMut(u16) -> Option<(&'s ScenarioSet, Ratio)>,
    visit: &mut dyn FnMut(UnderlyingReport),
) -> Result<Health, RiskError> {
    let total = health(market, holdings.clone(), Check::Maintenance)?;
    sweep(market, holdings, Check::Maintenance, |sums, arrays| {
        let Some(terms) = sums.terms else {
            return Ok(());
        };
        if let Some(arrays) = arrays {
            visit(array_report(market, terms, sums, arrays)?);
            return Ok(());
        }
        let net = sums.long.checked_sub(sums.short)?;
        let (set, scan) =
            scenarios(terms.index).ok_or(RiskError::MissingUnderlying { index: terms.index })?;
        let curve = Curve::new(terms, sums.long, sums.short, &total)?;
        let today = curve.surplus(FACTOR_ONE)?;
        visit(UnderlyingReport {
            index: terms.index,
            net,
            requirement: curve.own.amount,
            worst_scenario: worst_scenario(set, scan, net)?.0,
            liquidation_price_down: curve.crossing(0, today)?,
            liquidation_price_up: curve.crossing(FACTOR_MAX, today)?,
            arrays: None,
        });
        Ok(())
    })?;
    Ok(total)
}

/// The report on an underlying with array rows. Their values at another price are not known here,
/// and so neither is a liquidation price.
fn array_report(
    market: &Market<'_>,
    terms: &UnderlyingTerms,
    sums: &Sums<'_>,
    arrays: &ArraySums<'_>,
) -> Result<UnderlyingReport, RiskError> {
    let parts = array_margin::parts(market, terms, sums, arrays)?;
    let (needed, bound) =
        array_margin::requirement(terms, sums, arrays, &parts, Check::Maintenance)?;
    let linear = parts.net;
    let mut outcomes = [Value::ZERO; SCENARIOS_MAX];
    let mut worst = (Value::ZERO, 0);
    arrays.outcomes(linear, array_margin::shocks(market, terms, linear)?, |index, gain| {
        if gain < worst.0 {
            worst = (gain, index);
        }
        if let Some(outcome) = outcomes.get_mut(usize::from(index)) {
            *outcome = gain;
        }
    })?;
    Ok(UnderlyingReport {
        index: terms.index,
        net: linear.checked_add(parts.fair)?,
        requirement: needed.amount,
        worst_scenario: worst.1,
        liquidation_price_down: None,
        liquidation_price_up: None,
        arrays: Some(ArrayReport {
            outcomes,
            scenario: parts.scenario,
            concentration: parts.concentration.amount,
            bound,
            basis: parts.basis,
            floor: parts.floor,
            delta: linear.checked_add(arrays.delta()?)?,
        }),
    })
}

/// An account's maintenance surplus as a function of one underlying's price.
struct Curve<'a> {
    terms: &'a UnderlyingTerms,
    long: Value,
    short: Value,
    own: Requirement,
    /// Surplus without the rows of this underlying.
    rest: Value,
}

impl<'a> Curve<'a> {
    fn new(
        terms: &'a UnderlyingTerms,
        long: Value,
        short: Value,
        total: &Health,
    ) -> Result<Self, MathError> {
        let own = requirement(terms, long, short)?;
        let value = long.checked_sub(short)?;
        let rest = total.surplus()?.checked_sub(value)?.checked_add(own.amount)?;
        Ok(Self { terms, long, short, own, rest })
    }

    /// The account's surplus at `factor` times today's price.
    // Views are asked for by simulation: small is worth more in them than fast.
    #[inline(never)]
    fn surplus(&self, factor: u64) -> Result<Value, RiskError> {
        if factor == 0 {
            return Ok(self.rest);
        }
        let scale = factor_price(factor)?;
        let (long, short) = (self.long.mul_price_floor(scale)?, self.short.mul_price_ceil(scale)?);
        let needed = requirement(self.terms, long, short)?.amount;
        Ok(self.rest.checked_add(long)?.checked_sub(short)?.checked_sub(needed)?)
    }

    /// The price between today's and `far` at which the account crosses its line, on the far
    /// side: there, its surplus no longer has the sign of `today`'s.
    #[inline(never)]
    fn crossing(&self, far: u64, today: Value) -> Result<Option<Price>, RiskError> {
        let most = i64::try_from(far.abs_diff(FACTOR_ONE)).map_err(|_| MathError::Overflow)?;
        let factor = |steps: i64| match far < FACTOR_ONE {
            true => FACTOR_ONE.saturating_sub(steps.unsigned_abs()),
            false => FACTOR_ONE.saturating_add(steps.unsigned_abs()),
        };
        // At least zero where the account is on the same side as today.
        let same = |surplus: Value| match today.is_negative() {
            true => Value::new(-1).checked_sub(surplus),
            false => Ok(surplus),
        };
        let last =
            last_kept(same(today)?, most, &mut |steps| Ok(same(self.surplus(factor(steps))?)?))?;
        match factor(last.saturating_add(1)) {
            0 => Ok(None),
            _ if last == most => Ok(None),
            other => Ok(Some(self.terms.price.checked_mul(factor_price(other)?)?)),
        }
    }
}

/// A factor as a price; it must not be zero.
fn factor_price(factor: u64) -> Result<Price, MathError> {
    let (mantissa, exponent) = Price::from_integer(factor)?.parts();
    Price::from_parts(mantissa, exponent.saturating_sub(FACTOR_BITS))
}

/// The largest amount of token `key`, at most `balance`, without which the account still has an
/// initial health of at least zero. Zero if it has none to begin with, does not hold the token, or the key
/// is a position's.
///
/// Health is taken to fall as the token leaves. Where it first rises (a token that hedges nothing and
/// costs more margin than it is worth), less than the most may be found, but never an amount that would
/// be refused. The token's underlying is judged at most `⌈log2 balance⌉ + 10` times, and mostly about
/// ten times: see `bracket`.
pub fn withdrawable(
    market: &Market<'_>,
    holdings: impl Iterator<Item = Holding> + Clone,
    key: RowKey,
    balance: i64,
) -> Result<i64, RiskError> {
    // Underlyings add up, so that only the token's own is judged again for each amount.
    let rest = surplus_without(market, holdings.clone(), (key, 0), false)?;
    // Lots are no amount of a token.
    let is_token = key.kind() == RowKind::Token;
    let held = holdings.clone().find(|holding| is_token && holding.key == key);
    let most = held.map_or(0, |holding| holding.quantity.min(balance));
    if most <= 0 {
        return Ok(0);
    }
    let mut left = |amount: i64| -> Result<Value, RiskError> {
        let own = surplus_without(market, holdings.clone(), (key, amount), true)?;
        Ok(own.checked_add(rest)?)
    };
    let now = left(0)?;
    match now.is_negative() {
        true => Ok(0),
        false => last_kept(now, most, &mut left),
    }
}

/// Initial surplus without an amount of token `key`: of its own underlying, or of all others.
// The rule is long, and each sort of iterator, or place where it is inlined, is a copy of it.
#[inline(never)]
fn surplus_without(
    market: &Market<'_>,
    holdings: impl Iterator<Item = Holding>,
    (key, amount): (RowKey, i64),
    own: bool,
) -> Result<Value, RiskError> {
    let part = |holding: &Holding| (holding.key.underlying() == key.underlying()) == own;
    let after = holdings.filter(part).map(|mut holding| {
        if holding.key == key {
            holding.quantity = holding.quantity.saturating_sub(amount);
        }
        holding
    });
    Ok(health(market, after, Check::Initial)?.surplus()?)
}
