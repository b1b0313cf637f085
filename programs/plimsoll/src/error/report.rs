//! What a pure crate could not do, by the program's name for it.

use anchor_lang::prelude::*;
use plimsoll_options::{OptionError, StepError, SurfaceError};
use plimsoll_risk::{Grade, RiskError};
use plimsoll_units::MathError;

use super::PlimsollError;

impl From<MathError> for PlimsollError {
    fn from(error: MathError) -> Self {
        match error {
            MathError::Overflow => Self::MathOverflow,
            MathError::DivisionByZero => Self::DivisionByZero,
            MathError::OutOfRange => Self::OutOfRange,
        }
    }
}

/// The program's name for what a pure crate could not do.
pub(crate) trait Named<T> {
    /// The same result with the program's error.
    fn named(self) -> Result<T>;
}

impl<T> Named<T> for core::result::Result<T, MathError> {
    #[inline]
    fn named(self) -> Result<T> {
        Ok(self.map_err(PlimsollError::from)?)
    }
}

impl From<SurfaceError> for PlimsollError {
    fn from(error: SurfaceError) -> Self {
        match error {
            SurfaceError::ButterflyArbitrage => Self::ButterflyArbitrage,
            SurfaceError::CalendarArbitrage => Self::CalendarArbitrage,
            SurfaceError::ExpiriesOutOfOrder => Self::NeighbourMissing,
            _ => Self::SliceInvalid,
        }
    }
}

impl<T> Named<T> for core::result::Result<T, SurfaceError> {
    #[cold]
    fn named(self) -> Result<T> {
        Ok(self.map_err(PlimsollError::from)?)
    }
}

impl<T> Named<T> for core::result::Result<T, StepError> {
    fn named(self) -> Result<T> {
        let error = |error| match error {
            StepError::SurfaceStepTooLarge => PlimsollError::SurfaceStepTooLarge,
            StepError::BasisStepTooLarge => PlimsollError::BasisStepTooLarge,
            StepError::BasisOutOfBounds => PlimsollError::BasisOutOfBounds,
            StepError::PeriodZero => PlimsollError::CorruptAccount,
        };
        Ok(self.map_err(error)?)
    }
}

impl<T> Named<T> for core::result::Result<T, OptionError> {
    fn named(self) -> Result<T> {
        Ok(self.map_err(|_| PlimsollError::OptionOutOfRange)?)
    }
}

impl<T> Named<T> for core::result::Result<T, RiskError> {
    #[inline]
    fn named(self) -> Result<T> {
        self.map_err(report)
    }
}

/// The error that says why a grade does not allow an action. `Valid` never asks.
pub fn grade_error(grade: Grade) -> PlimsollError {
    match grade {
        Grade::Valid | Grade::Stale => PlimsollError::OracleStale,
        Grade::Uncertain => PlimsollError::OracleUncertain,
        Grade::Dispersed => PlimsollError::OracleDispersed,
        Grade::Jumping => PlimsollError::OracleJumping,
        Grade::Halted => PlimsollError::OracleHalted,
        Grade::NotPositive => PlimsollError::OracleNotPositive,
    }
}

/// Translates a fact of the risk crate, and logs what a number alone cannot say.
#[cold]
pub fn report(error: RiskError) -> Error {
    match error {
        RiskError::Math(inner) => PlimsollError::from(inner).into(),
        RiskError::OracleInvalid { underlying, grade } => {
            msg!("underlying {} has no valid price", underlying);
            grade_error(grade).into()
        }
        RiskError::MissingTerms { key } => {
            msg!("no terms for row {}", key.raw());
            PlimsollError::RowTermsMissing.into()
        }
        RiskError::MissingUnderlying { index } => {
            msg!("no terms for underlying {}", index);
            PlimsollError::RowTermsMissing.into()
        }
        RiskError::MissingArray { key } => {
            msg!("no risk array for row {}", key.raw());
            PlimsollError::RowTermsMissing.into()
        }
        RiskError::MissingShocks { underlying } => {
            msg!("no shocks for underlying {}", underlying);
            PlimsollError::RowTermsMissing.into()
        }
        RiskError::RowsOutOfOrder => PlimsollError::CorruptAccount.into(),
        RiskError::ScenarioSetInvalid => PlimsollError::ScenarioSetInvalid.into(),
        RiskError::LiquidationTermsInvalid => PlimsollError::ParameterOutOfBounds.into(),
        RiskError::NothingToRelease => PlimsollError::NothingToRelease.into(),
        RiskError::BidRemovesNoRisk => PlimsollError::BidRemovesNoRisk.into(),
        RiskError::OvershootsBuffer => PlimsollError::BidOvershootsBuffer.into(),
        RiskError::HealthNotRaised => PlimsollError::BidLowersHealth.into(),
        RiskError::StaysBelowLine => PlimsollError::DeleveragingNotWhole.into(),
        RiskError::CurveInvalid => PlimsollError::ParameterOutOfBounds.into(),
        RiskError::LossBeyondDeposits => PlimsollError::LossBeyondDeposits.into(),
    }
}
