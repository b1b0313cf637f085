//! What lies in another group that has no business here?

use std::collections::BTreeMap;

use plimsoll_client::instruction as ix;
use plimsoll_client::{pda, Address, Change, GroupDirectory};

use super::calendar;
use super::stage::{account, person, ACCOUNTS};
use crate::vm::{address, keypair};
use crate::{Ground, World};

/// Proposals that have their like.
const PROPOSALS: u64 = 32;

/// The same markets and contracts again, of somebody else.
pub(crate) fn other_group(ground: &mut Ground, calendar: u64) -> GroupDirectory {
    let owner = keypair("other owner");
    ground.vm.svm.airdrop(&address("other owner"), 1_000_000_000_000).unwrap();
    let mut markets = ground.markets.clone();
    markets.group.id += 1;
    markets.group.launch = false;
    let plan = plimsoll_migrations::apply(&mut ground.vm, &owner, &markets, &ground.names);
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let mut other = GroupDirectory::fetch(&ground.vm, &plan.group, &plan.mints).unwrap();
    calendar::list(&mut ground.vm, &mut other, "other owner", calendar);
    other
}

/// Pairs the addresses of one group with those of the other. The first owner has an account there,
/// and somebody has proposed something.
pub(crate) fn alike(world: &mut World, other: &GroupDirectory) -> BTreeMap<Address, Address> {
    let (here, there) = (world.directory.group.address, other.group.address);
    let (owner, payer) = (address(&person(0)), address("payer"));
    let one = ix::open_account(&payer, &owner, &there, 0);
    world.vm.run_as(&[one], &[owner]).unwrap();
    let (slot, proposer) = (world.vm.now().slot.get(), address("other owner"));
    let change = Change::Lister { address: owner };
    let one = ix::propose(other, &payer, &proposer, slot, change).unwrap();
    world.vm.run_as(&[one], &[proposer]).unwrap();

    let mut pairs =
        BTreeMap::from([(here, there), (pda::insurance(&here), pda::insurance(&there))]);
    for index in 0..u16::try_from(other.underlyings.len()).unwrap() {
        pairs.insert(pda::underlying(&here, index), pda::underlying(&there, index));
    }
    for one in &other.collaterals {
        let [here, there] = [here, there].map(|group| pda::collateral(&group, &one.state.mint));
        pairs.insert(here, there);
        pairs.insert(pda::vault(&here), pda::vault(&there));
    }
    for index in 0..u16::try_from(other.instruments.len()).unwrap() {
        let [here, there] = [here, there].map(|group| pda::instrument(&group, index));
        pairs.insert(here, there);
        pairs.insert(pda::pool(&here), pda::pool(&there));
    }
    for one in &other.expiries {
        let [here, there] =
            [here, there].map(|group| pda::underlying(&group, one.state.underlying));
        let at = one.state.expires_at;
        pairs.insert(pda::expiry(&here, at), pda::expiry(&there, at));
    }
    let margin = pda::margin(&there, &owner, 0);
    for number in 0..ACCOUNTS {
        pairs.insert(world.margin_address(&account(number)), margin);
    }
    let proposal = pda::proposal(&there, 0);
    for id in 0..PROPOSALS {
        pairs.insert(pda::proposal(&here, id), proposal);
    }
    pairs
}
