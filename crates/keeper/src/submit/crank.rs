//! Brings up to now what stands still until somebody asks. First of all: accounts are judged by it.

use plimsoll_client::{ClientError, GroupDirectory, Instruction, Snapshot};
use plimsoll_units::Slot;

use super::Keeper;
use crate::chain::Chain;
use crate::crank::{cranks, Crank};
use crate::pack::packed;
use crate::watch::reread;

impl Keeper {
    /// Sends what is due, as many in one transaction as fit. What is refused waits, longer each time.
    pub(super) fn crank(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
    ) -> Result<(), ClientError> {
        let Some(every) = self.config.crank else {
            return Ok(());
        };
        directory.refresh_pools(chain)?;
        let now = chain.now()?;
        let mut due = Vec::new();
        for one in cranks(&Snapshot::new(directory, chain, now)?, every)? {
            if self.cranks.is_due(&one, now.slot) {
                due.push((one, one.instruction(directory)?));
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        for all in packed(&self.authority, due) {
            self.turn(chain, all, now.slot);
        }
        reread(directory, chain)
    }

    /// All in one transaction; where that is refused, each in one of its own: one that fails must not hold
    /// the others up.
    fn turn(&mut self, chain: &mut impl Chain, all: Vec<(Crank, Instruction)>, now: Slot) {
        let instructions: Vec<Instruction> = all.iter().map(|(_, one)| one.clone()).collect();
        match chain.send(&self.authority, &instructions) {
            Ok(()) => {
                for (one, _) in &all {
                    *self.metrics.cranked.entry(one.name()).or_default() += 1;
                    self.cranks.forget(one);
                }
            }
            Err(refusal) => match all.as_slice() {
                [(one, _)] => {
                    self.count(&refusal);
                    self.cranks.refused(one, now);
                }
                _ => all.into_iter().for_each(|one| self.turn(chain, vec![one], now)),
            },
        }
    }
}
