//! What is listed in a group, and which accounts does a check of it read, in which order?

mod lists;

use std::collections::BTreeMap;
use std::fmt;

use plimsoll::oracle::is_pinned;
use plimsoll::state::{
    Collateral, Deleveraging, Expiry, Group, Instrument, Insurance, MarginAccount, Pool, Underlying,
};
use plimsoll_risk::{RowKey, RowKind};
use solana_address::Address;
use solana_instruction::AccountMeta;

use crate::error::ClientError;
use crate::pda;
use crate::source::{read, AccountSource};
use lists::{
    addresses, again, collaterals, counts, deleveragings, expiries, outliving, read_all, read_open,
};

/// An account and where it lies.
#[derive(Clone, Copy)]
pub struct Keyed<T> {
    /// Its address.
    pub address: Address,
    /// What it says.
    pub state: T,
}

impl<T> fmt::Debug for Keyed<T> {
    /// The address alone: stored accounts are pages of numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyed({})", self.address)
    }
}

/// Which accounts behind rows an instruction writes among its risk accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<'a> {
    /// None.
    ReadOnly,
    /// Those with these keys.
    Writable(&'a [RowKey]),
}

/// Everything that is listed in one group, each kind in the order of its indices.
#[derive(Clone, Debug)]
pub struct GroupDirectory {
    /// The group.
    pub group: Keyed<Group>,
    /// Its insurance fund.
    pub insurance: Keyed<Insurance>,
    /// What has a price; the first one prices the quote token.
    pub underlyings: Vec<Keyed<Underlying>>,
    /// The tokens; the first one is the quote token.
    pub collaterals: Vec<Keyed<Collateral>>,
    /// The contracts, but for those that are closed.
    pub instruments: Vec<Keyed<Instrument>>,
    /// Their pools, in the same order.
    pub pools: Vec<Keyed<Pool>>,
    /// Expiries that are listed, by underlying and time.
    pub expiries: Vec<Keyed<Expiry>>,
    /// Deleveragings that are not removed, by instrument, side and number; behind them those whose
    /// contract was closed since they were read first. `fetch` cannot know of those: they lie where
    /// [`pda::deleveraging`] says.
    pub deleveragings: Vec<Keyed<Deleveraging>>,
    /// Where price updates lie of those sources that name no account: feed id to address.
    pub posted: BTreeMap<[u8; 32], Address>,
}

impl GroupDirectory {
    /// Reads a group. Underlyings and instruments lie at addresses that their numbers give; a
    /// collateral lies at one that its mint gives, so `mints` must name the mint of every token
    /// but the quote token, in any order; mints that are not listed are passed over.
    ///
    /// Errors: `AccountMissing`, `Decode`, `Source`, `CollateralMintUnknown`.
    pub fn fetch(
        source: &(impl AccountSource + ?Sized),
        group: &Address,
        mints: &[Address],
    ) -> Result<Self, ClientError> {
        let group = read::<Group>(source, group)?;
        let at = group.address;
        let insurance = read(source, &pda::insurance(&at))?;
        let indexed = |count: u16, address: fn(&Address, u16) -> Address| -> Vec<Address> {
            (0..count).map(|index| address(&at, index)).collect()
        };
        let underlyings: Vec<Keyed<Underlying>> =
            read_all(source, &indexed(group.state.underlying_count, pda::underlying))?;
        let instruments = indexed(group.state.instrument_count, pda::instrument);
        let instruments: Vec<Keyed<Instrument>> = read_open(source, &instruments)?;
        let pools: Vec<Address> = instruments.iter().map(|one| pda::pool(&one.address)).collect();
        let mut listed = Self {
            group,
            insurance,
            expiries: expiries(source, &underlyings, &[])?,
            underlyings,
            collaterals: collaterals(source, &group, mints)?,
            deleveragings: deleveragings(source, &instruments, &BTreeMap::new(), &[])?,
            instruments,
            pools: read_open(source, &pools)?,
            posted: BTreeMap::new(),
        };
        listed.forget_closed();
        Ok(listed)
    }

    /// Reads everything again, with the tokens that are known and those in `new_mints`.
    pub fn refresh(
        &mut self,
        source: &(impl AccountSource + ?Sized),
        new_mints: &[Address],
    ) -> Result<(), ClientError> {
        let group = read::<Group>(source, &self.group.address)?.state;
        let known = &self.group.state;
        let counts = |of: &Group| [of.underlying_count, of.collateral_count, of.instrument_count];
        if counts(&group) == counts(known) {
            return self.reread(source);
        }
        let mut mints: Vec<Address> = self.collaterals.iter().map(|one| one.state.mint).collect();
        mints.extend_from_slice(new_mints);
        let posted = std::mem::take(&mut self.posted);
        let open = std::mem::take(&mut self.deleveragings);
        *self = Self::fetch(source, &self.group.address, &mints)?;
        self.posted = posted;
        let outliving: Vec<Address> = outliving(&self.instruments, &open).collect();
        self.deleveragings.extend(read_open(source, &outliving)?);
        Ok(())
    }

