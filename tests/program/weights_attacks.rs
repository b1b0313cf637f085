//! Can somebody keep bidders away by spending the weights of rows? Without any account written by
//! hand: a weight of one is reached by bids alone, and one instruction makes it whole.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::state::ROW_WEIGHT;
use plimsoll_client::{Instruction, PauseClass};
use plimsoll_tests::{address, expect_error, World};

use crate::given::{local_with, lots, traders};

fn weight(world: &World, name: &str) -> u64 {
    let key = world.instrument_key("SOL-PERP");
    world.margin(name).state.row(key).unwrap().map_or(0, |row| row.weight)
}

/// Mallory's sub-accounts take one from the other half of a position, each in its turn below its line
/// after a fall of 6 %: the seventh's row has a weight of one. It has 78 lots and is below its line.
fn seven_generations() -> World {
    let mut world = local_with(&[("alice", 2_000), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 10_000, "150").unwrap();
    world.walk_price("SOL", "135.5");
    let (mut from, mut held, mut price) = ("alice".to_string(), 10_000_i64, 135.5);
    for generation in 1..=7_u32 {
        let heir = format!("mallory/{generation}");
        held /= 2;
        // 7.5 % of what it takes, so that it may hold it; the discount comes on top.
        let notional = held as f64 * price / 100.0;
        world.open(&heir).unwrap();
        world.deposit(&heir, "USDC", (notional * 75_000.0) as u64).unwrap();
        let bid = lots(&world, "SOL-PERP", held);
        world.liquidate(&heir, &from, &bid).unwrap();
        assert_eq!(weight(&world, &heir), ROW_WEIGHT >> (8 * generation));
        price *= 0.94;
        world.walk_price("SOL", &format!("{price:.2}"));
        from = heir;
    }
    world
}

/// Renewal and bid of the keeper's, in one transaction.
fn renewed_bid(world: &World, bid: &Bid) -> Vec<Instruction> {
    let (account, keeper) = (world.margin("mallory/7"), world.margin("keeper"));
    let mut both = ix::renew_positions(&world.directory, &account).unwrap();
    assert_eq!(both.len(), 1);
    let (directory, authority) = (&world.directory, address("keeper"));
    both.push(ix::liquidate(directory, &authority, &account, &keeper, bid, false).unwrap());
    both
}

#[test]
fn seven_failing_generations_spend_a_weight_and_one_renewal_makes_it_whole() {
    let mut world = seven_generations();
    assert_eq!(weight(&world, "mallory/7"), 1);
    let some = lots(&world, "SOL-PERP", 3);
    // The keeper has no row of this instrument, and there is nothing to share.
    for bid in [&some, &Bid::slice()] {
        expect_error(world.liquidate("keeper", "mallory/7", bid), "RowWeightSpent");
    }

    let both = renewed_bid(&world, &some);
    world.send(&both, &["keeper"]).unwrap();

    assert_eq!(weight(&world, "keeper"), ROW_WEIGHT >> 8);
    // What is left lasts for seven generations, or thousands of bids, as at the beginning.
    assert_eq!(weight(&world, "mallory/7"), ROW_WEIGHT - (ROW_WEIGHT >> 8));
}

#[test]
fn nobody_spends_a_renewed_weight_before_a_bid() {
    // Mallory sees a renewal that goes alone, and bids on herself with new accounts before the keeper
    // does: each takes one part in 256. As many as her position has lots would leave three quarters.
    let mut world = seven_generations();
    world.renew("mallory/7", "SOL-PERP").unwrap();
    let one = lots(&world, "SOL-PERP", 1);
    for sub in 8..=10 {
        let name = format!("mallory/{sub}");
        traders(&mut world, &[(&name, 1_000)]);
        world.liquidate(&name, "mallory/7", &one).unwrap();
    }
    assert!(weight(&world, "mallory/7") > ROW_WEIGHT / 100 * 98);
    world.liquidate("keeper", "mallory/7", &one).unwrap();
}

#[test]
fn a_renewal_needs_no_price_and_no_permission() {
    let mut world = seven_generations();
    world.pause("owner", PauseClass::Liquidate, 60).unwrap();
    world.edit_feed("SOL/USD", |feed| feed.published -= 10_000);
    let some = lots(&world, "SOL-PERP", 3);
    expect_error(world.liquidate("keeper", "mallory/7", &some), "Paused");
    // Nobody signs for it but whoever pays the fee.
    world.renew("mallory/7", "SOL-PERP").unwrap();
    assert_eq!(weight(&world, "mallory/7"), ROW_WEIGHT);
    // It has done it before anybody may bid again.
    world.unpause("owner", PauseClass::Liquidate).unwrap();
    world.advance_seconds(62);
    world.refresh("SOL").unwrap();
    world.liquidate("keeper", "mallory/7", &some).unwrap();
}

#[test]
fn a_bidders_own_row_of_weight_one_stops_no_bid() {
    let mut world = seven_generations();
    world.deposit("mallory/7", "USDC", 10_000_000_000).unwrap();
    // A solvent account: it takes over more of what it has, and needs nothing of the other's weight.
    traders(&mut world, &[("ann", 100)]);
    world.trade("ann", "bob", "SOL-PERP", 1_000, "87.87").unwrap();
    world.walk_price("SOL", "81");
    let some = lots(&world, "SOL-PERP", 300);
    world.liquidate("mallory/7", "ann", &some).unwrap();
    assert_eq!((weight(&world, "mallory/7"), weight(&world, "ann")), (1, ROW_WEIGHT));

    // A bankrupt one: the row leaves with all of its weight, and a part comes back for the loss.
    let before = weight(&world, "mallory/6");
    world.liquidate("mallory/7", "mallory/6", &Bid::slice()).unwrap();
    let part = (before + 1) >> 8;
    assert_eq!(
        (weight(&world, "mallory/6"), weight(&world, "mallory/7")),
        (part, before + 1 - part)
    );
}
