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
use plimsoll_client::state::{Collateral, Instrument, MarginAccount};
use plimsoll_client::{AccountSource, Address, ClientError, GroupDirectory, Keyed, Now, Snapshot};
use plimsoll_risk::{RiskArray, RiskError, RowKey, RowKind, RowTerms};
use plimsoll_units::{Index, MathError, QuoteAtoms, Value};

/// Which account of the copy lies at an address.
#[derive(Clone, Copy, Debug)]
enum Place {
    Margin(usize),
    Insurance,
    Underlying(usize),
    Collateral(usize),
    Instrument(usize),
    Pool(usize),
    Expiry(usize),
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
    arrays: Vec<RiskArray>,
    now: Now,
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
        put(directory.expiries.iter().map(|one| one.address).collect(), Place::Expiry);
        put(vaults.clone(), Place::Vault);
        let mut mirror = Self {
            vaults_token_atoms: vec![0; vaults.len()],
            directory,
            accounts: Vec::new(),
            places,
            terms: Vec::new(),
            arrays: Vec::new(),
            now,
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
        let snapshot = Snapshot::new(&self.directory, source, now)?;
        let market = snapshot.market();
        (self.terms, self.arrays) = (market.rows.to_vec(), market.arrays.to_vec());
        self.now = now;
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
        let accounts_before = self.accounts.clone();
        let vaults_before = self.vaults_token_atoms.clone();
        for address in written {
            self.load(source, address)?;
        }
        // Interest and shared losses go through an index: then every account may have paid.
        let touched: Vec<usize> = match index_moved(&before, &self.directory) {
            true => (0..self.accounts.len()).collect(),
            false => self.margin_places(written),
        };
        let old = self.worth(&before, &accounts_before, &vaults_before, &touched)?;
        let new =
            self.worth(&self.directory, &self.accounts, &self.vaults_token_atoms, &touched)?;
        let tolerance = old.dust.checked_add(new.dust)?;
        let gained = new.worth.checked_sub(old.worth)?;
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
            Some(Place::Expiry(at)) => self.directory.expiries[*at] = read(source, address)?,
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

    fn margin_places(&self, written: &[Address]) -> Vec<usize> {
        let place = |address| match self.places.get(address) {
            Some(Place::Margin(at)) => Some(*at),
            _ => None,
        };
        written.iter().filter_map(place).collect()
    }

    /// What these margin accounts are worth, with insurance fund, reserves and the claims of the
    /// pools, less what the vaults hold and what pools owe.
    fn worth(
        &self,
        directory: &GroupDirectory,
        accounts: &[Keyed<MarginAccount>],
        vaults: &[u64],
        touched: &[usize],
    ) -> Result<Worth, Fault> {
        let balance = directory.insurance.state.balance().map_err(ClientError::from)?;
        let (mut worth, mut dust) = (Value::from_quote(balance), Value::ZERO);
        // The last digits of each value.
        dust = dust.checked_add(Value::from_quote(QuoteAtoms::new(2)))?;
        for pool in &directory.pools {
            let fees = i64::try_from(pool.state.fees_quote_atoms).unwrap_or(i64::MAX);
            worth = worth.checked_add(Value::from_quote(QuoteAtoms::new(fees)))?;
            worth = worth.checked_add(pool.state.dust.to_value())?;
            worth = worth.checked_sub(pool.state.debt.to_value())?;
        }
        for one in &directory.instruments {
            let pending = i64::try_from(one.state.losses_pending_quote_atoms).unwrap_or(i64::MAX);
            worth = worth.checked_sub(Value::from_quote(QuoteAtoms::new(pending)))?;
        }
        for at in touched {
            let Some(account) = accounts.get(*at) else { continue };
            let held = plimsoll_client::health::holdings(directory, &account.state, self.now)?;
            for holding in held {
                let terms = self.terms(holding.key)?;
                let value = terms.value_floor(&self.arrays, holding.quantity);
                let value = value.map_err(ClientError::from)?;
                worth = worth.checked_add(value)?.checked_add(holding.quote)?;
                if holding.key.kind() == RowKind::Token {
                    // An atom of each token row.
                    dust = dust.checked_add(terms.notional.value_ceil(1)?)?;
                }
            }
        }
        for (one, held) in directory.collaterals.iter().zip(vaults) {
            let price = self.terms(one.state.key())?.notional;
            let reserve = one.state.reserve.to_shares().to_atoms_floor(Index::ONE)?;
            worth = worth.checked_add(price.value_floor(reserve.get())?)?;
            let held = i64::try_from(*held).unwrap_or(i64::MAX);
            worth = worth.checked_sub(price.value_floor(held)?)?;
        }
        Ok(Worth { worth, dust })
    }
}

/// What a part of the group is worth, and what rounding may add to it.
struct Worth {
    worth: Value,
    dust: Value,
}

/// Did something reach accounts that were not written? Funding moves both sides of an instrument
/// alike, and is valued at one moment.
fn index_moved(before: &GroupDirectory, after: &GroupDirectory) -> bool {
    let gap = |one: &Keyed<Instrument>| {
        one.state.long_index.to_i128().wrapping_sub(one.state.short_index.to_i128())
    };
    let charged = before.instruments.iter().zip(&after.instruments).any(|(a, b)| gap(a) != gap(b));
    let mut tokens = before.collaterals.iter().zip(&after.collaterals);
    let index = |one: &Keyed<Collateral>| (one.state.deposit_index, one.state.borrow_index);
    charged || tokens.any(|(a, b)| index(a) != index(b))
}