    /// Reads again what prices and balances change of what is known: the insurance fund, the underlyings and
    /// the tokens.
    pub fn refresh_terms(
        &mut self,
        source: &(impl AccountSource + ?Sized),
    ) -> Result<(), ClientError> {
        again(source, std::slice::from_mut(&mut self.insurance))?;
        again(source, &mut self.underlyings)?;
        again(source, &mut self.collaterals)
    }

    /// Reads the contracts again, and what their positions have yet to go through.
    pub fn refresh_instruments(
        &mut self,
        source: &(impl AccountSource + ?Sized),
    ) -> Result<(), ClientError> {
        let before = counts(&self.instruments);
        self.instruments = read_open(source, &addresses(&self.instruments))?;
        self.deleveragings =
            deleveragings(source, &self.instruments, &before, &self.deleveragings)?;
        self.forget_closed();
        Ok(())
    }

    /// Reads the pools again.
    pub fn refresh_pools(
        &mut self,
        source: &(impl AccountSource + ?Sized),
    ) -> Result<(), ClientError> {
        self.pools = read_open(source, &addresses(&self.pools))?;
        self.forget_closed();
        Ok(())
    }

    /// Reads the expiries again, with those that were listed and without those that were closed since, as
    /// the underlyings name them: read those first.
    pub fn refresh_expiries(
        &mut self,
        source: &(impl AccountSource + ?Sized),
    ) -> Result<(), ClientError> {
        self.expiries = expiries(source, &self.underlyings, &self.expiries)?;
        Ok(())
    }

    /// A contract may be closed between two reads: then its other half goes too.
    fn forget_closed(&mut self) {
        let Self { instruments, pools, .. } = self;
        pools.retain(|pool| instruments.iter().any(|one| one.address == pool.state.instrument));
        instruments.retain(|one| pools.iter().any(|pool| pool.state.instrument == one.address));
    }

    /// Reads again what is known: deriving an address costs more than reading what lies there. A
    /// deleveraging that was gone is not asked for any more, since its number is not used again;
    /// where a source had not heard of one yet, `fetch` finds it.
    fn reread(&mut self, source: &(impl AccountSource + ?Sized)) -> Result<(), ClientError> {
        again(source, std::slice::from_mut(&mut self.group))?;
        self.refresh_terms(source)?;
        let before = counts(&self.instruments);
        self.instruments = read_open(source, &addresses(&self.instruments))?;
        self.pools = read_open(source, &addresses(&self.pools))?;
        self.refresh_expiries(source)?;
        self.deleveragings =
            deleveragings(source, &self.instruments, &before, &self.deleveragings)?;
        self.forget_closed();
        Ok(())
    }

    /// The underlying with an index.
    pub fn underlying(&self, index: u16) -> Result<&Keyed<Underlying>, ClientError> {
        let found = self.underlyings.get(usize::from(index));
        found.ok_or(ClientError::UnknownUnderlying(index))
    }

    /// The instrument with an index.
    pub fn instrument(&self, index: u16) -> Result<&Keyed<Instrument>, ClientError> {
        let found = self.instruments.binary_search_by_key(&index, |one| one.state.index);
        let found = found.ok().and_then(|at| self.instruments.get(at));
        found.ok_or(ClientError::UnknownInstrument(index))
    }

    /// The expiry of an underlying at a time.
    pub fn expiry(&self, underlying: u16, at: i64) -> Result<&Keyed<Expiry>, ClientError> {
        let found = self
            .expiries
            .iter()
            .find(|one| one.state.underlying == underlying && one.state.expires_at == at);
        found.ok_or(ClientError::UnknownExpiry { underlying, at })
    }

    /// The pool of the instrument with an index.
    pub fn pool(&self, index: u16) -> Result<&Keyed<Pool>, ClientError> {
        let found = self.pools.binary_search_by_key(&index, |one| one.state.index);
        let found = found.ok().and_then(|at| self.pools.get(at));
        found.ok_or(ClientError::UnknownInstrument(index))
    }

