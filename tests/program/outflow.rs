//! How much of a token may leave within the hour?

use plimsoll_client::Tightening;
use plimsoll_migrations::{Decimal, Markets, Share};
use plimsoll_tests::{expect_error, World, SOL};

use crate::given::traders;

const HOUR: u64 = 3_600;

/// Bob has 1,000 SOL of which a tenth an hour may leave; withdrawals of one SOL or less have five
/// SOL an hour of their own. Alice has 100.
fn world() -> World {
    let mut world = World::governed_with(|markets| limit(markets, "10%", "1", "5"));
    traders(&mut world, &[("bob", 100_000), ("alice", 100_000)]);
    world.deposit("bob", "SOL", 900 * SOL).unwrap();
    world.deposit("alice", "SOL", 100 * SOL).unwrap();
    world
}

fn limit(markets: &mut Markets, outflow: &str, free: &str, cap: &str) {
    let (share, free, cap): (Share, Decimal, Decimal) =
        (outflow.parse().unwrap(), free.parse().unwrap(), cap.parse().unwrap());
    let sol = &mut markets.tokens[1];
    (sol.outflow, sol.outflow_free, sol.outflow_free_cap) = (share, free, cap);
}

#[test]
fn a_tenth_an_hour_leaves_and_the_log_says_what_is_left() {
    let mut world = world();
    let failure = expect_error(world.withdraw("bob", "SOL", 100 * SOL + 1), "OutflowExceeded");
    let says = "Program log: 100000000000 token atoms may leave now";
    assert!(failure.logs.iter().any(|line| line == says), "{failure:?}");
    world.withdraw("bob", "SOL", 60 * SOL).unwrap();
    // 940 are left, of which a tenth is 94: 34 may follow.
    expect_error(world.withdraw("bob", "SOL", 34 * SOL + 1), "OutflowExceeded");
    world.withdraw("alice", "SOL", 34 * SOL).unwrap();
    expect_error(world.withdraw("bob", "SOL", 2 * SOL), "OutflowExceeded");
    // Half an hour later: 906 are left, 45.3 ran off, and 90.6 is the limit: 94 - 45.3 = 48.7 of
    // which 41.9 is room.
    world.advance_seconds(HOUR / 2);
    expect_error(world.withdraw("bob", "SOL", 41_900_000_001), "OutflowExceeded");
    world.withdraw("bob", "SOL", 41_900_000_000).unwrap();
}

#[test]
fn small_withdrawals_have_a_limit_of_their_own() {
    let mut world = world();
    world.withdraw("bob", "SOL", 100 * SOL).unwrap();
    for _ in 0..5 {
        world.withdraw("alice", "SOL", SOL).unwrap();
    }
    expect_error(world.withdraw("alice", "SOL", 1), "OutflowExceeded");
    // One in twelve minutes.
    world.advance_seconds(HOUR / 5);
    world.withdraw("alice", "SOL", SOL).unwrap();
}

#[test]
fn what_comes_in_makes_room() {
    let mut world = world();
    world.withdraw("bob", "SOL", 100 * SOL).unwrap();
    expect_error(world.withdraw("bob", "SOL", 2 * SOL), "OutflowExceeded");
    // 940 are there then: 94 an hour, of which 100 - 40 are used.
    world.deposit("alice", "SOL", 40 * SOL).unwrap();
    expect_error(world.withdraw("alice", "SOL", 34 * SOL + 1), "OutflowExceeded");
    world.withdraw("alice", "SOL", 34 * SOL).unwrap();
    expect_error(world.withdraw("bob", "SOL", 2 * SOL), "OutflowExceeded");
}

#[test]
fn borrowing_is_outflow_and_repaying_makes_room() {
    let mut world = world();
    world.open("carol").unwrap();
    world.deposit("carol", "USDC", 100_000_000_000).unwrap();
    world.borrow("carol", "SOL", 100 * SOL, 100 * SOL).unwrap();
    expect_error(world.borrow("carol", "SOL", 2 * SOL, 2 * SOL), "OutflowExceeded");
    world.deposit("carol", "SOL", 100 * SOL).unwrap();
    world.withdraw("bob", "SOL", 90 * SOL).unwrap();
}

#[test]
fn other_tokens_and_moves_within_the_group_are_free() {
    let mut world = world();
    world.withdraw("bob", "SOL", 100 * SOL).unwrap();
    world.withdraw("bob", "USDC", 100_000_000_000).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
}

#[test]
fn the_limit_is_lowered_at_once_and_raised_after_the_timelock() {
    let mut world = world();
    let low = Tightening::Outflow { collateral: 1, outflow_ppm: 10_000 };
    world.tighten("guardian", low).unwrap();
    world.withdraw("bob", "SOL", 10 * SOL).unwrap();
    expect_error(world.withdraw("bob", "SOL", 2 * SOL), "OutflowExceeded");
    let back = world.change_token("SOL", |params| params.outflow_ppm = 20_000);
    let id = world.propose_and_wait("owner", back);
    world.execute(id).unwrap();
    world.withdraw("bob", "SOL", 19 * SOL).unwrap();
    expect_error(world.withdraw("bob", "SOL", 2 * SOL), "OutflowExceeded");
}

#[test]
fn a_million_is_no_limit() {
    let mut world = World::governed();
    traders(&mut world, &[("bob", 100_000)]);
    world.deposit("bob", "SOL", 1_000 * SOL).unwrap();
    world.withdraw("bob", "SOL", 1_000 * SOL).unwrap();
    assert_eq!(world.collateral("SOL").outflow_level_token_atoms, 0);
}
