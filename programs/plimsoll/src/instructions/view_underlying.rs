//! What an account needs for one underlying with options on it, and why, as return data. For
//! simulation; writes nothing.

use anchor_lang::prelude::*;
use plimsoll_risk::{report as report_of, ArrayReport, RowKind};
use plimsoll_units::Value;

use super::view_account::{ceil, floor, scenario_sets, ViewAccount};
use crate::clock::now;
use crate::error::{report, Named, PlimsollError};
use crate::load::Snapshot;
use crate::state::{Instrument, Row, StoredArray};

/// The requirement of one underlying, taken apart: `scenario + concentration`, or `bound` in their
/// place, and `basis + floor`.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct UnderlyingDetail {
    /// Index of the underlying.
    pub index: u16,
    /// The scenario in which the account loses most.
    pub worst_scenario: u8,
    /// What all rows gain together in each scenario (quote atoms, rounded down).
    pub outcomes_quote_atoms: Vec<i64>,
    /// Loss in the worst scenario (quote atoms, rounded up).
    pub scenario_quote_atoms: i64,
    /// What its size adds (quote atoms, rounded up).
    pub concentration_quote_atoms: i64,
    /// The largest loss at expiry, where it is less than both of them (quote atoms, rounded up).
    pub bound_quote_atoms: Option<i64>,
    /// What hedging one instrument with another adds (quote atoms, rounded up).
    pub basis_quote_atoms: i64,
    /// What short options add (quote atoms, rounded up).
    pub floor_quote_atoms: i64,
    /// All of it: the part of the maintenance requirement (quote atoms, rounded up).
    pub requirement_quote_atoms: i64,
    /// Notional that the rows move with (quote atoms, rounded down).
    pub delta_quote_atoms: i64,
    /// Change of that per whole move of the price (quote atoms, rounded down).
    pub gamma_quote_atoms: i64,
    /// Change of the value per whole point of volatility, one being 100 % (quote atoms, rounded down).
    pub vega_quote_atoms: i64,
    /// Change of the value per day (quote atoms, rounded down).
    pub theta_quote_atoms: i64,
}

/// Errors: `WrongGroup`, `NoRiskArray` (the account holds nothing there that has one), those of the risk
/// accounts and of the oracles.
pub(crate) fn handler(ctx: &mut Context<ViewAccount>, underlying: u16) -> Result<UnderlyingDetail> {
    let views = ctx.remaining_accounts()?;
    let group = &ctx.accounts.group;
    let rows = ctx.accounts.margin_account.rows()?;
    let market = Snapshot::load_for((group.address(), group), rows, views, now()?)?;
    let sets = scenario_sets(&market)?;
    let holdings = market.holdings(rows)?;
    let find = |index| {
        let found = sets.iter().find(|(own, _, _)| *own == index);
        found.map(|(_, set, scan)| (set, *scan))
    };
    let mut found = None;
    report_of(&market.market(), holdings.iter().copied(), find, |one| {
        if let (true, Some(arrays)) = (one.index == underlying, one.arrays) {
            found = Some((one.worst_scenario, one.requirement, arrays));
        }
    })
    .map_err(report)?;
    let (worst_scenario, requirement, arrays) = found.ok_or(PlimsollError::NoRiskArray)?;
    detail(underlying, worst_scenario, requirement, &arrays, &greeks(&market, rows, underlying)?)
}

/// Gamma, vega and theta of all rows of an underlying.
fn greeks(market: &Snapshot, rows: &[Row], underlying: u16) -> Result<[Value; 3]> {
    let mut sums = [Value::ZERO; 3];
    for row in rows {
        let key = row.key()?;
        let position = key.underlying() == underlying && key.kind() == RowKind::Position;
        if !position || market.array(key)?.is_none() {
            continue;
        }
        let instrument = Account::<Instrument>::load(market.row_view(key)?)?;
        let StoredArray { gamma, vega, theta, shift, .. } = instrument.array;
        for (sum, greek) in sums.iter_mut().zip([gamma, vega, theta]) {
            let one = Value::from_scaled(greek, shift).and_then(|one| one.times(row.lots));
            *sum = one.and_then(|one| sum.checked_add(one)).named()?;
        }
    }
    Ok(sums)
}

/// The detail, in whole quote atoms. Clients on the host call the same function.
pub fn detail(
    index: u16,
    worst_scenario: u8,
    requirement: Value,
    arrays: &ArrayReport,
    [gamma, vega, theta]: &[Value; 3],
) -> Result<UnderlyingDetail> {
    let mut outcomes = Vec::with_capacity(arrays.outcomes.len());
    for outcome in arrays.outcomes {
        outcomes.push(floor(outcome)?);
    }
    Ok(UnderlyingDetail {
        index,
        worst_scenario,
        outcomes_quote_atoms: outcomes,
        scenario_quote_atoms: ceil(arrays.scenario)?,
        concentration_quote_atoms: ceil(arrays.concentration)?,
        bound_quote_atoms: match arrays.bound {
            Some(bound) => Some(ceil(bound)?),
            None => None,
        },
        basis_quote_atoms: ceil(arrays.basis)?,
        floor_quote_atoms: ceil(arrays.floor)?,
        requirement_quote_atoms: ceil(requirement)?,
        delta_quote_atoms: floor(arrays.delta)?,
        gamma_quote_atoms: floor(*gamma)?,
        vega_quote_atoms: floor(*vega)?,
        theta_quote_atoms: floor(*theta)?,
    })
}
