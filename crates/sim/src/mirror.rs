//! Does the money add up? A copy of the group's accounts, kept as transactions write them, and
//! checked after every one.
//!
//! The laws of one moment and of one step are the client's (`plimsoll_client::invariants`). The
//! one that needs prices is here: `NO_FREE_EQUITY`, the accounts, the insurance fund and the fees
//! together are worth no more after a transaction than before it, but for what tokens came into
//! the vaults, and for one atom of rounding in each token row.

use std::collections::BTreeMap;

use plimsoll_client::invariants::{check_step, token_balance, vault_addresses, Books, Broken};
use plimsoll_client::source::read;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{AccountSource, Address, ClientError, GroupDirectory, Keyed, Now, Snapshot};
use plimsoll_risk::{Holding, RiskError, RowKey, RowKind, RowTerms};
use plimsoll_units::{MathError, QuoteAtoms, Value};

/// Which account of the copy lies at an address.
#[derive(Clone, Copy, Debug)]
enum Place {
    Margin(usize),
    Insurance,
    Underlying(usize),
    Collateral(usize),
    Instrument(usize),
    Pool(usize),
    Vault(usize),
}

/// The copy.
pub struct Mirror {
    /// What is listed.
    pub directory: GroupDirectory,
    /// All margin accounts, in the order in which they were opened.
    pub accounts: Vec<Keyed<MarginAccount>>,
    vaults_token_atoms: Vec<u64>,
    places: BTreeMap<Address, Place>,
    terms: Vec<RowTerms>,
    /// How often the laws were checked.
    pub checks: u64,
}

/// Why the copy could not be kept, or a law.
#[derive(Debug)]
pub enum Fault {
    /// A law does not hold.
    Broken(Broken),
    /// An account could not be read or judged.
    Client(ClientError),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(broken) => write!(f, "an invariant is broken: {broken}"),
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<MathError> for Fault {
    fn from(error: MathError) -> Self {
        Self::Client(ClientError::Risk(RiskError::Math(error)))
    }
}

impl Mirror {
    /// A copy of a group without margin accounts.
    pub fn new(
        source: &impl AccountSource,
        directory: GroupDirectory,
        now: Now,
    ) -> Result<Self, Fault> {
        let vaults = vault_addresses(&directory);
        let mut places = BTreeMap::from([(directory.insurance.address, Place::Insurance)]);
        let mut put = |addresses: Vec<Address>, place: fn(usize) -> Place| {
            let placed = addresses.into_iter().enumerate();
            places.extend(placed.map(|(index, address)| (address, place(index))));
        };
        put(directory.underlyings.iter().map(|one| one.address).collect(), Place::Underlying);
        put(directory.collaterals.iter().map(|one| one.address).collect(), Place::Collateral);
        put(directory.instruments.iter().map(|one| one.address).collect(), Place::Instrument);
        put(directory.pools.iter().map(|one| one.address).collect(), Place::Pool);
        put(vaults.clone(), Place::Vault);
        let mut mirror = Self {
            vaults_token_atoms: vec![0; vaults.len()],
            directory,
            accounts: Vec::new(),
            places,
            terms: Vec::new(),
            checks: 0,
        };
        for vault in vaults {
            mirror.load(source, &vault)?;
        }
        mirror.reprice(source, now)?;
        Ok(mirror)
    }

    /// Takes over the prices of the oracle accounts as they are now.
    pub fn reprice(&mut self, source: &impl AccountSource, now: Now) -> Result<(), Fault> {
        self.terms = Snapshot::new(&self.directory, source, now)?.market().rows.to_vec();
        Ok(())
    }

    /// Adds a margin account that was opened.
    pub fn opened(&mut self, source: &impl AccountSource, address: &Address) -> Result<(), Fault> {
        self.places.insert(*address, Place::Margin(self.accounts.len()));
        self.accounts.push(read(source, address)?);
        Ok(())
    }

    /// The copy of a margin account.
    pub fn margin(&self, address: &Address) -> Option<&Keyed<MarginAccount>> {
        match self.places.get(address) {
            Some(Place::Margin(index)) => self.accounts.get(*index),
            _ => None,
        }
    }

