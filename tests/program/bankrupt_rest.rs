//! What becomes of a bankrupt that has nothing left by which a bid could be measured?

use plimsoll_client::instruction as ix;
use plimsoll_client::{BidRequest, BidRow};
use plimsoll_keeper::{Config, Keeper};
use plimsoll_tests::{address, assert_near, expect_error, World};

use crate::options_keeper::Cluster;
use crate::options_trading::{listed, sample_window};

/// Alice, with 200, sold bob a call at 150 that settled at 450.
fn bankrupt_writer() -> World {
    bankrupt_after(|_| ())
}

/// The same, after something else.
fn bankrupt_after(before: impl FnOnce(&mut World)) -> World {
    let mut world = listed(&[("alice", 200), ("bob", 1_000), ("keeper", 100_000)]);
    before(&mut world);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    sample_window(&mut world, |_| "450");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    world
}

#[test]
fn what_a_writer_cannot_pay_at_the_settlement_is_borne_and_the_contract_closed() {
    let mut world = bankrupt_writer();
    // 200 and the premium of 137, less 3,000.
    let before = world.report("alice");
    assert_eq!(before.equity_quote_atoms, -2_663_000_000);
    assert_eq!(before.maintenance_quote_atoms, 0);
    world.await_payouts();
    world.settle("alice", "SOL-150-C", None).unwrap();
    assert_eq!(world.balance("alice", "USDC"), -2_663_000_000);
    expect_error(world.write_off("alice"), "NotBankrupt");
    // Without a requirement there is nothing by which to divide.
    let half = ix::Bid { request: BidRequest::Slice { share_max: 1 << 62 }, ..ix::Bid::slice() };
    expect_error(world.liquidate("keeper", "alice", &half), "NothingToRelease");
    let held = world.balance("keeper", "USDC");

    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();

    // Nothing was released, so nothing is paid; the loss waits for the other side, and it alone.
    assert_eq!(world.balance("keeper", "USDC"), held);
    assert_eq!(world.report("alice").equity_quote_atoms, 0);
    assert_eq!(world.listed("SOL-150-C").losses_pending_quote_atoms, 2_663_000_000);
    expect_error(world.settle("bob", "SOL-150-C", None), "LossesPending");
    world.share_loss("alice", "SOL-150-C").unwrap();
    assert_eq!(world.balance("alice", "USDC"), 0);
    world.settle("bob", "SOL-150-C", None).unwrap();
}

#[test]
fn the_rest_of_a_bankrupt_is_taken_before_it_was_paid_out_as_well() {
    let mut world = bankrupt_writer();
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();

    // What the rows are worth is rounded up for the account.
    assert_near(world.report("alice").equity_quote_atoms, 0, 1);
    assert_eq!(world.position("keeper", "SOL-150-C").0, -100);
    world.share_loss("alice", "SOL-150-C").unwrap();
    world.await_payouts();
    for name in ["keeper", "bob"] {
        world.settle(name, "SOL-150-C", None).unwrap();
    }
}

#[test]
fn whoever_is_paid_out_first_leaves_his_part_of_the_loss_to_nobody() {
    let mut world =
        listed(&[("alice", 3_500), ("bob", 10_000), ("carol", 100), ("keeper", 100_000)]);
    world.trade("bob", "alice", "SOL-150-C", 990, "13.7").unwrap();
    world.trade("carol", "alice", "SOL-150-C", 10, "13.7").unwrap();
    sample_window(&mut world, |_| "200");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    // 3,500 and the premiums of 1,370, less 5,000.
    assert_eq!(world.report("alice").equity_quote_atoms, -130_000_000);
    // Nobody bid in the hour in which all would have borne.
    world.await_payouts();
    world.settle("alice", "SOL-150-C", None).unwrap();

    // Bob was paid out before anybody bid for the bankrupt; carol has a hundredth of all calls.
    world.settle("bob", "SOL-150-C", None).unwrap();
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    let before = world.report("carol").equity_quote_atoms;
    world.share_loss("alice", "SOL-150-C").unwrap();

    assert_near(world.report("carol").equity_quote_atoms, before - 1_300_000, 2);
    assert_near(world.pool("SOL-150-C").debt_floor().unwrap().get(), 128_700_000, 2);
}

#[test]
fn the_rest_waits_while_a_row_of_it_has_no_price() {
    // She is short of a lot of ETH as well.
    let mut world = bankrupt_after(|world| {
        world.trade("bob", "alice", "ETH-PERP", 1, "4000").unwrap();
    });
    world.await_payouts();
    world.settle("alice", "SOL-150-C", None).unwrap();
    // Named rows release nothing either, and a bankrupt goes by slices anyway.
    let key = world.instrument_key("SOL-150-C").raw();
    let by_name = ix::Bid::rows(vec![BidRow { key, amount: -1 }]);
    expect_error(world.liquidate("keeper", "alice", &by_name), "BidAmountOutOfRange");
    world.edit_feed("ETH/USD", |feed| feed.published -= 61);
    expect_error(world.liquidate("keeper", "alice", &ix::Bid::slice()), "NothingToRelease");
    let config = Config { last_resort: true, ..Config::DEFAULT };
    let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
    let mut directory = world.directory.clone();
    keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();
    assert_eq!(keeper.metrics.rests, 0);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);

    world.edit_feed("ETH/USD", |feed| feed.published += 61);
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    assert_near(world.report("alice").equity_quote_atoms, 0, 1);
}

