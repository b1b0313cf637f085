//! When does a loss become cash and a profit money, at which price, and who is paid for seeing to
//! it?
//!
//! Ten SOL are 1,000 lots; at 150 they cost 1,500, and either side pays 0.30 for the trade.

use plimsoll_client::events::PositionSettled;
use plimsoll_client::instruction::Bid;
use plimsoll_migrations::Markets;
use plimsoll_tests::{assert_near, expect_error, World};

use crate::given::{local_with, traders};

const HOUR: u64 = 3_600;

/// SOL goes to a price, and the stable price after it.
fn come_to(world: &mut World, price: &str) {
    world.walk_price("SOL", price);
    for _ in 0..30 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
}

/// Alice is long 10 SOL at 150, bob is short, and SOL is at 140 for good.
fn at_140(change: impl FnOnce(&mut Markets)) -> World {
    let mut world = World::with(change);
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000), ("keeper", 100)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    come_to(&mut world, "140");
    world
}

fn usdc(world: &World, name: &str) -> i64 {
    world.balance(name, "USDC")
}

fn cash(world: &World) -> i64 {
    world.pool("SOL-PERP").cash_quote_atoms
}

/// Settles, and says what the receipt says: what was settled, and the reward.
fn settled(world: &mut World, name: &str, settler: Option<&str>) -> (i64, i64) {
    let receipt = world.settle(name, "SOL-PERP", settler).unwrap();
    let event = receipt.events::<PositionSettled>()[0];
    assert_eq!(event.pool_cash_quote_atoms, cash(world));
    (event.settled_quote_atoms, event.reward_quote_atoms)
}

#[test]
fn a_loss_becomes_cash_and_cash_a_profit() {
    let mut world = at_140(|_| ());
    let equity = world.view("alice").equity_quote_atoms;
    expect_error(world.settle("bob", "SOL-PERP", None), "NothingToSettle");

    assert_near(settled(&mut world, "alice", None).0, -100_300_000, 1);

    assert_near(usdc(&world, "alice"), 899_700_000, 1);
    assert_near(cash(&world), 100_300_000, 1);
    // It was hers no more before, and she holds what she held.
    assert_near(world.view("alice").equity_quote_atoms, equity, 1);
    assert_eq!(world.position("alice", "SOL-PERP").0, 1_000);
    expect_error(world.settle("alice", "SOL-PERP", None), "NothingToSettle");

    assert_near(settled(&mut world, "bob", None).0, 99_700_000, 1);

    assert_near(usdc(&world, "bob"), 1_099_700_000, 1);
    // The fees.
    assert_near(cash(&world), 600_000, 2);
    expect_error(world.settle("bob", "SOL-PERP", None), "NothingToSettle");
    expect_error(world.settle("keeper", "SOL-PERP", None), "NothingToSettle");
}