    /// A deleveraging that is not over.
    pub fn deleveraging(
        &self,
        instrument: &Address,
        of_shorts: bool,
        number: u64,
    ) -> Option<&Keyed<Deleveraging>> {
        self.deleveragings.iter().find(|one| {
            let state = &one.state;
            let side = (state.of_shorts != 0) == of_shorts;
            state.instrument == *instrument && side && state.number == number
        })
    }

    /// The collateral of a token.
    pub fn collateral(&self, mint: &Address) -> Result<&Keyed<Collateral>, ClientError> {
        let found = self.collaterals.iter().find(|one| one.state.mint == *mint);
        found.ok_or(ClientError::UnknownMint(*mint))
    }

    /// The quote token's collateral.
    pub fn quote(&self) -> Result<&Keyed<Collateral>, ClientError> {
        self.collateral(&self.group.state.quote_mint)
    }

    /// The collateral behind a token row.
    pub fn token(&self, key: RowKey) -> Result<&Keyed<Collateral>, ClientError> {
        let found = self.collaterals.get(usize::from(key.index()));
        let found = found.filter(|one| one.state.key() == key);
        found.ok_or(ClientError::UnknownRow(key))
    }

    /// Address of the account behind a row.
    fn row_address(&self, key: RowKey) -> Result<Address, ClientError> {
        match key.kind() {
            RowKind::Token => Ok(self.token(key)?.address),
            RowKind::Position => {
                let found = self.instrument(key.index()).ok();
                let found = found.filter(|one| one.state.key() == key);
                Ok(found.ok_or(ClientError::UnknownRow(key))?.address)
            }
        }
    }

    /// Where the oracle accounts of an underlying lie, in the order of its sources.
    pub fn oracle_addresses(&self, underlying: u16) -> Result<Vec<Address>, ClientError> {
        let sources = self.underlying(underlying)?.state;
        let sources = sources.sources()?.iter().enumerate();
        sources
            .map(|(source, stored)| match is_pinned(stored) {
                true => Ok(stored.address),
                false => self
                    .posted
                    .get(&stored.feed_id)
                    .copied()
                    .ok_or(ClientError::OracleAddressUnknown { underlying, source }),
            })
            .collect()
    }

    /// The risk accounts of an instruction whose margin accounts together hold rows with `keys`
    /// (in any order, repeated or not), in the order that the program demands.
    ///
    /// Errors: `UnknownRow`, `UnknownUnderlying`, `OracleAddressUnknown`.
    pub fn risk_metas(
        &self,
        keys: &[RowKey],
        access: Access<'_>,
    ) -> Result<Vec<AccountMeta>, ClientError> {
        let mut keys = keys.to_vec();
        keys.sort_by_key(|key| key.raw());
        keys.dedup();
        let mut metas = Vec::with_capacity(keys.len() * 2 + 3);
        self.push_underlying(0, &mut metas)?;
        let mut current = 0;
        for key in keys {
            if key.underlying() != current {
                current = key.underlying();
                self.push_underlying(current, &mut metas)?;
            }
            let address = self.row_address(key)?;
            let written = match access {
                Access::ReadOnly => false,
                Access::Writable(written) => written.contains(&key),
            };
            metas.push(match written {
                true => AccountMeta::new(address, false),
                false => AccountMeta::new_readonly(address, false),
            });
        }
        Ok(metas)
    }

    fn push_underlying(&self, index: u16, metas: &mut Vec<AccountMeta>) -> Result<(), ClientError> {
        metas.push(AccountMeta::new_readonly(self.underlying(index)?.address, false));
        let oracles = self.oracle_addresses(index)?;
        metas.extend(oracles.into_iter().map(|one| AccountMeta::new_readonly(one, false)));
        Ok(())
    }

    /// Every account of the directory and every oracle account that has an address: what to
    /// subscribe to.
    pub fn addresses(&self) -> Vec<Address> {
        let mut all = vec![self.group.address, self.insurance.address];
        all.extend(self.underlyings.iter().map(|one| one.address));
        all.extend(self.collaterals.iter().map(|one| one.address));
        all.extend(self.instruments.iter().map(|one| one.address));
        all.extend(self.pools.iter().map(|one| one.address));
        all.extend(self.deleveragings.iter().map(|one| one.address));
        for one in &self.underlyings {
            all.extend(self.oracle_addresses(one.state.index).unwrap_or_default());
        }
        all
    }
}

/// The keys of a margin account's rows, ascending.
pub fn row_keys(account: &MarginAccount) -> Result<Vec<RowKey>, ClientError> {
    let keys =
        account.rows()?.iter().map(|row| row.key().map_err(|_| ClientError::KeyInvalid(row.key)));
    keys.collect()
}
