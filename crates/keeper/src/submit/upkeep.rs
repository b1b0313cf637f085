//! Sends what is due of upkeep. Last of all: it waits, accounts below their line do not.

use plimsoll_client::source::read;
use plimsoll_client::state::Group;
use plimsoll_client::{AccountSource, ClientError, GroupDirectory, Snapshot};

use super::Keeper;
use crate::chain::Chain;
use crate::upkeep::upkeep;
use crate::watch::reread;

impl Keeper {
    /// Looks at the group anew, since bids have changed it, and does what is due, each in a transaction of
    /// its own. What is refused waits, longer each time.
    pub(super) fn upkeep(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
    ) -> Result<(), ClientError> {
        reread_all(directory, chain)?;
        let accounts = chain.margin_accounts(&directory.group.address)?;
        let now = chain.now()?;
        let snapshot = Snapshot::new(directory, chain, now)?;
        let due = upkeep(&snapshot, &accounts, &self.account, &self.config)?;
        let mut done = false;
        for chore in due {
            if !self.chores.is_due(&chore, now.slot) {
                continue;
            }
            let instructions = chore.instructions(directory, &self.account)?;
            match chain.send(&self.authority, &instructions) {
                Ok(()) => {
                    done = true;
                    *self.metrics.upkeep.entry(chore.name()).or_default() += 1;
                    self.chores.forget(&chore);
                }
                Err(refusal) => {
                    self.count(&refusal);
                    self.chores.refused(&chore, now.slot);
                }
            }
        }
        match done {
            // Contracts and expiries may be gone.
            true => reread_all(directory, chain),
            false => Ok(()),
        }
    }
}

/// Reads again what upkeep goes by.
fn reread_all(
    directory: &mut GroupDirectory,
    source: &(impl AccountSource + ?Sized),
) -> Result<(), ClientError> {
    // Pauses, and no more of the group: whoever reads it with new counts must find what was listed.
    let group = read::<Group>(source, &directory.group.address)?;
    directory.group.state.paused_until = group.state.paused_until;
    reread(directory, source)?;
    directory.refresh_pools(source)?;
    directory.refresh_expiries(source)
}
