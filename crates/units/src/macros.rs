//! How is a quantity declared? One newtype, the sums that stay within it, and nothing else: no
//! `Mul`, no `Div`, no conversion between two of them. Products live in `products.rs`.

/// Declares a quantity newtype. `signed` adds what only makes sense below zero.
macro_rules! quantity {
    (signed $(#[$doc:meta])* $name:ident($raw:ty)) => {
        quantity!($(#[$doc])* $name($raw));

        impl $name {
            /// The same amount on the other side of zero. `Overflow` for the smallest number.
            #[inline]
            pub const fn checked_neg(self) -> Result<Self, $crate::MathError> {
                match self.0.checked_neg() {
                    Some(raw) => Ok(Self(raw)),
                    None => Err($crate::MathError::Overflow),
                }
            }

            /// The distance from zero. `Overflow` for the smallest number.
            #[inline]
            pub const fn abs(self) -> Result<Self, $crate::MathError> {
                if self.0 < 0 { self.checked_neg() } else { Ok(self) }
            }

            /// Is the amount below zero?
            #[inline]
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Is the amount above zero?
            #[inline]
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }
        }
    };
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest amount that the type holds.
            pub const MAX: Self = Self(<$raw>::MAX);

            /// Names the unit of a raw number.
            #[inline]
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// The raw number, in the unit that the type names.
            #[inline]
            pub const fn get(self) -> $raw {
                self.0
            }

            /// Is there nothing?
            #[inline]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Sum; `Overflow` where it does not fit.
            #[inline]
            pub const fn checked_add(self, other: Self) -> Result<Self, $crate::MathError> {
                match self.0.checked_add(other.0) {
                    Some(raw) => Ok(Self(raw)),
                    None => Err($crate::MathError::Overflow),
                }
            }

            /// Difference; `Overflow` where it does not fit (below zero, for unsigned ones).
            #[inline]
            pub const fn checked_sub(self, other: Self) -> Result<Self, $crate::MathError> {
                match self.0.checked_sub(other.0) {
                    Some(raw) => Ok(Self(raw)),
                    None => Err($crate::MathError::Overflow),
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// Declares a point in time and the duration between two of them. Points are not added.
macro_rules! instant {
    ($(#[$doc:meta])* $name:ident($raw:ty), $duration:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// The origin of the count; used for "never".
            pub const ZERO: Self = Self(0);

            /// Names the unit of a raw number.
            #[inline]
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// The raw count.
            #[inline]
            pub const fn get(self) -> $raw {
                self.0
            }

            /// Is this the origin?
            #[inline]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Time since `earlier`; zero where `earlier` lies in the future, so that a clock
            /// that steps back can never make something look old.
            #[inline]
            pub const fn elapsed_since(self, earlier: Self) -> $duration {
                if self.0 <= earlier.0 {
                    $duration::ZERO
                } else {
                    $duration::new(self.0.abs_diff(earlier.0))
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