#[test]
fn a_winner_gets_what_losers_have_paid_in() {
    let mut world = local_with(&[("alice", 1_000), ("carol", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 600, "150").unwrap();
    world.trade("carol", "bob", "SOL-PERP", 400, "150").unwrap();
    come_to(&mut world, "140");

    assert_near(settled(&mut world, "carol", None).0, -40_120_000, 1);
    assert_near(settled(&mut world, "bob", None).0, 40_120_000, 1);
    assert_eq!(cash(&world), 0);
    expect_error(world.settle("bob", "SOL-PERP", None), "NothingToSettle");

    assert_near(settled(&mut world, "alice", None).0, -60_180_000, 1);
    assert_near(settled(&mut world, "bob", None).0, 99_700_000 - 40_120_000, 2);
}

#[test]
fn fees_are_collected_out_of_cash_alone() {
    let mut world = at_140(|_| ());
    expect_error(world.collect_fees("SOL-PERP"), "NothingToCollect");
    assert_eq!(world.pool("SOL-PERP").fees_quote_atoms, 600_000);
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.settle("bob", "SOL-PERP", None).unwrap();
    let left = cash(&world);

    world.collect_fees("SOL-PERP").unwrap();

    assert_eq!(world.insurance(), 600_000.min(u64::try_from(left).unwrap()));
    assert_near(left, 600_000, 2);
    assert_eq!(world.directory.insurance.state.received_quote_atoms, world.insurance());
    expect_error(world.collect_fees("SOL-PERP"), "NothingToCollect");
}

#[test]
fn fees_come_as_far_as_the_cash_goes() {
    // Fees of 7.50 on each side.
    let mut world = World::with(|markets| {
        markets.instruments[0].trade_fee = "0.5%".parse().unwrap();
    });
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    // Each has lost its fee, and nothing else.
    let paid = -settled(&mut world, "bob", None).0;
    assert_near(paid, 7_500_000, 1);

    world.collect_fees("SOL-PERP").unwrap();

    assert_eq!((i64::try_from(world.insurance()).unwrap(), cash(&world)), (paid, 0));
    let left = i64::try_from(world.pool("SOL-PERP").fees_quote_atoms).unwrap();
    assert_eq!(left, 15_000_000 - paid);
    expect_error(world.collect_fees("SOL-PERP"), "NothingToCollect");
    assert_near(settled(&mut world, "alice", None).0, -7_500_000, 1);
    world.collect_fees("SOL-PERP").unwrap();
    assert_near(i64::try_from(world.insurance()).unwrap(), 15_000_000, 1);
}

#[test]
fn a_pumped_price_pays_next_to_nothing_and_takes_no_more() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 10_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    let began = world.vm.now().time.get();
    world.walk_price("SOL", "300");
    // 1,500 of profit by the oracle.
    assert_near(world.view("alice").equity_quote_atoms, 1_000_000_000 - 300_000 + 1_500_000_000, 2);
    let seconds = world.vm.now().time.get() - began;
    assert!((60..=80).contains(&seconds), "{seconds}");

    let taken = -settled(&mut world, "bob", None).0;
    let paid = settled(&mut world, "alice", None).0;

    // The stable price has come up by 0.01 % a second: 150 · 1.0001^s - 150 for ten SOL, which lies
    // between 0.15 s and 0.151 s, with the fee on either side.
    assert!((150_000 * seconds..=151_000 * seconds).contains(&(taken - 300_000)), "{taken}");
    assert_near(taken - paid, 600_000, 2);
    assert!(paid < 12_000_000, "{paid}");
}

#[test]
fn one_markets_losers_do_not_pay_anothers_winners() {
    let mut world = at_140(|_| ());
    traders(&mut world, &[("dave", 10_000), ("erin", 10_000)]);
    // Dave bought at 4 % above the index and has lost that; erin has won it.
    world.trade("dave", "erin", "BTC-PERP", 100, "104000").unwrap();
    world.settle("alice", "SOL-PERP", None).unwrap();
    assert!(cash(&world) > 100_000_000);

    expect_error(world.settle("erin", "BTC-PERP", None), "NothingToSettle");

    world.settle("dave", "BTC-PERP", None).unwrap();
    world.settle("erin", "BTC-PERP", None).unwrap();
    // 0.01 BTC: 40 each way, and 0.208 for the trade.
    assert_near(usdc(&world, "erin"), 10_000_000_000 + 40_000_000 - 208_000, 1);
    assert_near(cash(&world), 100_300_000, 1);
}

#[test]
fn who_settles_a_loss_is_paid_a_part_of_it_once_an_hour() {
    let mut world = at_140(|markets| {
        markets.instruments[0].settle_reward_max = "1".parse().unwrap();
    });
    // 0.1 % of 100.30, out of the fees of 0.60.
    let (loss, reward) = settled(&mut world, "alice", Some("keeper"));
    assert_near(loss, -100_300_000, 1);
    assert_near(reward, 100_300, 1);
    assert_eq!(usdc(&world, "keeper"), 100_000_000 + reward);
    let fees = i64::try_from(world.pool("SOL-PERP").fees_quote_atoms).unwrap();
    assert_eq!((fees, cash(&world)), (600_000 - reward, -loss - reward));
    // A profit pays nothing to anybody else.
    assert_eq!(settled(&mut world, "bob", Some("keeper")).1, 0);

    // Ten more within the hour.
    come_to(&mut world, "139");
    assert_near(settled(&mut world, "alice", Some("keeper")).0, -10_000_000, 1);
    assert_eq!(usdc(&world, "keeper"), 100_000_000 + reward);
    // And after it.
    world.advance_seconds(HOUR);
    come_to(&mut world, "138");
    let (loss, again) = settled(&mut world, "alice", Some("keeper"));
    assert_near(loss, -10_000_000, 1);
    assert_near(again, 10_000, 1);
    // Bob's row has a clock of its own, and he owes nothing.
    assert_eq!(settled(&mut world, "bob", Some("keeper")).1, 0);
}

#[test]
fn the_reward_is_capped_and_comes_out_of_fees_alone() {
    // 0.1 % of 100.30 would be more than the 0.05 of the local group.
    let mut world = at_140(|_| ());
    assert_eq!(settled(&mut world, "alice", Some("keeper")).1, 50_000);
    // Fees of 0.015 on each side.
    let mut world = at_140(|markets| {
        markets.instruments[0].trade_fee = "0.001%".parse().unwrap();
    });
    assert_eq!(settled(&mut world, "alice", Some("keeper")).1, 30_000);
    assert_eq!(world.pool("SOL-PERP").fees_quote_atoms, 0);
    // None at all.
    let mut world = at_140(|markets| markets.instruments[0].trade_fee = "0%".parse().unwrap());
    assert_eq!(settled(&mut world, "alice", Some("keeper")).1, 0);
    assert_eq!(usdc(&world, "keeper"), 100_000_000);
    // Nobody settles himself for a reward in the same account.
    let mut world = at_140(|_| ());
    let own = world.settle("alice", "SOL-PERP", Some("alice"));
    expect_error(own, "ConstraintDuplicateMutableAccount");
}

#[test]
fn a_closed_position_leaves_its_fraction_to_the_pool() {
    // A premium of 1 % by a trade of the size of the impact, and an hour: funding of fractions.
    let mut world = World::with(|markets| {
        markets.instruments[0].premium_impact = "1_515".parse().unwrap();
    });
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "151.5").unwrap();
    world.advance_seconds(HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();
    world.advance_seconds(62);
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    // 15 + 0.303 + 0.3, and 62 s of 130.2083 atoms.
    let (loss, _) = settled(&mut world, "alice", None);
    assert_near(loss, -15_603_000 - 8_073, 1);
    let (profit, _) = settled(&mut world, "bob", None);
    assert_near(profit, 15_000_000 - 603_000 + 8_072, 1);
    world.collect_fees("SOL-PERP").unwrap();

    // She paid the last atom up, he left his: together they are one.
    assert_eq!(profit, -loss - 1_206_000 - 1);
    assert_eq!((cash(&world), world.pool("SOL-PERP").dust.to_i128()), (1, 1 << 48));
    for name in ["alice", "bob"] {
        assert_eq!(world.position(name, "SOL-PERP"), (0, 0));
        let rest = u64::try_from(usdc(&world, name)).unwrap();
        world.withdraw(name, "USDC", rest).unwrap();
        world.close(name).unwrap();
    }
}

#[test]
fn a_closed_position_can_wait_for_its_money() {
    let mut world = at_140(|_| ());
    world.trade("alice", "bob", "SOL-PERP", -1_000, "140").unwrap();
    expect_error(world.settle("bob", "SOL-PERP", None), "NothingToSettle");
    expect_error(world.close("bob"), "AccountNotEmpty");
    // 100 + 0.30 + 0.28.
    assert_eq!(settled(&mut world, "alice", None).0, -100_580_000);
    assert_eq!(settled(&mut world, "bob", None).0, 99_420_000);
    assert!(world.margin("bob").state.row(world.instrument_key("SOL-PERP")).unwrap().is_none());
}

#[test]
fn nothing_is_settled_at_a_price_that_cannot_be_trusted() {
    let mut world = at_140(|_| ());
    for name in ["alice", "bob"] {
        world.edit_feed("SOL/USD", |feed| feed.published -= 61);
        expect_error(world.settle(name, "SOL-PERP", None), "OracleStale");
        world.edit_feed("SOL/USD", |feed| feed.published += 61);
        world.edit_feed("SOL/USD", |feed| feed.set("140", "10"));
        expect_error(world.settle(name, "SOL-PERP", None), "OracleUncertain");
        world.set_price("SOL", "155");
        expect_error(world.settle(name, "SOL-PERP", None), "OracleJumping");
        world.set_price("SOL", "140");
        world.edit_feed("USDC/USD", |feed| feed.published -= 61);
        expect_error(world.settle(name, "SOL-PERP", None), "OracleStale");
        world.edit_feed("USDC/USD", |feed| feed.published += 61);
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
}

#[test]
fn while_a_loss_waits_winners_wait_and_losers_pay() {
    let mut world =
        local_with(&[("alice", 150), ("bob", 100_000), ("carol", 1_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("carol", "bob", "SOL-PERP", 400, "150").unwrap();
    come_to(&mut world, "130");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert!(world.listed("SOL-PERP").losses_pending_quote_atoms > 0);

    assert_near(settled(&mut world, "carol", None).0, -80_120_000, 1);
    expect_error(world.settle("bob", "SOL-PERP", None), "LossesPending");

    world.share_loss("alice", "SOL-PERP").unwrap();
    // What was shared came out of the cash: 50.30 of 80.12.
    assert_near(cash(&world), 29_820_000, 3);
    assert_near(settled(&mut world, "bob", None).0, 29_820_000, 3);
}

#[test]
fn settled_profit_can_be_withdrawn_and_unsettled_cannot() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 200)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    come_to(&mut world, "140");
    // 200 less 7.5 % of 1,400.
    let before = world.view_withdrawable("bob", "USDC");
    assert_near(i64::try_from(before).unwrap(), 95_000_000, 2);
    expect_error(world.withdraw("bob", "USDC", before + 1), "BelowInitialMargin");
    world.settle("alice", "SOL-PERP", None).unwrap();
    assert_eq!(world.view_withdrawable("bob", "USDC"), before);

    world.settle("bob", "SOL-PERP", None).unwrap();

    let after = world.view_withdrawable("bob", "USDC");
    assert_near(i64::try_from(after).unwrap(), 95_000_000 + 99_700_000, 3);
    expect_error(world.withdraw("bob", "USDC", after + 1), "BelowInitialMargin");
    world.withdraw("bob", "USDC", after).unwrap();
}
