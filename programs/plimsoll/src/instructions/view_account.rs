//! What an account looks like under the rule, as return data. For simulation; writes nothing.

use anchor_lang::prelude::*;
use plimsoll_risk::{
    health, liquidatable, report as report_of, Check, Episode, Holding, LiquidationTerms, Market,
    ScenarioSet, UnderlyingReport,
};
use plimsoll_units::{Price, Ratio, Value};

use crate::clock::now;
use crate::error::{report, PlimsollError};
use crate::load::Snapshot;
use crate::state::{Group, MarginAccount, StoredPrice};

/// A price in quote atoms per whole unit; a mantissa of zero stands for none.
fn stored(price: Option<Price>) -> StoredPrice {
    match price {
        Some(price) => price.into(),
        None => StoredPrice { mantissa: 0, exponent: 0 },
    }
}

/// One underlying of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct UnderlyingView {
    /// Index of the underlying.
    pub index: u16,
    /// Its scenario in which the account loses most.
    pub worst_scenario: u8,
    /// Long less short value (quote atoms, rounded down).
    pub net_quote_atoms: i64,
    /// Its part of the maintenance requirement (quote atoms, rounded up).
    pub requirement_quote_atoms: i64,
    /// Quote atoms per whole unit: mantissa; zero stands for no price.
    pub liquidation_down_mantissa: u64,
    /// Binary exponent.
    pub liquidation_down_exponent: i64,
    /// Quote atoms per whole unit: mantissa; zero stands for no price.
    pub liquidation_up_mantissa: u64,
    /// Binary exponent.
    pub liquidation_up_exponent: i64,
}

/// A margin account under the rule.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct AccountReport {
    /// Equity at fair value (quote atoms, rounded down).
    pub equity_quote_atoms: i64,
    /// Equity as it counts for opening (quote atoms, rounded down).
    pub equity_initial_quote_atoms: i64,
    /// Maintenance requirement (quote atoms, rounded up).
    pub maintenance_quote_atoms: i64,
    /// Initial requirement (quote atoms, rounded up).
    pub initial_quote_atoms: i64,
    /// Equity less maintenance requirement (quote atoms, rounded down).
    pub health_maintenance_quote_atoms: i64,
    /// Initial equity less initial requirement (quote atoms, rounded down).
    pub health_initial_quote_atoms: i64,
    /// 1 if a bid would be accepted now.
    pub liquidatable: u8,
    /// Underlyings on which the account holds rows, ascending.
    pub underlyings: Vec<UnderlyingView>,
}

/// Accounts of `view_account`. The trailing accounts are the margin account's risk accounts.
#[derive(Accounts)]
pub struct ViewAccount {
    /// The group.
    pub group: Account<Group>,
    /// The account.
    #[account(
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
}

/// Errors: `WrongGroup`, those of the risk accounts and of the oracles.
pub(crate) fn handler(ctx: &mut Context<ViewAccount>) -> Result<AccountReport> {
    let views = ctx.remaining_accounts()?;
    let group = &ctx.accounts.group;
    let account = &ctx.accounts.margin_account;
    let rows = account.rows()?;
    let market = Snapshot::load_for((group.address(), group), rows, views, now()?)?;
    let sets = scenario_sets(&market)?;
    let holdings = market.holdings(rows)?;
    let terms = group.liquidation_terms()?;
    account_report(&market.market(), &holdings, &sets, &terms, account.episode())
}

/// The report on an account that holds `holdings`; `sets` has index, scenario set and widened
/// scan range of each of its underlyings. Clients on the host call the same function.
pub fn account_report(
    market: &Market<'_>,
    holdings: &[Holding],
    sets: &[(u16, ScenarioSet, Ratio)],
    terms: &LiquidationTerms,
    episode: Episode,
) -> Result<AccountReport> {
    let initial = health(market, holdings.iter().copied(), Check::Initial).map_err(report)?;
    let find = |index| {
        let found = sets.iter().find(|(own, _, _)| *own == index);
        found.map(|(_, set, scan)| (set, *scan))
    };
    let mut underlyings = Vec::with_capacity(sets.len());
    let mut failed = Ok(());
    let maintenance = report_of(market, holdings.iter().copied(), find, |one| match view(&one) {
        Ok(view) => underlyings.push(view),
        Err(error) => failed = Err(error),
    })
    .map_err(report)?;
    failed?;
    Ok(AccountReport {
        equity_quote_atoms: floor(maintenance.equity)?,
        equity_initial_quote_atoms: floor(initial.equity)?,
        maintenance_quote_atoms: ceil(maintenance.requirement)?,
        initial_quote_atoms: ceil(initial.requirement)?,
        health_maintenance_quote_atoms: floor(maintenance.surplus().map_err(PlimsollError::from)?)?,
        health_initial_quote_atoms: floor(initial.surplus().map_err(PlimsollError::from)?)?,
        liquidatable: u8::from(liquidatable(terms, &maintenance, episode)),
        underlyings,
    })
}

/// Index, scenario set and widened scan range of every loaded underlying.
pub(super) fn scenario_sets(market: &Snapshot) -> Result<Vec<(u16, ScenarioSet, Ratio)>> {
    let mut sets = Vec::with_capacity(market.underlyings.len());
    for at in 0..market.underlyings.len() {
        let account = market.underlying_account(at)?;
        sets.push((account.index, account.scenario_set()?, account.scan()?));
    }
    Ok(sets)
}

fn view(one: &UnderlyingReport) -> Result<UnderlyingView> {
    let down = stored(one.liquidation_price_down);
    let up = stored(one.liquidation_price_up);
    Ok(UnderlyingView {
        index: one.index,
        worst_scenario: one.worst_scenario,
        net_quote_atoms: floor(one.net)?,
        requirement_quote_atoms: ceil(one.requirement)?,
        liquidation_down_mantissa: down.mantissa,
        liquidation_down_exponent: down.exponent,
        liquidation_up_mantissa: up.mantissa,
        liquidation_up_exponent: up.exponent,
    })
}

pub(super) fn floor(value: Value) -> Result<i64> {
    Ok(value.to_quote_floor().map_err(PlimsollError::from)?.get())
}

pub(super) fn ceil(value: Value) -> Result<i64> {
    Ok(value.to_quote_ceil().map_err(PlimsollError::from)?.get())
}
