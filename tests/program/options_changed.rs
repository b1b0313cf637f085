//! Is an array read whose scenarios are others by now?

use plimsoll_client::Change;
use plimsoll_tests::contracts::flat;
use plimsoll_tests::{assert_near, expect_error, World, USDC};

use crate::given::traders;

/// The same scenarios, each move down in the place of the one up.
fn swapped(world: &World) -> Change {
    world.change_underlying("SOL", |params| {
        for scenario in &mut params.scenarios {
            scenario.shock_ppm = -scenario.shock_ppm;
        }
    })
}

/// A change of scenarios that is ripe, and two accounts with arrays that are fresh.
fn ripe() -> (World, u64) {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 1_000), ("bob", 100_000)]);
    let change = swapped(&world);
    let id = world.propose_and_wait("owner", change);
    world.refresh_options();
    (world, id)
}

#[test]
fn an_array_of_other_scenarios_hides_no_risk() {
    let (mut world, id) = ripe();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "SOL-140-C", 150, "19").unwrap();
    let before = world.view("alice").maintenance_quote_atoms;

    world.execute(id).unwrap();

    // What her calls gain as SOL rises would stand beside what ten SOL lose as it falls: a quarter of
    // what she must have.
    expect_error(world.withdraw("alice", "USDC", 700 * USDC), "RiskArrayStale");
    // Nor is it enough that somebody refreshed a moment before.
    world.refresh_array("SOL-140-C").unwrap();
    expect_error(world.withdraw("alice", "USDC", 700 * USDC), "RiskArrayStale");
    world.advance_seconds(2);
    world.refresh_array("SOL-140-C").unwrap();
    expect_error(world.withdraw("alice", "USDC", 700 * USDC), "BelowInitialMargin");
    assert_near(world.view("alice").maintenance_quote_atoms, before, before / 1_000);
}

#[test]
fn an_array_of_other_scenarios_breaks_no_hedge() {
    let (mut world, id) = ripe();
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    world.trade("alice", "bob", "SOL-140-C", 150, "19").unwrap();
    let before = world.view("alice").maintenance_quote_atoms;

    world.execute(id).unwrap();

    expect_error(world.mark("alice"), "RiskArrayStale");
    world.advance_seconds(2);
    world.refresh_options();
    assert_near(world.view("alice").maintenance_quote_atoms, before, before / 1_000);
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
