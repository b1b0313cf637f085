//! Which slices of a volatility surface fit these quotes, and can be published?
//!
//! For the one who publishes a surface, off chain: floats search, and everything that is decided —
//! whether a slice is free of arbitrage, what it gives for a strike, what an option is then worth —
//! is decided by `plimsoll-options` in the integers that the program uses. The numbers that come out
//! are those that are stored.
//!
//! ```text
//! quotes of an expiry -> points (k, variance, weight) -> free fit -> admissible slice -> report
//! ```
//!
//! **The free fit** is quasi-explicit (De Marco and Martini, *Quasi-explicit calibration of Gatheral's
//! SVI model*, Zeliade, 2009): for given `m` and `σ` the variance `a + d · y + c · √(y² + 1)`,
//! `y = (k − m) / σ`, `c = b σ`, `d = ρ c`, is linear in `a`, `d`, `c`, and the best of those are
//! found exactly, within the cone `|d| <= c`, the slope that Lee allows, and the least variance.
//! Only `m` and `σ` are searched for.
//!
//! **The admissible slice** is the free fit, where `check_butterflies` and `check_calendar` let it
//! pass. Otherwise it is looked for along a straight line from the free fit to a slice that passes
//! for certain, and then improved among slices that pass.
//!
//! The same input gives the same bits everywhere: nothing but `+ − × ÷ √` is done in floats.
//!
//! ```
//! use plimsoll_options::{Kind, Level, Terms};
//! use plimsoll_surface::{fit_slice, report, Expiry, Neighbours, Observed, Quote, Weight};
//! use plimsoll_units::{Ratio, Seconds};
//!
//! // Strikes in cents, volatilities in parts per million.
//! let rows = [(12_000, 720_000), (13_500, 640_000), (15_000, 610_000), (16_500, 630_000),
//!     (18_000, 680_000)];
//! let quotes = rows.map(|(strike, ppm)| Quote {
//!     terms: Terms { kind: Kind::Call, strike: Level::new(strike).unwrap() },
//!     observed: Observed::Volatility(Ratio::from_ppm(ppm)),
//!     weight: Weight::Vega,
//!     spread: None,
//! });
//! let expiry = Expiry {
//!     forward: Level::new(15_020).unwrap(),
//!     time: Seconds::new(14 * 86_400),
//!     quotes: quotes.to_vec(),
//! };
//! let fitted = fit_slice(&expiry, &Neighbours::default())?;
//! let off = report(&expiry, &fitted.slice, |_| true)?.volatility;
//! assert!(off.largest < 0.005);
//! // `fitted.slice.terms()` is what is published.
//! # Ok::<(), plimsoll_surface::FitError>(())
//! ```
//!
//! | file | question |
//! |---|---|
//! | `quotes` | what is fitted? |
//! | `points` | what do the quotes say, as numbers? |
//! | `linear` | which `a`, `d`, `c` are best for given `m` and `σ`? |
//! | `simplex` | where is a function of a few numbers least? |
//! | `raw` | a slice in floats, and as it is stored |
//! | `free` | which slice fits best, arbitrage or not? |
//! | `admit` | which slice near it may be published? |
//! | `fit` | one expiry, or all of them in order |
//! | `report` | how far is a slice from its quotes? |
//! | `error` | why is there no slice? |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod admit;
mod error;
mod fines;
mod fit;
mod free;
mod linear;
mod points;
mod quotes;
mod raw;
mod report;
mod simplex;
mod surface;
mod walk;

pub use admit::Neighbours;
pub use error::{FitError, SurfaceFailure};
pub use fit::{fit_slice, Fitted};
pub use quotes::{Expiry, Observed, Quote, Spread, Weight, STRIKES_MIN};
pub use report::{report, Errors, Report};
pub use surface::fit_surface;
