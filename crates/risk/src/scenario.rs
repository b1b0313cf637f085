//! How much can be lost on one underlying?
//!
//! A scenario shocks the price by a part of the scan range and damps the outcome by a weight.
//! Rows that move one to one with the price need no loop over scenarios: their worst one is the
//! largest damped move down (for a net long) or up (for a net short).

use crate::RiskError;
use plimsoll_units::{MathError, Ratio, Value};

/// Scenarios of a set, at most.
pub const SCENARIOS_MAX: usize = 16;

/// Largest shock of price or volatility, in parts per million of its scan range.
const SHOCK_PPM_MAX: u32 = 10_000_000;

/// One way in which the market could move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Move of the price, in parts per million of the price scan range.
    pub shock: i32,
    /// Move of the volatility, in parts per million of the volatility scan range.
    pub volatility: i32,
    /// Part of the outcome that counts; at most one.
    pub weight: Ratio,
}

const fn scenario(shock: i32, volatility: i32, weight_ppm: u32) -> Scenario {
    Scenario { shock, volatility, weight: Ratio::from_ppm(weight_ppm) }
}

/// The sixteen scenarios of SPAN (Standard Portfolio Analysis of Risk, Chicago Mercantile
/// Exchange, 1988): the price unmoved and by thirds of its scan range up and down, each with the
/// volatility up and down, and two extreme moves of three scan ranges of which 33 % is covered.
///
/// 3 · 33 % is just under one scan range: the extremes bind for options far out of the money, and
/// for nothing else, so that the requirement of a plain future is its scan range.
pub const SPAN: [Scenario; SCENARIOS_MAX] = [
    scenario(0, 1_000_000, 1_000_000),
    scenario(0, -1_000_000, 1_000_000),
    scenario(333_333, 1_000_000, 1_000_000),
    scenario(333_333, -1_000_000, 1_000_000),
    scenario(-333_333, 1_000_000, 1_000_000),
    scenario(-333_333, -1_000_000, 1_000_000),
    scenario(666_667, 1_000_000, 1_000_000),
    scenario(666_667, -1_000_000, 1_000_000),
    scenario(-666_667, 1_000_000, 1_000_000),
    scenario(-666_667, -1_000_000, 1_000_000),
    scenario(1_000_000, 1_000_000, 1_000_000),
    scenario(1_000_000, -1_000_000, 1_000_000),
    scenario(-1_000_000, 1_000_000, 1_000_000),
    scenario(-1_000_000, -1_000_000, 1_000_000),
    scenario(3_000_000, 0, 330_000),
    scenario(-3_000_000, 0, 330_000),
];

/// Sixteen scenarios in the shape of Deribit's portfolio margin, for a price scan range of 16 %
/// (`shock` counts in it, so that other ranges do as well) and a volatility scan range of the
/// group's own.
///
/// There, prices are moved by up to 15 or 16 % in steps either way, volatility up and down, and
/// far moves are counted in part. With sixteen places: the price unmoved, by a half and by all of
/// its range with the volatility up and down; by a quarter and three quarters with it unmoved; and
/// three ranges (48 %) with the volatility up, of which 33 % is covered, as in [`SPAN`].
///
/// Left out are: volatility shocks that shrink with the time to expiry (here they are one part of
/// an option's volatility, whatever its expiry), more than one far move each way, the delta and
/// roll charges for expiries against each other, for which there are basis and concentration, and
/// any netting between underlyings.
pub const DERIBIT_LIKE: [Scenario; SCENARIOS_MAX] = [
    scenario(0, 1_000_000, 1_000_000),
    scenario(0, -1_000_000, 1_000_000),
    scenario(250_000, 0, 1_000_000),
    scenario(-250_000, 0, 1_000_000),
    scenario(500_000, 1_000_000, 1_000_000),
    scenario(500_000, -1_000_000, 1_000_000),
    scenario(-500_000, 1_000_000, 1_000_000),
    scenario(-500_000, -1_000_000, 1_000_000),
    scenario(750_000, 0, 1_000_000),
    scenario(-750_000, 0, 1_000_000),
    scenario(1_000_000, 1_000_000, 1_000_000),
    scenario(1_000_000, -1_000_000, 1_000_000),
    scenario(-1_000_000, 1_000_000, 1_000_000),
    scenario(-1_000_000, -1_000_000, 1_000_000),
    scenario(3_000_000, 1_000_000, 330_000),
    scenario(-3_000_000, 1_000_000, 330_000),
];

/// One to sixteen scenarios that were found sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScenarioSet {
    scenarios: [Scenario; SCENARIOS_MAX],
    count: u8,
}

impl ScenarioSet {
    /// The default set.
    pub const SPAN: Self = Self { scenarios: SPAN, count: 16 };

