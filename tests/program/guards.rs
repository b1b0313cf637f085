//! Bounds that keep one trader's size, one source's clock or one account's profit from becoming
//! somebody else's loss.

use plimsoll_client::instruction::Bid;
use plimsoll_risk::Check;
use plimsoll_tests::{assert_near, expect_error, World, SOL, USDC};

use crate::given::{local_with, long_at, traders};

#[test]
fn open_interest_widens_what_opening_requires_and_not_the_line() {
    // 20,000 whales' SOL at 150 are 3,000,000 of open interest: of 0 to 6,000,000 half the way
    // from 5 % to 15 %, a scan range of 10 %, twice the least one.
    let mut world = World::with(|markets| {
        markets.underlyings[1].open_interest = ["0", "6_000_000"].map(|at| at.parse().unwrap());
    });
    for (name, usdc) in [("alice", 1_000), ("bob", 100_000), ("whale", 2_000_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.open("whale/1").unwrap();
    world.deposit("whale/1", "USDC", 2_000_000 * USDC).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    let line = world.health("alice", Check::Maintenance);
    let before = world.health("alice", Check::Initial);

    world.trade("whale", "whale/1", "SOL-PERP", 1_999_000, "150").unwrap();
    world.refresh_instrument("SOL-PERP").unwrap();

    assert_eq!(world.health("alice", Check::Maintenance), line);
    let after = world.health("alice", Check::Initial);
    let atoms = |health: plimsoll_risk::Health| health.requirement.to_quote_ceil().unwrap().get();
    // 10 SOL at 150: 75 to keep, 1.5 times that to open, and twice as much with the whales.
    assert_near(atoms(line), 75_000_000, 1);
    assert_near(atoms(before), 112_500_000, 1);
    assert_near(atoms(after), 225_000_000, 1);
}

#[test]
fn open_profit_backs_no_withdrawal() {
    // Bob's short of 10 SOL gains 100 at 140: half of it may open, none of it may leave. The
    // stable price must have followed for that.
    let mut world = long_at(1_000, "140");
    for _ in 0..20 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
    let own = world.balance("bob", "USDC");
    let most = i64::try_from(world.view_withdrawable("bob", "USDC")).unwrap();
    assert!(most < own, "{most} of {own}");
    let beyond = u64::try_from(most + 1).unwrap();
    expect_error(world.withdraw("bob", "USDC", beyond), "BelowInitialMargin");
    let health = world.health("bob", Check::Initial);
    let room = health.surplus().unwrap().to_quote_floor().unwrap().get();
    assert!(most < room, "{most} could leave, {room} could be opened");
    world.withdraw("bob", "USDC", u64::try_from(most).unwrap()).unwrap();
}

#[test]
fn the_insurance_fund_is_not_lent() {
    let mut world = World::with(|markets| {
        markets.tokens[0].utilisation_max = "100%".parse().unwrap();
    });
    traders(&mut world, &[("alice", 1_000)]);
    world.insure(500 * USDC).unwrap();
    world.open("bob").unwrap();
    world.deposit("bob", "SOL", 100 * SOL).unwrap();
    // The vault holds 1,500, and depositors left 1,000 of it.
    let refused =
        expect_error(world.borrow("bob", "USDC", 1_000 * USDC + 1, u64::MAX), "VaultIllLiquid");
    assert!(refused.logs.iter().any(|line| line.contains("can pay 1000000000")));
    world.borrow("bob", "USDC", 1_000 * USDC, u64::MAX).unwrap();
    expect_error(world.withdraw("alice", "USDC", 1), "VaultIllLiquid");
}

/// Alice owes 1,340 USDC against 10 SOL, which go to 140.50: her equity of 65 is below 5 % of
/// 1,405. The keeper has only SOL: for what it buys off her it must borrow.
fn bid_on_credit(borrow_cap: &str) -> World {
    let mut world = World::with(|markets| {
        markets.tokens[0].borrow_cap = borrow_cap.parse().unwrap();
    });
    for (name, token, atoms) in [
        ("lender", "USDC", 100_000 * USDC),
        ("alice", "SOL", 10 * SOL),
        ("keeper", "SOL", 1_000 * SOL),
    ] {
        world.open(name).unwrap();
        world.deposit(name, token, atoms).unwrap();
    }
    world.borrow("alice", "USDC", 1_340 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "140.5");
    world
}

#[test]
fn a_bidder_borrows_by_the_same_rules_as_anybody() {
    // The keeper's debt takes the place of hers, and is larger by the insurance fund's cut.
    let mut world = bid_on_credit("1_340");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "BorrowCapExceeded");

    let mut world = bid_on_credit("1_350");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    let owed = world.balance("keeper", "USDC") + world.balance("alice", "USDC");
    assert!(owed < -1_340 * i64::try_from(USDC).unwrap(), "{owed}");
}

#[test]
fn a_source_ahead_of_its_time_does_not_make_the_next_price_old() {
    let mut world = World::local();
    world.edit_feed("SOL/USD", |feed| feed.published += 50);
    world.refresh("SOL").unwrap();
    world.edit_feed("SOL/USD", |feed| feed.published -= 50);
    world.refresh("SOL").unwrap();
}

#[test]
fn an_episode_does_not_end_on_a_price_that_proves_nothing() {
    // Alice is in liquidation. Her bitcoin would lift her to her buffer, but their feed flickers.
    let mut world = long_at(120, "142.5");
    world.deposit("alice", "BTC", 2_000).unwrap();
    world.mark("alice").unwrap();
    let began = world.margin("alice").state.episode_slot;
    assert!(began != 0);
    world.deposit("alice", "BTC", 1_000_000).unwrap();
    world.edit_feed("BTC/USD", |feed| feed.set("100000", "5000"));
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, began);
    // With a price that can be used again, it ends.
    world.edit_feed("BTC/USD", |feed| feed.set("100000", "0"));
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode_slot, 0);
}