    /// Takes over what a transaction may have written, and checks every law.
    pub fn follow(
        &mut self,
        source: &impl AccountSource,
        written: &[Address],
    ) -> Result<(), Fault> {
        let before = self.directory.clone();
        let worth_before = self.worth(written)?;
        let mut tolerance = self.dust(written)?;
        for address in written {
            self.load(source, address)?;
        }
        tolerance = tolerance.checked_add(self.dust(written)?)?;
        let gained = self.worth(written)?.checked_sub(worth_before)?;
        if gained > tolerance {
            let detail = format!("{} quote atoms", gained.to_quote_ceil()?.get());
            return Err(Broken { law: "NO_FREE_EQUITY", detail }.into());
        }
        check_step(&before, &self.directory)?;
        let books = Books {
            directory: &self.directory,
            accounts: &self.accounts,
            vaults_token_atoms: &self.vaults_token_atoms,
        };
        books.check()?;
        self.checks += 1;
        Ok(())
    }

    fn load(&mut self, source: &impl AccountSource, address: &Address) -> Result<(), Fault> {
        match self.places.get(address) {
            None => {}
            Some(Place::Margin(at)) => self.accounts[*at] = read(source, address)?,
            Some(Place::Insurance) => self.directory.insurance = read(source, address)?,
            Some(Place::Underlying(at)) => self.directory.underlyings[*at] = read(source, address)?,
            Some(Place::Collateral(at)) => self.directory.collaterals[*at] = read(source, address)?,
            Some(Place::Instrument(at)) => self.directory.instruments[*at] = read(source, address)?,
            Some(Place::Pool(at)) => self.directory.pools[*at] = read(source, address)?,
            Some(Place::Vault(at)) => {
                let stored = source.account(address).map_err(ClientError::from)?;
                let held = stored.and_then(|stored| token_balance(&stored.data));
                let missing = ClientError::AccountMissing(*address);
                self.vaults_token_atoms[*at] = held.ok_or(missing)?;
            }
        }
        Ok(())
    }

    fn terms(&self, key: RowKey) -> Result<&RowTerms, Fault> {
        let found = self.terms.iter().find(|terms| terms.key == key);
        Ok(found.ok_or(ClientError::UnknownRow(key))?)
    }

    /// What the margin accounts among `written` are worth, with insurance fund and fees, less
    /// what the vaults hold.
    fn worth(&self, written: &[Address]) -> Result<Value, Fault> {
        let mut worth =
            Value::from_quote(self.directory.insurance.state.balance().map_err(ClientError::from)?);
        for pool in &self.directory.pools {
            let fees = i64::try_from(pool.state.fees_quote_atoms).unwrap_or(i64::MAX);
            worth = worth.checked_add(Value::from_quote(QuoteAtoms::new(fees)))?;
            let pnl = QuoteAtoms::new(pool.state.pnl_quote_atoms);
            worth = worth.checked_add(Value::from_quote(pnl))?;
        }
        for holding in self.holdings(written)? {
            let value = self.terms(holding.key)?.price.value_floor(holding.quantity)?;
            worth = worth.checked_add(value)?.checked_add(Value::from_quote(holding.quote))?;
        }
        for (one, held) in self.directory.collaterals.iter().zip(&self.vaults_token_atoms) {
            let held = i64::try_from(*held).unwrap_or(i64::MAX);
            let value = self.terms(one.state.key())?.price.value_floor(held)?;
            worth = worth.checked_sub(value)?;
        }
        Ok(worth)
    }

    /// What rounding may add: an atom of each token row, and the last digits of each value.
    fn dust(&self, written: &[Address]) -> Result<Value, Fault> {
        let mut dust = Value::from_quote(QuoteAtoms::new(4));
        for holding in self.holdings(written)? {
            if holding.key.kind() == RowKind::Token {
                dust = dust.checked_add(self.terms(holding.key)?.price.value_ceil(1)?)?;
            }
        }
        Ok(dust)
    }

    fn holdings(&self, written: &[Address]) -> Result<Vec<Holding>, Fault> {
        let mut all = Vec::new();
        for account in written.iter().filter_map(|address| self.margin(address)) {
            let held = plimsoll_client::health::holdings(&self.directory, &account.state)?;
            all.extend(held);
        }
        Ok(all)
    }
}
