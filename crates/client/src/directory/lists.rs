//! Reads the lists of a directory.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use bytemuck::Pod;
use plimsoll::state::{Collateral, Deleveraging, Expiry, Group, Instrument, Underlying};
use solana_address::Address;

use super::Keyed;
use crate::error::ClientError;
use crate::pda;
use crate::source::{read, read_stored, AccountSource, StoredAccount};

/// Reads accounts again.
pub(super) fn again<T: Discriminator + Pod>(
    source: &(impl AccountSource + ?Sized),
    all: &mut [Keyed<T>],
) -> Result<(), ClientError> {
    let read = read_all(source, &addresses(all))?;
    all.iter_mut().zip(read).for_each(|(one, read)| *one = read);
    Ok(())
}

pub(super) fn read_all<T: Discriminator + Pod>(
    source: &(impl AccountSource + ?Sized),
    addresses: &[Address],
) -> Result<Vec<Keyed<T>>, ClientError> {
    let stored = source.accounts(addresses)?;
    let pairs = addresses.iter().zip(stored);
    pairs.map(|(address, stored)| read_stored(address, stored)).collect()
}

/// Where accounts lie.
pub(super) fn addresses<T>(all: &[Keyed<T>]) -> Vec<Address> {
    all.iter().map(|one| one.address).collect()
}

/// Something of the program's? Lamports that anybody sent to an address are nothing that was listed.
fn is_ours(stored: Option<&StoredAccount>) -> bool {
    stored.is_some_and(|one| one.owner == plimsoll::ID)
}

/// Those that still lie there: contracts are closed in the end, and their numbers not used again.
pub(super) fn read_open<T: Discriminator + Pod>(
    source: &(impl AccountSource + ?Sized),
    addresses: &[Address],
) -> Result<Vec<Keyed<T>>, ClientError> {
    let stored = source.accounts(addresses)?;
    let pairs = addresses.iter().zip(stored).filter(|(_, stored)| is_ours(stored.as_ref()));
    pairs.map(|(address, stored)| read_stored(address, stored)).collect()
}

/// How often the longs and the shorts of each contract have been deleveraged.
pub(super) fn counts(instruments: &[Keyed<Instrument>]) -> BTreeMap<Address, [u64; 2]> {
    let of = |one: &Instrument| [one.long_deleveragings, one.short_deleveragings];
    instruments.iter().map(|one| (one.address, of(&one.state))).collect()
}

/// Those that still lie there: a deleveraging is removed when all positions have gone through. Of
/// those that were made before `counted`, only the `open` ones can. They may outlive their contract,
/// and then lie behind the others: nothing names them any more but who knew them.
pub(super) fn deleveragings(
    source: &(impl AccountSource + ?Sized),
    instruments: &[Keyed<Instrument>],
    counted: &BTreeMap<Address, [u64; 2]>,
    open: &[Keyed<Deleveraging>],
) -> Result<Vec<Keyed<Deleveraging>>, ClientError> {
    let mut addresses = Vec::new();
    for one in instruments {
        let before = counted.get(&one.address).copied().unwrap_or_default();
        let sides = [(false, one.state.long_deleveragings), (true, one.state.short_deleveragings)];
        for ((of_shorts, count), before) in sides.into_iter().zip(before) {
            let known = open.iter().filter(|made| {
                let side = (made.state.of_shorts != 0) == of_shorts;
                made.state.instrument == one.address && side
            });
            addresses.extend(known.map(|made| made.address));
            let new = before..count;
            addresses.extend(new.map(|number| pda::deleveraging(&one.address, of_shorts, number)));
        }
    }
    addresses.extend(outliving(instruments, open));
    read_open(source, &addresses)
}

/// Where those deleveragings lie whose contract is gone.
pub(super) fn outliving<'a>(
    instruments: &'a [Keyed<Instrument>],
    open: &'a [Keyed<Deleveraging>],
) -> impl Iterator<Item = Address> + 'a {
    let gone = |at: &Address| instruments.iter().all(|one| one.address != *at);
    open.iter().filter(move |one| gone(&one.state.instrument)).map(|one| one.address)
}

pub(super) fn collaterals(
    source: &(impl AccountSource + ?Sized),
    group: &Keyed<Group>,
    mints: &[Address],
) -> Result<Vec<Keyed<Collateral>>, ClientError> {
    let mut mints = mints.to_vec();
    mints.push(group.state.quote_mint);
    mints.sort();
    mints.dedup();
    let addresses: Vec<Address> =
        mints.iter().map(|mint| pda::collateral(&group.address, mint)).collect();
    let stored = source.accounts(&addresses)?;
    let mut found = BTreeMap::new();
    for (address, stored) in addresses.iter().zip(stored).filter(|(_, one)| is_ours(one.as_ref())) {
        let one = read_stored::<Collateral>(address, stored)?;
        found.insert(one.state.index, one);
    }
    let all = (0..group.state.collateral_count)
        .map(|index| found.get(&index).copied().ok_or(ClientError::CollateralMintUnknown(index)));
    all.collect()
}

/// The expiries of each underlying, from the first one on: each names the one behind it. Where a `known`
/// one lies need not be derived.
pub(super) fn expiries(
    source: &(impl AccountSource + ?Sized),
    underlyings: &[Keyed<Underlying>],
    known: &[Keyed<Expiry>],
) -> Result<Vec<Keyed<Expiry>>, ClientError> {
    let mut all = Vec::new();
    for underlying in underlyings {
        let mut at = underlying.state.first_expiry_at;
        while at != 0 {
            let index = underlying.state.index;
            let same =
                |one: &&Keyed<Expiry>| (one.state.underlying, one.state.expires_at) == (index, at);
            let address = known.iter().find(same).map(|one| one.address);
            let address = address.unwrap_or_else(|| pda::expiry(&underlying.address, at));
            let expiry: Keyed<Expiry> = read(source, &address)?;
            at = expiry.state.later_at;
            all.push(expiry);
        }
    }
    Ok(all)
}
