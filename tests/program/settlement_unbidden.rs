//! Does the hour behind a settlement keep losses from lenders where nobody may bid for a while?

use plimsoll_client::instruction as ix;
use plimsoll_client::PauseClass;
use plimsoll_keeper::{Config, Keeper};
use plimsoll_tests::{address, assert_near, expect_error, World};

use crate::options_keeper::Cluster;
use crate::settlement_pending::{bankrupt, not_taken_over};

const CALL: &str = "SOL-150-C";
/// How long bids must have been possible again (seconds).
const BIDDING_SECONDS: i64 = 900;
const DAY: i64 = 86_400;

/// Time passes until then.
fn wait_until(world: &mut World, at: i64) {
    let left = at - world.vm.now().time.get();
    world.vm.move_clock(u64::try_from(left).unwrap() * 1_000);
    assert_eq!(world.vm.now().time.get(), at);
}

/// Nobody is paid out a second before then, and everybody is from then on.
fn expect_payouts_from(world: &mut World, at: i64) {
    wait_until(world, at - 1);
    for name in ["alice", "bob"] {
        expect_error(world.settle(name, CALL, None), "SettlementPending");
    }
    wait_until(world, at);
    for name in ["alice", "bob"] {
        world.settle(name, CALL, None).unwrap();
    }
}

fn settled_at(world: &World) -> i64 {
    world.listed(CALL).array.refreshed_at
}

#[test]
fn a_feed_that_dies_with_the_settlement_keeps_no_bid_from_the_loss() {
    let mut world = bankrupt("190");
    let lent = world.balance("erin", "USDC");
    let published = world.vm.now().time.get();
    world.advance_seconds(120);
    world.edit_feed("SOL/USD", |feed| feed.published = published);
    // What it pays is known, and counts as it is, for either side.
    assert_near(world.report("alice").equity_quote_atoms, -63_000_000, 100_000);
    assert_near(world.report("bob").equity_quote_atoms, 1_131_500_000, 100_000);

    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    world.share_loss("alice", CALL).unwrap();

    world.advance_seconds(3_600);
    world.edit_feed("SOL/USD", |feed| feed.published = published);
    for name in ["keeper", "bob", "carol", "dave"] {
        world.settle(name, CALL, None).unwrap();
    }
    assert!(world.balance("erin", "USDC") >= lent);
    assert!((0..=1).contains(&world.balance("alice", "USDC")));
    assert!(world.pool(CALL).cash_quote_atoms >= 0);
}

#[test]
fn keepers_take_a_settlement_over_and_bid_though_the_feed_is_dead() {
    let mut world = not_taken_over("190");
    let published = world.vm.now().time.get();
    world.advance_seconds(120);
    world.edit_feed("SOL/USD", |feed| feed.published = published);
    let config = Config { last_resort: true, ..Config::DEFAULT };
    let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
    let mut directory = world.directory.clone();

    for _ in 0..2 {
        keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();
    }

    let metrics = (keeper.metrics.rests, keeper.metrics.losses_shared);
    assert_eq!(metrics, (1, 1), "{:?}", keeper.metrics);
    assert!(world.instrument_state(CALL).is_settled());
    assert_near(world.report("alice").equity_quote_atoms, 0, 1);
}

#[test]
fn nobody_is_paid_out_for_a_while_behind_a_pause_of_bids() {
    let mut world = bankrupt("190");
    world.pause("owner", PauseClass::Liquidate, 7_200).unwrap();
    expect_error(world.liquidate("keeper", "alice", &ix::Bid::slice()), "Paused");
    let group = world.group();
    let bids_from = group.paused_until(PauseClass::Liquidate)
        + i64::try_from(group.owner_first_seconds).unwrap();
    assert!(bids_from > settled_at(&world) + 7_200);

    expect_payouts_from(&mut world, bids_from + BIDDING_SECONDS);
}

#[test]
fn a_pause_of_trades_counts_from_its_end_on() {
    let mut world = bankrupt("190");
    world.pause("owner", PauseClass::Trade, 3_700).unwrap();
    let mut paused = world.clone();
    // Bids went on all the while.
    let payable_at = settled_at(&world) + 3_600;
    expect_payouts_from(&mut paused, payable_at);
    let group = world.group();
    let ended = group.paused_until(PauseClass::Trade);
    let bids_from = ended + i64::try_from(group.owner_first_seconds).unwrap();
    wait_until(&mut world, ended);
    expect_error(world.settle("bob", CALL, None), "SettlementPending");

    expect_payouts_from(&mut world, bids_from + BIDDING_SECONDS);
}

#[test]
fn nobody_is_paid_out_for_a_while_behind_the_owners_time_of_a_gap() {
    let mut world = bankrupt("190");
    world.advance_quietly(8_500);
    world.advance_slots(1);
    world.refresh("SOL").unwrap();
    let owners_until = world.underlying_state("SOL").owner_first_until;
    assert!(owners_until > settled_at(&world) + 3_400);

    expect_payouts_from(&mut world, owners_until + BIDDING_SECONDS);
}

#[test]
fn no_pause_holds_a_payout_for_longer_than_a_day() {
    let mut world = bankrupt("190");
    for _ in 0..2 {
        world.pause("owner", PauseClass::Liquidate, 86_400).unwrap();
        world.advance_seconds(3_600);
    }
    assert!(world.group().paused_until(PauseClass::Liquidate) > settled_at(&world) + DAY);

    let at = settled_at(&world) + DAY;
    expect_payouts_from(&mut world, at);
}
