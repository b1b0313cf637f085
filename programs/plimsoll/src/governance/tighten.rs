//! What the guardian may lower at once: only what lets new risk in, never what lets money out.

use anchor_lang::prelude::*;
use plimsoll_units::UnixSeconds;

use crate::error::PlimsollError;
use crate::instructions::create_collateral::OUTFLOW_PPM_MIN;
use crate::load::RiskAccounts;
use crate::state::{Collateral, Instrument, InstrumentStatus};

/// One thing to tighten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub enum Tightening {
    /// All deposits of a token at most.
    DepositCap {
        /// Index of the collateral.
        collateral: u16,
        /// Below the cap now (token atoms).
        cap_token_atoms: u64,
    },
    /// All borrows of a token at most.
    BorrowCap {
        /// Index of the collateral.
        collateral: u16,
        /// Below the cap now (token atoms).
        cap_token_atoms: u64,
    },
    /// Net outflow of a token per hour.
    Outflow {
        /// Index of the collateral.
        collateral: u16,
        /// Below the share now, at least 10,000 (ppm of all deposits).
        outflow_ppm: u32,
    },
    /// Open interest of an instrument.
    OpenInterestCap {
        /// Index of the instrument.
        instrument: u16,
        /// Below the cap now (lots of one side).
        cap_lots: u64,
    },
    /// Positions of an instrument may only shrink.
    ReduceOnly {
        /// Index of the instrument.
        instrument: u16,
    },
}

impl Tightening {
    /// Number of the kind in receipts, from 0 in the order above.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Self::DepositCap { .. } => 0,
            Self::BorrowCap { .. } => 1,
            Self::Outflow { .. } => 2,
            Self::OpenInterestCap { .. } => 3,
            Self::ReduceOnly { .. } => 4,
        }
    }

    /// Index of the target, and the new value.
    pub(crate) fn named(&self) -> (u16, u64) {
        match *self {
            Self::DepositCap { collateral, cap_token_atoms }
            | Self::BorrowCap { collateral, cap_token_atoms } => (collateral, cap_token_atoms),
            Self::Outflow { collateral, outflow_ppm } => (collateral, u64::from(outflow_ppm)),
            Self::OpenInterestCap { instrument, cap_lots } => (instrument, cap_lots),
            Self::ReduceOnly { instrument } => (instrument, 0),
        }
    }
}

/// Tightens the next account, which must be the one that is named. What was proposed for it before would
/// loosen it again, and is not done any more. `ChangeUnknownTarget`, `NotTighter`, `ParameterOutOfBounds`.
pub(crate) fn tighten(
    what: Tightening,
    group: &Address,
    rest: &mut RiskAccounts,
    now: UnixSeconds,
) -> Result<()> {
    match what {
        Tightening::DepositCap { collateral, cap_token_atoms } => {
            let mut target = token(rest, group, collateral, now)?;
            lower(&mut target.deposit_cap_token_atoms, cap_token_atoms)
        }
        Tightening::BorrowCap { collateral, cap_token_atoms } => {
            let mut target = token(rest, group, collateral, now)?;
            lower(&mut target.borrow_cap_token_atoms, cap_token_atoms)
        }
        Tightening::Outflow { collateral, outflow_ppm } => {
            require!(outflow_ppm >= OUTFLOW_PPM_MIN, PlimsollError::ParameterOutOfBounds);
            let mut target = token(rest, group, collateral, now)?;
            lower(&mut target.outflow_ppm, outflow_ppm)
        }
        Tightening::OpenInterestCap { instrument, cap_lots } => {
            let mut target = contract(rest, group, instrument, now)?;
            lower(&mut target.open_interest_cap_lots, cap_lots)
        }
        Tightening::ReduceOnly { instrument } => {
            let mut target = contract(rest, group, instrument, now)?;
            let active = target.status == InstrumentStatus::Active;
            require!(active, PlimsollError::NotTighter);
            target.status = InstrumentStatus::ReduceOnly.into();
            Ok(())
        }
    }
}

fn lower<T: PartialOrd>(stored: &mut T, value: T) -> Result<()> {
    require!(value < *stored, PlimsollError::NotTighter);
    *stored = value;
    Ok(())
}

#[inline(never)]
fn token(
    rest: &mut RiskAccounts,
    group: &Address,
    index: u16,
    now: UnixSeconds,
) -> Result<Account<Collateral>> {
    let taken = rest.take_mut::<Collateral>(group, index);
    let mut target = taken.map_err(|_| PlimsollError::ChangeUnknownTarget)?;
    target.tightened_at = now.get();
    Ok(target)
}

#[inline(never)]
fn contract(
    rest: &mut RiskAccounts,
    group: &Address,
    index: u16,
    now: UnixSeconds,
) -> Result<Account<Instrument>> {
    let taken = rest.take_mut::<Instrument>(group, index);
    let mut target = taken.map_err(|_| PlimsollError::ChangeUnknownTarget)?;
    target.tightened_at = now.get();
    Ok(target)
}
