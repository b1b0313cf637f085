//! How does a keeper begin, and go on when a node fails?

use std::time::Duration;

use plimsoll_client::instruction::{deposit, open_account};
use plimsoll_client::state::Group;
use plimsoll_client::{
    pda, AccountSource, Address, ClientError, GroupDirectory, Instruction, Keyed, PROGRAM_ID,
};
use plimsoll_decimals::Decimal;

use super::chain::RpcChain;
use super::file::Terms;
use crate::chain::Chain;
use crate::metrics::Metrics;
use crate::submit::Keeper;

/// Quote tokens to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// How many (whole tokens).
    pub amount: Decimal,
    /// The token account that they come from, which the keeper owns.
    pub from: Address,
}

/// A keeper at work in one group.
pub struct Runner {
    chain: RpcChain,
    keeper: Keeper,
    directory: GroupDirectory,
    directory_seconds: u64,
    /// When the group was read with what was listed since; `None`: it has to be.
    read_at: Option<Duration>,
}

impl Runner {
    /// Reads a group, and the keeper's terms by its quote token. Errors: what of it cannot be read, and
    /// amounts that are none of its token.
    pub fn new(
        chain: RpcChain,
        group: &Address,
        sub_account: u16,
        terms: &Terms,
    ) -> Result<Self, String> {
        let unread = |error: ClientError| format!("group {group}: {error}");
        let _: Keyed<Group> = chain.read(group).map_err(unread)?;
        let mints = chain.mints(group).map_err(unread)?;
        let directory = GroupDirectory::fetch(&chain, group, &mints).map_err(unread)?;
        let config = terms.config(directory.group.state.quote_decimals.into())?;
        let authority = chain.authority();
        let account = pda::margin(group, &authority, sub_account);
        let keeper = Keeper::new(authority, account, config);
        let directory_seconds = terms.directory_seconds;
        Ok(Self { chain, keeper, directory, directory_seconds, read_at: Some(Duration::ZERO) })
    }

    /// What it did so far.
    pub fn metrics(&self) -> &Metrics {
        &self.keeper.metrics
    }

    /// Who acts, with which account, on how much.
    pub fn introduction(&self) -> String {
        let (directory, keeper) = (&self.directory, &self.keeper);
        format!(
            "keeper {} with margin account {}: {} underlyings, {} tokens, {} instruments",
            keeper.authority,
            keeper.account,
            directory.underlyings.len(),
            directory.collaterals.len(),
            directory.instruments.len(),
        )
    }

    /// Opens the margin account with that number if there is none; true if it did. Errors: those of
    /// reading, and a refusal.
    pub fn open(&mut self, sub_account: u16) -> Result<bool, String> {
        let stored = self.chain.account(&self.keeper.account).map_err(|error| error.to_string())?;
        // Lamports that anybody sent to an address are no account.
        if stored.is_some_and(|stored| stored.owner == PROGRAM_ID) {
            return Ok(false);
        }
        let (authority, group) = (self.keeper.authority, self.directory.group.address);
        let open = open_account(&authority, &authority, &group, sub_account);
        self.send(open).map_err(|why| format!("the account could not be opened: {why}"))?;
        Ok(true)
    }

    /// Deposits quote tokens. Errors: an amount that is no whole number of atoms, a token account that is
    /// not there, and a refusal.
    pub fn deposit(&mut self, tokens: &Deposit) -> Result<(), String> {
        let Deposit { amount, from } = tokens;
        let group = &self.directory.group.state;
        let (mint, decimals) = (group.quote_mint, group.quote_decimals);
        let atoms =
            amount.scaled(decimals.into()).map_err(|error| format!("--deposit: {error}"))?;
        let stored = self.chain.account(from).map_err(|error| error.to_string())?;
        stored.ok_or(format!("--from: there is no account {from}"))?;
        let Keeper { authority, account, .. } = &self.keeper;
        let one = deposit(&self.directory, authority, from, account, &mint, atoms)
            .map_err(|error| error.to_string())?;
        self.send(one).map_err(|why| format!("{amount} could not be deposited from {from}: {why}"))
    }

    /// One round, which ends nothing where it fails: the next one reads the group anew. `at` is the time
    /// since the start. Errors: those of reading.
    pub fn round(&mut self, at: Duration) -> Result<(), ClientError> {
        let read_at = self.read_at.take();
        let is_old = |read_at| at.saturating_sub(read_at).as_secs() >= self.directory_seconds;
        let is_new = read_at.is_some_and(|read_at| !is_old(read_at));
        // A copy, since what was read by half would not be known to be.
        let mut directory = self.directory.clone();
        if !is_new {
            let mints = self.chain.mints(&directory.group.address)?;
            directory.refresh(&self.chain, &mints)?;
        }
        self.keeper.round(&mut self.chain, &mut directory)?;
        self.directory = directory;
        self.read_at = if is_new { read_at } else { Some(at) };
        Ok(())
    }

    fn send(&mut self, one: Instruction) -> Result<(), String> {
        let authority = self.keeper.authority;
        self.chain.send(&authority, &[one]).map_err(|refusal| refusal.to_string())
    }
}

/// How long to wait for the next round after so many that failed in a row: twice as long each time, up to
/// a minute.
pub fn pause(round_seconds: u64, failures: u32) -> Duration {
    const SECONDS_MAX: u64 = 60;
    let longer = round_seconds.saturating_mul(1 << failures.min(6)).min(SECONDS_MAX);
    Duration::from_secs(longer.max(round_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_pause_up_to_a_minute() {
        let seconds = |failures| pause(5, failures).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 1_000].map(seconds), [5, 10, 20, 40, 60, 60]);
        // Who looks more seldom than that goes on so.
        assert_eq!(pause(300, 3), Duration::from_secs(300));
    }
}
