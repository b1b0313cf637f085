//! What is a number here, and what may be done with it?
//!
//! Every amount of the exchange has a type that says its unit; two amounts of different units
//! cannot be added, and the few products that make sense are functions that say how they round.
//! Nothing in this crate knows what a margin account is.
//!
//! | type | unit | stored as |
//! |---|---|---|
//! | [`QuoteAtoms`] | smallest unit of the group's quote token | `i64` |
//! | [`TokenAtoms`] | smallest unit of some token, signed (debt is negative) | `i64` |
//! | [`BaseLots`] | contracts of an instrument, signed (short is negative) | `i64` |
//! | [`PriceTicks`] | price steps of an instrument | `u64` |
//! | [`TickSize`] | quote atoms per lot and tick | `u64` |
//! | [`Slot`], [`Slots`] | a slot of the chain; a number of slots | `u64` |
//! | [`UnixSeconds`], [`Seconds`] | a moment; a duration | `i64`, `u64` |
//! | [`Shares`] | part of an indexed balance, 2^-48 atoms at index one | `i128` |
//! | [`Index`] | token atoms per 2^48 shares, Q64.64 | `u128` |
//! | [`Value`] | quote atoms, in steps of 2^-48 | `i128` |
//! | [`Ratio`] | parts per million | `u32` |
//! | [`Fraction`] | share of a whole, 2^-63 | `u64` |
//! | [`Price`] | a positive factor: quote atoms per something, or a pure number | float of 64 bits |
//!
//! The one law: **no result is silently wrong.** What does not fit is a [`MathError`]; what is
//! rounded says `_floor`, `_ceil` or `_away` in its name. There is no panic, no float, no
//! allocation and no dependency.
//!
//! Adding lots to money is not a runtime error, it does not compile:
//!
//! ```compile_fail
//! use plimsoll_units::{BaseLots, QuoteAtoms};
//! let nonsense = BaseLots::new(1).checked_add(QuoteAtoms::new(1));
//! ```
//!
//! ```compile_fail
//! use plimsoll_units::{BaseLots, QuoteAtoms};
//! let nonsense = BaseLots::new(1) + QuoteAtoms::new(1);
//! ```
//!
//! Nor do a slot and a second compare:
//!
//! ```compile_fail
//! use plimsoll_units::{Slot, UnixSeconds};
//! let nonsense = Slot::new(1) < UnixSeconds::new(1);
//! ```
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
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[macro_use]
mod macros;

mod amounts;
mod decimal;
pub mod divide;
mod error;
mod fraction;
mod price;
pub mod products;
mod ratio;
mod shares;
mod time;
mod value;
pub mod wide;

pub use amounts::{BaseLots, PriceTicks, QuoteAtoms, TickSize, TokenAtoms};
pub use error::MathError;
pub use fraction::Fraction;
pub use price::Price;
pub use ratio::Ratio;
pub use shares::{Index, Shares};
pub use time::{Seconds, Slot, Slots, UnixSeconds};
pub use value::Value;
