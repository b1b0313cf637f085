//! Which fact failed? Errors carry what the caller needs to name the culprit.

use crate::{Grade, RowKey};
use core::fmt;
use plimsoll_units::MathError;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    /// A number did not fit, or a denominator was zero.
    Math(MathError),
    /// A row of the account needs this underlying's price, and the price may not be used for it.
    OracleInvalid {
        /// Index of the underlying.
        underlying: u16,
        /// What is wrong with its price.
        grade: Grade,
    },
    /// The account holds a row whose terms were not given.
    MissingTerms {
        /// The row.
        key: RowKey,
    },
    /// The account holds a row of an underlying whose terms were not given.
    MissingUnderlying {
        /// Index of the underlying.
        index: u16,
    },
    /// The row has a risk array that was not given.
    MissingArray {
        /// The row.
        key: RowKey,
    },
    /// The account holds rows with risk arrays beside others of this underlying, and its shocks
    /// were not given.
    MissingShocks {
        /// Index of the underlying.
        underlying: u16,
    },
    /// The account's rows did not come in strictly ascending order.
    RowsOutOfOrder,
    /// The scenario set is empty, too large, one-sided, or has a weight or shock out of bounds.
    ScenarioSetInvalid,
    /// The liquidation terms contradict each other: see `LiquidationTerms::validate`.
    LiquidationTermsInvalid,
    /// The account has no maintenance requirement, so that there is nothing to pay a bid for: what
    /// is left is debt, which only the sharing of losses can clear.
    NothingToRelease,
    /// The rows that the bid takes do not lower the maintenance requirement.
    BidRemovesNoRisk,
    /// The rows that the bid takes would leave the account above its buffer.
    OvershootsBuffer,
    /// The bid would not raise the account's health.
    HealthNotRaised,
    /// A part of a position was closed, and leaves the account below its line.
    StaysBelowLine,
    /// The interest curve has too few or too many kinks, does not cover a utilisation of nothing
    /// to all, falls, or is too steep: see [`crate::Curve::new`].
    CurveInvalid,
    /// The loss is as large as all deposits of the token: it cannot be shared among them.
    LossBeyondDeposits,
}

impl From<MathError> for RiskError {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}

impl fmt::Display for RiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Math(error) => error.fmt(f),
            Self::OracleInvalid { underlying, grade } => {
                write!(f, "price of underlying {underlying} is {grade}")
            }
            Self::MissingTerms { key } => write!(f, "no terms for row {key}"),
            Self::MissingUnderlying { index } => write!(f, "no terms for underlying {index}"),
            Self::MissingArray { key } => write!(f, "no risk array for row {key}"),
            Self::MissingShocks { underlying } => {
                write!(f, "no linear shocks for underlying {underlying}")
            }
            Self::RowsOutOfOrder => f.write_str("rows are not in ascending order"),
            Self::ScenarioSetInvalid => f.write_str("scenario set is out of bounds"),
            Self::LiquidationTermsInvalid => f.write_str("liquidation terms contradict each other"),
            Self::NothingToRelease => f.write_str("account has no requirement to release"),
            Self::BidRemovesNoRisk => f.write_str("bid does not lower the requirement"),
            Self::OvershootsBuffer => f.write_str("bid leaves the account above its buffer"),
            Self::CurveInvalid => f.write_str("interest curve is out of bounds"),
            Self::LossBeyondDeposits => f.write_str("loss would take all deposits"),
            Self::HealthNotRaised => f.write_str("bid does not raise the account's health"),
            Self::StaysBelowLine => f.write_str("a part leaves the account below its line"),
        }
    }
}
