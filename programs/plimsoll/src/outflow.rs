//! How much of a token may leave within the hour? Whatever else is broken, a vault is not emptied
//! before somebody could look.
//!
//! Deposits count against withdrawals, so that who only passes through is not in anybody's way.
//! Small withdrawals have a limit of their own: those who follow a large one out still get away.

use anchor_lang::prelude::*;
use plimsoll_risk::Outflow;
use plimsoll_units::{Ratio, UnixSeconds};

use crate::error::PlimsollError;
use crate::state::Collateral;

impl Collateral {
    /// Books a withdrawal, before the totals change. `OutflowExceeded`; the log says how much may
    /// leave now.
    pub(crate) fn pay_out(&mut self, amount_token_atoms: u64, now: UnixSeconds) -> Result<()> {
        let Some(cap) = self.outflow_cap_token_atoms()? else {
            return Ok(());
        };
        if amount_token_atoms <= self.outflow_free_token_atoms {
            let free_cap = self.outflow_free_cap_token_atoms;
            if let Ok(free) = self.free_outflow().pay(amount_token_atoms, free_cap, now) {
                self.outflow_free_level_token_atoms = free.level;
                self.outflow_free_at = free.at.get();
                return Ok(());
            }
        }
        match self.outflow().pay(amount_token_atoms, cap, now) {
            Ok(outflow) => {
                self.set_outflow(outflow);
                Ok(())
            }
            Err(room) => {
                msg!("{} token atoms may leave now", room);
                Err(PlimsollError::OutflowExceeded.into())
            }
        }
    }

    /// Books a deposit, before the totals change.
    pub(crate) fn pay_in(&mut self, amount_token_atoms: u64, now: UnixSeconds) -> Result<()> {
        if let Some(cap) = self.outflow_cap_token_atoms()? {
            self.set_outflow(self.outflow().receive(amount_token_atoms, cap, now));
        }
        Ok(())
    }

    /// Net outflow per hour at most: a share of all deposits, at least one atom. `None`: no limit.
    pub fn outflow_cap_token_atoms(&self) -> Result<Option<u64>> {
        if self.outflow_ppm >= Ratio::ONE.ppm() {
            return Ok(None);
        }
        let deposits = self.totals().deposits_ceil().map_err(PlimsollError::from)?;
        let deposits = u64::try_from(deposits.get()).unwrap_or(0);
        let share = u128::from(deposits).saturating_mul(u128::from(self.outflow_ppm));
        let share = share.checked_div(u128::from(Ratio::ONE.ppm())).unwrap_or(0);
        // Less than all deposits, so that it fits.
        Ok(Some(u64::try_from(share).unwrap_or(u64::MAX).max(1)))
    }

    fn outflow(&self) -> Outflow {
        let at = UnixSeconds::new(self.outflow_at);
        Outflow { level: self.outflow_level_token_atoms, at }
    }

    fn set_outflow(&mut self, outflow: Outflow) {
        self.outflow_level_token_atoms = outflow.level;
        self.outflow_at = outflow.at.get();
    }

    fn free_outflow(&self) -> Outflow {
        let at = UnixSeconds::new(self.outflow_free_at);
        Outflow { level: self.outflow_free_level_token_atoms, at }
    }
}
