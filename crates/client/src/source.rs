//! Where do accounts come from? A cluster, a simulator, or a map of what was fetched before.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;

use anchor_lang::Discriminator;
use bytemuck::Pod;
use solana_address::Address;

use crate::decode::decode_owned;
use crate::directory::Keyed;
use crate::error::ClientError;

/// An account as a cluster keeps it, as far as clients care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    /// The program that it belongs to.
    pub owner: Address,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The source could not say whether an account exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(pub String);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accounts could not be read: {}", self.0)
    }
}

impl std::error::Error for SourceError {}

/// Gives accounts by address.
pub trait AccountSource {
    /// The account, or `None` if there is none.
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError>;

    /// Many accounts in the order of their addresses. A source with a price per request
    /// overrides this.
    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<StoredAccount>>, SourceError> {
        addresses.iter().map(|address| self.account(address)).collect()
    }

    /// Reads and decodes an account of the program. Errors: `AccountMissing`, `Decode`, `Source`.
    fn read<T: Discriminator + Pod>(&self, address: &Address) -> Result<Keyed<T>, ClientError>
    where
        Self: Sized,
    {
        read(self, address)
    }
}

/// Reads and decodes an account of the program. Errors: `AccountMissing`, `Decode`, `Source`.
pub fn read<T: Discriminator + Pod>(
    source: &(impl AccountSource + ?Sized),
    address: &Address,
) -> Result<Keyed<T>, ClientError> {
    read_stored(address, source.account(address)?)
}

/// Decodes what [`AccountSource::account`] gave for `address`.
pub(crate) fn read_stored<T: Discriminator + Pod>(
    address: &Address,
    stored: Option<StoredAccount>,
) -> Result<Keyed<T>, ClientError> {
    let stored = stored.ok_or(ClientError::AccountMissing(*address))?;
    let state = decode_owned(&stored.owner, &stored.data)
        .map_err(|error| ClientError::Decode { address: *address, error })?;
    Ok(Keyed { address: *address, state })
}

impl AccountSource for BTreeMap<Address, StoredAccount> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        Ok(self.get(address).cloned())
    }
}

impl<S: BuildHasher> AccountSource for HashMap<Address, StoredAccount, S> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        Ok(self.get(address).cloned())
    }
}
