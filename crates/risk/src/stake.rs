//! What is a share of the insurance fund worth?
//!
//! Stakers own the fund by shares. The first one could otherwise make shares so dear, by a gift to
//! the fund, that the next staker's are rounded away; so 2^20 shares and one atom that nobody owns
//! take part in every conversion (virtual shares, as in OpenZeppelin's ERC-4626): most of such a
//! gift goes to them.

use plimsoll_units::{divide, wide, MathError, QuoteAtoms};

/// Shares that nobody owns.
const VIRTUAL_SHARES: u128 = 1 << 20;

/// Shares for a stake of `amount` into a fund of `balance` (before the stake):
/// `amount · (total + 2^20) / (balance + 1)`, rounded down. `OutOfRange` for negative amounts,
/// `Overflow` beyond 2^128 shares.
pub fn stake_shares(
    amount: QuoteAtoms,
    total_shares: u128,
    balance: QuoteAtoms,
) -> Result<u128, MathError> {
    let (shares, atoms) = pool(total_shares, balance)?;
    floor(unsigned(amount)?, shares, atoms)
}

/// What `shares` of the fund are worth: `shares · (balance + 1) / (total + 2^20)`, rounded down;
/// never more than the balance. `OutOfRange` for a negative balance, or more shares than the total.
pub fn stake_value(
    shares: u128,
    total_shares: u128,
    balance: QuoteAtoms,
) -> Result<QuoteAtoms, MathError> {
    if shares > total_shares {
        return Err(MathError::OutOfRange);
    }
    let (total, atoms) = pool(total_shares, balance)?;
    // Below the balance plus one, since shares < total.
    let atoms = wide::low_u64(floor(shares, atoms, total)?);
    wide::signed(atoms).map(QuoteAtoms::new).ok_or(MathError::Overflow)
}

/// Shares and atoms of the fund, those that nobody owns among them.
fn pool(total_shares: u128, balance: QuoteAtoms) -> Result<(u128, u128), MathError> {
    let shares = total_shares.checked_add(VIRTUAL_SHARES).ok_or(MathError::Overflow)?;
    let atoms = unsigned(balance)?.checked_add(1).ok_or(MathError::Overflow)?;
    Ok((shares, atoms))
}

fn unsigned(amount: QuoteAtoms) -> Result<u128, MathError> {
    u128::try_from(amount.get()).map_err(|_| MathError::OutOfRange)
}

/// `a · b / d`, rounded down.
fn floor(a: u128, b: u128, d: u128) -> Result<u128, MathError> {
    divide::mul_div_u128(a, b, d).map(|(floor, _)| floor).ok_or(MathError::Overflow)
}
