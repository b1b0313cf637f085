//! How do balances and sizes change hands without a unit getting lost?
//!
//! Token balances are shares of an index; all rounding stays with the pool. Positions move in
//! whole lots with their part of the quote flow, subtracted here and added there.

use crate::Holding;
use plimsoll_units::{BaseLots, Fraction, Index, MathError, Shares, TokenAtoms, Value};

/// Indices of a token, and the sums of all accounts' balances in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceTotals {
    /// Token atoms per deposit share.
    pub deposit_index: Index,
    /// Token atoms per borrow share.
    pub borrow_index: Index,
    /// Sum of the positive balances.
    pub deposits: Shares,
    /// Sum of the negative balances, as a positive number.
    pub borrows: Shares,
}

impl BalanceTotals {
    /// What a balance is worth in whole atoms, toward minus infinity: deposits down, debts up.
    #[inline]
    pub fn atoms(&self, shares: Shares) -> Result<TokenAtoms, MathError> {
        shares.to_atoms_floor(self.index_of(shares))
    }

    /// The debt in a balance, rounded up; zero for a deposit.
    pub fn borrowed_atoms(&self, shares: Shares) -> Result<TokenAtoms, MathError> {
        if shares.is_negative() {
            return self.atoms(shares)?.checked_neg();
        }
        Ok(TokenAtoms::ZERO)
    }

    /// All deposits in atoms, rounded up.
    pub fn deposits_ceil(&self) -> Result<TokenAtoms, MathError> {
        self.deposits.checked_neg()?.to_atoms_floor(self.deposit_index)?.checked_neg()
    }

    /// What depositors have left in the vault: deposits rounded down, less borrows rounded up.
    /// Negative where a liquidation turned a loss into a debt that nobody has paid yet.
    pub fn lendable_floor(&self) -> Result<TokenAtoms, MathError> {
        let deposits = self.deposits.to_atoms_floor(self.deposit_index)?;
        deposits.checked_sub(self.borrows_ceil()?)
    }

    /// All borrows in atoms, rounded up.
    pub fn borrows_ceil(&self) -> Result<TokenAtoms, MathError> {
        self.borrows.checked_neg()?.to_atoms_floor(self.borrow_index)?.checked_neg()
    }

    /// The balance `shares` after `delta` atoms came in (or went out, if negative); the totals
    /// follow. What comes in first repays a debt, what goes out first uses up a deposit.
    ///
    /// A deposit of less than one atom that a withdrawal leaves behind is left to the pool: it
    /// could never be withdrawn, and would keep the account from being closed.
    pub fn change(&mut self, shares: Shares, delta: TokenAtoms) -> Result<Shares, MathError> {
        self.leave(shares)?;
        let changed = match delta.is_negative() {
            true => self.taken(shares, delta)?,
            false => self.given(shares, delta)?,
        };
        self.enter(changed)?;
        Ok(changed)
    }

    fn index_of(&self, shares: Shares) -> Index {
        match shares.is_negative() {
            true => self.borrow_index,
            false => self.deposit_index,
        }
    }

    /// `delta ≥ 0` comes in.
    fn given(&self, shares: Shares, delta: TokenAtoms) -> Result<Shares, MathError> {
        if !shares.is_negative() {
            let new = Shares::from_atoms_floor(delta, self.deposit_index)?;
            return shares.checked_add(new);
        }
        let debt = self.borrowed_atoms(shares)?;
        if delta >= debt {
            return Shares::from_atoms_floor(delta.checked_sub(debt)?, self.deposit_index);
        }
        shares.checked_add(Shares::from_atoms_floor(delta, self.borrow_index)?)
    }

    /// `delta < 0` goes out.
    fn taken(&self, shares: Shares, delta: TokenAtoms) -> Result<Shares, MathError> {
        if shares.is_negative() {
            // Toward minus infinity: the debt grows by no less than went out.
            return shares.checked_add(Shares::from_atoms_floor(delta, self.borrow_index)?);
        }
        let held = self.atoms(shares)?;
        let left = held.checked_add(delta)?;
        if left.is_negative() {
            return Shares::from_atoms_floor(left, self.borrow_index);
        }
        if left.is_zero() {
            return Ok(Shares::ZERO);
        }
        shares.checked_add(Shares::from_atoms_floor(delta, self.deposit_index)?)
    }

    fn leave(&mut self, shares: Shares) -> Result<(), MathError> {
        match shares.is_negative() {
            true => self.borrows = self.borrows.checked_add(shares)?,
            false => self.deposits = self.deposits.checked_sub(shares)?,
        }
        Ok(())
    }

    fn enter(&mut self, shares: Shares) -> Result<(), MathError> {
        match shares.is_negative() {
            true => self.borrows = self.borrows.checked_sub(shares)?,
            false => self.deposits = self.deposits.checked_add(shares)?,
        }
        Ok(())
    }
}

/// Change of an instrument's open interest when two accounts go from `before` to `after` (lots).
///
/// Open interest is half of the sum of all sizes; two sizes that exchange lots keep their sum,
/// and with it the parity of the sum of their magnitudes, so that the half is whole.
pub fn open_interest_change(
    before: [BaseLots; 2],
    after: [BaseLots; 2],
) -> Result<BaseLots, MathError> {
    let half = |[a, b]: [BaseLots; 2]| {
        let sum = a.get().unsigned_abs().checked_add(b.get().unsigned_abs());
        Ok((sum.ok_or(MathError::Overflow)? >> 1).cast_signed())
    };
    // Both sums are even, or both are odd; neither half is negative.
    Ok(BaseLots::new(half(after)?.wrapping_sub(half(before)?)))
}

/// The part of a row that a slice takes: its size rounded away from zero, so that a single lot can
/// still be taken, and a position's quote flow in proportion; with all of the size all of the flow.
///
/// The flow is rounded toward zero and without a division: what the parts are worth is settled by
/// what their move does to equity.
pub fn row_slice(row: &Holding, share: Fraction) -> Holding {
    let quantity = share.of_lots_away(row.quantity);
    let whole = quantity == row.quantity && (share.is_one() || quantity != 0);
    let quote = match whole {
        true => row.quote,
        false => share.of_value_floor(row.quote),
    };
    Holding { key: row.key, quantity, quote }
}

/// The part of a position's quote flow that goes with `part` of its `whole` size, toward minus
/// infinity; all of it with all. `OutOfRange` if `part` is not a part of `whole`.
pub fn quote_share(quote: Value, part: BaseLots, whole: BaseLots) -> Result<Value, MathError> {
    if part == whole {
        return Ok(quote);
    }
    let (part, whole) = (part.abs()?, whole.abs()?);
    if part > whole {
        return Err(MathError::OutOfRange);
    }
    // Only the ratio of the two sizes counts, so that any unit does.
    let unit = |lots: BaseLots| Value::new(lots.get().into());
    quote.mul_div_floor(unit(part), unit(whole))
}
