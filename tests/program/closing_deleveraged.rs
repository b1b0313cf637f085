//! Can a contract be closed while one of its sides has a deleveraging to go through? And does the
//! deleveraging's rent come back once the contract is gone?

use plimsoll_client::instruction as ix;
use plimsoll_client::state::Deleveraging;
use plimsoll_client::{pda, source, Address, Instruction, Keyed};
use plimsoll_tests::{address, expect_error, World};

use crate::options_trading::{listed, sample_window};

/// Slots until the auction has stood at its end for long enough: 150 and 1,500.
const SILENCE: u64 = 1_650;
const FUTURE: &str = "SOL-FUT";

/// Alice was long 100 lots (10 SOL) at 150 on 200, bob short 60 of them and carol 40; at 136 nobody
/// bid, and 26 of hers were closed against theirs. Then the future settled at 136, an hour ago.
pub(crate) fn deleveraged() -> World {
    let mut world = listed(&[("alice", 200), ("bob", 100_000), ("carol", 100_000)]);
    world.trade("alice", "bob", FUTURE, 60, "150").unwrap();
    world.trade("alice", "carol", FUTURE, 40, "150").unwrap();
    world.walk_price("SOL", "136");
    world.stay_silent("alice", SILENCE);
    world.deleverage("alice", FUTURE, 26).unwrap();
    sample_window(&mut world, |_| "136");
    world.refresh_array(FUTURE).unwrap();
    world.await_payouts();
    world
}

/// Everybody goes through, is paid out, and the contract goes; the deleveraging stays.
pub(crate) fn outlived() -> (World, Keyed<Deleveraging>) {
    let mut world = deleveraged();
    world.resize("bob").unwrap();
    world.resize("carol").unwrap();
    pay_out(&mut world);
    let open = world.first_deleveraging();
    assert!(open.state.resizing().is_over());
    world.close_contract(FUTURE).unwrap();
    (world, open)
}

/// The loser first: she pays what the others get.
fn pay_out(world: &mut World) {
    for name in ["alice", "bob", "carol"] {
        world.settle(name, FUTURE, None).unwrap();
    }
}

pub(crate) fn lamports(world: &World, of: &Address) -> u64 {
    world.vm.svm.get_account(of).map_or(0, |account| account.lamports)
}

fn lots(world: &World, name: &str) -> i64 {
    world.position(name, FUTURE).0
}

/// An instruction with another account in this one's place.
fn instead(one: &Instruction, of: &Address, other: &Address) -> Instruction {
    let mut one = one.clone();
    let place = one.accounts.iter().position(|meta| meta.pubkey == *of).unwrap();
    one.accounts[place].pubkey = *other;
    one
}

#[test]
fn a_contract_stays_while_a_position_has_a_deleveraging_to_go_through() {
    let mut world = deleveraged();
    world.settle("alice", FUTURE, None).unwrap();

    for name in ["bob", "carol"] {
        // Neither the position can be paid out as it is, nor anything be closed over its head.
        expect_error(world.settle(name, FUTURE, None), "PositionOutdated");
        expect_error(world.close_contract(FUTURE), "ContractInUse");
        let close = ix::close_deleveraging(&world.first_deleveraging());
        expect_error(world.send(&[close], &[]), "DeleveragingNotOver");
        // To count the row anew takes no weight from it, and gets nobody around it.
        world.renew(name, FUTURE).unwrap();
        expect_error(world.close_contract(FUTURE), "ContractInUse");
        world.resize(name).unwrap();
        expect_error(world.close_contract(FUTURE), "ContractInUse");
    }
    // 60 · 74 / 100 = 44.4, and the rest of it goes on to the last one: 74 lots in all.
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (-44, -30));
    for name in ["bob", "carol"] {
        expect_error(world.close_contract(FUTURE), "ContractInUse");
        world.settle(name, FUTURE, None).unwrap();
    }
    world.close_contract(FUTURE).unwrap();
}

#[test]
fn going_through_late_pays_the_same_to_the_atom() {
    let paid = |early: bool| {
        let mut world = deleveraged();
        if early {
            world.resize("bob").unwrap();
            world.resize("carol").unwrap();
            pay_out(&mut world);
        } else {
            world.settle("alice", FUTURE, None).unwrap();
            for name in ["bob", "carol"] {
                world.resize(name).unwrap();
                world.settle(name, FUTURE, None).unwrap();
            }
        }
        ["alice", "bob", "carol"].map(|name| world.balance(name, "USDC"))
    };
    assert_eq!(paid(true), paid(false));
}

