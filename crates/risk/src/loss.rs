//! Who bears what nobody can pay?
//!
//! A loss is shared by size among the other side of the instrument, up to a budget per lot; what
//! is over the budget stays as the instrument's debt. Nothing is created by rounding: what the lots
//! are charged and the debt are the loss, to the last step.

use plimsoll_units::{BaseLots, MathError, QuoteAtoms, Value};

/// How a loss is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossShare {
    /// What each lot of the side bears.
    pub per_lot: Value,
    /// What those that are left bear: `per_lot` times their number, exactly.
    pub charged: Value,
    /// What is left over; with `charged` it is the loss, exactly.
    pub debt: Value,
}

/// Shares `amount` among `open_interest` lots: `per_lot = min(amount / open interest, budget)`,
/// rounded down to a step of 2^-48 atoms. No more than `left` of the lots are there to be charged: what the
/// others would bear is debt, so that nobody bears more because others have left. Without open interest or
/// budget all of it is debt.
///
/// `OutOfRange` for a negative amount or open interest.
pub fn share_loss(
    amount: QuoteAtoms,
    (open_interest, left): (BaseLots, BaseLots),
    budget_per_lot: Value,
) -> Result<LossShare, MathError> {
    if amount.is_negative() || open_interest.is_negative() {
        return Err(MathError::OutOfRange);
    }
    let loss = Value::from_quote(amount);
    if open_interest.is_zero() || !budget_per_lot.is_positive() {
        return Ok(LossShare { debt: loss, ..LossShare::default() });
    }
    let lots = Value::new(open_interest.get().into());
    let per_lot = loss.mul_div_floor(Value::STEP, lots)?.min(budget_per_lot);
    let charged = per_lot.times(left.get())?;
    Ok(LossShare { per_lot, charged, debt: loss.checked_sub(charged)? })
}

/// What is still due from a creditor who has borne a part before, so that all bear in proportion to
/// what they were owed at first, in whichever order: `(missing + all borne) · (claim + borne) /
/// (total + all borne) − borne`, rounded down, nothing where that is less.
///
/// `missing` is what nobody has borne yet, `claim` and `total` what this one and all are owed now,
/// `borne` and `all_borne` what this one and all have borne already. `OutOfRange` if one is negative.
pub fn still_due(
    missing: Value,
    (claim, total): (Value, Value),
    (borne, all_borne): (QuoteAtoms, QuoteAtoms),
) -> Result<Value, MathError> {
    let negative = missing.is_negative() || claim.is_negative() || total.is_negative();
    if negative || borne.is_negative() || all_borne.is_negative() {
        return Err(MathError::OutOfRange);
    }
    let (borne, all_borne) = (Value::from_quote(borne), Value::from_quote(all_borne));
    let whole = total.checked_add(all_borne)?;
    if whole.is_zero() {
        return Ok(Value::ZERO);
    }
    let due = missing.checked_add(all_borne)?.mul_div_floor(claim.checked_add(borne)?, whole)?;
    Ok(due.checked_sub(borne)?.max(Value::ZERO))
}

/// The part of `amount` that a `claim` has among claims of `total`: `amount · claim / total`,
/// rounded down; nothing where there are no claims. The parts of all claims never exceed the
/// amount.
///
/// `OutOfRange` if one of them is negative or the claim is more than the total.
pub fn part_floor(amount: QuoteAtoms, claim: Value, total: Value) -> Result<QuoteAtoms, MathError> {
    if amount.is_negative() || claim.is_negative() || claim > total {
        return Err(MathError::OutOfRange);
    }
    if total.is_zero() {
        return Ok(QuoteAtoms::ZERO);
    }
    Value::from_quote(amount).mul_div_floor(claim, total)?.to_quote_floor()
}
