//! Can contracts be valued after a crash that the stable price has not followed?

use plimsoll_client::instruction::Bid;
use plimsoll_client::ContractKind;
use plimsoll_tests::contracts::{call, expiry_params, flat, put};
use plimsoll_tests::World;

use crate::given::traders;

/// A put struck far below the price, and a future.
fn listed(all: &[(&str, u64)]) -> World {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    world.list_contract("SOL-10-P", "SOL", at, put(10)).unwrap();
    world.list_contract("SOL-FUT", "SOL", at, ContractKind::Future).unwrap();
    world.launch().unwrap();
    world.refresh_options();
    traders(&mut world, all);
    world
}

/// The furthest scenario that may be listed, to eight times the price.
#[test]
fn contracts_are_valued_in_the_furthest_scenario() {
    let mut world = World::unlaunched_with(|markets| {
        let sol = &mut markets.underlyings[1];
        sol.scan = ["70%", "70%"].map(|at| at.parse().unwrap());
        sol.scenarios = vec![[-1_000_000, 1_000_000, 1_000_000], [10_000_000, 0, 100_000]];
    });
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    for (name, kind) in [
        ("SOL-10-P", put(10)),
        ("SOL-150-C", call(150)),
        ("SOL-1000-C", call(1_000)),
        ("SOL-FUT", ContractKind::Future),
    ] {
        world.list_contract(name, "SOL", at, kind).unwrap();
    }
    world.launch().unwrap();
    world.refresh_options();
    // A short call asks for a tenth of seven times the price at most.
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-150-C", -1, "10").unwrap();

    wait_until(&mut world, 1_800);
    for _ in 0..15 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(60);
    }
    world.walk_price("SOL", "9");
    world.refresh_options();
}

/// Time passes until so many seconds before the expiry.
fn wait_until(world: &mut World, before_expiry: i64) {
    let left = world.first_expiry() - world.vm.now().time.get() - before_expiry;
    world.advance_seconds(u64::try_from(left).unwrap());
}

#[test]
fn a_lot_of_a_low_strike_is_no_shield_in_a_crash() {
    let mut world = listed(&[("alice", 400), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "SOL-10-P", 1, "0.001").unwrap();

    // A sixteenth of the price is left; the stable price has fallen by a few per cent.
    world.walk_price("SOL", "9");

    world.refresh_array("SOL-10-P").unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn a_future_in_its_window_is_no_shield_in_a_crash() {
    let mut world = listed(&[("alice", 400), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "SOL-FUT", 1, "150").unwrap();
    let at = world.first_expiry();
    wait_until(&mut world, 1_800);
    for _ in 0..15 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(60);
    }

    // What is known of the average is sixteen times the price.
    world.walk_price("SOL", "9");

    world.refresh_array("SOL-FUT").unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}
