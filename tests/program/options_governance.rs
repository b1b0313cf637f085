//! What does a change of an underlying do to the contracts on it?

use plimsoll_tests::contracts::flat;
use plimsoll_tests::{expect_error, World};

use crate::given::traders;

#[test]
fn arrays_of_other_scenarios_back_nothing() {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 400), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-140-C", 1, "17.5").unwrap();
    // What was up is down: by the old arrays ten SOL and calls of them would hedge each other.
    let change = world.change_underlying("SOL", |params| {
        params.scenarios.iter_mut().for_each(|one| one.shock_ppm = -one.shock_ppm);
    });
    let id = world.propose_and_wait("owner", change);
    world.refresh_options();
    world.execute(id).unwrap();

    expect_error(world.trade("alice", "bob", "SOL-PERP", 10, "150"), "RiskArrayStale");
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    // Of one that is made in the same second nobody knows which scenarios it is of.
    world.refresh_options();
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    world.advance_seconds(2);
    world.refresh_options();
    world.withdraw("alice", "USDC", 1).unwrap();
}

#[test]
fn without_a_price_arrays_of_other_scenarios_shield_nobody() {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 400), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-140-C", 1, "17.5").unwrap();
    let change = world.change_underlying("SOL", |params| params.scan_upper_ppm = 160_000);
    let id = world.propose_and_wait("owner", change);
    world.edit_feed("SOL/USD", |feed| feed.published -= 3_600);
    world.execute(id).unwrap();
    // Nobody could refresh it now.
    expect_error(world.refresh_array("SOL-140-C"), "OracleStale");
    expect_error(world.mark("alice"), "OracleStale");
}
