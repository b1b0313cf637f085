//! How does a keeper go on when a node fails, and see what was listed since it began?

use std::time::Duration;

use plimsoll_client::{Address, ClientError, GroupDirectory};

use crate::chain::Chain;
use crate::submit::Keeper;

/// A keeper at work in one group.
#[derive(Clone, Debug)]
pub struct Session {
    /// The keeper.
    pub keeper: Keeper,
    directory: GroupDirectory,
    every: Duration,
    /// When the group was read with what was listed until then; `None`: it has to be.
    read_at: Option<Duration>,
}

impl Session {
    /// Begins with a group that was read now, and is to be read anew after `every`.
    pub fn new(keeper: Keeper, directory: GroupDirectory, every: Duration) -> Self {
        Self { keeper, directory, every, read_at: Some(Duration::ZERO) }
    }

    /// The group, as it was when the last round ended that did not fail.
    pub fn directory(&self) -> &GroupDirectory {
        &self.directory
    }

    /// One round, `at` so long after the beginning; `mints` gives those of all tokens that are listed, where
    /// the group is read anew. A round that fails ends nothing: what it did is counted, and the next one
    /// reads the group anew.
    ///
    /// Errors: those of reading.
    pub fn round<C: Chain>(
        &mut self,
        chain: &mut C,
        at: Duration,
        mints: impl FnOnce(&C) -> Result<Vec<Address>, ClientError>,
    ) -> Result<(), ClientError> {
        let fresh = |read_at: &Duration| at.saturating_sub(*read_at) < self.every;
        let known = self.read_at.take().filter(fresh);
        // A copy, since what was read by half would not be known to be.
        let mut directory = self.directory.clone();
        if known.is_none() {
            directory.refresh(chain, &mints(chain)?)?;
        }
        self.keeper.round(chain, &mut directory)?;
        self.directory = directory;
        self.read_at = known.or(Some(at));
        Ok(())
    }
}
