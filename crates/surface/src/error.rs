//! Why is there no slice?

use core::fmt;

use plimsoll_options::{OptionError, SurfaceError};

/// Why an expiry has no slice. Each names the fact that failed; a row is the number of a quote,
/// from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitError {
    /// The quotes have fewer strikes than a slice has numbers.
    TooFewStrikes {
        /// How many they have, among the quotes with a weight above zero.
        strikes: usize,
    },
    /// There is no time left to the expiry.
    Expired,
    /// A weight is negative, or not a number, or infinite.
    WeightOutOfRange {
        /// The quote.
        row: usize,
    },
    /// A strike is further from the forward than slices are checked: `|ln(K/F)| > 8`.
    StrikeOutOfReach {
        /// The quote.
        row: usize,
    },
    /// A premium stands for no volatility.
    NoVolatility {
        /// The quote.
        row: usize,
        /// Why not.
        why: OptionError,
    },
    /// A volatility is below 1 %, the least that a slice may have.
    VolatilityTooLow {
        /// The quote.
        row: usize,
    },
    /// A bid is above its ask.
    BidAboveAsk {
        /// The quote.
        row: usize,
    },
    /// Not even the slice that should pass for certain passes: the neighbours that were given leave
    /// no room, or the volatilities are beyond what a slice can hold.
    NoAdmissibleSlice {
        /// What is wrong with it.
        why: SurfaceError,
    },
    /// An expiry does not come after the one before it.
    ExpiriesOutOfOrder,
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewStrikes { strikes } => {
                write!(f, "quotes of {strikes} strikes do not determine a slice")
            }
            Self::Expired => f.write_str("there is no time left to the expiry"),
            Self::WeightOutOfRange { row } => write!(f, "weight of quote {row} is out of range"),
            Self::StrikeOutOfReach { row } => {
                write!(f, "strike of quote {row} is too far from the forward")
            }
            Self::NoVolatility { row, why } => write!(f, "quote {row} has no volatility: {why}"),
            Self::VolatilityTooLow { row } => write!(f, "volatility of quote {row} is below 1 %"),
            Self::BidAboveAsk { row } => write!(f, "bid of quote {row} is above its ask"),
            Self::NoAdmissibleSlice { why } => write!(f, "no admissible slice: {why}"),
            Self::ExpiriesOutOfOrder => f.write_str("expiry does not come after the one before it"),
        }
    }
}

impl std::error::Error for FitError {}

/// Which expiry of a surface has no slice, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceFailure {
    /// The number of the expiry, from zero.
    pub expiry: usize,
    /// What is wrong with it.
    pub why: FitError,
}

impl fmt::Display for SurfaceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expiry {}: {}", self.expiry, self.why)
    }
}

impl std::error::Error for SurfaceFailure {}
