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
