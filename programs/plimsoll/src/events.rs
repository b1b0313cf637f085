//! What the program tells the outside, one event per thing that happened to somebody's money.

use anchor_lang::prelude::*;

/// Tokens came in.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Deposited {
    /// The credited account.
    pub margin_account: Address,
    /// The token's collateral account.
    pub collateral: Address,
    /// Net of transfer fees (token atoms).
    pub received_token_atoms: i64,
}

/// Tokens went out.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Withdrawn {
    /// The debited account.
    pub margin_account: Address,
    /// The token's collateral account.
    pub collateral: Address,
    /// Before transfer fees (token atoms).
    pub amount_token_atoms: u64,
}

/// Two accounts traded.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Traded {
    /// The instrument.
    pub instrument: Address,
    /// The account whose position changed by `lots`.
    pub first: Address,
    /// The account on the other side.
    pub second: Address,
    /// Lots bought by the first account; negative: sold.
    pub lots: i64,
    /// The price (ticks).
    pub price_ticks: u64,
    /// What each side paid (quote atoms).
    pub fee_quote_atoms: i64,
}

/// Stable price and jump reference moved.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct UnderlyingRefreshed {
    /// The underlying.
    pub underlying: Address,
    /// Oracle price in USD per unit: mantissa.
    pub price_mantissa: u64,
    /// Oracle price: binary exponent.
    pub price_exponent: i64,
    /// Stable price: mantissa.
    pub stable_mantissa: u64,
    /// Stable price: binary exponent.
    pub stable_exponent: i64,
}

/// A liquidation episode began or ended.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct AccountMarked {
    /// The account.
    pub margin_account: Address,
    /// Slot at which the episode began; zero: none runs.
    pub episode_slot: u64,
    /// Equity (quote atoms, rounded down).
    pub equity_quote_atoms: i64,
    /// Maintenance requirement (quote atoms, rounded up).
    pub requirement_quote_atoms: i64,
}

/// A bid took over rows of an account below its line.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Liquidated {
    /// The account that was unloaded.
    pub margin_account: Address,
    /// The account that took the rows.
    pub bidder: Address,
    /// When.
    pub slot: u64,
    /// Equity before (quote atoms, rounded down).
    pub equity_before_quote_atoms: i64,
    /// Requirement before (quote atoms, rounded up).
    pub requirement_before_quote_atoms: i64,
    /// Requirement released (quote atoms, rounded down).
    pub released_quote_atoms: i64,
    /// β of this bid (ppm).
    pub beta_ppm: u32,
    /// The discount, insurance cut included (quote atoms).
    pub discount_quote_atoms: i64,
    /// The insurance fund's cut of it (quote atoms).
    pub insurance_cut_quote_atoms: i64,
    /// What the insurance fund paid (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// What the bidder's quote balance changed by (quote atoms).
    pub bidder_delta_quote_atoms: i64,
}

/// Somebody gave to an insurance fund.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct InsuranceAdded {
    /// The group.
    pub group: Address,
    /// Net of transfer fees (quote atoms).
    pub received_quote_atoms: i64,
}