#[test]
fn one_lot_on_a_feed_that_stands_still_is_no_shield() {
    // Alice is long 10 SOL at 150, and one lot of ETH, 0.001 at 4,000. At 140 she has 140 - 0.3 -
    // 100 = 39.7 against 70. The lot counts twice, and that is 4 more: it changes nothing.
    let mut world = local_with(&[("alice", 140), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "ETH-PERP", 1, "4000").unwrap();
    world.walk_price("SOL", "140");
    world.edit_feed("ETH/USD", |feed| feed.trading = false);

    let row = plimsoll_client::BidRow { key: world.instrument_key("ETH-PERP").raw(), amount: 1 };
    let refused = world.liquidate("keeper", "alice", &Bid::rows(vec![row]));
    expect_error(refused, "BidRowNotPriced");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert!(world.position("alice", "SOL-PERP").0 < 1_000);
    assert_eq!(world.position("alice", "ETH-PERP").0, 1);
}

#[test]
fn no_step_leads_to_a_requirement_that_is_no_number() {
    // Ten times the widest scan range over the least one: 2,500, and twice as much behind the step.
    let mut world = World::governed_with(|markets| {
        let sol = &mut markets.underlyings[1];
        sol.scan = ["0.2%", "50%"].map(|at| at.parse().unwrap());
        sol.basis = "0.1%".parse().unwrap();
        sol.initial_multiplier = "10".parse().unwrap();
        sol.open_interest = ["0", "1_000"].map(|at| at.parse().unwrap());
    });
    traders(&mut world, &[("alice", 100_000), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.refresh_instrument("SOL-PERP").unwrap();
    let change = world.change_underlying("SOL", |params| params.scan_lower_ppm = 1_000);
    expect_error(world.propose("risk manager", change), "ParameterOutOfBounds");
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
}
