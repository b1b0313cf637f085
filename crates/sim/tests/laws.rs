//! The laws see what nobody may do: accounts that were written by hand are found out.
//!
//! The built program may be missing: then these tests say so.

use std::path::Path;

use plimsoll_client::decode::encode;
use plimsoll_client::{AccountSource, Address, SourceError, StoredAccount, PROGRAM_ID};
use plimsoll_sim::cast::{assemble, Cast};
use plimsoll_sim::options::Options;
use plimsoll_sim::prices::{Price8, DOLLAR};
use plimsoll_sim::world::World;

const PRICES: [Price8; 3] = [200 * DOLLAR, 100_000 * DOLLAR, 4_000 * DOLLAR];

/// A cluster in which one account says something else.
struct Tampered<'a> {
    world: &'a World,
    address: Address,
    data: Vec<u8>,
}

impl AccountSource for Tampered<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        if *address == self.address {
            return Ok(Some(StoredAccount { owner: PROGRAM_ID, data: self.data.clone() }));
        }
        self.world.account(address)
    }
}

fn market() -> Option<(World, Cast)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join("target/deploy/plimsoll.so");
    if !program.is_file() {
        eprintln!("skipped: {} is not built", program.display());
        return None;
    }
    let mut world = World::new(&program, 1, 1_760_128_800).unwrap();
    let options = Options { accounts: 10, ..Options::default() };
    let cast = assemble(&mut world, &options, &PRICES, &mut |_, _| {}).unwrap();
    Some((world, cast))
}

/// What the laws say once the market maker's row `at` is changed by hand.
fn verdict(change: impl Fn(&mut plimsoll_client::state::Row), lots: bool) -> Option<String> {
    let (mut world, cast) = market()?;
    let mut account = world.margin(&cast.maker.account).unwrap();
    let rows = account.state.rows.iter_mut();
    let mut rows = rows.filter(|row| (row.lots != 0) == lots && !row.is_empty());
    change(rows.next().unwrap());
    let data = encode(&account.state);
    let mut mirror = world.mirror.take().unwrap();
    let tampered = Tampered { world: &world, address: account.address, data };
    let fault = mirror.follow(&tampered, &[account.address]).unwrap_err();
    Some(fault.to_string())
}

#[test]
fn a_lot_out_of_nothing_is_found() {
    let Some(text) = verdict(|row| row.lots += 1, true) else { return };
    assert!(text.contains("NO_FREE_EQUITY"), "{text}");
}

#[test]
fn a_lot_that_vanishes_is_found() {
    let Some(text) = verdict(|row| row.lots -= 1, true) else { return };
    assert!(text.contains("POSITIONS_CANCEL"), "{text}");
}

#[test]
fn a_token_out_of_nothing_is_found() {
    // A share is 2^-48 atoms: the low word's top bits are a fraction of an atom, the high word's
    // lowest is 2^16 atoms.
    let Some(text) = verdict(|row| row.shares.high += 1, false) else { return };
    assert!(text.contains("NO_FREE_EQUITY"), "{text}");
}

#[test]
fn a_token_that_vanishes_is_found() {
    let Some(text) = verdict(|row| row.shares.high -= 1, false) else { return };
    assert!(text.contains("BALANCES_SUM"), "{text}");
}