#[test]
fn a_dead_feed_keeps_nobody_from_the_rest_of_what_has_settled() {
    let mut world = bankrupt_writer();
    let mut paid_out = world.clone();
    paid_out.await_payouts();
    paid_out.settle("alice", "SOL-150-C", None).unwrap();
    for (mut world, is_whole) in [(world.clone(), true), (paid_out, false)] {
        world.edit_feed("SOL/USD", |feed| feed.published -= 61);
        assert_eq!(world.position("alice", "SOL-150-C").0 != 0, is_whole);
        let config = Config { last_resort: true, ..Config::DEFAULT };
        let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
        let mut directory = world.directory.clone();
        keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();
        assert_eq!(keeper.metrics.rests, 1, "{:?}", keeper.metrics);
        assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
        assert_near(world.report("alice").equity_quote_atoms, 0, 1);
    }
    // Nor anybody who can pay from what is no profit.
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);
    world.withdraw("bob", "USDC", 1).unwrap();
}

#[test]
fn an_atom_on_a_dead_feed_keeps_nobody_from_the_rest() {
    let mut world = bankrupt_writer();
    world.await_payouts();
    world.settle("alice", "SOL-150-C", None).unwrap();
    world.edit_feed("BTC/USD", |feed| feed.published -= 61);
    world.deposit("alice", "BTC", 1).unwrap();
    let config = Config { last_resort: true, ..Config::DEFAULT };
    let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
    let mut directory = world.directory.clone();
    let mut other = world.clone();

    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();

    world.share_loss("alice", "SOL-150-C").unwrap();
    assert_near(world.balance("alice", "USDC"), 0, 100_000);
    // It stays where it is, credited with twice what it was worth.
    assert_eq!(world.balance("alice", "BTC"), 1);
    // Keepers know.
    keeper.round(&mut Cluster(&mut other), &mut directory).unwrap();
    assert_eq!(keeper.metrics.rests, 1, "{:?}", keeper.metrics);
}

#[test]
fn a_keeper_of_last_resort_takes_the_rest_and_has_the_loss_shared() {
    let mut world = bankrupt_writer();
    let config = Config { last_resort: true, ..Config::DEFAULT };
    let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
    let held = world.balance("keeper", "USDC");
    let mut directory = world.directory.clone();

    keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();

    assert_eq!(
        (keeper.metrics.rests, keeper.metrics.losses_shared),
        (1, 1),
        "{:?}",
        keeper.metrics
    );
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert_near(world.report("alice").equity_quote_atoms, 0, 1);
    assert_eq!(world.listed("SOL-150-C").losses_pending_quote_atoms, 0);
    // It got the writer's side, and what settles that.
    world.await_payouts();
    for name in ["keeper", "bob"] {
        world.settle(name, "SOL-150-C", None).unwrap();
    }
    assert_near(world.balance("keeper", "USDC"), held, 2);
    // One that is after its pay alone leaves it.
    let mut world = bankrupt_writer();
    let mut keeper =
        Keeper::new(address("keeper"), world.margin_address("keeper"), Config::DEFAULT);
    let mut directory = world.directory.clone();
    keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();
    assert_eq!(keeper.metrics.rests, 0);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
}

#[test]
fn a_keeper_whose_bid_for_the_rest_is_refused_waits_before_the_next() {
    let mut world = bankrupt_writer();
    let config = Config { last_resort: true, ..Config::DEFAULT };
    // Who may not bid for the keeper's account.
    let mut keeper = Keeper::new(address("mallory"), world.margin_address("keeper"), config);
    for (refused, slots) in [(1, 9), (1, 1), (2, 0)] {
        let mut directory = world.directory.clone();
        keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();
        assert_eq!(keeper.metrics.refusals["NotAccountAuthority"], refused);
        world.advance_slots(slots);
    }
    assert_eq!(keeper.metrics.rests, 0);
}

#[test]
fn a_keeper_of_last_resort_takes_a_bankrupt_whose_requirement_is_dust() {
    // A hundredth of a SOL at 450: a requirement of 0.225, and nobody can pay a discount. What the calls pay is
    // known, and costs nobody anything to get rid of.
    let mut world = bankrupt_after(|world| {
        world.trade("alice", "bob", "SOL-PERP", 1, "150").unwrap();
    });
    let report = world.report("alice");
    assert_eq!(report.maintenance_quote_atoms, 225_000);
    assert!(report.equity_quote_atoms < 0);
    let mut directory = world.directory.clone();
    let mut paid = Keeper::new(address("keeper"), world.margin_address("keeper"), Config::DEFAULT);
    for _ in 0..2 {
        paid.round(&mut Cluster(&mut world), &mut directory).unwrap();
    }
    assert_eq!((paid.metrics.slices, paid.metrics.marks), (0, 1), "{:?}", paid.metrics);

    let config = Config { last_resort: true, ..Config::DEFAULT };
    let mut keeper = Keeper::new(address("keeper"), world.margin_address("keeper"), config);
    keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();

    assert_eq!(keeper.metrics.rests, 1, "{:?}", keeper.metrics);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert_near(world.report("alice").equity_quote_atoms, 0, 1);
    assert_eq!(world.report("alice").maintenance_quote_atoms, 0);
}
