//! How large a part? Weights, requirements, fees and bounds, in parts per million.

use crate::{divide, wide, MathError};
use core::fmt;

/// Parts per million of something. From 0 to 4294.967295 times the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ratio(u32);

impl Ratio {
    /// Parts in a whole.
    pub const PARTS: u32 = 1_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(Self::PARTS);
    /// About 4295 times the whole; where a quotient saturates.
    pub const MAX: Self = Self(u32::MAX);

    /// A ratio of `ppm` parts per million.
    #[inline]
    pub const fn from_ppm(ppm: u32) -> Self {
        Self(ppm)
    }

    /// Parts per million.
    #[inline]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// Is it nothing?
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Sum; `Overflow` above [`Ratio::MAX`].
    #[inline]
    pub const fn checked_add(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_add(other.0) {
            Some(ppm) => Ok(Self(ppm)),
            None => Err(MathError::Overflow),
        }
    }

    /// Difference; `Overflow` below zero.
    #[inline]
    pub const fn checked_sub(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_sub(other.0) {
            Some(ppm) => Ok(Self(ppm)),
            None => Err(MathError::Overflow),
        }
    }

    /// Product, rounded down; `Overflow` above [`Ratio::MAX`].
    #[inline]
    pub const fn mul_floor(self, other: Self) -> Result<Self, MathError> {
        let (quotient, _) = divide::mul_div_rem_u32(self.0, other.0, Self::PARTS);
        Self::from_wide(quotient)
    }

    /// Product, rounded up; `Overflow` above [`Ratio::MAX`].
    #[inline]
    pub const fn mul_ceil(self, other: Self) -> Result<Self, MathError> {
        let (quotient, exact) = divide::mul_div_rem_u32(self.0, other.0, Self::PARTS);
        // The quotient is below 2^64 / 10^6, so that one more cannot overflow.
        Self::from_wide(if exact { quotient } else { quotient.wrapping_add(1) })
    }

    /// `ppm` as a ratio; `Overflow` above [`Ratio::MAX`].
    #[inline]
    pub const fn from_wide(ppm: u64) -> Result<Self, MathError> {
        match wide::narrow_u32(ppm) {
            Some(ppm) => Ok(Self(ppm)),
            None => Err(MathError::Overflow),
        }
    }

    /// `ppm` as a ratio, [`Ratio::MAX`] where it is more.
    #[inline]
    pub const fn from_wide_saturating(ppm: u64) -> Self {
        match wide::narrow_u32(ppm) {
            Some(ppm) => Self(ppm),
            None => Self::MAX,
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ppm", self.0)
    }
}
