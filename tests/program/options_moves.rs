//! Does every contract count by the move since its own array was made, where contracts of one account
//! were refreshed at different prices, of several underlyings?

use plimsoll_client::ContractKind;
use plimsoll_tests::contracts::{call, expiry_params, flat, put};
use plimsoll_tests::{expect_error, World};

use crate::given::traders;

const SOL: [&str; 4] = ["SOL-140-C", "SOL-140-P", "SOL-150-C", "SOL-150-P"];
const ETH: [&str; 3] = ["ETH-4000-C", "ETH-4000-P", "ETH-4200-C"];

/// Options of SOL and ETH with arrays at 150 and 4,000 dollars. Alice is long and short of all by
/// turns, on 20,000 USDC.
fn two_underlyings() -> World {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    for underlying in ["SOL", "ETH"] {
        world.list_expiry(underlying, at, expiry_params(flat())).unwrap();
    }
    let eth = |strike: u64| strike * 100_000;
    for strike in [140, 150] {
        world.list_contract(&format!("SOL-{strike}-C"), "SOL", at, call(strike)).unwrap();
        world.list_contract(&format!("SOL-{strike}-P"), "SOL", at, put(strike)).unwrap();
    }
    let put = ContractKind::Put { strike_quote_atoms_per_lot: eth(4_000) };
    let [low, high] =
        [4_000, 4_200].map(|strike| ContractKind::Call { strike_quote_atoms_per_lot: eth(strike) });
    for (name, kind) in ETH.into_iter().zip([low, put, high]) {
        world.list_contract(name, "ETH", at, kind).unwrap();
    }
    world.launch().unwrap();
    world.refresh_options();
    let names = ["alice", "bob", "even", "odd"];
    traders(&mut world, &names.map(|name| (name, 20_000)));
    world.deposit("bob", "USDC", 1_000_000_000_000).unwrap();
    for (at, name) in SOL.into_iter().chain(ETH).enumerate() {
        let lots = if at % 3 == 0 { -7 } else { 5 };
        world.trade("alice", "bob", name, lots, price(name)).unwrap();
        let other = if at % 2 == 0 { "even" } else { "odd" };
        world.trade(other, "bob", name, lots, price(name)).unwrap();
    }
    world
}

/// A price in the band.
fn price(name: &str) -> &'static str {
    match name.starts_with("SOL") {
        true => "12",
        false => "300",
    }
}

/// Both prices, a little above where they began.
fn move_to(world: &mut World, sol: &str, eth: &str) {
    for (underlying, price) in [("SOL", sol), ("ETH", eth)] {
        world.set_price(underlying, price);
        world.refresh(underlying).unwrap();
    }
}

/// Arrays by turns at one price and at another.
fn refresh_by_turns(world: &mut World) {
    move_to(world, "150.6", "4016");
    for name in SOL.into_iter().chain(ETH).skip(1).step_by(2) {
        world.refresh_array(name).unwrap();
    }
}

#[test]
fn each_contract_counts_by_its_own_move() {
    let mut world = two_underlyings();
    refresh_by_turns(&mut world);
    for (sol, eth) in [("150.6", "4016"), ("151.2", "4030"), ("149.9", "4001")] {
        move_to(&mut world, sol, eth);
        for name in ["alice", "even", "odd", "bob"] {
            // What the client reckons contract by contract is what the program says.
            let (own, program) = (world.report(name), world.view(name));
            assert_eq!(format!("{program:?}"), format!("{own:?}"), "{name} at {sol}");
            assert_eq!(program.underlyings.len(), 2);
        }
    }
}

#[test]
fn one_array_too_far_away_is_not_excused_by_one_that_is_near() {
    let mut world = two_underlyings();
    refresh_by_turns(&mut world);
    // More than 1 % above 150, and less above 150.6.
    move_to(&mut world, "151.8", "4016");
    world.withdraw("odd", "USDC", 1).unwrap();
    for name in ["even", "alice"] {
        expect_error(world.withdraw(name, "USDC", 1), "RiskArrayStale");
    }
    for name in SOL.into_iter().step_by(2) {
        expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
        world.refresh_array(name).unwrap();
    }
    world.withdraw("alice", "USDC", 1).unwrap();
    // So with the other underlying's.
    move_to(&mut world, "151.8", "4048");
    world.withdraw("odd", "USDC", 1).unwrap();
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
}
