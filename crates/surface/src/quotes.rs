//! What is fitted? Quotes of one expiry, as a venue or a desk has them.

use plimsoll_options::{Level, Premium, Terms};
use plimsoll_units::{Ratio, Seconds};

/// The least number of strikes: a slice has five numbers.
pub const STRIKES_MIN: usize = 5;

/// The quotes of one expiry, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiry {
    /// The forward for the expiry.
    pub forward: Level,
    /// How long until it.
    pub time: Seconds,
    /// What is quoted. A call and a put of one strike are two quotes.
    pub quotes: Vec<Quote>,
}

/// What is known of one option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// Call or put, and the strike, in the forward's steps.
    pub terms: Terms,
    /// What the slice is to give.
    pub observed: Observed,
    /// How much it counts.
    pub weight: Weight,
    /// What the option is bought and sold for, where both are known. Only reported on, not fitted.
    pub spread: Option<Spread>,
}

/// A volatility, or the premium that stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Of a year, in parts per million; 1 % at least.
    Volatility(Ratio),
    /// In steps of the forward.
    Premium(Premium),
}

/// How much the square of a volatility's error counts, beside those of the other quotes of the
/// expiry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weight {
    /// The option's vega, which favours strikes near the forward.
    Vega,
    /// So much; zero leaves the quote out of the fit, not out of the report.
    Given(f64),
}

/// Bid and ask, in steps of the forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// What the best buyer pays.
    pub bid: Premium,
    /// What the best seller asks; not below the bid.
    pub ask: Premium,
}
