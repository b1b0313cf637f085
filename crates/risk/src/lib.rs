//! Is this account solvent, what may it do, and what is it worth to unload it?
//!
//! Pure functions of plain values: no clock, no accounts, no allocation, no logging, no panic.
//! The program on the chain, the views, the keepers and the simulator all call this one crate.
//!
//! The one equation, per margin account over its rows (balances and positions):
//!
//! > `E = Σ value + Σ c`, `MM = Σ_u requirement_u`, health = `E − MM`
//! >
//! > `requirement_u = |L−S| · loss + concentration(|L−S|) + basis · min(L, S)`
//!
//! `L` and `S` are what the rows of underlying `u` are long and short, tokens and contracts alike,
//! so that what hedges nets. Opening asks for more (`Check::Initial`): values at the worse of the
//! oracle's and the stable price, requirements times a multiplier, open profit and tokens in part.
//!
//! | file | question |
//! |---|---|
//! | `rows` | what is in the account, and under which terms? |
//! | `margin` | equity and requirement |
//! | `arrays` | what may a lot of an option gain or lose? |
//! | `array_sums` | what do the options of one underlying come to? |
//! | `array_margin` | what must an account with options be worth? |
//! | `bound` | what is the most that a book of options can lose? |
//! | `oracle` | may this price be used, and for what? |
//! | `stable_price` | how far may a reference follow the market? |
//! | `scenario` | how much can be lost on one underlying? |
//! | `liquidation` | when is a bid due, how is it paid, how large may it be? |
//! | `balance` | how do balances change hands without losing a unit? |
//! | `crossing` | at which price does an account with options cross its line? |
//! | `bracket` | between which two numbers does a quantity fall below zero? |
//! | `report` | at which price is the account liquidated, what may be withdrawn? |
//! | `position` | what has a lot paid for funding and shared losses? |
//! | `interest` | what do borrowers pay, and who gets it? |
//! | `funding` | what do the sides of a perpetual pay each other? |
//! | `pnl` | how much of a position's profit or loss may become money now? |
//! | `loss` | who bears what nobody can pay? |
//! | `stake` | what is a share of the insurance fund worth? |
//! | `outflow` | how much may leave a vault within the hour? |
//!
//! The one law: **round against the account that is judged.** Assets down, debts and
//! requirements up.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod array_margin;
mod array_sums;
mod arrays;
mod balance;
mod bound;
mod bracket;
mod crossing;
mod deleverage;
mod error;
mod funding;
mod interest;
mod liquidation;
mod loss;
mod margin;
mod oracle;
mod outflow;
mod pnl;
mod position;
mod report;
mod rows;
mod scenario;
mod stable_price;
mod stake;
mod sweep;

pub use arrays::{LinearShocks, Outcomes, Payoff, Phase, Place, RiskArray};
pub use balance::{open_interest_change, quote_share, row_slice, BalanceTotals};
pub use crossing::crossings;
pub use deleverage::{check_deleveraged, ends_silence, resized_flow, Resizing, Silence};
pub use error::RiskError;
pub use funding::{funding_flow, funding_rate, FundingTerms, Premium};
pub use interest::{
    reserve_gain, utilisation, write_down, Accrual, Curve, Kink, Rate, KINKS_MAX, RATE_MAX, YEAR,
};
pub use liquidation::{
    beta, closed_form_slice, depth, liquidatable, settle, Bid, BidKind, Episode, LiquidationTerms,
    Settlement,
};
pub use loss::{part_floor, share_loss, still_due, LossShare};
pub use margin::{health, Check, Health};
pub use oracle::{
    allowed, judge, Action, Band, Grade, OracleBounds, Quote, SourceQuote, FUTURE_SECONDS_MAX,
};
pub use outflow::Outflow;
pub use pnl::settleable;
pub use position::SideIndices;
pub use report::{report, withdrawable, ArrayReport, UnderlyingReport};
pub use rows::{Holding, Market, RowKey, RowKind, RowTerms, UnderlyingTerms};
pub use scenario::{
    linear_factors, loss_ratios, scan_range_widened, worst_scenario, Scenario, ScenarioSet,
    DERIBIT_LIKE, SCENARIOS_MAX, SPAN,
};
pub use stable_price::SlopeLimited;
pub use stake::{stake_shares, stake_value};
