//! Why did a calculation give no number?

use core::fmt;

/// The three ways in which a calculation can fail. Never a wrong number instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MathError {
    /// The result does not fit its type.
    Overflow,
    /// A denominator was zero.
    DivisionByZero,
    /// An argument or result lies outside what its type means (a price of zero, say).
    OutOfRange,
}

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "result does not fit its type",
            Self::DivisionByZero => "division by zero",
            Self::OutOfRange => "number outside the range that its type allows",
        })
    }
}
