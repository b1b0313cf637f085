//! When do owners act before bidders, and when does the clock of an auction start?

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::Bid;
use plimsoll_client::PauseClass;
use plimsoll_risk::Check;
use plimsoll_tests::{assert_near, expect_error, World, SOL, USDC};

use crate::given::{long_at, traders};

/// Slots until an auction has stood at its end for long enough: 150 and 1,500.
const SILENCE: u64 = 1_650;
/// Seconds that owners have: `owner_first_seconds` of the local group.
const OWNERS: u64 = 60;

/// Henry owes 1,488 USDC against 10 SOL and a short of 10 at 150: 11.7 of equity whatever the price.
/// The longs have 200 USDC and 10 SOL each: 59.7 against 68 when SOL is at 136, and nobody bids.
fn hedged(longs: &[&str], others: &[(&str, u64)]) -> World {
    let mut world = World::with(|markets| {
        markets.tokens[1].weight = "100%".parse().unwrap();
        markets.tokens[0].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, others);
    for name in longs {
        traders(&mut world, &[(name, 200)]);
    }
    world.open("henry").unwrap();
    world.deposit("henry", "SOL", 10 * SOL).unwrap();
    world.trade(longs[0], "henry", "SOL-PERP", 1_000, "150").unwrap();
    for name in &longs[1..] {
        world.trade(name, "bob", "SOL-PERP", 1_000, "150").unwrap();
    }
    world.borrow("henry", "USDC", 1_488 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "136");
    world.all_stay_silent(longs, SILENCE);
    world
}

/// Alice is deleveraged against henry alone: 2.68 SOL of his are not hedged any more, and ask for
/// 18.2 and 5.0 of the rest.
fn unhedged() -> World {
    let mut world = hedged(&["alice"], &[("keeper", 100_000)]);
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    world.resize("henry").unwrap();
    let health = world.health("henry", Check::Maintenance);
    assert!(health.equity.is_positive() && health.equity < health.requirement);
    world
}

fn now(world: &World) -> i64 {
    world.vm.now().time.get()
}

#[test]
fn whoever_lost_a_hedge_acts_first() {
    let mut world = unhedged();
    let bid = Bid::slice();
    assert_eq!(world.margin("henry").state.resized_at, now(&world));
    expect_error(world.liquidate("keeper", "henry", &bid), "OwnerFirst");
    world.advance_seconds(OWNERS - 2);
    expect_error(world.liquidate("keeper", "henry", &bid), "OwnerFirst");
    // He is short again, and hedged.
    world.trade("henry", "keeper", "SOL-PERP", -268, "136").unwrap();
    world.advance_seconds(2);
    expect_error(world.liquidate("keeper", "henry", &bid), "NotLiquidatable");
}

#[test]
fn whoever_does_nothing_is_bid_on_afterwards() {
    let mut world = unhedged();
    // No witness starts the clock before, nor counts the silence of those who must not bid.
    world.mark("henry").unwrap();
    let state = world.margin("henry").state;
    assert_eq!((state.episode_slot, state.silence()), (0, None));
    world.advance_seconds(OWNERS);
    let bid = world.liquidate("keeper", "henry", &Bid::slice()).unwrap();
    assert_eq!(bid.events::<Liquidated>().len(), 1);
}

#[test]
fn a_bankrupt_gets_no_time() {
    let mut world = unhedged();
    // 2.68 SOL lose 13.4.
    world.walk_price("SOL", "131");
    let health = world.health("henry", Check::Maintenance);
    assert!(health.equity.is_negative());
    assert!(now(&world) < world.margin("henry").state.resized_at + 60);
    world.mark("henry").unwrap();
    assert_ne!(world.margin("henry").state.episode_slot, 0);
    world.liquidate("keeper", "henry", &Bid::slice()).unwrap();
}

#[test]
fn a_witness_is_heard_again_once_the_time_is_over() {
    let mut world = unhedged();
    world.advance_seconds(OWNERS);
    world.mark("henry").unwrap();
    let state = world.margin("henry").state;
    assert_ne!(state.episode_slot, 0);
    assert!(state.silence().is_some());
}

#[test]
fn one_deleveraging_after_another_gives_time_once_a_day() {
    // Henry has a third of the shorts, and stands well.
    let mut world = hedged(&["alice", "ann", "amy"], &[("bob", 100_000), ("keeper", 100_000)]);
    world.deposit("henry", "USDC", 100 * USDC).unwrap();
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    world.resize("henry").unwrap();
    let first = world.margin("henry").state.resized_at;
    assert_eq!(first, now(&world));

    world.advance_seconds(10);
    world.deleverage("ann", "SOL-PERP", 268).unwrap();
    world.resize("henry").unwrap();
    // 1,000 * 2,732/3,000 = 910, and of those 2,464/2,732.
    assert_near(world.position("henry", "SOL-PERP").0, -821, 1);
    assert_eq!(world.margin("henry").state.resized_at, first);

    world.stay_silent("amy", 216_000);
    world.deleverage("amy", "SOL-PERP", 268).unwrap();
    world.resize("henry").unwrap();
    assert_eq!(world.margin("henry").state.resized_at, now(&world));
}

#[test]
fn nobody_is_kept_from_bids_that_had_begun() {
    // Henry keeps 910 lots of his hedge.
    let mut world = hedged(&["alice", "ann"], &[("bob", 100_000), ("keeper", 100_000)]);
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    world.resize("henry").unwrap();
    let first = world.margin("henry").state.resized_at;
    // 11.7 less 1.8 on what is not hedged, against 6.0 for it and 6.1 for the rest.
    world.advance_seconds(OWNERS);
    world.walk_price("SOL", "134");
    world.mark("henry").unwrap();
    assert_ne!(world.margin("henry").state.episode_slot, 0);

    // A day later another one fails; henry's bidders do not wait for it.
    world.all_stay_silent(&["henry", "ann"], 216_000);
    world.deleverage("ann", "SOL-PERP", 450).unwrap();
    world.resize("henry").unwrap();
    assert_eq!(world.margin("henry").state.resized_at, first);
    world.liquidate("keeper", "henry", &Bid::slice()).unwrap();
}

#[test]
fn less_than_a_hundredth_of_a_position_gives_no_time() {
    // Beside 26,000 other shorts, henry's 1,000 lose nine or ten of alice's 268.
    for (others, lost, given) in [(26_000, 9, false), (25_700, 10, true)] {
        let mut world = hedged(&["alice"], &[("bob", 100_000), ("keeper", 100_000)]);
        world.trade("keeper", "bob", "SOL-PERP", others, "136").unwrap();
        world.deleverage("alice", "SOL-PERP", 268).unwrap();
        world.resize("bob").unwrap();
        world.resize("henry").unwrap();
        assert_eq!(world.position("henry", "SOL-PERP").0, -1_000 + lost);
        assert_eq!(world.margin("henry").state.resized_at != 0, given);
    }
}

#[test]
fn a_position_that_loses_nothing_gives_no_time() {
    let mut world = unhedged();
    let due = world.resizes("henry");
    assert!(due.is_empty());
    // One that has gone through comes again a day later, and nothing happens.
    let before = world.margin("henry").state.resized_at;
    world.advance_seconds(86_400);
    let index = world.instrument("SOL-PERP");
    let at = world.margin_address("henry");
    let again =
        plimsoll_client::instruction::resize_position(&world.directory, &at, index, true, 0);
    world.send(&[again.unwrap()], &[]).unwrap();
    assert_eq!(world.margin("henry").state.resized_at, before);
}

#[test]
fn no_clock_starts_while_bids_are_paused() {
    // One per cent below her line: paid by depth alone, a bid gets little.
    let mut world = long_at(200, "136.8");
    world.pause("owner", PauseClass::Liquidate, 200).unwrap();
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, 0);
    world.advance_seconds(200);
    // Nor while it is the owners' turn.
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, 0);
    world.advance_seconds(OWNERS);

    let bid = world.liquidate("keeper", "alice", &Bid::slice()).unwrap().events::<Liquidated>()[0];

    assert!(bid.beta_ppm < 300_000, "{bid:?}");
}

#[test]
fn a_clock_that_runs_goes_on_through_a_pause_and_ends_with_its_episode() {
    let mut world = long_at(200, "136.8");
    world.mark("alice").unwrap();
    let since = world.margin("alice").state.episode_slot;
    assert_ne!(since, 0);
    world.pause("owner", PauseClass::Liquidate, 200).unwrap();
    world.advance_seconds(20);
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, since);
    world.walk_price("SOL", "150");
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, 0);
    expect_error(world.mark("alice"), "NotLiquidatable");
}
