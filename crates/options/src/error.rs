//! Why is there no number?

use core::fmt;

/// Why an option has no value, shock or volatility. Each names the fact that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// A forward or strike is zero, or has more than 46 bits.
    LevelOutOfRange,
    /// A shock takes the price or the volatility below zero.
    ShockOutOfRange,
    /// A weight of a scenario is above one.
    WeightOutOfRange,
    /// The option has expired: its value says nothing about volatility.
    Expired,
    /// The premium is less than exercise at the forward would give.
    BelowIntrinsic,
    /// The premium is as much as the forward (call) or strike (put), or more: no volatility gives
    /// that much.
    AboveBound,
    /// The premium asks for a volatility above 429,496.7295 %, the largest that can be written.
    VolatilityOutOfRange,
    /// Volatilities more than 10^-6 apart give the same premium: it does not tell which one is
    /// meant.
    VegaNegligible,
    /// The larger of strike and forward is below one quote atom per lot, or is 2^61 or more.
    NotionalOutOfRange,
    /// The band of the price does not hold the price.
    BandInverted,
    /// The volatility is said to be uncertain by more than itself.
    ConfidenceOutOfRange,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LevelOutOfRange => "forward or strike is zero or beyond 46 bits",
            Self::ShockOutOfRange => "shock takes price or volatility below zero",
            Self::WeightOutOfRange => "weight of a scenario is above one",
            Self::Expired => "option has expired",
            Self::BelowIntrinsic => "premium is below the intrinsic value",
            Self::AboveBound => "premium is not below forward (call) or strike (put)",
            Self::VolatilityOutOfRange => "volatility of the premium is beyond what can be written",
            Self::VegaNegligible => "premium does not determine the volatility",
            Self::NotionalOutOfRange => {
                "strike and forward of a lot are not within 1 to 2^61 atoms"
            }
            Self::BandInverted => "band of the price does not hold the price",
            Self::ConfidenceOutOfRange => "volatility is uncertain by more than itself",
        })
    }
}

/// Why is a volatility surface not taken? Each names the fact that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceError {
    /// `b` is negative.
    SlopeNegative,
    /// `ρ` is not between −1 and 1.
    SkewOutOfRange,
    /// `σ` is below 2^-10.
    RoundnessTooSmall,
    /// A number of the slice is beyond its range.
    TermOutOfRange,
    /// The least variance is below that of a volatility of 1 %.
    VarianceTooLow,
    /// A wing of the total variance rises by more than two per unit of `ln(K/F)`.
    SlopeBeyondLee,
    /// The slice is too sharp to be checked on a grid.
    TooSharp,
    /// A butterfly of options costs less than nothing.
    ButterflyArbitrage,
    /// An option costs more than a later one of the same moneyness.
    CalendarArbitrage,
    /// The slice called earlier does not expire before the other one.
    ExpiriesOutOfOrder,
}

impl fmt::Display for SurfaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SlopeNegative => "slope b of a slice is negative",
            Self::SkewOutOfRange => "skew rho of a slice is not between -1 and 1",
            Self::RoundnessTooSmall => "roundness sigma of a slice is below 2^-10",
            Self::TermOutOfRange => "a number of a slice is beyond its range",
            Self::VarianceTooLow => "least variance of a slice is below that of 1 %",
            Self::SlopeBeyondLee => "wing of the total variance rises by more than two",
            Self::TooSharp => "slice is too sharp to be checked on a grid",
            Self::ButterflyArbitrage => "butterfly of options costs less than nothing",
            Self::CalendarArbitrage => "option costs more than a later one",
            Self::ExpiriesOutOfOrder => "earlier slice does not expire before the later one",
        })
    }
}

/// Why is there no settlement price, or no sample taken? Each names the fact that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementError {
    /// The expiry lies ahead.
    NotDue,
    /// Too little of the window is covered by samples: sampling goes on after the expiry.
    Uncovered,
    /// A sample of now would still cover the time up to the expiry: take it first.
    SampleDue,
    /// The price is more than 2^34 times the first one that counted, or its unit is beyond what a
    /// price can be.
    PriceOutOfRange,
    /// The stored words are no state that samples lead to.
    StateOutOfRange,
}

impl fmt::Display for SettlementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDue => "expiry lies ahead",
            Self::Uncovered => "too little of the settlement window is sampled",
            Self::SampleDue => "a sample of now must be taken before settlement",
            Self::PriceOutOfRange => "price is too far from the first one that counted",
            Self::StateOutOfRange => "stored settlement is no state that samples lead to",
        })
    }
}

/// Why is a new surface not published? Each names the fact that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepError {
    /// A volatility moves by more than the time since the last publication allows.
    SurfaceStepTooLarge,
    /// The basis moves by more than the time since the last publication allows.
    BasisStepTooLarge,
    /// The basis is larger than it may be.
    BasisOutOfBounds,
    /// The period of the terms is zero.
    PeriodZero,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SurfaceStepTooLarge => "a volatility moves too far for the time that went by",
            Self::BasisStepTooLarge => "basis moves too far for the time that went by",
            Self::BasisOutOfBounds => "basis is larger than it may be",
            Self::PeriodZero => "period of a step is zero",
        })
    }
}