#[test]
fn the_rent_of_a_deleveraging_comes_back_after_its_contract_is_gone() {
    let (mut world, open) = outlived();
    let instrument = open.state.instrument;
    assert_eq!(lamports(&world, &instrument), 0);
    let close = ix::close_deleveraging(&open);

    let stolen = instead(&close, &open.state.payer, &address("mallory"));
    expect_error(world.send(&[stolen], &["mallory"]), "WrongDeleveraging");
    assert_eq!(lamports(&world, &address("mallory")), 0);

    let (rent, before) = (lamports(&world, &open.address), lamports(&world, &address("payer")));
    world.send(std::slice::from_ref(&close), &[]).unwrap();
    // What pays the rents of tests pays their fees: one signature.
    assert_eq!(lamports(&world, &address("payer")), before + rent - 5_000);
    assert_eq!((rent > 0, lamports(&world, &open.address)), (true, 0));
    // Once, and not again: nothing lies there any more.
    expect_error(world.send(&[close], &["bob"]), "AccountDataTooSmall");
}

#[test]
fn whoever_knew_of_a_deleveraging_finds_it_after_its_contract_is_gone() {
    let (mut world, open) = outlived();
    world.reread();
    assert_eq!(world.first_deleveraging().address, open.address);
    // Whoever comes new finds it by the numbers of its instrument, side and time.
    let at = pda::deleveraging(&open.state.instrument, true, 0);
    let found: Keyed<Deleveraging> = source::read(&world.vm, &at).unwrap();
    assert_eq!((found.address, found.state.payer), (open.address, address("payer")));

    world.send(&[ix::close_deleveraging(&found)], &[]).unwrap();
    assert!(world.directory.deleveragings.is_empty());
}

#[test]
fn a_deleveraging_without_its_contract_is_of_no_use_to_anybody() {
    let (mut world, open) = outlived();
    world.trade("alice", "bob", "SOL-PERP", 10, "136").unwrap();
    let other = world.directory.instrument(world.instrument("SOL-PERP")).unwrap().address;
    let account = world.margin_address("bob");

    // Neither under its own name nor under another instrument's does a position go through it.
    let index = world.instrument("SOL-PERP");
    let own = ix::resize_position(&world.directory, &account, index, true, 0).unwrap();
    let missing = pda::deleveraging(&other, true, 0);
    let foreign = instead(&own, &missing, &open.address);
    expect_error(world.send(std::slice::from_ref(&foreign), &[]), "WrongDeleveraging");
    let gone = instead(&foreign, &other, &open.state.instrument);
    expect_error(world.send(&[gone], &[]), "UninitializedAccount");
    // Nor is it made a second time, with the pool of another.
    let again = world.deleveraging("bob", "SOL-PERP", -1);
    let new = pda::deleveraging(&other, false, 0);
    let again = instead(&again, &new, &open.address);
    expect_error(world.send(&[again], &["payer"]), "InvalidSeeds");
}

#[test]
fn a_deleveraging_may_be_closed_before_its_contract_too() {
    let mut world = deleveraged();
    world.resize("bob").unwrap();
    world.resize("carol").unwrap();
    let close = ix::close_deleveraging(&world.first_deleveraging());
    world.send(&[close], &[]).unwrap();
    assert!(world.directory.deleveragings.is_empty());
    pay_out(&mut world);
    world.close_contract(FUTURE).unwrap();
}

#[test]
fn both_are_closed_in_one_transaction_in_either_order() {
    for contract_first in [true, false] {
        let mut world = deleveraged();
        world.resize("bob").unwrap();
        world.resize("carol").unwrap();
        pay_out(&mut world);
        let mut both = vec![
            world.contract_closing(FUTURE),
            ix::close_deleveraging(&world.first_deleveraging()),
        ];
        if !contract_first {
            both.reverse();
        }
        world.send(&both, &[]).unwrap();
        assert!(world.directory.deleveragings.is_empty());
    }
}
