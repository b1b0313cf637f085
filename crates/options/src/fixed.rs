//! What are a level, a premium and a greek? The number types of this crate.
//!
//! Each is an integer with a fixed unit. Levels are short of a word on purpose: a step of a level
//! must move a value by more than the arithmetic behind it errs.

use crate::OptionError;
use plimsoll_units::{wide, Price, Value};

/// Bits behind the point of a [`Value`].
const VALUE_BITS: u32 = 48;

/// A forward or a strike, in steps that its user chooses: from 1 to 2^46 − 1 of them.
///
/// A premium is rounded to one part in 2^16 of a step: half of that is 10^-8 of a forward of 763
/// steps. Choose them so that a forward has thousands, and that ten times the price still fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u64);

impl Level {
    /// Bits of the largest level.
    pub const BITS: u32 = 46;
    /// The largest level.
    pub const MAX: Self = Self((1 << Self::BITS) - 1);
    /// The smallest one.
    pub const MIN: Self = Self(1);

    /// A level of so many steps; `LevelOutOfRange` for zero or beyond [`Level::MAX`].
    #[inline]
    pub const fn new(steps: u64) -> Result<Self, OptionError> {
        if steps == 0 || steps > Self::MAX.0 {
            return Err(OptionError::LevelOutOfRange);
        }
        Ok(Self(steps))
    }

    /// A price in steps of `2^exponent`, cut; `LevelOutOfRange` below one step or beyond
    /// [`Level::MAX`] of them. Forward and strike of an option need the same exponent.
    pub fn from_price_floor(price: Price, exponent: i16) -> Result<Self, OptionError> {
        let (mantissa, own) = price.parts();
        let count = i64::from(exponent).wrapping_sub(i64::from(own));
        if !(1..64).contains(&count) {
            return Err(OptionError::LevelOutOfRange);
        }
        Self::new(mantissa.wrapping_shr(wide::low_u32(count)))
    }

    /// The steps.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// `raw · 2^exponent`, cut after 64 bits; `None` for zero, or beyond what a price can be.
#[inline]
pub(crate) fn price_floor(raw: u128, exponent: i64) -> Option<Price> {
    let (high, low) = (wide::high_u64(raw), wide::low_u64(raw));
    let (mantissa, places) = if high == 0 {
        let zeros = wide::leading_zeros(low);
        (low.wrapping_shl(zeros), wide::widen_u32_i64(zeros))
    } else {
        let zeros = wide::leading_zeros(high);
        let carried = (low >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
        (high.wrapping_shl(zeros) | carried, wide::widen_u32_i64(zeros).wrapping_sub(64))
    };
    Price::from_words(mantissa, exponent.wrapping_sub(places)).ok()
}

/// A value of an option or a change of it, in 2^-16 of a step of its levels; up to 2^62 either
/// way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Premium(i64);

impl Premium {
    /// Bits behind the point of a level's step.
    pub const BITS: u32 = 16;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many 65536ths of a step.
    #[inline]
    pub const fn new(raw: i64) -> Self {
        Self(raw)
    }

    /// A distance of two levels, exactly: 46 bits and 16 more fit.
    #[inline]
    pub(crate) const fn from_distance(a: Level, b: Level) -> Self {
        Self((a.0.abs_diff(b.0) << Self::BITS).cast_signed())
    }

    /// The number of 65536ths of a step.
    #[inline]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The worth in quote atoms of one unit whose levels are in steps of `2^exponent` quote
    /// atoms, toward minus infinity; `None` where it does not fit.
    pub fn to_value_floor(self, exponent: i16) -> Option<Value> {
        let exponent = i64::from(exponent).wrapping_sub(i64::from(Self::BITS));
        let scaled = wide::scale_i64(self.0, 1, exponent.wrapping_add(i64::from(VALUE_BITS)));
        scaled.map(|(floor, _)| Value::new(floor))
    }
}

/// A logarithm, or what an exponential is taken of, in steps of 2^-58; not negative, below 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log(pub(crate) u64);

impl Log {
    /// Bits behind the point.
    pub const BITS: u32 = 58;

    /// So many steps of 2^-58: every word is one.
    #[inline]
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A number of standard deviations of the normal distribution, in steps of 2^-59; not negative,
/// below 32. The total volatility `σ √T` has this unit too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deviations(pub(crate) u64);

impl Deviations {
    /// Bits behind the point.
    pub const BITS: u32 = 59;

    /// So many steps of 2^-59: every word is one.
    #[inline]
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A pure number in steps of 2^-32, up to 2^31 either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed(i64);

impl Fixed {
    /// Bits behind the point.
    pub const BITS: u32 = 32;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1 << Self::BITS);
    /// The half of one.
    pub const HALF: Self = Self(1 << (Self::BITS - 1));

    /// So many steps of 2^-32.
    #[inline]
    pub const fn new(raw: i64) -> Self {
        Self(raw)
    }

    /// The number of steps.
    #[inline]
    pub const fn get(self) -> i64 {
        self.0
    }
}
