//! How much does an indexed balance hold today? Balances earn by one index, without being touched.
//!
//! A balance stores shares; what they are worth in atoms is shares · index · 2^-48. Rounding is
//! always against the holder: a deposit is worth a little less, a debt a little more.

use crate::{divide, wide, MathError, TokenAtoms};

/// Bits behind the point of a share at index one.
const SHARE_BITS: i64 = 48;
/// Bits behind the point of an index.
const INDEX_BITS: i64 = 64;
/// Bits between shares times index and atoms.
const PRODUCT_BITS: u32 = 112;

quantity! { signed
    /// Part of an indexed token balance: 2^-48 atoms at index one. Negative: a debt.
    Shares(i128)
}

/// What a share is worth, Q64.64: token atoms per 2^48 shares. Starts at [`Index::ONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Index(u128);

impl Index {
    /// The index of a fresh balance: 2^48 shares are one atom.
    pub const ONE: Self = Self(1 << INDEX_BITS);

    /// An index from its stored form.
    #[inline]
    pub const fn new(raw: u128) -> Self {
        Self(raw)
    }

    /// The stored form: the index times 2^64.
    #[inline]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The index times `1 + growth · 2^-64`, rounded down. `Overflow` from 2^64 on.
    #[inline]
    pub const fn grown_floor(self, growth: u128) -> Result<Self, MathError> {
        self.grown(growth, false)
    }

    /// The index times `1 + growth · 2^-64`, rounded up. `Overflow` from 2^64 on.
    #[inline]
    pub const fn grown_ceil(self, growth: u128) -> Result<Self, MathError> {
        self.grown(growth, true)
    }

    const fn grown(self, growth: u128, up: bool) -> Result<Self, MathError> {
        if growth == 0 {
            return Ok(self);
        }
        let Some((gain, exact)) = product_by_64(self.0, growth) else {
            return Err(MathError::Overflow);
        };
        let gain = if up && !exact { gain.checked_add(1) } else { Some(gain) };
        let Some(gain) = gain else {
            return Err(MathError::Overflow);
        };
        match self.0.checked_add(gain) {
            Some(raw) => Ok(Self(raw)),
            None => Err(MathError::Overflow),
        }
    }
}

/// `a · b · 2^-64` rounded down, and whether that was exact; `None` where it does not fit.
#[inline]
const fn product_by_64(a: u128, b: u128) -> Option<(u128, bool)> {
    if wide::high_u64(b) == 0 {
        // Growth below the whole, as it always is between two changes: two products of words.
        let (carried, lost) = wide::mul_u64(wide::low_u64(a), wide::low_u64(b));
        let (high, low) = wide::mul_u64(wide::high_u64(a), wide::low_u64(b));
        // Below a, so that it fits.
        return Some((wide::join(high, low).wrapping_add(wide::join(0, carried)), lost == 0));
    }
    let (high, low) = wide::mul_u128(a, b);
    if wide::high_u64(high) != 0 {
        return None;
    }
    Some((wide::join(wide::low_u64(high), wide::high_u64(low)), wide::low_u64(low) == 0))
}

impl Default for Index {
    fn default() -> Self {
        Self::ONE
    }
}

impl Shares {
    /// What the shares are worth in atoms, toward minus infinity: a deposit rounded down, a
    /// debt rounded up. `Overflow` beyond 2^63 atoms.
    #[inline]
    pub const fn to_atoms_floor(self, index: Index) -> Result<TokenAtoms, MathError> {
        if index.0 == Index::ONE.0 {
            return match wide::narrow_i64(self.get() >> SHARE_BITS) {
                Some(atoms) => Ok(TokenAtoms::new(atoms)),
                None => Err(MathError::Overflow),
            };
        }
        let (high, low) = wide::mul_u128(self.get().unsigned_abs(), index.0);
        // The product shifted by 112 places must leave one word.
        if high >> (176 - 128) != 0 {
            return Err(MathError::Overflow);
        }
        let floor = (wide::low_u64(high) << 16) | wide::low_u64(low >> PRODUCT_BITS);
        let exact = low << (128 - PRODUCT_BITS) == 0;
        let up = self.is_negative() && !exact;
        let magnitude = if up { floor.checked_add(1) } else { Some(floor) };
        let Some(magnitude) = magnitude else {
            return Err(MathError::Overflow);
        };
        match wide::checked_with_sign_of(magnitude, if self.is_negative() { -1 } else { 1 }) {
            Some(atoms) => Ok(TokenAtoms::new(atoms)),
            None => Err(MathError::Overflow),
        }
    }

    /// The shares that are worth the same at index one, toward minus infinity: what they are
    /// worth in steps of 2^-48 atoms. `Overflow` beyond 2^127 steps.
    #[inline]
    pub const fn rebased_floor(self, index: Index) -> Result<Self, MathError> {
        self.rebased(index, self.is_negative())
    }

    /// The shares that are worth the same at index one, toward plus infinity. `Overflow` beyond
    /// 2^127 steps.
    #[inline]
    pub const fn rebased_ceil(self, index: Index) -> Result<Self, MathError> {
        self.rebased(index, !self.is_negative())
    }

    const fn rebased(self, index: Index, away: bool) -> Result<Self, MathError> {
        if index.0 == Index::ONE.0 {
            return Ok(self);
        }
        let Some((floor, exact)) = product_by_64(self.get().unsigned_abs(), index.0) else {
            return Err(MathError::Overflow);
        };
        let steps = if away && !exact { floor.checked_add(1) } else { Some(floor) };
        let Some(steps) = steps else {
            return Err(MathError::Overflow);
        };
        match wide::signed_i128(steps, self.is_negative()) {
            Some(steps) => Ok(Self::new(steps)),
            None => Err(MathError::Overflow),
        }
    }

    /// The shares of `atoms`, toward minus infinity: a deposit credits no more than was paid.
    /// `DivisionByZero` for an index of zero, `Overflow` beyond 2^127 shares.
    #[inline]
    pub const fn from_atoms_floor(atoms: TokenAtoms, index: Index) -> Result<Self, MathError> {
        Self::from_atoms(atoms, index, atoms.is_negative())
    }

    /// The shares of `atoms`, toward plus infinity: a withdrawal debits no less than was paid
    /// out. `DivisionByZero` for an index of zero, `Overflow` beyond 2^127 shares.
    #[inline]
    pub const fn from_atoms_ceil(atoms: TokenAtoms, index: Index) -> Result<Self, MathError> {
        Self::from_atoms(atoms, index, !atoms.is_negative())
    }

    /// |atoms| · 2^112 / index with the sign of the atoms; `away` rounds away from zero.
    #[inline]
    const fn from_atoms(atoms: TokenAtoms, index: Index, away: bool) -> Result<Self, MathError> {
        if index.0 == Index::ONE.0 {
            // 2^63 · 2^48 fits with room to spare.
            return Ok(Self::new(wide::shl48(atoms.get())));
        }
        if index.0 == 0 {
            return Err(MathError::DivisionByZero);
        }
        let magnitude = atoms.get().unsigned_abs();
        let high = wide::join(0, magnitude >> 16);
        let low = wide::join(magnitude << 48, 0);
        let Some((floor, exact)) = divide::div_u256(high, low, index.0) else {
            return Err(MathError::Overflow);
        };
        let shares = if away && !exact { floor.checked_add(1) } else { Some(floor) };
        let Some(shares) = shares else {
            return Err(MathError::Overflow);
        };
        match wide::signed_i128(shares, atoms.is_negative()) {
            Some(shares) => Ok(Self::new(shares)),
            None => Err(MathError::Overflow),
        }
    }
}
