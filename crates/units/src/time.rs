//! When, and for how long? Slots and seconds are two clocks that never compare.

use crate::MathError;

quantity! {
    /// A number of slots.
    Slots(u64)
}

quantity! {
    /// A number of seconds.
    Seconds(u64)
}

instant! {
    /// A slot of the chain.
    Slot(u64), Slots
}

instant! {
    /// Seconds since 1970-01-01 UTC, as the chain's clock gives them.
    UnixSeconds(i64), Seconds
}

impl Slot {
    /// The slot `wait` later; `Overflow` past the end of the count.
    #[inline]
    pub const fn checked_add(self, wait: Slots) -> Result<Self, MathError> {
        match self.get().checked_add(wait.get()) {
            Some(slot) => Ok(Self::new(slot)),
            None => Err(MathError::Overflow),
        }
    }
}

impl UnixSeconds {
    /// The moment `wait` later; `Overflow` past the end of the count.
    #[inline]
    pub const fn checked_add(self, wait: Seconds) -> Result<Self, MathError> {
        match self.get().checked_add_unsigned(wait.get()) {
            Some(moment) => Ok(Self::new(moment)),
            None => Err(MathError::Overflow),
        }
    }
}
