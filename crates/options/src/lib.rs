//! What is a European, cash-settled option worth, and how does that change?
//!
//! Pure functions of integers: no float, no allocation, no panic, no clock. With forward `F`,
//! strike `K`, volatility `σ` a year and `T` seconds to expiry, by Black (1976), undiscounted: a
//! cash-settled option is paid in quote, whose interest rate is taken as zero.
//!
//! > `w = σ · √(T / year)`, `d1 = ln(F/K) / w + w/2`, `d2 = d1 − w`
//! >
//! > `call = F · N(d1) − K · N(d2)`, `put = call − (F − K)`
//!
//! What is computed is the value of whichever of the two is out of the money, and the other one is
//! that plus `|F − K|`: so put-call parity is exact, and nothing cancels. Both have the same form,
//! with `m = min(F, K)`, `y = |ln(F/K)|`, `z = y/w − w/2`, the normal density `φ` and Mills'
//! ratio `M(z) = N(−z) / φ(z)`:
//!
//! > `out of the money = m · φ(z) · (M(z) − M(z + w))`
//!
//! In this form a step of volatility or of time changes the bracket by the step of `w` itself, and a
//! step of the forward or strike by `M(z + w)` times the step of `y`: larger than the error of the
//! bracket, sixteen times at the ends of the ranges and thousands of times elsewhere, down to the
//! smallest value that can be written. That is why **values are monotone in forward, strike,
//! volatility and time as integers**, not merely nearly so. `docs/RISK.md` has the numbers.
//!
//! | file | question |
//! |---|---|
//! | `fixed` | what are a level, a premium and a greek? |
//! | `ln` | what is the logarithm of a level? |
//! | `exp` | what is the exponential, and how dense is the normal distribution? |
//! | `normal` | how much of it lies beyond? |
//! | `root` | how far does the price move until expiry? |
//! | `black76` | what is the option worth? |
//! | `greeks` | how does that change with each input? |
//! | `implied` | which volatility does a premium stand for? |
//! | `risk_array` | what is gained or lost in each scenario? |
//! | `svi` | which volatility does a strike have? |
//! | `arbitrage` | can somebody earn from a slice without risk? |
//! | `settlement` | what is an expiry settled at? |
//! | `fading` | how much of that is known already? |
//! | `steps` | how far may a publication move the market? |
//! | `quote` | what is one lot worth, and what may it gain or lose? |
//! | `future` | the same of a dated future, which fades too |
//! | `lot` | how is a lot's risk written in few bits? |
//! | `tables` | the coefficients, and the numbers that a cell of a table starts from |
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

mod arbitrage;
mod black76;
mod error;
mod exp;
mod fading;
mod fixed;
mod future;
mod greeks;
mod implied;
mod ln;
mod lot;
mod normal;
mod polynomial;
mod quote;
mod risk_array;
mod root;
mod settlement;
mod steps;
mod svi;
mod tables;

pub use arbitrage::{check_butterflies, check_calendar};
pub use black76::{value_nearest, Kind, Market, Terms};
pub use error::{OptionError, SettlementError, StepError, SurfaceError};
pub use exp::{density, exp_negative, Density};
pub use fading::Fading;
pub use fixed::{Deviations, Fixed, Level, Log, Premium};
pub use future::{quote_future, FutureQuote, FutureRequest};
pub use greeks::{greeks, Greeks};
pub use implied::implied_volatility;
pub use ln::ln;
pub use lot::{LotArray, LotGreeks};
pub use normal::{mills, tail};
pub use quote::{quote, OptionQuote, QuoteRequest, Values};
pub use risk_array::{risk_array, Shock, SHOCKS_MAX};
pub use root::{total_deviation, RootTime, YEAR};
pub use settlement::{Settlement, COVERED_MIN, GAP_MAX, WINDOW};
pub use steps::{check_step, Basis, Publication, StepTerms};
pub use svi::{Moneyness, Slice, SliceTerms, Variance};