    /// See [`DERIBIT_LIKE`].
    pub const DERIBIT_LIKE: Self = Self { scenarios: DERIBIT_LIKE, count: 16 };

    /// A set of these scenarios. `ScenarioSetInvalid` unless there are 1 to 16 of them, no shock
    /// is beyond ten scan ranges, no weight above one, and some scenario loses for a long and
    /// some for a short: a side without a loss could be built up without limit.
    pub fn new(scenarios: &[Scenario]) -> Result<Self, RiskError> {
        let mut set = Self { scenarios: [scenario(0, 0, 0); SCENARIOS_MAX], count: 0 };
        if scenarios.len() > SCENARIOS_MAX {
            return Err(RiskError::ScenarioSetInvalid);
        }
        let (mut down, mut up) = (false, false);
        for (slot, scenario) in set.scenarios.iter_mut().zip(scenarios) {
            let Scenario { shock, volatility, weight } = *scenario;
            let wild = shock.unsigned_abs().max(volatility.unsigned_abs()) > SHOCK_PPM_MAX;
            if wild || weight > Ratio::ONE {
                return Err(RiskError::ScenarioSetInvalid);
            }
            down |= shock < 0 && !weight.is_zero();
            up |= shock > 0 && !weight.is_zero();
            *slot = *scenario;
            set.count = set.count.saturating_add(1);
        }
        if down && up {
            Ok(set)
        } else {
            Err(RiskError::ScenarioSetInvalid)
        }
    }

    /// The scenarios in their order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().take(usize::from(self.count))
    }
}

/// The damped move of a scenario, in scan ranges: |shock| · weight, rounded up.
fn damped(scenario: &Scenario) -> Result<Ratio, MathError> {
    Ratio::from_ppm(scenario.shock.unsigned_abs()).mul_ceil(scenario.weight)
}

/// Worst damped move against a net long and against a net short, in scan ranges:
/// `max_k(−s_k · w_k)` and `max_k(s_k · w_k)`, rounded up. Depends on the set alone, so that it
/// can be computed once and stored.
pub fn linear_factors(set: &ScenarioSet) -> Result<(Ratio, Ratio), RiskError> {
    let (mut long, mut short) = (Ratio::ZERO, Ratio::ZERO);
    for scenario in set.iter() {
        let side = if scenario.shock < 0 { &mut long } else { &mut short };
        *side = (*side).max(damped(scenario)?);
    }
    Ok((long, short))
}

/// The scan range of a market with `oi_notional` of open interest: `lower` up to `oi_lower`,
/// `upper` from `oi_upper` on, linear between (the way in which dYdX v4 widens a flat margin),
/// rounded up. Bounds that do not rise give a step at `oi_lower`.
pub fn scan_range_widened(
    lower: Ratio,
    upper: Ratio,
    oi_notional: Value,
    oi_lower: Value,
    oi_upper: Value,
) -> Result<Ratio, RiskError> {
    if oi_notional <= oi_lower || upper <= lower {
        return Ok(lower);
    }
    if oi_notional >= oi_upper {
        return Ok(upper);
    }
    let progress =
        oi_notional.checked_sub(oi_lower)?.ratio_ceil(oi_upper.checked_sub(oi_lower)?)?;
    let widening = upper.checked_sub(lower)?.mul_ceil(progress)?;
    Ok(lower.checked_add(widening)?.min(upper))
}

/// Loss per notional of a net long and a net short: scan range times the factors of
/// [`linear_factors`], rounded up. `OutOfRange` where a long would lose more than all of it.
pub fn loss_ratios(scan: Ratio, factors: (Ratio, Ratio)) -> Result<(Ratio, Ratio), RiskError> {
    let (long, short) = (scan.mul_ceil(factors.0)?, scan.mul_ceil(factors.1)?);
    if long > Ratio::ONE {
        return Err(MathError::OutOfRange.into());
    }
    Ok((long, short))
}

/// The first scenario with the greatest loss for a net value (negative: short), and that loss.
/// Goes through them all; what the margin rule uses are the closed ends, which give the same.
pub fn worst_scenario(
    set: &ScenarioSet,
    scan: Ratio,
    net: Value,
) -> Result<(u8, Value), RiskError> {
    let size = net.abs()?;
    let mut worst = None;
    for (index, scenario) in (0u8..).zip(set.iter()) {
        let part = scan.mul_ceil(damped(scenario)?)?;
        let against = net.is_negative() == (scenario.shock > 0);
        let loss = if against {
            size.mul_ratio_ceil(part)?
        } else {
            size.mul_ratio_floor(part)?.checked_neg()?
        };
        if worst.is_none_or(|(_, greatest)| loss > greatest) {
            worst = Some((index, loss));
        }
    }
    worst.ok_or(RiskError::ScenarioSetInvalid)
}
