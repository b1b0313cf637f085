//! How does a keeper begin, and how long does it wait?

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
use crate::session::Session;
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
    session: Session,
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
        let every = Duration::from_secs(terms.directory_seconds);
        Ok(Self { chain, session: Session::new(keeper, directory, every) })
    }

    /// What it did so far.
    pub fn metrics(&self) -> &Metrics {
        &self.session.keeper.metrics
    }

    /// Who acts, with which account, on how much.
    pub fn introduction(&self) -> String {
        let (directory, keeper) = (self.session.directory(), &self.session.keeper);
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
        let Keeper { authority, account, .. } = self.session.keeper;
        let stored = self.chain.account(&account).map_err(|error| error.to_string())?;
        // Lamports that anybody sent to an address are no account.
        if stored.is_some_and(|stored| stored.owner == PROGRAM_ID) {
            return Ok(false);
        }
        let group = self.session.directory().group.address;
        let open = open_account(&authority, &authority, &group, sub_account);
        self.send(open).map_err(|why| format!("the account could not be opened: {why}"))?;
        Ok(true)
    }

    /// Deposits quote tokens. Errors: an amount that is no whole number of atoms, a token account that is
    /// not there, and a refusal.
    pub fn deposit(&mut self, tokens: &Deposit) -> Result<(), String> {
        let Deposit { amount, from } = tokens;
        let directory = self.session.directory();
        let group = &directory.group.state;
        let (mint, decimals) = (group.quote_mint, group.quote_decimals);
        let atoms =
            amount.scaled(decimals.into()).map_err(|error| format!("--deposit: {error}"))?;
        let stored = self.chain.account(from).map_err(|error| error.to_string())?;
        stored.ok_or(format!("--from: there is no account {from}"))?;
        let Keeper { authority, account, .. } = &self.session.keeper;
        let one = deposit(directory, authority, from, account, &mint, atoms)
            .map_err(|error| error.to_string())?;
        self.send(one).map_err(|why| format!("{amount} could not be deposited from {from}: {why}"))
    }

    /// One round, `at` so long after the beginning. Errors: those of reading; the next one reads the group
    /// anew then.
    pub fn round(&mut self, at: Duration) -> Result<(), ClientError> {
        let group = self.session.directory().group.address;
        self.session.round(&mut self.chain, at, |chain| chain.mints(&group))
    }

    fn send(&mut self, one: Instruction) -> Result<(), String> {
        let authority = self.session.keeper.authority;
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
