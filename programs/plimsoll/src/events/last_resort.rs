//! What deleveraging tells the outside.

use anchor_lang::prelude::*;

/// A position for which nobody bid was closed against the other side.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Deleveraged {
    /// The account whose position it was.
    pub margin_account: Address,
    /// The instrument.
    pub instrument: Address,
    /// When.
    pub slot: u64,
    /// Number of this deleveraging of the other side.
    pub number: u64,
    /// Lots closed, with the sign of the position.
    pub lots: i64,
    /// Lots of each side before.
    pub before_lots: u64,
    /// Price per lot (2^-48 quote atoms, rounded against the account).
    pub price_steps: i128,
    /// Equity before (quote atoms, rounded down).
    pub equity_before_quote_atoms: i64,
    /// Requirement before (quote atoms, rounded up).
    pub requirement_before_quote_atoms: i64,
    /// What the account could not pay of this position (quote atoms).
    pub shortfall_quote_atoms: i64,
    /// Of that, paid by the insurance fund (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// Of that, borne by the other side (quote atoms, rounded down).
    pub charged_quote_atoms: i64,
    /// Of that, left as the instrument's debt (quote atoms, rounded up).
    pub debt_quote_atoms: i64,
}

/// A position went through a deleveraging of its side.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct PositionResized {
    /// The account.
    pub margin_account: Address,
    /// The instrument.
    pub instrument: Address,
    /// Number of the deleveraging.
    pub number: u64,
    /// Lots before (negative: short).
    pub before_lots: i64,
    /// Lots that are left.
    pub after_lots: i64,
}
